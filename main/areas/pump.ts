import type { Sink } from '../../shared/rpc/endpoint.ts';
import { sleep } from './context.ts';

/** Tells one waiting loop that there is something to do. Ringing while nobody waits is not lost. */
export interface Bell {
  ring(): void;
  /** Resolves at the next ring, or at once where it rang since the last wait; with a limit, after that time at the latest. */
  wait(signal: AbortSignal, limitMs?: number): Promise<void>;
}

export function createBell(): Bell {
  let rung = false;
  let wake: (() => void) | null = null;
  return {
    ring() {
      rung = true;
      wake?.();
    },
    wait(signal, limitMs) {
      return new Promise((resolve, reject) => {
        let timer: NodeJS.Timeout | undefined;
        const end = () => {
          wake = null;
          clearTimeout(timer);
          signal.removeEventListener('abort', abort);
        };
        const done = () => {
          rung = false;
          end();
          resolve();
        };
        const abort = () => {
          end();
          reject(signal.reason);
        };
        if (signal.aborted) reject(signal.reason);
        else if (rung) done();
        else {
          wake = done;
          signal.addEventListener('abort', abort, { once: true });
          if (limitMs !== undefined) timer = setTimeout(done, limitMs);
        }
      });
    },
  };
}

/** One ring for all who wait. */
export interface Signal {
  ring(): void;
  /** A bell that rings with it, until it is let go. */
  subscribe(): Bell & { letGo(): void };
}

export function createSignal(): Signal {
  const bells = new Set<Bell>();
  return {
    ring() {
      for (const bell of bells) bell.ring();
    },
    subscribe() {
      const bell = createBell();
      bells.add(bell);
      return { ...bell, letGo: () => void bells.delete(bell) };
    },
  };
}

/** Changes are gathered this long before they go to a window: twenty batches a second are enough for the eye. */
export const gatherMs = 50;

/**
 * Sends what has gathered, each time the bell rings and the reader has credit; what comes meanwhile gathers on, so newer values replace
 * older ones instead of queueing. `take` gives the batch and empties it, or null where there is nothing. Ends when the signal aborts.
 */
export async function pump<Item>(
  sink: Sink<Item>,
  bell: Bell,
  take: () => Item | null,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const item = take();
    if (item !== null) await sink.push(item);
    await bell.wait(signal);
    await sleep(gatherMs, signal);
  }
}

/**
 * Runs loops side by side until the outer signal aborts or one of them fails; then all are ended. Resolves after an abort, throws the
 * first failure otherwise.
 */
export async function together(
  outer: AbortSignal,
  ...loops: readonly ((signal: AbortSignal) => Promise<void>)[]
): Promise<void> {
  const inner = new AbortController();
  const signal = AbortSignal.any([outer, inner.signal]);
  const ended = loops.map((loop) =>
    loop(signal).catch((error: unknown) => {
      const first = !signal.aborted;
      inner.abort(error);
      if (first) throw error;
    }),
  );
  const results = await Promise.allSettled(ended);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
