import { create } from 'zustand';
import type { Machine, MachineSettings, MachinesChange } from '../../shared/contract/machines.ts';
import type { Problem } from '../../shared/contract/problem.ts';
import { attach, consoleClient } from '../host/connect.ts';
import { problemOf } from './problem-of.ts';

interface MachinesState {
  /** In the order of the inventory. A new array only when something changed. */
  readonly list: readonly Machine[];
  readonly byId: ReadonlyMap<string, Machine>;
  /** False until the console has sent its list. */
  readonly loaded: boolean;
  /** Why the list could not be watched. */
  readonly problem: Problem | null;
}

export const useMachines = create<MachinesState>(() => ({ list: [], byId: new Map(), loaded: false, problem: null }));

/** While a fleet connects, thousands of changes come within a second: they are taken in together, this often. */
const gatherMs = 120;

/** Watches the inventory for as long as there is a console. Called once by main.tsx. */
export function startMachines(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return attach((client, signal) => {
    clearTimeout(timer);
    signal.addEventListener('abort', () => {
      timer = setTimeout(() => useMachines.setState(forgetLive), graceMs);
    });
    void watch(client.machines.watch({}, signal), signal);
  });
}

/** A console that is back within this time has hardly been away: its list follows at once. */
const graceMs = 2000;

/** Without a console nobody knows how the machines stand now; what they were stays, with its age. */
export function forgetLive(state: Pick<MachinesState, 'list'>): Pick<MachinesState, 'list' | 'byId'> {
  const list = state.list.map(
    (machine): Machine => ({ ...machine, state: 'unknown', security: null, nextAttemptAt: null }),
  );
  return { list, byId: new Map(list.map((machine) => [machine.id, machine])) };
}

/** What has come and is not in the list yet, in its order. */
let waiting: MachinesChange[] = [];
let taking: ReturnType<typeof setTimeout> | undefined;

function take(): void {
  clearTimeout(taking);
  taking = undefined;
  const batch = waiting;
  waiting = [];
  if (batch.length > 0)
    useMachines.setState((state) => ({ ...applyChanges(state, batch), loaded: true, problem: null }));
}

async function watch(changes: AsyncIterable<MachinesChange>, signal: AbortSignal): Promise<void> {
  try {
    for await (const change of changes) {
      waiting.push(change);
      if (change.kind === 'all') take();
      else taking ??= setTimeout(take, gatherMs);
    }
  } catch (error) {
    if (!signal.aborted) useMachines.setState({ problem: problemOf(error) });
  } finally {
    take();
  }
}

/** The list after these changes. Machines that did not change keep their identity, so that their rows need not render. */
export function applyChanges(
  state: Pick<MachinesState, 'list' | 'byId'>,
  changes: readonly MachinesChange[],
): Pick<MachinesState, 'list' | 'byId'> {
  let byId: Map<string, Machine> = new Map(state.byId);
  for (const change of changes) {
    if (change.kind === 'all') byId = new Map(change.machines.map((machine) => [machine.id, machine]));
    else {
      for (const machine of change.machines) byId.set(machine.id, machine);
      for (const id of change.removed) byId.delete(id);
    }
  }
  return { byId, list: [...byId.values()] };
}

/** The machine of that id, live. Undefined when it is not (or no longer) in the inventory. */
export const useMachine = (id: string): Machine | undefined => useMachines((state) => state.byId.get(id));

/** The display name, or the id where the machine is gone: for messages that outlive it. */
export const machineName = (id: string): string => useMachines.getState().byId.get(id)?.settings.name ?? id;

// Calls. Each throws ProblemError. The list changes through the watch, so that there is one truth; only what one's own hand has just saved is
// in it at once, behind all that came before: whoever opens the form again must not find, and save, what it was.

export const addMachine = (settings: MachineSettings): Promise<Machine> =>
  shown(consoleClient().machines.add(settings));
export const updateMachine = (id: string, settings: MachineSettings): Promise<Machine> =>
  shown(consoleClient().machines.update({ id, settings }));

async function shown(saved: Promise<Machine>): Promise<Machine> {
  const machine = await saved;
  // Without a list there is nothing to be behind: it comes whole.
  if (useMachines.getState().loaded) {
    waiting.push({ kind: 'changed', machines: [machine], removed: [] });
    take();
  }
  return machine;
}
export const removeMachines = (ids: readonly string[]): Promise<void> =>
  consoleClient().machines.remove({ ids: [...ids] });
export const tagMachines = (ids: readonly string[], add: readonly string[], remove: readonly string[]): Promise<void> =>
  consoleClient().machines.tag({ ids: [...ids], add: [...add], remove: [...remove] });
export const refreshMachines = (ids: readonly string[]): Promise<void> =>
  consoleClient().machines.refresh({ ids: [...ids] });

export const previewImport = (text: string, format: 'auto' | 'list' | 'csv', signal?: AbortSignal) =>
  consoleClient().machines.previewImport({ text, format }, signal);
export const importMachines = (text: string, format: 'auto' | 'list' | 'csv', credentialId: string | null) =>
  consoleClient().machines.import({ text, format, credentialId });
export const exportMachines = (ids: readonly string[] | null, format: 'list' | 'csv') =>
  consoleClient().machines.export({ ids: ids === null ? null : [...ids], format });
