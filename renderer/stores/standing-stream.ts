import type { ConsoleClient } from '../../shared/contract/contract.ts';
import type { Problem } from '../../shared/contract/problem.ts';
import { problemOf } from './problem-of.ts';

/** How long to wait before a stream that ended by itself is opened again; the last one for every further attempt. */
const retryMs = [1000, 2000, 5000, 10_000];
/** A page that is left and entered at once (tabs, React's StrictMode) keeps its stream. */
const lingerMs = 300;

/** Runs something now and after every reconnect, with a signal that ends with the connection: host/connect.ts `attach`. */
export type Attach = (run: (client: ConsoleClient, signal: AbortSignal) => void) => () => void;

export interface StandingStream<Item> {
  open(client: ConsoleClient, key: string, signal: AbortSignal): AsyncIterable<Item>;
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

/** One opening of a stream; `ended` from this side is told from a lost connection by its own controller. */
interface Held {
  holders: number;
  end: () => void;
  linger: ReturnType<typeof setTimeout> | undefined;
}

/** Streams that stay open as long as somebody looks, one per key, opened again when they end. */
export function standingStreams<Item>(attach: Attach, stream: StandingStream<Item>): StandingStreams {
  const all = new Map<string, Held>();

  const follow = async (key: string, client: ConsoleClient, lost: AbortSignal, over: AbortSignal): Promise<void> => {
    const signal = AbortSignal.any([lost, over]);
    for (let attempt = 0; ; attempt += 1) {
      let problem = connectionLost;
      try {
        for await (const item of stream.open(client, key, signal)) {
          if (signal.aborted) break;
          attempt = 0;
          stream.onItem(key, item);
        }
      } catch (error) {
        problem = problemOf(error);
      }
      if (over.aborted) return;
      stream.onEnd(key, problem);
      // A lost connection starts this anew when it is back; a machine that is gone from the inventory does not come back.
      if (lost.aborted || problem.code === 'not-found') return;
      await pause(retryMs[Math.min(attempt, retryMs.length - 1)] ?? 10_000, signal);
      if (signal.aborted) return;
    }
  };

  const start = (key: string): (() => void) => {
    const over = new AbortController();
    const detach = attach((client, lost) => void follow(key, client, lost, over.signal));
    return () => {
      over.abort();
      detach();
    };
  };

  return {
    hold(key) {
      const held = all.get(key) ?? { holders: 0, end: start(key), linger: undefined };
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
          held.end();
          stream.onRelease(key);
        }, lingerMs);
      };
    },
    reopen(key) {
      const held = all.get(key);
      if (!held) return;
      held.end();
      held.end = start(key);
    },
  };
}

const connectionLost: Problem = {
  code: 'disconnected',
  message: 'The console ended this view.',
  advice: [],
  retryable: true,
};

/** Waits, or returns early when aborted. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
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
