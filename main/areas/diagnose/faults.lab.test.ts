/** Every fault of the list, on real sockets: the right cause, or the right set of causes where the wire cannot tell. Prints the table. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { httpFaults, makeFaults, signInFaults } from './answer-faults.test-suite.ts';
import { createBench, type FaultCase, labName, run } from './bench.test-suite.ts';
import { diagnosisLimits } from './engine.ts';
import { dnsFaults, tcpFaults, tlsFaults } from './network-faults.test-suite.ts';
import { rightsFaults, serviceFaults, wayBackFaults } from './rights-faults.test-suite.ts';

const cases: readonly FaultCase[] = [
  ...dnsFaults,
  ...tcpFaults,
  ...tlsFaults,
  ...httpFaults,
  ...makeFaults,
  ...signInFaults,
  ...rightsFaults,
  ...serviceFaults,
  ...wayBackFaults,
];

let bench: Awaited<ReturnType<typeof createBench>>;
const rows: string[] = [];
let right = 0;
beforeAll(async () => {
  bench = await createBench();
});
afterEach(() => bench.endCase());
afterAll(async () => {
  await bench?.close();
  process.stdout.write(
    `\n| fault | layer | expected | said | ms | wire form |\n|---|---|---|---|---|---|\n${rows.join('\n')}\n${right} of ${cases.length} right\n`,
  );
});

describe('faults', () => {
  test.each(cases.map((each) => [each.name, each] as const))(
    '%s',
    async (_, { name, layer, source, expected, set = [], says, arrange }) => {
      const { verdict, milliseconds, steps, attempts } = await run(await arrange(bench));
      const { cause } = verdict;
      const candidates = (cause.candidates ?? []).map(({ what }) => what);
      rows.push(
        `| ${name} | ${layer} | ${expected}${set.length > 0 ? ' {set}' : ''} | ${cause.id}${candidates.length > 0 ? ` {${candidates.length}}` : ''} | ${milliseconds} | ${source} |`,
      );
      expect({ id: cause.id, sentence: cause.sentence }).toMatchObject({ id: expected });
      for (const each of set)
        expect(
          candidates.some((what) => each.test(what)),
          `${each} among ${candidates.join(' | ')}`,
        ).toBe(true);
      if (says !== undefined) expect(`${cause.sentence} ${cause.detail ?? ''}`).toMatch(says);
      // A sentence, something to do or to check, and no step that is left running.
      expect(cause.sentence).toMatch(/[.…]$/);
      if (expected !== 'works' && expected !== 'other-make')
        expect((cause.fixes ?? []).length + candidates.length).toBeGreaterThan(0);
      expect(steps.filter(({ state }) => state === 'running')).toEqual([]);
      expect(attempts).toBeLessThanOrEqual(1);
      right++;
    },
    20_000,
  );

  test('there are enough of them, over all layers', () => {
    expect(cases.length).toBeGreaterThanOrEqual(45);
    expect(new Set(cases.map(({ layer }) => layer)).size).toBeGreaterThanOrEqual(8);
    expect(right / cases.length).toBeGreaterThanOrEqual(0.95);
  });

  test('ten seconds are the engine’s own bound: whatever hangs, the rest is skipped and the cause is named', async () => {
    expect(diagnosisLimits.overall).toBeLessThan(10_000);
    const never = new Promise<never>(() => {});
    const { steps, verdict } = await run({
      target: { host: labName('srv') },
      network: { lookup: async () => ['127.0.0.1'], dial: () => never },
      limits: { overall: 200 },
    });
    expect(verdict).toMatchObject({ outcome: 'fails', step: 'tcp', cause: { id: 'silent' } });
    expect(steps.find(({ step }) => step === 'sign-in')).toMatchObject({
      state: 'skipped',
      meaning: expect.stringContaining('time was over'),
    });
  });
});
