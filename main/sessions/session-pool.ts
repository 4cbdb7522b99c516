import { AuthenticationError, forgetTickets, type Target, type WSManClient } from '../wsman/index.ts';
import { accountOf } from './accounts.ts';
import {
  createSignInGuard,
  type Refusal,
  SecretLockedError,
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

/** Settings and set as a session takes them. */
export function planOf(machineId: string | null, { target, credential }: MachineAccess): SessionPlan {
  const { host, port } = target;
  const userName = credential?.kind === 'password' ? credential.userName : null;
  return {
    target: { ...target, userName, signedInUser: credential?.kind === 'signed-in-user' },
    account:
      userName === null || !needsPassword.has(target.authentication)
        ? null
        : accountOf({ credentialId: credential?.id ?? null, userName, machineId, host, port }),
    certificateOf: credential?.kind === 'certificate' ? credential.id : null,
    obstacle: credential && obstacleTo(target.authentication, credential.kind),
  };
}

const needsPassword: ReadonlySet<Target['authentication']> = new Set([
  'negotiate',
  'kerberos',
  'ntlm',
  'basic',
  'digest',
]);

/** A set that cannot do what the machine's settings ask for. What else may be wrong the connection says. */
function obstacleTo(policy: Target['authentication'], kind: SignInCredential['kind']): AuthenticationError | null {
  const because = (message: string) => new AuthenticationError(message, { reason: 'no-credential' });
  if (policy === 'certificate') {
    if (kind === 'certificate') return null;
    return because('This machine is to be signed in to with a client certificate, and its credential set has none.');
  }
  if (kind === 'certificate') {
    return because(
      'The credential set is a client certificate, and this machine is to be signed in to in another way.',
    );
  }
  const isOwnName = policy === 'basic' || policy === 'digest' || policy === 'ntlm';
  if (kind === 'signed-in-user' && isOwnName) {
    return because('The user who is signed in here can only use Kerberos, and this machine is set to another way.');
  }
  return null;
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
  /** Another secret or user name for this set: refusals of the old one are forgotten, and the tickets that it has got. Machines that use it need a new `set`. */
  credentialChanged(credentialId: string): void;
  /** Why the secret of this set is not sent any more, or null. */
  refusalOf(credentialId: string): Refusal | null;
  /** The sealed file is open: machines that waited for it connect. */
  unlocked(): void;
  /**
   * Signs in with a password on a client that is no session's, by the rules against lock-outs. `askedAt` null: not where it was refused.
   * A plan without a password needs no turn.
   */
  trySignIn<T>(
    plan: SessionPlan,
    secret: string | null,
    options: { readonly askedAt: number | null; readonly signal: AbortSignal },
    attempt: () => Promise<T>,
  ): Promise<T>;
  clear(): void;
  close(): void;
}

export interface SessionPoolOptions {
  readonly createClient: SessionWorld['createClient'];
  readonly secrets: SecretStore;
  readonly greet: (
    machineId: string,
    client: WSManClient,
    identity: Parameters<SessionWorld['greet']>[2],
    signal: AbortSignal,
  ) => Promise<unknown>;
  readonly onChange: (machineId: string) => void;
  /** A set was refused, or no longer is. */
  readonly onRefusal?: () => void;
  readonly now?: () => number;
  readonly random?: () => number;
}

export function createSessionPool(options: SessionPoolOptions): SessionPool {
  const { now = Date.now, random = Math.random } = options;
  const sessions = new Map<string, Session>();
  const guard = createSignInGuard(now);
  let awake = false;

  const world: SessionWorld = {
    createClient: options.createClient,
    password: async ({ credentialId }) => (credentialId === null ? null : options.secrets.get(credentialId)),
    certificate: (credentialId) => options.secrets.certificate(credentialId),
    guard,
    connecting: createLimiter(connectingAtOnce),
    greeting: createLimiter(greetingAtOnce),
    greet: options.greet,
    onChange: options.onChange,
    now,
    random,
  };
  const wake = (isOver: (error: unknown) => boolean) => {
    for (const session of sessions.values()) session.wake(isOver);
  };
  guard.onAccepted = () => wake((error) => error instanceof SecretWithheldError && !guard.isWithheld(error));
  guard.onRefusal = options.onRefusal ?? null;

  const clear = () => {
    for (const session of sessions.values()) session.close();
    sessions.clear();
  };

  return {
    get: (machineId) => sessions.get(machineId),
    set(machineId, access) {
      const plan = planOf(machineId, access);
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
    },
    wakeAll() {
      awake = true;
      for (const session of sessions.values()) session.wake();
    },
    credentialChanged(credentialId) {
      guard.credentialChanged(credentialId);
      // What the old secret has got is not used any longer; a ticket for another set is had again with one request.
      forgetTickets();
    },
    refusalOf: (credentialId) => guard.refusalOf(credentialId),
    unlocked: () => wake((error) => error instanceof SecretLockedError),
    async trySignIn({ account }, secret, signInOptions, attempt) {
      if (account === null || secret === null) return attempt();
      return guard.signIn(guard.login(account, secret), signInOptions, attempt);
    },
    clear,
    close() {
      clear();
      forgetTickets();
    },
  };
}
