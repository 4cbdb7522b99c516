import { expect, it } from 'vitest';
import { mergeReading } from './gauges.ts';

const reading = (readAt: number, cpuPercent: number | null) => ({
  machineId: 'a',
  readAt,
  cpuPercent,
  memoryPercent: 50,
});

it('a reading without a rate keeps the CPU value of just before, but not for ever', () => {
  const first = mergeReading(undefined, reading(1000, 40), 6000);
  expect(first).toMatchObject({ cpuPercent: 40, cpuReadAt: 1000 });
  const second = mergeReading(first, reading(3000, null), 6000);
  expect(second).toMatchObject({ cpuPercent: 40, cpuReadAt: 1000, readAt: 3000 });
  const third = mergeReading(second, reading(7001, null), 6000);
  expect(third).toMatchObject({ cpuPercent: null, readAt: 7001 });
  expect(mergeReading(second, reading(5000, 10), 6000)).toMatchObject({ cpuPercent: 10, cpuReadAt: 5000 });
});
it('the very first reading without a rate has none', () => {
  expect(mergeReading(undefined, reading(1000, null), 6000).cpuPercent).toBeNull();
});
