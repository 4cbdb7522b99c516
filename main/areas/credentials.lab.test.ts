import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { CredentialSet, CredentialsState } from '../../shared/contract/credentials.ts';
import {
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
import { memoryKeychain } from '../storage/keychain.ts';

let lab: Lab;
let certificates: Lab;
beforeAll(async () => {
  [lab, certificates] = await Promise.all([
    startLab({ machines: 4 }),
    startLab({ machines: 1, https: true, auth: 'certificate,ntlm' }),
  ]);
});
afterAll(() => Promise.all([lab?.close(), certificates?.close()]));

let folder: Awaited<ReturnType<typeof newDataFolder>>;
let it: TestConsole;
/** As on a computer without a keychain, whatever this one has. */
const start = () => startTestConsole(folder.path, {}, { openKeychain: async () => memoryKeychain() });
beforeEach(async () => {
  folder = await newDataFolder();
  it = await start();
});
afterEach(async () => {
  await it.close();
  await folder.remove();
});

const passphrase = 'Correct-Horse-1';
const state = (fits: (state: CredentialsState) => boolean = () => true) => first(it.client.credentials.watch({}), fits);
const setIn = ({ sets }: CredentialsState, { id }: CredentialSet) => sets.find((set) => set.id === id);
const machines = () => lab.machines as [LabMachine, LabMachine, LabMachine, LabMachine];
const right = () => passwordSet(machines()[0].user, machines()[0].password);
const add = async (machine: LabMachine, change: Parameters<typeof labSettings>[1] = {}) =>
  (await it.client.machines.add(labSettings(machine, change))).id;
const handshakes = () => Promise.all(lab.machines.map(async ({ name }) => (await lab.statistics(name)).handshakes));

test('a machine signs in with its own set, else with that of the first of its tags, else with the global one', async () => {
  const [a, b, c, d] = machines();
  const set = await it.client.credentials.save(right());
  const wrong = await it.client.credentials.save(passwordSet('nobody', 'wrong'));
  await it.client.credentials.assign({
    global: wrong.id,
    tags: [
      { tag: 'web', credentialId: wrong.id },
      { tag: 'db', credentialId: set.id },
    ],
  });
  const own = await add(a, { credentialId: set.id, tags: ['web'] });
  const tagged = await add(b, { tags: ['none', 'db', 'web'] });
  const other = await add(c, { tags: ['web', 'db'] });
  const untagged = await add(d);
  await it.until(own, (m) => m.state === 'online');
  await it.until(tagged, (m) => m.state === 'online');
  await it.until(other, (m) => m.state === 'denied');
  await it.until(untagged, (m) => m.state === 'denied');
  const why = (id: string) => it.machines.get(id)!.credential;
  expect(why(own)).toEqual({ id: set.id, source: 'machine', tag: null });
  expect(why(tagged)).toEqual({ id: set.id, source: 'tag', tag: 'db' });
  expect(why(other)).toEqual({ id: wrong.id, source: 'tag', tag: 'web' });
  expect(why(untagged)).toEqual({ id: wrong.id, source: 'global', tag: null });

  // Each way to another set, and no machine signs in anew whose set stays the same.
  const before = await handshakes();
  await it.client.credentials.assign({ global: set.id, tags: [{ tag: 'db', credentialId: set.id }] });
  await it.until(other, (m) => m.state === 'online');
  await it.until(untagged, (m) => m.state === 'online');
  expect(why(other)).toEqual({ id: set.id, source: 'tag', tag: 'db' });
  const after = await handshakes();
  expect([after[0], after[1]]).toEqual([before[0], before[1]]);
  await it.client.credentials.assignTo({ machineIds: [own, tagged], credentialId: wrong.id });
  await it.until(own, (m) => m.state === 'denied');
  await it.client.credentials.assignTo({ machineIds: [own], credentialId: null });
  await it.until(own, (m) => m.state === 'online' && m.credential.source === 'global');
  expect(why(tagged)).toMatchObject({ id: wrong.id, source: 'machine' });
});

test('a set that is removed is named nowhere any more: machines and tags that named it inherit', async () => {
  const [a, b] = machines();
  const global = await it.client.credentials.save(right());
  const other = await it.client.credentials.save(passwordSet('other', 'wrong'));
  await it.client.credentials.assign({ global: global.id, tags: [{ tag: 'x', credentialId: other.id }] });
  const own = await add(a, { credentialId: other.id });
  const tagged = await add(b, { tags: ['x'] });
  await it.until(own, (m) => m.state === 'denied');
  await it.client.credentials.remove({ id: other.id });
  for (const id of [own, tagged]) {
    const machine = await it.until(id, (m) => m.state === 'online');
    expect(machine.credential).toEqual({ id: global.id, source: 'global', tag: null });
    expect(machine.settings.credentialId).toBeNull();
  }
  expect((await state()).assignments).toEqual({ global: global.id, tags: [] });
  expect((await problemOf(it.client.credentials.remove({ id: other.id }))).code).toBe('not-found');
  await it.client.credentials.remove({ id: global.id });
  const denied = await it.until(own, (m) => m.state === 'denied');
  expect(denied.credential).toEqual({ id: null, source: 'none', tag: null });
  expect(denied.problem?.technical).toBe('NO_CREDENTIAL');
});

test('names and assignments survive a restart; another name alone leaves connections as they are', async () => {
  const [a] = machines();
  const set = await it.client.credentials.save(right());
  await it.client.credentials.assign({ global: set.id, tags: [{ tag: 't', credentialId: set.id }] });
  const id = await add(a);
  await it.until(id, (m) => m.state === 'online');
  const before = await handshakes();
  const renamed = await it.client.credentials.save({
    id: set.id,
    name: 'Domain administrators',
    credential: { kind: 'password', userName: a.user, password: null },
  });
  expect(renamed).toMatchObject({ name: 'Domain administrators', kept: 'this-run', refusal: null });
  expect(it.machines.get(id)?.state).toBe('online');
  expect(await handshakes()).toEqual(before);
  await it.close();
  it = await start();
  const again = await state();
  expect(setIn(again, set)).toMatchObject({ name: 'Domain administrators', userName: a.user, kept: 'missing' });
  expect(again.assignments).toEqual({ global: set.id, tags: [{ tag: 't', credentialId: set.id }] });
});

test('a refused set says so, with machine and reason, until its secret changes', async () => {
  const [a] = machines();
  const set = await it.client.credentials.save(passwordSet(a.user, 'wrong'));
  const id = await add(a, { credentialId: set.id });
  const refused = setIn(await state((s) => setIn(s, set)?.refusal != null), set)!;
  expect(refused.refusal).toMatchObject({ machineId: id, problem: { code: 'authentication-failed', machineId: id } });
  expect(refused.refusal!.atMs).toBeLessThanOrEqual(Date.now());
  await it.client.credentials.save(passwordSet(a.user, a.password, set.id));
  await it.until(id, (m) => m.state === 'online');
  expect(setIn(await state(), set)?.refusal).toBeNull();
});

test('two sets with one account and one wrong password are one attempt, the Test button’s included', async () => {
  const [a, b, c] = machines();
  const attempts = async () => Object.values((await lab.attempts())['twice'] ?? {}).reduce((x, y) => x + y, 0);
  const one = await it.client.credentials.save(passwordSet('CORP\\twice', 'wrong'));
  const two = await it.client.credentials.save(passwordSet('twice@corp.example', 'wrong'));
  const ids = [
    await add(a, { credentialId: one.id }),
    await add(b, { credentialId: two.id }),
    await add(c, { credentialId: two.id }),
  ];
  for (const id of ids) await it.until(id, (m) => m.state === 'denied');
  expect(await attempts()).toBe(1);
  // The user asks, for one machine: that is one more.
  const steps = await testOf(it.client, { settings: labSettings(a), credential: typedPassword('twice', 'wrong') });
  expect(steps.find(({ step, outcome }) => step === 'sign-in' && outcome === 'failed')).toBeDefined();
  expect(await attempts()).toBe(2);
  expect((await state()).sets.map(({ refusal }) => refusal !== null)).toEqual([true, true]);
});

test('without a keychain a sealed file keeps the secrets; locked, its machines wait, and connect when it is opened', async () => {
  const [a] = machines();
  expect((await state()).vault).toEqual({ kind: 'none', locked: false });
  const set = await it.client.credentials.save(right());
  expect(set.kept).toBe('this-run');
  const id = await add(a, { credentialId: set.id });
  await it.until(id, (m) => m.state === 'online');
  await it.client.credentials.createVault({ passphrase });
  const kept = await state();
  expect(kept.vault).toEqual({ kind: 'sealed-file', locked: false });
  expect(setIn(kept, set)?.kept).toBe('sealed-file');
  expect((await problemOf(it.client.credentials.createVault({ passphrase }))).code).toBe('invalid-input');
  const file = await readFile(join(folder.path, 'secrets.json'), 'utf8');
  expect(file).not.toContain(a.password);
  await it.close();

  it = await start();
  const locked = await it.until(id, (m) => m.state === 'denied');
  expect(locked.problem).toMatchObject({ code: 'authentication-failed', technical: 'LOCKED' });
  expect(locked.problem?.advice.join(' ')).toContain('passphrase');
  expect(setIn(await state(), set)?.kept).toBe('locked');
  const wrong = await problemOf(it.client.credentials.unlock({ passphrase: 'Correct-Horse-2' }));
  expect(wrong).toMatchObject({
    code: 'invalid-input',
    message: 'This passphrase does not open the sealed file of secrets.',
  });
  expect(it.machines.get(id)?.state).toBe('denied');
  await it.client.credentials.unlock({ passphrase });
  await it.until(id, (m) => m.state === 'online');
  expect((await state()).vault).toEqual({ kind: 'sealed-file', locked: false });
});

test('a client certificate is checked when it is saved, described, kept and shown to its machine', async () => {
  const [machine] = certificates.machines as [LabMachine];
  const { certificatePem, keyPem, pfx, passphrase: pfxPassphrase } = certificates.clientCertificate!;
  const pem = { format: 'pem', certificates: certificatePem, key: keyPem, passphrase: null } as const;
  const set = await it.client.credentials.save({
    id: null,
    name: 'Certificate',
    credential: { kind: 'certificate', file: pem },
  });
  expect(set).toMatchObject({ kind: 'certificate', userName: null, kept: 'this-run' });
  expect(set.certificate?.validToAt).toBeGreaterThan(Date.now());
  expect(set.certificate?.sha256).toMatch(/^[0-9A-F]{64}$/);
  const pin = machine.certificateSha256 ?? null;
  const id = await add(machine, { credentialId: set.id, signIn: 'certificate', pin });
  const online = await it.until(id, (m) => m.state === 'online');
  expect(online.security).toMatchObject({ mechanism: 'Certificate', spn: null, insideSpnego: false });
  expect(online.security?.clientCertificate?.subject).toBe(set.certificate?.subject);
  expect(online.security?.serverCertificate?.sha256).toBe(pin);

  // As PFX, under another name, and then only the name.
  const file = { format: 'pfx', base64: pfx, passphrase: pfxPassphrase } as const;
  const saved = await it.client.credentials.save({
    id: set.id,
    name: 'Pfx',
    credential: { kind: 'certificate', file },
  });
  expect(saved.certificate).toEqual(set.certificate);
  await it.client.credentials.save({ id: set.id, name: 'Again', credential: { kind: 'certificate', file: null } });
  await it.client.credentials.createVault({ passphrase });
  await it.close();
  it = await start();
  await it.client.credentials.unlock({ passphrase });
  await it.until(id, (m) => m.state === 'online');
  expect(setIn(await state(), set)).toMatchObject({ name: 'Again', kept: 'sealed-file' });

  const steps = await testOf(it.client, {
    settings: labSettings(machine, { signIn: 'certificate', pin }),
    credential: { kind: 'certificate', file: pem },
  });
  const signedIn = steps.find(({ step, outcome }) => step === 'sign-in' && outcome === 'passed');
  expect(signedIn?.seen).toMatch(/signed in with Certificate \(.+\); messages are protected by TLS 1\.2\./);
}, 30_000);

test('a certificate that cannot be used is refused before anything is kept', async () => {
  const { certificatePem, keyPem, pfx } = certificates.clientCertificate!;
  const { keyPem: otherKey } = certificates.unmappedClientCertificate!;
  const save = (
    file: NonNullable<Parameters<typeof it.client.credentials.save>[0]['credential'] & { kind: 'certificate' }>['file'],
  ) => problemOf(it.client.credentials.save({ id: null, name: 'Bad', credential: { kind: 'certificate', file } }));
  const problems = [
    await save({ format: 'pfx', base64: pfx, passphrase: 'Planted-1' }),
    await save({ format: 'pfx', base64: 'AAAA', passphrase: null }),
    await save({ format: 'pem', certificates: certificatePem, key: otherKey, passphrase: null }),
    await save({ format: 'pem', certificates: 'none', key: keyPem, passphrase: null }),
    await save(null),
  ];
  for (const { code, message } of problems) {
    expect(code).toBe('invalid-input');
    expect(message).not.toContain('Planted');
    expect(message).not.toContain('PRIVATE KEY');
  }
  expect((await state()).sets).toEqual([]);
});

test('a password set cannot be saved without any password, nor an assignment name what is not there', async () => {
  const credential = { kind: 'password', userName: 'a', password: null } as const;
  expect((await problemOf(it.client.credentials.save({ id: null, name: 'x', credential }))).code).toBe('invalid-input');
  const missing = await problemOf(it.client.credentials.assign({ global: 'nobody', tags: [] }));
  expect(missing.code).toBe('not-found');
  expect((await problemOf(it.client.credentials.assignTo({ machineIds: [], credentialId: 'x' }))).code).toBe(
    'not-found',
  );
  expect((await problemOf(it.client.credentials.unlock({ passphrase }))).code).toBe('invalid-input');
});
