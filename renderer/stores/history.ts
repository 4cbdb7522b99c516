/**
 * The last quarter of an hour of a few live numbers, for one chart. Kept by the stores as long as the page lives, so that a chart is whole
 * again when a machine is opened for the second time. Not a React state: charts read it when told that something is new.
 */

/** What a chart covers. */
export const historySpanMs = 15 * 60_000;

/** A stretch without readings, in epoch milliseconds. */
export interface Gap {
  readonly fromAt: number;
  readonly toAt: number;
}

export interface History {
  /**
   * Adds one reading taken at `at`; one that is not newer than the last is ignored. Where more time than `gapAfterMs` lies between, a row
   * of nulls is put in, so that a line is never drawn over a time in which nothing was known.
   */
  push(at: number, values: readonly (number | null)[]): void;
  /** Rows not older than `since`: times in seconds (what uPlot wants) and one column per number. */
  columns(since: number): HistoryColumns;
  /** The highest value of one column since then; null where there is none. */
  peak(column: number, since: number): number | null;
  /** Stretches without readings that end after `since`, oldest first. */
  gaps(since: number): Gap[];
  /** When the oldest reading that is still kept, and the newest, were taken. */
  readonly firstAt: number | null;
  readonly lastAt: number | null;
}

export interface HistoryColumns {
  readonly times: readonly number[];
  readonly series: readonly (readonly (number | null)[])[];
}

interface Row {
  readonly at: number;
  /** null: a gap begins here. */
  readonly values: readonly (number | null)[] | null;
}

export interface HistoryOptions {
  readonly columns: number;
  readonly intervalMs: number;
  readonly spanMs?: number;
}

/** @param options.intervalMs how often a reading is expected; a gap is three of them. */
export function createHistory({ columns, intervalMs, spanMs = historySpanMs }: HistoryOptions): History {
  const gapAfterMs = intervalMs * 3;
  // One spare minute: a chart that draws between two readings must not lose its left edge. Twice the rows, since each may bring a gap.
  const capacity = 2 * Math.ceil((spanMs + 60_000) / intervalMs);
  let rows: Row[] = [];

  const from = (since: number): Row[] => {
    const first = rows.findIndex((row) => row.at >= since);
    return first < 0 ? [] : rows.slice(first);
  };
  const last = (): Row | undefined => rows.at(-1);

  return {
    push(at, values) {
      const before = last();
      if (before && at <= before.at) return;
      if (before && at - before.at > gapAfterMs) rows.push({ at: before.at + intervalMs, values: null });
      rows.push({ at, values });
      if (rows.length > capacity + 64) {
        rows = rows.slice(-capacity).filter((row) => row.at >= at - spanMs - 60_000);
      }
    },
    columns(since) {
      const wanted = from(since);
      return {
        times: wanted.map((row) => row.at / 1000),
        series: Array.from({ length: columns }, (_, column) => wanted.map((row) => row.values?.[column] ?? null)),
      };
    },
    peak(column, since) {
      let peak: number | null = null;
      for (const row of from(since)) {
        const value = row.values?.[column] ?? null;
        if (value !== null && (peak === null || value > peak)) peak = value;
      }
      return peak;
    },
    gaps(since) {
      const found: Gap[] = [];
      rows.forEach((row, index) => {
        const next = rows[index + 1];
        const before = rows[index - 1];
        if (row.values === null && before && next && next.at >= since) found.push({ fromAt: before.at, toAt: next.at });
      });
      return found;
    },
    get firstAt() {
      return rows[0]?.at ?? null;
    },
    get lastAt() {
      return last()?.at ?? null;
    },
  };
}
