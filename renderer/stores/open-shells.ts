import { create } from 'zustand';
import type { LeftoverShells, OpenRemoteShell } from '../../shared/contract/open-shells.ts';
import type { Problem } from '../../shared/contract/problem.ts';
import { attach, consoleClient } from '../host/connect.ts';
import { problemOf } from './problem-of.ts';

interface ShellsState {
  /** The machine whose shells these are; null while no dialog shows any. */
  readonly machineId: string | null;
  /** Null until they were read. */
  readonly shells: readonly OpenRemoteShell[] | null;
  readonly readAt: number | null;
  readonly reading: boolean;
  readonly problem: Problem | null;
  /** Of earlier runs, by machine. */
  readonly leftovers: readonly LeftoverShells[];
}

const nothing = { shells: null, readAt: null, reading: false, problem: null } as const;

export const useOpenShells = create<ShellsState>(() => ({ machineId: null, ...nothing, leftovers: [] }));

/** Reads them now; what was read before stays until then. An answer for a machine that is no longer asked about is dropped. */
export async function readShells(machineId: string): Promise<void> {
  const isOther = useOpenShells.getState().machineId !== machineId;
  useOpenShells.setState(isOther ? { machineId, ...nothing, reading: true } : { reading: true });
  const still = (): boolean => useOpenShells.getState().machineId === machineId;
  try {
    const shells = await consoleClient().openShells.list({ machineId });
    if (still()) useOpenShells.setState({ shells, readAt: Date.now(), reading: false, problem: null });
  } catch (error) {
    if (still()) useOpenShells.setState({ reading: false, problem: problemOf(error) });
  }
}

/** The dialog is gone. */
export const forgetShells = (): void => useOpenShells.setState({ machineId: null, ...nothing });

/** Ends a shell and all that runs in it. Throws ProblemError. */
export async function closeShell(machineId: string, shell: OpenRemoteShell): Promise<void> {
  if (shell.resourceUri === null) return;
  const { shellId, resourceUri } = shell;
  await consoleClient().openShells.close({ machineId, shellId, resourceUri });
}

/** Ends every shell that earlier runs left, one machine beside the other. Throws the first ProblemError; the others are ended all the same. */
export async function closeLeftovers(): Promise<void> {
  const all = useOpenShells.getState().leftovers.map(async ({ machineId, shells }) => {
    for (const shell of shells) await closeShell(machineId, shell);
  });
  for (const result of await Promise.allSettled(all)) if (result.status === 'rejected') throw result.reason;
}

/** They are not offered again. Throws ProblemError. */
export const leaveLeftovers = (): Promise<void> => consoleClient().openShells.forgetLeftovers({});

/** Asks after every connect what earlier runs left behind. Called once by main.tsx. */
export function startLeftovers(): () => void {
  return attach((client, signal) => {
    const follow = async () => {
      for await (const leftovers of client.openShells.leftovers({}, signal)) useOpenShells.setState({ leftovers });
    };
    // Ends with the connection; without an answer nothing is offered.
    follow().catch(() => useOpenShells.setState({ leftovers: [] }));
  });
}
