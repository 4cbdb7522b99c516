import type { WSManClient } from '../wsman/index.ts';
import {
  accountOf,
  createSignInGuard,
  type SecretStore,
  SecretWithheldError,
  type SignInCredential,
} from './credentials.ts';
import { createLimiter } from './limiter.ts';
import { createSession, type Session, type SessionPlan, type SessionWorld } from './session.ts';

/** So many machines are connected to at once: enough to hide a network's latency, few enough for its name servers and for us. */
const connectingAtOnce = 64;
/** Of these so many sign in at once: enough to keep a processor busy at 20 ms of latency, and no more, so that windows stay quick meanwhile. */
const greetingAtOnce = 24;

/** What the pool needs to know of a machine: all but the secret. */
export interface MachineAccess {
  readonly target: Omit<SessionPlan['target'], 'userName' | 'signedInUser'>;
  readonly credential: SignInCredential | null;
}

/** One session per machine. */
export interface SessionPool {
  /** The session of this machine, made when it is first asked for. Undefined where no machine has this id. */
  get(machineId: string): Session | undefined;
  /** Creates, or gives new settings to, the session of a machine. */
  set(machineId: string, access: MachineAccess): void;
  remove(machineId: string): void;
  /** From now on machines are kept connected, also those that are added later. */
  wakeAll(): void;
  /** Another secret for this credential: refusals of the old one are forgotten. Machines that use it need a new `set`. */
  secretChanged(credentialId: string): void;
  /** Signs in with a saved credential somewhere that is no machine of ours yet, by the same rules. The user asked for it. */
  trySignIn<T>(credentialId: string, userName: string, signal: AbortSignal, attempt: () => Promise<T>): Promise<T>;
  clear(): void;
  close(): void;
}

export interface SessionPoolOptions {
  readonly createClient: SessionWorld['createClient'];
  readonly secrets: () => SecretStore;
  readonly greet: (
    machineId: string,
    client: WSManClient,
    identity: Parameters<SessionWorld['greet']>[2],
    signal: AbortSignal,
  ) => Promise<unknown>;
  readonly onChange: (machineId: string) => void;
  readonly now?: () => number;
  readonly random?: () => number;
}

export function createSessionPool(options: SessionPoolOptions): SessionPool {
  const { now = Date.now, random = Math.random } = options;
  const sessions = new Map<string, Session>();
  const credentialOf = new Map<string, string | null>();
  const guard = createSignInGuard(now);
  let awake = false;

  const world: SessionWorld = {
    createClient: options.createClient,
    password: (account) => options.secrets().get(account.credentialId),
    guard,
    connecting: createLimiter(connectingAtOnce),
    greeting: createLimiter(greetingAtOnce),
    greet: options.greet,
    onChange: options.onChange,
    now,
    random,
  };
  guard.onAccepted = (credentialId) => {
    for (const session of of(credentialId)) {
      if (session.status.error instanceof SecretWithheldError) void session.retry();
    }
  };

  function* of(credentialId: string): Generator<Session> {
    for (const [id, session] of sessions) if (credentialOf.get(id) === credentialId) yield session;
  }
  const clear = () => {
    for (const session of sessions.values()) session.close();
    sessions.clear();
    credentialOf.clear();
  };

  return {
    get: (machineId) => sessions.get(machineId),
    set(machineId, { target, credential }) {
      const userName = credential?.kind === 'password' ? credential.userName : null;
      const account = credential && userName !== null ? accountOf(credential.id, userName, machineId) : null;
      const signedInUser = credential?.kind === 'signed-in-user';
      const plan: SessionPlan = { target: { ...target, userName, signedInUser }, account };
      credentialOf.set(machineId, credential?.id ?? null);
      let session = sessions.get(machineId);
      if (session === undefined) {
        session = createSession(machineId, plan, world);
        sessions.set(machineId, session);
      } else session.replan(plan);
      if (awake) session.wake();
    },
    remove(machineId) {
      sessions.get(machineId)?.close();
      sessions.delete(machineId);
      credentialOf.delete(machineId);
    },
    wakeAll() {
      awake = true;
      for (const session of sessions.values()) session.wake();
    },
    secretChanged: (credentialId) => guard.secretChanged(credentialId),
    trySignIn: (credentialId, userName, signal, attempt) =>
      guard.signIn(accountOf(credentialId, userName, 'test'), { askedAt: now(), signal }, attempt),
    clear,
    close: clear,
  };
}
