import { type Problem, ProblemError } from '../contract/problem.ts';
import type { Channel, Client, Contract } from './endpoint.ts';
import { createReader, createWriter, type Reader, type Writer } from './flow.ts';
import { decodeFrame, encodeFrame, type Frame, type Received } from './frames.ts';
import type { Port } from './port.ts';

/** A call waiting for its result, or a stream. */
interface Pending {
  receive(frame: Received, size: number): void;
  fail(error: ProblemError): void;
}

const maxId = 0xffff_ffff;

/**
 * The contract as functions that ask the other side of `port`. Everything rejects with ProblemError: what the handler threw, `cancelled`
 * when the signal was aborted, `disconnected` when the port has closed (also for everything asked afterwards). A stream that is
 * cancelled, by `cancel`, by its signal or by leaving the loop, ends its loop quietly.
 */
export function connectClient<C extends Contract>(port: Port, contract: C): Client<C> {
  const pending = new Map<number, Pending>();
  let lastId = 0;
  let closed: ProblemError | undefined;

  function send(frame: Frame): number {
    const encoded = encodeFrame(frame);
    port.send(encoded);
    return typeof encoded === 'string' ? encoded.length : encoded.length - 4;
  }

  /** Sends the first frame of a call or stream. Throws ProblemError where it cannot go out. */
  function begin(frame: 'call' | 'open', area: string, endpoint: string, value: unknown, entry: Pending): number {
    if (closed !== undefined) throw closed;
    do lastId = lastId === maxId ? 1 : lastId + 1;
    while (pending.has(lastId));
    const id = lastId;
    pending.set(id, entry);
    try {
      send({ frame, id, area, endpoint, value });
    } catch (error) {
      pending.delete(id);
      throw unsendable(error);
    }
    return id;
  }

  function call(area: string, endpoint: string, input: unknown, signal?: AbortSignal): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(cancelled());
      const abort = () => {
        pending.delete(id);
        send({ frame: 'cancel', id });
        reject(cancelled());
      };
      const settle = (how: () => void) => {
        pending.delete(id);
        signal?.removeEventListener('abort', abort);
        how();
      };
      const fail = (error: ProblemError) => settle(() => reject(error));
      const id = begin('call', area, endpoint, input, {
        fail,
        receive(frame) {
          if (frame.frame === 'result' || frame.frame === 'bytes') settle(() => resolve(frame.value));
          else if (frame.frame === 'problem') fail(new ProblemError(frame.problem));
        },
      });
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  function stream(area: string, endpoint: string, input: unknown, signal?: AbortSignal): Channel<unknown, unknown> {
    const over = (): boolean => !pending.has(id);
    const writer: Writer<unknown> = createWriter((message) => {
      try {
        return send({ frame: 'send', id, value: message });
      } catch (error) {
        throw unsendable(error);
      }
    });
    const reader: Reader<unknown> = createReader<unknown>(
      (count) => void (over() || send({ frame: 'ack', id, count })),
      () => cancel(),
    );
    const finish = (error?: ProblemError) => {
      pending.delete(id);
      signal?.removeEventListener('abort', cancel);
      writer.fail(error ?? new ProblemError(newProblem('cancelled', 'The stream has ended.')));
      reader.finish(error && { error });
    };
    const cancel = () => {
      if (!over()) send({ frame: 'cancel', id });
      reader.discard();
      finish();
    };
    const put = (item: unknown, size: number) => {
      if (reader.put(item, size)) return;
      send({ frame: 'cancel', id });
      finish(new ProblemError(newProblem('protocol-error', 'The console sent more than there was credit for.')));
    };
    let id = 0;
    if (signal?.aborted) cancel();
    else {
      try {
        id = begin('open', area, endpoint, input, {
          fail: finish,
          receive(frame, size) {
            if (frame.frame === 'item') put(frame.value, size);
            else if (frame.frame === 'bytes') put(frame.value, frame.value.length);
            else if (frame.frame === 'ack') writer.grant(frame.count);
            else if (frame.frame === 'end') finish();
            else if (frame.frame === 'problem') finish(new ProblemError(frame.problem));
          },
        });
        signal?.addEventListener('abort', cancel, { once: true });
      } catch (error) {
        finish(error as ProblemError);
      }
    }
    return {
      send: (message) => writer.write(message),
      end: () => writer.close(() => void (over() || send({ frame: 'end', id }))),
      cancel,
      [Symbol.asyncIterator]: () => reader[Symbol.asyncIterator](),
    };
  }

  function failAll(error: ProblemError): void {
    for (const entry of [...pending.values()]) entry.fail(error);
  }

  port.onMessage((encoded) => {
    if (closed !== undefined) return;
    let frame: Received;
    try {
      frame = decodeFrame(encoded);
    } catch (error) {
      // A console that cannot be understood cannot be trusted with any of the answers that are still due.
      const words = error instanceof Error ? error.message : 'A frame that could not be understood.';
      return failAll(new ProblemError(newProblem('protocol-error', `The console sent something unreadable. ${words}`)));
    }
    if (frame.id === 0 && frame.frame === 'problem') failAll(new ProblemError(frame.problem));
    else pending.get(frame.id)?.receive(frame, encoded.length);
  });
  port.onClose((reason) => {
    closed ??= new ProblemError(newProblem('disconnected', `The connection to the console has ended: ${reason}`));
    failAll(closed);
  });

  const areas = Object.entries(contract).map(([area, endpoints]) => {
    const functions = Object.entries(endpoints).map(([name, { kind }]) => [
      name,
      (input: unknown, signal?: AbortSignal) => (kind === 'call' ? call : stream)(area, name, input, signal),
    ]);
    return [area, Object.fromEntries(functions)];
  });
  return Object.fromEntries(areas) as Client<C>;
}

function cancelled(): ProblemError {
  return new ProblemError(newProblem('cancelled', 'Cancelled before an answer came.'));
}

function unsendable(error: unknown): ProblemError {
  const words = error instanceof Error ? error.message : String(error);
  return new ProblemError(newProblem('invalid-input', words), { cause: error });
}

function newProblem(code: Problem['code'], message: string): Problem {
  return { code, message, advice: [], retryable: code === 'disconnected' };
}
