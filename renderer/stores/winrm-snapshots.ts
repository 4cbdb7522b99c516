import { create } from 'zustand';
import type { Problem } from '../../shared/contract/problem.ts';
import type {
  ConfigurationComparison,
  ConfigurationSide,
  DriftRow,
  SnapshotInfo,
} from '../../shared/contract/winrm-settings.ts';
import { attach, consoleClient } from '../host/connect.ts';
import { machineName } from './machines.ts';
import { problemOf } from './problem-of.ts';

interface SnapshotsState {
  /** Newest first. Null until they were read. */
  readonly list: readonly SnapshotInfo[] | null;
  readonly problem: Problem | null;
}

/** Named snapshots of WinRM configurations, as the console keeps them. */
export const useSnapshots = create<SnapshotsState>(() => ({ list: null, problem: null }));

export async function readSnapshots(): Promise<void> {
  try {
    const list = await consoleClient().winrmSettings.listSnapshots({});
    useSnapshots.setState({ list: list.toSorted((a, b) => b.takenAt - a.takenAt), problem: null });
  } catch (error) {
    useSnapshots.setState({ problem: problemOf(error) });
  }
}

// Calls. Each throws ProblemError.

export async function saveSnapshot(machineId: string, name: string): Promise<SnapshotInfo> {
  const saved = await consoleClient().winrmSettings.saveSnapshot({ machineId, name });
  await readSnapshots();
  return saved;
}
export async function removeSnapshot(id: string): Promise<void> {
  await consoleClient().winrmSettings.removeSnapshot({ id });
  await readSnapshots();
}
export const compareConfigurations = (
  left: ConfigurationSide,
  right: ConfigurationSide,
  signal?: AbortSignal,
): Promise<ConfigurationComparison> => consoleClient().winrmSettings.compare({ left, right }, signal);

/** How a selection of machines differs from one configuration. One run at a time; it goes on while its dialog is closed. */
export interface DriftRun {
  readonly machineIds: readonly string[];
  readonly against: ConfigurationSide;
  /** In the order in which they came. */
  readonly rows: readonly DriftRow[];
  readonly phase: 'running' | 'done' | 'stopped' | 'failed';
  readonly problem: Problem | null;
  readonly startedAt: number;
  readonly endedAt: number | null;
}

/** The newest verdict on one machine, whichever run it came from. */
export interface KnownDrift {
  readonly row: DriftRow;
  /** Name of what it was compared with, as it was then. */
  readonly against: string;
}

interface DriftState {
  readonly run: DriftRun | null;
  /** By machine; lasts as long as the page, since an old verdict says nothing about now. */
  readonly known: ReadonlyMap<string, KnownDrift>;
}

export const useDrift = create<DriftState>(() => ({ run: null, known: new Map() }));

/** The name of a side, as far as it is known here. */
export function nameOfSide(side: ConfigurationSide): string {
  if (side.kind === 'machine') return machineName(side.machineId);
  return useSnapshots.getState().list?.find((one) => one.id === side.id)?.name ?? 'the snapshot';
}

/** Rows are taken in together, this often. */
const gatherMs = 120;
let stop: (() => void) | null = null;

/** Begins anew; a run that is under way ends. */
export function startDrift(machineIds: readonly string[], against: ConfigurationSide): void {
  stop?.();
  useDrift.setState({
    run: { machineIds, against, rows: [], phase: 'running', problem: null, startedAt: Date.now(), endedAt: null },
  });
  const abort = new AbortController();
  const expected = nameOfSide(against);
  let waiting: DriftRow[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let begun = false;
  const take = (change: Partial<DriftRun> = {}) => {
    clearTimeout(timer);
    timer = undefined;
    const batch = waiting;
    waiting = [];
    useDrift.setState(({ run, known }) => ({
      run: run === null ? null : { ...run, ...change, rows: [...run.rows, ...batch] },
      known: new Map([...known, ...batch.map((row) => [row.machineId, { row, against: expected }] as const)]),
    }));
  };
  const finish = (phase: DriftRun['phase'], problem: Problem | null = null) => {
    if (stop !== end) return;
    stop = null;
    abort.abort();
    detach();
    take({ phase, problem, endedAt: Date.now() });
  };
  const end = () => finish('stopped');
  stop = end;
  // A stream ends with its connection; a comparison that was lost is begun again by whoever wants it.
  const detach = attach((client, connection) => {
    if (begun) return;
    begun = true;
    connection.addEventListener('abort', () => abort.abort());
    void (async () => {
      try {
        for await (const row of client.winrmSettings.drift({ machineIds: [...machineIds], against }, abort.signal)) {
          waiting.push(row);
          timer ??= setTimeout(take, gatherMs);
        }
        finish(abort.signal.aborted ? 'stopped' : 'done');
      } catch (error) {
        finish('failed', problemOf(error));
      }
    })();
  });
}

/** Ends it; what is known stays. */
export const stopDrift = (): void => stop?.();
