import type { Attach } from './standing-stream.ts';

export interface StandingReading {
  /** Reads now, which ends the reading that is under way. */
  readNow(): void;
  end(): void;
}

/**
 * Reads something now, after every reconnect and every so many milliseconds, until it is ended. One reading at a time: the clock leaves a
 * slow one alone, and one that is called off has ended before the next begins. `read` keeps its failures to itself.
 */
export function standingReading(
  attachTo: Attach,
  read: (signal: AbortSignal) => Promise<void>,
  everyMs: number,
): StandingReading {
  let connection: AbortSignal | null = null;
  let current: AbortController | null = null;
  /** Another is wanted as soon as the one under way, called off, has ended. */
  let again = false;
  const begin = (): void => {
    if (connection === null || connection.aborted) return;
    again = false;
    const mine = new AbortController();
    current = mine;
    void read(AbortSignal.any([connection, mine.signal])).finally(() => {
      current = null;
      if (again) begin();
    });
  };
  const readNow = (): void => {
    if (current === null) begin();
    else {
      again = true;
      current.abort();
    }
  };
  const detach = attachTo((_client, signal) => {
    connection = signal;
    readNow();
  });
  const timer = setInterval(() => {
    if (current === null) begin();
  }, everyMs);
  return {
    readNow,
    end() {
      clearInterval(timer);
      connection = null;
      current?.abort();
      detach();
    },
  };
}
