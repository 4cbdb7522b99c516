/**
 * A pipeline that runs in a pool (MS-PSRP 3.1.4.3, 3.1.4.4): its streams as typed records, its input, its questions to the host, its end.
 *
 * A pipeline has at most one Receive outstanding, on a connection of its own, and the next one only goes out when somebody asks for more
 * records: so a slow reader slows the script, and nothing piles up here. Whatever way it is left, the target is told to forget it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CancelledError, ProtocolError, WSManError, WSManFault } from '../errors.ts';
import { readCommandId, shellActions } from '../shell-messages.ts';
import { deserializeClixml, serializeClixml } from './clixml.ts';
import {
  type PsErrorRecord,
  type PsInformationRecord,
  type PsProgressRecord,
  readErrorRecord,
  readInformationalRecord,
  readInformationRecord,
  readProgressRecord,
} from './clixml-records.ts';
import type { PsValue } from './clixml-types.ts';
import { createReassembler } from './fragment.ts';
import type { HostSession } from './host-calls.ts';
import { hostResponseValue, readHostCall } from './host-messages.ts';
import { type Link, untilAborted } from './link.ts';
import { decodeMessage, type MessageType, type PipelineState, type PsrpMessage } from './message.ts';
import { readPipelineState } from './pipeline-messages.ts';
import { SessionLostError } from './psrp-errors.ts';
import { pipelineBody, pipelineSignalBody, pipelineSignals } from './shell-bodies.ts';

/**
 * One record of one of the streams, in the order the target sent them. `value` is what came, `error`, `message`, `progress` and `information`
 * what is to be read from it. Output is objects: the text that PowerShell would print does not exist on this side (see RunOptions.format).
 */
export type PipelineRecord =
  | { readonly stream: 'output'; readonly value: PsValue }
  | { readonly stream: 'error'; readonly value: PsValue; readonly error: PsErrorRecord }
  | { readonly stream: 'warning' | 'verbose' | 'debug'; readonly value: PsValue; readonly message: string }
  | { readonly stream: 'progress'; readonly value: PsValue; readonly progress: PsProgressRecord }
  | { readonly stream: 'information'; readonly value: PsValue; readonly information: PsInformationRecord }
  /** The line was lost and taken up again here: records may be missing. */
  | { readonly stream: 'gap'; readonly reason: Error };

export interface PipelineEnd {
  readonly state: 'Completed' | 'Stopped' | 'Failed';
  /** Why it failed, or who stopped it; null where the target does not say. */
  readonly error: PsErrorRecord | null;
}

export interface Pipeline {
  /** GUID, in capitals. */
  readonly id: string;
  /**
   * Iterate it, once, to receive: nothing is received otherwise, and nothing answered. Ends with the pipeline, also where that failed. Left
   * before, the pipeline is ended. Rejects with SessionLostError, CancelledError and the classes of `errors.ts`.
   */
  readonly streams: AsyncIterable<PipelineRecord>;
  /** Settles when the pipeline was received to its end; rejects with what iterating rejects with. */
  readonly end: Promise<PipelineEnd>;
  state(): PipelineState;
  /** Stops what runs (ctrl_c); resolves when the target has taken it. The records until then are still there to be read. */
  stop(): Promise<void>;
}

/** What a pipeline needs of its pool. */
export interface PipelineContext {
  readonly link: Link;
  readonly poolId: string;
  /** Aborted when the pool ends, with the reason. */
  readonly life: AbortSignal;
  readonly isDisconnected: () => boolean;
  reserveConnection(): () => void;
  /** The session itself was lost. */
  onLost(error: SessionLostError): void;
  /** Something that Delete waits for, a little. */
  farewell(promise: Promise<unknown>): void;
  /** The CommandId of one that runs, and of one that does no more. */
  onStart(commandId: string): void;
  onOver(commandId: string): void;
}

export interface StartOptions {
  readonly input?: Iterable<PsValue> | AsyncIterable<PsValue> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly host: HostSession;
}

/** Signals are waited for no longer than this. */
const signalMs = 10_000;
/** After the target has taken a stop it has so long to say how it ended. */
const stopGraceMs = 5_000;
/** ERROR_NO_DATA, ERROR_BROKEN_PIPE, an id or a selector that is not there: it has ended, and nobody reads what is sent any more. */
const overCodes: ReadonlySet<number> = new Set([0x800700e8, 0x8007006d, 87, 2150858843, 2150859212]);

const isOver = (error: unknown): boolean => error instanceof WSManFault && overCodes.has(error.fields.wsmanCode ?? 0);

/**
 * Starts what `first` (CREATE_PIPELINE or GET_COMMAND_METADATA) says. Rejects as a client's calls do; where it may have started unseen, the
 * target is told to forget it.
 */
export async function startPipeline(
  context: PipelineContext,
  id: string,
  first: { readonly type: MessageType; readonly value: PsValue },
  options: StartOptions,
): Promise<Pipeline> {
  const { link } = context;
  const life = AbortSignal.any([context.life, ...(options.signal ? [options.signal] : [])]);
  if (life.aborted) throw reasonOf(life, new CancelledError('Cancelled before the pipeline was started.'));
  const [head, ...rest] = link.fragmentsOf(messageTo(context, id, first.type, serializeClixml(first.value)));
  let commandId = id;
  try {
    const set = [{ name: 'WINRS_SKIP_CMD_SHELL', value: 'FALSE' }];
    const answer = await link.ask(shellActions.command, pipelineBody(id, head!), { options: set, signal: life });
    commandId = readCommandId(answer.body);
    await link.send(commandId, 'stdin', link.packetsOf(rest), life);
  } catch (error) {
    if (!(error instanceof WSManFault)) terminate(context, commandId);
    throw reasonOf(life, error);
  }
  return runningPipeline(context, { pipelineId: id, commandId }, options);
}

const messageTo = (context: PipelineContext, id: string, type: MessageType, data: string): PsrpMessage => ({
  destination: 'server',
  type,
  runspacePoolId: context.poolId,
  pipelineId: id,
  data,
});

/** The reason of the signal where it is one of ours, else the error. */
function reasonOf(signal: AbortSignal, error: unknown): unknown {
  return signal.aborted && signal.reason instanceof WSManError ? signal.reason : error;
}

/** Forgets the command at the target. Without it each one counts until its pool is gone. */
function terminate({ link, farewell, life }: PipelineContext, id: string): void {
  if (life.aborted) return;
  const body = pipelineSignalBody(id, pipelineSignals.terminate);
  farewell(link.ask(shellActions.signal, body, { timeoutMs: signalMs }).catch(() => {}));
}

/** What we call a pipeline, and what the target calls its command: the same, but on stack 2.0. */
interface PipelineIds {
  readonly pipelineId: string;
  readonly commandId: string;
}

/** A pipeline that was started, or connected to. */
export function runningPipeline(context: PipelineContext, ids: PipelineIds, options: StartOptions): Pipeline {
  const { link } = context;
  const { pipelineId, commandId: id } = ids;
  context.onStart(id);
  const release = context.reserveConnection();
  const over = new AbortController();
  /** What could not be sent ends what is received. */
  const inputFailed = new AbortController();
  /** The target has taken a stop, and says no more. */
  const stopped = new AbortController();
  const sources = [context.life, inputFailed.signal, stopped.signal, ...(options.signal ? [options.signal] : [])];
  const signal = AbortSignal.any(sources);
  /** Questions to the host end with the pipeline, and as soon as it was stopped. */
  const unasked = new AbortController();
  const asked = AbortSignal.any([signal, unasked.signal]);
  const reassembler = createReassembler();
  const end = Promise.withResolvers<PipelineEnd>();
  // Whoever iterates gets the error there.
  end.promise.catch(() => {});
  let state: PipelineState = 'Running';
  let result: PipelineEnd | null = null;
  let stopping: Promise<void> | null = null;
  let isIterated = false;

  function finish(outcome: PipelineEnd | { readonly reason: unknown }): void {
    if (over.signal.aborted) return;
    over.abort();
    release();
    context.onOver(id);
    if ('reason' in outcome) {
      state = 'Failed';
      end.reject(outcome.reason);
    } else {
      state = outcome.state;
      end.resolve(outcome);
    }
  }
  // One that nobody ever iterated ends with its pool.
  const onPoolEnd = (): void =>
    finish({ reason: reasonOf(context.life, new CancelledError('The session was closed.')) });
  context.life.addEventListener('abort', onPoolEnd, { once: true, signal: over.signal });

  const send = (stream: 'stdin' | 'pr', fragments: readonly Uint8Array[]): Promise<void> =>
    link.send(id, stream, link.packetsOf(fragments), AbortSignal.any([signal, over.signal]));

  /** The record of a message, null where it is none to be read. */
  async function take(message: PsrpMessage): Promise<PipelineRecord | null> {
    const value = deserializeClixml(message.data);
    switch (message.type) {
      case 'PIPELINE_OUTPUT':
        return { stream: 'output', value };
      case 'ERROR_RECORD':
        return { stream: 'error', value, error: readErrorRecord(value) };
      case 'WARNING_RECORD':
        return { stream: 'warning', value, message: readInformationalRecord(value).message };
      case 'VERBOSE_RECORD':
        return { stream: 'verbose', value, message: readInformationalRecord(value).message };
      case 'DEBUG_RECORD':
        return { stream: 'debug', value, message: readInformationalRecord(value).message };
      case 'PROGRESS_RECORD':
        return { stream: 'progress', value, progress: readProgressRecord(value) };
      case 'INFORMATION_RECORD':
        return { stream: 'information', value, information: readInformationRecord(value) };
      case 'PIPELINE_STATE': {
        const { state: now, error } = readPipelineState(value);
        const record = error === null ? null : readErrorRecord(error);
        if (now === 'Completed' || now === 'Stopped' || now === 'Failed') result = { state: now, error: record };
        else if (stopping === null) state = now;
        return null;
      }
      case 'PIPELINE_HOST_CALL': {
        // A host that does not mind its signal must not hold up the end.
        const answered = untilAborted(options.host.answer(readHostCall(value), asked), asked);
        const response = await answered.catch((error: unknown) => {
          if (asked.aborted) return null;
          throw error;
        });
        if (response === null || asked.aborted) return null;
        const data = serializeClixml(hostResponseValue(response));
        await send('pr', link.fragmentsOf(messageTo(context, pipelineId, 'PIPELINE_HOST_RESPONSE', data))).catch(
          (error) => {
            if (!isOver(error)) throw error;
          },
        );
        return null;
      }
      default:
        throw new ProtocolError(`A pipeline was sent ${message.type}, which is not for pipelines.`);
    }
  }

  async function* receive(): AsyncGenerator<PipelineRecord, void, undefined> {
    isIterated = true;
    try {
      while (result === null) {
        const { packets, isDone, gap } = await link.receive(id, signal);
        if (gap !== null) {
          reassembler.forget();
          yield { stream: 'gap', reason: gap };
        }
        for (const packet of packets) {
          for (const bytes of reassembler.accept(packet)) {
            // What comes behind its end is not read (3.1.5.1).
            if (result !== null) break;
            const record = await take(decodeMessage(bytes));
            if (record !== null) yield record;
          }
        }
        if (isDone && result === null) throw new ProtocolError('The pipeline ended without saying how.');
      }
      finish(result);
    } catch (error) {
      if (stopped.signal.aborted && !context.life.aborted) {
        finish({ state: 'Stopped', error: null });
        return;
      }
      const reason = inputFailed.signal.aborted ? inputFailed.signal.reason : reasonOf(signal, error);
      if (reason instanceof SessionLostError) context.onLost(reason);
      finish({ reason });
      throw reason;
    } finally {
      finish({ reason: new CancelledError('The pipeline was left before its end.') });
      terminate(context, id);
    }
  }

  async function stop(): Promise<void> {
    if (over.signal.aborted || result !== null) return;
    state = 'Stopping';
    const body = pipelineSignalBody(id, pipelineSignals.stop);
    try {
      await link.ask(shellActions.signal, body, { timeoutMs: signalMs, signal: context.life });
    } catch (error) {
      if (!isOver(error)) throw error;
    }
    unasked.abort();
    sleep(stopGraceMs, undefined, { signal: over.signal, ref: false }).then(
      () => {
        stopped.abort();
        if (isIterated) return;
        // Nobody receives, so nobody would ever hear of its end.
        finish({ state: 'Stopped', error: null });
        terminate(context, id);
      },
      () => {},
    );
  }

  const { input } = options;
  if (input !== undefined) {
    const message = (type: MessageType, data: string): Uint8Array[] =>
      link.fragmentsOf(messageTo(context, pipelineId, type, data));
    pump(input, over.signal, {
      fragments: (value) => message('PIPELINE_INPUT', serializeClixml(value)),
      last: () => message('END_OF_PIPELINE_INPUT', ''),
      send: (fragments) => send('stdin', fragments),
      fullAt: link.packetBytes,
    }).catch((error: unknown) => {
      if (!over.signal.aborted && !signal.aborted && !isOver(error)) inputFailed.abort(error);
    });
  }

  const streams = receive();
  return {
    id: pipelineId,
    streams: { [Symbol.asyncIterator]: () => streams },
    end: end.promise,
    state: () => (state === 'Running' && context.isDisconnected() ? 'Disconnected' : state),
    stop() {
      stopping ??= stop().catch((error: unknown) => {
        // It did not get there: whoever asks again may be heard.
        stopping = null;
        if (state === 'Stopping') state = 'Running';
        throw error;
      });
      return stopping;
    },
  };
}

interface Outlet {
  fragments(value: PsValue): Uint8Array[];
  last(): Uint8Array[];
  send(fragments: readonly Uint8Array[]): Promise<void>;
  /** Octets after which a batch is sent, whatever else may come. */
  readonly fullAt: number;
}

/** Input as it comes; what is there at once goes together. Stops waiting for more when the pipeline is over. */
async function pump(
  input: Iterable<PsValue> | AsyncIterable<PsValue>,
  over: AbortSignal,
  outlet: Outlet,
): Promise<void> {
  const iterator =
    Symbol.asyncIterator in input ? input[Symbol.asyncIterator]() : (input[Symbol.iterator]() as Iterator<PsValue>);
  const isEnded = new Promise<null>((resolve) => over.addEventListener('abort', () => resolve(null), { once: true }));
  let batch: Uint8Array[] = [];
  let size = 0;
  const flush = async (): Promise<void> => {
    const fragments = batch;
    batch = [];
    size = 0;
    if (fragments.length > 0) await outlet.send(fragments);
  };
  for (;;) {
    const coming = Promise.resolve(iterator.next());
    let next: IteratorResult<PsValue> | 'later' | null;
    // Only where the next one is not there at once is what has gathered sent.
    if (batch.length === 0) next = await Promise.race([coming, isEnded]);
    else next = await Promise.race([coming, isEnded, nextTurn()]);
    if (next === 'later') {
      await flush();
      next = await Promise.race([coming, isEnded]);
    }
    if (next === null || over.aborted) {
      coming.catch(() => {});
      Promise.resolve(iterator.return?.()).catch(() => {});
      return;
    }
    if (next.done) break;
    for (const fragment of outlet.fragments(next.value)) {
      batch.push(fragment);
      size += fragment.length;
    }
    if (size >= outlet.fullAt) await flush();
  }
  batch.push(...outlet.last());
  await flush();
}

const nextTurn = (): Promise<'later'> => new Promise((resolve) => setImmediate(() => resolve('later')));
