/** The trace of a sign-in with Kerberos, against Debian's krb5-kdc: its legs are there, its ticket and its password are not. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { labSettings, newDataFolder, passwordSet, startTestConsole, type TestConsole } from '../console-fixture.ts';
import { type Lab, startLab } from '../lab/start-lab.ts';
import { forgetTickets } from '../wsman/auth/kerberos/provider.ts';
import { createTraceRecorder } from './trace.ts';

const names = ['KRB5_CONFIG', 'KRB5CCNAME'] as const;
const before = names.map((name) => process.env[name]);
const recorder = createTraceRecorder();
let lab: Lab;
let folder: Awaited<ReturnType<typeof newDataFolder>>;
let it: TestConsole;

beforeAll(async () => {
  lab = await startLab({ machines: 1, auth: 'kerberos,ntlm' });
  forgetTickets();
  folder = await newDataFolder();
  process.env['KRB5_CONFIG'] = lab.krb5Config;
  // Nobody is signed in here, whoever runs this test.
  process.env['KRB5CCNAME'] = `FILE:${join(folder.path, 'no-tickets')}`;
  it = await startTestConsole(folder.path, {}, { recorder });
}, 90_000);
afterAll(async () => {
  await it?.close();
  await folder?.remove();
  await lab?.close();
  for (const [i, name] of names.entries()) {
    if (before[i] === undefined) delete process.env[name];
    else process.env[name] = before[i];
  }
});

test('legs and mechanism of Kerberos, neither ticket nor password', async () => {
  const [machine] = lab.machines;
  const set = await it.client.credentials.save(passwordSet(machine!.user, machine!.password));
  const { id } = await it.client.machines.add(labSettings(machine!, { credentialId: set.id, signIn: 'kerberos' }));
  await it.until(id, ({ state }) => state === 'online');
  const kept = recorder.rings.all(id);
  const signIn = kept.find(({ exchange }) => exchange.mechanism === 'Kerberos' && exchange.roundTrips > 1);
  expect(signIn?.exchange).toMatchObject({ sealed: true, protection: 'AES256-SHA1' });
  const sent = signIn?.exchange.legs.map(({ requestHeaders }) =>
    requestHeaders.find(([name]) => name === 'Authorization'),
  );
  expect(sent?.[0]?.[1]).toMatch(/^Negotiate \(SPNEGO NegTokenInit, \d+ bytes\)$/);
  const text = kept
    .map(({ exchange, request, response }) =>
      [JSON.stringify(exchange), request, response].map((part) => Buffer.from(part ?? '').toString('utf8')).join('\n'),
    )
    .join('\n');
  expect(text).not.toContain(machine!.password);
  // What a token of GSS-API begins with, in base64.
  expect(text).not.toMatch(/\bYI[A-Z]/);
  expect(text).toContain('Win32_OperatingSystem');
});
