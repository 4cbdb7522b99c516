import { ChevronDownRegular, ChevronRightRegular } from '@fluentui/react-icons';
import { useStore } from 'zustand';
import type { Column } from '../../components/DataTable.tsx';
import { formatBytes, formatDate, formatTime } from '../../format.ts';
import { processesStore } from '../../stores/processes.ts';
import type { ProcessRow } from './process-view.ts';

/** From so much on it is worth the eye. */
const busyPercent = 20;
/** `24 Nov, 01:51`: the year is in the tooltip. */
const dayAndTime = new Intl.DateTimeFormat('en-GB', {
  day: '2-digit',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const isToday = (at: number): boolean => new Date(at).toDateString() === new Date().toDateString();

/** Who it belongs to; known once the row has been on the screen. Renders alone. */
function OwnerCell({ machineId, row }: { machineId: string; row: ProcessRow }) {
  const owner = useStore(processesStore.state, (all) => all[machineId]?.owners.get(row.key));
  if (owner === undefined) return <span className="t3">…</span>;
  if (owner.kind === 'known') {
    const short = owner.name.replace(/^(NT AUTHORITY|NT-AUTORITÄT|Window Manager|Font Driver Host)\\/i, '');
    return (
      <span className="ell" title={owner.name}>
        {short}
      </span>
    );
  }
  const why = owner.kind === 'withheld' ? owner.why : 'It has ended.';
  return (
    <span className="t3 ell" title={why}>
      {owner.kind === 'withheld' ? 'not told' : ''}
    </span>
  );
}

/** The columns; the view orders the rows, since a tree is sorted brother by brother, so none of them has an order of its own here. */
export function processColumns(
  machineId: string,
  options: { readonly narrow: boolean; readonly isTree: boolean; readonly onTwist: (key: string) => void },
): readonly Column<ProcessRow>[] {
  const { narrow, isTree, onTwist } = options;
  const sortBy = () => null;
  const wide: Column<ProcessRow>[] = [
    {
      id: 'private',
      title: 'Private',
      name: 'Private memory',
      width: 84,
      align: 'right',
      descendingFirst: true,
      sortBy,
      cell: ({ process }) => formatBytes(process.privateBytes),
    },
    {
      id: 'threads',
      title: 'Threads',
      width: 68,
      align: 'right',
      descendingFirst: true,
      sortBy,
      cell: ({ process }) => process.threads ?? '',
    },
  ];
  return [
    {
      id: 'name',
      title: 'Name',
      width: narrow ? 256 : 290,
      grow: 1.4,
      className: 'name',
      sortBy,
      cell: (row) => (
        <span className="pr-name" style={{ paddingLeft: row.depth * 16 }}>
          {isTree ? (
            row.children > 0 ? (
              <button
                type="button"
                className="pr-twist"
                tabIndex={-1}
                aria-expanded={!row.isClosed}
                aria-label={`${row.isClosed ? 'Open' : 'Close'} ${row.process.name} ${row.process.processId}`}
                onClick={() => onTwist(row.key)}
              >
                {row.isClosed ? <ChevronRightRegular fontSize={12} /> : <ChevronDownRegular fontSize={12} />}
              </button>
            ) : (
              <i className="pr-no-twist" />
            )
          ) : null}
          <span className="ell t1 b5" title={row.process.path ?? row.process.name}>
            {row.process.name}
          </span>
          {isTree && row.depth > 0 ? <span className="visually-hidden"> level {row.depth + 1}</span> : null}
        </span>
      ),
    },
    {
      id: 'processId',
      title: 'PID',
      width: 64,
      align: 'right',
      sortBy,
      cell: ({ process }) => process.processId,
    },
    {
      id: 'cpu',
      title: 'CPU %',
      width: 66,
      align: 'right',
      descendingFirst: true,
      sortBy,
      cell: ({ process: { cpuPercent, processId } }) =>
        cpuPercent === null ? (
          <span className="t3">–</span>
        ) : (
          <span className={cpuPercent < 0.05 || processId === 0 ? 't3' : cpuPercent >= busyPercent ? 't1 b6' : 't1'}>
            {cpuPercent.toFixed(1)}
          </span>
        ),
    },
    {
      id: 'memory',
      title: 'Memory',
      name: 'Memory (working set)',
      width: 84,
      align: 'right',
      descendingFirst: true,
      sortBy,
      cell: ({ process }) => formatBytes(process.workingSetBytes),
    },
    ...(narrow ? [] : wide),
    {
      id: 'owner',
      title: 'Owner',
      width: narrow ? 92 : 104,
      grow: 0.4,
      cell: (row) => <OwnerCell machineId={machineId} row={row} />,
    },
    ...(narrow
      ? []
      : [
          {
            id: 'startedAt',
            title: 'Started',
            width: 104,
            descendingFirst: true,
            sortBy,
            cell: ({ process: { createdAt } }: ProcessRow) => (
              <span className="ell" title={formatDate(createdAt)}>
                {createdAt === null ? '–' : isToday(createdAt) ? formatTime(createdAt) : dayAndTime.format(createdAt)}
              </span>
            ),
          },
        ]),
    {
      id: 'commandLine',
      title: 'Command line',
      width: narrow ? 80 : 120,
      grow: narrow ? 0.5 : 2,
      sortBy,
      cell: ({ process }) => (
        <span className="mono ell" title={process.commandLine ?? ''}>
          {process.commandLine ?? <span className="t3">–</span>}
        </span>
      ),
    },
  ];
}
