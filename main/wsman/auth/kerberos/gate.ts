/**
 * How many calls into the library run at a time. They use Node's pool of four threads, which also resolves names and reads files: a KDC that
 * hangs must not take them all.
 */
const MAX_RUNNING = 2;

export type Gate = <T>(task: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/**
 * Runs tasks first come, first served, at most `limit` at a time. A task whose signal is aborted while it waits is never run: it rejects with
 * the signal's reason.
 */
export function createGate(limit: number = MAX_RUNNING): Gate {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (task, signal) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      signal?.throwIfAborted();
      return await task();
    } finally {
      // The place is handed on, not given back, so that nobody slips in between.
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
