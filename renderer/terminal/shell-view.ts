import type { Problem } from '../../shared/contract/problem.ts';
import type { ShellEvent, ShellKind, ShellState } from '../../shared/contract/remote-shell.ts';

export type Question = Extract<ShellEvent, { kind: 'question' }>;
export type Progress = Extract<ShellEvent, { kind: 'progress' }>;
export type ResultTable = Extract<ShellEvent, { kind: 'table' }>;

/** What views draw of a shell. */
export interface ShellView {
  readonly status: 'opening' | ShellState | 'ended' | 'failed';
  readonly words: string;
  readonly by: 'winrs' | 'psrp' | 'lines' | null;
  readonly openedAt: number | null;
  /** Since when it is in this status. */
  readonly sinceAt: number;
  /** What was asked in an open line. */
  readonly asks: string | null;
  /** What is typed now is not shown. */
  readonly hidesInput: boolean;
  readonly exitCode: number | null;
  readonly problem: Problem | null;
  readonly size: { readonly columns: number; readonly rows: number };
  /** Milliseconds from Enter to the first byte of the answer; the last one. */
  readonly echoMs: number | null;
  readonly progress: readonly Progress[];
  readonly question: Question | null;
  /** The last result can be seen as a table. */
  readonly hasObjects: boolean;
  readonly table: ResultTable | null;
  /** Lines of a paste that wait for a yes. */
  readonly paste: readonly string[] | null;
  /** Lines that are still to be run, of a paste. */
  readonly queued: number;
  readonly find: { readonly place: number; readonly count: number } | null;
}

export const firstView: ShellView = {
  status: 'opening',
  words: '',
  by: null,
  openedAt: null,
  sinceAt: 0,
  asks: null,
  hidesInput: false,
  exitCode: null,
  problem: null,
  size: { columns: 120, rows: 30 },
  echoMs: null,
  progress: [],
  question: null,
  hasObjects: false,
  table: null,
  paste: null,
  queued: 0,
  find: null,
};

export interface ShellPlan {
  readonly machineId: string;
  readonly kind: ShellKind;
  readonly configurationName: string | null;
  readonly codePage: number | null;
}
