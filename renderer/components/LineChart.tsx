import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import { roundUp } from './round-up.ts';
import 'uplot/dist/uPlot.min.css';
import './charts.css';

/** A token of the theme that a series is drawn in. */
export type SeriesToken = 'cpuF' | 'memF' | 't3';

export interface ChartSeries {
  readonly name: string;
  readonly token: SeriesToken;
  /** Filled down to zero; the second of two is a bare line. */
  readonly filled: boolean;
}

export interface ChartData {
  /** Seconds since the epoch, ascending. */
  readonly times: readonly number[];
  readonly series: readonly (readonly (number | null)[])[];
  /** Times in which nothing was known, epoch milliseconds. */
  readonly gaps: readonly { readonly fromAt: number; readonly toAt: number }[];
}

export interface LineChartProps {
  /** One sentence for those who do not see it. */
  readonly label: string;
  readonly series: readonly ChartSeries[];
  /** Read again whenever `revision` changes, and every few seconds while `since` stands. */
  readonly read: () => ChartData;
  /** Any value that changes with every new reading. */
  readonly revision: unknown;
  /** How far back it reaches, in milliseconds; asked at every drawing. */
  readonly spanMs: () => number;
  /** `percent` is always 0–100; `rate` begins at 0 and grows to a round number. */
  readonly scale: 'percent' | 'rate';
  /** Of the units that `format` writes: a round number of megabytes is not one of millions. */
  readonly base: 1000 | 1024;
  readonly format: (value: number) => string;
  /** Height in pixels at full size; low windows draw it at two thirds. */
  readonly height: number;
  /** Not live: grey, and hatched from the last reading on, with these words. */
  readonly since: { readonly at: number; readonly words: string } | null;
}

const font = '11px "Inter Variable", "Segoe UI Variable Text", "Segoe UI", system-ui, sans-serif';
/** While nothing new comes, the hatched part still has to grow. */
const idleRedrawMs = 5000;

/** Numbers over time: horizontal hairlines, three levels, holes where nothing was known. */
export function LineChart(props: LineChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const readout = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  /** What the drawing functions read: uPlot keeps its options for life, the props change. */
  const latest = useRef(props);
  latest.current = props;
  const { series, height, revision, since } = props;
  const shape = series.map((one) => one.token + one.filled).join();

  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` stands for `series`, which may be a new array each time
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const plot = new uPlot(optionsOf(latest, element, readout), dataOf(latest.current), element);
    chart.current = plot;
    const resize = new ResizeObserver(() => {
      if (element.clientWidth > 0) plot.setSize({ width: element.clientWidth, height: element.clientHeight });
    });
    resize.observe(element);
    const repaint = () => plot.redraw(false, true);
    // Canvas text that is drawn before its font is loaded stays in the fallback.
    document.fonts.load('11px "Inter Variable"').then(repaint, () => {});
    const theme = watchTheme(element, repaint);
    return () => {
      resize.disconnect();
      theme();
      plot.destroy();
      chart.current = null;
    };
  }, [shape]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `revision` and `since` say that `read` has something new
  useEffect(() => {
    const update = () => chart.current?.setData(dataOf(latest.current));
    update();
    if (since === null) return;
    const timer = setInterval(update, idleRedrawMs);
    return () => clearInterval(timer);
  }, [revision, since?.at, since?.words]);

  return (
    <div
      ref={box}
      className="wd-chart"
      role="img"
      aria-label={props.label}
      style={{ '--chart-base': `${height}px` } as React.CSSProperties}
    >
      <div ref={readout} className="wd-chart-readout" aria-hidden="true" />
    </div>
  );
}

function dataOf({ read }: LineChartProps): uPlot.AlignedData {
  const { times, series } = read();
  return [times, ...series] as unknown as uPlot.AlignedData;
}

/** Times are written at whole minutes. */
const minutes = [1, 2, 5, 10, 15, 20, 30, 60].map((count) => count * 60);
/** Whether a time of that place can be written without being cut off at an edge. */
function fits(plot: uPlot, seconds: number): boolean {
  const at = plot.valToPos(seconds, 'x');
  const half = 16;
  return at >= -half && at <= plot.bbox.width / devicePixelRatio - half + 4;
}

type Latest = { readonly current: LineChartProps };

function optionsOf(latest: Latest, element: HTMLElement, readout: { current: HTMLElement | null }): uPlot.Options {
  const token = (name: string): string => getComputedStyle(element).getPropertyValue(`--${name}`).trim() || '#888';
  const colour = (index: number): string =>
    latest.current.since ? token(index === 0 ? 'edge' : 'line2') : token(latest.current.series[index]?.token ?? 't3');
  const grid = { stroke: () => token('line'), width: 1 };
  const axis = { stroke: () => token('t3'), font, ticks: { show: false } };
  return {
    width: element.clientWidth,
    height: element.clientHeight,
    padding: [7, 4, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: {
      x: { time: true, range: () => [(Date.now() - latest.current.spanMs()) / 1000, Date.now() / 1000] },
      y: {
        range: (_plot, _min, max) => [
          0,
          latest.current.scale === 'percent' ? 100 : roundUp(max ?? 0, latest.current.base),
        ],
      },
    },
    axes: [
      {
        ...axis,
        size: 20,
        gap: 4,
        grid: { show: false },
        space: 90,
        values: (plot, at) => at.map((seconds) => (fits(plot, seconds) ? clock(seconds) : '')),
        incrs: minutes,
      },
      {
        ...axis,
        size: latest.current.scale === 'percent' ? 44 : 64,
        gap: 8,
        grid,
        splits: (plot) => {
          const max = plot.scales['y']?.max ?? 100;
          return plot.height < 90 ? [0, max] : [0, max / 2, max];
        },
        values: (_plot, at) => at.map((value) => (value === 0 ? '0' : latest.current.format(value))),
      },
    ],
    series: [
      {},
      ...latest.current.series.map((one, index) => ({
        label: one.name,
        width: 1.5,
        points: { show: false },
        stroke: () => colour(index),
        ...(one.filled ? { fill: () => faint(colour(index)) } : {}),
      })),
    ],
    hooks: {
      drawAxes: [
        (plot) => {
          const { read, since } = latest.current;
          const hatching = { ink: token('line2'), paper: token('bg'), text: token('t3') };
          for (const gap of read().gaps) hatch(plot, gap.fromAt, gap.toAt, '', hatching);
          if (since) hatch(plot, since.at, Date.now(), since.words, hatching);
        },
      ],
      setCursor: [
        (plot) => {
          if (readout.current) readout.current.textContent = readAt(plot, latest.current);
        },
      ],
    },
  };
}

/** The values under the pointer: `14:23:10 · 328 Mbit/s · 140 Mbit/s`; empty while the pointer is elsewhere. */
function readAt(plot: uPlot, { format }: LineChartProps): string {
  const { idx, left } = plot.cursor;
  if (idx === null || idx === undefined || left === undefined || left < 0) return '';
  const at = plot.data[0][idx];
  if (at === undefined) return '';
  const values = plot.data.slice(1).map((column) => column[idx] ?? null);
  if (values.every((value) => value === null)) return '';
  return [clock(at, true), ...values.map((value) => (value === null ? '–' : format(value)))].join(' · ');
}

/** The sign for "not live": diagonal lines, with words where there is room for them. Times in epoch milliseconds. */
function hatch(
  plot: uPlot,
  fromAt: number,
  toAt: number,
  words: string,
  { ink, paper, text }: { ink: string; paper: string; text: string },
): void {
  const { ctx, bbox } = plot;
  const pixel = devicePixelRatio;
  const right = bbox.left + bbox.width;
  const from = Math.max(bbox.left, plot.valToPos(fromAt / 1000, 'x', true));
  const to = Math.min(right, plot.valToPos(toAt / 1000, 'x', true));
  if (!(to - from > 2 * pixel)) return;
  ctx.save();
  ctx.beginPath();
  ctx.rect(from, bbox.top, to - from, bbox.height);
  ctx.clip();
  ctx.strokeStyle = ink;
  ctx.lineWidth = pixel;
  ctx.beginPath();
  for (let x = from - bbox.height; x < to; x += 7 * pixel) {
    ctx.moveTo(x, bbox.top + bbox.height);
    ctx.lineTo(x + bbox.height, bbox.top);
  }
  ctx.stroke();
  ctx.font = font.replace('11px', `${11 * pixel}px`);
  const width = ctx.measureText(words).width + 12 * pixel;
  if (words && width < to - from) {
    const middle = bbox.top + bbox.height / 2;
    ctx.fillStyle = paper;
    ctx.fillRect((from + to - width) / 2, middle - 10 * pixel, width, 20 * pixel);
    ctx.fillStyle = text;
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    ctx.fillText(words, (from + to) / 2, middle);
  }
  ctx.restore();
}

/** 11 % of a colour; system colours of a forced palette have no such thing and stay unfilled. */
function faint(colour: string): string {
  return /^#[0-9a-f]{6}$/i.test(colour) ? `${colour}1c` : 'transparent';
}

function clock(seconds: number, withSeconds = false): string {
  const at = new Date(seconds * 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const minutes = `${two(at.getHours())}:${two(at.getMinutes())}`;
  return withSeconds ? `${minutes}:${two(at.getSeconds())}` : minutes;
}

/** Calls back when the colours may have changed: an attribute on an element above, or the system's own preference. */
function watchTheme(element: HTMLElement, changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  for (let above: HTMLElement | null = element.parentElement; above; above = above.parentElement) {
    observer.observe(above, { attributes: true, attributeFilter: ['class', 'style', 'data-theme'] });
  }
  const queries = ['(prefers-color-scheme: dark)', '(forced-colors: active)'].map((query) => matchMedia(query));
  for (const query of queries) query.addEventListener('change', changed);
  return () => {
    observer.disconnect();
    for (const query of queries) query.removeEventListener('change', changed);
  };
}
