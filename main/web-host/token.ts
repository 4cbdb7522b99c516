import { createHash, randomBytes } from 'node:crypto';

/** A token that nobody has used opens the door for so long. */
export const tokenLifeMs = 60_000;
/** So many browsers may be signed in; the one that came first goes when one more comes. */
const maxSessions = 100;

/**
 * Who may see the console: a one-time token, which travels in a URL and therefore may be seen by others afterwards, is exchanged
 * for a session, which lives in a cookie that neither scripts nor other sites can reach. Both are 256 random bits; only
 * hashes are kept, so that looking one up tells nothing by its timing.
 */
export interface Admission {
  /** A new token, valid once and for `tokenLifeMs`. An unused older one is void from now on. */
  issueToken(): string;
  /** The session for an unspent, living token, which is spent by this; otherwise undefined. */
  redeem(token: string): string | undefined;
  isSession(session: string | undefined): boolean;
}

export function createAdmission(now: () => number = () => performance.now()): Admission {
  const sessions = new Set<string>();
  let current: { readonly hash: string; readonly until: number } | undefined;

  return {
    issueToken() {
      const token = newSecret();
      current = { hash: hash(token), until: now() + tokenLifeMs };
      return token;
    },
    redeem(token) {
      if (current === undefined || hash(token) !== current.hash) return undefined;
      const alive = now() < current.until;
      current = undefined;
      if (!alive) return undefined;
      const session = newSecret();
      const [oldest] = sessions;
      if (sessions.size >= maxSessions && oldest !== undefined) sessions.delete(oldest);
      sessions.add(hash(session));
      return session;
    },
    isSession: (session) => session !== undefined && sessions.has(hash(session)),
  };
}

const newSecret = (): string => randomBytes(32).toString('base64url');
const hash = (secret: string): string => createHash('sha256').update(secret).digest('base64');

/** The value of one cookie in a Cookie header. */
export function cookieOf(header: string | undefined, name: string): string | undefined {
  for (const part of (header ?? '').split(';')) {
    const at = part.indexOf('=');
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return undefined;
}
