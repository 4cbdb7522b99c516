import { useLayoutEffect, useRef } from 'react';
import type { Machine } from '../../../shared/contract/machines.ts';
import { barSize } from '../../components/Bar.tsx';
import { clockNow, subscribeClock } from '../../components/useNow.ts';
import { formatAge, formatDate, formatDuration, formatPercentNumber, formatTime, missing } from '../../format.ts';
import { gaugeLifeMs, readGauge, subscribeGauge } from '../../stores/gauges.ts';

/**
 * Cells that change all the time. They write their text and transform themselves, so that a reading costs neither the table model nor
 * a render of the row.
 */

/** CPU or memory: a bar and a number, and honest about a reading that has grown old. */
export function PercentCell({ machine, what }: { machine: Machine; what: 'cpu' | 'memory' }) {
  const cell = useRef<HTMLSpanElement>(null);
  const bar = useRef<HTMLSpanElement>(null);
  const number = useRef<HTMLSpanElement>(null);
  const { id, state } = machine;
  useLayoutEffect(() => {
    let shown = '';
    const draw = () => {
      const reading = readGauge(id);
      const percent = (what === 'cpu' ? reading?.cpuPercent : reading?.memoryPercent) ?? null;
      const stale =
        state !== 'online' ||
        reading === undefined ||
        Date.now() - (what === 'cpu' ? reading.cpuReadAt : reading.readAt) > gaugeLifeMs();
      const level =
        percent === null ? 'none' : stale ? 'stale' : percent >= 95 ? 'crit' : percent >= 90 ? 'warn' : 'fine';
      const digits = formatPercentNumber(percent);
      const next = `${digits} ${level}`;
      if (next === shown || cell.current === null || bar.current === null || number.current === null) return;
      shown = next;
      cell.current.dataset['level'] = level;
      bar.current.style.backgroundSize = barSize(percent);
      number.current.textContent = digits === missing ? missing : `${digits} %`;
      cell.current.title =
        stale && reading !== undefined && percent !== null ? `Read at ${formatDate(reading.readAt)}` : '';
    };
    draw();
    const stopGauge = subscribeGauge(id, draw);
    const stopClock = subscribeClock(draw);
    return () => {
      stopGauge();
      stopClock();
    };
  }, [id, state, what]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only its tooltip
    <span
      className="bar-cell"
      ref={cell}
      onMouseEnter={(event) => {
        const reading = readGauge(id);
        event.currentTarget.title =
          reading === undefined
            ? 'Not read yet'
            : `Read at ${formatTime(what === 'cpu' ? reading.cpuReadAt : reading.readAt)}`;
      }}
    >
      <span className={`cell-bar ${what}`} aria-hidden="true" ref={bar} />
      <span className="bar-number" ref={number} />
    </span>
  );
}

/** Text that depends on the time: written at each tick in which it changes. Its tooltip is made when somebody points at it. */
function TimedText(props: { write: (now: number) => string; className?: string; title: () => string }) {
  const { write, title } = props;
  const element = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    let shown: string | null = null;
    const draw = () => {
      const text = write(clockNow());
      if (text === shown || element.current === null) return;
      shown = text;
      element.current.textContent = text;
    };
    draw();
    return subscribeClock(draw);
  }, [write]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only its tooltip
    <span
      ref={element}
      className={props.className}
      onMouseEnter={(event) => {
        event.currentTarget.title = title();
      }}
    />
  );
}

export function UptimeCell({ machine }: { machine: Machine }) {
  const bootedAt = machine.facts?.lastBootAt ?? null;
  if (bootedAt === null) return <span className="t3">{missing}</span>;
  if (machine.state !== 'online') {
    return (
      <span className="t3" title="Not known while it does not answer">
        {missing}
      </span>
    );
  }
  return <TimedText write={(now) => uptimeWords(now - bootedAt)} title={() => `Booted on ${formatDate(bootedAt)}`} />;
}

/** Below an hour the seconds would flicker: minutes are enough here. */
const uptimeWords = (ms: number): string =>
  ms < 60_000 ? 'under a minute' : formatDuration(Math.floor(ms / 60_000) * 60_000).replace(' 0 s', '');

export function LastSeenCell({ machine }: { machine: Machine }) {
  if (machine.state === 'online') return 'now';
  const seenAt = machine.lastSeenAt;
  if (seenAt === null) return <span className="t3">never</span>;
  return (
    <TimedText className="c-warn" write={(now) => `${formatAge(now - seenAt)} ago`} title={() => formatDate(seenAt)} />
  );
}
