/**
 * HTTP Digest (RFC 7616, and RFC 2617 and 2069 as management controllers and openwsman speak them): the client's half, and what both halves
 * share. `qop=auth` only: `auth-int` would hash every body, and nobody asks for it alone. Digest does not encrypt and is never for WinRM.
 *
 * Header texts are octets in a Latin-1 string, as HTTP heads are read and written here; names and passwords are hashed as UTF-8.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { AuthenticationError } from '../errors.ts';
import { splitChallenges } from './challenge-list.ts';

/** Strongest first. */
export const DIGEST_ALGORITHMS = ['SHA-256-sess', 'SHA-256', 'MD5-sess', 'MD5'] as const;
export type DigestAlgorithm = (typeof DIGEST_ALGORITHMS)[number];

/** One `Digest` challenge of WWW-Authenticate (RFC 7616 3.3). */
export interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | null;
  /** Null: one that is not known here. */
  readonly algorithm: DigestAlgorithm | null;
  /** As written, to be repeated; null where the challenge has none, which means MD5. */
  readonly algorithmText: string | null;
  /** What is offered, lower case; null where there is no qop at all (RFC 2069). */
  readonly qop: readonly string[] | null;
  /** The answer before was right, only its nonce was too old: to be repeated with this one, without asking anybody. */
  readonly stale: boolean;
  readonly isUtf8: boolean;
  readonly userhash: boolean;
}

/** All Digest challenges among the values of WWW-Authenticate headers, other schemes between them left out. */
export function parseDigestChallenges(wwwAuthenticate: readonly string[]): DigestChallenge[] {
  return wwwAuthenticate
    .flatMap(splitChallenges)
    .map(parseDigestChallenge)
    .filter((challenge) => challenge !== null);
}

/** One challenge, `Digest realm="…", …`; null where it is another scheme or lacks realm or nonce. */
export function parseDigestChallenge(text: string): DigestChallenge | null {
  const parameters = parseDigestParameters(text);
  const realm = parameters?.get('realm');
  const nonce = parameters?.get('nonce');
  if (!parameters || realm === undefined || nonce === undefined) return null;
  const algorithm = parameters.get('algorithm') ?? null;
  const qop = parameters
    .get('qop')
    ?.toLowerCase()
    .split(/[\s,]+/)
    .filter((word) => word !== '');
  return {
    realm,
    nonce,
    opaque: parameters.get('opaque') ?? null,
    algorithm: algorithm === null ? 'MD5' : algorithmNamed(algorithm),
    algorithmText: algorithm,
    qop: qop === undefined || qop.length === 0 ? null : qop,
    stale: parameters.get('stale')?.toLowerCase() === 'true',
    isUtf8: parameters.get('charset')?.toLowerCase() === 'utf-8',
    userhash: parameters.get('userhash')?.toLowerCase() === 'true',
  };
}

/**
 * The parameters of a `Digest …` header by their lower-case names; null where it is another scheme. Quotation marks count neither way:
 * servers quote what the RFC leaves bare, and the other way round. Of a repeated name the first holds.
 */
export function parseDigestParameters(text: string): ReadonlyMap<string, string> | null {
  const start = /^[\s,]*Digest\s+/i.exec(text);
  if (!start) return null;
  const parameters = new Map<string, string>();
  // A name begins where no other word does: else each letter of a long word would be tried as the first.
  const pairs = /(?<![\w-])([A-Za-z][\w-]*\*?)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))/g;
  for (const [, name, quoted, bare] of text.slice(start[0].length).matchAll(pairs)) {
    const key = name!.toLowerCase();
    if (!parameters.has(key)) parameters.set(key, quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '');
  }
  return parameters;
}

export function algorithmNamed(text: string): DigestAlgorithm | null {
  return DIGEST_ALGORITHMS.find((name) => name.toLowerCase() === text.toLowerCase()) ?? null;
}

/**
 * The strongest challenge that can be answered. Throws AuthenticationError `scheme-not-offered` where there is none: every algorithm is
 * unknown, or the only quality of protection is auth-int.
 */
export function chooseDigestChallenge(challenges: readonly DigestChallenge[]): DigestChallenge {
  const usable = challenges.filter(
    ({ algorithm, qop }) => algorithm !== null && (qop === null || qop.includes('auth')),
  );
  const best = DIGEST_ALGORITHMS.map((name) => usable.find(({ algorithm }) => algorithm === name)).find(Boolean);
  if (best) return best;
  const known = challenges.filter(({ algorithm }) => algorithm !== null);
  throw new AuthenticationError(
    challenges.length === 0
      ? 'The target does not offer Digest.'
      : known.length === 0
        ? `The target offers Digest only with an algorithm that Windeck does not know (${challenges.map(({ algorithmText }) => algorithmText?.replace(/[^\w-]/g, '?').slice(0, 30)).join(', ')}).`
        : 'The target offers Digest only with integrity protection of bodies (auth-int), which Windeck does not speak.',
    {
      reason: 'scheme-not-offered',
      offered: challenges.length === 0 ? [] : ['Digest'],
      leg: 1,
      evidence: { mechanism: 'Digest' },
    },
  );
}

/** Answers of one client to one target: keeps the hashed secret instead of the password, and counts. */
export interface DigestSession {
  readonly algorithm: DigestAlgorithm;
  /**
   * The value of Authorization for the next request (RFC 7616 3.4). `uri`: the request target, exactly as it stands in the request line.
   * Throws AuthenticationError for a user name that no header can hold.
   */
  authorization(method: string, uri: string): string;
  /**
   * Goes on with a new nonce: after `stale`, or when a target gives out one per connection. False where the challenge is of another realm
   * or algorithm, so that the password is needed anew.
   */
  renew(challenge: DigestChallenge): boolean;
  /**
   * Reads Authentication-Info of the answer (RFC 7616 3.5): takes its nextnonce. Throws AuthenticationError `bad-token` where its rspauth is
   * not what somebody who knows the password would write.
   */
  takeInfo(authenticationInfo: string): void;
  /** Wipes the hashed secret. */
  dispose(): void;
}

/** `firstCnonce`: of the first challenge's answers; a test gives a published one. */
export function createDigestSession(
  first: DigestChallenge,
  userName: string,
  password: string,
  firstCnonce = newCnonce(),
): DigestSession {
  const algorithm = requireAlgorithm(first);
  const secret = digestSecret(algorithm, userName, first.realm, password);
  let challenge = first;
  let cnonce = firstCnonce;
  let nc = 0;
  let lastUri = '';
  const restart = (next: DigestChallenge) => {
    challenge = next;
    cnonce = newCnonce();
    nc = 0;
  };
  return {
    algorithm,
    authorization(method, uri) {
      nc++;
      lastUri = uri;
      return authorizationOf(challenge, { userName, method, uri, nc, cnonce, secret });
    },
    renew(next) {
      if (next.realm !== challenge.realm || next.algorithm !== algorithm) return false;
      restart(next);
      return true;
    },
    takeInfo(authenticationInfo) {
      const info = parseDigestParameters(`Digest ${authenticationInfo}`);
      const proof = info?.get('rspauth');
      if (proof !== undefined) {
        const expected = digestResponse({
          algorithm,
          secret,
          challenge,
          cnonce,
          nc: ncText(nc),
          method: '',
          uri: lastUri,
        });
        if (!isSameText(proof.toLowerCase(), expected)) {
          throw new AuthenticationError('The answer was not made by somebody who knows the password (rspauth).', {
            reason: 'bad-token',
            evidence: { mechanism: 'Digest' },
          });
        }
      }
      const nextNonce = info?.get('nextnonce');
      if (nextNonce) restart({ ...challenge, nonce: nextNonce });
    },
    dispose: () => void secret.fill(0),
  };
}

/** H(user:realm:password): all that is ever needed of a password. As hex in octets, to be wiped. */
export function digestSecret(algorithm: DigestAlgorithm, userName: string, realm: string, password: string): Buffer {
  const text = Buffer.concat([
    Buffer.from(`${userName}:`, 'utf8'),
    Buffer.from(`${realm}:`, 'latin1'),
    Buffer.from(password, 'utf8'),
  ]);
  const digest = createHash(hashOf(algorithm)).update(text).digest();
  const secret = Buffer.from(digest.toString('hex'), 'latin1');
  text.fill(0);
  digest.fill(0);
  return secret;
}

/** What the response parameter has to be. `method` is empty for rspauth. All texts are octets. */
export function digestResponse(of: {
  readonly algorithm: DigestAlgorithm;
  readonly secret: Uint8Array;
  readonly challenge: Pick<DigestChallenge, 'nonce' | 'qop'>;
  readonly cnonce: string;
  readonly nc: string;
  readonly method: string;
  readonly uri: string;
}): string {
  const { algorithm, challenge } = of;
  const hash = (...parts: readonly (string | Uint8Array)[]): string => {
    const digest = createHash(hashOf(algorithm));
    for (const part of parts) digest.update(typeof part === 'string' ? Buffer.from(part, 'latin1') : part);
    return digest.digest('hex');
  };
  const a1 = algorithm.endsWith('-sess') ? hash(of.secret, `:${challenge.nonce}:${of.cnonce}`) : of.secret;
  const a2 = hash(`${of.method}:${of.uri}`);
  return challenge.qop === null
    ? hash(a1, `:${challenge.nonce}:${a2}`)
    : hash(a1, `:${challenge.nonce}:${of.nc}:${of.cnonce}:auth:${a2}`);
}

/** H(user:realm), sent in place of the name where the target asks for that (RFC 7616 3.4.4). */
export function hashedUserName(algorithm: DigestAlgorithm, userName: string, realm: string): string {
  return createHash(hashOf(algorithm))
    .update(Buffer.from(`${userName}:`, 'utf8'))
    .update(Buffer.from(realm, 'latin1'))
    .digest('hex');
}

export function isSameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1')];
  return left.length === right.length && timingSafeEqual(left, right);
}

function authorizationOf(
  challenge: DigestChallenge,
  answer: {
    readonly userName: string;
    readonly method: string;
    readonly uri: string;
    /** How often this nonce has been used, this time included: 1, 2, … */
    readonly nc: number;
    /** One's own nonce, the same for as long as the target's is (the -sess algorithms need that). */
    readonly cnonce: string;
    readonly secret: Uint8Array;
  },
): string {
  const { userName, method, uri, nc, cnonce, secret } = answer;
  const algorithm = requireAlgorithm(challenge);
  const response = digestResponse({ algorithm, secret, challenge, cnonce, nc: ncText(nc), method, uri });
  const parameters = [
    ...userNameParameters(challenge, algorithm, userName),
    `realm=${quote(challenge.realm)}`,
    `nonce=${quote(challenge.nonce)}`,
    `uri=${quote(uri)}`,
    `response="${response}"`,
  ];
  if (challenge.algorithmText !== null) parameters.push(`algorithm=${algorithm}`);
  if (challenge.qop !== null || algorithm.endsWith('-sess')) parameters.push(`cnonce=${quote(cnonce)}`);
  if (challenge.opaque !== null) parameters.push(`opaque=${quote(challenge.opaque)}`);
  // Bare, since openwsman and others do not find what they look for in quotation marks.
  if (challenge.qop !== null) parameters.push('qop=auth', `nc=${ncText(nc)}`);
  return `Digest ${parameters.join(', ')}`;
}

function userNameParameters(challenge: DigestChallenge, algorithm: DigestAlgorithm, userName: string): string[] {
  if (hasControl(userName)) {
    throw new AuthenticationError('A user name with control characters cannot be sent.', { reason: 'no-credential' });
  }
  if (challenge.userhash) {
    return [`username="${hashedUserName(algorithm, userName, challenge.realm)}"`, 'userhash=true'];
  }
  // Only who says charset=UTF-8 is known to read the extended form (RFC 7616 3.4, RFC 5987).
  if (challenge.isUtf8 && !/^[\x20-\x7e]*$/.test(userName)) return [`username*=UTF-8''${encodeRfc5987(userName)}`];
  return [`username=${quote(Buffer.from(userName, 'utf8').toString('latin1'))}`];
}

const hasControl = (text: string): boolean => [...text].some((character) => character < ' ' || character === '\x7f');

function encodeRfc5987(text: string): string {
  return encodeURIComponent(text).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function requireAlgorithm({ algorithm }: DigestChallenge): DigestAlgorithm {
  if (algorithm === null) throw new TypeError('chooseDigestChallenge never gives a challenge of unknown algorithm');
  return algorithm;
}

const quote = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;
const ncText = (nc: number): string => nc.toString(16).padStart(8, '0');
const newCnonce = (): string => randomBytes(18).toString('base64url');
const hashOf = (algorithm: DigestAlgorithm): string => (algorithm.startsWith('SHA-256') ? 'sha256' : 'md5');
