/**
 * Who signs in, as a credential of the library. A password's credential is made once for the whole process, by one AS exchange, and kept with
 * its tickets in memory (a MEMORY cache of the library's own): all machines share the ticket-granting ticket and each other's service tickets.
 * The signed-in user's comes from the default credential cache, afresh for each context, so that a new kinit is seen at once.
 *
 * Nothing here can prompt: the library gets the password and no prompter. It looks KDCs up in DNS where krb5.conf names none (SRV records,
 * unless dns_lookup_kdc = false), and asks the realm's primary KDC once more where another one refuses a password (kpasswd and
 * primary_kdc of krb5.conf, _kerberos-master in DNS; Windows domains publish none).
 */
import { createHmac, randomBytes } from 'node:crypto';
import { AuthenticationError } from '../../errors.ts';
import type { Gss, Handle } from './gss.ts';
import { toAuthenticationError } from './kerberos-errors.ts';
import { type Krb5Config, readKrb5Config } from './krb5-config.ts';
import { principalOf } from './principal.ts';

export type KerberosSignIn =
  | { readonly kind: 'password'; readonly userName: string; readonly password: string }
  | { readonly kind: 'signed-in-user' };

/** A credential in use, given back once. */
export interface Borrowed {
  readonly credential: Handle;
  readonly config: Krb5Config;
  /** Its tickets were refused: the next one to ask gets fresh ones. Nothing for the signed-in user, whose tickets are not ours. */
  drop(): void;
  giveBack(): void;
}

/** A ticket is renewed when so much of its life is left, or a fifth of it where that is less. */
const RENEW_BEFORE_SECONDS = 300;
/** How many accounts a process keeps tickets of; the one not asked for longest goes first. */
const MAX_KEPT = 64;

interface Kept {
  readonly gss: Gss;
  readonly credential: Handle;
  /** Epoch milliseconds: tickets go by the wall clock, and a computer that sleeps stops every other. */
  readonly renewAt: number;
  users: number;
  isDropped: boolean;
}

/** Keys tell account and secret apart, and tell nobody the secret: the hash's own key never leaves this process. */
const hashKey = randomBytes(32);
const kept = new Map<string, Promise<Kept>>();
/**
 * Realms whose KDC has just not answered, and until when (performance.now) it is not asked again: each question takes half a minute of one of
 * the few threads, and the machines of a fleet would ask it one after another.
 */
const silentRealms = new Map<string, { readonly error: AuthenticationError; readonly until: number }>();
const SILENT_MS = 10_000;

/** Asks the KDC where there are no tickets yet; concurrent askers share one request. Throws AuthenticationError. */
export async function borrowCredential(gss: Gss, signIn: KerberosSignIn, signal?: AbortSignal): Promise<Borrowed> {
  const config = await readKrb5Config();
  if (signIn.kind === 'signed-in-user') return borrowDefault(gss, config, signal);
  const principal = principalOf(signIn.userName, { config, defaultRealm: () => defaultRealm(gss) });
  const silent = silentRealms.get(realmOf(principal));
  if (silent && performance.now() < silent.until) throw silent.error;
  const key = keyOf(principal, signIn.password);
  const [entry, drop] = await enter(key, () => acquire(gss, principal, signIn.password));
  let isOut = true;
  return {
    credential: entry.credential,
    config,
    drop,
    giveBack() {
      if (!isOut) return;
      isOut = false;
      entry.users--;
      releaseIfUnused(entry);
    },
  };
}

/** Drops every ticket that was had with a password, and what is known of realms. Contexts that are being set up finish with theirs. */
export function forgetTickets(): void {
  silentRealms.clear();
  for (const [key, making] of [...kept]) drop(key, making);
}

/** The entry with one user more, and how to drop it. Made now, or by whoever asked first. */
async function enter(key: string, make: () => Promise<Kept>): Promise<[Kept, () => void]> {
  for (;;) {
    const known = kept.get(key);
    const making = known ?? make();
    // Most recently used goes last.
    kept.delete(key);
    kept.set(key, making);
    const [oldest] = kept;
    if (kept.size > MAX_KEPT && oldest) drop(...oldest);
    let entry: Kept;
    try {
      entry = await making;
    } catch (cause) {
      if (kept.get(key) === making) kept.delete(key);
      throw cause;
    }
    // No await between this look and the count: what is dropped without users is released.
    if (entry.isDropped) continue;
    if (!known || Date.now() < entry.renewAt) {
      entry.users++;
      return [entry, () => drop(key, making)];
    }
    drop(key, making);
  }
}

async function acquire(gss: Gss, principal: string, password: string): Promise<Kept> {
  const secret = Buffer.from(password, 'utf8');
  const name = gss.importPrincipal(principal);
  try {
    const { credential, lifetime } = await gss.acquireWithPassword(name, secret);
    const usable = lifetime - Math.min(RENEW_BEFORE_SECONDS, lifetime / 5);
    return { gss, credential, renewAt: Date.now() + 1000 * usable, users: 0, isDropped: false };
  } catch (cause) {
    const error = toAuthenticationError(cause, { isFirstTicket: true });
    if (error instanceof AuthenticationError && error.reason === 'no-kdc') {
      silentRealms.set(realmOf(principal), { error, until: performance.now() + SILENT_MS });
    }
    throw error;
  } finally {
    secret.fill(0);
    gss.releaseName(name);
  }
}

async function borrowDefault(gss: Gss, config: Krb5Config, signal: AbortSignal | undefined): Promise<Borrowed> {
  try {
    const { credential } = await gss.acquireDefault(signal);
    let isOut = true;
    return {
      credential,
      config,
      drop: () => {},
      giveBack() {
        if (isOut) gss.releaseCredential(credential);
        isOut = false;
      },
    };
  } catch (cause) {
    throw toAuthenticationError(cause, { isSignedInUser: true });
  }
}

function drop(key: string, making: Promise<Kept>): void {
  if (kept.get(key) === making) kept.delete(key);
  making.then(
    (entry) => {
      if (entry.isDropped) return;
      entry.isDropped = true;
      releaseIfUnused(entry);
    },
    () => {},
  );
}

function releaseIfUnused(entry: Kept): void {
  if (entry.isDropped && entry.users === 0) entry.gss.releaseCredential(entry.credential);
}

/** Of a principal that has one; an `@` in the name stands behind a backslash, but the last one never does. */
function realmOf(principal: string): string {
  return principal.slice(principal.lastIndexOf('@') + 1);
}

function keyOf(principal: string, password: string): string {
  return createHmac('sha256', hashKey).update(`${principal}\0`).update(password).digest('base64');
}

/** The realm that the library adds to a bare name; null where none is configured. */
export function defaultRealm(gss: Gss): string | null {
  try {
    const name = gss.importPrincipal('user');
    try {
      const text = gss.canonicalName(name);
      return text.slice(text.lastIndexOf('@') + 1) || null;
    } finally {
      gss.releaseName(name);
    }
  } catch {
    return null;
  }
}
