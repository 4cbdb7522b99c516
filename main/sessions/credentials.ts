import { createHmac, randomBytes } from 'node:crypto';
import { AuthenticationError, type ClientCertificate, refusesSecret, WSManFault } from '../wsman/index.ts';
import { abortable } from './abortable.ts';
import { type Account, keyOfScope, overlap, type Scope } from './accounts.ts';

/** Where secrets are kept. What `get` gives leaves only into a Target, and so into a SecurityContext or a TLS socket (invariant 6). */
export interface SecretStore {
  /** Null where there is none. Throws SecretLockedError where it cannot be had before the user gives a passphrase. */
  get(id: string): Promise<string | null>;
  /** The client certificate of a set, with its key. Throws also AuthenticationError `certificate-unusable`. */
  certificate(id: string): Promise<ClientCertificate | null>;
}

/** What a machine signs in with: a set without its secret. `id` null: typed, and no set yet. */
export type SignInCredential =
  | { readonly kind: 'password'; readonly id: string | null; readonly userName: string }
  | { readonly kind: 'signed-in-user'; readonly id: string | null }
  | { readonly kind: 'certificate'; readonly id: string | null };

/** The secret was not sent, since it was refused before. */
export class SecretWithheldError extends AuthenticationError {
  constructor(userName: string, cause: unknown) {
    super(
      `The password of ${userName} was refused before, so it was not sent again: repeated attempts lock accounts. Nothing was sent.`,
      { reason: 'rejected', cause },
    );
  }
}

/** The secret is in the sealed file, which is locked. */
export class SecretLockedError extends AuthenticationError {
  constructor(cause: unknown) {
    super('The sealed file that keeps its secret is locked. Nothing was sent.', { reason: 'no-credential', cause });
  }
}

/** An account with one secret of it. Holds the secret's keyed hash, never the secret. */
export interface Login {
  readonly account: Account;
  /** User name and keyed hash: whatever may be one attempt at one account is among those with the same. */
  readonly bucket: string;
}

/** A secret that was refused. */
export interface Refusal {
  readonly machineId: string | null;
  readonly atMs: number;
  readonly error: AuthenticationError;
}

/** What is known of one secret of one user name in one scope. */
interface Attempts {
  readonly scope: Scope;
  /** Attempts in flight; each resolves when it has ended. */
  readonly inFlight: Set<Promise<void>>;
  /** The sets that have used it. */
  readonly credentials: Set<string>;
  /** The last moment at which a machine accepted it. */
  acceptedAt: number | null;
  everAccepted: boolean;
  rejectionsInARow: number;
  refusal: (Refusal & { readonly withheld: SecretWithheldError }) | null;
  /** The user asked, and that attempt is in flight: the refused secret may be asked for. */
  askedByUser: boolean;
}

/** So long a secret counts as good after a machine accepted it; then the next attempt goes alone again, since it may have been changed. */
const goodForMs = 60_000;
/** A secret that works elsewhere may be wrong for single machines, but not for three in a row: lock-outs begin at about five. */
const rejectionsOfGoodSecret = 3;
/** So many attempts with a good secret are in flight at once: if it was changed meanwhile, all of them may be refused. */
const goodAtOnce = 4;
/** And so many while a fleet connects and machine after machine accepts it: that it is changed in just that moment is most unlikely. */
const freshAtOnce = 24;
const freshForMs = 1000;

/**
 * Invariant 11: one attempt in flight per account and secret until a machine has accepted it, and none after a rejection until the secret
 * changes or the user asks for one machine again. A secret that was accepted in the last minute may be tried on four machines at once, on
 * 24 within a second of being accepted.
 * What counts as one account is in accounts.ts; two sets with the same account and secret are one here, and another secret is another.
 * Only attempts with a password are guarded: tickets and certificates lock nobody out.
 */
export interface SignInGuard {
  login(account: Account, secret: string): Login;
  /**
   * Runs `attempt`, which signs in with this secret and does no more, when it is its turn. It counts as accepted if it resolves or fails
   * with a fault (whoever gets a fault has signed in), as rejected on an error of which `refusesSecret` is true, and else (no KDC, clocks apart,
   * a ticket that the target rejects, no answer) as if it had not been.
   * Throws SecretWithheldError without running it where the secret was refused, unless the user asked after that (`askedAt`): asking for a
   * thousand machines at once is one attempt too, since its refusal comes after the question.
   */
  signIn<T>(
    login: Login,
    options: { readonly askedAt: number | null; readonly signal: AbortSignal },
    attempt: () => Promise<T>,
  ): Promise<T>;
  /**
   * Resolves once a machine has accepted the secret in the last minute, whoever proved it: `attempt` runs, by the rules of `signIn`, only
   * where nobody has. Throws what it throws.
   */
  prove(login: Login, signal: AbortSignal, attempt: () => Promise<unknown>): Promise<void>;
  /** A rejection that was met outside `signIn`: a connection that had to be opened anew. Counted once, however often it is told. */
  rejected(login: Login, error: AuthenticationError): void;
  /** Throws SecretWithheldError where the secret must not be sent. Called when a SecurityContext asks for it. */
  check(login: Login): void;
  /** Whether what was withheld with this error still is. */
  isWithheld(error: SecretWithheldError): boolean;
  /** Why the secret of this set is not sent any more, the latest refusal; null: it is. */
  refusalOf(credentialId: string): Refusal | null;
  /** The secret or the user name of this set is another one: what is known of the old one is forgotten. */
  credentialChanged(credentialId: string): void;
  /** Called when a secret that was withheld turned out to be good. */
  onAccepted: (() => void) | null;
  /** Called when a set was refused, or no longer is. */
  onRefusal: (() => void) | null;
}

export function createSignInGuard(now: () => number = Date.now): SignInGuard {
  const hashKey = randomBytes(32);
  /** Bucket → scope → what is known. */
  const buckets = new Map<string, Map<string, Attempts>>();
  /** One failure reaches the guard by several ways: through the attempt, and through the call that had to sign in. */
  const counted = new WeakSet<AuthenticationError>();

  function ownOf({ account, bucket }: Login): readonly Attempts[] {
    let known = buckets.get(bucket);
    if (known === undefined) {
      known = new Map();
      buckets.set(bucket, known);
    }
    return account.scopes.map((scope) => {
      const key = keyOfScope(scope);
      const found = known.get(key) ?? newAttempts(scope);
      known.set(key, found);
      if (account.credentialId !== null) found.credentials.add(account.credentialId);
      return found;
    });
  }
  /** All that may be the same account: the login's own scopes and those that overlap with them. */
  function relatedTo({ account, bucket }: Login): readonly Attempts[] {
    const all = [...(buckets.get(bucket)?.values() ?? [])];
    return all.filter(({ scope }) => account.scopes.some((own) => overlap(own, scope)));
  }
  const isGood = ({ acceptedAt }: Attempts) => acceptedAt !== null && now() - acceptedAt < goodForMs;
  const roomFor = (attempts: Attempts) => {
    if (!isGood(attempts)) return 1;
    return now() - (attempts.acceptedAt ?? 0) < freshForMs ? freshAtOnce : goodAtOnce;
  };

  function accept(own: readonly Attempts[]): void {
    const wasWithheld = own.some(({ refusal }) => refusal !== null);
    for (const attempts of own) {
      Object.assign(attempts, { acceptedAt: now(), everAccepted: true, rejectionsInARow: 0, refusal: null });
    }
    if (!wasWithheld) return;
    guard.onAccepted?.();
    guard.onRefusal?.();
  }

  function reject({ account }: Login, own: readonly Attempts[], error: AuthenticationError): void {
    if (counted.has(error)) return;
    counted.add(error);
    const withheld = new SecretWithheldError(account.userName, error);
    const refusal = { machineId: account.machineId, atMs: now(), error, withheld };
    for (const attempts of own) {
      attempts.acceptedAt = null;
      attempts.rejectionsInARow++;
      if (!attempts.everAccepted || attempts.rejectionsInARow >= rejectionsOfGoodSecret) attempts.refusal = refusal;
    }
    if (own.some((attempts) => attempts.refusal === refusal)) guard.onRefusal?.();
  }

  async function judged<T>(login: Login, own: readonly Attempts[], attempt: () => Promise<T>): Promise<T> {
    const isStill = () => own.every(({ scope }, i) => buckets.get(login.bucket)?.get(keyOfScope(scope)) === own[i]);
    try {
      const result = await attempt();
      if (isStill()) accept(own);
      return result;
    } catch (error) {
      // Forgotten meanwhile, since its set has another secret: nobody asks for this one any more.
      if (isStill()) {
        if (isRejection(error)) reject(login, own, error);
        else if (error instanceof WSManFault) accept(own);
      }
      throw error;
    }
  }

  async function run<T>(login: Login, isAsked: boolean, attempt: () => Promise<T>): Promise<T> {
    const own = ownOf(login);
    if (isAsked) for (const attempts of own) attempts.askedByUser = true;
    const outcome = judged(login, own, attempt);
    const ended = outcome.then(
      () => {},
      () => {},
    );
    for (const { inFlight } of own) inFlight.add(ended);
    try {
      return await outcome;
    } finally {
      for (const attempts of own) {
        attempts.inFlight.delete(ended);
        if (isAsked) attempts.askedByUser = false;
      }
    }
  }

  const isGoodLogin = (login: Login) =>
    ownOf(login).some(isGood) && relatedTo(login).every(({ refusal }) => refusal === null);

  /**
   * Begins the attempt where it is its turn, else says what to wait for. Looks and begins in one go: with a wait between, two could begin.
   * Throws where the secret is not to be sent.
   */
  function begin<T>(
    login: Login,
    askedAt: number | null,
    signal: AbortSignal,
    attempt: () => Promise<T>,
  ): { readonly outcome: Promise<T> } | { readonly wait: Promise<void> } {
    signal.throwIfAborted();
    const own = ownOf(login);
    const related = relatedTo(login);
    const refused = related.filter(({ refusal }) => refusal !== null);
    const isAsked = refused.length > 0 && refused.every(({ refusal }) => (askedAt ?? 0) > refusal!.atMs);
    if (refused.length > 0 && !isAsked) {
      guard.onRefusal?.();
      throw refused[0]!.refusal!.withheld;
    }
    const busy = [...new Set(related.flatMap(({ inFlight }) => [...inFlight]))];
    const room = refused.length > 0 ? 1 : Math.max(...own.map(roomFor));
    return busy.length < room ? { outcome: run(login, isAsked, attempt) } : { wait: Promise.race(busy) };
  }

  const guard: SignInGuard = {
    onAccepted: null,
    onRefusal: null,
    login: (account, secret) => ({
      account,
      bucket: `${account.user}\n${createHmac('sha256', hashKey).update(secret, 'utf8').digest('base64')}`,
    }),
    async signIn(login, { askedAt, signal }, attempt) {
      for (;;) {
        const next = begin(login, askedAt, signal, attempt);
        if ('outcome' in next) return next.outcome;
        await abortable(next.wait, signal);
      }
    },
    async prove(login, signal, attempt) {
      while (!isGoodLogin(login)) {
        const next = begin(login, null, signal, attempt);
        if ('outcome' in next) return void (await next.outcome);
        await abortable(next.wait, signal);
      }
    },
    rejected(login, error) {
      if (isRejection(error)) reject(login, ownOf(login), error);
    },
    check(login) {
      const refused = relatedTo(login).find(({ refusal }) => refusal !== null);
      if (refused !== undefined && !ownOf(login).some(({ askedByUser }) => askedByUser))
        throw refused.refusal!.withheld;
    },
    isWithheld: (error) => everything().some(({ refusal }) => refusal?.withheld === error),
    refusalOf(credentialId) {
      let latest: Refusal | null = null;
      for (const known of buckets.values()) {
        const scopes = [...known.values()].filter(({ credentials }) => credentials.has(credentialId));
        for (const { scope, refusal } of known.values()) {
          if (refusal === null || refusal.atMs < (latest?.atMs ?? 0)) continue;
          if (scopes.some((own) => overlap(own.scope, scope))) latest = refusal;
        }
      }
      return latest;
    },
    credentialChanged(credentialId) {
      for (const [bucket, known] of buckets) {
        for (const [key, attempts] of known) {
          if (!attempts.credentials.delete(credentialId)) continue;
          // Another set has the same account and secret, and for that nothing has changed.
          if (attempts.credentials.size > 0) continue;
          if (attempts.inFlight.size === 0) known.delete(key);
          else Object.assign(attempts, { acceptedAt: null, everAccepted: false, rejectionsInARow: 0, refusal: null });
        }
        if (known.size === 0) buckets.delete(bucket);
      }
      guard.onRefusal?.();
    },
  };

  function everything(): readonly Attempts[] {
    return [...buckets.values()].flatMap((known) => [...known.values()]);
  }
  return guard;
}

function newAttempts(scope: Scope): Attempts {
  return {
    scope,
    inFlight: new Set(),
    credentials: new Set(),
    acceptedAt: null,
    everAccepted: false,
    rejectionsInARow: 0,
    refusal: null,
    askedByUser: false,
  };
}

function isRejection(error: unknown): error is AuthenticationError {
  return error instanceof AuthenticationError && refusesSecret(error) && !(error instanceof SecretWithheldError);
}
