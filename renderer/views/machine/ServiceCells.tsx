import { useStore } from 'zustand';
import { Button } from '../../components/Button.tsx';
import type { Column } from '../../components/DataTable.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { useNow } from '../../components/useNow.ts';
import { formatAge, formatClock, formatTime } from '../../format.ts';
import { isActive, isPending, isTrouble, windowsServicesStore } from '../../stores/windows-services.ts';
import { accountWords, actionWords, serviceLook, startModeWords } from './service-words.ts';
import type { ServiceRow } from './services-view.ts';

const toneClass = { quiet: 't3', plain: 't2', warn: 'c-warn b5', crit: 'c-crit b6', pending: 't1 b5' } as const;

/** State by shape and word; while it moves, how long already, and a bar along the foot of the row. */
function StateCell({ machineId, row }: { machineId: string; row: ServiceRow }) {
  const { service, record } = row;
  const look = serviceLook(service, record);
  const active = isActive(record) && record?.stage === 'running';
  const moving = active || (isPending(service.state) && !isTrouble(record));
  return (
    <>
      <Glyph name={look.glyph} label="" />
      <span className={`sv-state ${toneClass[look.tone]}`}>{look.words}</span>
      {moving && (
        <Elapsed
          machineId={machineId}
          startedAt={active ? (record?.startedAt ?? null) : null}
          name={service.name}
          limitMs={active ? (record?.progress?.limitMs ?? null) : null}
        />
      )}
    </>
  );
}

/**
 * Renders every second, alone. `startedAt`: of an action of ours; without one, how long the service has been seen moving, as long as
 * the list is live.
 */
function Elapsed(props: { machineId: string; name: string; startedAt: number | null; limitMs: number | null }) {
  const { machineId, name, startedAt, limitMs } = props;
  const now = useNow(1000);
  const seenAt = useStore(windowsServicesStore.state, (all) => {
    const view = all[machineId];
    return view?.live ? (view.pendingSince.get(name) ?? null) : null;
  });
  const since = startedAt ?? seenAt;
  if (since === null) return null;
  const elapsed = Math.max(0, now - since);
  return (
    <>
      <span className="num t3 nowrap">
        {formatClock(elapsed)}
        {limitMs === null ? null : <span className="wide-only"> of {formatClock(limitMs)}</span>}
      </span>
      {limitMs === null ? null : (
        <span className="mp-foot-bar" aria-hidden="true">
          <i style={{ transform: `scaleX(${Math.min(1, elapsed / limitMs).toFixed(3)})` }} />
        </span>
      )}
    </>
  );
}

/** Columns of the table; narrow windows lose the account first. */
export function serviceColumns(machineId: string, narrow: boolean): readonly Column<ServiceRow>[] {
  const account: Column<ServiceRow> = {
    id: 'account',
    title: 'Account',
    width: 110,
    grow: 1,
    sortBy: ({ service }) => accountWords(service.account),
    cell: ({ service }) => (
      <span className="ell" title={service.account ?? ''}>
        {accountWords(service.account)}
      </span>
    ),
  };
  return [
    {
      id: 'name',
      title: 'Name',
      width: narrow ? 164 : 176,
      grow: 1.3,
      className: 'name',
      sortBy: ({ service }) => service.name,
      cell: ({ service }) => <span className="ell t1 b5">{service.name}</span>,
    },
    {
      id: 'displayName',
      title: 'Display name',
      width: 120,
      grow: 2.2,
      sortBy: ({ service }) => service.displayName,
      cell: ({ service }) => (
        <span className="ell" title={service.displayName}>
          {service.displayName}
        </span>
      ),
    },
    {
      id: 'state',
      title: 'State',
      width: narrow ? 150 : 206,
      grow: 1,
      className: 'sv-state-cell',
      sortBy: ({ service, record }) => serviceLook(service, record).words,
      cell: (row) => <StateCell machineId={machineId} row={row} />,
    },
    {
      id: 'startMode',
      title: 'Start mode',
      width: narrow ? 138 : 142,
      grow: narrow ? 0 : 0.4,
      sortBy: ({ service }) => startModeWords[service.startMode],
      cell: ({ service }) => <span className="ell">{startModeWords[service.startMode]}</span>,
    },
    ...(narrow ? [] : [account]),
    {
      id: 'processId',
      title: 'PID',
      width: narrow ? 66 : 84,
      align: 'right',
      sortBy: ({ service }) => service.processId || null,
      cell: ({ service }) => service.processId || '',
    },
  ];
}

export const troubleHeight = 30;

/** The second line of a row whose action was refused or whose outcome is unknown. */
export function TroubleLine({ machineId, row }: { machineId: string; row: ServiceRow }) {
  const { record, service } = row;
  const live = useStore(windowsServicesStore.state, (all) => all[machineId]?.live ?? false);
  if (!record || !isTrouble(record)) return null;
  const { problem } = record;
  const unknown = record.stage === 'unknown';
  const code = problem?.operation?.returnValue ?? problem?.technical;
  const meaning = problem?.operation?.meaning ?? problem?.message ?? 'It failed.';
  const took = (record.endedAt ?? record.startedAt) - record.startedAt;
  const rest = [
    live
      ? unknown
        ? `The machine says now: ${service.state.toLowerCase()}`
        : `It is ${service.state.toLowerCase()}`
      : `Last seen: ${service.state.toLowerCase()}`,
    `asked at ${formatTime(record.startedAt)}`,
    took > 3000 ? `gave up after ${formatAge(took)}` : null,
  ];
  return (
    <div className="sv-trouble">
      <span className="sv-trouble-text ell" title={[meaning, ...(problem?.advice ?? [])].join('\n')}>
        {code === undefined || unknown ? null : <b className="c-crit num">{code}</b>}
        <span className="t1">{sentence(meaning)}</span> <span className="t2">{rest.filter(Boolean).join(' · ')}</span>
      </span>
      <Button
        kind="ghost"
        onClick={() => windowsServicesStore.retry(machineId, record.id)}
        aria-label={`Retry: ${actionWords[record.action]} ${record.name}`}
      >
        {unknown ? 'Ask again' : 'Retry'}
      </Button>
      <Button
        kind="ghost"
        onClick={() => windowsServicesStore.dismiss(machineId, record.id)}
        aria-label={`Put away: ${actionWords[record.action]} ${record.name}`}
      >
        Put away
      </Button>
    </div>
  );
}

/** Capital at the front, full stop at the end. */
const sentence = (words: string): string =>
  words.charAt(0).toUpperCase() + words.slice(1) + (/[.!?]$/.test(words) ? '' : '.');
