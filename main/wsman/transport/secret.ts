/** What a connection is signed in with: asked for once, before its socket is opened. */
import { createHmac, randomBytes } from 'node:crypto';
import { readClientCertificate, type UsableClientCertificate } from '../auth/client-certificate.ts';
import { AuthenticationError } from '../errors.ts';
import type { ClientCertificate, Target } from '../target.ts';
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
    return { password: null, certificate: usableCertificate(given), requests: certificateRequests() };
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

/** How long a certificate that was read is kept for the next connection. */
const KEPT_MS = 60_000;
/** Keys tell one certificate from another, and nobody what is in it. */
const hashKey = randomBytes(32);
const kept = new Map<string, { readonly usable: UsableClientCertificate; readonly timer: NodeJS.Timeout }>();

/**
 * Reading a certificate takes this thread some 10 ms, and making the TLS context that hangs on the result 70 more: a fleet that connects shares
 * one. Throws AuthenticationError `certificate-unusable`.
 */
function usableCertificate(given: ClientCertificate): UsableClientCertificate {
  const content = given.format === 'pem' ? given : { ...given, bytes: Buffer.from(given.bytes).toString('base64') };
  const key = createHmac('sha256', hashKey).update(JSON.stringify(content)).digest('base64');
  const known = kept.get(key);
  if (known) {
    known.timer.refresh();
    return known.usable;
  }
  const usable = readClientCertificate(given);
  kept.set(key, { usable, timer: setTimeout(() => kept.delete(key), KEPT_MS).unref() });
  return usable;
}

function perRequestSecret(requests: RequestAuthorization): Secret {
  return { password: null, certificate: null, requests };
}

function noCredential(message: string): AuthenticationError {
  return new AuthenticationError(message, { reason: 'no-credential' });
}
