/** Lets so many run at once; the others wait in line, and leave it when their signal aborts. */
export interface Limiter {
  run<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T>;
}

export function createLimiter(atOnce: number): Limiter {
  let running = 0;
  const line = new Set<() => void>();

  const next = () => {
    const [first] = line;
    if (first === undefined) return;
    line.delete(first);
    first();
  };
  return {
    async run(signal, task) {
      signal.throwIfAborted();
      if (running >= atOnce) await turn(signal, line);
      running++;
      try {
        return await task();
      } finally {
        running--;
        next();
      }
    },
  };
}

function turn(signal: AbortSignal, line: Set<() => void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      line.delete(go);
      reject(signal.reason);
    };
    const go = () => {
      signal.removeEventListener('abort', abort);
      resolve();
    };
    line.add(go);
    signal.addEventListener('abort', abort, { once: true });
  });
}
