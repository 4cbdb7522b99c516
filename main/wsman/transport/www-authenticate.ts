/** What a 401 offers (RFC 9110 11.6.1), and the errors that follow from it. */
import { AuthenticationError, type AuthenticationEvidence, TransportError } from '../errors.ts';
import { challengesOf, excerptOf, type HttpResponse, headerValue } from './http-message.ts';

/** Schemes in their order. */
export function offeredBy(response: HttpResponse): string[] {
  return challengesOf(response.headers).map(({ scheme }) => scheme);
}

export function offersScheme(offered: readonly string[], scheme: string): boolean {
  return offered.some((candidate) => candidate.toLowerCase() === scheme.toLowerCase());
}

/** The token that follows the scheme; null where there is none. */
export function tokenOf(response: HttpResponse, scheme: string): Uint8Array | null {
  const found = challengesOf(response.headers).find(
    (challenge) => challenge.token !== null && challenge.scheme.toLowerCase() === scheme.toLowerCase(),
  );
  return found?.token ? Buffer.from(found.token, 'base64') : null;
}

/** The header line with a token, CRLF included. */
export function tokenHeader(scheme: string, token: Uint8Array): string {
  return `Authorization: ${scheme} ${Buffer.from(token).toString('base64')}\r\n`;
}

/** HTTP.sys offering Windows' own schemes: this is WinRM, or another service of Windows. */
export function isWindows(response: HttpResponse): boolean {
  const offered = offeredBy(response);
  const isHttpSys = /\bMicrosoft-HTTPAPI\//i.test(headerValue(response.headers, 'server') ?? '');
  return isHttpSys && (offersScheme(offered, 'Negotiate') || offersScheme(offered, 'Kerberos'));
}

export function notOffered(scheme: string, offered: readonly string[], evidence: AuthenticationEvidence = {}) {
  const what = offered.length > 0 ? offered.join(', ') : 'no scheme at all';
  return new AuthenticationError(`The target does not offer ${scheme}; it offers ${what}.`, {
    reason: 'scheme-not-offered',
    offered,
    leg: 1,
    evidence,
  });
}

/** 401 after everything was sent. What exactly was wrong, the wire does not tell. */
export function rejected(offered: readonly string[], leg: number, evidence: AuthenticationEvidence) {
  const message =
    evidence.mechanism === 'Kerberos'
      ? 'The target rejected the Kerberos ticket, which the KDC had granted.'
      : 'The target rejected the user name or the password.';
  return new AuthenticationError(message, { reason: 'rejected', offered, leg, evidence });
}

/** The same error with what the wire adds to it. */
export function withEvidence(
  error: AuthenticationError,
  seen: { readonly offered: readonly string[]; readonly leg: number; readonly evidence: AuthenticationEvidence },
): AuthenticationError {
  return new AuthenticationError(error.message, {
    reason: error.reason,
    offered: error.offered.length > 0 ? error.offered : seen.offered,
    leg: error.leg ?? seen.leg,
    evidence: { ...seen.evidence, ...error.evidence },
    cause: error.cause,
  });
}

export function unexpected(response: HttpResponse, to: string): TransportError {
  return new TransportError(`The target answered ${to} with HTTP ${response.status}.`, {
    reason: 'http',
    httpStatus: response.status,
    excerpt: excerptOf(response.body),
  });
}

export function requireKeepAlive(response: HttpResponse): void {
  if (response.keepAlive) return;
  throw new TransportError('The target, or a proxy before it, closes the connection between the legs of signing in.', {
    reason: 'http',
    httpStatus: response.status,
  });
}
