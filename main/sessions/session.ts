import {
  AuthenticationError,
  type AuthenticationReason,
  CancelledError,
  CertificateError,
  type ClientCertificate,
  type ConnectionSecurity,
  type Identity,
  type Target,
  TransportError,
  type WSManClient,
  WSManError,
  WSManFault,
} from '../wsman/index.ts';
import { abortable } from './abortable.ts';
import type { Account } from './accounts.ts';
import { backoffMs } from './backoff.ts';
import { accessDenied, createClientOpener, type OpenedClient, replacedError } from './client-opener.ts';
import type { SignInGuard } from './credentials.ts';
import type { Limiter } from './limiter.ts';

export type SessionState =
  | 'unknown'
  | 'connecting'
  | 'online'
  | 'unreachable'
  | 'denied'
  | 'untrusted'
  | 'restarting'
  | 'failing';

/** Whom a session talks to, without the secret: that is asked of the secret store when a SecurityContext or a TLS socket needs it. */
export interface SessionPlan {
  readonly target: Omit<Target, 'password' | 'clientCertificate'>;
  /** With a password. */
  readonly account: Account | null;
  /** The set whose client certificate is shown. */
  readonly certificateOf: string | null;
  /** Why these settings and this set do not go together: nothing is sent then. */
  readonly obstacle: AuthenticationError | null;
}

export interface SessionStatus {
  readonly state: SessionState;
  readonly sinceAt: number;
  /** When it last answered, in this run. */
  readonly lastSeenAt: number | null;
  readonly nextAttemptAt: number | null;
  /** Why it is in this state, or what is missing although it is online. */
  readonly error: unknown;
  readonly identity: Identity | null;
  readonly security: ConnectionSecurity | null;
}

/** What all sessions share. */
export interface SessionWorld {
  readonly createClient: (target: Target, machineId: string) => WSManClient;
  readonly password: (account: Account) => Promise<string | null>;
  readonly certificate: (credentialId: string) => Promise<ClientCertificate | null>;
  readonly guard: SignInGuard;
  /** How many machines may be connecting at once: most of that is waiting, also for those that will never answer. */
  readonly connecting: Limiter;
  /** How many of those may be signing in and reading facts at once: that is work for this thread. */
  readonly greeting: Limiter;
  /**
   * The first calls on a new connection: they sign in and read what the table shows. Resolves with what could not be read although the machine
   * is online, or null. Called again as a heartbeat.
   */
  readonly greet: (
    machineId: string,
    client: WSManClient,
    identity: Identity | null,
    signal: AbortSignal,
  ) => Promise<unknown>;
  readonly onChange: (machineId: string) => void;
  readonly now: () => number;
  readonly random: () => number;
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** The user waits for this: a machine that did not answer is asked at once instead of at its next turn. */
  readonly urgent?: boolean;
  /** For whoever follows a restart: goes through although the state is `restarting`, and does not change it. */
  readonly following?: boolean;
}

/** Our lasting relation to one machine. */
export interface Session {
  readonly id: string;
  readonly status: SessionStatus;
  /**
   * Connects in the background, unless it is connected, refused, or waiting for its next turn. A refusal that is over, as `isOver` says of
   * its error, keeps it no longer.
   */
  wake(isOver?: (error: unknown) => boolean): void;
  /** The user asks: tries now, also after a refusal. Resolves when the attempt has ended, however it ended. */
  retry(): Promise<void>;
  /**
   * Runs `work` with a connected client. Throws what `work` throws, or why there is no connection. A failure that says something about the
   * machine changes the state.
   */
  run<T>(work: (client: WSManClient, signal: AbortSignal) => Promise<T>, options?: RunOptions): Promise<T>;
  /** Takes other settings: ends the connection, forgets refusals. */
  replan(plan: SessionPlan): void;
  /**
   * Windeck asks it to go down: from now on silence is no surprise. `end` leaves that state: `back` connects anew, `off` waits for its next
   * turn, `refused` keeps the connection, since nothing happened.
   */
  beginRestart(): { end(outcome: 'back' | 'off' | 'refused'): Promise<void> };
  close(): void;
}

const heartbeatMs = 60_000;
/** A connection attempt of a follower: short, since a machine that is down does not answer at all. */
const followAttemptMs = 6_000;

/** Invariant 5: `lifetime` ends every timer, loop and call of this session; `close` aborts it. */
export function createSession(id: string, initialPlan: SessionPlan, world: SessionWorld): Session {
  const lifetime = new AbortController();
  const opener = createClientOpener(id, world, lifetime.signal);
  let plan = initialPlan;
  let client: WSManClient | null = null;
  let identity: Identity | null = null;
  let connecting: Promise<void> | null = null;
  let attempt: AbortController | null = null;
  let verifying: Promise<void> | null = null;
  let failures = 0;
  let retryTimer: NodeJS.Timeout | null = null;
  let heartbeat: NodeJS.Timeout | null = null;
  let status: SessionStatus = {
    state: 'unknown',
    sinceAt: world.now(),
    lastSeenAt: null,
    nextAttemptAt: null,
    error: null,
    identity: null,
    security: null,
  };

  function set(change: Partial<SessionStatus>): void {
    const sinceAt = change.state !== undefined && change.state !== status.state ? world.now() : status.sinceAt;
    status = { ...status, nextAttemptAt: null, ...change, sinceAt };
    if (!lifetime.signal.aborted) world.onChange(id);
  }

  function stopTimers(): void {
    if (retryTimer !== null) clearTimeout(retryTimer);
    if (heartbeat !== null) clearTimeout(heartbeat);
    retryTimer = null;
    heartbeat = null;
  }

  function drop(): void {
    stopTimers();
    client?.close();
    client = null;
  }

  function connect(askedAt: number | null): Promise<void> {
    if (connecting !== null) return connecting;
    const forThis = new AbortController();
    attempt = forThis;
    const run = tryToConnect(askedAt, forThis).finally(() => {
      if (connecting === run) connecting = null;
    });
    connecting = run;
    return run;
  }

  async function tryToConnect(askedAt: number | null, forThis: AbortController): Promise<void> {
    const signal = AbortSignal.any([lifetime.signal, forThis.signal]);
    stopTimers();
    try {
      await world.connecting.run(signal, async () => {
        set({ state: 'connecting', error: null });
        const opened = await opener.open(plan, askedAt, signal);
        if (signal.aborted) {
          opened.client.close();
          signal.throwIfAborted();
        }
        use(opened);
        failures = 0;
        online(opened.missing);
      });
    } catch (error) {
      if (!signal.aborted) settle(error);
      throw error;
    }
  }

  function use(opened: OpenedClient): WSManClient {
    ({ client, identity } = opened);
    return client;
  }

  function online(missing: unknown): void {
    set({ state: 'online', error: missing, lastSeenAt: world.now(), identity, security: client?.security() ?? null });
    scheduleHeartbeat();
  }

  function scheduleHeartbeat(): void {
    if (heartbeat !== null) clearTimeout(heartbeat);
    // Spread, so that machines that came online together are not asked together for ever.
    heartbeat = setTimeout(() => void verify(), heartbeatMs * (0.8 + 0.4 * world.random())).unref();
  }

  /** Asks whether the machine is still what we think it is, once at a time. */
  function verify(): Promise<void> {
    const asked = client;
    if (asked === null || status.state !== 'online') return Promise.resolve();
    verifying ??= world
      .greet(id, asked, identity, lifetime.signal)
      .then(
        (missing) => {
          if (client === asked && status.state === 'online') online(missing);
        },
        (error) => {
          if (client === asked && !lifetime.signal.aborted) settle(error);
        },
      )
      .finally(() => {
        verifying = null;
      });
    return verifying;
  }

  /**
   * The connection is over. What was refused stays so until settings or secret change, or the user asks; everything else is tried again, a KDC
   * that does not answer among it.
   */
  function settle(error: unknown): void {
    drop();
    if (status.state === 'restarting' || lifetime.signal.aborted) return;
    const state = stateAfter(error);
    if ((state === 'denied' && !mayPass(error)) || state === 'untrusted') {
      set({ state, error, security: null });
      return;
    }
    failures++;
    const wait = backoffMs(failures, world.random);
    set({ state, error, security: null, nextAttemptAt: world.now() + wait });
    retryTimer = setTimeout(() => void connect(null).catch(() => {}), wait).unref();
  }

  /** What a failed call says about the machine. Most failures say nothing: a fault is an answer. */
  function note(error: unknown, used: WSManClient): void {
    if (used !== client || lifetime.signal.aborted) return;
    if (error instanceof WSManFault) seen();
    else if (error instanceof CancelledError || !(error instanceof WSManError)) return;
    else if (status.state === 'restarting') drop();
    else if (error instanceof AuthenticationError) {
      opener.rejected(error);
      settle(error);
    } else if (error instanceof TransportError && isGone(error)) settle(error);
    // A lost answer, a slow class, a broken message: the next question tells whether the machine is well.
    else void verify();
  }

  function seen(): void {
    status = { ...status, lastSeenAt: world.now() };
  }

  async function clientFor(urgent: boolean): Promise<WSManClient> {
    if (connecting !== null) await connecting;
    else if (status.state === 'unknown') await connect(null);
    else if (urgent && (status.state === 'unreachable' || status.state === 'failing')) await connect(null);
    if (client !== null) return client;
    if (status.state === 'restarting') {
      throw new TransportError('The machine is restarting or shutting down.', { reason: 'connection-lost' });
    }
    throw status.error ?? new TransportError('There is no connection.', { reason: 'connection-lost' });
  }

  /** While it restarts: with the old client as long as that works, else with a new one; within a short time, since silence is likely. */
  async function follow<T>(
    task: (client: WSManClient, signal: AbortSignal) => Promise<T>,
    outer: AbortSignal,
  ): Promise<T> {
    const limit = AbortSignal.timeout(followAttemptMs);
    const signal = AbortSignal.any([outer, limit]);
    try {
      const used = client ?? use(await opener.open(plan, null, signal));
      const result = await task(used, signal);
      seen();
      return result;
    } catch (error) {
      if (!(error instanceof WSManFault)) drop();
      if (limit.aborted && !outer.aborted) {
        throw new TransportError('There was no answer in time.', { reason: 'response-timeout', cause: error });
      }
      throw error;
    }
  }

  async function work<T>(
    task: (client: WSManClient, signal: AbortSignal) => Promise<T>,
    { signal: given, urgent = false, following = false }: RunOptions,
  ): Promise<T> {
    const signal = given ? AbortSignal.any([lifetime.signal, given]) : lifetime.signal;
    signal.throwIfAborted();
    if (following) return follow(task, signal);
    const planned = plan;
    for (let again = urgent; ; again = false) {
      const used = await abortable(clientFor(urgent), signal);
      signal.throwIfAborted();
      try {
        const result = await task(used, signal);
        if (used === client) seen();
        return result;
      } catch (error) {
        note(error, used);
        if (!(error instanceof CancelledError) || signal.aborted) throw error;
        // Nobody cancelled it: the connection was given up under it, for another call's sake. What was sent and may have changed something
        // would be an OutcomeUnknownError. With other settings it may be another machine, which nobody has asked.
        if (!again || plan !== planned) throw status.error ?? replacedError(error);
      }
    }
  }

  return {
    id,
    get status() {
      return status;
    },
    wake(isOver = () => false) {
      const isDue = status.state === 'unknown' || (status.state === 'denied' && isOver(status.error));
      if (isDue && !lifetime.signal.aborted) void connect(null).catch(() => {});
    },
    async retry() {
      if (lifetime.signal.aborted || status.state === 'restarting') return;
      if (status.state === 'online') return verify();
      failures = 0;
      await connect(world.now()).catch(() => {});
    },
    run: (task, options = {}) => work(task, options),
    replan(next) {
      plan = next;
      attempt?.abort();
      drop();
      connecting = null;
      failures = 0;
      identity = null;
      opener.forget();
      set({ state: 'unknown', error: null, identity: null, security: null });
    },
    beginRestart() {
      if (heartbeat !== null) clearTimeout(heartbeat);
      set({ state: 'restarting', error: null });
      return {
        async end(outcome) {
          if (status.state !== 'restarting' || lifetime.signal.aborted) return;
          if (outcome === 'refused' && client !== null) return online(null);
          drop();
          failures = 0;
          status = { ...status, state: 'unknown' };
          if (outcome === 'off')
            settle(new TransportError('The machine was shut down.', { reason: 'connect-timeout' }));
          else await connect(null).catch(() => {});
        },
      };
    },
    close() {
      if (lifetime.signal.aborted) return;
      lifetime.abort(new CancelledError('The session was closed.'));
      drop();
    },
  };
}

function stateAfter(error: unknown): 'untrusted' | 'denied' | 'unreachable' | 'failing' {
  if (error instanceof CertificateError) return 'untrusted';
  if (error instanceof AuthenticationError) return 'denied';
  // Signed in, but not allowed to use WinRM at all.
  if (error instanceof WSManFault) return error.fields.wsmanCode === accessDenied ? 'denied' : 'failing';
  if (error instanceof TransportError && error.reason !== 'http') return 'unreachable';
  return 'failing';
}

/** Nobody has refused anything: once the network, the user's ticket or the clock is well, it works by itself. */
const passing: ReadonlySet<AuthenticationReason> = new Set<AuthenticationReason>(['no-kdc', 'no-ticket', 'clock-skew']);

/** Also where it is what kept Kerberos from working, and NTLM was not allowed instead. */
function mayPass(error: unknown): boolean {
  return error instanceof AuthenticationError && (passing.has(error.reason) || mayPass(error.cause));
}

/** Reasons that leave no doubt. A lost or late answer does. */
function isGone(error: TransportError): boolean {
  return !['response-timeout', 'connection-lost', 'http'].includes(error.reason);
}
