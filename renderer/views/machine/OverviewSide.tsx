import { PersonRegular } from '@fluentui/react-icons';
import type { ReactNode } from 'react';
import type { MachineDetails } from '../../../shared/contract/overview.ts';
import { Button } from '../../components/Button.tsx';
import { Kv } from '../../components/Kv.tsx';
import { useNow } from '../../components/useNow.ts';
import { formatBytes, formatDate, formatDay, formatTime, missing, plural } from '../../format.ts';
import { openDialog } from '../../stores/dialogs.ts';
import type { SectionProps } from './Overview.tsx';
import { SectionGap, SectionHead, SectionNote, staleClass, useSection } from './section.tsx';

/** The right-hand pane: what the machine is, and who is on it. */
export function OverviewSide({ machine, onEdit }: SectionProps) {
  const details = useSection(machine.id, 'details');
  const users = useSection(machine.id, 'users');
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
    <aside className="ov-side" aria-label="Facts" tabIndex={0}>
      <section className={staleClass(details)}>
        <SectionHead title="Machine" view={details} />
        <SectionNote view={details} machine={machine} />
        {details.value === null ? (
          <SectionGap view={details} machine={machine} lines={6} onEdit={onEdit} />
        ) : (
          <Kv rows={known(osRows(details.value, details.live))} />
        )}
      </section>
      {details.value !== null && (
        <section className={staleClass(details)}>
          <SectionHead title="Hardware" view={{ ...details, live: true }} />
          <Kv rows={known(hardwareRows(details.value))} />
        </section>
      )}
      <section className={staleClass(users)}>
        <SectionHead title="Signed in" view={users} />
        <SectionNote view={users} machine={machine} />
        {users.value === null ? (
          <SectionGap view={users} machine={machine} lines={2} onEdit={onEdit} />
        ) : users.value.length === 0 ? (
          <p className="t3 ov-none">Nobody is signed in</p>
        ) : (
          <ul className="ov-users">
            {users.value.map((user) => (
              <li
                key={`${user.account} ${user.kind} ${user.sinceAt}`}
                title={user.sinceAt === null ? '' : `since ${formatDate(user.sinceAt)}`}
              >
                <PersonRegular fontSize={14} aria-hidden="true" />
                <span className="ell t1">{user.account}</span>
                <span className="t2 nowrap">{user.kind}</span>
              </li>
            ))}
          </ul>
        )}
        <Button kind="ghost" onClick={() => openDialog({ kind: 'open-shells', machineId: machine.id })}>
          Remote shells…
        </Button>
      </section>
    </aside>
  );
}

type FactRow = readonly [label: string, value: ReactNode];
const known = (rows: readonly FactRow[]): readonly FactRow[] =>
  rows.filter(([, value]) => value !== null && value !== '');

const long = (text: string | null): ReactNode =>
  text === null ? null : (
    <span key={text} title={text}>
      {text}
    </span>
  );

function osRows(details: MachineDetails, live: boolean): readonly FactRow[] {
  return [
    [
      'Edition',
      long(
        details.osCaption?.replace(/^Microsoft\s+(Windows\s+)?(?=Server)/i, '').replace(/^Microsoft\s+/i, '') ?? null,
      ),
    ],
    ['Version', [details.osVersion, details.osArchitecture].filter(Boolean).join(', ')],
    ['Last boot', details.lastBootAt === null ? null : formatDate(details.lastBootAt)],
    ['Installed', details.installedAt === null ? null : formatDay(details.installedAt)],
    ['Computer', long(details.computerName)],
    ['Domain', long(details.domain)],
    [
      'Clock',
      details.clockOffsetMs === null ? null : <Clock key="clock" offsetMs={details.clockOffsetMs} live={live} />,
    ],
    ['Address', details.addresses.length === 0 ? null : <Addresses key="addresses" all={details.addresses} />],
    ['WinRM', details.stack === null ? null : /^\d/.test(details.stack) ? `Stack ${details.stack}` : details.stack],
  ];
}

function hardwareRows(details: MachineDetails): readonly FactRow[] {
  const sockets = details.sockets !== null && details.sockets > 1 ? `${details.sockets} × ` : '';
  const processor = details.processorName
    ?.replace(/\((R|TM)\)/gi, '')
    .replace(/\s+/g, ' ')
    .trim();
  const model = [details.manufacturer, details.model].filter(Boolean).join(' ');
  return [
    ['Model', long(model === '' ? null : model)],
    ['Serial', long(details.serialNumber)],
    ['Processor', processor === undefined ? null : long(`${sockets}${processor}`)],
    ['Logical', details.logicalProcessors === null ? null : plural(details.logicalProcessors, 'processor')],
    ['Memory', details.memoryBytes === null ? null : formatBytes(details.memoryBytes)],
  ];
}

/** The target's own time, ticking while its reading is live. */
function Clock({ offsetMs, live }: { offsetMs: number; live: boolean }) {
  const now = useNow(1000);
  const seconds = Math.abs(offsetMs) / 1000;
  const size = seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds / 60)} min`;
  const words = seconds < 0.1 ? 'in step' : `${size} ${offsetMs < 0 ? 'behind' : 'ahead'}`;
  // Kerberos refuses beyond five minutes; NTLMv2 timestamps suffer too.
  const far = seconds >= 300;
  return (
    <span className={far ? 'num c-warn' : 'num'}>
      {live ? `${formatTime(now + offsetMs)}, ` : ''}
      {words}
    </span>
  );
}

function Addresses({ all }: { all: readonly string[] }) {
  const sorted = all.toSorted((a, b) => Number(a.includes(':')) - Number(b.includes(':')));
  return (
    <span title={sorted.join('\n')}>
      {sorted[0] ?? missing}
      {sorted.length > 1 && <span className="t3"> and {sorted.length - 1} more</span>}
    </span>
  );
}
