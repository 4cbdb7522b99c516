/** The server's half of HTTP Digest (RFC 7616): challenges with nonces that age, and answers that count only once. For the lab. */
import { randomBytes } from 'node:crypto';
import {
  algorithmNamed,
  type DigestAlgorithm,
  digestResponse,
  digestSecret,
  hashedUserName,
  isSameText,
  parseDigestParameters,
} from './digest.ts';

export interface DigestVerifierOptions {
  readonly realm: string;
  /** Offered in this order, one challenge each; the strongest ought to be first. */
  readonly algorithms: readonly DigestAlgorithm[];
  /** User names and passwords, asked at each answer. */
  readonly users: () => ReadonlyMap<string, string>;
  /** Milliseconds; five minutes where absent. */
  readonly nonceLifetimeMs?: number;
  /** Ask for the hashed user name (RFC 7616 3.4.4). */
  readonly userhash?: boolean;
  readonly now?: () => number;
}

export type DigestVerdict =
  | {
      readonly ok: true;
      readonly userName: string;
      /** Value of the Authentication-Info header: the proof that this side knows the password too. */
      readonly authenticationInfo: string;
    }
  | {
      readonly ok: false;
      /** The answer was right but for its nonce: the next challenge says so. */
      readonly stale: boolean;
      /** For a log or a test, never for the client. */
      readonly why: 'malformed' | 'unknown-nonce' | 'expired-nonce' | 'replayed' | 'other-uri' | 'wrong-response';
    };

export interface DigestVerifier {
  /** Values for WWW-Authenticate, all with one new nonce. */
  challenges(stale?: boolean): string[];
  /** Judges the value of Authorization for a request of `method` to `uri`, the request target as it came. */
  verify(authorization: string, request: { readonly method: string; readonly uri: string }): DigestVerdict;
}

/** Forgets the oldest beyond this: whoever asks for challenges without end gains nothing. */
const MAX_NONCES = 10_000;

export function createDigestVerifier(options: DigestVerifierOptions): DigestVerifier {
  const { realm, algorithms, users } = options;
  const now = options.now ?? Date.now;
  const lifetimeMs = options.nonceLifetimeMs ?? 300_000;
  const opaque = randomBytes(12).toString('base64');
  const nonces = new Map<string, { readonly endsAt: number; highestCount: number }>();

  function newNonce(): string {
    const nonce = randomBytes(18).toString('base64');
    nonces.set(nonce, { endsAt: now() + lifetimeMs, highestCount: 0 });
    if (nonces.size > MAX_NONCES) nonces.delete(nonces.keys().next().value!);
    return nonce;
  }

  function findUser(name: string, isHashed: boolean, algorithm: DigestAlgorithm): readonly [string, string] | null {
    for (const [user, password] of users()) {
      if (name === (isHashed ? hashedUserName(algorithm, user, realm) : user)) return [user, password];
    }
    return null;
  }

  return {
    challenges(stale = false) {
      const nonce = newNonce();
      const rest = `, charset=UTF-8${options.userhash ? ', userhash=true' : ''}${stale ? ', stale=true' : ''}`;
      return algorithms.map(
        (algorithm) =>
          `Digest realm="${realm.replace(/["\\]/g, '\\$&')}", qop="auth", algorithm=${algorithm}, nonce="${nonce}", opaque="${opaque}"${rest}`,
      );
    },
    verify(authorization, request) {
      const refuse = (why: Exclude<DigestVerdict, { ok: true }>['why'], stale = false) =>
        ({ ok: false, stale, why }) as const;
      const given = parseDigestParameters(authorization);
      const value = (name: string): string => given?.get(name) ?? '';
      const algorithm = algorithmNamed(given?.get('algorithm') ?? 'MD5');
      const name = userNameIn(value('username'), given?.get('username*'));
      const count = /^[0-9a-f]{8}$/i.test(value('nc')) ? Number.parseInt(value('nc'), 16) : 0;
      const isWhole = value('realm') === realm && value('opaque') === opaque && value('cnonce') !== '' && count > 0;
      if (
        !isWhole ||
        name === null ||
        algorithm === null ||
        !algorithms.includes(algorithm) ||
        value('qop') !== 'auth'
      ) {
        return refuse('malformed');
      }
      if (value('uri') !== request.uri) return refuse('other-uri');

      const found = findUser(name, value('userhash') === 'true', algorithm);
      // Somebody unknown costs as much time as a wrong password.
      const secret = digestSecret(algorithm, found?.[0] ?? name, realm, found?.[1] ?? opaque);
      const challenge = { nonce: value('nonce'), qop: ['auth'] };
      const rest = { algorithm, secret, challenge, cnonce: value('cnonce'), nc: value('nc'), uri: request.uri };
      const isRight =
        isSameText(value('response').toLowerCase(), digestResponse({ ...rest, method: request.method })) &&
        found !== null;
      const proof = digestResponse({ ...rest, method: '' });
      secret.fill(0);
      if (!isRight) return refuse('wrong-response');

      // Only who knows the password learns about nonces.
      const nonce = nonces.get(challenge.nonce);
      if (!nonce) return refuse('unknown-nonce', true);
      if (nonce.endsAt < now()) return refuse('expired-nonce', true);
      if (count <= nonce.highestCount) return refuse('replayed');
      nonce.highestCount = count;
      return {
        ok: true,
        userName: found[0],
        authenticationInfo: `rspauth="${proof}", qop=auth, nc=${value('nc')}, cnonce="${value('cnonce').replace(/["\\]/g, '\\$&')}"`,
      };
    },
  };
}

/** The name in UTF-8, of whichever parameter holds it; null where that cannot be decoded (RFC 5987). */
function userNameIn(plain: string, extended: string | undefined): string | null {
  if (extended === undefined) return plain === '' ? null : Buffer.from(plain, 'latin1').toString('utf8');
  try {
    const encoded = /^UTF-8'[^']*'(.*)$/i.exec(extended)?.[1];
    return encoded === undefined ? null : decodeURIComponent(encoded);
  } catch {
    return null;
  }
}
