import { describe, expect, it } from 'vitest';
import type { HardwareSensor } from '../../../shared/contract/hardware.ts';
import { limitWords, readingText, sensorRank, stripOf } from './sensor-words.ts';

const none = { nonCritical: null, critical: null, fatal: null };
const sensor = (change: Partial<HardwareSensor>): HardwareSensor => ({
  id: '1',
  name: 'CPU1 Temp',
  type: 'Temperature',
  reading: 91,
  unit: '°C',
  decimals: 0,
  lower: { nonCritical: 3, critical: -7, fatal: null },
  upper: { nonCritical: 84, critical: 89, fatal: 94 },
  minReadable: -128,
  maxReadable: 127,
  state: 'critical',
  currentState: null,
  isDiscrete: false,
  ...change,
});

describe('the strip of a sensor', () => {
  it('has its zones in order, without gaps, and the reading in the zone that its state says', () => {
    const strip = stripOf(sensor({}))!;
    expect(strip.zones.map(({ kind }) => kind)).toEqual(['crit', 'warn', 'normal', 'warn', 'crit']);
    expect(strip.zones[0]?.from).toBe(0);
    expect(strip.zones.at(-1)?.to).toBe(1);
    for (const [index, zone] of strip.zones.slice(1).entries()) expect(zone.from).toBe(strip.zones[index]?.to);
    const zoneAt = (reading: number) => {
      const { zones, at } = stripOf(sensor({ reading }))!;
      return zones.find(({ from, to }) => at! >= from && at! < to)?.kind;
    };
    expect([50, 85, 91, 0, -9].map(zoneAt)).toEqual(['normal', 'warn', 'crit', 'warn', 'crit']);
  });

  it('of a sensor with limits on one side has none on the other; without limits there is none', () => {
    const fan = sensor({
      reading: 7000,
      lower: { nonCritical: 840, critical: 600, fatal: 360 },
      upper: none,
      minReadable: 0,
      maxReadable: 18_000,
    });
    expect(stripOf(fan)?.zones.map(({ kind }) => kind)).toEqual(['crit', 'warn', 'normal']);
    expect(stripOf(sensor({ lower: none, upper: none }))).toBeNull();
    expect(stripOf(sensor({ reading: null }))?.at).toBeNull();
    const single = stripOf(sensor({ reading: 5, lower: none, upper: { nonCritical: 5, critical: null, fatal: null } }));
    expect(single?.zones.every(({ from, to }) => Number.isFinite(from) && Number.isFinite(to))).toBe(true);
  });
});

it('readings have the decimals of their sensor, limits are said in words', () => {
  expect(readingText(sensor({ reading: 0.64, unit: 'A', decimals: 2 }))).toBe('0.64 A');
  expect(readingText(sensor({ reading: 12_060, unit: 'rpm' }))).toBe('12,060 rpm');
  expect(readingText(sensor({ reading: null }))).toBe('–');
  expect(limitWords(sensor({}))).toBe(
    'critical at or below -7 °C, warning at or below 3 °C, warning from 84 °C, critical from 89 °C, non-recoverable from 94 °C',
  );
  expect(
    (['normal', 'fatal', 'unknown', 'critical', 'non-critical'] as const).toSorted(
      (a, b) => sensorRank(sensor({ state: a })) - sensorRank(sensor({ state: b })),
    ),
  ).toEqual(['fatal', 'critical', 'non-critical', 'unknown', 'normal']);
});
