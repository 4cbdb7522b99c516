import { describe, expect, test } from 'vitest';
import type { BroadcastResult } from '../../shared/contract/remote-shell.ts';
import { diffOf, groupOutputs } from './broadcast.ts';

const said = (machineId: string, text: string, exitCode = 0): BroadcastResult => ({
  machineId,
  text,
  exitCode,
  milliseconds: 1,
  isCut: false,
  problem: null,
});

describe('what many machines said', () => {
  test('is grouped by text and exit code, the largest group first; line ends do not count, failures are none', () => {
    const failed = {
      ...said('f', ''),
      problem: { code: 'unreachable', message: '', advice: [], retryable: true },
    } as const;
    const groups = groupOutputs([said('a', 'x\r\n'), said('b', 'y'), said('c', 'x  \n'), said('d', 'x', 1), failed]);
    expect(groups).toEqual([
      { exitCode: 0, text: 'x', machineIds: ['a', 'c'] },
      { exitCode: 0, text: 'y', machineIds: ['b'] },
      { exitCode: 1, text: 'x', machineIds: ['d'] },
    ]);
  });

  test('differs line by line', () => {
    expect(diffOf('a\nb\nc', 'a\nx\nc\nd').map(({ kind, text }) => `${kind} ${text}`)).toEqual([
      'same a',
      'less b',
      'more x',
      'same c',
      'more d',
    ]);
    expect(diffOf('', 'a')).toEqual([
      { kind: 'less', text: '' },
      { kind: 'more', text: 'a' },
    ]);
    const long = Array.from({ length: 1_200 }, (_, n) => String(n)).join('\n');
    expect(diffOf(long, 'x')).toHaveLength(1_201);
  });
});
