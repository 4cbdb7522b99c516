import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { StorageError } from './storage-error.ts';
import { openWinrmSnapshots, type StoredSnapshot } from './winrm-snapshots.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'windeck-snapshots-'));
});
afterEach(() => rm(folder, { recursive: true }));

const one: StoredSnapshot = {
  id: '1',
  name: 'Golden',
  machineId: null,
  machineName: 'web01',
  takenAt: 5,
  stack: '3.0',
  config: {},
};

it('keeps snapshots in the order in which they were saved, for the owner of the folder alone', async () => {
  const snapshots = openWinrmSnapshots(folder);
  expect(await snapshots.all()).toEqual([]);
  await Promise.all([snapshots.add(one), snapshots.add({ ...one, id: '2' })]);
  expect((await openWinrmSnapshots(folder).all()).map(({ id }) => id)).toEqual(['1', '2']);
  expect([await snapshots.remove('1'), await snapshots.remove('1')]).toEqual([true, false]);
  if (process.platform !== 'win32') expect((await stat(join(folder, 'winrm-snapshots.json'))).mode & 0o777).toBe(0o600);
});

it.each([
  'no JSON',
  '{}',
  '{"version":2,"snapshots":[]}',
  '{"version":1,"snapshots":{}}',
  '{"version":1,"snapshots":[null]}',
  JSON.stringify({ version: 1, snapshots: [{ ...one, name: 7 }] }),
  JSON.stringify({ version: 1, snapshots: [{ ...one, takenAt: 'yesterday' }] }),
])('says that a broken file cannot be read, and leaves it as it is: %s', async (text) => {
  const path = join(folder, 'winrm-snapshots.json');
  await writeFile(path, text);
  const snapshots = openWinrmSnapshots(folder);
  await expect(snapshots.all()).rejects.toBeInstanceOf(StorageError);
  await expect(snapshots.add(one)).rejects.toBeInstanceOf(StorageError);
  expect(await readFile(path, 'utf8')).toBe(text);
});
