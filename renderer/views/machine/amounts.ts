import { formatBytes } from '../../format.ts';

/** `405 of 512 GB`: the unit of the first number is left out where it is the same. */
export function bytesOf(part: bigint, whole: bigint): string {
  const [number, unit] = formatBytes(part).split(' ');
  const total = formatBytes(whole);
  return total.endsWith(` ${unit}`) ? `${number} of ${total}` : `${number} ${unit} of ${total}`;
}

/** The share of `part`, 0–100; null of nothing. */
export const shareOf = (part: bigint, whole: bigint): number | null =>
  whole <= 0n ? null : (100 * Number(part)) / Number(whole);
