import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BroadcastResult } from '../../../shared/contract/remote-shell.ts';
import { all } from '../../console-fixture.ts';
import { type ConsoleOverLab, startConsoleOverLab } from '../../console-over-lab.test-suite.ts';

let { lab, it, ids, close } = {} as ConsoleOverLab;
beforeAll(async () => {
  const options = { client: { connectTimeoutMs: 2000 } };
  ({ lab, it, ids, close } = await startConsoleOverLab({ machines: 6, stacks: ['3.0'] }, { options }));
});
afterAll(() => close?.());

const byMachine = (results: readonly BroadcastResult[]): readonly BroadcastResult[] =>
  [...results].sort((a, b) => ids.indexOf(a.machineId) - ids.indexOf(b.machineId));

test.each([
  ['cmd', 'hostname & type nosuch.txt', /The system cannot find the file specified\.\r\n$/, 1],
  ['powershell', '$env:COMPUTERNAME; Write-Warning careful', /WARNING: careful\n/, 0],
] as const)('%s: every machine says what it says, a dead one why', async (kind, line, words, exitCode) => {
  const dead = lab.machines[3]!;
  await lab.misbehave(dead.name, { kind: 'refuse-connections' });
  const results = byMachine(await all(it.client.remoteShell.broadcast({ machineIds: ids, kind, line })));
  await lab.misbehave(dead.name, null);
  expect(results.map(({ machineId }) => machineId)).toEqual(ids);
  for (const [n, result] of results.entries()) {
    if (n === 3) {
      expect(result).toMatchObject({ exitCode: null, text: '', problem: { code: 'unreachable', machineId: ids[3] } });
      continue;
    }
    expect(result).toMatchObject({ exitCode, isCut: false, problem: null });
    expect(result.text.toUpperCase()).toContain(lab.machines[n]!.name.toUpperCase());
    expect(result.text).toMatch(words);
  }
});

test('a program that reads finds no input; what is too long is cut, and said to be', async () => {
  const [reading] = await all(it.client.remoteShell.broadcast({ machineIds: [ids[0]!], kind: 'cmd', line: 'more' }));
  expect(reading).toMatchObject({ exitCode: 0, text: '', problem: null });
  const line = '1..25000';
  const [long] = await all(it.client.remoteShell.broadcast({ machineIds: [ids[0]!], kind: 'powershell', line }));
  expect(long).toMatchObject({ exitCode: 0, isCut: true });
  expect(long!.text).toHaveLength(128 * 1024);
});

test('leaving it ends what runs, and deletes the shells', async () => {
  const stop = new AbortController();
  const running = it.client.remoteShell.broadcast(
    { machineIds: ids.slice(0, 2), kind: 'cmd', line: 'ping -t 127.0.0.1' },
    stop.signal,
  );
  const deletes = (): number => it.exchanges.filter(({ action }) => /\/Delete$/.test(action)).length;
  const receives = (): number => it.exchanges.filter(({ action }) => /\/Receive$/.test(action)).length;
  const [deleted, received] = [deletes(), receives()];
  const reading = all(running);
  await expect.poll(() => receives() - received, { timeout: 10_000 }).toBeGreaterThan(2);
  stop.abort();
  await reading;
  await expect.poll(() => deletes() - deleted, { timeout: 10_000 }).toBe(2);
});
