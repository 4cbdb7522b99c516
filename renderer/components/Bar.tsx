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
