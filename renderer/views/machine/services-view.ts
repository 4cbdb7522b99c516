import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import type { WindowsService } from '../../../shared/contract/windows-services.ts';
import { type MachineServices, type ServiceActionRecord, windowsServicesStore } from '../../stores/windows-services.ts';
import { attentionRank } from './service-words.ts';

/** What a row shows: a service and the newest thing that was asked of it here. The same object until one of the two changes. */
export interface ServiceRow {
  readonly service: WindowsService;
  readonly record: ServiceActionRecord | undefined;
}

export const rowId = (row: ServiceRow): string => row.service.name;

export const useMachineServices = (machineId: string): MachineServices | undefined =>
  useStore(
    windowsServicesStore.state,
    useCallback((all) => all[machineId], [machineId]),
  );

/** Services with their newest actions, with rows kept where nothing changed: the table renders only those that did. */
export function useServiceRows(view: MachineServices | undefined): readonly ServiceRow[] {
  const kept = useRef<ReadonlyMap<string, ServiceRow>>(new Map());
  const services = view?.services ?? null;
  const actions = view?.actions ?? null;
  return useMemo(() => {
    const newest = new Map<string, ServiceActionRecord>();
    for (const record of actions ?? []) if (!newest.has(record.name)) newest.set(record.name, record);
    const rows = (services ?? []).map((service) => {
      const record = newest.get(service.name);
      const before = kept.current.get(service.name);
      return before && before.service === service && before.record === record ? before : { service, record };
    });
    kept.current = new Map(rows.map((row) => [row.service.name, row]));
    return rows;
  }, [services, actions]);
}

/**
 * Ranks of rows, problems first, held still while somebody works in the list: a row never jumps away from under the pointer or the
 * keyboard. They are taken anew when `hold` ends, or when `key` changes (the user sorts or filters anew).
 */
export function useHeldRank(rows: readonly ServiceRow[], hold: boolean, key: string): (row: ServiceRow) => number {
  const fresh = useMemo(
    () => new Map(rows.map((row) => [row.service.name, attentionRank(row.service, row.record)])),
    [rows],
  );
  const [held, setHeld] = useState(fresh);
  const lastKey = useRef(key);
  const lastSize = useRef(rows.length);
  useEffect(() => {
    const again = lastKey.current !== key || lastSize.current !== rows.length;
    lastKey.current = key;
    lastSize.current = rows.length;
    if (hold && !again) return;
    setHeld((before) => (sameRanks(before, fresh) ? before : fresh));
  }, [fresh, hold, key, rows.length]);
  return useCallback((row) => held.get(row.service.name) ?? 4, [held]);
}

function sameRanks(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  return a.size === b.size && [...b].every(([name, rank]) => a.get(name) === rank);
}

export type StateFilter = 'running' | 'stopped' | null;

/** Rows that a filter text and a state filter leave. All words must occur in name, display name, account, state or start mode. */
export function filterRows(rows: readonly ServiceRow[], text: string, state: StateFilter): readonly ServiceRow[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0 && state === null) return rows;
  return rows.filter(({ service }) => {
    if (state === 'running' && service.state === 'Stopped') return false;
    if (state === 'stopped' && service.state !== 'Stopped') return false;
    const { name, displayName, account, startMode, state: now, processId } = service;
    const hay = `${name}\n${displayName}\n${account ?? ''}\n${startMode}\n${now}\n${processId || ''}`.toLowerCase();
    return words.every((word) => hay.includes(word));
  });
}
