/** Who else is here, on real sockets: what other clients have open, ending it, and what a console that died left behind. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  first,
  labSettings,
  newDataFolder,
  passwordSet,
  problemOf,
  startTestConsole,
  type TestConsole,
} from '../console-fixture.ts';
import { labTarget } from '../lab/lab-target.ts';
import { type Lab, startLab } from '../lab/start-lab.ts';
import { openOpenShells } from '../storage/open-shells.ts';
import { createClient, openShell, type Shell, type WSManClient } from '../wsman/index.ts';

let lab: Lab;
let folder: Awaited<ReturnType<typeof newDataFolder>>;
let consoles: TestConsole[] = [];
const clients: WSManClient[] = [];
beforeAll(async () => {
  lab = await startLab({ machines: 2 });
});
beforeEach(async () => {
  folder = await newDataFolder();
});
afterEach(async () => {
  for (const console of consoles) await console.close();
  await folder.remove();
  for (const client of clients.splice(0)) client.close();
  consoles = [];
});
afterAll(() => lab?.close());

/** Another client than the console: its shells are somebody else's. */
async function otherShell(index = 0): Promise<Shell> {
  const client = createClient(labTarget(lab.machines[index]!));
  clients.push(client);
  return openShell(client);
}

async function start(): Promise<TestConsole> {
  const it = await startTestConsole(folder.path);
  consoles.push(it);
  return it;
}

async function addMachine(it: TestConsole, index = 0): Promise<string> {
  const machine = lab.machines[index]!;
  const credential = await it.client.credentials.save(passwordSet(machine.user, machine.password));
  const { id } = await it.client.machines.add(labSettings(machine, { credentialId: credential.id }));
  await it.until(id, ({ state }) => state === 'online');
  return id;
}

test('the shells of others are listed, and one is ended with all that runs in it', async () => {
  const it = await start();
  const machineId = await addMachine(it);
  const [a, b] = [await otherShell(), await otherShell()];
  const running = await a.run('ping -t 127.0.0.1');

  const listed = await it.client.openShells.list({ machineId });
  expect(listed.map(({ shellId }) => shellId).sort()).toEqual([a.shellId, b.shellId].sort());
  expect(listed[0]).toMatchObject({ kind: 'cmd', configuration: 'cmd', ours: null, isDisconnected: false });
  expect(listed[0]?.owner).toMatch(/Administrator$/);
  expect(listed[0]?.clientAddress).toMatch(/127\.0\.0\.1|::1/);
  expect(listed[0]?.idleTimeoutMs).toBeGreaterThan(0);
  expect(listed[0]?.memoryBytes).not.toBeNull();

  const { shellId, resourceUri } = listed.find((shell) => shell.shellId === a.shellId)!;
  const ended = expect(
    (async () => {
      for await (const _ of running);
    })(),
  ).rejects.toThrow();
  expect(await it.client.openShells.close({ machineId, shellId, resourceUri: resourceUri! })).toEqual({
    wasOpen: true,
  });
  await ended;
  expect(await it.client.openShells.close({ machineId, shellId, resourceUri: resourceUri! })).toEqual({
    wasOpen: false,
  });
  expect((await it.client.openShells.list({ machineId })).map((shell) => shell.shellId)).toEqual([b.shellId]);
  const audit = readFileSync(join(folder.path, 'audit.log'), 'utf8');
  expect(audit).toContain('"what":"close-shell"');
  expect(audit).toContain(shellId);
  await b.close();
});

test.each([
  ['http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/Win32_Service', 'x'],
  ['http://schemas.microsoft.com/wbem/wsman/1/config/listener', 'x'],
  ['http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd', '<x>'],
])('what is no shell is never deleted: %s %s', async (resourceUri, shellId) => {
  const it = await start();
  const problem = await problemOf(it.client.openShells.close({ machineId: 'any', shellId, resourceUri }));
  expect(problem.code).toBe('invalid-input');
});

test('what a console that died left open is found at the next start, offered, and forgotten once it is gone', async () => {
  const [left, gone] = [await otherShell(1), await otherShell(1)];
  await gone.close();
  const { address: host, port } = lab.machines[1]!;
  // As the run that died had written it.
  const record = await openOpenShells(folder.path, Date.now, () => {});
  for (const { shellId, resourceUri } of [left, gone])
    record.add({ shellId, resourceUri, host, port, openedAt: Date.now() });
  await record.flush();

  const before = await start();
  const machineId = await addMachine(before, 1);
  const [offer] = await first(before.client.openShells.leftovers({}), (items) => items.length > 0);
  expect(offer).toMatchObject({ machineId, shells: [{ shellId: left.shellId, ours: 'earlier-run' }] });

  const { shellId, resourceUri } = offer!.shells[0]!;
  await before.client.openShells.close({ machineId, shellId, resourceUri: resourceUri! });
  expect(await first(before.client.openShells.leftovers({}), (items) => items.length === 0)).toEqual([]);
  await before.close();
  consoles = [];
  expect((await openOpenShells(folder.path, Date.now, () => {})).leftovers()).toEqual([]);
});

test('a line of winrs in the console is ours while it runs, and nothing of it stays', async () => {
  const it = await start();
  const machineId = await addMachine(it);
  const { name } = lab.machines[0]!;
  const stop = new AbortController();
  const running = (async () => {
    const line = { line: `winrs -r:${name} ping -t 127.0.0.1`, machineId, format: 'text' as const };
    for await (const _ of it.client.commandLines.run(line, stop.signal));
  })().catch(() => {});
  await expect
    .poll(async () => (await it.client.openShells.list({ machineId })).map(({ ours }) => ours), { timeout: 15_000 })
    .toEqual(['this-run']);
  stop.abort();
  await running;
  await expect.poll(async () => (await it.client.openShells.list({ machineId })).length, { timeout: 15_000 }).toBe(0);
  await it.close();
  consoles = [];
  expect((await openOpenShells(folder.path, Date.now, () => {})).leftovers()).toEqual([]);
});
