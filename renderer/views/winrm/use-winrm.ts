import { useCallback, useEffect, useRef } from 'react';
import { useStore } from 'zustand';
import type { Machine } from '../../../shared/contract/machines.ts';
import { type MachineWinrm, winrmSettingsStore } from '../../stores/winrm-settings.ts';

const nothing: MachineWinrm = { configuration: null, problem: null, reading: false, draft: [], run: null };

/** The WinRM settings of a machine, read while somebody looks, and at once when the machine answers again. */
export function useWinrm(machine: Machine): MachineWinrm {
  const machineId = machine.id;
  useEffect(() => winrmSettingsStore.watch(machineId), [machineId]);
  const { state } = machine;
  const stateBefore = useRef(state);
  useEffect(() => {
    if (stateBefore.current !== 'online' && state === 'online') winrmSettingsStore.refresh(machineId);
    stateBefore.current = state;
  }, [machineId, state]);
  return useStore(
    winrmSettingsStore.state,
    useCallback((all) => all[machineId] ?? nothing, [machineId]),
  );
}
