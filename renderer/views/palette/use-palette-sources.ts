import { useEffect, useMemo } from 'react';
import { useStore } from 'zustand';
import { offeredActions } from '../../stores/actions.ts';
import { useConsole } from '../../stores/console.ts';
import { useCredentials } from '../../stores/credentials.ts';
import { readGauge } from '../../stores/gauges.ts';
import { useMachineFilter } from '../../stores/machine-filter.ts';
import { useMachines } from '../../stores/machines.ts';
import { usePalette } from '../../stores/palette.ts';
import { useRouter } from '../../stores/router.ts';
import { windowsServicesStore } from '../../stores/windows-services.ts';
import { parseFilter } from '../machines/filter.ts';
import { actionsOnMany, frameRooms, generalActions, machineActions } from './actions.ts';
import type { PaletteSources } from './palette-item.ts';

/** What there is to look through while the palette is open. Services are read for as long as something is typed. */
export function usePaletteSources(typing: boolean): PaletteSources {
  const { list: machines, byId } = useMachines();
  const route = useRouter((state) => state.route);
  const selection = useMachineFilter((state) => state.selected);
  const history = useConsole((state) => state.history);
  const recent = usePalette((state) => state.recent);
  const machineId = 'machineId' in route ? route.machineId : null;
  const open = (machineId === null ? undefined : byId.get(machineId)) ?? null;
  const services = useStore(windowsServicesStore.state, (all) =>
    machineId === null ? null : (all[machineId]?.services ?? null),
  );
  const isOnline = open?.state === 'online';
  useEffect(() => {
    if (typing && isOnline && machineId !== null) return windowsServicesStore.watch(machineId);
  }, [typing, isOnline, machineId]);

  return useMemo(
    () => ({
      machines,
      byId,
      open,
      selected: route.view === 'machines' ? [...selection] : [],
      services,
      rooms: frameRooms,
      general: generalActions,
      offered: offeredActions(),
      machineActions,
      actionsOnMany,
      history,
      recent,
      inList(text) {
        const { sets } = useCredentials.getState();
        const filter = parseFilter(text);
        if (filter.problem !== undefined) return [];
        const context = {
          nowMs: Date.now(),
          gauge: readGauge,
          setName: (id: string) => sets.find((set) => set.id === id)?.name,
        };
        return machines.filter((machine) => filter.matches(machine, context)).map(({ id }) => id);
      },
    }),
    [machines, byId, open, route.view, selection, services, history, recent],
  );
}
