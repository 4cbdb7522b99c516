/**
 * Who signs in, as a credential of the library. A password's credential is made once for the whole process, by one AS exchange, and kept with
 * its tickets in memory (a MEMORY cache of the library's own): all machines share the ticket-granting ticket and each other's service tickets.
 * The signed-in user's comes from the default credential cache, afresh for each context, so that a new kinit is seen at once.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { AuthenticationError } from '../../errors.ts';
import { type Acquired, type Gss, type Handle, NO_HANDLE } from './gss.ts';
import { toAuthenticationError } from './kerberos-errors.ts';
import { principalOf } from './principal.ts';

export type KerberosSignIn =
  | { readonly kind: 'password'; readonly userName: string; readonly password: string }
  | { readonly kind: 'signed-in-user' };

/** A credential in use. Each `borrow` is given back once. */
export interface Borrowed {
  readonly credential: Handle;
  giveBack(): void;
}

/** A ticket is renewed when so much of its life is left, or a fifth of it where that is less. */
const RENEW_BEFORE_SECONDS = 300;
/** How many accounts a process keeps tickets of; the one not asked for longest goes first. */
const MAX_KEPT = 64;

interface Kept {
  readonly gss: Gss;
  readonly credential: Handle;
  /** Milliseconds of the monotonic clock. */
  readonly renewAt: number;
  users: number;
  isDropped: boolean;
}

/** Keys tell account and secret apart, and tell nobody the secret: the hash's own key never leaves this process. */
const hashKey = randomBytes(32);
const kept = new Map<string, Promise<Kept>>();

/** Throws AuthenticationError. */
export async function borrowCredential(gss: Gss, signIn: KerberosSignIn, limitMs: number): Promise<Borrowed> {
  if (signIn.kind === 'signed-in-user') return borrowDefault(gss, limitMs);
  const principal = principalOf(signIn.userName, () => defaultRealm(gss));
  const key = keyOf(principal, signIn.password);
  const entry = await current(key, () => acquire(gss, principal, signIn.password), limitMs);
  entry.users++;
  let isOut = true;
  return {
    credential: entry.credential,
    giveBack() {
      if (!isOut) return;
      isOut = false;
      entry.users--;
      releaseIfUnused(entry);
    },
  };
}

/** Forgets the tickets of one account and secret: they were refused, or are about to be. */
export function dropCredential(gss: Gss, signIn: KerberosSignIn): void {
  if (signIn.kind !== 'password') return;
  drop(
    keyOf(
      principalOf(signIn.userName, () => defaultRealm(gss)),
      signIn.password,
    ),
  );
}

/** Drops every ticket that was had with a password. Contexts that are being set up finish with theirs. */
export function forgetTickets(): void {
  for (const key of [...kept.keys()]) drop(key);
}

async function current(key: string, make: () => Promise<Kept>, limitMs: number): Promise<Kept> {
  const known = kept.get(key);
  if (known) {
    const entry = await withLimit(known, limitMs);
    if (performance.now() < entry.renewAt && !entry.isDropped) {
      // Most recently used goes last.
      if (kept.get(key) === known) {
        kept.delete(key);
        kept.set(key, known);
      }
      return entry;
    }
    if (kept.get(key) === known) drop(key);
    return current(key, make, limitMs);
  }
  const making = make();
  kept.set(key, making);
  making.catch(() => {
    if (kept.get(key) === making) kept.delete(key);
  });
  while (kept.size > MAX_KEPT) drop(kept.keys().next().value!);
  return withLimit(making, limitMs);
}

async function acquire(gss: Gss, principal: string, password: string): Promise<Kept> {
  const secret = Buffer.from(password, 'utf8');
  const name = gss.importPrincipal(principal);
  try {
    const { credential, lifetime } = await gss.acquireWithPassword(name, secret);
    return { gss, credential, renewAt: renewalTime(lifetime), users: 0, isDropped: false };
  } catch (cause) {
    throw toAuthenticationError(cause, {});
  } finally {
    secret.fill(0);
    gss.releaseName(name);
  }
}

function renewalTime(lifetime: number): number {
  return performance.now() + 1000 * (lifetime - Math.min(RENEW_BEFORE_SECONDS, lifetime / 5));
}

async function borrowDefault(gss: Gss, limitMs: number): Promise<Borrowed> {
  let acquired: Acquired;
  try {
    acquired = await withLimit(gss.acquireDefault(), limitMs);
  } catch (cause) {
    throw toAuthenticationError(cause, {});
  }
  let credential = acquired.credential;
  return {
    credential,
    giveBack() {
      gss.releaseCredential(credential);
      credential = NO_HANDLE;
    },
  };
}

function drop(key: string): void {
  const making = kept.get(key);
  kept.delete(key);
  making?.then(
    (entry) => {
      entry.isDropped = true;
      releaseIfUnused(entry);
    },
    () => {},
  );
}

function releaseIfUnused(entry: Kept): void {
  if (entry.isDropped && entry.users === 0) entry.gss.releaseCredential(entry.credential);
}

function keyOf(principal: string, password: string): string {
  return createHmac('sha256', hashKey).update(`${principal}\0`).update(password).digest('base64');
}

/** The library is asked for the realm it adds to a bare name. */
export function defaultRealm(gss: Gss): string | null {
  const name = gss.importPrincipal('user');
  try {
    const text = gss.canonicalName(name);
    return text.slice(text.lastIndexOf('@') + 1) || null;
  } catch {
    return null;
  } finally {
    gss.releaseName(name);
  }
}

/**
 * Waits no longer than that. What runs cannot be stopped, the library ends it in its own time; only nobody waits for it any more.
 */
export async function withLimit<T>(work: Promise<T>, limitMs: number): Promise<T> {
  const over = new AbortController();
  const late = delay(limitMs, undefined, { signal: over.signal, ref: false }).then(() => {
    throw new AuthenticationError(`No KDC has answered within ${Math.round(limitMs / 1000)} seconds.`, {
      reason: 'no-kdc',
      evidence: { mechanism: 'Kerberos' },
    });
  });
  late.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
  }
}
