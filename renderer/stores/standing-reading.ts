import type { Attach } from './standing-stream.ts';

export interface StandingReading {
  /** Reads now, which ends the reading that is under way. */
  readNow(): void;
  end(): void;
}

/** Reads something now, after every reconnect and every so many milliseconds, one reading at a time, until it is ended. */
export function standingReading(
  attachTo: Attach,
  read: (signal: AbortSignal) => Promise<void>,
  everyMs: number,
): StandingReading {
  let connection: AbortSignal | null = null;
  let current: AbortController | null = null;
  const readNow = (): void => {
    if (connection === null || connection.aborted) return;
    current?.abort();
    current = new AbortController();
    void read(AbortSignal.any([connection, current.signal]));
  };
  const detach = attachTo((_client, signal) => {
    connection = signal;
    readNow();
  });
  const timer = setInterval(readNow, everyMs);
  return {
    readNow,
    end() {
      clearInterval(timer);
      current?.abort();
      detach();
    },
  };
}
