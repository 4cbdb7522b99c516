import { createStore, type StoreApi } from 'zustand/vanilla';
import type { OverviewChange, OverviewSections, Section } from '../../shared/contract/overview.ts';
import type { Problem } from '../../shared/contract/problem.ts';
import { attach } from '../host/connect.ts';
import { createHistory, type History } from './history.ts';
import { type Attach, standingStreams } from './standing-stream.ts';

/** Charts of a machine; each has its own history. Columns: cpu %; memory % in use; bytes/s received, sent; bytes/s read, written. */
export type ChartName = 'cpu' | 'memory' | 'network' | 'diskActivity';

export interface MachineOverview {
  readonly sections: Partial<OverviewSections>;
  /** Why the watch itself ended; it is tried again by itself while somebody looks. */
  readonly problem: Problem | null;
}

export interface OverviewStore {
  readonly state: StoreApi<Readonly<Record<string, MachineOverview>>>;
  /** Keeps one machine's overview up to date until the returned function is called. */
  watch(machineId: string): () => void;
  /** Reads everything anew, now. */
  refresh(machineId: string): void;
  history(machineId: string, chart: ChartName): History;
}

/** The contract's rhythm of the live counters. */
const counterIntervalMs = 2000;
const columnsOf: Record<ChartName, number> = { cpu: 1, memory: 1, network: 2, diskActivity: 2 };
const nothing: MachineOverview = { sections: {}, problem: null };

export function createOverviewStore(attachTo: Attach): OverviewStore {
  const state = createStore<Readonly<Record<string, MachineOverview>>>(() => ({}));
  const histories = new Map<string, History>();

  const history = (machineId: string, chart: ChartName): History => {
    const key = `${chart} ${machineId}`;
    const found = histories.get(key) ?? createHistory({ columns: columnsOf[chart], intervalMs: counterIntervalMs });
    histories.set(key, found);
    return found;
  };

  const put = (machineId: string, next: (before: MachineOverview) => MachineOverview): void => {
    state.setState((all) => ({ ...all, [machineId]: next(all[machineId] ?? nothing) }), true);
  };

  const streams = standingStreams<OverviewChange>(attachTo, {
    open: (client, machineId, signal) => client.overview.watch({ machineId }, signal),
    onItem(machineId, change) {
      remember(change, (chart, at, values) => history(machineId, chart).push(at, values));
      put(machineId, (before) => ({ sections: { ...before.sections, ...change }, problem: null }));
    },
    onEnd: (machineId, problem) => put(machineId, (before) => ({ sections: notLive(before.sections), problem })),
    onRelease: (machineId) => put(machineId, (before) => ({ sections: notLive(before.sections), problem: null })),
  });

  return { state, history, watch: streams.hold, refresh: streams.reopen };
}

function notLive(sections: Partial<OverviewSections>): Partial<OverviewSections> {
  return Object.fromEntries(
    Object.entries(sections).map(([name, section]: [string, Section<unknown>]) => [name, { ...section, live: false }]),
  ) as Partial<OverviewSections>;
}

/** Hands every live counter of a change to its history. What is not live is never drawn as a new reading. */
function remember(
  change: OverviewChange,
  push: (chart: ChartName, at: number, values: readonly (number | null)[]) => void,
): void {
  const { cpu, memory, network, diskActivity } = change;
  if (cpu?.live && cpu.value && cpu.readAt !== null) push('cpu', cpu.readAt, [cpu.value.totalPercent]);
  if (memory?.live && memory.value && memory.readAt !== null) {
    push('memory', memory.readAt, [memoryPercent(memory.value)]);
  }
  if (network?.live && network.value && network.readAt !== null) {
    push('network', network.readAt, [
      sumRates(network.value.adapters.map((adapter) => adapter.receivedBytesPerSecond)),
      sumRates(network.value.adapters.map((adapter) => adapter.sentBytesPerSecond)),
    ]);
  }
  if (diskActivity?.live && diskActivity.value && diskActivity.readAt !== null) {
    const { readBytesPerSecond, writeBytesPerSecond } = diskActivity.value;
    push('diskActivity', diskActivity.readAt, [readBytesPerSecond, writeBytesPerSecond]);
  }
}

/** The share of memory in use, 0–100; null where the total is not known. */
export function memoryPercent(memory: { readonly totalBytes: bigint; readonly availableBytes: bigint }): number | null {
  if (memory.totalBytes <= 0n) return null;
  return (100 * Number(memory.totalBytes - memory.availableBytes)) / Number(memory.totalBytes);
}

/** Adds up the adapters; null only where no adapter has a value, as in the first reading and after a counter reset. */
export function sumRates(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
}

export const overviewStore: OverviewStore = createOverviewStore(attach);
