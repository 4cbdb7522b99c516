import * as v from 'valibot';
import { type Problem, ProblemError } from '../contract/problem.ts';
import type { Contract, Endpoint, Handlers, Sink } from './endpoint.ts';
import { createReader, createWriter, type Reader, type Writer } from './flow.ts';
import { decodeFrame, encodeFrame, type Frame, frameId, type Received } from './frames.ts';
import type { Port } from './port.ts';

/** So many calls and streams may be open on one port: far more than a window needs, few enough that a runaway one is stopped. */
const maxOperations = 4096;

/** A call or stream being handled. */
interface Operation {
  readonly controller: AbortController;
  readonly writer?: Writer<unknown>;
  /** Absent where the endpoint takes no upward messages. */
  readonly up?: { readonly reader: Reader<unknown>; readonly schema: v.GenericSchema };
}

type Handler = (input: unknown, second: unknown, third?: unknown) => Promise<unknown>;

/**
 * Answers what comes in at `port` by `handlers`, until the port closes or the returned function is called; either aborts every
 * handler that is still at work. Inputs and upward messages are checked against the contract where they enter. Streams never outrun
 * the reader's credit. Whatever a handler throws becomes a problem by `toProblem`; nothing that arrives can make this throw.
 */
export function serveContract<C extends Contract>(
  port: Port,
  contract: C,
  handlers: Handlers<C>,
  toProblem: (error: unknown) => Problem,
): () => void {
  const operations = new Map<number, Operation>();
  let stopped = false;

  function send(frame: Frame): number {
    const encoded = encodeFrame(frame);
    if (!stopped) port.send(encoded);
    // What the reader counts: a binary frame without its id.
    return typeof encoded === 'string' ? encoded.length : encoded.length - 4;
  }

  function sendProblem(id: number, problem: Problem): void {
    try {
      send({ frame: 'problem', id, problem });
    } catch {
      send({ frame: 'problem', id, problem: newProblem('internal-error', 'A problem could not be put into words.') });
    }
  }

  /** Ends an operation from this side, if it has not ended yet. */
  function finish(id: number, operation: Operation, problem?: Problem): boolean {
    if (operations.get(id) !== operation) return false;
    operations.delete(id);
    if (problem !== undefined) sendProblem(id, problem);
    release(operation, problem);
    return true;
  }

  function release(operation: Operation, problem = newProblem('cancelled', 'The reader has ended the stream.')): void {
    const error = new ProblemError(problem);
    operation.controller.abort(error);
    operation.writer?.fail(error);
    operation.up?.reader.finish({ error });
  }

  function problemOf(error: unknown): Problem {
    try {
      return toProblem(error);
    } catch {
      return newProblem('internal-error', 'An error occurred that could not be put into words.');
    }
  }

  async function run(id: number, operation: Operation, work: () => Promise<unknown>, done: (result: unknown) => Frame) {
    try {
      const result = await work();
      if (operations.get(id) !== operation) return;
      send(done(result));
      operations.delete(id);
      // Whoever still holds the sink or reads upward messages learns that it is over.
      release(operation, newProblem('cancelled', 'The stream has ended.'));
    } catch (error) {
      if (operations.get(id) === operation) finish(id, operation, problemOf(error));
    }
  }

  function begin(frame: Received & { readonly frame: 'call' | 'open' }): void {
    const { id } = frame;
    if (id === 0 || operations.has(id)) sendProblem(0, newProblem('protocol-error', 'An id that is already in use.'));
    else {
      const refusal = start(frame);
      if (refusal !== undefined) sendProblem(id, refusal);
    }
  }

  /** Sets a handler to work, or says why not. */
  function start(frame: Received & { readonly frame: 'call' | 'open' }): Problem | undefined {
    const endpoint = endpointOf(contract, frame.area, frame.endpoint);
    const handler = endpoint && (handlers[frame.area]?.[frame.endpoint] as Handler | undefined);
    if (endpoint === undefined || handler === undefined || (endpoint.kind === 'call') !== (frame.frame === 'call')) {
      const kind = frame.frame === 'call' ? 'call' : 'stream';
      return newProblem('not-supported', `The console has no ${kind} "${frame.area}.${frame.endpoint}".`);
    }
    if (operations.size >= maxOperations) {
      return newProblem('quota-exceeded', `More than ${maxOperations} requests are open at once.`);
    }
    const checked = check(endpoint.input, frame.value);
    if ('problem' in checked) return checked.problem;
    if (endpoint.kind === 'call') startCall(frame.id, handler, checked.value);
    else startStream(frame.id, handler, checked.value, endpoint.up);
    return undefined;
  }

  function startCall(id: number, handler: Handler, input: unknown): void {
    const operation = { controller: new AbortController() };
    operations.set(id, operation);
    const work = async () => handler(input, operation.controller.signal);
    void run(id, operation, work, (result) => ({ frame: 'result', id, value: result }));
  }

  function startStream(id: number, handler: Handler, input: unknown, schema: v.GenericSchema | undefined): void {
    const controller = new AbortController();
    const writer = createWriter((item: unknown) => send({ frame: 'item', id, value: item }));
    const sink: Sink<unknown> = {
      push: (item) => writer.write(item),
      get ready() {
        return writer.ready;
      },
      signal: controller.signal,
    };
    const acknowledge = (count: number) => {
      if (operations.get(id) === operation) send({ frame: 'ack', id, count });
    };
    // A handler that leaves its loop over upward messages grants no more credit: the sender waits until the stream ends.
    const reader = createReader<unknown>(acknowledge, () => undefined);
    if (schema === undefined) reader.finish();
    const operation: Operation = { controller, writer, ...(schema && { up: { reader, schema } }) };
    operations.set(id, operation);
    const work = async () => {
      await handler(input, sink, reader);
      // What was pushed without awaiting still goes out, at the reader's pace, before the end.
      await new Promise<void>((resolve) => writer.close(resolve));
    };
    void run(id, operation, work, () => ({ frame: 'end', id }));
  }

  function receiveUp(id: number, operation: Operation, message: unknown, size: number): void {
    if (operation.up === undefined) {
      finish(id, operation, newProblem('protocol-error', 'A message for an endpoint that takes none.'));
      return;
    }
    const checked = check(operation.up.schema, message);
    if ('problem' in checked) finish(id, operation, checked.problem);
    else if (!operation.up.reader.put(checked.value, size)) {
      finish(id, operation, newProblem('protocol-error', 'More messages than there was credit for.'));
    }
  }

  function receive(encoded: string | Uint8Array): void {
    let frame: Received;
    try {
      frame = decodeFrame(encoded);
    } catch (error) {
      const id = frameId(encoded);
      const problem = newProblem(
        'protocol-error',
        error instanceof Error ? error.message : 'A frame that could not be understood.',
      );
      const operation = operations.get(id);
      if (operation === undefined) sendProblem(id, problem);
      else finish(id, operation, problem);
      return;
    }
    if (frame.frame === 'call' || frame.frame === 'open') {
      begin(frame);
      return;
    }
    const { id } = frame;
    const operation = operations.get(id);
    if (operation === undefined) return;
    if (frame.frame === 'bytes') receiveUp(id, operation, frame.value, frame.value.length);
    else if (frame.frame === 'send') receiveUp(id, operation, frame.value, encoded.length);
    else if (frame.frame === 'ack') operation.writer?.grant(frame.count);
    else if (frame.frame === 'end') operation.up?.reader.finish();
    else if (frame.frame === 'cancel') finish(id, operation);
    else finish(id, operation, newProblem('protocol-error', `A frame "${frame.frame}" that only the console sends.`));
  }

  function stop(problem: Problem, tell: boolean): void {
    if (stopped) return;
    for (const [id, operation] of [...operations]) {
      operations.delete(id);
      if (tell) sendProblem(id, problem);
      release(operation, problem);
    }
    stopped = true;
  }

  port.onMessage((encoded) => {
    if (!stopped) receive(encoded);
  });
  port.onClose((reason) => stop(newProblem('disconnected', `The window has gone: ${reason}`), false));
  return () => stop(newProblem('disconnected', 'The console has ended.'), true);
}

/** Only own properties: no name from a frame reaches a prototype. */
function endpointOf(contract: Contract, area: string, name: string): Endpoint | undefined {
  const endpoints = Object.hasOwn(contract, area) ? contract[area] : undefined;
  return endpoints !== undefined && Object.hasOwn(endpoints, name) ? endpoints[name] : undefined;
}

function check(schema: v.GenericSchema, value: unknown): { readonly value: unknown } | { readonly problem: Problem } {
  const result = v.safeParse(schema, value, { abortEarly: true });
  return result.success
    ? { value: result.output }
    : { problem: newProblem('invalid-input', inWords(result.issues[0])) };
}

/** Which part of the input, and what it must be. The refused value itself is left out, since it may be a secret. */
function inWords(issue: v.BaseIssue<unknown>): string {
  const path = (issue.path ?? [])
    .map(({ key }, index) => (typeof key === 'number' ? `[${key}]` : `${index > 0 ? '.' : ''}${String(key)}`))
    .join('');
  const subject = path === '' ? 'The input' : `"${path}"`;
  // A message of the schema's own says it better than valibot's general one, which begins with "Invalid".
  if (!issue.message.startsWith('Invalid ')) return `${subject} ${issue.message}.`;
  if (issue.received === 'undefined') return `${subject} is missing.`;
  return `${subject} is not valid: ${issue.expected ?? 'something else'} is expected.`;
}

function newProblem(code: Problem['code'], message: string): Problem {
  return { code, message, advice: [], retryable: code === 'disconnected' };
}
