import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ConsoleClient } from '../../shared/contract/contract.ts';
import type { Problem } from '../../shared/contract/problem.ts';
import {
  maxOwnersAtOnce,
  type ProcessCpuSource,
  type ProcessesChange,
  type ProcessKey,
  type ProcessOwner,
  processKeyText,
  type WindowsProcess,
} from '../../shared/contract/processes.ts';
import { attach, consoleClient } from '../host/connect.ts';
import { problemOf } from './problem-of.ts';
import { type Attach, standingStreams } from './standing-stream.ts';

/** One thing that this page asked of one process, or of Windows: from the click to its result. */
export interface ProcessActionRecord {
  readonly id: number;
  readonly kind: 'end' | 'start';
  /** `notepad.exe (4312)`, or the command line. */
  readonly subject: string;
  readonly stage: 'running' | 'done' | 'failed' | 'unknown';
  /** Of what was started. */
  readonly processId: number | null;
  readonly problem: Problem | null;
}

export interface MachineProcesses {
  /** By key; null before the first answer. A process that did not change is the same object as before. */
  readonly processes: ReadonlyMap<string, WindowsProcess> | null;
  readonly readAt: number | null;
  readonly live: boolean;
  readonly problem: Problem | null;
  readonly cpuSource: ProcessCpuSource | null;
  readonly logicalProcessors: number | null;
  /** By key: those that were asked for. */
  readonly owners: ReadonlyMap<string, ProcessOwner>;
  /** Newest first. */
  readonly actions: readonly ProcessActionRecord[];
}

export interface ProcessesStore {
  readonly state: StoreApi<Readonly<Record<string, MachineProcesses>>>;
  /** Keeps the table up to date until the returned function is called. */
  watch(machineId: string): () => void;
  refresh(machineId: string): void;
  /** These rows are on the screen: their owners are asked for, a few at a time, once each. */
  wantOwners(machineId: string, keys: readonly string[]): void;
  /** One after the other, in this order; never the same twice. A refusal does not keep the others from being asked. */
  end(machineId: string, processes: readonly WindowsProcess[]): Promise<void>;
  /** Sent once. Resolves with the record of it, which says what came of it. */
  start(machineId: string, commandLine: string, directory: string | null): Promise<ProcessActionRecord>;
  dismiss(machineId: string, id: number): void;
}

const keptActions = 50;
const untouched: MachineProcesses = {
  processes: null,
  readAt: null,
  live: false,
  problem: null,
  cpuSource: null,
  logicalProcessors: null,
  owners: new Map(),
  actions: [],
};

export function createProcessesStore(attachTo: Attach, client: () => Pick<ConsoleClient, 'processes'>): ProcessesStore {
  const state = createStore<Readonly<Record<string, MachineProcesses>>>(() => ({}));
  /** Keys whose owner is being asked for, and those still to be. */
  const wanted = new Map<string, { asking: boolean; keys: Set<string> }>();
  let lastId = 0;

  const get = (machineId: string): MachineProcesses => state.getState()[machineId] ?? untouched;
  const put = (machineId: string, next: (before: MachineProcesses) => MachineProcesses): void => {
    state.setState((all) => ({ ...all, [machineId]: next(all[machineId] ?? untouched) }), true);
  };

  const streams = standingStreams<ProcessesChange>(attachTo, {
    open: (connected, machineId, signal) => connected.processes.watch({ machineId }, signal),
    onItem: (machineId, change) => put(machineId, (before) => applyChange(before, change)),
    onEnd: (machineId, problem) => put(machineId, (before) => ({ ...before, live: false, problem })),
    onRelease: (machineId) => put(machineId, (before) => ({ ...before, live: false })),
  });

  const askOwners = async (machineId: string): Promise<void> => {
    const work = wanted.get(machineId);
    if (work === undefined || work.asking) return;
    work.asking = true;
    try {
      while (work.keys.size > 0) {
        const { processes, owners } = get(machineId);
        const texts = [...work.keys].slice(0, maxOwnersAtOnce);
        for (const text of texts) work.keys.delete(text);
        const keys = texts.flatMap((text): ProcessKey[] => {
          const process = owners.has(text) ? undefined : processes?.get(text);
          return process ? [{ processId: process.processId, createdAt: process.createdAt }] : [];
        });
        if (keys.length === 0) continue;
        const answer = await client().processes.owners({ machineId, keys });
        put(machineId, (before) => ({ ...before, owners: new Map([...before.owners, ...Object.entries(answer)]) }));
      }
    } catch {
      // Asked for again when the rows are next on the screen; the page says why the machine does not answer.
      work.keys.clear();
    } finally {
      work.asking = false;
    }
  };

  const begin = (machineId: string, kind: ProcessActionRecord['kind'], subject: string): ProcessActionRecord => {
    lastId += 1;
    const record: ProcessActionRecord = { id: lastId, kind, subject, stage: 'running', processId: null, problem: null };
    put(machineId, (before) => ({ ...before, actions: [record, ...before.actions].slice(0, keptActions) }));
    return record;
  };
  const finish = (
    machineId: string,
    record: ProcessActionRecord,
    result: Partial<ProcessActionRecord>,
  ): ProcessActionRecord => {
    const after = { ...record, ...result };
    put(machineId, (before) => ({
      ...before,
      actions: before.actions.map((one) => (one.id === record.id ? after : one)),
    }));
    return after;
  };
  const failed = (error: unknown): Partial<ProcessActionRecord> => {
    const problem = problemOf(error);
    const isUnknown = problem.code === 'outcome-unknown' || problem.code === 'disconnected';
    return { stage: isUnknown ? 'unknown' : 'failed', problem };
  };

  return {
    state,
    watch: streams.hold,
    refresh: streams.reopen,
    wantOwners(machineId, keys) {
      const { owners } = get(machineId);
      // Only what is on the screen now: rows that were scrolled past are not worth a call each.
      const missing = new Set(keys.filter((key) => !owners.has(key)));
      const work = wanted.get(machineId) ?? { asking: false, keys: missing };
      work.keys = missing;
      wanted.set(machineId, work);
      void askOwners(machineId);
    },
    async end(machineId, chosen) {
      for (const { processId, createdAt, name } of chosen) {
        const subject = `${name} (${processId})`;
        const isUnderWay = get(machineId).actions.some((one) => one.subject === subject && one.stage === 'running');
        if (isUnderWay) continue;
        const record = begin(machineId, 'end', subject);
        try {
          await client().processes.end({ machineId, key: { processId, createdAt } });
          finish(machineId, record, { stage: 'done' });
        } catch (error) {
          finish(machineId, record, failed(error));
        }
      }
    },
    async start(machineId, commandLine, directory) {
      const record = begin(machineId, 'start', commandLine);
      try {
        const { processId } = await client().processes.start({ machineId, commandLine, directory });
        return finish(machineId, record, { stage: 'done', processId });
      } catch (error) {
        return finish(machineId, record, failed(error));
      }
    },
    dismiss(machineId, id) {
      put(machineId, (before) => ({ ...before, actions: before.actions.filter((one) => one.id !== id) }));
    },
  };
}

function applyChange(before: MachineProcesses, change: ProcessesChange): MachineProcesses {
  if (change.kind === 'problem') return { ...before, live: false, problem: change.problem };
  const processes = new Map(change.kind === 'all' ? [] : (before.processes ?? []));
  if (change.kind === 'changed') for (const key of change.removed) processes.delete(key);
  for (const process of change.processes) processes.set(processKeyText(process), process);
  const owners = new Map([...before.owners].filter(([key]) => processes.has(key)));
  return {
    ...before,
    processes,
    owners: owners.size === before.owners.size ? before.owners : owners,
    readAt: change.readAt,
    live: true,
    problem: null,
    cpuSource: change.cpuSource,
    logicalProcessors: change.kind === 'all' ? change.logicalProcessors : before.logicalProcessors,
  };
}

export const processesStore: ProcessesStore = createProcessesStore(attach, consoleClient);
