/** Output as lines, and what machines answered as one table or as groups of equal texts. Pure. */
import type { MachineResult } from '../../shared/contract/command-lines.ts';

export type OutputStream = 'stdout' | 'stderr' | 'typed';

export interface OutputLine {
  readonly stream: OutputStream;
  readonly text: string;
  /** Its end has come. */
  readonly isWhole: boolean;
}

/** A longer one is cut into several: nothing on a screen has this width. */
const maxLineLength = 4000;

/** Adds a piece of text; the last line goes on where it had no end and comes from the same stream. */
export function append(lines: readonly OutputLine[], stream: OutputStream, text: string): readonly OutputLine[] {
  if (text === '') return lines;
  const grown = [...lines];
  const last = grown.at(-1);
  let open = '';
  if (last !== undefined && !last.isWhole && last.stream === stream) {
    open = last.text;
    grown.pop();
  }
  const pieces = (open + text).split('\n');
  for (const [n, piece] of pieces.entries()) {
    const isWhole = n < pieces.length - 1;
    if (!isWhole && piece === '') continue;
    // A return without a line feed begins the line anew, as progress does; one at the end may be half of a line end.
    const shown = isWhole ? overwritten(piece) : piece;
    for (let at = 0; at === 0 || at < shown.length; at += maxLineLength) {
      const part = shown.slice(at, at + maxLineLength);
      grown.push({ stream, text: part, isWhole: isWhole || at + maxLineLength < shown.length });
    }
  }
  return grown;
}

/** What stays to be seen of a line with carriage returns. */
export function overwritten(line: string): string {
  const text = line.replace(/\r+$/, '');
  return text.slice(text.lastIndexOf('\r') + 1);
}

/** A row of the table over machines. */
export interface ResultRow {
  readonly id: string;
  readonly result: MachineResult;
  /** Null: the machine failed, or had none. */
  readonly values: Readonly<Record<string, string>> | null;
}

export interface ResultTable {
  /** Beside `Machine`, in the order in which they came first. */
  readonly columns: readonly string[];
  readonly rows: readonly ResultRow[];
  readonly failed: readonly MachineResult[];
  /** Machines that answered with no instance. */
  readonly empty: readonly MachineResult[];
}

/** One table of what all machines answered. */
export function tableOf(results: readonly MachineResult[]): ResultTable {
  const columns = new Set<string>();
  const rows: ResultRow[] = [];
  const failed: MachineResult[] = [];
  const empty: MachineResult[] = [];
  for (const result of results) {
    if (result.rows === null) continue;
    for (const [n, values] of result.rows.entries()) {
      for (const name of Object.keys(values)) columns.add(name);
      rows.push({ id: `${result.machineId}/${n}`, result, values });
    }
    if (hasFailed(result)) {
      failed.push(result);
      rows.push({ id: `${result.machineId}/failed`, result, values: null });
    } else if (result.rows.length === 0) empty.push(result);
  }
  return { columns: [...columns], rows, failed, empty };
}

/** Cells and sentences as one text: what stands in the clipboard goes into a spreadsheet. */
export function tableAsText({ columns, rows }: ResultTable): string {
  const clean = (text: string) => text.replace(/[\t\r\n]+/g, ' ');
  const lines = rows.map(({ result, values }) =>
    values === null
      ? [result.machine, failureOf(result)]
      : [result.machine, ...columns.map((name) => values[name] ?? '')],
  );
  return [['Machine', ...columns], ...lines].map((cells) => `${cells.map(clean).join('\t')}\n`).join('');
}

export interface ResultGroup {
  readonly machines: readonly string[];
  readonly text: string;
  readonly exitCode: number | null;
  readonly failure: string | null;
  readonly advice: readonly string[];
  readonly isCut: boolean;
}

/** Machines whose text, exit code and failure are the same stand together; the largest group first, failures last. */
export function groupsOf(results: readonly MachineResult[]): readonly ResultGroup[] {
  const groups = new Map<string, { -readonly [K in keyof ResultGroup]: ResultGroup[K] } & { machines: string[] }>();
  for (const result of results) {
    if (result.text === null) continue;
    const text = result.text.replace(/[ \t]*\r?\n/g, '\n').trimEnd();
    const failure = hasFailed(result) && result.problem !== null ? result.problem.message : null;
    const key = JSON.stringify([text, result.exitCode, failure, result.isCut]);
    const group = groups.get(key);
    if (group === undefined) {
      const { exitCode, isCut, problem } = result;
      const advice = failure === null ? [] : (problem?.advice ?? []);
      groups.set(key, { machines: [result.machine], text, exitCode, failure, advice, isCut });
    } else group.machines.push(result.machine);
  }
  const rank = (group: ResultGroup) => (group.failure === null ? 0 : 1);
  return [...groups.values()].sort((a, b) => rank(a) - rank(b) || b.machines.length - a.machines.length);
}

export const hasFailed = ({ problem, exitCode }: MachineResult): boolean => problem !== null || exitCode !== 0;

/** The sentence of a machine that failed. */
export function failureOf(result: MachineResult): string {
  if (result.problem !== null) return result.problem.message;
  return result.note ?? `Exit code ${result.exitCode ?? 'not known'}.`;
}
