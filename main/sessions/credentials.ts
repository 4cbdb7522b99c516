import { AuthenticationError, refusesSecret, WSManFault } from '../wsman/index.ts';

/** Where secrets are kept. What `get` gives leaves only into a Target's `password`, and so into a SecurityContext (invariant 6). */
export interface SecretStore {
  /** False: what is put in lasts for this run. */
  readonly durable: boolean;
  get(id: string): Promise<string | null>;
  set(id: string, secret: string): Promise<void>;
  delete(id: string): Promise<void>;
}

/** What a machine signs in with: a set without its secret. */
export type SignInCredential =
  | { readonly kind: 'password'; readonly id: string; readonly userName: string }
  | { readonly kind: 'signed-in-user'; readonly id: string }
  | { readonly kind: 'certificate'; readonly id: string };

/**
 * Whose failed attempts add up towards a lock-out. An account of a domain is one account wherever it is tried; `.\user` is another account on
 * every machine.
 */
export interface Account {
  readonly key: string;
  readonly credentialId: string;
  readonly userName: string;
}

export function accountOf(credentialId: string, userName: string, machineId: string): Account {
  const key = userName.startsWith('.\\') ? `${credentialId} on ${machineId}` : credentialId;
  return { key, credentialId, userName };
}

/** The secret was not sent, since a machine refused it before. */
export class SecretWithheldError extends AuthenticationError {
  constructor(userName: string, cause: unknown) {
    super(
      `The password of ${userName} was refused before, so it was not sent again: repeated attempts lock accounts. Nothing was sent.`,
      { reason: 'rejected', cause },
    );
  }
}

interface Attempts {
  /** The one attempt in flight while the secret is not known to be good; resolves when it has ended. */
  running: Promise<void> | null;
  /** The last moment at which a machine accepted it. */
  acceptedAt: number | null;
  everAccepted: boolean;
  rejectionsInARow: number;
  refusal: SecretWithheldError | null;
  refusedAt: number;
}

/** So long a secret counts as good after a machine accepted it; then the next attempt goes alone again, since it may have been changed. */
const goodForMs = 60_000;
/** A secret that works elsewhere may be wrong for single machines, but not for three in a row: lock-outs begin at about five. */
const rejectionsOfGoodSecret = 3;

/**
 * Invariant 11: one attempt in flight per account and secret until a machine has accepted it, and none after a rejection until the secret
 * changes or the user asks for one machine again. A secret that was accepted in the last minute may be tried on many machines at once.
 */
export interface SignInGuard {
  /**
   * Runs `attempt`, which signs in with the account's secret, when it is its turn; `alone` while others wait for its outcome. It counts as accepted if it resolves or fails with a fault
   * (whoever gets a fault has signed in), as rejected on AuthenticationError `rejected`, and else as if it had not been.
   * Throws SecretWithheldError without running it where the secret was refused, unless the user asked after that (`askedAt`): asking for a
   * thousand machines at once is one attempt too, since its refusal comes after the question.
   */
  signIn<T>(
    account: Account | null,
    options: { readonly askedAt: number | null; readonly signal: AbortSignal },
    attempt: (alone: boolean) => Promise<T>,
  ): Promise<T>;
  /** A rejection that was met outside `signIn`: a connection that had to be opened anew. */
  rejected(account: Account, error: AuthenticationError): void;
  /** Throws SecretWithheldError where the secret must not be sent. Called when a SecurityContext asks for it. */
  check(account: Account): void;
  /** The secret of this credential is another one: all is forgotten. */
  secretChanged(credentialId: string): void;
  /** Called when a secret that was withheld turned out to be good. */
  onAccepted: ((credentialId: string) => void) | null;
}

export function createSignInGuard(now: () => number = Date.now): SignInGuard {
  const accounts = new Map<string, Attempts>();
  /** While the user's own attempt is in flight, the refused secret may be asked for. */
  const askedByUser = new Set<string>();

  const attemptsOf = (account: Account): Attempts => {
    let attempts = accounts.get(account.key);
    if (attempts === undefined) {
      attempts = {
        running: null,
        acceptedAt: null,
        everAccepted: false,
        rejectionsInARow: 0,
        refusal: null,
        refusedAt: 0,
      };
      accounts.set(account.key, attempts);
    }
    return attempts;
  };
  const isGood = ({ acceptedAt }: Attempts) => acceptedAt !== null && now() - acceptedAt < goodForMs;

  const accept = (account: Account, attempts: Attempts) => {
    const wasWithheld = attempts.refusal !== null;
    Object.assign(attempts, { acceptedAt: now(), everAccepted: true, rejectionsInARow: 0, refusal: null });
    if (wasWithheld) guard.onAccepted?.(account.credentialId);
  };
  const reject = (account: Account, attempts: Attempts, error: AuthenticationError) => {
    attempts.acceptedAt = null;
    attempts.rejectionsInARow++;
    if (!attempts.everAccepted || attempts.rejectionsInARow >= rejectionsOfGoodSecret) {
      attempts.refusal = new SecretWithheldError(account.userName, error);
      attempts.refusedAt = now();
    }
  };
  const judged = async <T>(account: Account, attempts: Attempts, attempt: () => Promise<T>): Promise<T> => {
    try {
      const result = await attempt();
      accept(account, attempts);
      return result;
    } catch (error) {
      // The secret was replaced meanwhile: this outcome says nothing about the new one.
      if (accounts.get(account.key) === attempts) {
        if (isRejection(error)) reject(account, attempts, error);
        else if (error instanceof WSManFault) accept(account, attempts);
      }
      throw error;
    }
  };

  const guard: SignInGuard = {
    onAccepted: null,
    async signIn(account, { askedAt, signal }, attempt) {
      if (account === null) return attempt(false);
      for (;;) {
        signal.throwIfAborted();
        const attempts = attemptsOf(account);
        const allowed = askedAt !== null && askedAt > attempts.refusedAt;
        if (attempts.refusal !== null && !allowed) throw attempts.refusal;
        if (isGood(attempts)) return judged(account, attempts, () => attempt(false));
        if (attempts.running === null) {
          if (allowed) askedByUser.add(account.key);
          const run = judged(account, attempts, () => attempt(true));
          attempts.running = run.then(
            () => {},
            () => {},
          );
          try {
            return await run;
          } finally {
            attempts.running = null;
            askedByUser.delete(account.key);
          }
        }
        await abortable(attempts.running, signal);
      }
    },
    rejected(account, error) {
      reject(account, attemptsOf(account), error);
    },
    check(account) {
      const refusal = accounts.get(account.key)?.refusal;
      if (refusal && !askedByUser.has(account.key)) throw refusal;
    },
    secretChanged(credentialId) {
      for (const key of accounts.keys()) {
        if (key === credentialId || key.startsWith(`${credentialId} on `)) accounts.delete(key);
      }
    },
  };
  return guard;
}

function isRejection(error: unknown): error is AuthenticationError {
  return (
    error instanceof AuthenticationError && refusesSecret.has(error.reason) && !(error instanceof SecretWithheldError)
  );
}

function abortable(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve).finally(() => signal.removeEventListener('abort', abort));
  });
}
