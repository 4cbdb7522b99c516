import { expect, test } from 'vitest';
import { roundUp } from './round-up.ts';

test('the top of a scale is a round number of the unit that is written', () => {
  expect(roundUp(328e6, 1000)).toBe(400e6);
  expect(roundUp(600e6, 1000)).toBe(1e9);
  expect(roundUp(109 * 1024 ** 2, 1024)).toBe(200 * 1024 ** 2);
  expect(roundUp(700 * 1024, 1024)).toBe(1024 ** 2);
});

test('it is never below the value, nor zero', () => {
  for (const value of [0.3, 1, 7, 999, 1000, 1023, 1024, 5e5, 123_456_789]) {
    for (const base of [1000, 1024] as const) expect(roundUp(value, base)).toBeGreaterThanOrEqual(value);
  }
  expect(roundUp(0, 1000)).toBe(1);
  expect(roundUp(Number.NaN, 1024)).toBe(1);
});
