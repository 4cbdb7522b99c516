import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual';
import { memo, type ReactNode, useCallback, useEffect, useImperativeHandle, useLayoutEffect, useRef } from 'react';
import type { Column, DataTableHandle, TableMemory } from './DataTable.tsx';
import { type Placed, placeRows } from './table-slots.ts';

export const headHeight = 30;

export interface TableBodyHandle {
  /** Brings that row on the screen and gives it the keyboard. */
  focusRow(index: number): void;
  /** How far Page Up and Page Down go. */
  pageRows(): number;
}

type Pointer = { readonly shiftKey: boolean; readonly ctrlKey: boolean; readonly metaKey: boolean };

interface TableBodyProps<Row> {
  readonly ref: React.Ref<TableBodyHandle>;
  readonly scroller: HTMLDivElement;
  readonly rows: readonly Row[];
  readonly order: readonly string[];
  readonly columns: readonly Column<Row>[];
  readonly selected: ReadonlySet<string>;
  readonly checkboxes: boolean;
  readonly rowName: (row: Row) => string;
  readonly focusedIndex: number;
  readonly rowHeight: number;
  readonly rowClass: ((row: Row) => string) | undefined;
  readonly detail: ((row: Row) => { readonly height: number; readonly content: ReactNode } | null) | undefined;
  readonly onRowClick: (id: string, event: Pointer, onCheckbox: boolean) => void;
  readonly onRowOpen: ((row: Row) => void) | undefined;
  readonly onRowMenu: ((row: Row, at: { x: number; y: number }) => void) | undefined;
  readonly onVisible: ((ids: readonly string[]) => void) | undefined;
  readonly memory: TableMemory | undefined;
  readonly handle: React.Ref<DataTableHandle> | undefined;
}

/** The rows on the screen. Apart from DataTable, since it renders at every step of scrolling and the head need not. */
export function TableBody<Row extends object>(props: TableBodyProps<Row>) {
  const { scroller, rows, order, focusedIndex, rowHeight, detail, memory, onVisible } = props;
  // Stable: a new function would have all 10,000 positions computed anew at every step.
  const getItemKey = useCallback((index: number) => order[index] ?? index, [order]);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller,
    estimateSize: (index) => {
      const row = rows[index];
      return rowHeight + ((row === undefined ? null : detail?.(row))?.height ?? 0);
    },
    getItemKey,
    overscan: 8,
    scrollMargin: headHeight,
    scrollPaddingStart: headHeight,
    initialOffset: memory?.scrollOffset ?? 0,
    useFlushSync: false,
    // The focused row stays in the document when it is scrolled away: else the keyboard would be lost with it.
    rangeExtractor: (range) => {
      const indexes = defaultRangeExtractor(range);
      const first = indexes[0];
      const last = indexes.at(-1);
      if (focusedIndex >= rows.length || first === undefined || last === undefined) return indexes;
      if (focusedIndex < first) return [focusedIndex, ...indexes];
      return focusedIndex > last ? [...indexes, focusedIndex] : indexes;
    },
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: heights are asked anew exactly when these change
  useLayoutEffect(() => {
    if (detail !== undefined) virtualizer.measure();
  }, [detail, rows]);

  // After the row exists: it may have been far away when the key was pressed.
  const wanted = useRef<number | null>(null);
  useEffect(() => {
    if (wanted.current === null) return;
    const element = scroller.querySelector<HTMLElement>(`.dt-row[aria-rowindex="${wanted.current + 2}"]`);
    if (element) {
      wanted.current = null;
      element.focus({ preventScroll: true });
    }
  });
  const focusRow = (index: number) => {
    wanted.current = index;
    virtualizer.scrollToIndex(index, { align: 'auto' });
    const element = scroller.querySelector<HTMLElement>(`.dt-row[aria-rowindex="${index + 2}"]`);
    if (element) {
      wanted.current = null;
      element.focus({ preventScroll: true });
    }
  };
  const pageRows = () => Math.max(1, Math.floor((scroller.clientHeight - headHeight) / rowHeight) - 1);
  useImperativeHandle(props.ref, () => ({ focusRow, pageRows }));
  useImperativeHandle(props.handle, () => ({ focus: () => focusRow(focusedIndex) }));

  const { range } = virtualizer;
  const start = range?.startIndex ?? 0;
  const end = range?.endIndex ?? -1;
  useEffect(() => {
    onVisible?.(order.slice(start, end + 1));
  }, [order, start, end, onVisible]);
  useEffect(() => {
    if (!memory) return;
    const keep = () => {
      memory.scrollOffset = scroller.scrollTop;
    };
    scroller.addEventListener('scroll', keep, { passive: true });
    return () => scroller.removeEventListener('scroll', keep);
  }, [memory, scroller]);

  const items = new Map(virtualizer.getVirtualItems().map((item) => [String(item.key), item]));
  // Written while rendering, which is safe: asked again with the same rows, the answer is the same.
  const places = useRef<readonly Placed[]>([]);
  const placed = placeRows(places.current, [...items.keys()], {
    scrolling: virtualizer.isScrolling,
    held: heldRow(scroller),
  });
  places.current = placed;

  return (
    // biome-ignore lint/a11y/useSemanticElements: a table element cannot hold virtual rows
    <div className="dt-body" role="rowgroup" style={{ height: virtualizer.getTotalSize() }}>
      {placed.map(({ slot, id }) => {
        const item = items.get(id);
        const row = item === undefined ? undefined : rows[item.index];
        if (item === undefined || row === undefined) return null;
        return (
          <TableRow
            key={slot}
            row={row}
            id={id}
            index={item.index}
            top={item.start - headHeight}
            height={item.size}
            rowHeight={rowHeight}
            columns={props.columns as readonly Column<object>[]}
            selected={props.selected.has(id)}
            tabbable={item.index === focusedIndex}
            checkboxes={props.checkboxes}
            rowName={props.rowName as (row: object) => string}
            rowClass={props.rowClass as ((row: object) => string) | undefined}
            detail={detail as TableBodyProps<object>['detail']}
            onClick={props.onRowClick}
            onOpen={props.onRowOpen as ((row: object) => void) | undefined}
            onMenu={props.onRowMenu as TableBodyProps<object>['onRowMenu']}
          />
        );
      })}
    </div>
  );
}

/** The row that has the keyboard, or something in it that has. */
const heldRow = (scroller: HTMLElement): string | null => {
  const { activeElement } = document;
  if (activeElement === null || !scroller.contains(activeElement)) return null;
  return activeElement.closest<HTMLElement>('.dt-row')?.dataset['row'] ?? null;
};

interface TableRowProps {
  row: object;
  id: string;
  index: number;
  top: number;
  height: number;
  rowHeight: number;
  columns: readonly Column<object>[];
  selected: boolean;
  tabbable: boolean;
  checkboxes: boolean;
  rowName: (row: object) => string;
  rowClass: ((row: object) => string) | undefined;
  detail: TableBodyProps<object>['detail'];
  onClick: (id: string, event: Pointer, onCheckbox: boolean) => void;
  onOpen: ((row: object) => void) | undefined;
  onMenu: ((row: object, at: { x: number; y: number }) => void) | undefined;
}

const TableRow = memo(function TableRow(props: TableRowProps) {
  const { row, id, index, columns, selected } = props;
  const detail = props.detail?.(row) ?? null;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table element cannot hold virtual rows
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid takes the keys for all rows
    <div
      role="row"
      className={`dt-row ${props.rowClass?.(row) ?? ''}`}
      aria-rowindex={index + 2}
      aria-selected={selected}
      data-row={id}
      tabIndex={props.tabbable ? 0 : -1}
      style={{ height: props.height, top: props.top }}
      onClick={(event) => {
        const target = event.target as HTMLElement;
        if (target.closest('button, a')) return;
        const onCheckbox = target.closest('.dt-check') !== null;
        props.onClick(id, event, onCheckbox);
        // The box took the focus with the click; the keys are the row's.
        if (onCheckbox) event.currentTarget.focus({ preventScroll: true });
        if (event.shiftKey) getSelection()?.removeAllRanges();
      }}
      onDoubleClick={(event) => {
        if (!(event.target as HTMLElement).closest('button, a, .dt-check')) props.onOpen?.(row);
      }}
      onContextMenu={(event) => {
        if (props.onMenu === undefined) return;
        event.preventDefault();
        const box = event.currentTarget.getBoundingClientRect();
        // The menu key has no pointer: Chromium then gives the middle of the row, or nothing.
        const byKey = event.button !== 2;
        props.onMenu(
          row,
          byKey ? { x: box.left + 72, y: box.top + box.height } : { x: event.clientX, y: event.clientY },
        );
      }}
    >
      <div className="dt-cells" style={{ height: props.rowHeight }}>
        {props.checkboxes ? (
          // biome-ignore lint/a11y/useSemanticElements: see above
          // biome-ignore lint/a11y/useFocusableInteractive: the row has the focus
          <span role="gridcell" className="dt-check">
            {/* The row takes the click, with its Shift and Ctrl; the box only shows. */}
            <input
              type="checkbox"
              tabIndex={-1}
              checked={selected}
              readOnly
              aria-label={`Select ${props.rowName(row)}`}
            />
          </span>
        ) : null}
        {columns.map((column) => (
          // biome-ignore lint/a11y/useSemanticElements: see above
          // biome-ignore lint/a11y/useFocusableInteractive: the row has the focus
          <span
            key={column.id}
            role="gridcell"
            className={`dt-td${column.align === 'right' ? ' right' : ''}${column.plain ? ' plain' : ''}${column.fits ? ' fits' : ''} ${column.className ?? ''}`}
          >
            {column.cell(row)}
          </span>
        ))}
      </div>
      {detail === null ? null : (
        // biome-ignore lint/a11y/useSemanticElements: see above
        // biome-ignore lint/a11y/useFocusableInteractive: the row has the focus
        <div key={id} className="dt-detail" role="gridcell" style={{ height: detail.height }}>
          {detail.content}
        </div>
      )}
    </div>
  );
});
