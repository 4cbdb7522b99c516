import { type Problem, ProblemError } from '../../shared/contract/problem.ts';

/** How long to wait before a stream that ended is opened again; the last one for every further attempt. */
const retryMs = [1000, 2000, 5000, 10_000];
/** A page that is left and entered at once (tabs, React's StrictMode) keeps its stream. */
const lingerMs = 300;

export interface StandingStream<Item> {
  open(key: string, signal: AbortSignal): AsyncIterable<Item>;
  onItem(key: string, item: Item): void;
  /** The stream ended by itself; nothing that came from it is live any more. It is opened again after a while. */
  onEnd(key: string, problem: Problem): void;
  /** Nobody looks any more. */
  onRelease(key: string): void;
}

export interface StandingStreams {
  /** Holds the stream of `key` open until the returned function is called. Counted: any number may hold it. */
  hold(key: string): () => void;
  /** Opens the stream of `key` anew, which reads everything now; does nothing when nobody holds it. */
  reopen(key: string): void;
}

interface Held {
  holders: number;
  stop: AbortController;
  linger: ReturnType<typeof setTimeout> | undefined;
}

/** Streams that stay open as long as somebody looks, one per key, opened again when they end. */
export function standingStreams<Item>(stream: StandingStream<Item>): StandingStreams {
  const all = new Map<string, Held>();

  const follow = async (key: string, signal: AbortSignal): Promise<void> => {
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      let problem: Problem = { code: 'disconnected', message: 'The console ended this view.', advice: [], retryable: true };
      try {
        for await (const item of stream.open(key, signal)) {
          if (signal.aborted) return;
          attempt = 0;
          stream.onItem(key, item);
        }
      } catch (error) {
        problem = problemOf(error);
      }
      if (signal.aborted) return;
      stream.onEnd(key, problem);
      if (problem.code === 'not-found') return;
      await pause(retryMs[Math.min(attempt, retryMs.length - 1)] ?? 10_000, signal);
    }
  };

  const start = (key: string): AbortController => {
    const stop = new AbortController();
    void follow(key, stop.signal);
    return stop;
  };

  return {
    hold(key) {
      const held = all.get(key) ?? { holders: 0, stop: start(key), linger: undefined };
      all.set(key, held);
      held.holders += 1;
      clearTimeout(held.linger);
      let released = false;
      return () => {
        if (released) return;
        released = true;
        held.holders -= 1;
        if (held.holders > 0) return;
        held.linger = setTimeout(() => {
          all.delete(key);
          held.stop.abort();
          stream.onRelease(key);
        }, lingerMs);
      };
    },
    reopen(key) {
      const held = all.get(key);
      if (!held) return;
      held.stop.abort();
      held.stop = start(key);
    },
  };
}

/** What a failed call or stream says; anything that is no problem of the contract is a fault of ours and said as such. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  return { code: 'internal-error', message: error instanceof Error ? error.message : String(error), advice: [], retryable: true };
}

/** Waits, or returns early when aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
