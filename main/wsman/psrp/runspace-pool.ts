/**
 * A session of PowerShell: a pool of runspaces on the target (MS-PSRP 3.1.4), opened, or connected to from another client. Pipelines run in it,
 * several at once where it has several runspaces. It can be disconnected from and taken up again; `pool-connection.ts` keeps that.
 *
 * One Receive of the pool itself is always outstanding, on a connection of its own. Nothing that runs something is ever sent twice.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WSManClient } from '../client.ts';
import { CancelledError, WSManError, WSManFault } from '../errors.ts';
import { actions, ns } from '../namespaces.ts';
import { readShellRecord, type ShellRecord, saysShellIsGone } from '../shell-list.ts';
import type { PsValue } from './clixml-types.ts';
import { createHostSession, hostInfoOf, type PsHost } from './host-calls.ts';
import { noHost } from './host-messages.ts';
import { secureStringValue } from './host-values.ts';
import { createLink, isGone, untilAborted } from './link.ts';
import { isGuid, type RunspacePoolState } from './message.ts';
import {
  type CommandMetadataRequest,
  commandMetadataRequestValue,
  type ProtocolVersion,
  protocolVersions,
  type UserEvent,
} from './messages.ts';
import { type Pipeline, type PipelineContext, runningPipeline, startPipeline } from './pipeline.ts';
import { createPipelineValue, type PsStatement } from './pipeline-messages.ts';
import { createPoolConnection } from './pool-connection.ts';
import { connectShell, createShell } from './pool-handshake.ts';
import { createPoolInbox } from './pool-inbox.ts';
import { PowerShellUnavailableError, SessionLostError } from './psrp-errors.ts';
import { type OutputFormat, statementsOf } from './run-statements.ts';
import { type BufferMode, connectionActions, connectPipelineBody, powerShellUri } from './shell-bodies.ts';

export interface RunspacePoolOptions {
  /** Name of the session configuration (JEA endpoints have their own), or a whole resource URI. Default `Microsoft.PowerShell`. */
  readonly configurationName?: string | undefined;
  /** Default 1. */
  readonly minRunspaces?: number | undefined;
  /** How many pipelines may run at once. Default 1. */
  readonly maxRunspaces?: number | undefined;
  /** Who shows what scripts write, and answers what they ask; default nobody: questions fail. */
  readonly host?: PsHost | undefined;
  /** A dictionary of primitives for the endpoint; default none. */
  readonly applicationArguments?: PsValue | undefined;
  /** Shown to whoever lists sessions. */
  readonly name?: string | undefined;
  readonly idleTimeoutMs?: number | undefined;
  readonly bufferMode?: BufferMode | undefined;
  /** The newest protocol to offer; lowered by itself where the target refuses it. */
  readonly protocolVersion?: ProtocolVersion | undefined;
  /** OperationTimeout of every request, milliseconds; of a Receive it is how long the target keeps silent before it says so. */
  readonly timeoutMs?: number | undefined;
  /**
   * Octets of the largest envelope that the target takes. Left out, its winrm/config is read, and 153,600 assumed where it may not be.
   * Of a client that writes UTF-16 it is to be half of that.
   */
  readonly maxEnvelopeSize?: number | undefined;
  /** So long a lost line is tried to be taken up again, milliseconds. Default 20,000; 0: never. */
  readonly takeUpWithinMs?: number | undefined;
  /**
   * So long a session may take to open, milliseconds. Default 180,000, what PowerShell itself waits: a start-up script of an endpoint that
   * hangs is no reason to hang here.
   */
  readonly openWithinMs?: number | undefined;
  readonly onEvent?: ((event: UserEvent) => void) | undefined;
  /** Told of every state, after it was reached. */
  readonly onState?: ((state: RunspacePoolState, error: Error | null) => void) | undefined;
  /** Ends opening or connecting. A pool that came to be nevertheless is deleted. */
  readonly signal?: AbortSignal | undefined;
}

export interface PipelineOptions {
  /** Pipeline input; without it there is none. */
  readonly input?: Iterable<PsValue> | AsyncIterable<PsValue> | undefined;
  /** A host of its own; default that of the pool. */
  readonly host?: PsHost | undefined;
  /** How output comes; default `objects`. */
  readonly format?: OutputFormat | undefined;
  readonly addToHistory?: boolean | undefined;
  /** Ends the pipeline: reading it rejects with CancelledError, and the target is told. */
  readonly signal?: AbortSignal | undefined;
}

export interface RunspacePool {
  /** GUID, in capitals. */
  readonly id: string;
  /** What the target calls its shell: the same, but on stack 2.0. */
  shellId(): string;
  readonly resourceUri: string;
  /** What both sides speak. */
  readonly protocolVersion: string;
  state(): RunspacePoolState;
  /** From Windows a dictionary with PSVersionTable in it; null where there is none. */
  applicationPrivateData(): PsValue;
  /** Rejects with RangeError for nothing to run; else as a client's calls do. */
  run(what: string | PsStatement | readonly PsStatement[], options?: PipelineOptions): Promise<Pipeline>;
  /** Commands that may be run, as objects; the first output says how many follow (2.2.3.21, 2.2.3.22). */
  commandMetadata(request: CommandMetadataRequest, options?: Pick<PipelineOptions, 'signal'>): Promise<Pipeline>;
  /** A pipeline of a pool that was connected to; its streams go on where they were left. */
  connectPipeline(id: string, options?: Pick<PipelineOptions, 'host' | 'signal'>): Promise<Pipeline>;
  /** A text that no message shows, for parameters and input. */
  secureString(plain: string): Promise<PsValue>;
  /** False where the target refuses. */
  setMinRunspaces(count: number): Promise<boolean>;
  setMaxRunspaces(count: number): Promise<boolean>;
  availableRunspaces(): Promise<number>;
  /** Variables, functions and the like as they were at first. Protocol 2.3, one runspace, nothing running. */
  resetRunspaceState(): Promise<boolean>;
  /** The shell as the target sees it; null where it is gone. */
  status(): Promise<ShellRecord | null>;
  /** Leaves it running without us. Pipelines wait; reading them goes on after `reconnect`. */
  disconnect(options?: { readonly idleTimeoutMs?: number; readonly bufferMode?: BufferMode }): Promise<void>;
  reconnect(): Promise<void>;
  /** Lets go of a pool that is disconnected, without ending it: another client may connect to it. */
  leave(): void;
  /** Deletes the pool and all that runs in it. Never rejects: a target that does not hear of it ends the pool at its idle time-out. */
  close(): Promise<void>;
}

const farewellMs = 5_000;
/** Delete follows the terminates that are under way, but it does not depend on them. */
const politenessMs = 1_000;
/** What every target takes. */
const safeEnvelopeSize = 153_600;
/** ERROR_WSMAN_RESOURCE_NOT_FOUND and INVALID_RESOURCE_URI. */
const unavailableCodes: ReadonlySet<number> = new Set([2150858752, 2150858811]);

/**
 * Opens a pool. Rejects with PowerShellUnavailableError where there is no such endpoint, SessionLostError where PowerShell gives up while it
 * starts, else as a client's calls do: 2150859173 where the user has too many.
 */
export async function openRunspacePool(client: WSManClient, options: RunspacePoolOptions = {}): Promise<RunspacePool> {
  const pool = await createPool(client, randomUUID().toUpperCase(), options);
  await pool.begin(async () => {
    const from = protocolVersions.indexOf(options.protocolVersion ?? '2.3');
    for (const version of protocolVersions.slice(from)) {
      try {
        await pool.create(version);
        return;
      } catch (error) {
        // Refused, not lost: the older one is another request.
        const mayBeOlder = error instanceof WSManFault && /^InvalidOptions?$/.test(error.fields.subcode ?? '');
        if (!mayBeOlder || version === protocolVersions.at(-1)) throw error;
      }
    }
  }, true);
  return pool;
}

/**
 * Connects to a pool that another client has disconnected from (3.1.4.10.3). Rejects as openRunspacePool does; the target's fault says where
 * it is not disconnected, or not ours.
 */
export async function connectRunspacePool(
  client: WSManClient,
  shellId: string,
  options: RunspacePoolOptions = {},
): Promise<RunspacePool> {
  if (!isGuid(shellId)) throw new TypeError('The id of a pool is a GUID.');
  const pool = await createPool(client, shellId.toUpperCase(), options);
  await pool.begin(() => pool.connect(options.protocolVersion ?? '2.3'), false);
  return pool;
}

interface PoolInTheMaking extends RunspacePool {
  /** Until it is open. A pool of our own that does not come to be is deleted; one of others is left as it was. */
  begin(work: () => Promise<void>, isOurs: boolean): Promise<void>;
  create(version: ProtocolVersion): Promise<void>;
  connect(version: ProtocolVersion): Promise<void>;
}

async function createPool(client: WSManClient, id: string, options: RunspacePoolOptions): Promise<PoolInTheMaking> {
  const resourceUri = powerShellUri(options.configurationName);
  if (options.signal?.aborted) throw new CancelledError('Cancelled before the session was opened.');
  const lifetime = new AbortController();
  const life = lifetime.signal;
  const farewells = new Set<Promise<unknown>>();
  const pipelines = new Set<string>();
  const instanceId = randomUUID();
  let state: RunspacePoolState = 'BeforeOpen';
  let offered: string = protocolVersions[0];
  let release: (() => void) | null = null;
  let closing: Promise<void> | null = null;

  const maxEnvelopeSize = options.maxEnvelopeSize ?? (await envelopeSizeOf(client, options.signal));
  const sessionId = randomUUID().toUpperCase();
  const { timeoutMs } = options;
  const link = createLink(client, id, { resourceUri, sessionId, timeoutMs, maxEnvelopeSize }, (lost) =>
    connection.takeUp(lost),
  );
  const host = createHostSession(options.host, instanceId, () => inbox.sessionKey());
  const inbox = createPoolInbox({ link, poolId: id, life, host, onEvent: options.onEvent });
  const connection = createPoolConnection(link, {
    life,
    pipelines: () => [...pipelines],
    setState,
    takeUpWithinMs: options.takeUpWithinMs ?? 20_000,
  });

  function setState(next: RunspacePoolState, error: Error | null = null): void {
    if (state === next || state === 'Closed' || state === 'Broken') return;
    state = next;
    try {
      options.onState?.(next, error);
    } catch {
      // Listeners are guests.
    }
  }

  /** The end of the session by itself: whatever goes wrong with the pool as a whole breaks it (3.1.5.3.13). */
  function broke(error: Error): void {
    if (life.aborted) return;
    const isOurs = error instanceof WSManError && !(error instanceof WSManFault);
    const reason = isOurs ? error : new SessionLostError('broken', `The session is broken. ${error.message}`, error);
    setState('Broken', reason);
    lifetime.abort(reason);
    release?.();
  }

  async function receive(): Promise<void> {
    try {
      for (;;) {
        const { packets, isDone, gap } = await link.receive(null, life);
        if (gap !== null) inbox.forget();
        for (const packet of packets) inbox.accept(packet);
        if (isDone) throw new SessionLostError('gone', 'The target has ended this PowerShell session.');
      }
    } catch (error) {
      broke(error as Error);
    }
  }

  const context: PipelineContext = {
    link,
    poolId: id,
    life,
    isDisconnected: () => state === 'Disconnected',
    reserveConnection: () => client.reserveConnection(),
    onLost: broke,
    farewell(promise) {
      const done = promise.finally(() => farewells.delete(done));
      farewells.add(done);
    },
    onStart: (commandId) => pipelines.add(commandId),
    onOver: (commandId) => pipelines.delete(commandId),
  };

  const agreedVersion = (): string => {
    const theirs = inbox.capability()?.protocolVersion;
    return theirs !== undefined && theirs < offered ? theirs : offered;
  };
  const required = (what: string): void => {
    if (life.aborted && life.reason instanceof WSManError) throw life.reason;
    if (state === 'Disconnected') {
      throw new SessionLostError(
        'disconnected',
        `The PowerShell session is disconnected: ${what} needs a connected one.`,
      );
    }
    if (state !== 'Opened') throw new CancelledError(`The session is ${state}: ${what} needs an open one.`);
  };
  const hostOf = (own: PsHost | undefined) =>
    own === undefined ? host : createHostSession(own, instanceId, () => inbox.sessionKey());

  async function start(
    first: Parameters<typeof startPipeline>[2],
    pipelineOptions: PipelineOptions,
  ): Promise<Pipeline> {
    const { input, signal } = pipelineOptions;
    const pipelineId = randomUUID().toUpperCase();
    return await startPipeline(context, pipelineId, first, { input, signal, host: hostOf(pipelineOptions.host) });
  }

  async function close(): Promise<void> {
    await Promise.race([Promise.all(farewells), sleep(politenessMs, undefined, { ref: false })]);
    const wasBroken = state === 'Broken';
    setState('Closing');
    lifetime.abort(new CancelledError('The session was closed.'));
    release?.();
    try {
      await link.ask(actions.delete, '', { timeoutMs: farewellMs });
      client.noteShell({ kind: 'closed', shellId: link.shellId(), resourceUri });
    } catch (error) {
      // Out of reach: then its idle time-out ends it.
      if (isGone(error)) client.noteShell({ kind: 'closed', shellId: link.shellId(), resourceUri });
    }
    if (!wasBroken) setState('Closed');
  }

  const closeOnce = (): Promise<void> => {
    closing ??= close();
    return closing;
  };

  return {
    id,
    shellId: () => link.shellId(),
    resourceUri,
    get protocolVersion() {
      return agreedVersion();
    },
    state: () => state,
    applicationPrivateData: () => inbox.applicationPrivateData(),

    async begin(work, isOurs) {
      setState('Opening');
      const late = AbortSignal.timeout(options.openWithinMs ?? 180_000);
      const signal = AbortSignal.any([life, late, ...(options.signal ? [options.signal] : [])]);
      try {
        await work();
        release = client.reserveConnection();
        void receive();
        if (isOurs) await untilAborted(inbox.opened, signal);
        setState('Opened');
      } catch (error) {
        const broken =
          life.aborted && life.reason instanceof WSManError
            ? life.reason
            : late.aborted
              ? new SessionLostError('broken', 'The target made a session and never said that it is open.', error)
              : error;
        if (broken instanceof WSManFault && isUnavailable(broken)) {
          lifetime.abort(broken);
          throw new PowerShellUnavailableError(resourceUri, broken);
        }
        // It may be there although we do not know: deleting what is not there does no harm.
        if (isOurs && !(error instanceof WSManFault)) await closeOnce();
        lifetime.abort(broken);
        release?.();
        throw broken;
      }
    },

    async create(version) {
      offered = version;
      await createShell(link, id, version, options);
      client.noteShell({ kind: 'opened', shellId: link.shellId(), resourceUri });
      setState('NegotiationSent');
    },

    async connect(version) {
      offered = version;
      setState('Connecting');
      inbox.accept(await connectShell(link, id, version, options.signal));
      client.noteShell({ kind: 'opened', shellId: link.shellId(), resourceUri });
    },

    async run(what, pipelineOptions = {}) {
      required('a pipeline');
      const value = createPipelineValue(
        {
          statements: statementsOf(what, pipelineOptions.format ?? 'objects'),
          noInput: pipelineOptions.input === undefined,
          addToHistory: pipelineOptions.addToHistory ?? false,
          isNested: false,
          hostInfo: pipelineOptions.host === undefined ? noHost : hostInfoOf(pipelineOptions.host),
        },
        agreedVersion(),
      );
      return await start({ type: 'CREATE_PIPELINE', value }, pipelineOptions);
    },

    async commandMetadata(request, pipelineOptions = {}) {
      required('the list of commands');
      return await start(
        { type: 'GET_COMMAND_METADATA', value: commandMetadataRequestValue(request) },
        pipelineOptions,
      );
    },

    async connectPipeline(pipelineId, { host: own, signal } = {}) {
      required('a pipeline');
      await link.ask(connectionActions.connect, connectPipelineBody(pipelineId), { signal });
      const ids = { pipelineId, commandId: pipelineId };
      return runningPipeline(context, ids, { signal, host: hostOf(own) });
    },

    async secureString(plain) {
      required('a secret');
      return secureStringValue(plain, await inbox.sessionKey());
    },

    async setMinRunspaces(count) {
      required('a change of its runspaces');
      return (await inbox.request('SET_MIN_RUNSPACES', count)) === true;
    },
    async setMaxRunspaces(count) {
      required('a change of its runspaces');
      return (await inbox.request('SET_MAX_RUNSPACES', count)) === true;
    },
    async availableRunspaces() {
      required('the count of its runspaces');
      return Number(await inbox.request('GET_AVAILABLE_RUNSPACES', null));
    },
    async resetRunspaceState() {
      required('resetting');
      return (await inbox.request('RESET_RUNSPACE_STATE', null)) === true;
    },

    async status() {
      try {
        const shell = { resourceUri: ns.shell, selectors: [['ShellId', link.shellId()] as const] };
        return readShellRecord(await client.get(shell, { timeoutMs }));
      } catch (error) {
        if (saysShellIsGone(error)) return null;
        throw error;
      }
    },

    async disconnect(disconnectOptions = {}) {
      required('disconnecting');
      await connection.disconnect(disconnectOptions);
    },
    async reconnect() {
      if (state !== 'Disconnected') throw new CancelledError(`The session is ${state}, not disconnected.`);
      await connection.reconnect();
    },
    leave() {
      if (state !== 'Disconnected')
        throw new CancelledError(`The session is ${state}: only a disconnected one is left.`);
      closing = Promise.resolve();
      lifetime.abort(new CancelledError('The session was left disconnected.'));
      release?.();
    },
    close: closeOnce,
  };
}

function isUnavailable({ fields }: WSManFault): boolean {
  return (
    unavailableCodes.has(fields.wsmanCode ?? 0) ||
    (fields.wsmanCode === null && fields.subcode === 'DestinationUnreachable')
  );
}

/** Of winrm/config where it may be read. A target that says no takes what every target takes. */
async function envelopeSizeOf(client: WSManClient, signal: AbortSignal | undefined): Promise<number> {
  const limits = await client.limits({ signal });
  return limits.source === 'target' ? limits.maxEnvelopeSize : safeEnvelopeSize;
}
