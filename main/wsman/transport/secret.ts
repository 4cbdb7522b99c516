/** What a connection is signed in with: asked for once, before its socket is opened. */
import { readClientCertificate, type UsableClientCertificate } from '../auth/client-certificate.ts';
import { AuthenticationError } from '../errors.ts';
import type { Target } from '../target.ts';
import { requestTarget } from './http-message.ts';
import {
  basicRequests,
  certificateRequests,
  type DigestLearned,
  digestRequests,
  type RequestAuthorization,
} from './request-authorization.ts';

/** As the policy needs it. */
export interface Secret {
  /** Null with the signed-in user. */
  readonly password: string | null;
  readonly certificate: UsableClientCertificate | null;
  /** For the schemes that go with every request. */
  readonly requests: RequestAuthorization | null;
}

/** Throws AuthenticationError where there is none, or none that can be used. */
export async function requireSecret(target: Target, learned: DigestLearned): Promise<Secret> {
  const { authentication, userName } = target;
  if (authentication === 'certificate') {
    const given = await target.clientCertificate?.();
    if (!given) throw noCredential('There is no client certificate to sign in with.');
    return { password: null, certificate: readClientCertificate(given), requests: certificateRequests() };
  }
  if (target.signedInUser) return { password: null, certificate: null, requests: null };
  const password = userName === null ? null : await target.password();
  if (userName === null || password === null) throw noCredential('There is no user name or no password to send.');
  if (authentication === 'basic') return perRequestSecret(basicRequests(userName, password));
  if (authentication === 'digest') {
    return perRequestSecret(digestRequests(userName, password, requestTarget(target.path), learned));
  }
  return { password, certificate: null, requests: null };
}

function perRequestSecret(requests: RequestAuthorization): Secret {
  return { password: null, certificate: null, requests };
}

function noCredential(message: string): AuthenticationError {
  return new AuthenticationError(message, { reason: 'no-credential' });
}
