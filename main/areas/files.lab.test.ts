/** Files of a window, through the contract and real sockets, to the lab's PowerShell and back. */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DownloadEvent, UploadEvent } from '../../shared/contract/files.ts';
import { ProblemError } from '../../shared/contract/problem.ts';
import type { Channel } from '../../shared/rpc/endpoint.ts';
import { labSettings, newDataFolder, passwordSet, startTestConsole, type TestConsole } from '../console-fixture.ts';
import { type Lab, startLab } from '../lab/start-lab.ts';

let lab: Lab;
let folder: Awaited<ReturnType<typeof newDataFolder>>;
let it: TestConsole;
let machineId: string;

beforeAll(async () => {
  lab = await startLab({ machines: 1 });
  folder = await newDataFolder();
  it = await startTestConsole(folder.path, {}, { mostDownloadBytes: 2_000_000 });
  const [machine] = lab.machines;
  const credential = await it.client.credentials.save(passwordSet(machine!.user, machine!.password));
  machineId = (await it.client.machines.add(labSettings(machine!, { credentialId: credential.id }))).id;
});
afterAll(async () => {
  await it?.close();
  await folder?.remove();
  await lab?.close();
});

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const upload = (path: string, length: number, replace = false) =>
  it.client.files.upload({ machineId, configurationName: null, path, length, replace });

/** Sends all of it once the session is open; returns what was told. */
async function sendAll(channel: Channel<UploadEvent, Uint8Array>, bytes: Uint8Array): Promise<UploadEvent[]> {
  const events: UploadEvent[] = [];
  for await (const event of channel) {
    events.push(event);
    if (event.kind !== 'begun') continue;
    void (async () => {
      for (let at = 0; at < bytes.length; at += 200_000) await channel.send(bytes.subarray(at, at + 200_000));
      channel.end();
    })().catch(() => {});
  }
  return events;
}

async function fetchAll(path: string): Promise<{ bytes: Buffer; events: DownloadEvent[] }> {
  const events: DownloadEvent[] = [];
  const pieces: Uint8Array[] = [];
  for await (const item of it.client.files.download({ machineId, configurationName: null, path })) {
    if (item instanceof Uint8Array) pieces.push(item);
    else events.push(item);
  }
  return { bytes: Buffer.concat(pieces), events };
}

async function problemCode(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ProblemError);
  return (error as ProblemError).problem.code;
}

/** What audit.log holds of this path. */
const auditOf = (path: string): string[] =>
  readFileSync(join(folder.path, 'audit.log'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line['path'] === path && line['what'] === 'upload-file')
    .map(({ step, bytes }) => `${step} ${bytes}`);

test.each([0, 1, 1_500_001])('%i bytes arrive whole, are audited, and come back', async (size) => {
  const bytes = randomBytes(size);
  const path = `C:\\Windows\\Temp\\window-${size}.bin`;
  const events = await sendAll(upload(path, size), bytes);
  expect(events[0]).toEqual({ kind: 'begun' });
  expect(events.at(-1)).toEqual({ kind: 'done', file: { path, bytes: size, sha256: sha256(bytes) } });
  if (size > 1) expect(events.some((event) => event.kind === 'sent' && event.bytes < size)).toBe(true);

  const back = await fetchAll(path);
  expect(back.bytes.equals(bytes)).toBe(true);
  expect(back.events).toEqual([
    { kind: 'begun', length: size },
    { kind: 'done', file: { path, bytes: size, sha256: sha256(bytes) } },
  ]);
  expect(auditOf(path)).toEqual([`asked ${size}`, `done ${size}`]);
});

test('a file that is there gives way only where that is said; what is not there, or too large, says so', async () => {
  const path = 'C:\\Windows\\Temp\\window-there.txt';
  await sendAll(upload(path, 3), Buffer.from('one'));
  expect(await problemCode(sendAll(upload(path, 3), Buffer.from('two')))).toBe('invalid-input');
  expect((await fetchAll(path)).bytes.toString()).toBe('one');
  expect(auditOf(path)).toEqual(['asked 3', 'done 3', 'asked 3', 'failed 3']);
  await sendAll(upload(path, 3, true), Buffer.from('two'));
  expect((await fetchAll(path)).bytes.toString()).toBe('two');

  expect(await problemCode(fetchAll('C:\\Windows\\Temp\\window-none.txt'))).toBe('not-found');
  expect(await problemCode(fetchAll('C:\\Windows'))).toBe('invalid-input');
  expect(await problemCode(sendAll(upload('C:\\No\\Such\\Folder\\a.txt', 1), Buffer.from('x')))).toBe(
    'operation-failed',
  );
  for (const part of ['notes.txt', '..\\notes.txt', 'C:notes.txt', 'C:\\Temp\\'])
    expect(await problemCode(fetchAll(part)), part).toBe('invalid-input');

  const large = 'C:\\Windows\\Temp\\window-large.bin';
  await sendAll(upload(large, 2_000_001), randomBytes(2_000_001));
  await expect(fetchAll(large)).rejects.toThrow('The file has 2 MB; a window takes 2 MB at most.');
});

test('a window that goes away in the middle, or sends less than it said, leaves no file and no session', async () => {
  const path = 'C:\\Windows\\Temp\\window-half.bin';
  const left = upload(path, 1_000_000);
  for await (const event of left) {
    if (event.kind === 'begun') await left.send(randomBytes(200_000));
    if (event.kind === 'sent') break;
  }
  const short = upload(path, 1_000_000);
  expect(await problemCode(sendAll(short, randomBytes(300_000)))).toBe('cancelled');
  const long = upload(path, 100_000);
  expect(await problemCode(sendAll(long, randomBytes(200_001)))).toBe('cancelled');
  expect(await problemCode(fetchAll(path))).toBe('not-found');
  // The one that was left is tidied up behind it.
  await expect.poll(async () => (await it.client.openShells.list({ machineId })).length, { timeout: 15_000 }).toBe(0);
});

test('a download that is left ends its session', async () => {
  const path = 'C:\\Windows\\Temp\\window-left.bin';
  await sendAll(upload(path, 1_500_000), randomBytes(1_500_000));
  for await (const item of it.client.files.download({ machineId, configurationName: null, path }))
    if (item instanceof Uint8Array) break;
  await expect.poll(async () => (await it.client.openShells.list({ machineId })).length, { timeout: 15_000 }).toBe(0);
});
