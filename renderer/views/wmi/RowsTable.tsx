import { useMemo, useState } from 'react';
import type { CimReference } from '../../../shared/contract/cim-value.ts';
import type { WmiClass, WmiInstance, WmiType } from '../../../shared/contract/wmi.ts';
import { Button } from '../../components/Button.tsx';
import { type Column, DataTable, type DataTableHandle, type Sorting } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { formatCount, plural } from '../../format.ts';
import type { Rows } from '../../stores/wmi-rows.ts';
import { Skeleton } from '../machine/section.tsx';
import { cellText, isReference, propertyOf, sortValue } from './value-words.ts';

interface Row {
  readonly id: string;
  readonly instance: WmiInstance;
}
const rowId = ({ id }: Row): string => id;
const usual = [
  'Name',
  'DisplayName',
  'DeviceID',
  'State',
  'Status',
  'StartMode',
  'Size',
  'FreeSpace',
  'Version',
  'CurrentReading',
  'VariableValue',
  'Text',
  'Number',
  'Big',
  'Caption',
  'Description',
];
const numeric = /^([us]int|real)/;

/** Columns: for a class its keys, then what people look for first; for a query everything that it asked for. */
function columnNames(rows: readonly WmiInstance[], declared: WmiClass | null, all: boolean, most: number): string[] {
  const seen = new Set<string>();
  for (const { properties } of rows.slice(0, 50)) for (const [name] of properties) seen.add(name);
  const keys = (declared?.properties ?? [])
    .filter(({ isKey, name }) => isKey && seen.has(name))
    .map(({ name }) => name);
  if (all) return [...new Set([...keys, ...seen])].slice(0, most);
  const filled = [...seen].filter((name) => rows.slice(0, 50).some((row) => propertyOf(row, name) !== null));
  const first = usual.filter((name) => filled.includes(name));
  return [
    ...new Set([...keys.filter((key) => !/CreationClassName|^System/.test(key)), ...first, ...filled, ...keys]),
  ].slice(0, most);
}

/** Instances as a table: types kept, references as links. */
export function RowsTable(props: {
  label: string;
  rows: Rows;
  declared: WmiClass | null;
  /** Every property gets a column, as in the answer to a query. */
  everything: boolean;
  most: number;
  onOpen: (instance: WmiInstance) => void;
  onFollow: (reference: CimReference) => void;
  onCancel: () => void;
  onSelected?: (instance: WmiInstance | null) => void;
  handle: React.Ref<DataTableHandle>;
  empty: string;
}) {
  const { rows, declared } = props;
  const { onFollow } = props;
  const [sorting, setSorting] = useState<Sorting>(null);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const table = useMemo(() => rows.rows.map((instance, index): Row => ({ id: String(index), instance })), [rows.rows]);
  const names = columnNames(rows.rows, declared, props.everything, props.most).join('\n');
  const types = rows.types;
  const columns = useMemo(() => {
    const typeOf = new Map<string, WmiType>(types.map(([name, type]) => [name, type]));
    return names
      .split('\n')
      .filter(Boolean)
      .map((name): Column<Row> => {
        const type = typeOf.get(name) ?? 'string';
        const isNumber = numeric.test(type) && !type.endsWith('[]');
        return {
          id: name,
          title: name,
          width: isNumber ? 110 : 150,
          grow: isNumber ? 0 : 1,
          ...(isNumber ? { align: 'right' as const, className: 'num' } : {}),
          sortBy: ({ instance }) => sortValue(propertyOf(instance, name)),
          cell: ({ instance }) => <Cell instance={instance} name={name} onFollow={onFollow} />,
        };
      });
  }, [names, types, onFollow]);
  const reading = rows.stage === 'reading';
  return (
    <div className="wm-rows">
      <div className="wm-rows-head" role="status">
        {reading ? <Glyph name="pending" size={11} label="" /> : null}
        <span className="num">
          {rows.stage === 'none' ? '' : `${formatCount(rows.rows.length)} ${rows.rows.length === 1 ? 'row' : 'rows'}`}
          {reading ? ' so far' : ''}
          {rows.tookMs === null ? '' : ` · ${formatCount(Math.round(rows.tookMs))} ms`}
        </span>
        {rows.cutOff ? (
          <span className="row g8 warn-text">
            <Glyph name="warning" size={11} label="" /> Cut off at the limit of {plural(rows.limit, 'row')}: there are
            more
          </span>
        ) : null}
        {rows.stage === 'cancelled' ? <span className="t2">Cancelled: what is shown is not everything</span> : null}
        <span className="grow" />
        {reading ? (
          <Button kind="ghost" onClick={props.onCancel}>
            Cancel
          </Button>
        ) : null}
      </div>
      {rows.stage === 'failed' && rows.problem && rows.rows.length > 0 ? (
        <div className="room-note">
          <ProblemBanner problem={rows.problem} />
        </div>
      ) : null}
      <DataTable
        label={props.label}
        rows={table}
        columns={columns}
        rowId={rowId}
        sorting={sorting}
        onSorting={setSorting}
        selected={selected}
        onSelect={setSelected}
        selecting="list"
        onOpen={({ instance }) => props.onOpen(instance)}
        handle={props.handle}
        empty={
          reading ? (
            <Skeleton className="room-skeleton" label="Instances are being read" lines={10} />
          ) : rows.stage === 'failed' && rows.problem ? (
            <div className="room-note">
              <ProblemBanner problem={rows.problem} />
            </div>
          ) : (
            <EmptyState title={rows.stage === 'none' ? 'Nothing read yet' : 'No instances'}>{props.empty}</EmptyState>
          )
        }
      />
    </div>
  );
}

function Cell({
  instance,
  name,
  onFollow,
}: {
  instance: WmiInstance;
  name: string;
  onFollow: (reference: CimReference) => void;
}) {
  const value = propertyOf(instance, name);
  if (value === null) return <span className="t3">null</span>;
  if (isReference(value)) {
    return (
      <button
        type="button"
        className="link ell"
        tabIndex={-1}
        title={cellText(value)}
        onClick={(event) => {
          event.stopPropagation();
          onFollow(value);
        }}
      >
        {cellText(value)}
      </button>
    );
  }
  return <span className="ell t1">{cellText(value)}</span>;
}
