/**
 * What a machine's policy allows, decided before the first byte. The rule about NTLM is one: it does not prove who answers, so it goes only
 * inside TLS, to this computer itself, or to a machine that the user has marked.
 */
import { isIP } from 'node:net';
import { AuthenticationError, type AuthenticationReason } from '../errors.ts';
import type { Target } from '../target.ts';
import { spnCandidates } from './spn.ts';
import { parseUserName } from './user-name.ts';

/** Why nothing may be sent to this target at all; null: signing in may be tried. */
export function refuseByPolicy(target: Target): AuthenticationError | null {
  switch (target.authentication) {
    case 'none':
      return noUser();
    case 'negotiate': {
      const missing = refuseUser(target);
      if (missing) return missing;
      const noKerberos = refuseKerberos(target);
      const noNtlm = refuseNtlm(target);
      return noKerberos && noNtlm ? neither(noKerberos, noNtlm) : null;
    }
    case 'kerberos':
      return refuseUser(target) ?? refuseKerberos(target);
    case 'ntlm':
      return refuseNtlm(target);
    case 'basic':
    case 'digest':
      return refuseOwnName(target) ?? refuseClearText(target);
    case 'certificate':
      return refuseCertificate(target);
  }
}

/** Why there can be no Kerberos, as far as name and address tell; null: ask the KDC. */
export function refuseKerberos(target: Target): AuthenticationError | null {
  if (!target.signedInUser && target.userName !== null && parseUserName(target.userName).onTarget) {
    return denial('no-realm', 'Kerberos knows no accounts of the machine itself.', { mechanism: 'Kerberos' });
  }
  try {
    spnCandidates(target, target.spn);
    return null;
  } catch (cause) {
    if (cause instanceof AuthenticationError) return cause;
    throw cause;
  }
}

/** Why NTLM must not be used; null: it may. */
export function refuseNtlm(target: Target): AuthenticationError | null {
  if (target.signedInUser) {
    return denial('no-credential', 'NTLM needs a user name and a password: the signed-in user has only Kerberos here.');
  }
  if (target.userName === null) return noUser();
  if (target.transport === 'https' || target.trusted || isLoopback(target.host)) return null;
  return denial(
    'not-trusted',
    'NTLM over plain HTTP does not prove who answers, and this machine is not marked as trusted.',
  );
}

/**
 * Whether NTLM may be tried after Kerberos has failed for this reason. Yes where the password was never judged: there is no library, no
 * realm, no KDC, or no such service. Yes for an unknown user whose name says no domain: it may well be an account of the machine itself.
 * No where the KDC refused the secret or the account (the next attempt could lock it), and no where something is wrong that NTLM would only
 * hide: clocks apart, an SPN on another account, no common encryption type, no ticket of the signed-in user.
 */
export function permitsNtlm(reason: AuthenticationReason, target: Target): boolean {
  if (reason === 'unknown-user') return target.userName !== null && !/[\\@]/.test(target.userName);
  return PERMIT_NTLM.has(reason);
}

const PERMIT_NTLM: ReadonlySet<AuthenticationReason> = new Set<AuthenticationReason>([
  'library-missing',
  'address-needs-name',
  'no-realm',
  'no-kdc',
  'spn-unknown',
]);

/** One error for both: what kept Kerberos from working is its cause and its evidence. */
export function neither(kerberos: AuthenticationError, ntlm: AuthenticationError): AuthenticationError {
  return new AuthenticationError(`${kerberos.message} NTLM was not used instead: ${lowerFirst(ntlm.message)}`, {
    reason: ntlm.reason === 'not-trusted' ? 'not-trusted' : kerberos.reason,
    evidence: kerberos.evidence,
    cause: kerberos,
  });
}

function refuseUser(target: Target): AuthenticationError | null {
  return target.userName === null && !target.signedInUser ? noUser() : null;
}

/** Basic and Digest can only send a name and a password. */
function refuseOwnName(target: Target): AuthenticationError | null {
  return target.userName === null || target.signedInUser ? noUser() : null;
}

function refuseClearText(target: Target): AuthenticationError | null {
  if (target.transport === 'https' || target.allowClearText) return null;
  const what = target.authentication === 'basic' ? 'Basic would send the password' : 'Digest would send every request';
  return denial('clear-text-refused', `${what} in clear text, which is not allowed for this machine.`);
}

function refuseCertificate(target: Target): AuthenticationError | null {
  if (target.transport !== 'https') {
    return denial('policy', 'A client certificate is shown inside TLS, and this machine is reached over plain HTTP.', {
      mechanism: 'Certificate',
    });
  }
  if (target.clientCertificate) return null;
  return denial('no-credential', 'There is no client certificate to sign in with.', { mechanism: 'Certificate' });
}

function noUser(): AuthenticationError {
  return denial('no-credential', 'There is no user name to sign in with.');
}

function denial(
  reason: AuthenticationReason,
  message: string,
  evidence: AuthenticationError['evidence'] = {},
): AuthenticationError {
  return new AuthenticationError(message, { reason, evidence });
}

function isLoopback(host: string): boolean {
  if (isIP(host) === 4) return host.startsWith('127.');
  if (isIP(host) === 6) return /^(0*:)*:?0*1$/.test(host);
  return host.toLowerCase() === 'localhost';
}

/** `NTLM …` and the like keep their capitals. */
function lowerFirst(sentence: string): string {
  return /^[A-Z][a-z]/.test(sentence) ? sentence.charAt(0).toLowerCase() + sentence.slice(1) : sentence;
}
