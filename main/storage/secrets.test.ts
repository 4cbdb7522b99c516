import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Keychain, memoryKeychain } from './keychain.ts';
import { SealDamagedError } from './seal.ts';
import { WrongPassphraseError } from './sealed-file.ts';
import { openSecrets, SecretsLockedError, secretsForThisRun, VaultStateError } from './secrets.ts';
import { StorageError } from './storage-error.ts';

const passphrase = 'Planted-Passphrase-1';
/** As long as a certificate with its key: far more than Windows' Credential Manager takes. */
const long = JSON.stringify({ format: 'pfx', base64: 'Planted-Key'.repeat(2000), passphrase: 'Planted' });
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'windeck-secrets-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A keychain that keeps what it is given and refuses what Windows would refuse. */
function keychainOf(entries = new Map<string, string>()): Keychain & { entries: Map<string, string> } {
  return {
    entries,
    durable: true,
    get: async (id) => entries.get(id) ?? null,
    async set(id, secret) {
      if (Buffer.byteLength(secret, 'utf16le') > 2560) throw new Error('CRED_MAX_CREDENTIAL_BLOB_SIZE');
      entries.set(id, secret);
    },
    async delete(id) {
      entries.delete(id);
    },
  };
}
const named = (id: string) => id.startsWith('c');

test('with a keychain: secrets are in it, whatever the run', async () => {
  const keychain = keychainOf();
  const first = await openSecrets(folder, keychain);
  expect(first.vault).toEqual({ kind: 'keychain', locked: false });
  await first.set('c1', 'one');
  expect(await first.keptAt('c1')).toBe('keychain');
  expect(await first.keptAt('c2')).toBe('missing');
  first.close();
  const second = await openSecrets(folder, keychain);
  expect(await second.get('c1')).toBe('one');
  await second.delete('c1');
  expect(await second.get('c1')).toBeNull();
  expect(keychain.entries.size).toBe(0);
  await expect(second.createVault(passphrase)).rejects.toBeInstanceOf(VaultStateError);
});

test('a secret too long for the keychain is sealed into a file, whose key the keychain keeps', async () => {
  const keychain = keychainOf();
  const secrets = await openSecrets(folder, keychain);
  await secrets.set('c1', 'short');
  await secrets.set('c1', long);
  expect(await secrets.get('c1')).toBe(long);
  expect(await secrets.keptAt('c1')).toBe('keychain');
  const [name] = await readdir(join(folder, 'sealed'));
  const path = join(folder, 'sealed', name!);
  const text = await readFile(path, 'utf8');
  expect(text).not.toContain('Planted');
  expect(text).not.toContain(Buffer.from('Planted-Key').toString('base64').slice(0, 10));
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect([...keychain.entries.keys()]).toEqual(['c1 key']);
  expect(await (await openSecrets(folder, keychain)).get('c1')).toBe(long);
  await secrets.set('c1', 'short again');
  expect(await secrets.get('c1')).toBe('short again');
  expect(await readdir(join(folder, 'sealed'))).toEqual([]);
  expect([...keychain.entries.keys()]).toEqual(['c1']);
});

test('a save that ends half-way leaves the old secret or the new one, and never the old one after the new one', async () => {
  const keychain = keychainOf();
  await (await openSecrets(folder, keychain)).set('c1', long);
  const failing: Keychain = { ...keychain, delete: () => Promise.reject(new Error('the end')) };
  // From long to short: what is left of the long one counts no more.
  await expect((await openSecrets(folder, failing)).set('c1', 'new')).rejects.toThrow(StorageError);
  expect(await (await openSecrets(folder, keychain)).get('c1')).toBe('new');
  // And back: until the short one is deleted, it is the one.
  await expect((await openSecrets(folder, failing)).set('c1', `${long} `)).rejects.toThrow(StorageError);
  expect(await (await openSecrets(folder, keychain)).get('c1')).toBe('new');
  await (await openSecrets(folder, keychain)).set('c1', `${long} `);
  expect(await (await openSecrets(folder, keychain)).get('c1')).toBe(`${long} `);
});

test('a sealed file that was changed, or put in another’s place, is not used', async () => {
  const keychain = keychainOf();
  const secrets = await openSecrets(folder, keychain);
  await secrets.set('c1', long);
  const [first] = await readdir(join(folder, 'sealed'));
  await secrets.set('c2', long);
  const second = (await readdir(join(folder, 'sealed'))).find((name) => name !== first);
  keychain.entries.set('c2 key', keychain.entries.get('c1 key')!);
  const text = await readFile(join(folder, 'sealed', first!), 'utf8');
  await writeFile(join(folder, 'sealed', second!), text);
  await expect(secrets.get('c2')).rejects.toBeInstanceOf(SealDamagedError);
  await writeFile(join(folder, 'sealed', first!), text.replace('"sealed": "', '"sealed": "AA'));
  await expect(secrets.get('c1')).rejects.toBeInstanceOf(SealDamagedError);
  await writeFile(join(folder, 'sealed', first!), 'null');
  await expect(secrets.get('c1')).rejects.toBeInstanceOf(SealDamagedError);
});

test('a keychain that fails is named, in words that quote nothing', async () => {
  const broken: Keychain = {
    durable: true,
    get: () => Promise.reject(new Error('Planted words')),
    set: () => Promise.reject(new Error('Planted words')),
    delete: () => Promise.reject(new Error('Planted words')),
  };
  const secrets = await openSecrets(folder, broken);
  for (const call of [secrets.get('c1'), secrets.set('c1', 'x'), secrets.delete('c1')]) {
    const error = await call.then(
      () => expect.unreachable(),
      (thrown) => thrown,
    );
    expect(error).toBeInstanceOf(StorageError);
    expect(error.message).not.toContain('Planted');
  }
});

test('with nothing: secrets last for this run, until a sealed file is started, which takes them over', async () => {
  const secrets = await openSecrets(folder, memoryKeychain());
  expect(secrets.vault).toEqual({ kind: 'none', locked: false });
  await secrets.set('c1', 'one');
  expect(await secrets.keptAt('c1')).toBe('this-run');
  await expect(secrets.unlock(passphrase, named)).rejects.toBeInstanceOf(VaultStateError);
  await secrets.createVault(passphrase);
  expect(secrets.vault).toEqual({ kind: 'sealed-file', locked: false });
  expect(await secrets.keptAt('c1')).toBe('sealed-file');
  await secrets.set('c2', long);
  expect(await secrets.keptAt('c2')).toBe('sealed-file');
  await expect(secrets.createVault(passphrase)).rejects.toBeInstanceOf(VaultStateError);
  secrets.close();

  const next = await openSecrets(folder, memoryKeychain());
  expect(next.vault).toEqual({ kind: 'sealed-file', locked: true });
  expect(await next.keptAt('c1')).toBe('locked');
  await expect(next.get('c1')).rejects.toBeInstanceOf(SecretsLockedError);
  await expect(next.unlock('wrong', named)).rejects.toBeInstanceOf(WrongPassphraseError);
  expect(next.vault.locked).toBe(true);
  // Typed before it is opened: good at once, and moved in then.
  await next.set('c3', 'three');
  expect(await next.keptAt('c3')).toBe('this-run');
  await next.unlock(passphrase, named);
  expect(next.vault.locked).toBe(false);
  expect(await next.get('c1')).toBe('one');
  expect(await next.get('c2')).toBe(long);
  expect(await next.keptAt('c3')).toBe('sealed-file');
  next.close();
});

test('what no set names any more goes when the file is opened', async () => {
  const first = await openSecrets(folder, memoryKeychain());
  await first.createVault(passphrase);
  await first.set('c1', 'one');
  await first.set('gone', 'two');
  first.close();
  const second = await openSecrets(folder, memoryKeychain());
  await second.unlock(passphrase, named);
  expect(await second.get('gone')).toBeNull();
  expect(await second.get('c1')).toBe('one');
  second.close();
});

test('a sealed file that was started stays the place, though a keychain has come; what the keychain had is found', async () => {
  const first = await openSecrets(folder, memoryKeychain());
  await first.createVault(passphrase);
  await first.set('c1', 'one');
  first.close();
  const keychain = keychainOf(new Map([['c2', 'two']]));
  const second = await openSecrets(folder, keychain);
  expect(second.vault).toEqual({ kind: 'sealed-file', locked: true });
  expect(await second.get('c2')).toBe('two');
  await expect(second.get('c1')).rejects.toBeInstanceOf(SecretsLockedError);
  await second.unlock(passphrase, named);
  await second.set('c2', 'new');
  expect(await second.get('c2')).toBe('new');
  expect(keychain.entries.size).toBe(0);
  second.close();
});

test('started or opened twice at once, it is one file', async () => {
  const secrets = await openSecrets(folder, memoryKeychain());
  await secrets.set('c1', 'one');
  const [first, second] = await Promise.allSettled([
    secrets.createVault(passphrase),
    secrets.createVault('another one'),
  ]);
  expect([first!.status, second!.status]).toEqual(['fulfilled', 'rejected']);
  secrets.close();
  const next = await openSecrets(folder, memoryKeychain());
  await Promise.all([next.unlock(passphrase, named), next.unlock(passphrase, named)]);
  expect(await next.get('c1')).toBe('one');
  next.close();
});

test('secrets of the embedded lab leave no trace', async () => {
  const secrets = secretsForThisRun();
  await secrets.set('c1', 'one');
  expect(await secrets.get('c1')).toBe('one');
  await expect(secrets.createVault(passphrase)).rejects.toBeInstanceOf(VaultStateError);
  secrets.close();
  expect(await secrets.get('c1')).toBeNull();
});
