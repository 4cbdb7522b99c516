import { useMemo, useRef, useState } from 'react';
import { type Column, createTableMemory, DataTable, type DataTableHandle } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { FilterBox } from '../../components/FilterBox.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { formatCount } from '../../format.ts';
import { type MachineWmi, wmiStore } from '../../stores/wmi.ts';
import { Skeleton } from '../machine/section.tsx';

interface ClassRow {
  readonly name: string;
}
const nameOf = ({ name }: ClassRow): string => name;
const columns: readonly Column<ClassRow>[] = [
  { id: 'name', title: 'Class', width: 120, grow: 1, cell: ({ name }) => <span className="ell t1">{name}</span> },
];
const keepSelection = () => {};

/** Classes of a namespace. Enter opens one; the arrow keys only move. */
export function ClassList(props: {
  machineId: string;
  view: MachineWmi;
  handle: React.RefObject<DataTableHandle | null>;
  onOpened: () => void;
}) {
  const { machineId, view } = props;
  const { value, problem, reading } = view.classes;
  const [text, setText] = useState('');
  const memory = useRef(createTableMemory());
  const rows = useMemo(() => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    return (value?.classes ?? [])
      .filter((name) => words.every((word) => name.toLowerCase().includes(word)))
      .map((name) => ({ name }));
  }, [value, text]);
  const selected = useMemo(() => new Set(view.className === null ? [] : [view.className]), [view.className]);
  return (
    <div className="wm-classes">
      <div className="wm-side-head">
        <h2 className="h2">Classes</h2>
        <span className="t3 num">{value === null ? '' : formatCount(rows.length)}</span>
      </div>
      <div className="wm-filter">
        <FilterBox
          value={text}
          onChange={setText}
          label="Filter classes"
          placeholder="Filter classes"
          onLeave={() => props.handle.current?.focus()}
        />
      </div>
      {value?.source === 'usual' ? (
        <p className="wm-usual" title={value.why?.message}>
          <Glyph name="warning" size={11} label="" /> The machine lists no classes. These are usual ones: some may not
          be there, and others are.
        </p>
      ) : null}
      {problem ? (
        <div className="wm-side-note">
          <ProblemBanner problem={problem} />
        </div>
      ) : (
        // Moving with the arrows only moves, since every class that is opened is read; a click opens, like Enter.
        <section
          className="wm-class-list"
          aria-label="List of classes"
          onPointerUp={(event) => {
            const name = (event.target as HTMLElement).closest<HTMLElement>('[data-row]')?.dataset['row'];
            if (event.button === 0 && name !== undefined && name !== view.className)
              wmiStore.openClass(machineId, name);
          }}
        >
          <DataTable
            label={`Classes of ${view.namespace}`}
            rows={rows}
            columns={columns}
            rowId={nameOf}
            sorting={null}
            onSorting={keepSelection}
            selected={selected}
            onSelect={keepSelection}
            selecting="list"
            onOpen={({ name }) => {
              wmiStore.openClass(machineId, name);
              props.onOpened();
            }}
            memory={memory.current}
            handle={props.handle}
            empty={
              reading || value === null ? (
                <Skeleton className="room-skeleton" label="The classes are being read" lines={8} />
              ) : (
                <EmptyState title={text === '' ? 'No classes' : 'No class is like this'} />
              )
            }
          />
        </section>
      )}
    </div>
  );
}
