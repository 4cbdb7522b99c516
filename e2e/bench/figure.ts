/** One measured figure, printed as one JSON line. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it is compared with, in words, or null. */
  readonly reference: string | null;
  /** value ÷ the reference's value, taken side by side in the same run; null where there is none. */
  readonly ratio: number | null;
  /** The figure to reach, in words, or null. */
  readonly goal: string | null;
}

const round = (value: number): number => Number(value.toPrecision(4));

export function print(figure: Figure): void {
  const { value, ratio, ...rest } = figure;
  console.log(JSON.stringify({ ...rest, value: round(value), ratio: ratio === null ? null : round(ratio) }));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))] ?? Number.NaN;
}
