/**
 * One request becomes one answer: envelope, wire, XML, fault; and what is done where an answer is lost.
 *
 * Invariant 4 is kept here: by itself only Identify, Get and Enumerate are ever sent again, once. A lost answer to anything that may have
 * changed the target is an OutcomeUnknownError.
 */
import { randomUUID } from 'node:crypto';
import type { CallOptions, ClientOptions, ResourceLocator } from './client.ts';
import {
  identifyRequest,
  isSafeToRepeat,
  type ReceivedResponse,
  type Request,
  readResponse,
  requestBuilder,
} from './envelope.ts';
import { CancelledError, OutcomeUnknownError, ProtocolError, TransportError, UnsealedAnswerError } from './errors.ts';
import type { Exchange, ExchangeListener, ExchangeRecording } from './exchange.ts';
import { maskExchange } from './exchange-masking.ts';
import { readFault } from './fault.ts';
import { type StackSettings, stackSettings } from './limits.ts';
import { actions } from './namespaces.ts';
import { readSoap } from './soap-answer.ts';
import { type Target, uriHost } from './target.ts';
import type {
  ConnectionPool,
  ConnectionSecurity,
  WireProgress,
  WireRequest,
  WireResponse,
} from './transport/connection-pool.ts';

/** Invariant: the answer is awaited longer than the target may work, so that its own timeout fault arrives (MS-WSMV 3.2.4.1, NetworkDelayms). */
const defaultNetworkDelayMs = 5000;

export interface Call extends CallOptions {
  readonly action: string;
  readonly resource: ResourceLocator;
  /** XML text of the body. */
  readonly body: string;
  readonly fragment?: Request['fragment'];
  readonly headers?: Request['headers'];
}

/** What operations are built on. */
export interface Caller {
  call(call: Call): Promise<ReceivedResponse>;
  identify(anonymous: boolean, options: CallOptions): Promise<ReceivedResponse>;
  /** Most items that an Enumerate or Pull asks for where nobody says. */
  maxElements(): number;
  /** The target has said which stack it is. */
  adapt(settings: StackSettings): void;
  /** Ends what runs in the background (Release). */
  close(): void;
}

interface Outgoing {
  readonly action: string;
  readonly resourceUri: string | null;
  readonly text: string;
  readonly messageId: string | null;
  readonly anonymous: boolean;
  /** How long the answer is awaited. */
  readonly answerWithinMs: number;
  readonly signal: AbortSignal | undefined;
}

export function createCaller(pool: ConnectionPool, target: Target, options: ClientOptions): Caller {
  let settings = stackSettings(null);
  const newBuilder = (): ReturnType<typeof requestBuilder> =>
    requestBuilder({
      to: `${target.transport}://${uriHost(target.host)}:${target.port}${target.path}`,
      maxEnvelopeSize: options.maxEnvelopeSize ?? settings.maxEnvelopeSize,
      locale: options.locale ?? 'en-US',
    });
  let build = newBuilder();
  const defaultTimeoutMs = options.operationTimeoutMs ?? 60_000;
  const networkDelayMs = options.networkDelayMs ?? defaultNetworkDelayMs;
  const listener = options.onExchange;
  let closed = false;

  /** Sends once, and reports to the listener whatever came of it. */
  async function attempt(outgoing: Outgoing, fresh: boolean): Promise<ReceivedResponse> {
    if (closed) throw new CancelledError('The client is closed.');
    if (outgoing.signal?.aborted) throw new CancelledError('The call was cancelled before it began.');
    const progress: WireProgress = listener === undefined ? { bodySent: false } : { bodySent: false, legs: [] };
    const wire: WireRequest = {
      body: outgoing.text,
      action: outgoing.action,
      anonymous: outgoing.anonymous,
      changesTarget: changesTarget(outgoing.action),
      timeoutMs: outgoing.answerWithinMs,
      progress,
      ...(options.encoding === undefined ? {} : { charset: options.encoding }),
      ...(fresh ? { fresh } : {}),
      ...(outgoing.signal === undefined ? {} : { signal: outgoing.signal }),
    };
    if (listener === undefined) {
      try {
        return read(await pool.exchange(wire), outgoing);
      } catch (error) {
        throw lostOutcome(error, outgoing, progress.bodySent);
      }
    }
    return await observed(wire, outgoing, listener);
  }

  async function observed(wire: WireRequest, outgoing: Outgoing, tell: ExchangeListener): Promise<ReceivedResponse> {
    const startedAt = Date.now();
    const began = performance.now();
    let response: WireResponse | null = null;
    let failure: unknown = null;
    let decode = 0;
    try {
      response = await pool.exchange(wire);
      const before = performance.now();
      try {
        return read(response, outgoing);
      } finally {
        decode = performance.now() - before;
      }
    } catch (error) {
      failure = lostOutcome(error, outgoing, wire.progress.bodySent);
      throw failure;
    } finally {
      const milliseconds = performance.now() - began;
      const seen: Seen = { startedAt, milliseconds, decode, failure, security: pool.security() };
      report(tell, () => exchangeOf(target, outgoing, wire, response, seen, options.recording));
    }
  }

  async function send(outgoing: Outgoing): Promise<ReceivedResponse> {
    try {
      return await attempt(outgoing, false);
    } catch (error) {
      if (!isSafeToRepeat(outgoing.action) || !isConnectionLost(error)) throw error;
      // Once more, over a new connection, and with the same MessageID: it is the same request.
      return await attempt(outgoing, true);
    }
  }

  return {
    call(call) {
      const messageId = `uuid:${randomUUID().toUpperCase()}`;
      const operationTimeoutMs = call.timeoutMs ?? defaultTimeoutMs;
      const text = build({
        action: call.action,
        messageId,
        resourceUri: call.resource.resourceUri,
        selectors: call.resource.selectors,
        options: call.options,
        operationTimeoutMs,
        fragment: call.fragment,
        headers: call.headers,
        body: call.body,
      });
      return send({
        action: call.action,
        resourceUri: call.resource.resourceUri,
        text,
        messageId,
        anonymous: false,
        answerWithinMs: operationTimeoutMs + networkDelayMs,
        signal: call.signal,
      });
    },
    identify(anonymous, o) {
      return send({
        action: actions.identify,
        resourceUri: null,
        text: identifyRequest,
        messageId: null,
        anonymous,
        // Nothing tells the target of a limit, so none of its own can come later than ours.
        answerWithinMs: o.timeoutMs ?? defaultTimeoutMs,
        signal: o.signal,
      });
    },
    maxElements: () => settings.maxElements,
    adapt(next) {
      settings = next;
      build = newBuilder();
    },
    close() {
      closed = true;
    },
  };
}

/** Pull and Release move a cursor and change nothing that anybody would have to read back. */
function changesTarget(action: string): boolean {
  return !isSafeToRepeat(action) && action !== actions.pull && action !== actions.release;
}

function isConnectionLost(error: unknown): boolean {
  return error instanceof TransportError && error.reason === 'connection-lost';
}

/** The error as it is, or OutcomeUnknownError around it, where the request may have been carried out and its answer cannot be known. */
function lostOutcome(error: unknown, { action, signal }: Outgoing, bodySent: boolean): unknown {
  if (!bodySent || !changesTarget(action) || !isAnswerLost(error, signal)) return error;
  return new OutcomeUnknownError(
    `The request was sent, but its answer was lost; it may or may not have been carried out. ${error.message}`,
    { cause: error },
  );
}

function isAnswerLost(error: unknown, signal: AbortSignal | undefined): error is Error {
  if (error instanceof ProtocolError) return true;
  // Cancelled by the caller it is what was asked for; otherwise the client was closed under it.
  if (error instanceof CancelledError) return signal?.aborted !== true;
  if (!(error instanceof TransportError)) return false;
  if (error.reason === 'connection-lost' || error.reason === 'response-timeout') return true;
  return error.reason === 'http' && isStandIn(error.httpStatus);
}

/** A page that came instead of the answer: a gateway's 200 or 502 says nothing of the target; 4xx and 503 say that it was not let in. */
function isStandIn(status: number | null): boolean {
  return status === null || status < 400 || (status >= 500 && status !== 503);
}

/** Bytes to a checked answer. Throws WSManFault, ProtocolError, TransportError. */
function read(response: WireResponse, outgoing: Outgoing): ReceivedResponse {
  if (!response.trustworthy) {
    throw new UnsealedAnswerError(response.status);
  }
  const root = readSoap(response, outgoing.action);
  if (root === null) return { action: null, relatesTo: null, body: null, fault: null, headers: [] };
  const answer = readResponse(root);
  checkRelatesTo(answer, outgoing.messageId);
  if (answer.fault !== null) throw readFault(answer.fault, response.status, answer.action);
  if (response.status >= 400) {
    throw new TransportError(`The target answered with HTTP status ${response.status}, but without a fault.`, {
      reason: 'http',
      httpStatus: response.status,
    });
  }
  return answer;
}

const nilUuid = 'uuid:00000000-0000-0000-0000-000000000000';

/** A missing RelatesTo is tolerated (Identify, OMI's and Windows' early faults); another request's answer is not. */
function checkRelatesTo(answer: ReceivedResponse, messageId: string | null): void {
  const { relatesTo } = answer;
  if (messageId === null || relatesTo === null || relatesTo === '') return;
  if (relatesTo.toLowerCase() === messageId.toLowerCase()) return;
  // A request that could not be read at all has no MessageID to refer to.
  if (answer.fault !== null && relatesTo.toLowerCase() === nilUuid) return;
  throw new ProtocolError('The answer belongs to another request (its RelatesTo is not the MessageID that was sent).');
}

/** Listeners are guests: nothing they do, and nothing that preparing for them does, may fail the call. */
function report(tell: ExchangeListener, make: () => Exchange): void {
  try {
    tell(make());
  } catch {
    // Swallowed on purpose.
  }
}

interface Seen {
  readonly startedAt: number;
  readonly milliseconds: number;
  readonly decode: number;
  readonly failure: unknown;
  readonly security: ConnectionSecurity | null;
}

function exchangeOf(
  target: Target,
  outgoing: Outgoing,
  wire: WireRequest,
  response: WireResponse | null,
  { startedAt, milliseconds, decode, failure, security }: Seen,
  recording: ExchangeRecording | undefined,
): Exchange {
  const { failed, legs = [], bodySent } = wire.progress;
  const reached = response ?? failed;
  // Without either it never left the queue.
  const { queue = 0, connect = 0, authenticate = 0, server = 0 } = reached?.timings ?? { queue: milliseconds };
  const contents = recording?.contents() ?? true;
  const found = new Set<string>();
  const masked = maskExchange(
    bodySent || response !== null ? outgoing.text : null,
    response === null || response.body.length === 0 ? null : response,
    failure instanceof Error ? { name: failure.name, message: failure.message } : null,
    { withoutContents: !contents, found },
  );
  if (recording !== undefined) for (const secret of found) recording.onSecret(secret);
  return {
    startedAt,
    milliseconds,
    host: target.host,
    port: target.port,
    action: outgoing.action,
    resourceUri: outgoing.resourceUri,
    request: masked.request,
    response: masked.response,
    httpStatus: response?.status ?? legs.at(-1)?.status ?? null,
    sealed: response?.sealed ?? false,
    mechanism: response?.mechanism ?? null,
    protection: response === null ? null : (security?.protection ?? null),
    timings: { queue, connect, authenticate, server, decode },
    bytesSent: reached?.bytesSent ?? 0,
    bytesReceived: reached?.bytesReceived ?? 0,
    roundTrips: reached?.roundTrips ?? 0,
    legs,
    contents,
    error: masked.error,
  };
}
