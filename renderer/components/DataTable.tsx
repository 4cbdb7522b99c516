import {
  type ColumnDef,
  createSortedRowModel,
  rowSortingFeature,
  type SortingState,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { TableBody, type TableBodyHandle } from './DataTableBody.tsx';
import './data-table.css';
import { hasModifier } from './keys.ts';
import { sortKey } from './sort-key.ts';
import { type Selection, selectOnly, selectRange, toggle, toggleAll } from './table-selection.ts';

export interface Column<Row> {
  readonly id: string;
  readonly title: ReactNode;
  /** What the header is called where `title` is no text. */
  readonly name?: string;
  /** Least width in pixels; `grow` is its share of what is left over, 0 for none. */
  readonly width: number;
  readonly grow?: number;
  readonly align?: 'right';
  readonly className?: string;
  /** The cell is text and nothing else: it needs no box of its own to be cut off with an ellipsis. */
  readonly plain?: boolean;
  /** The cell is never wider than its column, or cuts itself off: the table need not. */
  readonly fits?: boolean;
  /** Without state of its own: the same element shows another row when this one has been scrolled away. */
  readonly cell: (row: Row) => ReactNode;
  /** Makes the column sortable. Texts go in natural order; null comes last in both directions. */
  readonly sortBy?: (row: Row) => string | number | null;
  readonly descendingFirst?: boolean;
}

/** The track of the checkboxes, for those who count what fits. */
export const checkboxWidth = 42;

export type Sorting = { readonly id: string; readonly desc: boolean } | null;

/** What a table remembers while its view is closed. Make one with `createTableMemory()` beside the view. */
export interface TableMemory {
  scrollOffset: number;
  focusedId: string | null;
}
export const createTableMemory = (): TableMemory => ({ scrollOffset: 0, focusedId: null });

export interface DataTableProps<Row> {
  /** Accessible name. */
  readonly label: string;
  readonly rows: readonly Row[];
  /** Keep it at module scope or in a memo: rows render anew when it changes. */
  readonly columns: readonly Column<Row>[];
  readonly rowId: (row: Row) => string;
  /** What a row is called: its checkbox is `Select NAME`. Stable function; needed where there are checkboxes. */
  readonly rowName?: (row: Row) => string;
  readonly sorting: Sorting;
  readonly onSorting: (sorting: Sorting) => void;
  /** Rows of a lower rank come first, whatever the order: problems before the rest. Stable function. */
  readonly rank?: ((row: Row) => number) | undefined;
  readonly selected: ReadonlySet<string>;
  readonly onSelect: (ids: ReadonlySet<string>) => void;
  /** `checkboxes`: a click only moves the focus. `list`: a click selects, as in a file list. */
  readonly selecting: 'checkboxes' | 'list';
  readonly onOpen?: (row: Row) => void;
  /** Context menu, by the right button or by its key. */
  readonly onMenu?: (row: Row, at: { readonly x: number; readonly y: number }) => void;
  /** Keys of the view while a row has the focus; call preventDefault on those that were used. */
  readonly onKey?: (event: React.KeyboardEvent, row: Row) => void;
  readonly onFocusRow?: (row: Row | null) => void;
  /** Extra class of a row: `crit`, `stale`. Stable function. */
  readonly rowClass?: (row: Row) => string;
  /** A second line of that height under a row. Stable function; a new one where its answers change. */
  readonly detail?: (row: Row) => { readonly height: number; readonly content: ReactNode } | null;
  readonly rowHeight?: number;
  /** The rows on the screen, without overscan, whenever they change. */
  readonly onVisible?: (ids: readonly string[]) => void;
  /** Instead of rows. */
  readonly empty: ReactNode;
  readonly memory?: TableMemory;
  readonly handle?: React.Ref<DataTableHandle>;
}
export interface DataTableHandle {
  /** Gives the keyboard to the focused row, or the first. */
  focus(): void;
}

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel(), sortFns: {} });
const byKey = (a: string | number, b: string | number): number => (a < b ? -1 : a > b ? 1 : 0);

/** A table of up to 10,000 rows: only those on the screen exist. All of it works by keyboard; see CheatSheet for the keys. */
export function DataTable<Row extends object>(props: DataTableProps<Row>) {
  const { rows, columns, rowId, sorting, onSorting, rank, selected, onSelect, selecting, memory } = props;
  const [focusedId, setFocusedId] = useState<string | null>(memory?.focusedId ?? null);
  const anchor = useRef<string | null>(null);
  const body = useRef<TableBodyHandle>(null);
  // State, not a ref: the body measures it when it mounts, and a parent's ref is set only after its children's effects.
  const [scroller, setScroller] = useState<HTMLDivElement | null>(null);

  const definitions = useMemo(
    () =>
      columns.map(
        (column): ColumnDef<typeof features, Row, unknown> => ({
          id: column.id,
          accessorFn: (row: Row) => {
            const value = column.sortBy?.(row) ?? undefined;
            return typeof value === 'string' ? sortKey(value) : value;
          },
          enableSorting: column.sortBy !== undefined,
          sortUndefined: 'last',
          sortFn: (a, b, id) => byKey(a.getValue(id), b.getValue(id)),
        }),
      ),
    [columns],
  );
  // Sorted by a column that is not shown (any more): the rows keep their own order.
  const sortingState = useMemo<SortingState>(
    () => (sorting !== null && columns.some((column) => column.id === sorting.id) ? [{ ...sorting }] : []),
    [sorting, columns],
  );
  const table = useTable({
    features,
    columns: definitions,
    data: rows as Row[],
    getRowId: rowId,
    state: { sorting: sortingState },
  });
  const sortedRows = table.getSortedRowModel().rows;
  const shown = useMemo(() => {
    const all = sortedRows.map((row) => row.original);
    if (rank === undefined) return all;
    const ranks = new Map(all.map((row) => [row, rank(row)]));
    return all.sort((a, b) => (ranks.get(a) ?? 0) - (ranks.get(b) ?? 0));
  }, [sortedRows, rank]);
  const order = useMemo(() => shown.map(rowId), [shown, rowId]);
  const indexOf = useMemo(() => new Map(order.map((id, index) => [id, index])), [order]);

  // A row that has gone hands its place to the one that took it.
  const lastIndex = useRef(0);
  const found = focusedId === null ? undefined : indexOf.get(focusedId);
  const focusedIndex = found ?? Math.min(lastIndex.current, Math.max(0, order.length - 1));
  useEffect(() => {
    lastIndex.current = focusedIndex;
    if (memory) memory.focusedId = order[focusedIndex] ?? null;
  }, [focusedIndex, order, memory]);
  // With a row that goes (a filter, a removal) the keyboard would go too.
  const holder = useRef<string | null>(null);
  useEffect(() => {
    if (holder.current === null || indexOf.has(holder.current)) return;
    holder.current = null;
    if (order.length > 0 && document.activeElement === document.body) body.current?.focusRow(focusedIndex);
  }, [indexOf, order.length, focusedIndex]);
  const { onFocusRow } = props;
  const focusedRow = focusedId === null || found === undefined ? null : (shown[found] ?? null);
  useEffect(() => onFocusRow?.(focusedRow), [focusedRow, onFocusRow]);

  const apply = useCallback(
    (change: (selection: Selection) => Selection) => {
      const next = change({ ids: selected, anchor: anchor.current });
      anchor.current = next.anchor;
      onSelect(next.ids);
    },
    [selected, onSelect],
  );

  const moveTo = (index: number, event: { shiftKey: boolean; ctrlKey: boolean; metaKey: boolean }) => {
    const to = Math.max(0, Math.min(order.length - 1, index));
    const id = order[to];
    const from = order[focusedIndex];
    if (id === undefined) return;
    setFocusedId(id);
    body.current?.focusRow(to);
    if (event.shiftKey) {
      anchor.current ??= from ?? id;
      apply((selection) => selectRange(selection, order, id, false));
    } else if (selecting === 'list' && !hasModifier(event)) apply(() => selectOnly(id));
  };

  const onKeyDown = (event: React.KeyboardEvent) => {
    const target = event.target as HTMLElement;
    if (
      event.defaultPrevented ||
      target.closest('.dt-head') ||
      (target !== scroller && !target.classList.contains('dt-row'))
    )
      return;
    const row = shown[focusedIndex];
    const page = body.current?.pageRows() ?? 10;
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: focusedIndex + 1,
      ArrowUp: focusedIndex - 1,
      PageDown: focusedIndex + page,
      PageUp: focusedIndex - page,
      Home: 0,
      End: order.length - 1,
    };
    const move = moves[event.key];
    if (move !== undefined && !event.altKey) {
      event.preventDefault();
      if (event.key === 'ArrowUp' && focusedIndex === 0 && !event.shiftKey) focusHead(scroller);
      else moveTo(move, event);
      return;
    }
    const id = order[focusedIndex];
    if (row === undefined || id === undefined) return;
    if (event.key === ' ') {
      event.preventDefault();
      apply((selection) => (event.shiftKey ? selectRange(selection, order, id, false) : toggle(selection, id)));
    } else if (event.key.toLowerCase() === 'a' && hasModifier(event)) {
      event.preventDefault();
      apply((selection) => toggleAll({ ids: new Set(), anchor: selection.anchor }, order));
    } else if (event.key === 'Enter' && props.onOpen && !hasModifier(event)) {
      event.preventDefault();
      props.onOpen(row);
    } else if (event.key === 'Escape' && selecting === 'checkboxes' && selected.size > 0) {
      event.preventDefault();
      onSelect(new Set());
    } else props.onKey?.(event, row);
  };

  const onRowClick = useCallback(
    (id: string, event: { shiftKey: boolean; ctrlKey: boolean; metaKey: boolean }, onCheckbox: boolean) => {
      setFocusedId(id);
      if (event.shiftKey) apply((selection) => selectRange(selection, order, id, hasModifier(event) || onCheckbox));
      else if (onCheckbox || hasModifier(event)) apply((selection) => toggle(selection, id));
      else if (selecting === 'list') apply(() => selectOnly(id));
      else anchor.current = id;
    },
    [apply, order, selecting],
  );
  const { onMenu, onOpen } = props;
  const onRowMenu = useCallback(
    (row: Row, at: { x: number; y: number }) => {
      const id = rowId(row);
      setFocusedId(id);
      if (selecting === 'list' && !selected.has(id)) apply(() => selectOnly(id));
      onMenu?.(row, at);
    },
    [rowId, onMenu, selecting, selected, apply],
  );

  const least = columns.reduce((sum, column) => sum + column.width, selecting === 'checkboxes' ? checkboxWidth : 0);
  const tracks = columns.map((column) =>
    column.grow ? `minmax(${column.width}px, ${column.grow}fr)` : `${column.width}px`,
  );
  const template = `${selecting === 'checkboxes' ? `${checkboxWidth}px ` : ''}${tracks.join(' ')}`;
  const [allSelected, someSelected] = useMemo(
    () => [
      order.length > 0 && order.every((id) => selected.has(id)),
      selected.size > 0 && order.some((id) => selected.has(id)),
    ],
    [order, selected],
  );

  return (
    // biome-ignore lint/a11y/useSemanticElements: a table element cannot hold virtual rows
    <div
      ref={setScroller}
      className="dt"
      data-scroller="table"
      role="grid"
      aria-label={props.label}
      aria-rowcount={order.length + 1}
      aria-colcount={columns.length + (selecting === 'checkboxes' ? 1 : 0)}
      aria-multiselectable="true"
      tabIndex={order.length === 0 ? 0 : -1}
      style={{ '--dt-columns': template, '--dt-least': `${least}px` } as React.CSSProperties}
      onKeyDown={onKeyDown}
      onFocus={(event) => {
        // Whoever gives a row the focus (a screen reader, say) moves ours along.
        const id = (event.target as HTMLElement).dataset['row'];
        if (id !== undefined) setFocusedId(id);
        holder.current = id ?? null;
      }}
      onBlur={(event) => {
        // To nowhere: it may be that the row is about to go.
        if (event.relatedTarget !== null) holder.current = null;
      }}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: see above */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: its cells are */}
      <div className="dt-head" role="row" aria-rowindex={1}>
        {selecting === 'checkboxes' ? (
          // biome-ignore lint/a11y/useSemanticElements: see above
          // biome-ignore lint/a11y/useFocusableInteractive: its checkbox is
          <span role="columnheader" className="dt-check">
            <input
              type="checkbox"
              aria-label="Select all"
              tabIndex={-1}
              checked={allSelected}
              ref={(box) => {
                if (box) box.indeterminate = !allSelected && someSelected;
              }}
              onChange={() => apply((selection) => toggleAll(selection, order))}
            />
          </span>
        ) : null}
        {columns.map((column, index) => (
          <HeadCell
            key={column.id}
            column={column}
            direction={sorting?.id === column.id ? (sorting.desc ? 'descending' : 'ascending') : 'none'}
            first={index === firstSortable(columns)}
            onSort={() => onSorting(nextSorting(sorting, column))}
            onLeave={() => body.current?.focusRow(focusedIndex)}
          />
        ))}
      </div>
      {order.length === 0 ? (
        <div className="dt-empty">{props.empty}</div>
      ) : scroller === null ? null : (
        <TableBody
          ref={body}
          scroller={scroller}
          rows={shown}
          order={order}
          columns={columns}
          selected={selected}
          checkboxes={selecting === 'checkboxes'}
          rowName={props.rowName ?? rowId}
          focusedIndex={focusedIndex}
          rowHeight={props.rowHeight ?? 30}
          rowClass={props.rowClass}
          detail={props.detail}
          onRowClick={onRowClick}
          onRowOpen={onOpen}
          onRowMenu={onMenu === undefined ? undefined : onRowMenu}
          onVisible={props.onVisible}
          memory={memory}
          handle={props.handle}
        />
      )}
    </div>
  );
}

const firstSortable = (columns: readonly Column<never>[] | readonly { sortBy?: unknown }[]): number =>
  columns.findIndex((column) => column.sortBy !== undefined);

/** First direction, the other one, then the list's own order. */
function nextSorting<Row>(sorting: Sorting, column: Column<Row>): Sorting {
  const first = column.descendingFirst ?? false;
  if (sorting?.id !== column.id) return { id: column.id, desc: first };
  return sorting.desc === first ? { id: column.id, desc: !first } : null;
}

function focusHead(grid: HTMLElement | null): void {
  grid?.querySelector<HTMLElement>('.dt-head [aria-sort]:not([aria-sort="none"]) button, .dt-head button')?.focus();
}

function HeadCell<Row>(props: {
  column: Column<Row>;
  direction: 'ascending' | 'descending' | 'none';
  first: boolean;
  onSort: () => void;
  onLeave: () => void;
}) {
  const { column, direction } = props;
  const className = `dt-th${column.align === 'right' ? ' right' : ''} ${column.className ?? ''}`;
  if (column.sortBy === undefined) {
    return (
      // biome-ignore lint/a11y/useSemanticElements: see DataTable
      // biome-ignore lint/a11y/useFocusableInteractive: nothing to do on it
      <span role="columnheader" className={className} aria-label={column.name}>
        {column.title}
      </span>
    );
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: see DataTable
    // biome-ignore lint/a11y/useFocusableInteractive: its button is
    <span role="columnheader" className={className} aria-sort={direction} aria-label={column.name}>
      <button
        type="button"
        // One tab stop for the whole head; the arrows move inside it.
        tabIndex={props.first ? 0 : -1}
        onClick={props.onSort}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') props.onLeave();
          else if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
            const heads = [...(event.currentTarget.closest('.dt-head')?.querySelectorAll<HTMLElement>('button') ?? [])];
            heads[heads.indexOf(event.currentTarget) + (event.key === 'ArrowLeft' ? -1 : 1)]?.focus();
          } else return;
          event.preventDefault();
        }}
      >
        {column.title}
        {direction === 'none' ? null : (
          <svg className="dt-arrow" width="9" height="10" viewBox="0 0 9 10" aria-hidden="true">
            <path
              d={direction === 'ascending' ? 'M4.5 9.5V1M1 4.3 4.5.9 8 4.3' : 'M4.5.5V9M1 5.7l3.5 3.4L8 5.7'}
              fill="none"
              stroke="currentColor"
              strokeWidth="1.1"
            />
          </svg>
        )}
      </button>
    </span>
  );
}
