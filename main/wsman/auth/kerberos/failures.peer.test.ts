/**
 * Why Kerberos failed, from a real KDC and MIT's library (Debian packages krb5-kdc, krb5-user, libgssapi-krb5-2): one reason per cause, with
 * the number and the text as evidence, and never the password.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Kdc, startKdc } from '../../../lab/kdc.ts';
import { AuthenticationError } from '../../errors.ts';
import {
  createKerberosAcceptor,
  createKerberosInitiator,
  forgetTickets,
  type KerberosInitiatorOptions,
  type KerberosSignIn,
} from './provider.ts';

const SPN = 'HTTP/localhost';
const PASSWORD = 'Recognisable-4711';
const before = process.env['KRB5_CONFIG'];
let kdc: Kdc;
beforeAll(async () => {
  const people = ['alice', 'disabled', 'expired', 'stale', 'brief'];
  kdc = await startKdc({
    principals: people.map((name) => ({ name, password: PASSWORD })),
    services: [SPN, 'HTTP/moved'],
    clockSkewSeconds: 1,
  });
  await kdc.administer(
    'modprinc -allow_tix disabled',
    'modprinc -expire "2020-01-01 00:00:00 UTC" expired',
    'modprinc -pwexpire "2020-01-01 00:00:00 UTC" stale',
    'modprinc -maxlife "3 seconds" brief',
    'addprinc -randkey -e aes256-cts-hmac-sha1-96:normal HTTP/strong',
  );
});
afterAll(async () => {
  if (before === undefined) delete process.env['KRB5_CONFIG'];
  else process.env['KRB5_CONFIG'] = before;
  await kdc?.close();
});

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
  forgetTickets();
});

let changes = 0;
/** The realm's configuration, changed, for what is asked from here on. */
async function useConfig(change: (text: string) => string = (text) => text): Promise<void> {
  // Under a new name each time: libkrb5 looks at a file again only after a while.
  const file = join(kdc.folder, `changed-${++changes}.conf`);
  await writeFile(file, change(await readFile(kdc.krb5Config, 'utf8')));
  process.env['KRB5_CONFIG'] = file;
}
const withKdcAt = (port: number) => (text: string) => text.replace(/^ +kdc = .*/m, `kdc = 127.0.0.1:${port}`);
const as = (userName: string, password = PASSWORD): KerberosSignIn => ({ kind: 'password', userName, password });
const initiator = (options: Partial<KerberosInitiatorOptions> = {}) =>
  createKerberosInitiator({ signIn: as('alice'), spn: SPN, delegate: false, channelBinding: null, ...options });

async function failureOf(options: Partial<KerberosInitiatorOptions>): Promise<AuthenticationError> {
  return caught((await initiator(options)).step(null));
}
async function caught(attempt: Promise<unknown>): Promise<AuthenticationError> {
  const error = await attempt.then(
    () => new Error('it went well'),
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(AuthenticationError);
  expect(inspect(error, { depth: 8, showHidden: true })).not.toContain(PASSWORD);
  return error as AuthenticationError;
}

async function listen(onSocket: (socket: Socket) => void): Promise<{ port: number; server: Server }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  return { port: typeof address === 'object' && address ? address.port : 0, server };
}

test.each([
  ['a wrong password', as('alice', `${PASSWORD}!`), 'wrong-password', 24, 'KDC_ERR_PREAUTH_FAILED'],
  ['an unknown user', as('nobody'), 'unknown-user', 6, 'KDC_ERR_C_PRINCIPAL_UNKNOWN'],
  ['a disabled account', as('disabled'), 'account-disabled', 18, 'KDC_ERR_CLIENT_REVOKED'],
  ['an expired account', as('expired'), 'account-expired', 1, 'KDC_ERR_NAME_EXP'],
  ['an expired password', as('stale'), 'password-expired', 23, 'KDC_ERR_KEY_EXPIRED'],
])('%s', async (_name, signIn, reason, code, codeName) => {
  await useConfig();
  const error = await failureOf({ signIn });
  expect(error).toMatchObject({ reason, evidence: { mechanism: 'Kerberos', code, codeName } });
  expect(error.evidence.text).toMatch(/\w/);
});

test('a wrong password is tried once, by many at a time as well', async () => {
  await useConfig();
  const attempts = async () => (await kdc.readLog()).split('PREAUTH_FAILED').length;
  const earlier = await attempts();
  const signIn = as('alice', 'another wrong one');
  const errors = await Promise.all(Array.from({ length: 20 }, () => failureOf({ signIn })));
  expect(new Set(errors.map((error) => error.reason))).toEqual(new Set(['wrong-password']));
  expect(await attempts()).toBe(earlier + 1);
});

test('a service that the KDC does not know', async () => {
  await useConfig();
  expect(await failureOf({ spn: 'HTTP/nowhere.example' })).toMatchObject({
    reason: 'spn-unknown',
    evidence: { spn: 'HTTP/nowhere.example', code: 7, codeName: 'KDC_ERR_S_PRINCIPAL_UNKNOWN' },
  });
});

test('a service whose name sits on another account, and the way back once it is put right', async () => {
  await useConfig();
  const keytab = join(kdc.folder, 'moved.keytab');
  await kdc.administer(`ktadd -k ${keytab} -norandkey HTTP/moved`, 'delprinc -force HTTP/moved');
  await kdc.administer('addprinc -randkey HTTP/moved');
  const [ours, theirs] = [await initiator({ spn: 'HTTP/moved' }), await acceptorFor(keytab)];
  const token = await ours.step(null);
  expect((await caught(theirs.step(token))).reason).toBe('spn-wrong-account');
  expect(theirs.errorToken).not.toBeNull();
  expect(await caught(ours.step(theirs.errorToken))).toMatchObject({
    reason: 'spn-wrong-account',
    // MIT's number; Windows says KRB_AP_ERR_MODIFIED.
    evidence: { spn: 'HTTP/moved', code: 31, codeName: 'KRB_AP_ERR_BAD_INTEGRITY' },
  });
  // The ticket of the old key is not used again.
  await kdc.administer(`ktadd -k ${keytab}.new -norandkey HTTP/moved`);
  const [again, right] = [await initiator({ spn: 'HTTP/moved' }), await acceptorFor(`${keytab}.new`)];
  await again.step(await right.step(await again.step(null)));
  expect(again.complete).toBe(true);
});
const acceptorFor = (keytab: string) =>
  createKerberosAcceptor({ keytab, channelBinding: null, requireChannelBinding: false });

test('no KDC listens', async () => {
  const { port, server } = await listen(() => {});
  await new Promise((resolve) => server.close(resolve));
  await useConfig(withKdcAt(port));
  expect(await failureOf({})).toMatchObject({ reason: 'no-kdc', evidence: { codeName: 'KRB5_KDC_UNREACH' } });
});

test('a KDC that never answers: the event loop goes on, and the wait ends', async () => {
  const { port } = await listen((socket) => socket.resume());
  await useConfig(withKdcAt(port));
  let ticks = 0;
  const ticking = setInterval(() => ticks++, 5);
  closing.push(() => clearInterval(ticking));
  // More than the library may have at a time: files are still read, names still resolved.
  const errors = Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => failureOf({ signIn: as(name), limitMs: 700 })));
  expect(await readFile(kdc.krb5Config, 'utf8')).toContain('[realms]');
  const ticksBefore = ticks;
  expect((await errors).map((error) => error.reason)).toEqual(Array(5).fill('no-kdc'));
  expect(ticks).toBeGreaterThan(ticksBefore + 10);
});

test('no realm: none configured, or one that nobody has configured', async () => {
  await useConfig(() => '[libdefaults]\n dns_lookup_kdc = false\n dns_lookup_realm = false\n');
  expect((await failureOf({})).reason).toBe('no-realm');
  expect(await failureOf({ signIn: as('alice@NOWHERE.EXAMPLE') })).toMatchObject({
    reason: 'no-realm',
    evidence: { codeName: 'KRB5_REALM_UNKNOWN' },
  });
  expect((await failureOf({ signIn: as('OTHER\\alice') })).message).toContain('OTHER');
  expect((await failureOf({ signIn: as('.\\alice') })).reason).toBe('no-realm');
});

test('clocks that differ: the target says so', async () => {
  await useConfig();
  const [ours, theirs] = [await initiator(), await acceptorFor(kdc.keytab)];
  const token = await ours.step(null);
  await delay(2500);
  expect((await caught(theirs.step(token))).reason).toBe('clock-skew');
  const evidence = { code: 37, codeName: 'KRB_AP_ERR_SKEW' };
  expect(await caught(ours.step(theirs.errorToken))).toMatchObject({ reason: 'clock-skew', evidence });
});

test('clocks that differ: the KDC says so', async () => {
  let connections = 0;
  const { port } = await listen((socket) => {
    // The second request carries the encrypted time, which grows old on the way.
    const wait = ++connections === 2 ? 2500 : 0;
    const onward = connect(kdc.port, '127.0.0.1');
    onward.on('error', () => {});
    onward.pipe(socket);
    socket.on('data', (chunk) => void delay(wait).then(() => onward.write(chunk)));
    socket.on('close', () => onward.destroy());
  });
  await useConfig(withKdcAt(port));
  expect(await failureOf({})).toMatchObject({ reason: 'clock-skew', evidence: { code: 37 } });
});

test('no encryption type in common', async () => {
  await useConfig((text) => text.replace(/permitted_enctypes = .*/, 'permitted_enctypes = aes128-cts-hmac-sha1-96'));
  expect(await failureOf({ spn: 'HTTP/strong' })).toMatchObject({
    reason: 'etype',
    evidence: { code: 14, codeName: 'KDC_ERR_ETYPE_NOSUPP' },
  });
});

test('nobody is signed in, or the ticket has expired', async () => {
  const signIn = { kind: 'signed-in-user' } as const;
  await useConfig();
  expect((await failureOf({ signIn })).reason).toBe('no-ticket');
  await kdc.kinit({ name: 'brief', password: PASSWORD });
  await (await initiator({ signIn })).step(null);
  await delay(4000);
  expect((await failureOf({ signIn })).reason).toBe('no-ticket');
});

test('with a password an expired ticket is renewed without a word', async () => {
  await useConfig();
  const exchanges = async () => (await kdc.readLog()).split(/AS_REQ.*ISSUE.*brief@/).length;
  const earlier = await exchanges();
  const signIn = as('brief');
  await (await initiator({ signIn })).step(null);
  await (await initiator({ signIn })).step(null);
  expect(await exchanges()).toBe(earlier + 1);
  await delay(4000);
  await (await initiator({ signIn })).step(null);
  expect(await exchanges()).toBe(earlier + 2);
});

test('delegation without a ticket that can be forwarded is refused before anything is sent', async () => {
  await useConfig((text) => text.replace('forwardable = true', 'forwardable = false'));
  expect(await failureOf({ delegate: true })).toMatchObject({
    reason: 'kerberos',
    message: expect.stringContaining('forwardable'),
  });
});

test('tokens that are none, and tokens out of turn', async () => {
  await useConfig();
  const ours = await initiator();
  expect((await caught(ours.step(Buffer.from('first')))).reason).toBe('bad-token');
  const token = await ours.step(null);
  const theirs = await acceptorFor(kdc.keytab);
  expect((await caught(theirs.step(Buffer.from('nonsense')))).reason).toBe('bad-token');
  expect((await caught(theirs.step(token))).reason).toBe('bad-token');
  expect((await caught(ours.step(Buffer.from('nonsense')))).reason).toBe('bad-token');
  expect(ours.complete).toBe(false);
});
