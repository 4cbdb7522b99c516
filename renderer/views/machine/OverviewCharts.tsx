import { type ReactNode, useCallback } from 'react';
import type { Machine } from '../../../shared/contract/machines.ts';
import { Gauge } from '../../components/Gauge.tsx';
import { type ChartSeries, LineChart } from '../../components/LineChart.tsx';
import {
  formatBitRate,
  formatByteRate,
  formatBytes,
  formatPercent,
  formatTime,
  missing,
  plural,
} from '../../format.ts';
import { historySpanMs } from '../../stores/history.ts';
import { type ChartName, memoryPercent, overviewStore, sumRates } from '../../stores/overview.ts';
import { bytesOf } from './amounts.ts';
import type { SectionProps } from './Overview.tsx';
import { isRefused, SectionGap, SectionHead, SectionNote, type SectionView, useSection } from './section.tsx';

/** A number of the heading: grey label, bold value, grey unit. */
function Fact({ label, text, wide = false }: { label?: string; text: string; wide?: boolean }) {
  const [, number, unit] = /^(\S+(?:\s%)?)(\s.*)?$/.exec(text) ?? [];
  return (
    <span className={wide ? 'ov-fact wide-only' : 'ov-fact'}>
      {label === undefined ? null : `${label} `}
      <b>{number}</b>
      {unit}
    </span>
  );
}

const percentSeries: Readonly<Record<'cpu' | 'memory', readonly ChartSeries[]>> = {
  cpu: [{ name: 'CPU', token: 'cpuF', filled: true }],
  memory: [{ name: 'Memory', token: 'memF', filled: true }],
};
const pairSeries = (first: string, second: string): readonly ChartSeries[] => [
  { name: first, token: 'cpuF', filled: true },
  { name: second, token: 't3', filled: false },
];
const networkSeries = pairSeries('Received', 'Sent');
const diskSeries = pairSeries('Read', 'Write');

const percent = (value: number): string => formatPercent(value);

/** A machine that was just opened fills its chart too: it begins with two minutes and grows to the whole span. */
const leastSpanMs = 2 * 60_000;
const spanOfLive = (firstAt: number | null): number =>
  Math.min(historySpanMs, Math.max(leastSpanMs, firstAt === null ? 0 : Date.now() - firstAt));
/** While nothing new comes, what was there before stays in sight beside the hatched time: up to an hour. */
function spanOfOld(firstAt: number | null, lastAt: number): number {
  const known = firstAt === null ? historySpanMs : Math.min(historySpanMs, Math.max(leastSpanMs, lastAt - firstAt));
  return Math.min(4 * historySpanMs, known + Date.now() - lastAt);
}

/** `in 15 min`, or since when there are readings at all. */
function peakSpan(firstAt: number | null): string {
  if (firstAt === null || Date.now() - firstAt >= historySpanMs - 30_000) return 'in 15 min';
  return `since ${formatTime(firstAt).slice(0, 5)}`;
}

/** A chart of the store's own history. `factor` turns what is kept into what is shown. */
function HistoryChart(props: {
  machine: Machine;
  chart: ChartName;
  view: SectionView<unknown>;
  label: string;
  series: readonly ChartSeries[];
  scale: 'percent' | 'rate';
  base?: 1000 | 1024;
  factor?: number;
  format: (value: number) => string;
  height: number;
}) {
  const { machine, chart, view, factor = 1 } = props;
  const history = overviewStore.history(machine.id, chart);
  const lastAt = history.lastAt ?? view.readAt;
  const words = machine.state === 'online' ? 'not read since' : 'no answer since';
  const oldAt = view.live ? null : lastAt;
  const since = oldAt === null ? null : { at: oldAt, words: `${words} ${formatTime(oldAt).slice(0, 5)}` };
  const spanMs = useCallback(
    () => (oldAt === null ? spanOfLive(history.firstAt) : spanOfOld(history.firstAt, oldAt)),
    [oldAt, history],
  );
  const read = useCallback(() => {
    const from = Date.now() - spanMs();
    const { times, series } = history.columns(from);
    const scaled =
      factor === 1 ? series : series.map((column) => column.map((value) => (value === null ? null : value * factor)));
    return { times, series: scaled, gaps: history.gaps(from) };
  }, [history, factor, spanMs]);
  return (
    <LineChart
      label={props.label}
      series={props.series}
      read={read}
      revision={view.readAt}
      spanMs={spanMs}
      scale={props.scale}
      base={props.base ?? 1000}
      format={props.format}
      height={props.height}
      since={since}
    />
  );
}

/** The last known value is shown grey; where there is none, the reason or grey lines. */
function useless(view: SectionView<unknown>, machine: Machine): boolean {
  return view.value === null || isRefused(view, machine);
}

function ChartRow({ gauge, children }: { gauge: ReactNode; children: ReactNode }) {
  return (
    <div className="ov-row">
      {gauge}
      <div className="grow">{children}</div>
    </div>
  );
}

export function CpuSection({ machine, onEdit }: SectionProps) {
  const view = useSection(machine.id, 'cpu');
  const { value, live } = view;
  const history = overviewStore.history(machine.id, 'cpu');
  const peak = history.peak(0, Date.now() - historySpanMs);
  const total = value?.totalPercent ?? null;
  const count = value?.logicalProcessors ?? 0;
  return (
    <ChartRow
      gauge={
        <Gauge
          label="CPU"
          series="cpu"
          value={total}
          peak={peak}
          stale={!live}
          capacity={
            value === null
              ? ''
              : live || view.readAt === null
                ? `of ${plural(count, 'CPU')}`
                : `at ${formatTime(view.readAt)}`
          }
        />
      }
    >
      <SectionHead
        title="CPU"
        view={view}
        end={value && live ? <ProcessorBars percents={value.perProcessorPercent} /> : null}
      >
        {value && (
          <>
            <Fact label="queue" text={value.queueLength === null ? missing : String(value.queueLength)} />
            {value.speedMHz === null ? null : <Fact text={`${(value.speedMHz / 1000).toFixed(1)} GHz`} />}
            {peak === null ? null : (
              <Fact wide label="peak" text={`${formatPercent(peak)} ${peakSpan(history.firstAt)}`} />
            )}
          </>
        )}
      </SectionHead>
      <SectionNote view={view} machine={machine} />
      {useless(view, machine) ? (
        <SectionGap view={view} machine={machine} lines={3} onEdit={onEdit} />
      ) : (
        <HistoryChart
          machine={machine}
          chart="cpu"
          view={view}
          series={percentSeries.cpu}
          scale="percent"
          format={percent}
          height={112}
          label={`CPU over 15 minutes: ${live ? 'now' : 'last'} ${formatPercent(total)}, peak ${formatPercent(peak)}`}
        />
      )}
    </ChartRow>
  );
}

/** Every logical processor as a thin upright bar; sixty-four and more fit beside the heading. */
function ProcessorBars({ percents }: { percents: readonly (number | null)[] }) {
  if (percents.length < 2) return null;
  const size = percents.length <= 16 ? 'few' : percents.length <= 64 ? 'some' : 'many';
  const known = percents.filter((one) => one !== null);
  const most = known.length === 0 ? null : Math.max(...known);
  return (
    <span
      className={`ov-processors ${size}`}
      role="img"
      aria-label={`${percents.length} processors, the busiest at ${formatPercent(most)}`}
      title={percents.map((one, index) => `${index}: ${formatPercent(one)}`).join('\n')}
    >
      {percents.map((one, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a processor is its number
        <i key={index}>
          <b style={{ transform: `scaleY(${((one ?? 0) / 100).toFixed(2)})` }} />
        </i>
      ))}
    </span>
  );
}

export function MemorySection({ machine, onEdit }: SectionProps) {
  const view = useSection(machine.id, 'memory');
  const { value, live } = view;
  const used = value === null ? null : memoryPercent(value);
  const peak = overviewStore.history(machine.id, 'memory').peak(0, Date.now() - historySpanMs);
  return (
    <ChartRow
      gauge={
        <Gauge
          label="Memory"
          series="memory"
          value={used}
          peak={peak}
          stale={!live}
          capacity={value === null ? '' : bytesOf(value.totalBytes - value.availableBytes, value.totalBytes)}
        />
      }
    >
      <SectionHead title="Memory" view={view}>
        {value && (
          <>
            <Fact label="available" text={formatBytes(value.availableBytes)} />
            {value.committedBytes === null ? null : <Fact label="committed" text={formatBytes(value.committedBytes)} />}
            <Fact
              wide
              label="pages/s"
              text={value.pagesPerSecond === null ? missing : String(Math.round(value.pagesPerSecond))}
            />
          </>
        )}
      </SectionHead>
      <SectionNote view={view} machine={machine} />
      {useless(view, machine) ? (
        <SectionGap view={view} machine={machine} lines={3} onEdit={onEdit} />
      ) : (
        <HistoryChart
          machine={machine}
          chart="memory"
          view={view}
          series={percentSeries.memory}
          scale="percent"
          format={percent}
          height={112}
          label={`Memory in use over 15 minutes: ${live ? 'now' : 'last'} ${formatPercent(used)}, peak ${formatPercent(peak)}`}
        />
      )}
    </ChartRow>
  );
}

const bits = (bytes: number | null): number | null => (bytes === null ? null : bytes * 8);

export function NetworkSection({ machine, onEdit }: SectionProps) {
  const view = useSection(machine.id, 'network');
  const adapters = view.value?.adapters ?? [];
  const received = bits(sumRates(adapters.map((adapter) => adapter.receivedBytesPerSecond)));
  const sent = bits(sumRates(adapters.map((adapter) => adapter.sentBytesPerSecond)));
  const [only] = adapters;
  const where =
    adapters.length === 1 && only
      ? [only.name, only.bitsPerSecond === null ? null : formatBitRate(only.bitsPerSecond)].filter(Boolean).join(' · ')
      : plural(adapters.length, 'adapter');
  return (
    <div className="ov-cell">
      <SectionHead
        title="Network"
        view={view}
        end={
          <span
            className="ov-where ell wide-only"
            title={adapters
              .map(
                (one) =>
                  `${one.name}: ${formatBitRate(bits(one.receivedBytesPerSecond))} in, ${formatBitRate(bits(one.sentBytesPerSecond))} out`,
              )
              .join('\n')}
          >
            {view.value === null ? '' : where}
          </span>
        }
      >
        {view.value && (
          <>
            <Fact label="↓" text={formatBitRate(received)} />
            <Fact label="↑" text={formatBitRate(sent)} />
          </>
        )}
      </SectionHead>
      <SectionNote view={view} machine={machine} />
      {useless(view, machine) ? (
        <SectionGap view={view} machine={machine} lines={2} onEdit={onEdit} />
      ) : (
        <HistoryChart
          machine={machine}
          chart="network"
          view={view}
          series={networkSeries}
          scale="rate"
          factor={8}
          format={formatBitRate}
          height={96}
          label={`Network over 15 minutes: receiving ${formatBitRate(received)}, sending ${formatBitRate(sent)}`}
        />
      )}
    </div>
  );
}

export function DiskActivitySection({ machine, onEdit }: SectionProps) {
  const view = useSection(machine.id, 'diskActivity');
  const { value } = view;
  return (
    <div className="ov-cell">
      <SectionHead title="Disk" view={view}>
        {value && (
          <>
            <Fact label="read" text={formatByteRate(value.readBytesPerSecond)} />
            <Fact label="write" text={formatByteRate(value.writeBytesPerSecond)} />
            {value.latencyMs === null ? null : <Fact wide label="latency" text={`${value.latencyMs.toFixed(1)} ms`} />}
          </>
        )}
      </SectionHead>
      <SectionNote view={view} machine={machine} />
      {useless(view, machine) ? (
        <SectionGap view={view} machine={machine} lines={2} onEdit={onEdit} />
      ) : (
        <HistoryChart
          machine={machine}
          chart="diskActivity"
          view={view}
          series={diskSeries}
          scale="rate"
          base={1024}
          format={formatByteRate}
          height={96}
          label={`Disks over 15 minutes: reading ${formatByteRate(value?.readBytesPerSecond)}, writing ${formatByteRate(value?.writeBytesPerSecond)}`}
        />
      )}
    </div>
  );
}
