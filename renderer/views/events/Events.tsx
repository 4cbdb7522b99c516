import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import type { EventEntry, EventFilter, SavedEventFilter } from '../../../shared/contract/event-log.ts';
import type { Machine } from '../../../shared/contract/machines.ts';
import { Button } from '../../components/Button.tsx';
import { CodeLine } from '../../components/CodeLine.tsx';
import { createTableMemory, DataTable, type DataTableHandle, type TableMemory } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { isAltKey } from '../../components/keys.ts';
import { Banner, ProblemBanner } from '../../components/ProblemBanner.tsx';
import { saveFile } from '../../components/save-file.ts';
import { keepOnly } from '../../components/table-selection.ts';
import { eventLogStore, type MachineEvents, noFilter } from '../../stores/event-log.ts';
import { useUserName } from '../machine/machine-view.ts';
import { isOwnProblem, Skeleton } from '../machine/section.tsx';
import { useNarrow } from '../machine/use-media.ts';
import { eventColumns, rowId } from './EventColumns.tsx';
import { ChannelDialog, SaveFilterDialog } from './EventDialogs.tsx';
import { EventFilters } from './EventFilters.tsx';
import { EventFoot } from './EventFoot.tsx';
import { EventPane } from './EventPane.tsx';
import { EventToolbar } from './EventToolbar.tsx';
import { fileName, toCsv, toJson } from './event-export.ts';
import { eventLine } from './event-line.ts';
import { isFiltering } from './event-words.ts';
import './events.css';

/** What the room of a machine remembers while another one is open; the list itself is the store's. */
interface Memory {
  selected: ReadonlySet<string>;
  table: TableMemory;
}
const memories = new Map<string, Memory>();
function memoryOf(machineId: string): Memory {
  const found = memories.get(machineId) ?? { selected: new Set(), table: createTableMemory() };
  memories.set(machineId, found);
  return found;
}
/** Open or closed for all machines alike. */
let paneWasOpen = true;

const rowHeight = 27;
const nothing: readonly EventEntry[] = [];

/** The event logs of one machine: what happened, newest first, and what happens now. */
export function Events({ machine }: { machine: Machine }) {
  const machineId = machine.id;
  useEffect(() => eventLogStore.watch(machineId), [machineId]);
  const view = useStore(
    eventLogStore.state,
    useCallback((all) => all[machineId], [machineId]),
  );
  const saved = useStore(eventLogStore.saved);
  const memory = memoryOf(machineId);
  const [selectedIds, setSelectedIds] = useState(memory.selected);
  const [paneOpen, setPaneOpen] = useState(paneWasOpen);
  const [dialog, setDialog] = useState<'save' | 'other' | null>(null);
  const handle = useRef<DataTableHandle>(null);
  const pane = useRef<HTMLDivElement>(null);
  const table = useRef<HTMLDivElement>(null);
  const logButton = useRef<HTMLButtonElement>(null);
  const savedButton = useRef<HTMLButtonElement>(null);
  const levelButton = useRef<HTMLButtonElement>(null);
  const narrow = useNarrow();
  Object.assign(memory, { selected: selectedIds });
  paneWasOpen = paneOpen;

  // At once when the machine answers again.
  const { state } = machine;
  const stateBefore = useRef(state);
  useEffect(() => {
    if (stateBefore.current !== 'online' && state === 'online') eventLogStore.refresh(machineId);
    stateBefore.current = state;
  }, [machineId, state]);

  const entries = view?.entries ?? nothing;
  const columns = useMemo(() => eventColumns(narrow), [narrow]);
  const byId = useMemo(() => new Map(entries.map((entry) => [rowId(entry), entry])), [entries]);
  const ids = useMemo(
    () => (entries.length === 0 ? selectedIds : keepOnly(selectedIds, (id) => byId.has(id))),
    [selectedIds, byId, entries.length],
  );
  const selected = useMemo(() => [...ids].flatMap((id) => byId.get(id) ?? []), [ids, byId]);

  // News come in front: whoever reads further down keeps what is under the eye.
  const arrived = view?.arrived ?? 0;
  const arrivedBefore = useRef(arrived);
  useLayoutEffect(() => {
    const more = arrived - arrivedBefore.current;
    arrivedBefore.current = arrived;
    const scroller = table.current?.querySelector<HTMLElement>('[data-scroller="table"]');
    if (more > 0 && scroller && scroller.scrollTop > 0) scroller.scrollTop += more * rowHeight;
  }, [arrived]);

  const show = useCallback(
    (change: { log?: string; filter?: EventFilter }) => eventLogStore.show(machineId, change),
    [machineId],
  );
  const apply = (one: SavedEventFilter) => show({ filter: one.filter, ...(one.log === null ? {} : { log: one.log }) });
  const exportAs = (kind: 'csv' | 'json') => {
    const name = fileName(machine.settings.name, view?.log ?? '', Date.now(), kind);
    saveFile(name, kind === 'csv' ? toCsv(entries) : toJson(entries));
  };

  // Wherever the focus is in the room.
  const live = view?.live ?? true;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!isAltKey(event) || event.shiftKey) return;
      if (document.querySelector('[role="dialog"],[role="alertdialog"],[role="menu"]') !== null) return;
      if (event.code === 'KeyO') void eventLogStore.older(machineId);
      else if (event.code === 'KeyT') eventLogStore.setLive(machineId, !live);
      else if (event.code === 'KeyG') logButton.current?.click();
      else if (event.code === 'KeyS') savedButton.current?.click();
      else if (event.code === 'KeyL') levelButton.current?.click();
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [machineId, live]);

  const userName = useUserName(machine);
  const command = useMemo(
    () => eventLine({ page: view?.page ?? null, log: view?.log ?? 'System' }, machine.settings, userName),
    [view?.page, view?.log, machine.settings, userName],
  );

  const own = view?.problem && isOwnProblem(view.problem, machine) ? view.problem : null;
  if (view === undefined) return <Skeleton className="room-skeleton" label="The events are being read" lines={14} />;
  return (
    <>
      <div className="room ev" data-pane={paneOpen || undefined}>
        <div className="room-main">
          <EventToolbar
            view={view}
            saved={saved.filters}
            logButton={logButton}
            savedButton={savedButton}
            onLog={(log) => show({ log })}
            onOther={() => setDialog('other')}
            onSaved={apply}
            onSave={() => setDialog('save')}
            onForget={(name) => void eventLogStore.removeFilter(name)}
            onExport={exportAs}
            onLive={(next) => eventLogStore.setLive(machineId, next)}
          />
          <EventFilters
            filter={view.filter}
            onFilter={(filter) => show({ filter })}
            onToList={() => handle.current?.focus()}
            levelButton={levelButton}
          />
          {saved.problem ? (
            <div className="room-note">
              <ProblemBanner problem={saved.problem} />
            </div>
          ) : null}
          {view.gap === null ? null : (
            <div className="room-note">
              <Banner
                tint="warn"
                glyph="warning"
                actions={<Button onClick={() => eventLogStore.dismissGap(machineId)}>Put away</Button>}
              >
                <b>There may be a gap.</b> {view.gap} F5 reads the log anew.
              </Banner>
            </div>
          )}
          {own && entries.length > 0 ? (
            <div className="room-note">
              <ProblemBanner problem={own} />
            </div>
          ) : null}
          <div
            ref={table}
            className={view.reading === 'first' ? 'ev-table reading' : 'ev-table'}
            aria-busy={view.reading === 'first'}
          >
            <DataTable
              label={`Events in ${view.log} of ${machine.settings.name}`}
              rows={entries}
              columns={columns}
              rowId={rowId}
              sorting={null}
              onSorting={() => {}}
              selected={ids}
              onSelect={setSelectedIds}
              selecting="list"
              rowHeight={rowHeight}
              onOpen={() => {
                setPaneOpen(true);
                requestAnimationFrame(() => pane.current?.focus());
              }}
              memory={memory.table}
              handle={handle}
              empty={<Empty machine={machine} view={view} onClear={() => show({ filter: noFilter })} />}
            />
          </div>
          <EventFoot machine={machine} view={view} />
        </div>
        {paneOpen ? (
          <EventPane
            machineId={machineId}
            selected={selected}
            canRead={machine.state === 'online'}
            body={pane}
            onClose={() => {
              setPaneOpen(false);
              handle.current?.focus();
            }}
          />
        ) : null}
      </div>
      <CodeLine command={command} />
      {dialog === 'save' ? (
        <SaveFilterDialog log={view.log} filter={view.filter} saved={saved.filters} onClose={() => setDialog(null)} />
      ) : null}
      {dialog === 'other' ? (
        <ChannelDialog
          machine={machine}
          channels={view.channels}
          onOpen={(log) => {
            setDialog(null);
            show({ log });
          }}
          onClose={() => setDialog(null)}
        />
      ) : null}
    </>
  );
}

function Empty({ machine, view, onClear }: { machine: Machine; view: MachineEvents; onClear: () => void }) {
  if (view.problem && isOwnProblem(view.problem, machine)) {
    return (
      <div className="room-note">
        <ProblemBanner problem={view.problem} />
      </div>
    );
  }
  if (view.page !== null && view.reading === null) {
    if (isFiltering(view.filter)) {
      const { lookedAt } = view.page;
      return (
        <EmptyState
          title="No event is like this"
          actions={
            <>
              {view.before === null ? null : (
                <Button onClick={() => void eventLogStore.older(machine.id)}>Look further back</Button>
              )}
              <Button onClick={onClear}>Show all</Button>
            </>
          }
        >
          {lookedAt > 0 ? `${lookedAt} events of ${view.log} were looked at.` : `The log ${view.log} has none.`}
        </EmptyState>
      );
    }
    return <EmptyState title={`The log ${view.log} is empty`}>What happens from now on appears here.</EmptyState>;
  }
  if (machine.state === 'online' || machine.state === 'connecting' || machine.state === 'unknown') {
    return <Skeleton className="room-skeleton" label="The events are being read" lines={14} />;
  }
  return (
    <EmptyState title="Not known yet">The events of {machine.settings.name} are read as soon as it answers.</EmptyState>
  );
}
