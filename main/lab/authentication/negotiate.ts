import { encodeNegTokenResp, MechOid, NegState } from '../../wsman/auth/neg-token.ts';
import { createNegotiateAcceptor, type NegotiateAcceptor } from '../../wsman/auth/negotiate.ts';
import type { SimulatedMachine } from '../simulated-machine.ts';
import { countAttempt } from '../statistics.ts';
import { type Account, computerName, findAccount } from './accounts.ts';
import type { AuthenticationMisbehaviour } from './misbehaviour.ts';
import { type LabRealm, refusalTokenOf } from './realm.ts';

/** Negotiate (raw NTLM, SPNEGO, a bare Kerberos token) and Kerberos: an exchange of tokens, bound to its socket. */

export type ContextScheme = 'Negotiate' | 'Kerberos';

/** The listener's side of channel bindings. */
export interface ListenerBinding {
  /** Application data: `tls-server-end-point:` and the certificate's hash. */
  readonly data: Uint8Array;
  /** MD5 over the whole structure, as NTLM carries it. */
  readonly md5: Uint8Array;
}

export type LegOutcome =
  | { readonly kind: 'complete'; readonly account: Account; readonly token: Uint8Array | null }
  | { readonly kind: 'continue'; readonly token: Uint8Array }
  /** With what the mechanism has to say about it, where it says anything. */
  | { readonly kind: 'refused'; readonly token: Uint8Array | null };

export function createAcceptor(
  machine: SimulatedMachine,
  scheme: ContextScheme,
  environment: {
    readonly realm: LabRealm | null;
    /** Null without TLS. */
    readonly binding: ListenerBinding | null;
    readonly misbehaviour: AuthenticationMisbehaviour | null;
  },
): NegotiateAcceptor {
  const { realm, binding, misbehaviour } = environment;
  // None: not looked at. Relaxed: a wrong one is refused. Strict: a right one is required (MS-WSMV 2.2.4.34). Without TLS there is none.
  const hardening = machine.winrmConfig.text('Service/Auth/CbtHardeningLevel');
  const expected = hardening === 'None' ? null : binding;
  const requireChannelBinding = expected !== null && hardening === 'Strict';
  const takesNtlm = scheme === 'Negotiate' && mechanismsOf(machine, misbehaviour).ntlm;
  const takesKerberos = realm !== null && mechanismsOf(machine, misbehaviour).kerberos;
  return createNegotiateAcceptor({
    ntlm: takesNtlm
      ? {
          role: 'acceptor',
          findPassword: (user, domain) => {
            countAttempt(machine.statistics, user, 'NTLM');
            return findAccount(machine, domain === '' ? user : `${domain}\\${user}`)?.password ?? null;
          },
          computerName: computerName(machine),
          domainName: netbiosDomain(machine),
          dnsComputerName: `${machine.plan.name.toLowerCase()}.${machine.plan.domain}`,
          dnsDomainName: machine.plan.domain,
          channelBinding: expected?.md5 ?? null,
          requireChannelBinding,
          // As Windows: clients that say they send no MIC are old, not wrong. Whoever cannot seal may sign in all the same: whether its
          // bodies are taken in clear text is the service's own question (AllowUnencrypted), not the mechanism's.
          requireMic: false,
          requireSealing: false,
        }
      : null,
    kerberos: takesKerberos
      ? () =>
          realm.createAcceptor({
            channelBinding: expected?.data ?? null,
            requireChannelBinding,
            fault: misbehaviour === 'clock-skew' || misbehaviour === 'spn-on-another-account' ? misbehaviour : null,
          })
      : null,
  });
}

/** Takes one token of the client's. Whatever is wrong with it, Windows says no more than 401, and what the mechanism itself says. */
export async function takeToken(
  machine: SimulatedMachine,
  acceptor: NegotiateAcceptor,
  token: Uint8Array,
): Promise<LegOutcome> {
  try {
    const reply = await acceptor.step(token);
    if (!acceptor.complete) return { kind: 'continue', token: reply ?? new Uint8Array() };
    const account = accountOf(machine, acceptor);
    return account ? { kind: 'complete', account, token: reply } : { kind: 'refused', token: null };
  } catch (error) {
    const said = refusalTokenOf(error);
    if (said === null || acceptor.form !== 'spnego') return { kind: 'refused', token: said };
    const rejection = {
      negState: NegState.REJECT,
      supportedMech: MechOid.KERBEROS,
      responseToken: said,
      mechListMic: null,
    };
    return { kind: 'refused', token: encodeNegTokenResp(rejection) };
  }
}

function accountOf(machine: SimulatedMachine, { peer }: NegotiateAcceptor): Account | null {
  if (peer === null) return null;
  const name = peer.principal === null && peer.domain !== '' ? `${peer.domain}\\${peer.user}` : peer.user;
  const account = findAccount(machine, name, peer.principal === null ? 'any' : 'domain');
  if (account || peer.principal === null) return account ?? null;
  // The realm vouches for it, so it may sign in; nobody has given it rights here.
  return { user: peer.user, password: '', isAdministrator: false, scope: 'domain' };
}

export function mechanismsOf(
  machine: SimulatedMachine,
  misbehaviour: AuthenticationMisbehaviour | null,
): { readonly ntlm: boolean; readonly kerberos: boolean } {
  const { ntlm, kerberos } = machine.authentication;
  return { ntlm: ntlm && misbehaviour !== 'kerberos-only', kerberos: kerberos && misbehaviour !== 'ntlm-only' };
}

const netbiosDomain = (machine: SimulatedMachine): string => machine.plan.domain.split('.', 1)[0]!.toUpperCase();
