import { describe, expect, test } from 'vitest';
import type { BroadcastResult } from '../../shared/contract/remote-shell.ts';
import { diffOf, type OutputGroup, outputGrouping } from './broadcast.ts';

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
    const groups = outputGrouping()([
      said('a', 'x\r\n'),
      said('b', 'y'),
      said('c', 'x  \n'),
      said('d', 'x', 1),
      failed,
    ]);
    expect(groups).toEqual([
      { exitCode: 0, text: 'x', machineIds: ['a', 'c'] },
      { exitCode: 0, text: 'y', machineIds: ['b'] },
      { exitCode: 1, text: 'x', machineIds: ['d'] },
    ]);
  });

  /** Everything at once, in the plainest way. */
  const groupedAtOnce = (results: readonly BroadcastResult[]): readonly OutputGroup[] => {
    const groups: { exitCode: number | null; text: string; machineIds: string[] }[] = [];
    for (const { exitCode, text, machineId, problem } of results) {
      if (problem !== null) continue;
      const plain = text.trimEnd();
      const group = groups.find((one) => one.exitCode === exitCode && one.text === plain);
      if (group === undefined) groups.push({ exitCode, text: plain, machineIds: [machineId] });
      else group.machineIds.push(machineId);
    }
    return groups.sort((a, b) => b.machineIds.length - a.machineIds.length);
  };

  test('is the same whether it comes at once or in batches; each text is looked at once, and a group nobody joined stays itself', () => {
    let looks = 0;
    const results = Array.from({ length: 400 }, (_, n) => {
      const text = `version ${(n * 31) % 7 === 0 ? n % 90 : n % 3}${n % 2 === 0 ? '\r\n' : '  \n'}`;
      const result = said(`m${n}`, text, n % 5 === 0 ? 1 : 0);
      return {
        ...result,
        problem: n % 11 === 0 ? ({ code: 'unreachable', message: '', advice: [], retryable: true } as const) : null,
        get text() {
          looks += 1;
          return text;
        },
      };
    });
    const add = outputGrouping();
    let groups: readonly OutputGroup[] = [];
    const compared: (readonly OutputGroup[])[] = [];
    for (let begin = 0; begin < results.length; begin += 7) {
      const before = new Map(groups.map((group) => [JSON.stringify([group.exitCode, group.text]), group]));
      groups = add(results.slice(begin, begin + 7));
      compared.push(groups);
      for (const group of groups) {
        const earlier = before.get(JSON.stringify([group.exitCode, group.text]));
        if (earlier?.machineIds.length === group.machineIds.length) expect(group).toBe(earlier);
      }
    }
    // Its parameters are taken apart before anything is skipped: once per result.
    expect(looks).toBe(results.length);
    compared.forEach((after, n) => {
      expect(after).toEqual(groupedAtOnce(results.slice(0, (n + 1) * 7)));
    });
    expect(groups.length).toBeGreaterThan(20);
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
