import { describe, expect, test } from 'vitest';
import { createHistory } from './history.ts';

const start = 1_700_000_000_000;
const make = () => createHistory({ columns: 2, intervalMs: 2000, spanMs: 60_000 });

describe('history of live numbers', () => {
  test('keeps readings in order, in seconds, one column per number', () => {
    const history = make();
    history.push(start, [10, null]);
    history.push(start + 2000, [20, 5]);
    expect(history.columns(0)).toEqual({
      times: [start / 1000, (start + 2000) / 1000],
      series: [
        [10, 20],
        [null, 5],
      ],
    });
    expect(history.firstAt).toBe(start);
    expect(history.lastAt).toBe(start + 2000);
  });

  test('ignores a reading that is not newer than the last', () => {
    const history = make();
    history.push(start, [10, 1]);
    history.push(start, [99, 99]);
    history.push(start - 5000, [99, 99]);
    expect(history.columns(0).series[0]).toEqual([10]);
  });

  test('breaks the line where readings are missing, and says from when to when', () => {
    const history = make();
    history.push(start, [10, 1]);
    history.push(start + 30_000, [20, 2]);
    expect(history.columns(0).series[0]).toEqual([10, null, 20]);
    expect(history.gaps(0)).toEqual([{ fromAt: start, toAt: start + 30_000 }]);
    expect(history.gaps(start + 30_001)).toEqual([]);
  });

  test('a single late reading is not a gap', () => {
    const history = make();
    history.push(start, [10, 1]);
    history.push(start + 6000, [20, 2]);
    expect(history.gaps(0)).toEqual([]);
    expect(history.columns(0).times).toHaveLength(2);
  });

  test('a counter that was reset is a hole in its own column only, and never a peak', () => {
    const history = make();
    history.push(start, [10, 4]);
    history.push(start + 2000, [null, 5]);
    history.push(start + 4000, [12, 6]);
    expect(history.columns(0).series).toEqual([
      [10, null, 12],
      [4, 5, 6],
    ]);
    expect(history.peak(0, 0)).toBe(12);
    expect(history.peak(0, start + 4001)).toBeNull();
  });

  test('forgets what is older than its span', () => {
    const history = make();
    for (let tick = 0; tick < 5000; tick += 1) history.push(start + tick * 2000, [tick, tick]);
    const { times } = history.columns(0);
    expect(times.length).toBeLessThan(200);
    expect(times.length).toBeGreaterThanOrEqual(30);
    expect(times.at(-1)).toBe((start + 4999 * 2000) / 1000);
  });
});
