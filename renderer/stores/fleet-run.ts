import type { ConsoleClient } from '../../shared/contract/contract.ts';
import type { Problem } from '../../shared/contract/problem.ts';
import { attach } from '../host/connect.ts';
import { problemOf } from './problem-of.ts';

/** One question to many machines, whose answers come one by one; it goes on while other rooms are open. */
export interface FleetRun {
  readonly machineIds: readonly string[];
  readonly phase: 'running' | 'done' | 'stopped' | 'failed';
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** Why it ended before its end. */
  readonly problem: Problem | null;
}

export const begunRun = (machineIds: readonly string[]): FleetRun => ({
  machineIds,
  phase: 'running',
  startedAt: Date.now(),
  endedAt: null,
  problem: null,
});

/** Answers are taken in together, this often. */
const gatherMs = 120;

/** Follows one run at a time. */
export function createRunner<Answer>(attachTo: typeof attach = attach) {
  let end: (() => void) | null = null;
  return {
    /** Follows what `open` asks, until its end; `take` gets answers, and what else has changed. A run that is under way must be stopped before. */
    start(
      open: (client: ConsoleClient, signal: AbortSignal) => AsyncIterable<Answer>,
      take: (answers: readonly Answer[], change: Partial<FleetRun>) => void,
    ): void {
      const abort = new AbortController();
      let waiting: Answer[] = [];
      let timer: ReturnType<typeof setTimeout> | undefined;
      let begun = false;
      const flush = (change: Partial<FleetRun> = {}) => {
        clearTimeout(timer);
        timer = undefined;
        const batch = waiting;
        waiting = [];
        take(batch, change);
      };
      const finish = (phase: FleetRun['phase'], problem: Problem | null = null) => {
        if (end !== stop) return;
        end = null;
        abort.abort();
        detach();
        flush({ phase, problem, endedAt: Date.now() });
      };
      const stop = () => finish('stopped');
      end = stop;
      // Streams end with the connection. A run is not begun again by itself: it signs in, and whoever wants it asks again.
      const detach = attachTo((client, connection) => {
        if (begun) return;
        begun = true;
        connection.addEventListener('abort', () => abort.abort());
        void (async () => {
          try {
            for await (const answer of open(client, abort.signal)) {
              waiting.push(answer);
              timer ??= setTimeout(flush, gatherMs);
            }
            finish(abort.signal.aborted ? 'stopped' : 'done');
          } catch (error) {
            finish('failed', problemOf(error));
          }
        })();
      });
    },
    /** Ends it; what is known stays. */
    stop: (): void => end?.(),
  };
}
