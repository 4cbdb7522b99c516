import type { HardwareSensor } from '../../../shared/contract/hardware.ts';
import { limitWords, readingText, stripOf } from './sensor-words.ts';

const width = 160;

/** Where a reading stands between its limits: the zones are always there, so that it can be read against them. */
export function SensorStrip({ sensor }: { sensor: HardwareSensor }) {
  const strip = stripOf(sensor);
  if (strip === null) return <span className="t3">{sensor.isDiscrete ? '' : 'no limits'}</span>;
  const words = `${readingText(sensor)}; ${limitWords(sensor)}`;
  return (
    <svg className="hw-strip" width={width} height="16" viewBox={`0 0 ${width} 16`} role="img" aria-label={words}>
      <title>{words}</title>
      {strip.zones.map(({ from, to, kind }) => (
        <rect
          key={`${kind}${from}`}
          className={kind}
          x={from * width + (from > 0 ? 1 : 0)}
          y="6"
          width={Math.max(1, (to - from) * width - (from > 0 ? 1 : 0))}
          height="4"
        />
      ))}
      {strip.at === null ? null : (
        <rect className={`at ${sensor.state}`} x={strip.at * (width - 3)} y="1" width="3" height="14" rx="1.5" />
      )}
    </svg>
  );
}
