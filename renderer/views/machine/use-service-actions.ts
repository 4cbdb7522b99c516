import { useCallback, useMemo, useRef, useState } from 'react';
import type { Problem } from '../../../shared/contract/problem.ts';
import type { ServiceAction, WindowsService } from '../../../shared/contract/windows-services.ts';
import { problemOf } from '../../stores/problem-of.ts';
import { type NewStartModeName, type StopPlan, windowsServicesStore } from '../../stores/windows-services.ts';
import { canDo, lifelinesAmong } from './service-words.ts';
import type { ServiceRow } from './services-view.ts';

/** What the user must confirm before it is done. */
export type Confirmation =
  | {
      readonly kind: 'stop';
      readonly action: 'stop' | 'restart';
      readonly names: readonly string[];
      readonly plan: StopPlan;
    }
  | {
      readonly kind: 'unplanned';
      readonly action: 'stop' | 'restart';
      readonly names: readonly string[];
      readonly problem: Problem;
    }
  | { readonly kind: 'disable'; readonly names: readonly string[] };

export interface ServiceActions {
  /** Those of the selection that an action makes sense for. */
  eligible(action: ServiceAction): readonly WindowsService[];
  act(action: ServiceAction): void;
  setStartMode(mode: NewStartModeName): void;
  readonly confirmation: Confirmation | null;
  /** What depends on the selection is being read, before a stop. */
  readonly planning: boolean;
  confirm(): void;
  cancel(): void;
}

/** Verbs on the selected services: what can be done at once is done, what takes others down is asked first. */
export function useServiceActions(machineId: string, selected: readonly ServiceRow[]): ServiceActions {
  const [confirmation, setConfirmation] = useState<Confirmation | null>(null);
  const [planning, setPlanning] = useState(false);
  const plannedBy = useRef<AbortController | null>(null);

  const eligible = useCallback(
    (action: ServiceAction) =>
      selected.filter(({ service, record }) => canDo(action, service, record)).map(({ service }) => service),
    [selected],
  );

  const plan = useCallback(
    async (action: 'stop' | 'restart', names: readonly string[]) => {
      plannedBy.current?.abort();
      const stop = new AbortController();
      plannedBy.current = stop;
      setPlanning(true);
      try {
        const found = await windowsServicesStore.planStop(machineId, names, stop.signal);
        if (stop.signal.aborted) return;
        const all = found.order.map((service) => service.name);
        // One service that nothing depends on and that carries nothing is stopped as asked; all else is named first.
        if (names.length === 1 && found.dependants.size === 0 && lifelinesAmong(all).length === 0) {
          windowsServicesStore.run(machineId, found.rounds, action, false);
        } else setConfirmation({ kind: 'stop', action, names, plan: found });
      } catch (error) {
        if (stop.signal.aborted) return;
        setConfirmation({ kind: 'unplanned', action, names, problem: problemOf(error) });
      } finally {
        if (!stop.signal.aborted) setPlanning(false);
      }
    },
    [machineId],
  );

  const act = useCallback(
    (action: ServiceAction) => {
      const names = eligible(action).map((service) => service.name);
      if (names.length === 0) return;
      if (action === 'stop' || action === 'restart') void plan(action, names);
      else windowsServicesStore.run(machineId, [names], action, false);
    },
    [eligible, plan, machineId],
  );

  const setStartMode = useCallback(
    (mode: NewStartModeName) => {
      const names = selected.map(({ service }) => service.name);
      if (names.length === 0) return;
      if (mode === 'Disabled' && lifelinesAmong(names).length > 0) setConfirmation({ kind: 'disable', names });
      else windowsServicesStore.setStartMode(machineId, names, mode);
    },
    [machineId, selected],
  );

  const confirm = useCallback(() => {
    setConfirmation(null);
    if (!confirmation) return;
    if (confirmation.kind === 'disable') windowsServicesStore.setStartMode(machineId, confirmation.names, 'Disabled');
    else if (confirmation.kind === 'stop') {
      windowsServicesStore.run(
        machineId,
        confirmation.plan.rounds,
        confirmation.action,
        confirmation.plan.dependants.size > 0 || confirmation.names.length > 1,
      );
    } else windowsServicesStore.run(machineId, [confirmation.names], confirmation.action, false);
  }, [confirmation, machineId]);

  const cancel = useCallback(() => setConfirmation(null), []);

  return useMemo(
    () => ({ eligible, act, setStartMode, confirmation, planning, confirm, cancel }),
    [eligible, act, setStartMode, confirmation, planning, confirm, cancel],
  );
}
