import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TraceChange, TraceFile, TraceRow } from '../../shared/contract/trace.ts';
import {
  all,
  first,
  labSettings,
  newDataFolder,
  passwordSet,
  problemOf,
  startTestConsole,
  type TestConsole,
  testOf,
} from '../console-fixture.ts';
import { type Lab, type LabMachine, startLab } from '../lab/start-lab.ts';
import { createTraceRecorder } from './trace.ts';

let lab: Lab;
let machine: LabMachine;
let folder: Awaited<ReturnType<typeof newDataFolder>>;
let it: TestConsole;
let machineId: string;
const recorder = createTraceRecorder();
beforeAll(async () => {
  lab = await startLab({ machines: 2, pendingMs: 100 });
  [machine] = lab.machines as [LabMachine];
  folder = await newDataFolder();
  it = await startTestConsole(folder.path, {}, { recorder });
  const credential = await it.client.credentials.save(passwordSet(machine.user, machine.password));
  ({ id: machineId } = await it.client.machines.add(labSettings(machine, { credentialId: credential.id })));
  await it.until(machineId, ({ state }) => state === 'online');
});
afterAll(async () => {
  await it?.close();
  await folder?.remove();
  await lab?.close();
});

const rows = async (id = machineId): Promise<readonly TraceRow[]> => {
  const change = await first(it.client.trace.watch({ machineId: id }), ({ kind }) => kind === 'all');
  return change.kind === 'all' ? change.rows : [];
};
const newest = async (fits: (row: TraceRow) => boolean): Promise<TraceRow> => {
  const row = (await rows()).findLast(fits);
  if (row === undefined) throw new Error('No such exchange is kept.');
  return row;
};

test('signing in is kept, leg by leg, without a token', async () => {
  const row = (await rows()).find(({ roundTrips, action }) => roundTrips > 1 && action === 'Identify');
  expect(row).toBeDefined();
  const exchange = await it.client.trace.exchange({ machineId, id: row!.id });
  expect(exchange.mechanism).toBe('NTLM');
  const authorizations = exchange.legs.map((leg) => leg.requestHeaders.find(([name]) => name === 'Authorization')?.[1]);
  expect(authorizations.slice(0, 2)).toEqual([
    expect.stringMatching(/^Negotiate \(NTLM NEGOTIATE_MESSAGE, \d+ bytes\)$/),
    expect.stringMatching(/^Negotiate \(NTLM AUTHENTICATE_MESSAGE, \d+ bytes\)$/),
  ]);
  expect(exchange.legs[0]).toMatchObject({ status: 401, requestLine: 'POST /wsman HTTP/1.1' });
  expect(JSON.stringify(exchange)).not.toContain('TlRMTVNT');
});

test('an exchange has both messages, its timings and what answered', async () => {
  await first(it.client.windowsServices.watch({ machineId }), ({ kind }) => kind === 'all');
  const row = await newest(({ resource, httpStatus }) => httpStatus === 200 && /from Win32_Service/i.test(resource));
  expect(row).toMatchObject({ failed: false, error: null });
  expect(row.timings.server).toBeGreaterThan(0);
  const exchange = await it.client.trace.exchange({ machineId, id: row.id });
  expect(exchange.request).toContain('Win32_Service');
  expect(exchange.response).toContain('Spooler');
  expect(exchange).toMatchObject({ sealed: true, protection: 'RC4-128', contents: false, requestCut: 0 });
  expect(exchange.layers).toMatchObject({
    passed: ['HTTP.sys', 'WinRM service', 'WsmWmiPl.dll', 'WMI'],
    answered: 'WMI',
  });
});

test('what comes while one looks is added; a fault is marked with its words', async () => {
  const stream = it.client.trace.watch({ machineId });
  const seen: TraceChange[] = [];
  const fault = (async () => {
    for await (const change of stream) {
      seen.push(change);
      if (change.kind === 'added' && change.rows.some(({ failed }) => failed)) return;
    }
  })();
  const problem = await problemOf(
    it.client.windowsServices.setStartMode({ machineId, name: 'NoSuchService', startMode: 'Manual' }),
  );
  await fault;
  expect(seen[0]?.kind).toBe('all');
  const failed = seen.flatMap((change) => (change.kind === 'added' ? change.rows : [])).find((row) => row.failed);
  expect(failed?.httpStatus).toBe(500);
  expect(failed?.error).toBeTruthy();
  expect(problem.code).not.toBe('internal-error');
});

test('an exchange that is not there is said to be gone; another machine too', async () => {
  expect(await problemOf(it.client.trace.exchange({ machineId, id: 999_999 }))).toMatchObject({ code: 'not-found' });
  expect(await problemOf(it.client.trace.exchange({ machineId: 'none', id: 1 }))).toMatchObject({ code: 'not-found' });
});

test('an export says what it is, and holds what was asked for', async () => {
  const [row] = await rows();
  const text = (await all(it.client.trace.export({ machineId, ids: [row!.id] }))).join('');
  const file = JSON.parse(text) as TraceFile;
  expect(file).toMatchObject({ format: 'windeck-trace', version: 1, machine: { name: machine.name } });
  expect(file.exchanges).toHaveLength(1);
  const whole = JSON.parse((await all(it.client.trace.export({ machineId, ids: null }))).join('')) as TraceFile;
  expect(whole.exchanges.length).toBeGreaterThanOrEqual((await rows()).length - 5);
  expect(text).not.toContain(machine.password);
});

test('a trace that is emptied begins again', async () => {
  const before = (await rows()).at(-1)!.id;
  await it.client.trace.clear({ machineId });
  expect((await rows()).every(({ id }) => id > before)).toBe(true);
});

test('a machine that breaks off leaves what was seen of it, and a wrong password the legs that came before', async () => {
  const { credentialId } = it.machines.get(machineId)!.settings;
  const other = lab.machines[1]!;
  const { id } = await it.client.machines.add(labSettings(other, { credentialId }));
  await it.until(id, ({ state }) => state === 'online');
  await lab.misbehave(other.name, { kind: 'drop-after', action: 'StopService' });
  await all(
    it.client.windowsServices.control({ machineId: id, name: 'Spooler', action: 'stop', withDependants: false }),
  );
  await lab.misbehave(other.name, null);
  const lost = (await rows(id)).findLast(({ failed }) => failed);
  expect(lost).toMatchObject({ httpStatus: null });
  expect(lost?.action).toBe('Invoke StopService');
  const exchange = await it.client.trace.exchange({ machineId: id, id: lost!.id });
  expect(exchange.request).toContain('Envelope');
  expect(exchange.response).toBeNull();
  expect(exchange.layers.answered).toBeNull();
  expect(exchange.legs.at(-1)?.status).toBeNull();

  const wrong = { kind: 'password', userName: other.user, password: 'Wr0ng-Passw0rd-42' } as const;
  await testOf(it.client, { settings: labSettings(other), credential: wrong });
  const refused = (await rows(id)).findLast(({ failed }) => failed)!;
  expect(refused.error).toContain('rejected');
  expect(refused.timings.authenticate).toBeGreaterThan(0);
  const legs = (await it.client.trace.exchange({ machineId: id, id: refused.id })).legs;
  expect(legs.map(({ status }) => status)).toEqual([401, 401]);
});

test('with a machine goes its trace', async () => {
  const { credentialId } = it.machines.get(machineId)!.settings;
  const { id } = await it.client.machines.add(labSettings(lab.machines[1]!, { name: 'short-lived', credentialId }));
  await it.until(id, ({ state }) => state === 'online');
  expect(recorder.rings.all(id).length).toBeGreaterThan(0);
  await it.client.machines.remove({ ids: [id] });
  expect(recorder.rings.all(id)).toEqual([]);
});
