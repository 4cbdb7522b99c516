import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ConsoleClient } from '../../shared/contract/contract.ts';
import type { NewCredential } from '../../shared/contract/credentials.ts';
import type {
  Diagnosis,
  DiagnosisItem,
  DiagnosisStep,
  DiagnosisSubject,
  SecondOpinionItem,
  SecondOpinionVerdict,
  View,
  Witness,
} from '../../shared/contract/diagnose.ts';
import type { MachineSettings } from '../../shared/contract/machines.ts';
import type { Problem } from '../../shared/contract/problem.ts';
import { consoleClient } from '../host/connect.ts';
import { problemOf } from './problem-of.ts';

/** `stopped`: by the user. `failed`: the diagnosis itself broke down, which says nothing about the machine. */
export type RunPhase = 'running' | 'done' | 'stopped' | 'failed';

export interface DiagnosisRun {
  readonly phase: RunPhase;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly subject: DiagnosisSubject | null;
  /** As far as they are known, in the order in which they were told first. */
  readonly steps: readonly DiagnosisStep[];
  /** Only where it came to its end. */
  readonly diagnosis: Diagnosis | null;
  readonly problem: Problem | null;
}

export interface OpinionRun {
  readonly phase: RunPhase;
  readonly startedAt: number;
  /** How far this computer gets. */
  readonly mine: View | null;
  readonly witnesses: readonly Witness[];
  readonly verdict: SecondOpinionVerdict | null;
  readonly markdown: string | null;
  readonly problem: Problem | null;
}

export interface DiagnoseState {
  readonly runs: Readonly<Record<string, DiagnosisRun>>;
  readonly opinions: Readonly<Record<string, OpinionRun>>;
  /** The machine that the way back goes to, by the machine it was named for. */
  readonly others: Readonly<Record<string, string>>;
}

/** Runs are followed here, whichever room is open; each ends with its end, with `stop`, or with the connection to the console. */
export interface DiagnoseStore {
  readonly state: StoreApi<DiagnoseState>;
  /** Begins a diagnosis, unless one is under way. It signs in once: nothing begins it but the user. */
  run(machineId: string): void;
  stop(machineId: string): void;
  /** Asks other machines whether they reach it, unless they are being asked. */
  askOthers(machineId: string): void;
  stopAsking(machineId: string): void;
  /** Empty: the way back is left out. */
  nameOther(machineId: string, other: string): void;
}

/** Results of so many machines are kept; the oldest go. */
const kept = 50;

export function createDiagnoseStore(
  client: () => Pick<ConsoleClient, 'diagnose'>,
  now: () => number = Date.now,
): DiagnoseStore {
  const state = createStore<DiagnoseState>(() => ({ runs: {}, opinions: {}, others: {} }));
  const running = new Map<string, AbortController>();
  const asking = new Map<string, AbortController>();

  const putRun = (machineId: string, change: Partial<DiagnosisRun>): void =>
    state.setState(({ runs }) => ({
      runs: put(runs, machineId, { ...(runs[machineId] ?? begunRun(now())), ...change }),
    }));
  const putOpinion = (machineId: string, change: Partial<OpinionRun>): void =>
    state.setState(({ opinions }) => ({
      opinions: put(opinions, machineId, { ...(opinions[machineId] ?? begunOpinion(now())), ...change }),
    }));

  async function follow(machineId: string, other: string | null, abort: AbortController): Promise<void> {
    const end = (change: Partial<DiagnosisRun>) => {
      running.delete(machineId);
      putRun(machineId, { endedAt: now(), ...change });
    };
    try {
      const subject = { kind: 'machine', machineId } as const;
      for await (const item of client().diagnose.run({ subject, other }, abort.signal)) {
        if (abort.signal.aborted) break;
        putRun(machineId, afterItem(state.getState().runs[machineId]?.steps ?? [], item));
      }
      const { diagnosis } = state.getState().runs[machineId] ?? {};
      if (abort.signal.aborted) end({ phase: 'stopped' });
      else end(diagnosis ? { phase: 'done' } : { phase: 'failed', problem: cutShort });
    } catch (error) {
      end(abort.signal.aborted ? { phase: 'stopped' } : { phase: 'failed', problem: problemOf(error) });
    }
  }

  async function followOthers(machineId: string, abort: AbortController): Promise<void> {
    const end = (change: Partial<OpinionRun>) => {
      asking.delete(machineId);
      putOpinion(machineId, change);
    };
    try {
      for await (const item of client().diagnose.secondOpinion({ machineId }, abort.signal)) {
        if (abort.signal.aborted) break;
        putOpinion(machineId, afterTestimony(state.getState().opinions[machineId]?.witnesses ?? [], item));
      }
      const { verdict } = state.getState().opinions[machineId] ?? {};
      if (abort.signal.aborted) end({ phase: 'stopped' });
      else end(verdict ? { phase: 'done' } : { phase: 'failed', problem: cutShort });
    } catch (error) {
      end(abort.signal.aborted ? { phase: 'stopped' } : { phase: 'failed', problem: problemOf(error) });
    }
  }

  return {
    state,
    run(machineId) {
      if (running.has(machineId)) return;
      const abort = new AbortController();
      running.set(machineId, abort);
      putRun(machineId, begunRun(now()));
      const other = state.getState().others[machineId]?.trim() ?? '';
      void follow(machineId, other === '' ? null : other, abort);
    },
    stop: (machineId) => running.get(machineId)?.abort(),
    askOthers(machineId) {
      if (asking.has(machineId)) return;
      const abort = new AbortController();
      asking.set(machineId, abort);
      putOpinion(machineId, begunOpinion(now()));
      void followOthers(machineId, abort);
    },
    stopAsking: (machineId) => asking.get(machineId)?.abort(),
    nameOther: (machineId, other) => state.setState(({ others }) => ({ others: put(others, machineId, other) })),
  };
}

const begunRun = (startedAt: number): DiagnosisRun => ({
  phase: 'running',
  startedAt,
  endedAt: null,
  subject: null,
  steps: [],
  diagnosis: null,
  problem: null,
});
const begunOpinion = (startedAt: number): OpinionRun => ({
  phase: 'running',
  startedAt,
  mine: null,
  witnesses: [],
  verdict: null,
  markdown: null,
  problem: null,
});

const cutShort: Problem = {
  code: 'disconnected',
  message: 'The console ended the diagnosis before it came to a result.',
  advice: ['Run it again.'],
  retryable: true,
};

/** The newest last; beyond `kept` the oldest go. */
function put<T>(all: Readonly<Record<string, T>>, key: string, value: T): Readonly<Record<string, T>> {
  const { [key]: _, ...rest } = all;
  return Object.fromEntries([...Object.entries(rest), [key, value] as const].slice(-kept));
}

/** What an item changes. */
export function afterItem(steps: readonly DiagnosisStep[], item: DiagnosisItem): Partial<DiagnosisRun> {
  switch (item.kind) {
    case 'begin':
      return { subject: item.subject };
    case 'step':
      return { steps: putStep(steps, item.step) };
    case 'end':
      return { diagnosis: item.diagnosis, subject: item.diagnosis.subject, steps: item.diagnosis.steps };
  }
}

/** A step first says that it runs, then how it went: the newer word replaces the older. */
function putStep(steps: readonly DiagnosisStep[], step: DiagnosisStep): readonly DiagnosisStep[] {
  return steps.some((each) => each.step === step.step)
    ? steps.map((each) => (each.step === step.step ? step : each))
    : [...steps, step];
}

function afterTestimony(witnesses: readonly Witness[], item: SecondOpinionItem): Partial<OpinionRun> {
  switch (item.kind) {
    case 'mine':
      return { mine: item.view };
    case 'witness': {
      const { witness } = item;
      const isKnown = witnesses.some((each) => each.machineId === witness.machineId);
      return {
        witnesses: isKnown
          ? witnesses.map((each) => (each.machineId === witness.machineId ? witness : each))
          : [...witnesses, witness],
      };
    }
    case 'end':
      return { verdict: item.verdict, markdown: item.markdown };
  }
}

/** Diagnoses settings that need not be saved; `credential` is one that is not saved yet. Aborting stops it. */
export const diagnoseSettings = (
  settings: MachineSettings,
  credential: NewCredential | null,
  signal: AbortSignal,
): AsyncIterable<DiagnosisItem> =>
  consoleClient().diagnose.run({ subject: { kind: 'settings', settings, credential }, other: null }, signal);

export const diagnoseStore: DiagnoseStore = createDiagnoseStore(consoleClient);
