import { useSyncExternalStore } from 'react';

/** One clock for all ages on the screen: ticks every second while somebody listens. */
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let nowMs = Date.now();

/** The moment of the last tick. */
export const clockNow = (): number => (listeners.size === 0 ? Date.now() : nowMs);

export function subscribeClock(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    nowMs = Date.now();
    timer = setInterval(() => {
      nowMs = Date.now();
      for (const each of [...listeners]) each();
    }, 1000);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The time, renewed every `everyMs`: what is older than a minute need not render every second. */
export function useNow(everyMs = 1000): number {
  return useSyncExternalStore(subscribeClock, () => Math.floor(nowMs / everyMs) * everyMs);
}
