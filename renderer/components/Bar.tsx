/** A thin bar. Moves by `transform`, never by width, so that it costs no layout. `percent` null draws the track alone. */
export function Bar({
  percent,
  kind = 'cpu',
  width,
}: {
  percent: number | null;
  kind?: 'cpu' | 'memory' | 'warn' | 'crit' | 'neutral';
  width?: number;
}) {
  return (
    <span className={`bar ${kind}`} style={width === undefined ? undefined : { width }} aria-hidden="true">
      <i style={{ transform: barTransform(percent) }} />
    </span>
  );
}

/** Also for cells that write it themselves. A value that exists is never drawn as nothing. */
export const barTransform = (percent: number | null): string =>
  `scaleX(${percent === null ? 0 : Math.max(0.015, Math.min(1, percent / 100)).toFixed(3)})`;

/**
 * The same for the rows of a table, as the size of a background. There a transform would be dear: a row that holds one is painted anew
 * at every step of scrolling (measured: 10 ms a frame instead of 2 for 42 rows of three bars). Neither moves the layout.
 */
export function CellBar({ percent, className }: { percent: number | null; className: string }) {
  return <span className={`cell-bar ${className}`} style={{ backgroundSize: barSize(percent) }} aria-hidden="true" />;
}

/** A background size; also for cells that write it themselves. */
export const barSize = (percent: number | null): string =>
  `${percent === null ? 0 : Math.max(1.5, Math.min(100, percent)).toFixed(1)}% 100%`;
