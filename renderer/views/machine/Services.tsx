import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Machine } from '../../../shared/contract/machines.ts';
import type { ServiceAction } from '../../../shared/contract/windows-services.ts';
import { AgeLabel } from '../../components/AgeLabel.tsx';
import { Button } from '../../components/Button.tsx';
import { CodeLine } from '../../components/CodeLine.tsx';
import {
  createTableMemory,
  DataTable,
  type DataTableHandle,
  type Sorting,
  type TableMemory,
} from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { keepOnly } from '../../components/table-selection.ts';
import { foundService, useWantedService } from '../../stores/wanted-service.ts';
import { isActive, isTrouble, windowsServicesStore } from '../../stores/windows-services.ts';
import { ActionsBar } from './ActionsBar.tsx';
import { useUserName } from './machine-view.ts';
import { serviceResource, winrmLine } from './remote-line.ts';
import { serviceColumns, TroubleLine, troubleHeight } from './ServiceCells.tsx';
import { ServiceMenu } from './ServiceMenu.tsx';
import { ServicePane } from './ServicePane.tsx';
import { ServiceToolbar } from './ServiceToolbar.tsx';
import { StopDialog } from './StopDialog.tsx';
import { isOwnProblem, Skeleton } from './section.tsx';
import { canDo, methodOf } from './service-words.ts';
import {
  filterRows,
  rowId,
  type ServiceRow,
  type StateFilter,
  useHeldRank,
  useMachineServices,
  useServiceRows,
} from './services-view.ts';
import { useNarrow } from './use-media.ts';
import { useServiceActions } from './use-service-actions.ts';
import { useServiceOffers } from './use-service-offers.ts';
import './services.css';

/** What the view of a machine remembers while another room is open. */
interface Memory {
  selected: ReadonlySet<string>;
  text: string;
  stateFilter: StateFilter;
  attentionFirst: boolean;
  sorting: Sorting;
  table: TableMemory;
}
const memories = new Map<string, Memory>();
const memoryOf = (machineId: string): Memory => {
  const found = memories.get(machineId) ?? {
    selected: new Set(),
    text: '',
    stateFilter: null,
    attentionFirst: true,
    sorting: { id: 'name', desc: false },
    table: createTableMemory(),
  };
  memories.set(machineId, found);
  return found;
};
/** Open or closed for all machines alike. */
let paneWasOpen = true;

const keyOf: Readonly<Record<string, ServiceAction>> = {
  KeyS: 'start',
  KeyT: 'stop',
  KeyR: 'restart',
  KeyP: 'pause',
  KeyU: 'resume',
};

/** The services of one machine: what runs, what should, and everything that can be done to them. */
export function Services({ machine }: { machine: Machine }) {
  const machineId = machine.id;
  useEffect(() => windowsServicesStore.watch(machineId), [machineId]);
  const view = useMachineServices(machineId);
  const rows = useServiceRows(view);
  const memory = memoryOf(machineId);
  const [selectedIds, setSelectedIds] = useState(memory.selected);
  const [text, setText] = useState(memory.text);
  const [stateFilter, setStateFilter] = useState(memory.stateFilter);
  const [attentionFirst, setAttentionFirst] = useState(memory.attentionFirst);
  const [sorting, setSorting] = useState(memory.sorting);
  const [paneOpen, setPaneOpen] = useState(paneWasOpen);
  const [menuAt, setMenuAt] = useState<{ x: number; y: number } | null>(null);
  const [modeOpen, setModeOpen] = useState(false);
  const [atWork, setAtWork] = useState(false);
  const handle = useRef<DataTableHandle>(null);
  const modeButton = useRef<HTMLButtonElement>(null);
  const modeByKey = useRef(false);
  const pane = useRef<HTMLDivElement>(null);
  const narrow = useNarrow();
  Object.assign(memory, { selected: selectedIds, text, stateFilter, attentionFirst, sorting });
  paneWasOpen = paneOpen;

  const byId = useMemo(() => new Map(rows.map((row) => [rowId(row), row])), [rows]);
  // Before the list has come nothing is gone yet.
  const ids = useMemo(
    () => (rows.length === 0 ? selectedIds : keepOnly(selectedIds, (id) => byId.has(id))),
    [selectedIds, byId, rows.length],
  );
  const selected = useMemo(() => [...ids].flatMap((id) => byId.get(id) ?? []), [ids, byId]);
  const shown = useMemo(() => filterRows(rows, text, stateFilter), [rows, text, stateFilter]);
  const actions = useServiceActions(machineId, selected);
  const canChange = machine.state === 'online' && view?.services != null;
  useServiceOffers(actions, canChange);

  const held = atWork || menuAt !== null || modeOpen || actions.confirmation !== null;
  const sortKey = `${text} ${stateFilter} ${attentionFirst} ${sorting?.id} ${sorting?.desc}`;
  const rank = useHeldRank(rows, held, sortKey);
  const columns = useMemo(() => serviceColumns(machineId, narrow), [machineId, narrow]);
  const detail = useCallback(
    (row: ServiceRow) =>
      isTrouble(row.record)
        ? { height: troubleHeight, content: <TroubleLine machineId={machineId} row={row} /> }
        : null,
    [machineId],
  );

  const userName = useUserName(machine);
  const command = useMemo(() => {
    const [focus] = selected;
    if (!focus) return winrmLine('enumerate', ['wmicimv2/Win32_Service'], machine.settings, userName);
    const { service, record } = focus;
    const resource = serviceResource(service.name);
    const last = record && record.action !== 'set-start-mode' ? record.action : null;
    if (record?.action === 'set-start-mode' && record.startMode !== null) {
      const mode = record.startMode === 'Auto' ? 'Automatic' : record.startMode;
      return winrmLine('invoke', ['ChangeStartMode', resource, `@{StartMode="${mode}"}`], machine.settings, userName);
    }
    const next =
      isActive(record) && last
        ? last
        : canDo('stop', service, undefined)
          ? 'stop'
          : canDo('start', service, undefined)
            ? 'start'
            : last;
    if (next === null) return winrmLine('get', [resource], machine.settings, userName);
    return winrmLine('invoke', [methodOf[next], resource], machine.settings, userName);
  }, [selected, machine.settings, userName]);

  // The table keeps its focused row to itself; a new one begins at the row that its memory names.
  const [tableNumber, setTableNumber] = useState(0);
  const { table } = memory;
  const goTo = useCallback(
    (name: string) => {
      setSelectedIds(new Set([name]));
      table.focusedId = name;
      setTableNumber((number) => number + 1);
      requestAnimationFrame(() => handle.current?.focus());
    },
    [table],
  );
  const goToAny = useCallback(
    (name: string) => {
      setText('');
      setStateFilter(null);
      goTo(name);
    },
    [goTo],
  );

  const wanted = useWantedService((state) => (state.wanted?.machineId === machineId ? state.wanted.name : null));
  useEffect(() => {
    if (wanted === null || rows.length === 0) return;
    foundService();
    if (byId.has(wanted)) goToAny(wanted);
  }, [wanted, rows.length, byId, goToAny]);

  const typed = useRef({ text: '', at: 0 });
  const onKey = (event: React.KeyboardEvent) => {
    if (event.altKey && !event.ctrlKey && !event.metaKey) {
      const action = keyOf[event.code];
      if (action && canChange) actions.act(action);
      else if (event.code === 'KeyM' && canChange && selected.length > 0) {
        modeByKey.current = true;
        modeButton.current?.focus();
        setModeOpen(true);
      } else return;
      event.preventDefault();
    } else if (event.key === 'Escape' && selectedIds.size > 1) {
      setSelectedIds(new Set());
      event.preventDefault();
    } else if (/^[a-z]$/i.test(event.key) && !event.ctrlKey && !event.metaKey) {
      // Like any list of the system: letters typed in a row go to the next name that begins with them.
      const again = event.timeStamp - typed.current.at < 900;
      typed.current = { text: (again ? typed.current.text : '') + event.key.toLowerCase(), at: event.timeStamp };
      const names = shown.map(rowId).toSorted((a, b) => a.localeCompare(b, 'en', { sensitivity: 'base' }));
      const found = names.find((name) => name.toLowerCase().startsWith(typed.current.text));
      if (found) goTo(found);
      event.preventDefault();
    }
  };

  /** Opened by its key from a row, the menu gives the keyboard back to the row. */
  const setMode = (open: boolean) => {
    setModeOpen(open);
    if (!open && modeByKey.current) requestAnimationFrame(() => handle.current?.focus());
    if (!open) modeByKey.current = false;
  };

  const own = view?.problem && isOwnProblem(view.problem, machine) ? view.problem : null;
  return (
    <>
      <div className="room sv" data-pane={paneOpen || undefined}>
        <div className="room-main">
          <ServiceToolbar
            rows={rows}
            known={view?.services != null}
            selected={selected}
            actions={actions}
            canChange={canChange}
            attentionFirst={attentionFirst}
            onAttentionFirst={setAttentionFirst}
            stateFilter={stateFilter}
            onStateFilter={setStateFilter}
            text={text}
            onText={setText}
            onToList={() => handle.current?.focus()}
            modeMenu={{ open: modeOpen, set: setMode }}
            modeButton={modeButton}
          />
          {own && view?.services ? (
            <div className="room-note">
              <ProblemBanner problem={own} />
            </div>
          ) : null}
          {view?.services && !view.live && view.readAt !== null ? (
            <div className="sv-stale">
              <AgeLabel readAt={view.readAt} />
              <span className="t2">The list as it was then. It is read again by itself.</span>
            </div>
          ) : null}
          {/* biome-ignore lint/a11y/noStaticElementInteractions: only notices where pointer and keyboard are */}
          <div
            className={view?.live ? 'sv-table' : 'sv-table stale'}
            onPointerEnter={() => setAtWork(true)}
            onPointerLeave={(event) => setAtWork(event.currentTarget.contains(document.activeElement))}
            onFocus={() => setAtWork(true)}
            onBlur={(event) => {
              if (!event.currentTarget.matches(':hover')) setAtWork(false);
            }}
          >
            <DataTable
              key={tableNumber}
              label={`Services of ${machine.settings.name}`}
              rows={shown}
              columns={columns}
              rowId={rowId}
              sorting={sorting}
              onSorting={setSorting}
              {...(attentionFirst ? { rank } : {})}
              selected={ids}
              onSelect={setSelectedIds}
              selecting="list"
              onOpen={() => {
                setPaneOpen(true);
                requestAnimationFrame(() => pane.current?.querySelector<HTMLElement>('.sv-pane-body')?.focus());
              }}
              onMenu={(_row, at) => setMenuAt(at)}
              onKey={onKey}
              rowClass={rowClass}
              detail={detail}
              memory={memory.table}
              handle={handle}
              empty={
                <Empty
                  machine={machine}
                  view={view}
                  filtered={rows.length > 0}
                  onClear={() => {
                    setText('');
                    setStateFilter(null);
                  }}
                />
              }
            />
          </div>
          <ActionsBar machineId={machineId} actions={view?.actions ?? []} />
        </div>
        {paneOpen && (
          <div ref={pane} className="sv-pane-box">
            <ServicePane
              machine={machine}
              rows={selected}
              all={rows}
              actions={view?.actions ?? []}
              canChange={canChange}
              onStartMode={actions.setStartMode}
              onGo={goToAny}
              onClose={() => {
                setPaneOpen(false);
                handle.current?.focus();
              }}
            />
          </div>
        )}
      </div>
      <CodeLine command={command} />
      {menuAt !== null && (
        <ServiceMenu
          at={menuAt}
          selected={selected}
          actions={actions}
          canChange={canChange}
          command={command}
          onClose={() => {
            setMenuAt(null);
            handle.current?.focus();
          }}
        />
      )}
      {actions.confirmation !== null && (
        <StopDialog
          machine={machine}
          confirmation={actions.confirmation}
          services={view?.services ?? []}
          onConfirm={actions.confirm}
          onCancel={actions.cancel}
        />
      )}
    </>
  );
}

function rowClass({ record }: ServiceRow): string {
  if (!isTrouble(record)) return '';
  return record?.stage === 'unknown' ? 'warn' : 'crit';
}

/** Instead of rows: being read, refused, or nothing that the filter leaves. */
function Empty(props: {
  machine: Machine;
  view: ReturnType<typeof useMachineServices>;
  filtered: boolean;
  onClear: () => void;
}) {
  const { machine, view } = props;
  if (props.filtered) {
    return (
      <EmptyState title="No service is like this" actions={<Button onClick={props.onClear}>Show all</Button>}>
        The filter leaves nothing of the list.
      </EmptyState>
    );
  }
  if (view?.services) return <EmptyState title="This machine reports no services" />;
  if (view?.problem && isOwnProblem(view.problem, machine)) {
    return (
      <div className="room-note">
        <ProblemBanner problem={view.problem} />
      </div>
    );
  }
  if (machine.state === 'online' || machine.state === 'connecting' || machine.state === 'unknown') {
    return <Skeleton className="room-skeleton" label="The services are being read" lines={14} />;
  }
  return (
    <EmptyState title="Not known yet">
      The services of {machine.settings.name} are read as soon as it answers.
    </EmptyState>
  );
}
