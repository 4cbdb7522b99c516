import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ConsoleClient } from '../../shared/contract/contract.ts';
import type { Problem } from '../../shared/contract/problem.ts';
import type { TraceChange, TraceExchange, TraceRow } from '../../shared/contract/trace.ts';
import { attach, consoleClient } from '../host/connect.ts';
import { problemOf } from './problem-of.ts';
import { type Attach, standingStreams } from './standing-stream.ts';

export interface MachineTrace {
  /** Oldest first; null before the first answer. */
  readonly rows: readonly TraceRow[] | null;
  /** What came while the list stands still; it joins the list when it goes on. */
  readonly waiting: readonly TraceRow[];
  readonly paused: boolean;
  /** Command lines and contents of streams are being kept. */
  readonly contents: boolean;
  /** How many were dropped, since what is kept is bounded. */
  readonly dropped: number;
  readonly live: boolean;
  /** Why the list ended; it is tried again by itself. */
  readonly problem: Problem | null;
}

/** One exchange as it is read. */
export interface OpenedExchange {
  readonly id: number;
  readonly exchange: TraceExchange | null;
  readonly problem: Problem | null;
}

export interface TraceStore {
  readonly state: StoreApi<Readonly<Record<string, MachineTrace>>>;
  readonly opened: StoreApi<Readonly<Record<string, OpenedExchange | null>>>;
  watch(machineId: string): () => void;
  refresh(machineId: string): void;
  setPaused(machineId: string, paused: boolean): void;
  /** Reads one exchange with its messages; null closes it. */
  open(machineId: string, id: number | null): void;
  /** Rejects with a ProblemError. */
  keepContents(machineId: string, keep: boolean): Promise<void>;
  clear(machineId: string): Promise<void>;
  /** The file of these exchanges, or of all, as text. Rejects with a ProblemError. */
  exportFile(machineId: string, ids: readonly number[] | null): Promise<string>;
}

/** More than the console keeps of one machine. While the list is paused it may drop what the list still shows. */
const most = 4000;

const nothing: MachineTrace = {
  rows: null,
  waiting: [],
  paused: false,
  contents: false,
  dropped: 0,
  live: false,
  problem: null,
};

export function createTraceStore(attachTo: Attach, client: () => Pick<ConsoleClient, 'trace'>): TraceStore {
  const state = createStore<Readonly<Record<string, MachineTrace>>>(() => ({}));
  const opened = createStore<Readonly<Record<string, OpenedExchange | null>>>(() => ({}));
  const reading = new Map<string, AbortController>();

  const put = (machineId: string, next: (before: MachineTrace) => MachineTrace): void => {
    state.setState((all) => ({ ...all, [machineId]: next(all[machineId] ?? nothing) }), true);
  };
  const show = (machineId: string, exchange: OpenedExchange | null): void => {
    opened.setState((all) => ({ ...all, [machineId]: exchange }), true);
  };

  const streams = standingStreams<TraceChange>(attachTo, {
    open: (connected, machineId, signal) => connected.trace.watch({ machineId }, signal),
    onItem: (machineId, change) => put(machineId, (before) => applyChange(before, change)),
    onEnd: (machineId, problem) => put(machineId, (before) => ({ ...before, live: false, problem })),
    onRelease: (machineId) => put(machineId, (before) => ({ ...before, live: false })),
  });

  return {
    state,
    opened,
    watch: streams.hold,
    refresh: streams.reopen,
    setPaused: (machineId, paused) =>
      put(machineId, (before) =>
        paused
          ? { ...before, paused }
          : { ...before, paused, rows: join(before.rows ?? [], before.waiting, 0), waiting: [] },
      ),
    open(machineId, id) {
      reading.get(machineId)?.abort();
      if (id === null) {
        show(machineId, null);
        return;
      }
      const reads = new AbortController();
      reading.set(machineId, reads);
      show(machineId, { id, exchange: null, problem: null });
      client()
        .trace.exchange({ machineId, id }, reads.signal)
        .then(
          (exchange) => {
            if (!reads.signal.aborted) show(machineId, { id, exchange, problem: null });
          },
          (error: unknown) => {
            if (!reads.signal.aborted) show(machineId, { id, exchange: null, problem: problemOf(error) });
          },
        );
    },
    keepContents: (machineId, keep) => client().trace.keepContents({ machineId, keep }),
    clear: (machineId) => client().trace.clear({ machineId }),
    async exportFile(machineId, ids) {
      const parts: string[] = [];
      for await (const part of client().trace.export({ machineId, ids: ids === null ? null : [...ids] })) {
        parts.push(part);
      }
      return parts.join('');
    },
  };
}

function applyChange(before: MachineTrace, change: TraceChange): MachineTrace {
  switch (change.kind) {
    case 'all':
      return {
        ...before,
        rows: change.rows,
        waiting: [],
        contents: change.contents,
        dropped: change.dropped,
        live: true,
        problem: null,
      };
    case 'contents':
      return { ...before, contents: change.contents };
    case 'added': {
      const rest = { ...before, dropped: change.dropped, live: true, problem: null };
      if (before.paused) return { ...rest, waiting: join(before.waiting, change.rows, change.oldestId) };
      return { ...rest, rows: join(before.rows ?? [], change.rows, change.oldestId) };
    }
  }
}

function join(before: readonly TraceRow[], added: readonly TraceRow[], oldestId: number): readonly TraceRow[] {
  const kept = before.length > 0 && before[0]!.id < oldestId ? before.filter(({ id }) => id >= oldestId) : before;
  return [...kept, ...added].slice(-most);
}

export const traceStore: TraceStore = createTraceStore(attach, consoleClient);
