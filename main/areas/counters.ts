/**
 * From two raw samples to a value, by the documented formula of the counter's type (CounterType qualifier of the Win32_PerfRawData_* classes).
 * Everything is 64-bit: raw values pass 2^53 within days. Each formula gives null where it has no true answer: no earlier sample, no time
 * between the samples, or a value that went backwards, as after a restart of the machine or of the provider. Never a spike.
 */

/** A raw value N at a time D, in the unit that the counter's type names. */
export interface RawSample {
  readonly value: bigint | null;
  readonly time: bigint | null;
}

/** The growth of value and time between two samples; null where either did not grow as time does. */
function growth(before: RawSample | undefined, after: RawSample): { value: number; time: number } | null {
  if (before === undefined) return null;
  if (before.value === null || before.time === null || after.value === null || after.time === null) return null;
  const value = after.value - before.value;
  const time = after.time - before.time;
  // Differences are small enough for a double: 2^53 ticks of 100 ns are 28 years.
  return value < 0n || time <= 0n ? null : { value: Number(value), time: Number(time) };
}

const percent = (fraction: number) => Math.min(100, Math.max(0, fraction * 100));

/**
 * PERF_100NSEC_TIMER_INV: 100 × (1 − (N1 − N0) / (D1 − D0)), D = Timestamp_Sys100NS. The value counts idle time; idle and wall clock
 * are not read at the very same instant, so the result is held within 0–100.
 */
export function inverseTimer100ns(before: RawSample | undefined, after: RawSample): number | null {
  const grown = growth(before, after);
  return grown && percent(1 - grown.value / grown.time);
}

/**
 * PERF_100NSEC_TIMER: 100 × (N1 − N0) / (D1 − D0), D = Timestamp_Sys100NS. A process may use several processors, so its value is
 * divided by their number.
 */
export function timer100ns(before: RawSample | undefined, after: RawSample, processors: number): number | null {
  const grown = growth(before, after);
  return grown && percent(grown.value / grown.time / Math.max(1, processors));
}

/** PERF_COUNTER_COUNTER and PERF_COUNTER_BULK_COUNT: (N1 − N0) / ((D1 − D0) / F), D = Timestamp_PerfTime, F = Frequency_PerfTime. Per second. */
export function perSecond(before: RawSample | undefined, after: RawSample, frequency: bigint | null): number | null {
  const grown = growth(before, after);
  if (grown === null || frequency === null || frequency <= 0n) return null;
  return grown.value / (grown.time / Number(frequency));
}

/**
 * PERF_AVERAGE_TIMER: ((N1 − N0) / F) / (B1 − B0), B = the _Base value, F = Frequency_PerfTime. Seconds per operation; null also where
 * there was no operation between the samples. Here `time` of the samples is the base.
 */
export function averageTimer(before: RawSample | undefined, after: RawSample, frequency: bigint | null): number | null {
  const grown = growth(before, after);
  if (grown === null || frequency === null || frequency <= 0n) return null;
  return grown.value / Number(frequency) / grown.time;
}
