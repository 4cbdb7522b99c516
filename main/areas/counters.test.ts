import { describe, expect, test } from 'vitest';
import { averageTimer, inverseTimer100ns, perSecond, timer100ns } from './counters.ts';

const second = 10_000_000n;
const at = (value: bigint | null, time: bigint | null) => ({ value, time });

describe('inverseTimer100ns (PERF_100NSEC_TIMER_INV)', () => {
  test('half a second idle in two seconds is 75 % busy', () => {
    expect(inverseTimer100ns(at(100n, 0n), at(100n + second / 2n, 2n * second))).toBe(75);
  });
  test('values beyond 2^53 lose nothing', () => {
    const base = 2n ** 63n;
    expect(inverseTimer100ns(at(base, base), at(base + 3n * second, base + 4n * second))).toBe(25);
  });
  test('idle that ran a little ahead of the clock is 0 %, not negative', () => {
    expect(inverseTimer100ns(at(0n, 0n), at(second + 1000n, second))).toBe(0);
  });
  test('a counter that was reset by a restart gives null, not a spike', () => {
    expect(inverseTimer100ns(at(900n * second, 1000n * second), at(5n, 1002n * second))).toBeNull();
    expect(inverseTimer100ns(at(5n, 1000n), at(6n, 10n))).toBeNull();
  });
  test('no earlier sample, no time between, a value that could not be read: null', () => {
    expect(inverseTimer100ns(undefined, at(1n, 1n))).toBeNull();
    expect(inverseTimer100ns(at(1n, 1n), at(1n, 1n))).toBeNull();
    expect(inverseTimer100ns(at(null, 1n), at(1n, 2n))).toBeNull();
    expect(inverseTimer100ns(at(1n, 1n), at(1n, null))).toBeNull();
  });
});

describe('timer100ns (PERF_100NSEC_TIMER)', () => {
  test('a process that kept one of four processors busy is 25 %', () => {
    expect(timer100ns(at(0n, 0n), at(2n * second, 2n * second), 4)).toBe(25);
  });
  test('it is held at 100 % and survives a processor count of 0', () => {
    expect(timer100ns(at(0n, 0n), at(9n * second, 2n * second), 0)).toBe(100);
  });
  test('the process id was taken over by another process: null', () => {
    expect(timer100ns(at(50n, 0n), at(10n, second), 1)).toBeNull();
  });
});

describe('perSecond (PERF_COUNTER_BULK_COUNT)', () => {
  test('3 MB in 1.5 s of a 10 MHz clock are 2 MB/s', () => {
    expect(perSecond(at(1_000_000n, 5n), at(4_000_000n, 15_000_005n), 10_000_000n)).toBeCloseTo(2_000_000, 6);
  });
  test('without a frequency there is no rate', () => {
    expect(perSecond(at(0n, 0n), at(1n, 1n), 0n)).toBeNull();
    expect(perSecond(at(0n, 0n), at(1n, 1n), null)).toBeNull();
  });
});

describe('averageTimer (PERF_AVERAGE_TIMER)', () => {
  test('8 transfers that took 40 ms together are 5 ms each', () => {
    // 40 ms of a 10 MHz clock are 400,000 ticks.
    expect(averageTimer(at(1_000n, 100n), at(401_000n, 108n), 10_000_000n)).toBeCloseTo(0.005, 12);
  });
  test('no transfer between the samples has no average', () => {
    expect(averageTimer(at(1_000n, 100n), at(1_000n, 100n), 10_000_000n)).toBeNull();
  });
});
