/**
 * How many calls into the library run at a time. They use Node's pool of four threads, which also resolves names and reads files: a KDC that
 * hangs must not take them all.
 */
const MAX_RUNNING = 2;

/** Runs tasks first come, first served, at most `limit` at a time. */
export function createGate(limit: number = MAX_RUNNING): <T>(task: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await task();
    } finally {
      // The place is handed on, not given back, so that nobody slips in between.
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
