import type { NegotiateAcceptor } from '../wsman/auth/negotiate.ts';
import type { Account } from './authentication/accounts.ts';
import { authenticateBasic } from './authentication/basic.ts';
import { type ClientCertificatePolicy, findProvenCertificate, mutualProfile } from './authentication/certificate.ts';
import { authenticateDigest, controllerRealm, digestChallenges } from './authentication/digest.ts';
import type { AuthenticationMisbehaviour } from './authentication/misbehaviour.ts';
import {
  type ContextScheme,
  createAcceptor,
  type ListenerBinding,
  mechanismsOf,
  takeToken,
} from './authentication/negotiate.ts';
import type { LabRealm } from './authentication/realm.ts';
import { mappedAccount, mappingsFor } from './cert-mapping.ts';
import type { SimulatedMachine } from './simulated-machine.ts';

/**
 * The server's half of HTTP authentication (MS-WSMV 2.2.9.1). Negotiate and Kerberos are bound to the socket; Basic, Digest and
 * certificates speak for one request.
 */

/** What a socket remembers. Its security context dies with it. */
export interface ConnectionState {
  acceptor: NegotiateAcceptor | null;
  /** The scheme that `acceptor` came about under; names the protocol of sealed messages. */
  scheme: ContextScheme;
  /** Set once `acceptor` is complete. */
  account: Account | null;
}

/** Whom a request comes from: an account, or a certificate whose account depends on what is asked. */
export type Caller = Account | ((resourceUri: string) => Account | null);

export type AuthenticationOutcome =
  | {
      readonly kind: 'authenticated';
      readonly caller: Caller;
      /** Bound to the socket: messages may be sealed. */
      readonly isBound: boolean;
      /** Of the answer, where the mechanism has a last word: its final token, or Digest's proof. */
      readonly headers: Readonly<Record<string, string>>;
    }
  /** One more leg, or no: 401 with these. */
  | { readonly kind: 'challenge'; readonly challenges: readonly string[]; readonly isRefusal: boolean }
  /** The connection ends. */
  | { readonly kind: 'drop' };

export interface AuthenticationEnvironment {
  readonly realm: LabRealm | null;
  /** Null without TLS. */
  readonly binding: ListenerBinding | null;
  /** Null where certificates are not for this fleet. */
  readonly clientCertificates: ClientCertificatePolicy | null;
}

export interface AuthenticatingRequest {
  readonly authorization: string | undefined;
  readonly method: string;
  /** As on the request line. */
  readonly uri: string;
  readonly socket: object;
  readonly misbehaviour: AuthenticationMisbehaviour | null;
}

export async function authenticate(
  machine: SimulatedMachine,
  state: ConnectionState,
  environment: AuthenticationEnvironment,
  request: AuthenticatingRequest,
): Promise<AuthenticationOutcome> {
  const { misbehaviour } = request;
  const authorization = request.authorization?.trim();
  if (authorization === undefined) {
    if (state.account) return authenticated(state.account, true);
    return { kind: 'challenge', challenges: offeredSchemes(machine, misbehaviour), isRefusal: false };
  }
  const outcome = await judge(machine, state, environment, request, authorization);
  if (outcome.kind !== 'refused') return outcome;
  forget(state);
  const challenges = outcome.challenges ?? offeredSchemes(machine, misbehaviour);
  return { kind: 'challenge', challenges, isRefusal: true };
}

function judge(
  machine: SimulatedMachine,
  state: ConnectionState,
  environment: AuthenticationEnvironment,
  request: AuthenticatingRequest,
  authorization: string,
): (AuthenticationOutcome | Refusal) | Promise<AuthenticationOutcome | Refusal> {
  if (authorization === mutualProfile) return authenticateCertificate(machine, environment, request);
  const space = authorization.search(/\s|$/);
  const credentials = authorization.slice(space).trim();
  const step = (scheme: ContextScheme): Promise<AuthenticationOutcome | Refusal> =>
    stepContext(machine, state, { ...environment, misbehaviour: request.misbehaviour }, scheme, credentials);
  switch (authorization.slice(0, space).toLowerCase()) {
    case 'negotiate':
      return step('Negotiate');
    case 'kerberos':
      return step('Kerberos');
    case 'basic':
      return authenticateOnce(machine, isOn(machine, 'Basic') ? authenticateBasic(machine, credentials) : null);
    case 'digest':
      return machine.isController ? answerDigest(machine, request, authorization) : refusedWith(null);
    default:
      return refusedWith(null);
  }
}

/** No, with what is said about it; null: what is offered instead. */
interface Refusal {
  readonly kind: 'refused';
  readonly challenges: readonly string[] | null;
}
const refusedWith = (challenges: readonly string[] | null): Refusal => ({ kind: 'refused', challenges });

const isOn = (machine: SimulatedMachine, name: string): boolean => machine.winrmConfig.flag(`Service/Auth/${name}`);

const authenticateOnce = (machine: SimulatedMachine, account: Account | null): AuthenticationOutcome | Refusal =>
  account && !isTurnedAway(machine, account) ? authenticated(account, false) : refusedWith(null);

function answerDigest(
  machine: SimulatedMachine,
  request: AuthenticatingRequest,
  authorization: string,
): AuthenticationOutcome | Refusal {
  const digest = authenticateDigest(machine, request, authorization);
  if (digest.account === null) return refusedWith(offeredSchemes(machine, request.misbehaviour, digest.stale));
  return { ...authenticated(digest.account, false), headers: { 'Authentication-Info': digest.authenticationInfo } };
}

async function authenticateCertificate(
  machine: SimulatedMachine,
  { clientCertificates }: AuthenticationEnvironment,
  { socket }: AuthenticatingRequest,
): Promise<AuthenticationOutcome | Refusal> {
  if (machine.isController || !isOn(machine, 'Certificate') || clientCertificates === null) return refusedWith(null);
  const certificate = await findProvenCertificate(socket, clientCertificates, Date.now());
  // Which mapping counts is only known with the resource; where there is none at all, nobody has signed in.
  if (certificate === null || mappingsFor(machine, certificate).length === 0) return refusedWith(null);
  const caller = (resourceUri: string): Account | null => mappedAccount(machine, certificate, resourceUri);
  return { kind: 'authenticated', caller, isBound: false, headers: {} };
}

async function stepContext(
  machine: SimulatedMachine,
  state: ConnectionState,
  environment: AuthenticationEnvironment & { readonly misbehaviour: AuthenticationMisbehaviour | null },
  scheme: ContextScheme,
  credentials: string,
): Promise<AuthenticationOutcome | Refusal> {
  if (machine.isController || !isOn(machine, scheme)) return refusedWith(null);
  // A new first token on a socket that has a context starts over.
  if (state.acceptor === null || state.acceptor.complete || state.scheme !== scheme) forget(state);
  const isFirst = state.acceptor === null;
  const acceptor = state.acceptor ?? createAcceptor(machine, scheme, environment);
  Object.assign(state, { acceptor, scheme });
  const leg = await takeToken(machine, acceptor, Buffer.from(credentials, 'base64'));
  if (environment.misbehaviour === 'drop-between-legs' && !(isFirst && leg.kind === 'continue'))
    return { kind: 'drop' };
  const withToken = (token: Uint8Array): string => `${scheme} ${Buffer.from(token).toString('base64')}`;
  if (leg.kind === 'continue') return { kind: 'challenge', challenges: [withToken(leg.token)], isRefusal: false };
  if (leg.kind === 'refused') return refusedWith(leg.token && [withToken(leg.token)]);
  if (isTurnedAway(machine, leg.account)) return refusedWith(null);
  state.account = leg.account;
  machine.statistics.handshakes++;
  const headers: Record<string, string> = leg.token === null ? {} : { 'WWW-Authenticate': withToken(leg.token) };
  return { ...authenticated(leg.account, true), headers };
}

const authenticated = (
  account: Account,
  isBound: boolean,
): Extract<AuthenticationOutcome, { kind: 'authenticated' }> => ({
  kind: 'authenticated',
  caller: account,
  isBound,
  headers: {},
});

/** Windows 7 and 2008 R2 answer 401 to a token without rights; later ones let it in, and answer fault 5 to what it asks. */
const isTurnedAway = (machine: SimulatedMachine, account: Account): boolean =>
  account.isTokenFiltered === true && machine.plan.generation.stack !== '3.0';

export function forget(state: ConnectionState): void {
  state.acceptor?.dispose();
  state.acceptor = null;
  state.account = null;
}

/** Values for WWW-Authenticate of a 401, one header each, in the order of Windows. Certificates are not announced there. */
export function offeredSchemes(
  machine: SimulatedMachine,
  misbehaviour: AuthenticationMisbehaviour | null,
  staleNonce = false,
): string[] {
  if (misbehaviour === 'bare-401') return [];
  if (machine.isController) return [...digestChallenges(machine, staleNonce), `Basic realm="${controllerRealm}"`];
  const { ntlm, kerberos } = mechanismsOf(machine, misbehaviour);
  return [
    ...(isOn(machine, 'Negotiate') && (ntlm || kerberos) ? ['Negotiate'] : []),
    ...(isOn(machine, 'Kerberos') && kerberos ? ['Kerberos'] : []),
    ...(isOn(machine, 'Basic') ? ['Basic realm="WSMAN"'] : []),
  ];
}
