import type { Problem } from '../../shared/contract/problem.ts';
import type { WmiInstance, WmiRowsItem, WmiType } from '../../shared/contract/wmi.ts';
import { problemOf } from './problem-of.ts';

/** Rows that come in by and by. */
export interface Rows {
  readonly stage: 'none' | 'reading' | 'done' | 'failed' | 'cancelled';
  readonly rows: readonly WmiInstance[];
  readonly className: string | null;
  readonly types: readonly (readonly [string, WmiType])[];
  readonly cutOff: boolean;
  readonly limit: number;
  readonly tookMs: number | null;
  readonly readAt: number | null;
  readonly problem: Problem | null;
}

export const noRows: Rows = {
  stage: 'none',
  rows: [],
  className: null,
  types: [],
  cutOff: false,
  limit: 0,
  tookMs: null,
  readAt: null,
  problem: null,
};

/** Why a reading was aborted whose place is told by whoever aborted it: nothing that comes of it is told any more. */
export const superseded = new DOMException('Something newer has taken its place.', 'AbortError');

/**
 * Follows a stream of rows to its end and tells what there is by then. Aborted, it tells nothing more but that it was; aborted with
 * `superseded`, not even that.
 */
export async function followRows(
  open: (signal: AbortSignal) => AsyncIterable<WmiRowsItem>,
  limit: number,
  signal: AbortSignal,
  now: () => number,
  tell: (rows: Rows) => void,
): Promise<void> {
  let state: Rows = { ...noRows, stage: 'reading', limit };
  tell(state);
  const put = (change: Partial<Rows>): void => {
    if (signal.reason === superseded) return;
    state = { ...state, ...change };
    tell(state);
  };
  try {
    for await (const item of open(signal)) {
      if (item.kind === 'started') put({ className: item.className, types: item.types });
      else if (item.kind === 'rows') put({ rows: [...state.rows, ...item.rows] });
      else put({ stage: 'done', cutOff: item.cutOff, tookMs: item.tookMs, readAt: now() });
    }
    if (state.stage === 'reading') put({ stage: 'cancelled' });
  } catch (error) {
    const problem = problemOf(error);
    put(signal.aborted || problem.code === 'cancelled' ? { stage: 'cancelled' } : { stage: 'failed', problem });
  }
}
