import { Select } from '@fluentui/react-components';
import { DismissRegular } from '@fluentui/react-icons';
import { useEffect, useId, useState } from 'react';
import type { Machine } from '../../../shared/contract/machines.ts';
import type { Problem } from '../../../shared/contract/problem.ts';
import type { WindowsService } from '../../../shared/contract/windows-services.ts';
import { IconButton } from '../../components/Button.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { Kv } from '../../components/Kv.tsx';
import { Banner } from '../../components/ProblemBanner.tsx';
import { useNow } from '../../components/useNow.ts';
import { formatClock, formatDuration, formatTime, plural } from '../../format.ts';
import { problemOf } from '../../stores/problem-of.ts';
import {
  isActive,
  type NewStartModeName,
  type RelatedServices,
  type ServiceActionRecord,
  windowsServicesStore,
} from '../../stores/windows-services.ts';
import { accountWords, actionWords, progressWords, serviceLook, startModeWords } from './service-words.ts';
import type { ServiceRow } from './services-view.ts';

interface ServicePaneProps {
  readonly machine: Machine;
  readonly rows: readonly ServiceRow[];
  readonly all: readonly ServiceRow[];
  readonly actions: readonly ServiceActionRecord[];
  readonly canChange: boolean;
  readonly onStartMode: (mode: NewStartModeName) => void;
  readonly onGo: (name: string) => void;
  readonly onClose: () => void;
}

/** The right-hand pane: one service in full, or a count of several. */
export function ServicePane(props: ServicePaneProps) {
  const [only] = props.rows;
  const title =
    props.rows.length === 1 && only
      ? only.service.displayName
      : props.rows.length > 1
        ? plural(props.rows.length, 'service')
        : 'Details';
  return (
    <aside className="sv-pane" aria-label="Details of the selection">
      <div className="sv-pane-head">
        <h2 className="room-pane-title" title={title}>
          {title}
        </h2>
        <IconButton name="Close the details" icon={<DismissRegular />} onClick={props.onClose} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
      <div className="sv-pane-body" tabIndex={0}>
        {props.rows.length === 0 ? (
          <Nothing all={props.all} />
        ) : props.rows.length === 1 && only ? (
          <One key={only.service.name} {...props} row={only} />
        ) : (
          <Several rows={props.rows} />
        )}
      </div>
    </aside>
  );
}

function Nothing({ all }: { all: readonly ServiceRow[] }) {
  if (all.length === 0) return null;
  const count = (test: (service: WindowsService) => boolean) => all.filter(({ service }) => test(service)).length;
  return (
    <>
      <p className="t2">Select a service to see what it is, what it needs and what needs it.</p>
      <Kv
        rows={[
          ['Services', String(all.length)],
          ['Running', String(count((service) => service.state === 'Running'))],
          ['Stopped', String(count((service) => service.state === 'Stopped'))],
          ['Automatic', String(count((service) => service.startMode.startsWith('Auto')))],
          ['Disabled', String(count((service) => service.startMode === 'Disabled'))],
        ]}
      />
    </>
  );
}

function Several({ rows }: { rows: readonly ServiceRow[] }) {
  return (
    <ul className="sv-list">
      {rows.map(({ service, record }) => {
        const look = serviceLook(service, record);
        return (
          <li key={service.name}>
            <Glyph name={look.glyph} label="" />
            <span className="name t1 ell">{service.name}</span>
            <span className="t3 nowrap sv-list-end">{look.words}</span>
          </li>
        );
      })}
    </ul>
  );
}

function One({ row, machine, all, actions, canChange, onStartMode, onGo }: ServicePaneProps & { row: ServiceRow }) {
  const { service, record } = row;
  const modeId = useId();
  const mine = actions.filter((one) => one.name === service.name);
  return (
    <>
      {record && isActive(record) ? <Moving record={record} /> : null}
      {service.description === null || service.description === '' ? null : (
        <p className="t2 sv-description">{service.description}</p>
      )}
      <Kv
        rows={[
          [
            'Name',
            <span key="name" className="name" title={service.name}>
              {service.name}
            </span>,
          ],
          ['State', serviceLook(service, undefined).words],
          [
            'Account',
            <span key="account" title={service.account ?? ''}>
              {accountWords(service.account) || '–'}
            </span>,
          ],
          ['PID', service.processId ? `${service.processId}${exe(service.path)}` : '–'],
          [
            'Path',
            service.path === null ? (
              '–'
            ) : (
              <span key="path" className="mono" title={service.path}>
                {service.path}
              </span>
            ),
          ],
          ...(service.state === 'Stopped' && service.exitCode
            ? ([['Exit code', String(service.exitCode)]] as const)
            : []),
        ]}
      />
      <div className="sv-mode">
        <label className="t3" htmlFor={modeId}>
          Start mode
        </label>
        <Select
          id={modeId}
          value={service.startMode}
          disabled={!canChange || isActive(record)}
          onChange={(_event, data) => onStartMode(data.value as NewStartModeName)}
        >
          {isSettable(service.startMode) ? null : (
            <option value={service.startMode} disabled>
              {startModeWords[service.startMode]}
            </option>
          )}
          <option value="Auto">Automatic</option>
          <option value="Manual">Manual</option>
          <option value="Disabled">Disabled</option>
        </Select>
      </div>
      <Related machine={machine} service={service} all={all} onGo={onGo} />
      <h3 className="h2">Last actions</h3>
      {mine.length === 0 ? (
        <p className="t3 ov-none">None since this page was opened</p>
      ) : (
        <ul className="sv-list">
          {mine.slice(0, 8).map((one) => (
            <Action key={one.id} record={one} />
          ))}
        </ul>
      )}
    </>
  );
}

const isSettable = (mode: string): mode is NewStartModeName =>
  mode === 'Auto' || mode === 'Manual' || mode === 'Disabled';

/** `(svchost.exe)` of a command line that may be quoted. */
function exe(path: string | null): string {
  const file = /^"?[^"]*?([^"\\/]+\.exe)\b/i.exec(path ?? '')?.[1];
  return file === undefined ? '' : ` (${file})`;
}

function Moving({ record }: { record: ServiceActionRecord }) {
  const now = useNow(1000);
  const { progress } = record;
  return (
    <Banner tint="info" glyph="pending">
      <div className="row">
        <b className="t1 grow">{progressWords(record)}</b>
        <span className="num">{record.stage === 'queued' ? '' : formatClock(now - record.startedAt)}</span>
      </div>
      {record.stage === 'queued'
        ? 'A few are asked at a time; this one is next in line.'
        : progress
          ? `Followed until it settles, for ${formatDuration(progress.limitMs)} at most.`
          : 'Followed until it settles.'}
    </Banner>
  );
}

function Action({ record }: { record: ServiceActionRecord }) {
  const glyph = isActive(record)
    ? 'pending'
    : record.stage === 'done'
      ? 'healthy'
      : record.stage === 'unknown'
        ? 'warning'
        : 'critical';
  const what = actionWords[record.action];
  const { operation } = record.problem ?? {};
  const result =
    record.stage === 'done'
      ? record.startMode === null
        ? (record.progress?.service.state.toLowerCase() ?? 'done')
        : startModeWords[record.startMode].toLowerCase()
      : isActive(record)
        ? progressWords(record)
        : record.stage === 'unknown'
          ? 'outcome unknown'
          : operation
            ? `${operation.returnValue}: ${operation.meaning}`
            : (record.problem?.message ?? 'failed');
  return (
    <li title={result}>
      <Glyph name={glyph} label="" />
      <span className="ell">
        <span className="t1">{what}</span> <span className="t2">· {result}</span>
      </span>
      <span className="t3 num nowrap sv-list-end">{formatTime(record.startedAt)}</span>
    </li>
  );
}

type RelatedState = { readonly related: RelatedServices } | { readonly problem: Problem } | null;

/** Asked when the selection has rested a moment: moving through the list asks nothing. */
const restMs = 250;

function Related(props: {
  machine: Machine;
  service: WindowsService;
  all: readonly ServiceRow[];
  onGo: (name: string) => void;
}) {
  const { machine, service, all } = props;
  const [state, setState] = useState<RelatedState>(null);
  useEffect(() => {
    const stop = new AbortController();
    const timer = setTimeout(() => {
      windowsServicesStore.related(machine.id, service.name, stop.signal).then(
        (related) => !stop.signal.aborted && setState({ related }),
        (error: unknown) => !stop.signal.aborted && setState({ problem: problemOf(error) }),
      );
    }, restMs);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [machine.id, service.name]);
  const stateNow = (one: WindowsService) => (all.find((row) => row.service.name === one.name)?.service ?? one).state;
  const note = state === null ? 'Being read…' : 'problem' in state ? state.problem.message : null;
  const related = state !== null && 'related' in state ? state.related : null;
  return (
    <>
      <h3 className="h2">Depends on</h3>
      <RelatedList {...props} all={all} services={related?.dependencies ?? null} note={note} />
      <h3 className="h2 row">
        <span className="grow">Dependants</span>
        {related?.dependants.some((one) => stateNow(one) !== 'Stopped') && (
          <span className="s11 t3 sv-plain">stop with it</span>
        )}
      </h3>
      <RelatedList {...props} all={all} services={related?.dependants ?? null} note={note} />
    </>
  );
}

function RelatedList(props: {
  services: readonly WindowsService[] | null;
  all: readonly ServiceRow[];
  note: string | null;
  onGo: (name: string) => void;
}) {
  const { services, note } = props;
  if (services === null) return <p className="t3 ov-none">{note}</p>;
  if (services.length === 0) return <p className="t3 ov-none">None</p>;
  return (
    <ul className="sv-list">
      {services.map((known) => {
        // The list is newer than the answer, which was read once. Drivers are in no list of services: told as they were answered.
        const current = props.all.find((row) => row.service.name === known.name);
        const service = current?.service ?? known;
        const look = serviceLook(service, current?.record);
        return (
          <li key={known.name} title={known.displayName}>
            <Glyph name={look.glyph} label={look.words} />
            {current ? (
              <button type="button" className="sv-link name ell" onClick={() => props.onGo(known.name)}>
                {known.name}
              </button>
            ) : (
              <span className="name t1 ell">{known.name}</span>
            )}
            <span className="t3 nowrap">
              {look.words.toLowerCase()}
              {service.state === 'Stopped' ? `, ${startModeWords[service.startMode].toLowerCase()}` : ''}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
