import { useStore } from 'zustand';
import type { Machine } from '../../../shared/contract/machines.ts';
import { useCredentials } from '../../stores/credentials.ts';
import { type PowerRun, powerStore } from '../../stores/power.ts';

/** Splits what is shown of a name: `HQ-SQL01` + `.corp.contoso.com`. The suffix comes from the name itself, else from the machine. */
export function nameParts({ settings, facts }: Machine): readonly [name: string, suffix: string] {
  const { name } = settings;
  const isAddress = /^[\d.]+$/.test(name) || name.includes(':');
  const dot = name.indexOf('.');
  if (!isAddress && dot > 0) return [name.slice(0, dot), name.slice(dot)];
  const isItself = facts?.computerName?.toLowerCase() === name.toLowerCase();
  return [name, isItself && facts?.domain?.includes('.') ? `.${facts.domain}` : ''];
}

export const isProduction = (machine: Machine): boolean =>
  machine.settings.tags.some((tag) => tag.toLowerCase() === 'production');

/** `10.0.20348` → `20348`, as administrators name builds; other forms as they are. */
export const buildOf = (osVersion: string | null): string | null =>
  osVersion === null ? null : (/^\d+\.\d+\.(\d+(?:\.\d+)?)$/.exec(osVersion)?.[1] ?? osVersion);

/** The newest restart or shut-down of this machine that this page asked for. */
export const usePowerRun = (machineId: string): PowerRun | undefined =>
  useStore(powerStore.state, (runs) => runs[machineId]);

/** The user name of the machine's credential, for command lines; null for whoever is signed in here. */
export function useUserName(machine: Machine): string | null {
  const { id } = machine.credential;
  return useCredentials((state) => state.sets.find((one) => one.id === id)?.userName ?? null);
}

/**
 * The machine as it is shown. An attempt in between two failures makes it `connecting` for a moment, or for as long as a lost packet
 * takes; what was wrong stays in sight until it is known whether it still is, with the next attempt at 0: now.
 */
export function heldMachine(shown: Machine | undefined, machine: Machine): Machine {
  const wasWrong = shown !== undefined && ['unreachable', 'denied', 'untrusted', 'failing'].includes(shown.state);
  if (machine.state !== 'connecting' || !wasWrong) return machine;
  const { state, stateSinceAt, problem } = shown;
  return { ...machine, state, stateSinceAt, problem, nextAttemptAt: 0 };
}
