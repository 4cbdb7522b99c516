import { useMemo, useState } from 'react';
import { type Column, DataTable, type Sorting } from '../../components/DataTable.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { listNames, plural } from '../../format.ts';
import { failureOf, type ResultGroup, type ResultRow, type ResultTable } from '../../stores/console-output.ts';

const rowHeight = 28;
const detailHeight = 40;
const nobody: ReadonlySet<string> = new Set();
const rowId = (row: ResultRow): string => row.id;
const rank = (row: ResultRow): number => (row.values === null ? 1 : 0);
const rowClass = (row: ResultRow): string => (row.values === null ? 'console-failed' : '');
const ignore = (): void => {};

const detail = ({ values, result }: ResultRow) =>
  values === null
    ? {
        height: detailHeight,
        content: (
          <span className="console-failure" title={result.problem?.advice.join('\n')}>
            <span className="c-crit">{failureOf(result)}</span> <span className="t3">{result.problem?.advice[0]}</span>
          </span>
        ),
      }
    : null;

/** What the machines of a tag answered: one table. A machine that failed is a row with its sentence. */
export function ConsoleResults({ table, label }: { table: ResultTable; label: string }) {
  const [sorting, setSorting] = useState<Sorting>(null);
  const columns = useMemo(() => columnsOf(table), [table]);
  const height = 32 + table.rows.length * rowHeight + table.failed.length * detailHeight;
  return (
    <div className="console-table" style={{ height: Math.min(height, 420) }}>
      <DataTable
        label={label}
        rows={table.rows}
        columns={columns}
        rowId={rowId}
        rank={rank}
        sorting={sorting}
        onSorting={setSorting}
        selected={nobody}
        onSelect={ignore}
        selecting="list"
        rowClass={rowClass}
        rowHeight={rowHeight}
        detail={detail}
        empty={null}
      />
    </div>
  );
}

function columnsOf({ columns, rows }: ResultTable): readonly Column<ResultRow>[] {
  const machine: Column<ResultRow> = {
    id: 'machine',
    title: 'Machine',
    width: 130,
    className: 'name-cell name',
    cell: ({ result, values }) =>
      values === null ? (
        <span className="row g6">
          <Glyph name="critical" label="Failed" />
          {result.machine}
        </span>
      ) : (
        result.machine
      ),
    sortBy: ({ result }) => result.machine,
  };
  return [machine, ...columns.map((name): Column<ResultRow> => columnOf(name, rows))];
}

/** As wide as what is in it, within reason. */
function columnOf(name: string, rows: readonly ResultRow[]): Column<ResultRow> {
  const seen = rows.slice(0, 200).map(({ values }) => values?.[name] ?? '');
  const longest = seen.reduce((length, text) => Math.max(length, text.length), name.length);
  const isNumber = seen.some((text) => text !== '') && seen.every((text) => /^(-?\d+([.,]\d+)?)?$/.test(text));
  return {
    id: `value:${name}`,
    title: name,
    width: Math.min(360, Math.max(72, Math.ceil(7.7 * longest) + 30)),
    ...(isNumber ? { align: 'right' as const } : {}),
    className: 'console-cell',
    cell: ({ values }) => {
      const text = values?.[name] ?? '';
      return (
        <span className="ell" title={text}>
          {text}
        </span>
      );
    },
    sortBy: ({ values }) => {
      const text = values?.[name] ?? '';
      if (text === '') return null;
      return isNumber ? Number(text.replace(',', '.')) : text;
    },
  };
}

/** Machines that said the same. The largest group is closed, those that differ are open. */
export function ConsoleGroup({ group, isFirst }: { group: ResultGroup; isFirst: boolean }) {
  const { machines, text, exitCode, failure, advice, isCut } = group;
  const count = machines.length === 1 ? machines[0] : `${plural(machines.length, 'machine')} the same`;
  return (
    <details className="console-group" open={!isFirst || machines.length === 1 || text.split('\n').length <= 12}>
      <summary>
        {failure === null ? null : <Glyph name="critical" label="Failed" />}
        <b className="b6">{count}</b>
        {machines.length === 1 ? null : <span className="t3"> {listNames(machines)}</span>}
        {failure === null && exitCode !== 0 && exitCode !== null ? (
          <span className="c-warn"> exit code {exitCode}</span>
        ) : null}
      </summary>
      {failure === null ? null : (
        <p className="console-failure">
          <span className="c-crit">{failure}</span> <span className="t3">{advice.join(' ')}</span>
        </p>
      )}
      {text === '' ? null : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must get to it
        <pre className="mono" tabIndex={0}>
          {text}
        </pre>
      )}
      {isCut ? <p className="t3 s12">The machine said more than is kept of it.</p> : null}
    </details>
  );
}
