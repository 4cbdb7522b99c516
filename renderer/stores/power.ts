import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ConsoleClient } from '../../shared/contract/contract.ts';
import type { SignedInUser } from '../../shared/contract/overview.ts';
import type { PowerPhase, PowerProgress } from '../../shared/contract/power.ts';
import type { Problem } from '../../shared/contract/problem.ts';
import { consoleClient } from '../host/connect.ts';
import { problemOf } from './problem-of.ts';

export type PowerActionName = 'restart' | 'shut-down';

/** One restart or shut-down that this page asked for. It is followed here, whether or not a dialog shows it. */
export interface PowerRun {
  readonly machineId: string;
  readonly action: PowerActionName;
  readonly force: boolean;
  readonly startedAt: number;
  readonly progress: PowerProgress | null;
  /** The request was refused, or following it failed. */
  readonly problem: Problem | null;
  /** `queued`: more machines than are asked at once. `ended`: an end state or a problem was reached. */
  readonly stage: 'queued' | 'following' | 'ended';
  readonly endedAt: number | null;
}

export interface PowerStore {
  /** The newest run of each machine. */
  readonly state: StoreApi<Readonly<Record<string, PowerRun>>>;
  /** Asks these machines and follows each. One that is still being followed is not asked again. */
  run(machineIds: readonly string[], action: PowerActionName, force: boolean): void;
  /** Stops following; the machine goes on with what it was asked. */
  stopFollowing(machineId: string): void;
  /** Forgets a run that has ended. */
  dismiss(machineId: string): void;
  signedIn(machineId: string, signal?: AbortSignal): Promise<readonly SignedInUser[]>;
}

const endPhases: readonly PowerPhase[] = ['done', 'did-not-go-down', 'did-not-come-back'];
/** Each run holds a stream for minutes; more than these wait in line. */
const maxAtOnce = 32;

export const isEndPhase = (phase: PowerPhase): boolean => endPhases.includes(phase);

export function createPowerStore(client: () => Pick<ConsoleClient, 'power'>, now: () => number = Date.now): PowerStore {
  const state = createStore<Readonly<Record<string, PowerRun>>>(() => ({}));
  const queue: string[] = [];
  const stops = new Map<string, AbortController>();

  const change = (machineId: string, next: Partial<PowerRun>): void => {
    state.setState((all) => {
      const run = all[machineId];
      return run ? { ...all, [machineId]: { ...run, ...next } } : all;
    }, true);
  };

  const forget = (machineId: string): void => {
    state.setState(({ [machineId]: _, ...rest }) => rest, true);
  };

  const follow = async (run: PowerRun, stop: AbortController): Promise<void> => {
    const { machineId, action, force } = run;
    change(machineId, { stage: 'following', startedAt: now() });
    let reached: PowerPhase | null = null;
    let problem: Problem | null = null;
    try {
      for await (const progress of client().power.run({ machineId, action, force }, stop.signal)) {
        if (stop.signal.aborted) break;
        reached = progress.phase;
        change(machineId, { progress });
      }
    } catch (error) {
      problem = problemOf(error);
    }
    stops.delete(machineId);
    if (stop.signal.aborted) {
      forget(machineId);
    } else {
      if (!problem && (!reached || !isEndPhase(reached))) problem = lostSight(machineId);
      change(machineId, { problem, stage: 'ended', endedAt: now() });
    }
    next();
  };

  const next = (): void => {
    while (stops.size < maxAtOnce) {
      const machineId = queue.shift();
      if (machineId === undefined) return;
      const run = state.getState()[machineId];
      if (run?.stage !== 'queued') continue;
      const stop = new AbortController();
      stops.set(machineId, stop);
      void follow(run, stop);
    }
  };

  return {
    state,
    run(machineIds, action, force) {
      for (const machineId of machineIds) {
        const before = state.getState()[machineId];
        if (before && before.stage !== 'ended') continue;
        const run: PowerRun = {
          machineId,
          action,
          force,
          startedAt: now(),
          progress: null,
          problem: null,
          stage: 'queued',
          endedAt: null,
        };
        state.setState((all) => ({ ...all, [machineId]: run }), true);
        queue.push(machineId);
      }
      next();
    },
    stopFollowing(machineId) {
      const stop = stops.get(machineId);
      if (stop) stop.abort();
      else if (state.getState()[machineId]?.stage === 'queued') forget(machineId);
    },
    dismiss(machineId) {
      if (state.getState()[machineId]?.stage === 'ended') forget(machineId);
    },
    signedIn: (machineId, signal) => client().power.signedIn({ machineId }, signal),
  };
}

function lostSight(machineId: string): Problem {
  return {
    code: 'outcome-unknown',
    message: 'Following it ended before an end state was reached.',
    advice: ['Look at the last boot time on the overview: it tells whether the machine has restarted.'],
    retryable: false,
    machineId,
  };
}

export const powerStore: PowerStore = createPowerStore(consoleClient);
