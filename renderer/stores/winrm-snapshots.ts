import { create } from 'zustand';
import type { Problem } from '../../shared/contract/problem.ts';
import type {
  ConfigurationComparison,
  ConfigurationSide,
  DriftRow,
  SnapshotInfo,
} from '../../shared/contract/winrm-settings.ts';
import { consoleClient } from '../host/connect.ts';
import { begunRun, createRunner, type FleetRun } from './fleet-run.ts';
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

/** How a selection of machines differs from one configuration. */
export interface DriftRun extends FleetRun {
  readonly against: ConfigurationSide;
  /** In the order in which they came. */
  readonly rows: readonly DriftRow[];
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

const runner = createRunner<DriftRow>();

/** Begins anew; a run that is under way ends. */
export function startDrift(machineIds: readonly string[], against: ConfigurationSide): void {
  runner.stop();
  useDrift.setState({ run: { ...begunRun(machineIds), against, rows: [] } });
  const expected = nameOfSide(against);
  runner.start(
    (client, signal) => client.winrmSettings.drift({ machineIds: [...machineIds], against }, signal),
    (fresh, change) =>
      useDrift.setState(({ run, known }) => ({
        run: run === null ? null : { ...run, ...change, rows: [...run.rows, ...fresh] },
        known: new Map([...known, ...fresh.map((row) => [row.machineId, { row, against: expected }] as const)]),
      })),
  );
}

/** Ends it; what is known stays. */
export const stopDrift = (): void => runner.stop();
