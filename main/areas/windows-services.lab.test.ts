import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { ServiceAction, WindowsService } from '../../shared/contract/windows-services.ts';
import {
  all,
  first,
  labSettings,
  newDataFolder,
  passwordSet,
  problemOf,
  startTestConsole,
  type TestConsole,
} from '../console-fixture.ts';
import { type Lab, type LabMachine, startLab } from '../lab/start-lab.ts';

let lab: Lab;
let machine: LabMachine;
let folder: Awaited<ReturnType<typeof newDataFolder>>;
let it: TestConsole;
let machineId: string;
beforeAll(async () => {
  lab = await startLab({ machines: 5, pendingMs: 200 });
  [machine] = lab.machines as [LabMachine];
  folder = await newDataFolder();
  it = await startTestConsole(folder.path);
  const credential = await it.client.credentials.save(passwordSet(machine.user, machine.password));
  ({ id: machineId } = await it.client.machines.add(labSettings(machine, { credentialId: credential.id })));
  await it.until(machineId, ({ state }) => state === 'online');
});
afterEach(() => lab.misbehave(machine.name, null));
afterAll(async () => {
  await it?.close();
  await folder?.remove();
  await lab?.close();
});

const list = async (): Promise<readonly WindowsService[]> => {
  const change = await first(
    it.client.windowsServices.watch({ machineId }),
    (item) => item.kind === 'all' && item.live,
  );
  return change.kind === 'all' ? change.services : [];
};
const stateOf = async (name: string) => (await list()).find((entry) => entry.name === name)?.state;
const control = (name: string, action: ServiceAction, withDependants = false) =>
  all(it.client.windowsServices.control({ machineId, name, action, withDependants }));
const executed = async (method: string) => {
  const { executed: counts } = await lab.statistics(machine.name);
  return (
    Object.entries(counts).find(([key]) => key.toLowerCase() === `win32_service.${method.toLowerCase()}`)?.[1] ?? 0
  );
};

test('the list has every service with what the table shows', async () => {
  const services = await list();
  expect(services.length).toBeGreaterThanOrEqual(150);
  const spooler = services.find(({ name }) => name === 'Spooler');
  expect(spooler).toMatchObject({
    displayName: 'Print Spooler',
    state: 'Running',
    startMode: 'Auto',
    account: 'LocalSystem',
    acceptStop: true,
  });
  expect(spooler?.processId).toBeGreaterThan(0);
  expect(services.some(({ startMode }) => startMode === 'Auto (delayed)')).toBe(true);
  expect(services.every(({ state }) => state !== 'Unknown')).toBe(true);
});

test('Windows before 10 and Server 2016 refuses DelayedAutoStart in a query: the list is there without it', async () => {
  const old = lab.machines[4]!;
  const { credentialId } = it.machines.get(machineId)!.settings;
  const { id } = await it.client.machines.add(labSettings(old, { credentialId }));
  const online = await it.until(id, ({ state }) => state === 'online');
  expect(online.facts?.osVersion).toBe('6.3.9600');
  const refusals = () => it.exchanges.filter(({ httpStatus, port }) => httpStatus === 500 && port === old.port);
  expect(refusals()).toHaveLength(0);
  const change = await first(
    it.client.windowsServices.watch({ machineId: id }),
    (item) => item.kind === 'problem' || item.live,
  );
  const services = change.kind === 'all' ? change.services : [];
  expect(services.length).toBeGreaterThanOrEqual(150);
  const modes = new Set(services.map(({ startMode }) => startMode));
  expect([...modes].sort()).toEqual(['Auto', 'Disabled', 'Manual']);
  // It was asked for and refused, as the machine before this one did not.
  expect(refusals()).toHaveLength(1);
  expect(JSON.stringify(refusals()[0])).toContain('Invalid query');
});

test('stop and start: pending is followed, the last item is settled, and whoever watches sees it at once', async () => {
  const seen: string[] = [];
  const stop = new AbortController();
  const watching = (async () => {
    for await (const change of it.client.windowsServices.watch({ machineId }, stop.signal)) {
      if (change.kind === 'problem') continue;
      const state = change.services.find(({ name }) => name === 'Spooler')?.state;
      if (state !== undefined) seen.push(state);
    }
  })().catch(() => {});
  await expect.poll(() => seen.at(-1)).toBe('Running');

  const stopped = await control('Spooler', 'stop');
  expect(stopped.map(({ service }) => service.state)).toContain('Stop Pending');
  expect(stopped.at(-1)).toMatchObject({ settled: true, service: { name: 'Spooler', state: 'Stopped' } });
  expect(stopped.filter(({ settled }) => settled)).toHaveLength(1);
  await expect.poll(() => seen.at(-1)).toBe('Stopped');

  const started = await control('Spooler', 'start');
  expect(started.at(-1)).toMatchObject({ settled: true, service: { state: 'Running' } });
  await expect.poll(() => seen.at(-1)).toBe('Running');
  expect(seen).toContain('Stop Pending');
  stop.abort();
  await watching;
});

test('the machine says no: code and words, and nothing is asked twice', async () => {
  const before = await executed('StartService');
  expect(await problemOf(control('Spooler', 'start'))).toMatchObject({
    code: 'operation-failed',
    machineId,
    technical: '10',
    operation: { method: 'StartService', returnValue: 10, meaning: 'The service is already running.' },
  });
  expect((await executed('StartService')) - before).toBe(1);
  const disabled = (await list()).find(({ startMode }) => startMode === 'Disabled')!;
  expect(await problemOf(control(disabled.name, 'start'))).toMatchObject({
    code: 'operation-failed',
    operation: { returnValue: 14 },
  });
  expect(await problemOf(control('no-such-service', 'stop'))).toMatchObject({ code: 'not-found', machineId });
});

test('dependants: named in stop order, refused without them, stopped first and started again with them', async () => {
  const name = 'LanmanWorkstation';
  const dependants = await it.client.windowsServices.dependants({ machineId, name });
  const running = dependants.filter(({ state }) => state === 'Running').map((entry) => entry.name);
  expect(running.length).toBeGreaterThan(0);
  expect(running).not.toContain(name);
  const [firstDependant] = running as [string];
  const needs = await it.client.windowsServices.dependencies({ machineId, name: firstDependant });
  expect(needs.length).toBeGreaterThan(0);

  expect(await problemOf(control(name, 'stop'))).toMatchObject({
    code: 'operation-failed',
    operation: { returnValue: 3 },
  });
  expect(await stateOf(name)).toBe('Running');

  const progress = await control(name, 'restart', true);
  const order = progress.filter(({ service }) => service.state === 'Stopped').map(({ service }) => service.name);
  expect([...new Set(order)].at(-1)).toBe(name);
  expect(progress.at(-1)).toMatchObject({ settled: true, service: { name, state: 'Running' } });
  for (const dependant of running) expect(await stateOf(dependant)).toBe('Running');
});

test('pause and resume', async () => {
  const pausable = (await list()).find(({ acceptPause, state }) => acceptPause && state === 'Running')!;
  expect((await control(pausable.name, 'pause')).at(-1)).toMatchObject({ service: { state: 'Paused' } });
  expect((await control(pausable.name, 'resume')).at(-1)).toMatchObject({ service: { state: 'Running' } });
});

test('start mode', async () => {
  const set = (startMode: 'Auto' | 'Manual' | 'Disabled') =>
    it.client.windowsServices.setStartMode({ machineId, name: 'Spooler', startMode });
  expect((await set('Manual')).startMode).toBe('Manual');
  expect((await set('Auto')).startMode).toBe('Auto');
  const refused = await problemOf(
    it.client.windowsServices.setStartMode({ machineId, name: 'gpsvc', startMode: 'Manual' }),
  );
  expect(refused).toMatchObject({ code: 'operation-failed', operation: { method: 'ChangeStartMode', returnValue: 2 } });
});

test('a lost answer is looked for in the state: it happened, and was asked once', async () => {
  const before = await executed('StopService');
  await lab.misbehave(machine.name, { kind: 'drop-after', action: 'StopService', times: 1 });
  expect((await control('Spooler', 'stop')).at(-1)).toMatchObject({ settled: true, service: { state: 'Stopped' } });
  expect((await executed('StopService')) - before).toBe(1);
  await control('Spooler', 'start');
});

test('a lost answer to something that did not happen is outcome-unknown, with the state as it is now', async () => {
  const before = await executed('StopService');
  await lab.misbehave(machine.name, { kind: 'drop-before', action: 'StopService', times: 1 });
  const problem = await problemOf(control('Spooler', 'stop'));
  expect(problem.code).toBe('outcome-unknown');
  expect(problem.message).toContain('Running');
  expect(await executed('StopService')).toBe(before);
}, 30_000);

test('a start mode whose answer was lost is read back', async () => {
  await lab.misbehave(machine.name, { kind: 'drop-after', action: 'ChangeStartMode', times: 1 });
  const set = it.client.windowsServices.setStartMode({ machineId, name: 'Spooler', startMode: 'Manual' });
  expect((await set).startMode).toBe('Manual');
  await it.client.windowsServices.setStartMode({ machineId, name: 'Spooler', startMode: 'Auto' });
});

test('cancelling stops following and leaves the session usable', async () => {
  const stream = it.client.windowsServices.control({
    machineId,
    name: 'Spooler',
    action: 'restart',
    withDependants: false,
  });
  for await (const _ of stream) break;
  expect((await list()).length).toBeGreaterThan(100);
  await expect.poll(() => stateOf('Spooler'), { timeout: 5000 }).toMatch(/Running|Stopped/);
  if ((await stateOf('Spooler')) === 'Stopped') await control('Spooler', 'start');
});
