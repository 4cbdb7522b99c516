import { type Problem, ProblemError } from '../../shared/contract/problem.ts';
import type { SecretStore } from '../sessions/credentials.ts';
import type { Session } from '../sessions/session.ts';
import type { SessionPool } from '../sessions/session-pool.ts';
import type { Inventory } from '../storage/inventory.ts';
import type { LastKnown } from '../storage/last-known.ts';
import type { Secrets } from '../storage/secrets.ts';
import type { ClientOptions, FailurePlace, Target, WSManClient } from '../wsman/index.ts';
import type { Signal } from './pump.ts';

/** What the console remembers. The embedded lab's is another one than the user's. */
export interface Store {
  readonly inventory: Inventory;
  readonly lastKnown: LastKnown;
  readonly secrets: Secrets;
}

/** What every area works with; made by create-console.ts. */
export interface AreaContext {
  /** Changes when the embedded lab is opened: ask for it each time. */
  readonly store: Store;
  readonly sessions: SessionPool;
  /** The stored secrets, for security contexts and TLS sockets only. */
  readonly signInSecrets: SecretStore;
  /** For a machine that is only being tried. */
  readonly createClient: (target: Target, options?: Pick<ClientOptions, 'encoding'>) => WSManClient;
  /** The one map from thrown errors to problems. `place`: for settings that are not those of the machine in the inventory. */
  readonly toProblem: (error: unknown, machineId?: string, place?: FailurePlace) => Problem;
  readonly log: (line: string) => void;
  readonly now: () => number;
  /** Rings when a credential set, its secret, its refusals or who inherits it changed. */
  readonly credentialsChanged: Signal;
  /** Aborted when the console closes. */
  readonly closing: AbortSignal;
  /** What ends with `closing` and still has something to tidy up at a machine: closing waits for it, though not for long. */
  readonly beforeClosing: (work: Promise<unknown>) => void;
}

/** The session of a machine. Throws ProblemError `not-found` where the inventory has no such machine (any more). */
export function sessionOf(context: AreaContext, machineId: string): Session {
  const session = context.sessions.get(machineId);
  if (session === undefined) throw notInInventory(machineId);
  return session;
}

/** For long watches: throws `not-found` once the machine was removed, or the inventory replaced. */
export function requireStill(context: AreaContext, session: Session): void {
  if (context.sessions.get(session.id) !== session) throw notInInventory(session.id);
}

export function notInInventory(machineId: string): ProblemError {
  return new ProblemError({
    code: 'not-found',
    message: 'The inventory has no such machine.',
    advice: ['It may have been removed in another window.'],
    retryable: false,
    machineId,
  });
}

export function noSuchCredential(): ProblemError {
  return new ProblemError({
    code: 'not-found',
    message: 'There is no such credential set.',
    advice: ['It may have been removed in another window.'],
    retryable: false,
  });
}

/** Does something with a machine; what is thrown names that machine. */
export async function onMachine<T>(
  context: AreaContext,
  machineId: string,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  try {
    return await work(sessionOf(context, machineId));
  } catch (error) {
    if (error instanceof ProblemError && error.problem.machineId !== undefined) throw error;
    throw new ProblemError(context.toProblem(error, machineId), { cause: error });
  }
}

/** Waits, or throws the signal's reason. */
export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', abort, { once: true });
  });
}
