import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { NewCredential } from '../../shared/contract/credentials.ts';
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
  typedPassword,
} from '../console-fixture.ts';
import { type Lab, type LabMachine, startLab } from '../lab/start-lab.ts';
import { type Keychain, memoryKeychain } from '../storage/keychain.ts';

/** Recognisable secrets go in by every door; then everything that comes out, and everything that is left behind, is searched for them. */
const planted = {
  wrongPassword: 'Pl4nted-S3cret-Passw0rd',
  typedPassword: 'Pl4nted-Typed-Passw0rd',
  passphrase: 'Pl4nted-Vault-Passphrase',
  wrongPassphrase: 'Pl4nted-Wrong-Passphrase',
  pfxPassphrase: 'Pl4nted-Pfx-Passphrase',
};
let lab: Lab;
let certificates: Lab;
beforeAll(async () => {
  [lab, certificates] = await Promise.all([
    startLab({ machines: 2, auth: 'ntlm,basic' }),
    startLab({ machines: 1, https: true, auth: 'certificate,ntlm,basic' }),
  ]);
});
afterAll(() => Promise.all([lab?.close(), certificates?.close()]));

let folder: Awaited<ReturnType<typeof newDataFolder>>;
/** What the process wrote beside the log. */
const written: string[] = [];
beforeEach(async () => {
  folder = await newDataFolder();
  written.length = 0;
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((chunk) => written.push(String(chunk)) > 0);
  }
});
afterEach(async () => {
  vi.restoreAllMocks();
  await folder.remove();
});

/** A secret as it may lie about: as text in three encodings, in Base64 at each of the three offsets, in hex. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const base64 = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    // What depends on the bytes before and after is cut off.
    return text.slice(offset === 0 ? 0 : 4, -4);
  });
  return [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret, 'utf16le').toString('latin1'),
    bytes.toString('hex'),
    ...base64,
    ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
  ];
}

/** Everything in the data folder, byte for byte. */
async function filesIn(path: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const entry of await readdir(path, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) files.set(entry.name, await readFile(join(entry.parentPath, entry.name), 'latin1'));
  }
  return files;
}

/** Arguments and environment of this process and of all that it started (on Linux also as the system shows them). */
async function processes(): Promise<string> {
  const own = [process.argv, process.execArgv, process.env, process.title].map((part) => inspect(part)).join('\n');
  if (process.platform !== 'linux') return own;
  const shown: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    if (parent !== process.pid && Number(pid) !== process.pid) continue;
    for (const file of ['cmdline', 'environ']) {
      shown.push(await readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => ''));
    }
  }
  // This process, and the two labs.
  expect(shown.length).toBeGreaterThanOrEqual(6);
  return [own, ...shown].join('\n');
}

function search(places: ReadonlyMap<string, string>, secrets: readonly string[]): void {
  const found: string[] = [];
  for (const secret of secrets) {
    for (const form of formsOf(secret)) {
      for (const [place, text] of places) if (text.includes(form)) found.push(`${secret.slice(0, 12)}… in ${place}`);
    }
  }
  expect(found).toEqual([]);
}

function placesOf(it: TestConsole, prefix: string): [string, string][] {
  return [
    [`${prefix} frames`, it.frames.join('\n')],
    [`${prefix} log`, it.log.join('\n')],
    [`${prefix} exchanges`, inspect(it.exchanges, { depth: 20, maxArrayLength: null, maxStringLength: null })],
  ];
}

/** One private key, in pieces: any line of it that appears anywhere is too much. */
const linesOf = (pem: string) => pem.split('\n').filter((line) => line.length >= 40 && !line.startsWith('-----'));

type CertificateFile = NonNullable<Extract<NewCredential, { kind: 'certificate' }>['file']>;

/** Everything that a window can do with secrets. */
async function useAll(it: TestConsole, machine: LabMachine, tls: LabMachine): Promise<void> {
  const wrong = await it.client.credentials.save(passwordSet(machine.user, planted.wrongPassword));
  const { id } = await it.client.machines.add(labSettings(machine, { credentialId: wrong.id }));
  await it.until(id, ({ state }) => state === 'denied');
  const typed = typedPassword(machine.user, planted.typedPassword);
  await testOf(it.client, { settings: labSettings(machine), credential: typed });
  const basic = labSettings(machine, { signIn: 'basic', allowClearText: true });
  await testOf(it.client, { settings: basic, credential: typed });
  await all(it.client.credentials.surveyNtlm({ machineIds: [id] }));
  await it.client.credentials.save(passwordSet(machine.user, machine.password, wrong.id));
  await it.until(id, ({ state }) => state === 'online');

  const { certificatePem, keyPem, pfx, passphrase } = certificates.clientCertificate!;
  const save = (file: CertificateFile) =>
    it.client.credentials.save({ id: null, name: 'Certificate', credential: { kind: 'certificate', file } });
  // Refused, with a passphrase and a key in hand.
  expect((await problemOf(save({ format: 'pfx', base64: pfx, passphrase: planted.pfxPassphrase }))).code).toBe(
    'invalid-input',
  );
  const other = certificates.unmappedClientCertificate!.keyPem;
  const mixed = { format: 'pem', certificates: certificatePem, key: other, passphrase: planted.pfxPassphrase } as const;
  expect((await problemOf(save(mixed))).code).toBe('invalid-input');
  const set = await save({ format: 'pem', certificates: certificatePem, key: keyPem, passphrase: null });
  await save({ format: 'pfx', base64: pfx, passphrase });
  const pin = tls.certificateSha256 ?? null;
  const settings = labSettings(tls, { credentialId: set.id, signIn: 'certificate', pin });
  const shown = await it.client.machines.add(settings);
  await it.until(shown.id, ({ state }) => state === 'online');
  await testOf(it.client, { settings, credential: null });
  // A set that does not fit, a certificate that is not mapped, a pin that is another.
  await it.client.machines.update({ id: shown.id, settings: { ...settings, pin: 'A'.repeat(64) } });
  await it.until(shown.id, ({ state }) => state === 'untrusted');
  await it.client.machines.export({ ids: null, format: 'csv' });
  await first(it.client.credentials.watch({}), ({ sets }) => sets.length === 3);
}

const secretsUsed = () => [
  ...Object.values(planted),
  lab.machines[0]!.password,
  certificates.clientCertificate!.passphrase,
  ...linesOf(certificates.clientCertificate!.keyPem),
  ...linesOf(certificates.unmappedClientCertificate!.keyPem),
  certificates.clientCertificate!.pfx.slice(100, 160),
];

test('without a keychain: nothing comes out, and the sealed file shows nothing', async () => {
  const [machine] = lab.machines as [LabMachine];
  const [tls] = certificates.machines as [LabMachine];
  const options = { openKeychain: async () => memoryKeychain() };
  const it = await startTestConsole(folder.path, {}, options);
  await useAll(it, machine, tls);
  await it.client.credentials.createVault({ passphrase: planted.passphrase });
  const children = await processes();
  await it.close();
  const again = await startTestConsole(folder.path, {}, options);
  expect((await problemOf(again.client.credentials.unlock({ passphrase: planted.wrongPassphrase }))).code).toBe(
    'invalid-input',
  );
  await again.client.credentials.unlock({ passphrase: planted.passphrase });
  for (const [id, { settings }] of again.machines) {
    if (settings.signIn !== 'certificate') await again.until(id, ({ state }) => state === 'online');
  }
  await again.close();

  const files = await filesIn(folder.path);
  for (const name of ['inventory.json', 'last-known.sqlite', 'secrets.json']) expect([...files.keys()]).toContain(name);
  const places = new Map([
    ...files,
    ...placesOf(it, 'first'),
    ...placesOf(again, 'second'),
    ['processes', children],
    ['standard output', written.join('')],
  ]);
  // The search looks where something is: what may be seen is there.
  expect(places.get('first frames')).toContain(machine.user);
  expect(it.exchanges.length).toBeGreaterThan(5);
  expect(places.get('first exchanges')).toContain('Win32_OperatingSystem');
  search(places, secretsUsed());
}, 60_000);

test('with a keychain: what is too long for it lies sealed in a file, and shows nothing either', async () => {
  const [machine] = lab.machines as [LabMachine];
  const [tls] = certificates.machines as [LabMachine];
  const entries = new Map<string, string>();
  const keychain: Keychain = {
    durable: true,
    get: async (id) => entries.get(id) ?? null,
    set: async (id, secret) => void entries.set(id, secret),
    delete: async (id) => void entries.delete(id),
  };
  const it = await startTestConsole(folder.path, {}, { openKeychain: async () => keychain });
  await useAll(it, machine, tls);
  await it.close();
  const files = await filesIn(folder.path);
  expect([...files.values()].some((text) => text.includes('windeck-sealed-secret'))).toBe(true);
  expect([...files.keys()]).not.toContain('secrets.json');
  const places = new Map([...files, ...placesOf(it, 'first'), ['standard output', written.join('')]]);
  // Neither secrets, nor the keys that the keychain holds for the sealed files.
  search(
    places,
    [...secretsUsed(), ...entries.values()].filter((secret) => secret.length > 8),
  );
}, 60_000);

test('the search itself finds what is planted, in every form', () => {
  for (const form of [
    'x Pl4nted-Vault-Passphrase x',
    Buffer.from('a:Pl4nted-Vault-Passphrase').toString('base64'),
    Buffer.from('xy Pl4nted-Vault-Passphrase z').toString('base64url'),
    Buffer.from('Pl4nted-Vault-Passphrase', 'utf16le').toString('latin1'),
    Buffer.from('Pl4nted-Vault-Passphrase').toString('hex'),
  ]) {
    expect(() => search(new Map([['here', form]]), [planted.passphrase]), form).toThrow();
  }
});
