import { timingSafeEqual } from 'node:crypto';
import { createNegotiateAcceptor, type NegotiateAcceptor } from '../wsman/auth/negotiate.ts';
import type { Account, SimulatedMachine } from './simulated-machine.ts';

/** The server's half of HTTP authentication (MS-WSMV 2.2.9.1): Negotiate bound to the socket, Basic per request. */

/** What a socket remembers. Its security context dies with it. */
export interface ConnectionState {
  acceptor: NegotiateAcceptor | null;
  /** Set once `acceptor` is complete. */
  account: Account | null;
}

export type AuthenticationOutcome =
  /** `token` goes into WWW-Authenticate of the answer, where the mechanism has a last word. */
  | {
      readonly kind: 'authenticated';
      readonly account: Account;
      readonly scheme: 'Negotiate' | 'Basic';
      readonly token: string | null;
    }
  /** One more leg: 401 with this token. */
  | { readonly kind: 'continue'; readonly token: string }
  | { readonly kind: 'refused' };

const refused: AuthenticationOutcome = { kind: 'refused' };

export async function authenticate(
  machine: SimulatedMachine,
  state: ConnectionState,
  authorization: string | undefined,
  channelBinding: Uint8Array | null,
): Promise<AuthenticationOutcome> {
  if (authorization === undefined) {
    return state.account
      ? { kind: 'authenticated', account: state.account, scheme: 'Negotiate', token: null }
      : refused;
  }
  const [scheme = '', credentials = ''] = authorization.trim().split(/\s+/, 2);
  if (scheme.toLowerCase() === 'basic') return authenticateBasic(machine, credentials);
  if (scheme.toLowerCase() !== 'negotiate' || !machine.winrmConfig.flag('Service/Auth/Negotiate')) return refused;
  return stepNegotiate(machine, state, credentials, channelBinding);
}

async function stepNegotiate(
  machine: SimulatedMachine,
  state: ConnectionState,
  credentials: string,
  channelBinding: Uint8Array | null,
): Promise<AuthenticationOutcome> {
  // A new first token on a socket that has a context starts over.
  if (state.acceptor === null || state.acceptor.complete) forget(state);
  state.acceptor ??= createNegotiateAcceptor({
    ntlm: {
      role: 'acceptor',
      findPassword: (user) => findAccount(machine, user)?.password ?? null,
      computerName: machine.plan.name.slice(0, 15).toUpperCase(),
      domainName: netbiosDomain(machine),
      dnsComputerName: `${machine.plan.name.toLowerCase()}.${machine.plan.domain}`,
      dnsDomainName: machine.plan.domain,
      channelBinding,
      requireChannelBinding:
        channelBinding !== null && machine.winrmConfig.text('Service/Auth/CbtHardeningLevel') === 'Strict',
      // As Windows: clients that say they send no MIC are old, not wrong; inside TLS nothing needs to be sealed once more.
      requireMic: false,
      requireSealing: channelBinding === null,
    },
    kerberos: null,
  });
  const { acceptor } = state;
  try {
    const reply = await acceptor.step(Buffer.from(credentials, 'base64'));
    const token = reply === null ? null : Buffer.from(reply).toString('base64');
    if (!acceptor.complete) return { kind: 'continue', token: token ?? '' };
    const account = acceptor.peer && findAccount(machine, acceptor.peer.user);
    if (!account) return refuse(state);
    state.account = account;
    machine.statistics.handshakes++;
    return { kind: 'authenticated', account, scheme: 'Negotiate', token };
  } catch {
    // Whatever was wrong with the token, Windows says no more than 401.
    return refuse(state);
  }
}

function refuse(state: ConnectionState): AuthenticationOutcome {
  forget(state);
  return refused;
}

export function forget(state: ConnectionState): void {
  state.acceptor?.dispose();
  state.acceptor = null;
  state.account = null;
}

function authenticateBasic(machine: SimulatedMachine, credentials: string): AuthenticationOutcome {
  if (!machine.winrmConfig.flag('Service/Auth/Basic')) return refused;
  const text = Buffer.from(credentials, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  const account = colon < 0 ? undefined : findAccount(machine, text.slice(0, colon));
  if (!account || !isSame(account.password, text.slice(colon + 1))) return refused;
  return { kind: 'authenticated', account, scheme: 'Basic', token: null };
}

function isSame(expected: string, given: string): boolean {
  const left = Buffer.from(expected);
  const right = Buffer.from(given);
  return left.length === right.length && timingSafeEqual(left, right);
}

/** `user`, `DOMAIN\user` and `user@realm` all mean the account here. */
function findAccount(machine: SimulatedMachine, name: string): Account | undefined {
  const user = (name.includes('\\') ? name.slice(name.lastIndexOf('\\') + 1) : name.split('@', 1)[0]!).toLowerCase();
  return machine.accounts.find((account) => account.user.toLowerCase() === user);
}

const netbiosDomain = (machine: SimulatedMachine): string => machine.plan.domain.split('.', 1)[0]!.toUpperCase();

/** Values for WWW-Authenticate of a 401, one header each. */
export function offeredSchemes(machine: SimulatedMachine): string[] {
  const schemes: string[] = [];
  if (machine.winrmConfig.flag('Service/Auth/Negotiate')) schemes.push('Negotiate');
  if (machine.winrmConfig.flag('Service/Auth/Basic')) schemes.push('Basic realm="WSMAN"');
  return schemes;
}
