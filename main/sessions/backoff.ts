const first = 5_000;
const longest = 300_000;

/**
 * How long to wait before asking again a machine that did not answer `failures` times in a row: 5 s, doubled up to 5 min, ±20 % so that a
 * fleet behind one switch does not come back in step. Milliseconds; `random` gives 0–1.
 */
export function backoffMs(failures: number, random: () => number): number {
  const base = Math.min(longest, first * 2 ** Math.max(0, Math.min(failures, 20) - 1));
  return Math.round(base * (0.8 + 0.4 * random()));
}
