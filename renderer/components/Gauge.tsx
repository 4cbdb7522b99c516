import './charts.css';

export interface GaugeProps {
  /** 0–100; null where it is not known. */
  readonly value: number | null;
  /** The highest value of the time the chart beside it covers: the notch. */
  readonly peak: number | null;
  /** What is measured, for those who do not see the ring: `CPU`. */
  readonly label: string;
  /** Of how much: `of 32 processors`, `405 of 512 GB`. */
  readonly capacity: string;
  readonly series: 'cpu' | 'memory';
  /** Old values are grey: never shown as live. */
  readonly stale?: boolean;
  /** Where the limit zone begins. It is there with every value, so that 89 % can be read against it; red without one would look like one. */
  readonly limit?: number;
}

/** The ring is drawn in a box of 120 × 100, open at the bottom: 240° from lower left to lower right. */
const centre = 60;
const radius = 46;
const startDegrees = 150;
const sweepDegrees = 240;

function point(percent: number, r: number): [x: number, y: number] {
  const angle = ((startDegrees + (sweepDegrees * percent) / 100) * Math.PI) / 180;
  return [centre + r * Math.cos(angle), centre + r * Math.sin(angle)];
}

function arc(from: number, to: number, r: number): string {
  const [x1, y1] = point(from, r);
  const [x2, y2] = point(to, r);
  const large = (sweepDegrees * (to - from)) / 100 > 180 ? 1 : 0;
  return `M${x1.toFixed(2)} ${y1.toFixed(2)}A${r} ${r} 0 ${large} 1 ${x2.toFixed(2)} ${y2.toFixed(2)}`;
}

function tick(percent: number, r1: number, r2: number): string {
  const [x1, y1] = point(percent, r1);
  const [x2, y2] = point(percent, r2);
  return `M${x1.toFixed(2)} ${y1.toFixed(2)}L${x2.toFixed(2)} ${y2.toFixed(2)}`;
}

const clamp = (value: number): number => Math.min(100, Math.max(0, value));

/** One live percentage against its limit and its recent peak. */
export function Gauge({ value, peak, label, capacity, series, stale = false, limit = 90 }: GaugeProps) {
  const shown = value === null ? null : Math.round(clamp(value));
  const colour = stale ? 'stale' : shown !== null && shown >= limit ? 'limit' : series;
  const words = shown === null ? 'not known' : `${shown} %${stale ? ', not live' : ''}`;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a meter element cannot hold a ring
    <div
      className="wd-gauge"
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={shown ?? 0}
      aria-valuetext={`${words}, ${capacity}`}
    >
      <svg viewBox="0 0 120 100" aria-hidden="true" data-colour={colour}>
        <path className="wd-gauge-track" d={arc(0, 100, radius)} />
        {shown !== null && shown > 0 && <path className="wd-gauge-value" d={arc(0, shown, radius)} />}
        {shown !== null && <path className="wd-gauge-limit" d={arc(limit, 100, radius + 7)} />}
        {[0, 25, 50, 75].map((percent) => (
          <path key={percent} className="wd-gauge-tick" d={tick(percent, radius + 6, radius + 9)} />
        ))}
        {peak !== null && <path className="wd-gauge-peak" d={tick(clamp(peak), radius - 3.5, radius + 10)} />}
        <text className="wd-gauge-number" x="60" y="68" textAnchor="middle">
          {shown ?? '–'}
          {shown !== null && (
            <tspan className="wd-gauge-unit" dx="2">
              %
            </tspan>
          )}
        </text>
        <text className="wd-gauge-capacity" x="60" y="96" textAnchor="middle">
          {capacity}
        </text>
      </svg>
    </div>
  );
}
