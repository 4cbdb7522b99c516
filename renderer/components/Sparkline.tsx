import './charts.css';

export interface SparklineProps {
  /** 0–100 each, oldest first; null is a gap. */
  readonly values: readonly (number | null)[];
  readonly series: 'cpu' | 'memory';
  readonly stale?: boolean;
  readonly width?: number;
  readonly height?: number;
}

/** A line of a few values on a fixed 0–100 scale, so that two machines can be compared at a glance. Decoration: the number stands beside it. */
export function Sparkline({ values, series, stale = false, width = 64, height = 18 }: SparklineProps) {
  const x = (index: number) => 1 + (values.length < 2 ? 0 : (index / (values.length - 1)) * (width - 4));
  const y = (value: number) => height - 1.5 - (Math.min(100, Math.max(0, value)) / 100) * (height - 3);
  const runs = unbroken(values);
  const end = values.at(-1);
  return (
    <svg className="wd-spark" width={width} height={height} aria-hidden="true" data-colour={stale ? 'stale' : series}>
      {runs.map((run) => {
        const line = run.map(([index, value], at) => `${at ? 'L' : 'M'}${x(index).toFixed(1)} ${y(value).toFixed(1)}`);
        const [first] = run[0] ?? [0];
        const [last] = run.at(-1) ?? [0];
        return (
          <g key={first}>
            <path
              className="wd-spark-fill"
              d={`${line.join('')}L${x(last).toFixed(1)} ${height}L${x(first).toFixed(1)} ${height}Z`}
            />
            <path className="wd-spark-line" d={line.join('')} />
          </g>
        );
      })}
      {typeof end === 'number' && <circle cx={x(values.length - 1)} cy={y(end)} r="1.6" className="wd-spark-end" />}
    </svg>
  );
}

/** The stretches between gaps, each value with its place. */
function unbroken(values: readonly (number | null)[]): [index: number, value: number][][] {
  const runs: [number, number][][] = [];
  let open: [number, number][] | null = null;
  values.forEach((value, index) => {
    if (value === null) {
      open = null;
    } else if (open) {
      open.push([index, value]);
    } else {
      open = [[index, value]];
      runs.push(open);
    }
  });
  return runs;
}
