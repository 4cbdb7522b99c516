import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { NtlmVerdict } from '../../shared/contract/credentials.ts';
import type { MachineSettings } from '../../shared/contract/machines.ts';
import {
  all,
  labSettings,
  newDataFolder,
  passwordSet,
  startTestConsole,
  type TestConsole,
  testOf,
  typedPassword,
} from '../console-fixture.ts';
import { type Lab, type LabMachine, startLab } from '../lab/start-lab.ts';
import { forgetTickets } from '../wsman/auth/kerberos/provider.ts';

/** The console in a realm: Debian's krb5-kdc, and libgssapi_krb5 of this computer. Where they are missing this suite fails. */
const names = ['KRB5_CONFIG', 'KRB5CCNAME'] as const;
const before = names.map((name) => process.env[name]);
let lab: Lab;
let folder: Awaited<ReturnType<typeof newDataFolder>>;
let it: TestConsole;

beforeAll(async () => {
  lab = await startLab({ machines: 4, auth: 'kerberos,ntlm' });
  process.env['KRB5_CONFIG'] = lab.krb5Config;
}, 90_000);
afterAll(async () => {
  await lab?.close();
  for (const [i, name] of names.entries()) {
    if (before[i] === undefined) delete process.env[name];
    else process.env[name] = before[i];
  }
});
beforeEach(async () => {
  forgetTickets();
  folder = await newDataFolder();
  // Nobody is signed in here, whoever runs this test.
  process.env['KRB5CCNAME'] = `FILE:${join(folder.path, 'no-tickets')}`;
  it = await startTestConsole(folder.path);
});
afterEach(async () => {
  await it.close();
  await folder.remove();
  for (const { name } of lab.machines) await lab.misbehave(name, null);
});

const machines = () => lab.machines as [LabMachine, LabMachine, LabMachine, LabMachine];
const administrator = () => passwordSet(machines()[0].user, machines()[0].password);
const attemptsOf = async (user: string) => ({ Kerberos: 0, NTLM: 0, ...(await lab.attempts())[user] });

test('Kerberos through the console: how it is protected, in the table and by the Test button', async () => {
  const [machine] = machines();
  const set = await it.client.credentials.save(administrator());
  const settings = labSettings(machine, { credentialId: set.id, signIn: 'kerberos' });
  const { id } = await it.client.machines.add(settings);
  const { security } = await it.until(id, (m) => m.state === 'online');
  expect(security).toMatchObject({ mechanism: 'Kerberos', spn: 'HTTP/localhost', cipher: 'AES256-SHA1' });
  expect(security?.protection).toBe('AES256-SHA1');
  const steps = await testOf(it.client, { settings, credential: null });
  const seen = Object.fromEntries(steps.map(({ step, seen: words }) => [step, words]));
  expect(seen['identify']).toMatch(/It offers .*Negotiate.*Kerberos|It offers .*Kerberos.*Negotiate/);
  expect(seen['sign-in']).toMatch(/^Administrator is signed in with Kerberos.* \(AES256-SHA1, HTTP\/localhost\)/);
  expect(seen['sign-in']).toContain('messages are protected by AES256-SHA1');
});

test('a wrong password costs one question to the KDC for the whole fleet, and no NTLM follows', async () => {
  const set = await it.client.credentials.save(passwordSet('alice', 'wrong'));
  const was = await attemptsOf('alice');
  const ids: string[] = [];
  for (const machine of machines()) {
    ids.push((await it.client.machines.add(labSettings(machine, { credentialId: set.id }))).id);
  }
  for (const id of ids) await it.until(id, (m) => m.state === 'denied');
  const is = await attemptsOf('alice');
  expect([is.Kerberos - was.Kerberos, is.NTLM - was.NTLM]).toEqual([1, 0]);
});

test('a signed-in user without a ticket is told so', async () => {
  const set = await it.client.credentials.save({ id: null, name: 'Me', credential: { kind: 'signed-in-user' } });
  expect(set).toMatchObject({ kind: 'signed-in-user', userName: null, kept: 'nothing-to-keep' });
  const settings = labSettings(machines()[0], { credentialId: set.id, signIn: 'kerberos' });
  const { id } = await it.client.machines.add(settings);
  const denied = await it.until(id, (m) => m.state === 'denied');
  expect(denied.problem).toMatchObject({ code: 'authentication-failed' });
  expect(denied.problem?.advice.join(' ')).toContain('kinit');
});

test('who would survive NTLM being switched off, and who would not, and why', async () => {
  const [a, b, c, d] = machines();
  const good = await it.client.credentials.save(administrator());
  const local = await it.client.credentials.save(passwordSet('.\\helpdesk', 'Windeck-Lab-3!'));
  const wrong = await it.client.credentials.save(passwordSet('alice', 'wrong'));
  const unknown = await it.client.credentials.save(passwordSet('nobody@CORP.EXAMPLE', 'wrong'));
  await lab.misbehave(d.name, { kind: 'ntlm-only' });
  const added = async (machine: LabMachine, change: Partial<MachineSettings>) =>
    (await it.client.machines.add(labSettings(machine, { credentialId: good.id, trusted: true, ...change }))).id;
  const ids = {
    online: await added(a, {}),
    byNtlm: await added(b, { signIn: 'ntlm' }),
    byAddress: await added(b, { address: '127.0.0.1' }),
    named: await added(b, { address: '127.0.0.1', spn: { serviceClass: 'HTTP', host: 'localhost', withPort: false } }),
    local: await added(c, { credentialId: local.id }),
    ntlmOnly: await added(d, {}),
    unknown: await added(c, { credentialId: unknown.id, signIn: 'kerberos' }),
    wrong: await added(c, { credentialId: wrong.id, signIn: 'kerberos' }),
    nobody: await added(c, { credentialId: null }),
    gone: await added({ ...c, port: 1 }, {}),
    noSpn: await added(c, { spn: { serviceClass: 'NOSUCH', host: null, withPort: false } }),
  };
  await it.until(ids.online, (m) => m.state === 'online');
  await it.until(ids.wrong, (m) => m.state === 'denied');
  await it.until(ids.unknown, (m) => m.state === 'denied');
  const was = await attemptsOf('alice');
  const verdicts = await all(
    it.client.credentials.surveyNtlm({ machineIds: [...Object.values(ids), 'no-such-machine'] }),
  );
  const of = (id: string) => verdicts.find(({ machineId }) => machineId === id) as NtlmVerdict;
  expect(verdicts).toHaveLength(Object.keys(ids).length);

  expect(of(ids.online)).toMatchObject({ verdict: 'survives', seen: 'Kerberos with HTTP/localhost, AES256-SHA1' });
  expect(of(ids.named)).toMatchObject({ verdict: 'survives' });
  expect(of(ids.byNtlm)).toMatchObject({
    verdict: 'would-fail',
    seen: expect.stringContaining('set to sign in by NTLM'),
  });
  expect(of(ids.byAddress)).toMatchObject({ verdict: 'would-fail', seen: expect.stringContaining('IP address') });
  expect(of(ids.local)).toMatchObject({
    verdict: 'would-fail',
    seen: expect.stringContaining('account of the machine'),
  });
  expect(of(ids.ntlmOnly)).toMatchObject({ verdict: 'would-fail' });
  expect(of(ids.noSpn)).toMatchObject({ verdict: 'would-fail' });
  for (const id of [ids.ntlmOnly, ids.noSpn]) expect(of(id).problem).toMatchObject({ code: 'authentication-failed' });
  expect(of(ids.nobody)).toMatchObject({ verdict: 'not-known', seen: expect.stringContaining('No credential set') });
  expect(of(ids.gone)).toMatchObject({ verdict: 'not-known', problem: { code: 'unreachable' } });
  // What was refused before is not sent again for a survey.
  expect(of(ids.wrong)).toMatchObject({ verdict: 'not-known', problem: { code: 'authentication-failed' } });
  expect(of(ids.unknown)).toMatchObject({ verdict: 'not-known', problem: { code: 'authentication-failed' } });
  expect(await attemptsOf('alice')).toEqual(was);
}, 60_000);

test('the Test button names the realm’s answer to a user it does not know', async () => {
  const settings = labSettings(machines()[0], { signIn: 'kerberos' });
  const credential = typedPassword('stranger@CORP.EXAMPLE', 'wrong');
  const steps = await testOf(it.client, { settings, credential });
  const failed = steps.find(({ step, outcome }) => step === 'sign-in' && outcome === 'failed');
  expect(failed?.problem).toMatchObject({ code: 'authentication-failed', technical: 'KDC_ERR_C_PRINCIPAL_UNKNOWN' });
});
