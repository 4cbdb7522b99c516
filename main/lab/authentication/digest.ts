import { parseDigestParameters } from '../../wsman/auth/digest.ts';
import { createDigestVerifier, type DigestVerifier } from '../../wsman/auth/digest-verifier.ts';
import type { SimulatedMachine } from '../simulated-machine.ts';
import { countAttempt } from '../statistics.ts';
import { type Account, findAccount } from './accounts.ts';

/** Digest (RFC 7616), per request: management controllers only, since the WinRM service never takes it. */

const verifiers = new WeakMap<SimulatedMachine, DigestVerifier>();

function verifierOf(machine: SimulatedMachine): DigestVerifier {
  let verifier = verifiers.get(machine);
  if (!verifier) {
    const own = machine.accounts.filter(({ scope }) => scope !== 'domain');
    const users = new Map(own.map(({ user, password }) => [user, password]));
    verifier = createDigestVerifier({ realm: controllerRealm, algorithms: ['SHA-256', 'MD5'], users: () => users });
    verifiers.set(machine, verifier);
  }
  return verifier;
}

export const controllerRealm = 'OPENWSMAN';

/** Values for WWW-Authenticate, one per algorithm. */
export const digestChallenges = (machine: SimulatedMachine, stale = false): string[] =>
  verifierOf(machine).challenges(stale);

export type DigestOutcome =
  | { readonly account: Account; readonly authenticationInfo: string }
  /** `stale`: right but for its nonce. */
  | { readonly account: null; readonly stale: boolean };

export function authenticateDigest(
  machine: SimulatedMachine,
  request: { readonly method: string; readonly uri: string },
  authorization: string,
): DigestOutcome {
  const verdict = verifierOf(machine).verify(authorization, request);
  // An answer to an old nonce is not held against the account, and proves nothing either.
  if (verdict.ok || verdict.why === 'wrong-response')
    countAttempt(machine.statistics, parseDigestParameters(authorization)?.get('username') ?? '', 'Digest');
  if (!verdict.ok) return { account: null, stale: verdict.stale };
  const account = findAccount(machine, verdict.userName, 'local');
  return account ? { account, authenticationInfo: verdict.authenticationInfo } : { account: null, stale: false };
}
