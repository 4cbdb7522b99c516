import { useCallback, useDeferredValue, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { Machine } from '../../../shared/contract/machines.ts';
import { createTableMemory, DataTable, type DataTableHandle } from '../../components/DataTable.tsx';
import { isTyping } from '../../components/keys.ts';
import { useRefreshKey } from '../../components/refresh-key.ts';
import { keepOnly } from '../../components/table-selection.ts';
import { useElementWidth } from '../../components/useElementWidth.ts';
import { narrowWindow, useMedia } from '../../components/useMedia.ts';
import { useCredentials } from '../../stores/credentials.ts';
import { openDialog } from '../../stores/dialogs.ts';
import { readGauge, subscribeGauges, watchGauges } from '../../stores/gauges.ts';
import { useMachineFilter } from '../../stores/machine-filter.ts';
import { refreshMachines, useMachines } from '../../stores/machines.ts';
import { attempt } from '../../stores/notices.ts';
import { openMachine, takeLastMachine } from '../../stores/router.ts';
import { useDrift } from '../../stores/winrm-snapshots.ts';
import { diagnoseMachine } from '../diagnose/diagnose-machine.ts';
import { BulkBar } from './BulkBar.tsx';
import { machineColumns, standardColumns } from './columns.tsx';
import { parseFilter } from './filter.ts';
import { GroupPane } from './GroupPane.tsx';
import { groupsOf, inGroup } from './groups.ts';
import { MachineMenu } from './MachineMenu.tsx';
import { MachinesHead, PageMenu } from './MachinesHead.tsx';
import { NoMatch } from './NoMatch.tsx';
import './machines.css';

const memory = createTableMemory();
const machineId = (machine: Machine): string => machine.id;
const machineName = (machine: Machine): string => machine.settings.name;
const rowClass = (machine: Machine): string => (machine.state === 'online' ? '' : 'stale-row');
const select = (selected: ReadonlySet<string>) => useMachineFilter.setState({ selected });
const open = (machine: Machine) => openMachine(machine.id);

/** How often an order or a filter by CPU or memory is applied anew. */
const reorderMs = 2000;

/** The list: every machine of the inventory, narrowed by a group and a filter. */
export function MachinesPage() {
  const list = useMachines((state) => state.list);
  const { text, group, sorting, selected, columns: chosen } = useMachineFilter();
  const narrow = useMedia(narrowWindow);
  const sets = useCredentials((state) => state.sets);
  const [menu, setMenu] = useState<{ machine: Machine; x: number; y: number } | null>(null);
  const table = useRef<DataTableHandle>(null);
  useState(() => {
    memory.focusedId = takeLastMachine() ?? memory.focusedId;
  });

  // Typing stays fluent with 10,000 machines: the list may follow a moment later.
  const appliedText = useDeferredValue(text);
  const filter = useMemo(() => parseFilter(appliedText), [appliedText]);
  const byGauge = filter.needsGauges || sorting?.id === 'cpu' || sorting?.id === 'memory';
  const tick = useGaugeTick(byGauge);
  const drift = useDrift((state) => (sorting?.id === 'winrm-drift' ? state.known : null));

  const groups = useMemo(() => groupsOf(list), [list]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: readings (a tick) and verdicts on drift are read where they are sorted by
  const rows = useMemo(() => {
    const isMember = inGroup(group);
    const setName = (id: string) => sets.find((set) => set.id === id)?.name;
    const context = { nowMs: Date.now(), gauge: readGauge, setName };
    return list.filter((machine) => isMember(machine) && filter.matches(machine, context));
  }, [list, group, filter, tick, sets, drift]);

  const [main, setMain] = useState<HTMLElement | null>(null);
  const available = useElementWidth(main);
  const sortedBy = sorting?.id;
  const columns = useMemo(() => {
    if (chosen === null) return standardColumns(available ?? Number.POSITIVE_INFINITY, sortedBy);
    return machineColumns.filter(
      (column) => column.id === 'state' || column.id === 'name' || chosen.includes(column.id),
    );
  }, [chosen, available, sortedBy]);

  // Machines that have left the inventory leave the selection too.
  useEffect(() => {
    const { byId } = useMachines.getState();
    const kept = keepOnly(useMachineFilter.getState().selected, (id) => byId.has(id));
    if (list.length > 0 && kept !== useMachineFilter.getState().selected) select(kept);
  }, [list]);

  // Not state: scrolling must not render the page.
  const visible = useRef<readonly string[]>([]);
  const onVisible = useCallback(
    (ids: readonly string[]) => {
      visible.current = ids;
      if (!byGauge) watchGauges(ids);
    },
    [byGauge],
  );
  useEffect(() => {
    if (byGauge) watchGauges(list.map(machineId), true);
    else watchGauges(visible.current);
  }, [byGauge, list]);
  useEffect(() => () => watchGauges([]), []);

  // Before anything opens from the menu: a dialog gives the focus back to where it was when it opened.
  const closeMenu = useCallback(() => {
    setMenu(null);
    table.current?.focus();
  }, []);
  // Coming back from a machine, the keyboard is where it was.
  useEffect(() => {
    if (memory.focusedId !== null && document.activeElement === document.body)
      requestAnimationFrame(() => table.current?.focus());
  }, []);

  const onMenu = useCallback((machine: Machine, at: { x: number; y: number }) => setMenu({ machine, ...at }), []);
  const targets = useCallback((machine: Machine): readonly string[] => {
    const current = useMachineFilter.getState().selected;
    return current.has(machine.id) ? [...current] : [machine.id];
  }, []);

  useRefreshKey(refresh);
  // Before it is painted: whoever sees the room may press its keys.
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
      const { selected: now } = useMachineFilter.getState();
      const ids = [...now];
      if (event.key === 'a') openDialog({ kind: 'add-machine' });
      else if (event.key === 'i') openDialog({ kind: 'import' });
      else if (event.key === 'r' && ids.length > 0) openDialog({ kind: 'restart-machines', machineIds: ids });
      else if (event.key === 't' && ids.length > 0) openDialog({ kind: 'tag-machines', machineIds: ids });
      else if (event.key === 'l' && ids.length > 0) openDialog({ kind: 'broadcast', machineIds: ids });
      else if (event.key === 'c' && ids.length > 0) openDialog({ kind: 'assign-credential', machineIds: ids });
      else if (event.key === 'Delete' && ids.length > 0) openDialog({ kind: 'remove-machines', machineIds: ids });
      else if (event.key === 'Escape' && now.size > 0) select(new Set());
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);

  const onKey = useCallback(
    (event: React.KeyboardEvent, machine: Machine) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === 'F8') diagnoseMachine(machine.id);
      else if (event.key === 'F2') openDialog({ kind: 'edit-machine', machineId: machine.id });
      else if (event.key === 'Delete') openDialog({ kind: 'remove-machines', machineIds: targets(machine) });
      else if (event.key === 'r') openDialog({ kind: 'restart-machines', machineIds: targets(machine) });
      else if (event.key === 't') openDialog({ kind: 'tag-machines', machineIds: targets(machine) });
      else if (event.key === 'l') openDialog({ kind: 'broadcast', machineIds: targets(machine) });
      else if (event.key === 'c') openDialog({ kind: 'assign-credential', machineIds: targets(machine) });
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
    [targets],
  );

  return (
    <div className={narrow ? 'machines narrow' : 'machines'}>
      {narrow ? null : <GroupPane groups={groups} menu={<PageMenu />} />}
      <section ref={setMain} className="machines-main" aria-label="List of machines">
        <MachinesHead
          narrow={narrow}
          groups={groups}
          shown={rows.length}
          filterProblem={filter.problem}
          columns={columns}
          onLeaveFilter={() => table.current?.focus()}
        />
        <DataTable
          label="Machines"
          rows={rows}
          columns={columns}
          rowId={machineId}
          rowName={machineName}
          sorting={sorting}
          onSorting={(next) => useMachineFilter.setState({ sorting: next })}
          selected={selected}
          onSelect={select}
          selecting="checkboxes"
          onOpen={open}
          onMenu={onMenu}
          onKey={onKey}
          rowClass={rowClass}
          onVisible={onVisible}
          empty={<NoMatch filterProblem={filter.problem} />}
          memory={memory}
          handle={table}
        />
        {selected.size > 0 ? <BulkBar ids={selected} /> : null}
      </section>
      {menu === null ? null : (
        <MachineMenu machine={menu.machine} targets={targets(menu.machine)} x={menu.x} y={menu.y} onClose={closeMenu} />
      )}
    </div>
  );
}

/** Nothing selected: everybody is asked. */
/** Those that are selected, else all. */
function refresh(): void {
  const ids = [...useMachineFilter.getState().selected];
  void attempt(() => refreshMachines(ids.length > 0 ? ids : useMachines.getState().list.map(machineId)));
}

/** Counts up every two seconds in which readings came, while `active`. */
function useGaugeTick(active: boolean): number {
  const [tick, setTick] = useState(0);
  useEffect(() => {
    if (!active) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = subscribeGauges(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        setTick((before) => before + 1);
      }, reorderMs);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [active]);
  return tick;
}
