import { AddRegular, DismissCircleRegular } from '@fluentui/react-icons';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import type { Machine } from '../../../shared/contract/machines.ts';
import { processKeyText, type WindowsProcess } from '../../../shared/contract/processes.ts';
import { AgeLabel } from '../../components/AgeLabel.tsx';
import { Button } from '../../components/Button.tsx';
import { Chip } from '../../components/Chip.tsx';
import { CodeLine } from '../../components/CodeLine.tsx';
import {
  createTableMemory,
  DataTable,
  type DataTableHandle,
  type Sorting,
  type TableMemory,
} from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { FilterBox } from '../../components/FilterBox.tsx';
import { isAltKey } from '../../components/keys.ts';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { Toolbar } from '../../components/Toolbar.tsx';
import { keepOnly } from '../../components/table-selection.ts';
import { VerbButton } from '../../components/VerbButton.tsx';
import { plural } from '../../format.ts';
import { type MachineProcesses, type ProcessActionRecord, processesStore } from '../../stores/processes.ts';
import { useUserName } from '../machine/machine-view.ts';
import { quoted, winrmLine } from '../machine/remote-line.ts';
import { isOwnProblem, Skeleton } from '../machine/section.tsx';
import { useNarrow } from '../machine/use-media.ts';
import { useVisible } from '../machine/use-visible.ts';
import { EndDialog } from './EndDialog.tsx';
import { processColumns } from './ProcessCells.tsx';
import { ProcessPane } from './ProcessPane.tsx';
import { descendantsOf, orderProcesses, type ProcessRow, rowId } from './process-view.ts';
import { StartDialog } from './StartDialog.tsx';
import './processes.css';

/** What the room of a machine remembers while another one is open. */
interface Memory {
  selected: ReadonlySet<string>;
  text: string;
  isTree: boolean;
  closed: ReadonlySet<string>;
  sorting: Sorting;
  table: TableMemory;
}
const memories = new Map<string, Memory>();
function memoryOf(machineId: string): Memory {
  const found = memories.get(machineId) ?? {
    selected: new Set(),
    text: '',
    isTree: true,
    closed: new Set(),
    sorting: { id: 'name', desc: false },
    table: createTableMemory(),
  };
  memories.set(machineId, found);
  return found;
}
/** `chosen` stays what was asked about, whatever is selected, or still there, by the time of the answer. */
type OpenDialog = { readonly kind: 'end'; readonly chosen: readonly WindowsProcess[] } | { readonly kind: 'start' };

/** Open or closed for all machines alike. */
let paneWasOpen = true;

const rowHeight = 24;
/** Two seconds: a dialog is gone long before. */
const mostFrames = 120;
/** What was started and is not seen by then has ended already: its number may be given to another. */
const mostAwaitedMs = 15_000;
const none: ReadonlyMap<string, WindowsProcess> = new Map();

/** The processes of one machine: who works, who started whom; ending one and starting one. */
export function Processes({ machine }: { machine: Machine }) {
  const machineId = machine.id;
  const visible = useVisible();
  // Read only while somebody can see it.
  useEffect(() => (visible ? processesStore.watch(machineId) : undefined), [machineId, visible]);
  const view = useStore(
    processesStore.state,
    useCallback((all) => all[machineId], [machineId]),
  );
  const memory = memoryOf(machineId);
  const [selectedIds, setSelectedIds] = useState(memory.selected);
  const [text, setText] = useState(memory.text);
  const [isTree, setIsTree] = useState(memory.isTree);
  const [closed, setClosed] = useState(memory.closed);
  const [sorting, setSorting] = useState(memory.sorting);
  const [paneOpen, setPaneOpen] = useState(paneWasOpen);
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const handle = useRef<DataTableHandle>(null);
  const pane = useRef<HTMLDivElement>(null);
  const narrow = useNarrow();
  Object.assign(memory, { selected: selectedIds, text, isTree, closed, sorting });
  paneWasOpen = paneOpen;

  const processes = view?.processes ?? none;
  const kept = useRef<ReadonlyMap<string, ProcessRow>>(new Map());
  const rows = useMemo(
    () => orderProcesses(processes, { isTree, sorting, text, closed }, kept.current),
    [processes, isTree, sorting, text, closed],
  );
  useEffect(() => {
    kept.current = new Map(rows.map((row) => [row.key, row]));
  }, [rows]);
  // Before the list has come nothing is gone yet.
  const ids = useMemo(
    () => (processes.size === 0 ? selectedIds : keepOnly(selectedIds, (id) => processes.has(id))),
    [selectedIds, processes],
  );
  const selected = useMemo(() => [...ids].flatMap((id) => processes.get(id) ?? []), [ids, processes]);
  const canChange = machine.state === 'online' && view?.processes != null;
  const canEnd = canChange && selected.length > 0 && selected.every(({ processId }) => processId > 4);

  const twist = useCallback((key: string) => {
    setClosed((before) => {
      const after = new Set(before);
      if (!after.delete(key)) after.add(key);
      return after;
    });
  }, []);
  const columns = useMemo(
    () => processColumns(machineId, { narrow, isTree, onTwist: twist }),
    [machineId, narrow, isTree, twist],
  );
  const onVisible = useCallback((keys: readonly string[]) => processesStore.wantOwners(machineId, keys), [machineId]);

  // The table keeps its focused row to itself; a new one begins at the row that its memory names.
  const [tableNumber, setTableNumber] = useState(0);
  const { table } = memory;
  const goTo = useCallback(
    (key: string) => {
      setText('');
      setClosed(new Set());
      setSelectedIds(new Set([key]));
      table.focusedId = key;
      setTableNumber((number) => number + 1);
    },
    [table],
  );
  // The new table is there some frames later, and a dialog that closes has the keyboard until it is gone.
  useEffect(() => {
    if (tableNumber === 0) return;
    let frame = 0;
    const focus = (triesLeft: number) => {
      frame = requestAnimationFrame(() => {
        const isHeld = document.querySelector('[role="dialog"],[role="alertdialog"]') !== null;
        if (handle.current !== null && !isHeld) handle.current.focus();
        else if (triesLeft > 0) focus(triesLeft - 1);
      });
    };
    focus(mostFrames);
    return () => cancelAnimationFrame(frame);
  }, [tableNumber]);
  /** What was started, until it is seen in the list. */
  const [awaited, setAwaited] = useState<{ readonly processId: number; readonly until: number } | null>(null);
  useEffect(() => {
    if (awaited === null) return;
    const timer = setTimeout(() => setAwaited(null), Math.max(0, awaited.until - Date.now()));
    return () => clearTimeout(timer);
  }, [awaited]);
  useEffect(() => {
    if (awaited === null || Date.now() > awaited.until) return;
    const newest = [...processes].filter(([, { processId }]) => processId === awaited.processId).at(-1);
    if (newest === undefined) return;
    setAwaited(null);
    goTo(newest[0]);
  }, [awaited, processes, goTo]);

  const onKey = (event: React.KeyboardEvent, row: ProcessRow) => {
    const alone = !event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (event.key === 'Delete' && alone) {
      if (canEnd) setDialog({ kind: 'end', chosen: selected });
    } else if (isTree && alone && event.key === 'ArrowLeft' && row.children > 0 && !row.isClosed) twist(row.key);
    else if (isTree && alone && event.key === 'ArrowRight' && row.isClosed) twist(row.key);
    else if (event.key === 'Escape' && selectedIds.size > 1) setSelectedIds(new Set());
    else return;
    event.preventDefault();
  };
  // Wherever the focus is in the room.
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!isAltKey(event) || event.shiftKey) return;
      if (document.querySelector('[role="dialog"],[role="alertdialog"]') !== null) return;
      if (event.code === 'KeyN' && canChange) setDialog({ kind: 'start' });
      else if (event.code === 'KeyT') setIsTree((before) => !before);
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [canChange]);

  const userName = useUserName(machine);
  const command = useMemo(() => {
    const [only] = selected;
    const resource = 'wmicimv2/Win32_Process';
    if (selected.length !== 1 || !only) return winrmLine('enumerate', [resource], machine.settings, userName);
    const one = quoted(`${resource}?Handle=${only.processId}`);
    return winrmLine('get', [one], machine.settings, userName);
  }, [selected, machine.settings, userName]);

  const own = view?.problem && isOwnProblem(view.problem, machine) ? view.problem : null;
  return (
    <>
      <div className="room pr" data-pane={paneOpen || undefined}>
        <div className="room-main">
          <Toolbar
            label="Processes"
            end={
              <>
                <span className="t3 num nowrap pr-count" role="status">
                  {view?.processes ? plural(view.processes.size, 'process', 'processes') : ''}
                </span>
                <Chip pressed={isTree} onPress={() => setIsTree(!isTree)}>
                  Tree
                </Chip>
                <FilterBox
                  value={text}
                  onChange={setText}
                  label="Filter processes"
                  onLeave={() => handle.current?.focus()}
                />
              </>
            }
          >
            <VerbButton
              icon={<DismissCircleRegular />}
              disabledFocusable={!canEnd}
              title={canEnd ? 'Del' : whyNot(canChange, selected)}
              onClick={() => canEnd && setDialog({ kind: 'end', chosen: selected })}
            >
              End…
            </VerbButton>
            <VerbButton
              icon={<AddRegular />}
              disabledFocusable={!canChange}
              title={canChange ? 'Alt+N' : 'The machine does not answer now'}
              onClick={() => canChange && setDialog({ kind: 'start' })}
            >
              Start a program…
            </VerbButton>
          </Toolbar>
          {own && view?.processes ? (
            <div className="room-note">
              <ProblemBanner problem={own} />
            </div>
          ) : null}
          {view?.processes && !view.live && view.readAt !== null && visible ? (
            <div className="pr-stale">
              <AgeLabel readAt={view.readAt} />
              <span className="t2">The processes as they were then. They are read again by themselves.</span>
            </div>
          ) : null}
          <Results machineId={machineId} actions={view?.actions ?? []} />
          <div className={view?.live ? 'pr-table' : 'pr-table stale'}>
            <DataTable
              key={tableNumber}
              label={`Processes of ${machine.settings.name}`}
              rows={rows}
              columns={columns}
              rowId={rowId}
              sorting={sorting}
              onSorting={setSorting}
              selected={ids}
              onSelect={setSelectedIds}
              selecting="list"
              rowHeight={rowHeight}
              onOpen={() => {
                setPaneOpen(true);
                requestAnimationFrame(() => pane.current?.focus());
              }}
              onKey={onKey}
              onVisible={onVisible}
              memory={memory.table}
              handle={handle}
              empty={<Empty machine={machine} view={view} filtered={processes.size > 0} onClear={() => setText('')} />}
            />
          </div>
        </div>
        {paneOpen && view ? (
          <ProcessPane
            view={view}
            selected={selected}
            body={pane}
            onGo={goTo}
            onClose={() => {
              setPaneOpen(false);
              handle.current?.focus();
            }}
          />
        ) : null}
      </div>
      <CodeLine command={command} />
      {dialog?.kind === 'end' ? (
        <EndDialog
          machine={machine}
          chosen={dialog.chosen}
          descendants={descendantsOf(processes, new Set(dialog.chosen.map(processKeyText)))}
          onEnd={(all) => {
            setDialog(null);
            void processesStore.end(machineId, all);
          }}
          onClose={() => setDialog(null)}
        />
      ) : null}
      {dialog?.kind === 'start' ? (
        <StartDialog
          machine={machine}
          onStarted={(record) => {
            setDialog(null);
            const { processId } = record;
            setAwaited(processId === null ? null : { processId, until: Date.now() + mostAwaitedMs });
          }}
          onClose={() => setDialog(null)}
        />
      ) : null}
    </>
  );
}

function whyNot(canChange: boolean, selected: readonly WindowsProcess[]): string {
  if (!canChange) return 'The machine does not answer now';
  return selected.length === 0 ? 'Select a process first' : 'Windows lets nobody end this one';
}

/** What came of what was asked: refusals until they are put away, the rest in one line. */
function Results({ machineId, actions }: { machineId: string; actions: readonly ProcessActionRecord[] }) {
  const trouble = actions.filter(({ stage }) => stage === 'failed' || stage === 'unknown');
  const running = actions.filter(({ stage }) => stage === 'running');
  const done = actions.find(({ stage }) => stage === 'done');
  return (
    <>
      {trouble.slice(0, 3).map((record) =>
        record.problem === null ? null : (
          <div key={record.id} className="room-note">
            <ProblemBanner
              problem={record.problem}
              actions={<Button onClick={() => processesStore.dismiss(machineId, record.id)}>Put away</Button>}
            />
          </div>
        ),
      )}
      {running.length > 0 || done ? (
        <div className="pr-said" role="status">
          {running.length > 0 ? (
            <span className="t2">{running.map(words).join(', ')}</span>
          ) : done ? (
            <>
              <span className="t2">{words(done)}</span>
              <Button kind="ghost" onClick={() => processesStore.dismiss(machineId, done.id)}>
                Put away
              </Button>
            </>
          ) : null}
        </div>
      ) : null}
    </>
  );
}

function words({ kind, stage, subject, processId }: ProcessActionRecord): string {
  if (kind === 'end') return stage === 'done' ? `${subject} was ended` : `Ending ${subject}…`;
  return stage === 'done' ? `Started as process ${processId}: ${subject}` : `Starting ${subject}…`;
}

function Empty(props: {
  machine: Machine;
  view: MachineProcesses | undefined;
  filtered: boolean;
  onClear: () => void;
}) {
  const { machine, view } = props;
  if (props.filtered) {
    return (
      <EmptyState title="No process is like this" actions={<Button onClick={props.onClear}>Show all</Button>}>
        The filter leaves nothing of the list.
      </EmptyState>
    );
  }
  if (view?.problem && isOwnProblem(view.problem, machine)) {
    return (
      <div className="room-note">
        <ProblemBanner problem={view.problem} />
      </div>
    );
  }
  if (view?.processes) return <EmptyState title="This machine reports no processes" />;
  if (machine.state === 'online' || machine.state === 'connecting' || machine.state === 'unknown') {
    return <Skeleton className="room-skeleton" label="The processes are being read" lines={16} />;
  }
  return (
    <EmptyState title="Not known yet">
      The processes of {machine.settings.name} are read as soon as it answers.
    </EmptyState>
  );
}
