import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { SealDamagedError } from './seal.ts';
import { createSealedFile, openSealedFile, WrongPassphraseError } from './sealed-file.ts';
import { StorageError } from './storage-error.ts';

const passphrase = 'Planted-Passphrase-1';
const secrets = new Map([
  ['c1', 'Planted-Secret-1'],
  ['c2', 'Planted-Sécret-2 \u{1F511}'],
]);
let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'windeck-sealed-'));
  path = join(folder, 'secrets.json');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** One file for all that only read it or change it by hand: a key takes half a second. */
let whole: string;
beforeAll(async () => {
  const made = await mkdtemp(join(tmpdir(), 'windeck-sealed-'));
  (await createSealedFile(join(made, 'secrets.json'), passphrase, secrets)).close();
  whole = await readFile(join(made, 'secrets.json'), 'utf8');
  await rm(made, { recursive: true });
});

const json = async () => JSON.parse(await readFile(path, 'utf8'));

test('what was sealed opens with the passphrase, also after changes and in another run', async () => {
  const first = await createSealedFile(path, passphrase, secrets);
  await first.change(
    new Map([
      ['c1', null],
      ['c3', 'Planted-Secret-3'],
    ]),
  );
  expect(first.ids().toSorted()).toEqual(['c2', 'c3']);
  first.close();
  const second = await openSealedFile(path, passphrase);
  expect(second.get('c1')).toBeNull();
  expect(second.get('c2')).toBe('Planted-Sécret-2 \u{1F511}');
  expect(second.get('c3')).toBe('Planted-Secret-3');
  second.close();
});

test('changes that come at once are all kept', async () => {
  const sealed = await createSealedFile(path, passphrase, new Map());
  await Promise.all(Array.from({ length: 20 }, (_, i) => sealed.change(new Map([[`c${i}`, `Planted-${i}`]]))));
  sealed.close();
  const again = await openSealedFile(path, passphrase);
  expect(again.ids()).toHaveLength(20);
  again.close();
});

test('the same passphrase however a keyboard composes it', async () => {
  (await createSealedFile(path, 'Schl\u00fcssel-1', secrets)).close();
  const opened = await openSealedFile(path, 'Schlu\u0308ssel-1');
  expect(opened.get('c1')).toBe('Planted-Secret-1');
  opened.close();
});

test('the file shows neither secret, id nor passphrase, says how its key is made, and is its owner’s', async () => {
  (await createSealedFile(path, passphrase, secrets)).close();
  const text = await readFile(path, 'utf8');
  for (const planted of ['Planted', 'c1', passphrase]) {
    for (const form of [planted, Buffer.from(planted).toString('base64').slice(0, -2)]) {
      if (form.length > 3) expect(text).not.toContain(form);
    }
  }
  expect((await json()).kdf).toMatchObject({ name: 'scrypt', N: 131_072, r: 8, p: 1 });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test('every sealing has another nonce, every file another salt', async () => {
  const sealed = await createSealedFile(path, passphrase, secrets);
  const before = await json();
  await sealed.change(new Map([['c1', 'Planted-Secret-1']]));
  sealed.close();
  const after = await json();
  expect(after.nonce).not.toBe(before.nonce);
  expect(after.sealed).not.toBe(before.sealed);
  expect(after.kdf).toEqual(before.kdf);
  (await createSealedFile(path, passphrase, secrets)).close();
  expect((await json()).kdf.salt).not.toBe(before.kdf.salt);
});

test('a wrong passphrase is said, without a hint; the file stays as it is', async () => {
  await writeFile(path, whole);
  const before = await readFile(path, 'utf8');
  for (const wrong of ['', 'planted-passphrase-1', `${passphrase} `]) {
    const error = await openSealedFile(path, wrong).then(
      () => expect.unreachable(),
      (thrown) => thrown,
    );
    expect(error).toBeInstanceOf(WrongPassphraseError);
    expect(error.message).toBe('This passphrase does not open the sealed file of secrets.');
  }
  expect(await readFile(path, 'utf8')).toBe(before);
});

test.each([
  ['a sealed byte', (file: Tampered) => ({ ...file, sealed: flip(file.sealed) })],
  ['the nonce', (file: Tampered) => ({ ...file, nonce: flip(file.nonce) })],
  ['an older nonce with its length', (file: Tampered) => ({ ...file, nonce: 'AAAAAAAAAAAAAAAA' })],
  ['cut short', (file: Tampered) => ({ ...file, sealed: file.sealed.slice(0, 8) })],
  ['nothing sealed', (file: Tampered) => ({ ...file, sealed: 'AAAA' })],
  ['no check', ({ check: _, ...file }: Tampered) => file],
  ['a cheaper key', (file: Tampered) => ({ ...file, kdf: { ...file.kdf, N: 1024 } })],
  ['a key that takes all memory', (file: Tampered) => ({ ...file, kdf: { ...file.kdf, N: 2 ** 30 } })],
  ['another function', (file: Tampered) => ({ ...file, kdf: { ...file.kdf, name: 'pbkdf2' } })],
  ['another format', (file: Tampered) => ({ ...file, format: 'windeck-inventory' })],
])('a changed file is refused as damaged: %s', async (_, change) => {
  await writeFile(path, JSON.stringify(change(JSON.parse(whole))));
  const error = await openSealedFile(path, passphrase).then(
    () => expect.unreachable(),
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(SealDamagedError);
  expect(String(error.message)).toContain('damaged');
});

test.each([
  ['the salt', (file: Tampered) => ({ ...file, kdf: { ...file.kdf, salt: flip(file.kdf.salt) } })],
  ['the check', (file: Tampered) => ({ ...file, check: flip(file.check) })],
])('where %s was changed no passphrase fits any more', async (_, change) => {
  await writeFile(path, JSON.stringify(change(JSON.parse(whole))));
  await expect(openSealedFile(path, passphrase)).rejects.toBeInstanceOf(WrongPassphraseError);
});

test('no JSON is damaged; a later version is refused by name; a file that is not there cannot be read', async () => {
  await expect(openSealedFile(path, passphrase)).rejects.toThrow('cannot be read');
  await writeFile(path, '{"format":');
  await expect(openSealedFile(path, passphrase)).rejects.toBeInstanceOf(SealDamagedError);
  await writeFile(path, '{"format":"windeck-secrets","version":2}');
  await expect(openSealedFile(path, passphrase)).rejects.toThrow('later Windeck');
});

test('a save that fails changes nothing', async () => {
  const sealed = await createSealedFile(path, passphrase, secrets);
  await rm(folder, { recursive: true });
  await expect(sealed.change(new Map([['c1', 'other']]))).rejects.toThrow('could not be saved');
  expect(sealed.get('c1')).toBe('Planted-Secret-1');
  sealed.close();
});

test('once closed the key is gone', async () => {
  const sealed = await createSealedFile(path, passphrase, secrets);
  sealed.close();
  expect(() => sealed.get('c1')).toThrow(StorageError);
  await expect(sealed.change(new Map())).rejects.toThrow(StorageError);
});

test('the event loop goes on while a key is made', async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  (await createSealedFile(path, passphrase, secrets)).close();
  clearInterval(timer);
  // Made on this thread, none would have come between.
  expect(turns).toBeGreaterThan(3);
});

interface Tampered {
  readonly format: string;
  readonly kdf: { readonly name: string; readonly N: number; readonly salt: string };
  readonly check: string;
  readonly nonce: string;
  readonly sealed: string;
}

function flip(base64: string): string {
  const bytes = Buffer.from(base64, 'base64');
  bytes[0]! ^= 1;
  return bytes.toString('base64');
}
