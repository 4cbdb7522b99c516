import { expect, test } from 'vitest';
import { withSlashOperands } from './path-operands.ts';

const rules = [{ name: 'format', spellings: ['f', 'format'], value: 'required' }] as const;

test.each([
  [
    ['/tmp/a.json', '7'],
    ['--', '/tmp/a.json', '7'],
  ],
  [
    ['/format:json', '/tmp/a.json'],
    ['/format:json', '--', '/tmp/a.json'],
  ],
  [
    ['-f:json', '/9j/4AAQ+=='],
    ['-f:json', '--', '/9j/4AAQ+=='],
  ],
  [['/?'], ['/?', '--']],
  [
    ['-', '--', '-x'],
    ['--', '-', '-x'],
  ],
])('%j', (given, meant) => {
  expect(withSlashOperands(given, rules)).toEqual(meant);
});
