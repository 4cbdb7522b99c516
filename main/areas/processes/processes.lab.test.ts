/** Processes of a console, through real sockets: the table and its rates, owners, ending, starting. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type ProcessesChange, processKeyText, type WindowsProcess } from '../../../shared/contract/processes.ts';
import { problemOf } from '../../console-fixture.ts';
import { type ConsoleOverLab, startConsoleOverLab } from '../../console-over-lab.test-suite.ts';

let { lab, it, ids, close } = {} as ConsoleOverLab;
beforeAll(async () => {
  ({ lab, it, ids, close } = await startConsoleOverLab({ machines: 5, pendingMs: 100 }));
});
afterEach(() => lab.misbehave(lab.machines[0]!.name, null));
afterAll(() => close?.());

type Table = ReadonlyMap<string, WindowsProcess>;
/** Watches, as a window does, until `enough`. */
async function watch(
  machineId: string,
  enough: (table: Table, changes: readonly ProcessesChange[]) => boolean,
): Promise<{ table: Table; changes: readonly ProcessesChange[] }> {
  const table = new Map<string, WindowsProcess>();
  const changes: ProcessesChange[] = [];
  const stop = new AbortController();
  for await (const change of it.client.processes.watch({ machineId }, stop.signal)) {
    changes.push(change);
    if (change.kind === 'problem') continue;
    if (change.kind === 'all') table.clear();
    else for (const key of change.removed) table.delete(key);
    for (const each of change.processes) table.set(processKeyText(each), each);
    if (enough(table, changes)) break;
  }
  stop.abort();
  return { table, changes };
}
const named = (table: Table, name: string): WindowsProcess => {
  const found = [...table.values()].find((each) => each.name.toLowerCase() === name.toLowerCase());
  if (!found) throw new Error(`There is no ${name}.`);
  return found;
};

test('the table, with shares that add up to what all processors do', async () => {
  const { table, changes } = await watch(ids[4]!, (_, all) => all.length >= 3);
  expect(changes[0]).toMatchObject({ kind: 'all', cpuSource: 'counters' });
  const rows = [...table.values()];
  expect(rows.length).toBeGreaterThan(30);
  const shares = rows.filter(({ cpuPercent }) => cpuPercent !== null);
  expect(shares.length).toBeGreaterThan(30);
  const total = shares.reduce((sum, { cpuPercent }) => sum + cpuPercent!, 0);
  expect(total).toBeGreaterThan(85);
  expect(total).toBeLessThan(115);
  // Machine 4 of the fleet is the busy one.
  expect(named(table, 'w3wp.exe').cpuPercent).toBeGreaterThan(40);
  const lsass = named(table, 'lsass.exe');
  expect(named(table, 'wininit.exe').processId).toBe(lsass.parentProcessId);
  expect(lsass).toMatchObject({ commandLine: expect.stringContaining('lsass'), sessionId: 0 });
  expect(lsass.workingSetBytes! > lsass.privateBytes!).toBe(true);
  // Between the readings only what changed is sent.
  expect(changes[1]).toMatchObject({ kind: 'changed' });
});

test('what came and went is told apart by its creation date, also under the same number', async () => {
  const seen = new Map<number, Set<number | null>>();
  await watch(ids[1]!, (table) => {
    for (const { processId, createdAt } of table.values()) {
      const dates = seen.get(processId) ?? new Set();
      seen.set(processId, dates.add(createdAt));
    }
    return [...table.values()].some(({ processId }) => processId >= 24_000);
  });
  const { processId } = await it.client.processes.start({
    machineId: ids[1]!,
    commandLine: 'C:\\Tools\\job.exe',
    directory: null,
  });
  const { table } = await watch(ids[1]!, (now) => [...now.values()].some((each) => each.processId === processId));
  const job = [...table.values()].find((each) => each.processId === processId)!;
  const other = { processId, createdAt: job.createdAt! - 1000 };
  expect(await problemOf(it.client.processes.end({ machineId: ids[1]!, key: other }))).toMatchObject({
    code: 'not-found',
    message: expect.stringContaining('another one'),
  });
  expect(await it.client.processes.end({ machineId: ids[1]!, key: job })).toEqual({ name: 'job.exe' });
  expect(await problemOf(it.client.processes.end({ machineId: ids[1]!, key: job }))).toMatchObject({
    code: 'not-found',
  });
  const { executed } = await lab.statistics(lab.machines[1]!.name);
  expect(executed['Win32_Process.Terminate']).toBe(1);
});

test('owners are asked for once, a few at a time', async () => {
  const { table } = await watch(ids[2]!, () => true);
  const keys = [...table.values()].slice(0, 30);
  const owners = await it.client.processes.owners({ machineId: ids[2]!, keys });
  expect(Object.keys(owners).length).toBe(30);
  expect(owners[processKeyText(named(table, 'lsass.exe'))]).toEqual({ kind: 'known', name: 'NT AUTHORITY\\SYSTEM' });
  const asked = (await lab.statistics(lab.machines[2]!.name)).executed['Win32_Process.GetOwner'];
  await it.client.processes.owners({ machineId: ids[2]!, keys });
  expect((await lab.statistics(lab.machines[2]!.name)).executed['Win32_Process.GetOwner']).toBe(asked);
  const gone = { processId: 999_999, createdAt: 1 };
  expect(await it.client.processes.owners({ machineId: ids[2]!, keys: [gone] })).toEqual({
    [processKeyText(gone)]: { kind: 'gone' },
  });
});

test('Windows says no, with its number and what it means', async () => {
  const { table } = await watch(ids[0]!, () => true);
  const machineId = ids[0]!;
  const denied = await problemOf(it.client.processes.end({ machineId, key: named(table, 'csrss.exe') }));
  expect(denied).toMatchObject({ code: 'operation-failed', operation: { method: 'Terminate', returnValue: 2 } });
  expect(denied.advice[0]).toContain('protected');
  for (const [commandLine, directory, returnValue] of [
    ['C:\\nosuch.exe', null, 9],
    ['C:\\protected\\x.exe', null, 2],
    ['ping 127.0.0.1', 'C:\\Nowhere', 21],
  ] as const) {
    const refused = await problemOf(it.client.processes.start({ machineId, commandLine, directory }));
    expect(refused).toMatchObject({ code: 'operation-failed', operation: { method: 'Create', returnValue } });
  }
});

test('a start whose answer is lost is not sent again, and not known to have failed', async () => {
  const machineId = ids[0]!;
  const created = async () => (await lab.statistics(lab.machines[0]!.name)).executed['Win32_Process.Create'] ?? 0;
  const before = await created();
  await lab.misbehave(lab.machines[0]!.name, { kind: 'drop-after', action: 'Create', times: 1 });
  const start = it.client.processes.start({ machineId, commandLine: 'C:\\Tools\\once.exe', directory: null });
  expect(await problemOf(start)).toMatchObject({ code: 'outcome-unknown' });
  expect(await created()).toBe(before + 1);
});

test('nothing is asked once nobody watches', async () => {
  await watch(ids[3]!, (_, all) => all.length >= 2);
  const enumerations = async () =>
    it.exchanges.filter(({ port, action }) => port === lab.machines[3]!.port && action.endsWith('/Enumerate')).length;
  const before = await enumerations();
  await watch(ids[2]!, (_, all) => all.length >= 3);
  expect(await enumerations()).toBeLessThanOrEqual(before + 2);
});
