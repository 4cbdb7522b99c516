import type { TraceRow, TraceTimings } from '../../../shared/contract/trace.ts';
import type { Column } from '../../components/DataTable.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { formatTime } from '../../format.ts';
import { barOf, msText } from './trace-view.ts';

/** `full`: milliseconds that fill the timing bar. `beside`: an exchange is open beside the list. */
export function traceColumns(full: number, narrow: boolean, beside: boolean): readonly Column<TraceRow>[] {
  return [
    {
      id: 'time',
      title: 'Time',
      width: 104,
      className: 'num',
      plain: true,
      fits: true,
      cell: (row) => clockText(row.startedAt),
      sortBy: (row) => row.id,
    },
    {
      id: 'action',
      title: 'Action',
      width: 96,
      grow: 1,
      plain: true,
      cell: (row) => <span className="t1 b5">{row.action}</span>,
      sortBy: (row) => row.action,
    },
    {
      id: 'resource',
      title: 'Resource',
      width: 120,
      grow: 3,
      plain: true,
      cell: (row) => <ResourceCell resource={row.resource} />,
      sortBy: (row) => row.resource,
    },
    {
      id: 'status',
      title: 'Status',
      width: 72,
      cell: (row) => <StatusCell row={row} />,
      sortBy: (row) => row.httpStatus,
    },
    ...(narrow
      ? []
      : [
          {
            id: 'bytes',
            title: 'KB in',
            width: 64,
            align: 'right',
            fits: true,
            cell: (row: TraceRow) => (row.bytesReceived / 1024).toFixed(1),
            sortBy: (row: TraceRow) => row.bytesReceived,
            descendingFirst: true,
          } as const,
        ]),
    ...(narrow && beside
      ? []
      : [
          {
            id: 'timing',
            title: 'Timing',
            width: 120,
            grow: narrow ? 0 : 1,
            fits: true,
            cell: (row: TraceRow) => <TimingBar timings={row.timings} full={full} />,
          } as const,
        ]),
    {
      id: 'ms',
      title: 'ms',
      width: 60,
      align: 'right',
      fits: true,
      cell: (row) => msText(row.milliseconds),
      sortBy: (row) => row.milliseconds,
      descendingFirst: true,
    },
  ];
}

const clockText = (at: number): string => `${formatTime(at)}.${String(Math.floor(at % 1000)).padStart(3, '0')}`;

/** Of a query the class comes first: it is what tells one from another. */
function ResourceCell({ resource }: { resource: string }) {
  const [, what, from] = /^select\s+(.*?)\s+from\s+(\w+)/is.exec(resource) ?? [];
  return (
    <span title={resource}>
      {from === undefined ? (resource === '' ? 'wsman' : resource) : from}
      {what === undefined ? null : <span className="t3"> {what}</span>}
    </span>
  );
}

function StatusCell({ row }: { row: TraceRow }) {
  if (!row.failed) return <span className="num">{row.httpStatus ?? '–'}</span>;
  return (
    <span className="tr-status c-crit b6 num" title={row.error ?? ''}>
      <Glyph name="critical" size={10} label="Failed" />
      {row.httpStatus ?? 'none'}
    </span>
  );
}

/** Where the time went, from left to right; each phase at least two pixels wide. */
export function TimingBar({ timings, full, large = false }: { timings: TraceTimings; full: number; large?: boolean }) {
  return (
    <span className={large ? 'tr-bar large' : 'tr-bar'} aria-hidden="true">
      {barOf(timings, full).map(([phase, share]) => (
        <i key={phase} className={`tr-${phase}`} style={{ width: `${(share * 100).toFixed(2)}%` }} />
      ))}
    </span>
  );
}
