import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import type { Machine } from '../../../shared/contract/machines.ts';
import type { Problem } from '../../../shared/contract/problem.ts';
import type { TraceRow } from '../../../shared/contract/trace.ts';
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
import { isTyping } from '../../components/keys.ts';
import { Banner, ProblemBanner } from '../../components/ProblemBanner.tsx';
import { saveFile } from '../../components/save-file.ts';
import { formatBytes, formatCount, plural } from '../../format.ts';
import { problemOf } from '../../stores/problem-of.ts';
import { traceStore } from '../../stores/trace.ts';
import { useUserName } from '../machine/machine-view.ts';
import { Skeleton } from '../machine/section.tsx';
import { useNarrow } from '../machine/use-media.ts';
import { traceColumns } from './TraceCells.tsx';
import { TracePane } from './TracePane.tsx';
import { TraceToolbar } from './TraceToolbar.tsx';
import { fileNameOf, filterTrace, fullBar, phases, type TraceFilter, traceCommand } from './trace-view.ts';
import './trace.css';

/** What the room of a machine remembers while another one is open. */
interface Memory {
  text: string;
  filter: TraceFilter;
  sorting: Sorting;
  table: TableMemory;
}
const memories = new Map<string, Memory>();
const memoryOf = (machineId: string): Memory => {
  const found = memories.get(machineId) ?? { text: '', filter: 'all', sorting: null, table: createTableMemory() };
  memories.set(machineId, found);
  return found;
};

const rowId = (row: TraceRow): string => String(row.id);
const rowClass = (row: TraceRow): string => (row.failed ? 'tr-failed' : '');

/** Machine → Trace: what was said to the machine and what it answered. */
export function TraceRoom({ machine }: { machine: Machine }) {
  const machineId = machine.id;
  const { name } = machine.settings;
  useEffect(() => traceStore.watch(machineId), [machineId]);
  const view = useStore(traceStore.state, (all) => all[machineId]);
  const opened = useStore(traceStore.opened, (all) => all[machineId] ?? null);
  const memory = memoryOf(machineId);
  const [text, setText] = useState(memory.text);
  const [filter, setFilter] = useState(memory.filter);
  const [sorting, setSorting] = useState(memory.sorting);
  const [problem, setProblem] = useState<Problem | null>(null);
  const handle = useRef<DataTableHandle>(null);
  const pane = useRef<HTMLDivElement>(null);
  const narrow = useNarrow();
  const userName = useUserName(machine);
  Object.assign(memory, { text, filter, sorting });

  const rows = view?.rows ?? null;
  const shown = useMemo(() => filterTrace(rows ?? [], text, filter), [rows, text, filter]);
  const fullBefore = useRef(0);
  const full = useMemo(() => {
    fullBefore.current = fullBar(shown, fullBefore.current);
    return fullBefore.current;
  }, [shown]);
  const isOpen = opened !== null;
  const columns = useMemo(() => traceColumns(full, narrow, isOpen), [full, narrow, isOpen]);
  const selected = useMemo(() => new Set(opened === null ? [] : [String(opened.id)]), [opened]);
  const select = useCallback(
    (ids: ReadonlySet<string>) => {
      const last = [...ids].at(-1);
      traceStore.open(machineId, last === undefined ? null : Number(last));
    },
    [machineId],
  );
  const attempt = useCallback((work: Promise<unknown>) => {
    setProblem(null);
    work.catch((error: unknown) => setProblem(problemOf(error)));
  }, []);

  const paused = view?.paused ?? false;
  const contents = view?.contents ?? false;
  const isFiltered = text !== '' || filter !== 'all';
  const togglePause = useCallback(() => traceStore.setPaused(machineId, !paused), [machineId, paused]);
  const toggleContents = useCallback(
    () => attempt(traceStore.keepContents(machineId, !contents)),
    [machineId, contents, attempt],
  );
  const save = useCallback(
    (ids: readonly number[] | null) =>
      attempt(traceStore.exportFile(machineId, ids).then((file) => saveFile(fileNameOf(name, Date.now()), file))),
    [machineId, name, attempt],
  );
  const saveShown = useCallback(() => save(isFiltered ? shown.map(({ id }) => id) : null), [save, isFiltered, shown]);

  // Before it is painted: whoever sees the room may press its keys.
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector('[role="dialog"],[role="alertdialog"]') !== null) return;
      if (event.key === 'p') togglePause();
      else if (event.key === 'k') toggleContents();
      else if (event.key === 's') saveShown();
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [togglePause, toggleContents, saveShown]);

  const exchange = opened?.exchange ?? null;
  const command = useMemo(
    () => traceCommand(exchange, machine.settings, userName),
    [exchange, machine.settings, userName],
  );
  const closePane = () => {
    traceStore.open(machineId, null);
    handle.current?.focus();
  };
  return (
    <>
      <div className="tr-toolbar">
        <TraceToolbar
          rows={rows}
          shownCount={shown.length}
          isFiltered={isFiltered}
          text={text}
          onText={setText}
          filter={filter}
          onFilter={setFilter}
          paused={paused}
          waiting={view?.waiting.length ?? 0}
          onPause={togglePause}
          contents={contents}
          onContents={toggleContents}
          onSave={saveShown}
          onClear={() => {
            traceStore.open(machineId, null);
            attempt(traceStore.clear(machineId));
          }}
          onToList={() => handle.current?.focus()}
        />
      </div>
      <div className="room tr" data-pane={opened !== null || undefined}>
        <div className="room-main">
          {contents && (
            <div className="room-note tr-note">
              <Banner tint="warn" glyph="warning">
                <b>Command lines and streams of {name} are being kept.</b> From now on this trace also holds what
                commands are called with and what goes in and out of them. Secrets that Windeck knows are still taken
                out; others, typed into a command, are not. It ends with this run of Windeck, or here.
              </Banner>
            </div>
          )}
          {(problem ?? (rows === null ? null : view?.problem)) && (
            <div className="room-note">
              <ProblemBanner problem={(problem ?? view?.problem)!} />
            </div>
          )}
          <DataTable
            label={`Exchanges with ${name}`}
            rows={shown}
            columns={columns}
            rowId={rowId}
            sorting={sorting}
            onSorting={setSorting}
            selected={selected}
            onSelect={select}
            selecting="list"
            rowHeight={27}
            rowClass={rowClass}
            onOpen={(row) => {
              if (opened?.id !== row.id) traceStore.open(machineId, row.id);
              requestAnimationFrame(() => pane.current?.querySelector<HTMLElement>('.tr-xml')?.focus());
            }}
            memory={memory.table}
            handle={handle}
            empty={
              <Empty
                known={rows !== null}
                filtered={(rows?.length ?? 0) > 0}
                problem={view?.problem ?? null}
                onClear={() => {
                  setText('');
                  setFilter('all');
                }}
              />
            }
          />
          <Foot shown={shown} dropped={view?.dropped ?? 0} live={view?.live ?? false} paused={paused} />
        </div>
        {opened !== null && (
          <div ref={pane} className="tr-pane-box">
            <TracePane opened={opened} onClose={closePane} onSave={() => save([opened.id])} />
          </div>
        )}
      </div>
      <CodeLine command={command} />
    </>
  );
}

function Foot(props: { shown: readonly TraceRow[]; dropped: number; live: boolean; paused: boolean }) {
  const { shown } = props;
  const sum = (pick: (row: TraceRow) => number) => shown.reduce((total, row) => total + pick(row), 0);
  return (
    <div className="tr-foot">
      {phases.map(([phase, word]) => (
        <span key={phase} className="tr-key">
          <i className={`tr-${phase}`} aria-hidden="true" />
          {word}
        </span>
      ))}
      <span className="spacer" />
      <span className="num t3 nowrap">
        {plural(shown.length, 'exchange')} · {formatBytes(sum((row) => row.bytesReceived))} in ·{' '}
        {formatBytes(sum((row) => row.bytesSent))} out
        {props.dropped > 0 && ` · ${formatCount(props.dropped)} older ones dropped`}
        {!props.live && !props.paused && ' · not live'}
      </span>
    </div>
  );
}

function Empty(props: { known: boolean; filtered: boolean; problem: Problem | null; onClear: () => void }) {
  if (props.filtered) {
    return (
      <EmptyState title="No exchange is like this" actions={<Button onClick={props.onClear}>Show all</Button>}>
        The filter leaves nothing of the list.
      </EmptyState>
    );
  }
  if (!props.known && props.problem !== null) {
    return (
      <div className="room-note">
        <ProblemBanner problem={props.problem} />
      </div>
    );
  }
  if (!props.known) return <Skeleton className="room-skeleton" label="The trace is being read" lines={14} />;
  return (
    <EmptyState title="Nothing was exchanged yet">
      Every message to this machine and its answer appear here, decrypted, secrets taken out.
    </EmptyState>
  );
}
