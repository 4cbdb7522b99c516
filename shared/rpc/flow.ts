import { windowBytes, windowItems } from './frames.ts';

/**
 * Credit, the same for both directions of a stream. The writer may have `windowItems` unread messages and `windowBytes` unread
 * bytes out (one message of any size may go when nothing is unread); the reader acknowledges what it has taken. So nothing is dropped,
 * a slow reader slows the writer, and neither side ever holds more than one window.
 */

/** So many writers may wait for credit at once. More means that someone writes without awaiting, which would grow without bound. */
const maxWaiting = 1024;

export interface Writer<T> {
  /** Sends when there is credit, in order, and resolves once there is credit for one more. Rejects when the stream has ended. */
  write(message: T): Promise<void>;
  /** True while a message would go out at once and the next one would not wait either. */
  readonly ready: boolean;
  /** The other side has taken `count` more messages. */
  grant(count: number): void;
  /** No more messages: calls `done` once all that were written have gone out. */
  close(done: () => void): void;
  /** Ends the writing: everything that waits rejects with `error`, and so does everything after. */
  fail(error: unknown): void;
}

/** `transmit` puts one message on the wire and returns its size as the other side will count it. */
export function createWriter<T>(transmit: (message: T) => number): Writer<T> {
  const unread: number[] = [];
  const waiting: { readonly message: T; sent: boolean; resolve(): void; reject(error: unknown): void }[] = [];
  let unreadBytes = 0;
  let failure: { readonly error: unknown } | undefined;
  let whenDrained: (() => void) | undefined;

  const hasCredit = () => unread.length < windowItems && unreadBytes < windowBytes;

  function drain(): void {
    sendWaiting();
    if (whenDrained === undefined || waiting.some((writer) => !writer.sent)) return;
    const done = whenDrained;
    whenDrained = undefined;
    for (const writer of waiting.splice(0)) writer.resolve();
    done();
  }

  function sendWaiting(): void {
    for (let head = waiting[0]; head !== undefined && hasCredit(); head = waiting[0]) {
      if (!head.sent) {
        try {
          const size = transmit(head.message);
          unread.push(size);
          unreadBytes += size;
          head.sent = true;
        } catch (error) {
          waiting.shift();
          head.reject(error);
          continue;
        }
        if (!hasCredit()) return;
      }
      waiting.shift();
      head.resolve();
    }
  }

  return {
    write(message) {
      const written = new Promise<void>((resolve, reject) => {
        if (failure !== undefined) return reject(failure.error);
        if (waiting.length >= maxWaiting) return reject(new Error('Written without waiting for credit.'));
        waiting.push({ message, sent: false, resolve, reject });
        drain();
      });
      // A writer that does not look at its promise must not bring the process down when the stream ends.
      written.catch(() => undefined);
      return written;
    },
    get ready() {
      return failure === undefined && waiting.length === 0 && hasCredit();
    },
    grant(count) {
      for (let i = 0; i < count && unread.length > 0; i++) unreadBytes -= unread.shift() ?? 0;
      drain();
    },
    close(done) {
      if (failure !== undefined) return;
      failure = { error: new Error('Written after the end of the stream.') };
      whenDrained = done;
      drain();
    },
    fail(error) {
      failure = { error };
      whenDrained = undefined;
      for (const writer of waiting.splice(0)) writer.reject(failure.error);
    },
  };
}

export interface Reader<T> extends AsyncIterable<T> {
  /** Takes in one message; false when the writer had no credit for it. */
  put(message: T, size: number): boolean;
  /** No more messages. What is buffered is still read; then the iteration ends, or throws `error` where one is given. */
  finish(error?: { readonly error: unknown }): void;
  /** Ends at once and forgets what is buffered. */
  discard(): void;
}

/** `acknowledge` tells the writer how many messages were taken; `left` is called when the reader leaves its loop early. */
export function createReader<T>(acknowledge: (count: number) => void, left: () => void): Reader<T> {
  const buffer: { readonly message: T; readonly size: number }[] = [];
  const asking: { resolve(result: IteratorResult<T>): void; reject(error: unknown): void }[] = [];
  let taken = 0;
  let takenBytes = 0;
  let bufferedBytes = 0;
  let finished: { readonly error?: unknown } | undefined;

  /** Not every single one: half a window at a time, but always when the buffer is empty, since the writer may be waiting for just that. */
  function acknowledgeTaken(): void {
    if (finished !== undefined || taken === 0) return;
    if (buffer.length > 0 && taken < windowItems / 2 && takenBytes < windowBytes / 2) return;
    const count = taken;
    taken = 0;
    takenBytes = 0;
    acknowledge(count);
  }

  function take(): IteratorResult<T> | undefined {
    const head = buffer.shift();
    if (head === undefined) return undefined;
    bufferedBytes -= head.size;
    taken += 1;
    takenBytes += head.size;
    acknowledgeTaken();
    return { done: false, value: head.message };
  }

  /** How the iteration ends: by the error once, quietly ever after. */
  function settle(resolve: (result: IteratorResult<T>) => void, reject: (error: unknown) => void): void {
    if (finished !== undefined && 'error' in finished) {
      const { error } = finished;
      finished = {};
      reject(error);
    } else resolve({ done: true, value: undefined });
  }

  function end(how: { readonly error?: unknown }): void {
    if (finished !== undefined) return;
    finished = how;
    for (const { resolve, reject } of asking.splice(0)) settle(resolve, reject);
  }

  const iterator: AsyncIterator<T> = {
    next() {
      const item = take();
      if (item !== undefined) return Promise.resolve(item);
      return new Promise((resolve, reject) => {
        if (finished !== undefined) return settle(resolve, reject);
        asking.push({ resolve, reject });
      });
    },
    return() {
      discard();
      left();
      return Promise.resolve({ done: true, value: undefined });
    },
  };

  function discard(): void {
    buffer.length = 0;
    bufferedBytes = 0;
    finished = finished === undefined ? undefined : {};
    end({});
  }

  return {
    put(message, size) {
      if (finished !== undefined) return true;
      if (buffer.length + taken >= windowItems || bufferedBytes + takenBytes >= windowBytes) return false;
      buffer.push({ message, size });
      bufferedBytes += size;
      const asker = asking.shift();
      const item = asker && take();
      if (asker !== undefined && item !== undefined) asker.resolve(item);
      return true;
    },
    finish: (error) => end(error ?? {}),
    discard,
    [Symbol.asyncIterator]: () => iterator,
  };
}
