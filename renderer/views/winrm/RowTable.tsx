import type { ReactNode } from 'react';

export interface RowColumn<Row> {
  readonly id: string;
  readonly title: string;
  /** Of the table; without one it shares what is left over. */
  readonly width?: string;
  readonly align?: 'right';
  /** Goes where there is no room. */
  readonly wideOnly?: boolean;
  readonly cell: (row: Row) => ReactNode;
}

/** A few rows inside a page that scrolls as a whole. One tab stop; arrows move and select, Enter opens, Delete deletes. */
export function RowTable<Row>(props: {
  label: string;
  columns: readonly RowColumn<Row>[];
  rows: readonly Row[];
  rowId: (row: Row) => string;
  /** What the row is called for those who cannot see the table. */
  rowName: (row: Row) => string;
  rowClass: (row: Row) => string;
  narrow: boolean;
  selected: string | null;
  onSelect: (id: string) => void;
  onOpen: (row: Row) => void;
  onDelete: (row: Row) => void;
  empty: string;
}) {
  const { rows, rowId, selected } = props;
  const columns = props.columns.filter((column) => !(props.narrow && column.wideOnly));
  const stop = rows.some((row) => rowId(row) === selected) ? selected : rows[0] === undefined ? null : rowId(rows[0]);
  const onKeyDown = (event: React.KeyboardEvent<HTMLElement>, row: Row) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target !== event.currentTarget) return;
    const { currentTarget } = event;
    const move = (other: Element | null | undefined) => {
      if (other instanceof HTMLElement && other.dataset['row'] !== undefined) other.focus();
    };
    if (event.key === 'ArrowDown') move(currentTarget.nextElementSibling);
    else if (event.key === 'ArrowUp') move(currentTarget.previousElementSibling);
    else if (event.key === 'Home') move(currentTarget.parentElement?.querySelector('[data-row]'));
    else if (event.key === 'End') move(currentTarget.parentElement?.lastElementChild);
    else if (event.key === 'Enter') props.onOpen(row);
    else if (event.key === 'Delete') props.onDelete(row);
    else return;
    event.preventDefault();
  };
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: its rows take the focus, one at a time */}
      <table className="wr-table" role="grid" aria-label={props.label}>
        <colgroup>
          {columns.map((column) => (
            <col key={column.id} style={column.width === undefined ? {} : { width: column.width }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.id} scope="col" className={column.align === 'right' ? 'ell right' : 'ell'}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const id = rowId(row);
            return (
              <tr
                key={id}
                data-row=""
                aria-label={props.rowName(row)}
                aria-selected={id === selected}
                tabIndex={id === stop ? 0 : -1}
                className={props.rowClass(row)}
                onFocus={() => props.onSelect(id)}
                onDoubleClick={() => props.onOpen(row)}
                onKeyDown={(event) => onKeyDown(event, row)}
              >
                {columns.map((column) => (
                  <td key={column.id} className={column.align === 'right' ? 'ell right num' : 'ell'}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
      {rows.length === 0 ? <p className="wr-none t3">{props.empty}</p> : null}
    </>
  );
}
