import { expect, test } from 'vitest';
import { backoffMs } from './backoff.ts';

test('5 s, doubled up to 5 min', () => {
  const middle = [1, 2, 3, 4, 5, 6, 7, 8, 1000].map((failures) => backoffMs(failures, () => 0.5));
  expect(middle).toEqual([5000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000]);
});

test('within 20 % of that, so that a fleet does not come back in step', () => {
  expect(backoffMs(1, () => 0)).toBe(4000);
  expect(backoffMs(1, () => 0.999999)).toBe(6000);
});
