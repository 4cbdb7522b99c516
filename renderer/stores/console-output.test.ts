import { expect, test } from 'vitest';
import type { MachineResult } from '../../shared/contract/command-lines.ts';
import { append, groupsOf, type OutputLine, tableAsText, tableOf } from './console-output.ts';

const said = (...pieces: readonly (readonly [OutputLine['stream'], string])[]) =>
  pieces.reduce<readonly OutputLine[]>((lines, [stream, text]) => append(lines, stream, text), []);
const texts = (lines: readonly OutputLine[]) => lines.map(({ text }) => text);

test('lines are put together across pieces, and streams stand apart', () => {
  expect(texts(said(['stdout', 'a\nb'], ['stdout', 'c\n'], ['stdout', '\n']))).toEqual(['a', 'bc', '']);
  const mixed = said(['stdout', 'a'], ['stderr', 'oh\n'], ['stdout', 'b\n']);
  expect(mixed.map(({ stream, text }) => [stream, text])).toEqual([
    ['stdout', 'a'],
    ['stderr', 'oh'],
    ['stdout', 'b'],
  ]);
});

test('line ends of Windows, also cut in two, and progress that overwrites itself', () => {
  expect(texts(said(['stdout', 'a\r'], ['stdout', '\nb\r\n']))).toEqual(['a', 'b']);
  expect(texts(said(['stdout', '10 %\r20 %\r'], ['stdout', '30 %\r\n']))).toEqual(['30 %']);
});

test('a line of any length is cut into several, and nothing of it is lost', () => {
  const long = 'x'.repeat(9001);
  const lines = texts(said(['stdout', `${long}\nend\n`]));
  expect(lines.length).toBeGreaterThan(2);
  expect(lines.slice(0, -1).join('')).toBe(long);
  expect(lines.at(-1)).toBe('end');
});

const result = (machine: string, change: Partial<MachineResult>): MachineResult => ({
  machineId: `id of ${machine}`,
  machine,
  exitCode: 0,
  milliseconds: 1,
  rows: null,
  text: null,
  isCut: false,
  note: null,
  problem: null,
  ...change,
});
const refused = {
  code: 'unreachable',
  message: 'Nothing listens.',
  advice: ['Start it.'],
  retryable: true,
} as const;

test('one table over machines: columns in the order in which they came, failures and empty answers', () => {
  const table = tableOf([
    result('A', { rows: [{ Name: 'x', State: 'Running' }] }),
    result('B', { rows: [{ Name: 'y', Extra: 'a\tb' }] }),
    result('C', { rows: [], exitCode: 1, problem: refused }),
    result('D', { rows: [] }),
  ]);
  expect(table.columns).toEqual(['Name', 'State', 'Extra']);
  expect(table.rows.map(({ result: { machine }, values }) => [machine, values?.['Name'] ?? null])).toEqual([
    ['A', 'x'],
    ['B', 'y'],
    ['C', null],
  ]);
  expect(table.failed.map(({ machine }) => machine)).toEqual(['C']);
  expect(table.empty.map(({ machine }) => machine)).toEqual(['D']);
  expect(tableAsText(table)).toBe('Machine\tName\tState\tExtra\nA\tx\tRunning\t\nB\ty\t\ta b\nC\tNothing listens.\n');
});

test('equal texts are one group, the largest first; another exit code or a failure is another group', () => {
  const groups = groupsOf([
    result('A', { text: 'one \r\n' }),
    result('B', { text: 'two\n' }),
    result('C', { text: 'two\r\n' }),
    result('D', { text: 'two\n', exitCode: 3 }),
    result('E', { text: '', exitCode: 1, problem: refused }),
    result('F', { text: '', exitCode: 1, problem: refused }),
    result('G', { rows: [] }),
  ]);
  expect(groups.map(({ machines, text, exitCode, failure }) => [machines, text, exitCode, failure])).toEqual([
    [['B', 'C'], 'two', 0, null],
    [['A'], 'one', 0, null],
    [['D'], 'two', 3, null],
    [['E', 'F'], '', 1, 'Nothing listens.'],
  ]);
});
