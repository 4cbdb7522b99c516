import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { backupsToKeep, openInventory } from './inventory.ts';
import {
  emptyInventory,
  formatInventory,
  type InventoryData,
  parseInventory,
  type StoredCredential,
} from './inventory-format.ts';
import { someMachine } from './some-machine.ts';
import { StorageError } from './storage-error.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'windeck-inventory-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const file = () => join(folder, 'inventory.json');
const withMachine = (id: string, address: string) => (old: InventoryData) => ({
  ...old,
  machines: new Map(old.machines).set(id, { ...someMachine(address), tags: ['a', 'b'], pin: 'A'.repeat(64) }),
});

const certificate = {
  subject: 'CN=ada',
  issuer: 'CN=Test CA',
  sha256: 'A'.repeat(64),
  sha1: 'B'.repeat(40),
  validFromAt: 1,
  validToAt: 2,
  names: ['ada@corp.example'],
  selfSigned: false,
};

test('what was saved is there after a restart, every setting of it', async () => {
  const first = await openInventory(folder);
  await first.update(withMachine('m1', 'srv1.corp.example'));
  await first.update((old) => ({
    ...old,
    settings: { theme: 'dark' },
    credentials: new Map<string, StoredCredential>([
      ['c1', { id: 'c1', name: 'Domain', kind: 'password', userName: 'CORP\\admin' }],
      ['c2', { id: 'c2', name: 'Me', kind: 'signed-in-user' }],
      ['c3', { id: 'c3', name: 'Card', kind: 'certificate', certificate }],
    ]),
    assignments: { global: 'c1', tags: [{ tag: 'a', credentialId: 'c2' }] },
  }));
  const second = await openInventory(folder);
  expect(second.data).toEqual(first.data);
  expect(second.data.machines.get('m1')?.tags).toEqual(['a', 'b']);
  expect(second.data.settings.theme).toBe('dark');
  expect(second.notices).toEqual([]);
});

test('only its owner can read the file', async () => {
  const inventory = await openInventory(folder);
  await inventory.update(withMachine('m1', 'srv1'));
  expect((await stat(file())).mode & 0o777).toBe(0o600);
  await inventory.update(withMachine('m2', 'srv2'));
  const [backup] = await readdir(join(folder, 'backups'));
  expect((await stat(join(folder, 'backups', backup!))).mode & 0o777).toBe(0o600);
});

test('updates that come at once are applied one on the other', async () => {
  const inventory = await openInventory(folder);
  await Promise.all(Array.from({ length: 20 }, (_, i) => inventory.update(withMachine(`m${i}`, `srv${i}`))));
  expect(inventory.data.machines.size).toBe(20);
  expect((await openInventory(folder)).data.machines.size).toBe(20);
});

test('a corrupt file is set aside untouched, and the newest good backup takes its place', async () => {
  const inventory = await openInventory(folder);
  await inventory.update(withMachine('m1', 'srv1'));
  await inventory.update(withMachine('m2', 'srv2'));
  await writeFile(file(), '{"format": "windeck-inv');
  const reopened = await openInventory(folder);
  expect([...reopened.data.machines.keys()]).toEqual(['m1']);
  const aside = (await readdir(folder)).find((name) => name.startsWith('inventory.corrupt-'));
  expect(await readFile(join(folder, aside!), 'utf8')).toBe('{"format": "windeck-inv');
  expect(reopened.notices).toHaveLength(1);
  expect(reopened.notices[0]).toContain(aside);
  expect(reopened.notices[0]).toContain('1 machines');
  expect((await openInventory(folder)).data).toEqual(reopened.data);
});

test('a corrupt backup is passed over', async () => {
  // Backups are named by the millisecond.
  let now = Date.parse('2026-01-01T00:00:00Z');
  const inventory = await openInventory(folder, () => now++);
  await inventory.update(withMachine('m1', 'srv1'));
  await inventory.update(withMachine('m2', 'srv2'));
  await inventory.update(withMachine('m3', 'srv3'));
  const backups = (await readdir(join(folder, 'backups'))).sort();
  await writeFile(join(folder, 'backups', backups.at(-1)!), 'no JSON');
  await writeFile(file(), '');
  expect([...(await openInventory(folder)).data.machines.keys()]).toEqual(['m1']);
});

test('a corrupt file without a backup starts an empty inventory and says so', async () => {
  await mkdir(folder, { recursive: true });
  await writeFile(file(), '[]');
  const inventory = await openInventory(folder);
  expect(inventory.data.machines.size).toBe(0);
  expect(inventory.notices[0]).toContain('starts empty');
});

test('one entry that is not valid makes the file corrupt, and the notice names the place', async () => {
  const inventory = await openInventory(folder);
  await inventory.update(withMachine('m1', 'srv1'));
  const json = JSON.parse(await readFile(file(), 'utf8'));
  json.machines[0].port = 70000;
  await writeFile(file(), JSON.stringify(json));
  expect((await openInventory(folder)).notices[0]).toContain('machines.0.port');
});

test('a file of a later version is refused and left as it is', async () => {
  const text = '{"format":"windeck-inventory","version":3,"new":true}';
  await writeFile(file(), text);
  await expect(openInventory(folder)).rejects.toBeInstanceOf(StorageError);
  expect(await readFile(file(), 'utf8')).toBe(text);
});

test('a save that fails changes nothing and says why', async () => {
  const inventory = await openInventory(folder);
  await inventory.update(withMachine('m1', 'srv1'));
  // A folder in the way of the temporary file.
  await mkdir(`${file()}.new`);
  await expect(inventory.update(withMachine('m2', 'srv2'))).rejects.toThrow(/could not be saved/);
  expect([...inventory.data.machines.keys()]).toEqual(['m1']);
  await rm(`${file()}.new`, { recursive: true });
  await inventory.update(withMachine('m3', 'srv3'));
  expect([...(await openInventory(folder)).data.machines.keys()]).toEqual(['m1', 'm3']);
});

test('there are ten backups, the newest five and one an hour', async () => {
  let now = Date.parse('2026-01-01T00:00:00Z');
  const inventory = await openInventory(folder, () => now);
  for (let i = 0; i < 60; i++) {
    await inventory.update(withMachine('m', `srv${i}`));
    now += 10 * 60_000;
  }
  const backups = (await readdir(join(folder, 'backups'))).sort();
  expect(backups).toHaveLength(10);
  expect(backups.at(-1)).toContain('20260101T095000000Z');
  expect(backups[0]).toContain('20260101T050000000Z');
  for (const name of backups) {
    expect(parseInventory(await readFile(join(folder, 'backups', name), 'utf8')).kind).toBe('good');
  }
});

test('many saves within a minute do not push out yesterday', () => {
  const minute = Array.from(
    { length: 30 },
    (_, i) => `inventory-20260102T1200${String(59 - i).padStart(2, '0')}000Z.json`,
  );
  const kept = backupsToKeep([...minute, 'inventory-20260101T090000000Z.json']);
  expect(kept).toContain('inventory-20260101T090000000Z.json');
  expect(kept.length).toBeLessThanOrEqual(10);
});

test('kill -9 during saves, twenty times: the file is whole, and nothing that was said to be saved is lost', async () => {
  const script = fileURLToPath(new URL('./save-loop.ts', import.meta.url));
  let saved = -1;
  for (let round = 0; round < 20; round++) {
    const child = spawn(process.execPath, [script, folder, String(saved + 1)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      // Killed at another moment of the save each time: after so many saves, plus the time this takes to arrive.
      if (output.split('\n').length > 1 + (round % 7)) child.kill('SIGKILL');
    });
    const [, signal] = await once(child, 'close');
    expect(signal).toBe('SIGKILL');
    const lastSaid = output.split('\n').slice(0, -1).at(-1);
    saved = Math.max(saved, Number(lastSaid));
    const parsed = parseInventory(await readFile(file(), 'utf8'));
    expect(parsed.kind).toBe('good');
    if (parsed.kind === 'good') expect(parsed.data.machines.size).toBeGreaterThan(saved);
  }
  expect(saved).toBeGreaterThanOrEqual(20);
  expect((await openInventory(folder)).notices).toEqual([]);
}, 60_000);

test('a file of version 1 is read: credentials are named after their users, machines get what they lacked', async () => {
  const version1 = {
    format: 'windeck-inventory',
    version: 1,
    settings: { theme: 'dark' },
    credentials: [{ id: 'c1', userName: 'CORP\\admin' }],
    machines: [
      {
        id: 'm1',
        name: 'Web 1',
        address: 'web1.corp.example',
        transport: 'https',
        port: 5986,
        path: 'wsman',
        signIn: 'negotiate',
        credentialId: 'c1',
        trusted: false,
        allowClearText: false,
        pin: 'A'.repeat(64),
        tags: ['prod'],
      },
    ],
  };
  await writeFile(file(), JSON.stringify(version1));
  const inventory = await openInventory(folder);
  expect(inventory.notices).toEqual([]);
  expect([...inventory.data.credentials.values()]).toEqual([
    { id: 'c1', name: 'CORP\\admin', kind: 'password', userName: 'CORP\\admin' },
  ]);
  expect(inventory.data.assignments).toEqual({ global: null, tags: [] });
  const { id, ...rest } = version1.machines[0]!;
  const added = { spn: { serviceClass: null, host: null, withPort: false }, delegate: false };
  expect(inventory.data.machines.get(id)).toEqual({ ...rest, ...added });
  // Nothing is written before something changes; then the old file stays among the backups.
  expect(JSON.parse(await readFile(file(), 'utf8'))).toEqual(version1);
  await inventory.update((old) => ({ ...old, settings: { theme: 'light' } }));
  expect(JSON.parse(await readFile(file(), 'utf8')).version).toBe(2);
  const [backup] = await readdir(join(folder, 'backups'));
  expect(JSON.parse(await readFile(join(folder, 'backups', backup!), 'utf8'))).toEqual(version1);
  expect((await openInventory(folder)).data.machines).toEqual(inventory.data.machines);
});

test('a damaged file of version 1 is as corrupt as any other', async () => {
  await writeFile(file(), '{"format":"windeck-inventory","version":1,"settings":{"theme":"dark"},"credentials":[7]}');
  expect((await openInventory(folder)).notices[0]).toContain('could not be read');
});

test('names from the file never reach a prototype', () => {
  const text = formatInventory(emptyInventory);
  const hostile = text.replace('{', '{"__proto__": {"polluted": true},');
  expect(parseInventory(hostile).kind).toBe('good');
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});
