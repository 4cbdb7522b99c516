/**
 * Every policy against the lab with a real KDC (Debian packages krb5-kdc, krb5-admin-server, krb5-user, libgssapi-krb5-2): what protects the
 * connection afterwards, and what a client that may use only Kerberos says to a machine and a realm where that fails. Missing software is a
 * failure here.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, type LabMachine, startLab } from '../../lab/start-lab.ts';
import { forgetTickets } from '../auth/kerberos/provider.ts';
import { AuthenticationError } from '../errors.ts';
import { createClient, type Target, wmi } from '../index.ts';

const before = process.env['KRB5_CONFIG'];
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  forgetTickets();
});
afterAll(() => {
  if (before === undefined) delete process.env['KRB5_CONFIG'];
  else process.env['KRB5_CONFIG'] = before;
});

const targetOf = (machine: LabMachine, changes: Partial<Target>): Target => ({
  host: machine.address,
  port: machine.port,
  transport: machine.transport,
  path: '/wsman',
  authentication: 'kerberos',
  userName: machine.user,
  password: async () => machine.password,
  trusted: false,
  allowClearText: false,
  tls: { pin: machine.certificateSha256 ?? null, skipNameCheck: false, skipAuthorityCheck: false },
  ...changes,
});

function clientOf(target: Target) {
  const client = createClient(target);
  closing.push(() => client.close());
  return client;
}

function useLab(options: Parameters<typeof startLab>[0]) {
  const state = {} as { lab: Lab; machine: LabMachine };
  beforeAll(async () => {
    state.lab = await startLab({ machines: 1, pendingMs: 50, ...options });
    state.machine = state.lab.machines[0]!;
    if (state.lab.krb5Config) process.env['KRB5_CONFIG'] = state.lab.krb5Config;
  });
  afterAll(() => state.lab?.close());
  return state;
}

const BARE_KERBEROS = { mechanism: 'Kerberos', cipher: 'AES256-SHA1', spn: 'HTTP/localhost', inside: null };
const KERBEROS = { ...BARE_KERBEROS, inside: 'SPNEGO' };
const NTLM = { mechanism: 'NTLM', cipher: 'RC4-128', spn: null, inside: null };

/** A long answer, a short one, and something that changes the machine. */
async function work(target: Target) {
  const client = clientOf(target);
  const services = await client.enumerateAll({ resourceUri: wmi('Win32_Service') });
  expect(services.length).toBeGreaterThan(20);
  const spooler = { resourceUri: wmi('Win32_Service'), selectors: [['Name', 'Spooler']] as const };
  expect((await client.invoke(spooler, 'InterrogateService')).returnValue).toBeTypeOf('number');
  return client.security();
}

describe('over plain HTTP', () => {
  const state = useLab({ auth: 'kerberos' });
  test.each<[string, Partial<Target>, object]>([
    ['kerberos', {}, { ...KERBEROS, protection: 'AES256-SHA1' }],
    ['negotiate', { authentication: 'negotiate' }, { ...KERBEROS, protection: 'AES256-SHA1' }],
    ['ntlm', { authentication: 'ntlm' }, { ...NTLM, protection: 'RC4-128' }],
    ['negotiate, by address', { authentication: 'negotiate', host: '127.0.0.1' }, { ...NTLM, protection: 'RC4-128' }],
    [
      'kerberos, by address with the SPN’s host chosen',
      { host: '127.0.0.1', spn: { serviceClass: 'HTTP', host: 'localhost', withPort: false } },
      { ...KERBEROS, protection: 'AES256-SHA1' },
    ],
  ])('%s', async (_what, changes, security) => {
    expect(await work(targetOf(state.machine, changes))).toMatchObject({ ...security, tlsProtocol: null });
  });
});

describe('inside TLS', () => {
  const state = useLab({ auth: 'kerberos,basic,certificate', https: true });
  const certificate = async () => {
    const { certificatePem, keyPem } = state.lab.clientCertificate!;
    return { format: 'pem', certificates: certificatePem, key: keyPem, passphrase: null } as const;
  };
  test.each<[string, Partial<Target>, object]>([
    ['kerberos', {}, { ...KERBEROS, protection: 'TLS 1.3' }],
    ['negotiate', { authentication: 'negotiate' }, { ...KERBEROS, protection: 'TLS 1.3' }],
    ['ntlm', { authentication: 'ntlm' }, { ...NTLM, protection: 'TLS 1.3' }],
    ['basic', { authentication: 'basic' }, { mechanism: 'Basic', cipher: null, protection: 'TLS 1.3' }],
    [
      'certificate',
      { authentication: 'certificate', userName: null, clientCertificate: certificate },
      { mechanism: 'Certificate', protection: 'TLS 1.2', clientCertificate: { validTo: expect.any(Date) } },
    ],
  ])('%s', async (_what, changes, security) => {
    expect(await work(targetOf(state.machine, changes))).toMatchObject(security);
  });

  test('digest is not for Windows', async () => {
    await expect(work(targetOf(state.machine, { authentication: 'digest' }))).rejects.toMatchObject({
      reason: 'policy',
    });
  });
});

describe('Kerberos only, where it fails', () => {
  const state = useLab({ auth: 'kerberos' });
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'windeck-no-kdc-'));
    // A realm whose KDC is nobody: port 1 of this computer.
    const realm = `${state.lab.realm} = {\n kdc = 127.0.0.1:1\n }\n`;
    const defaults = `default_realm = ${state.lab.realm}\n dns_lookup_kdc = false\n dns_lookup_realm = false\n rdns = false\n`;
    writeFileSync(join(folder, 'krb5.conf'), `[libdefaults]\n ${defaults}[realms]\n ${realm}`);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(async () => {
    process.env['KRB5_CONFIG'] = state.lab.krb5Config;
    await state.lab.misbehave(state.machine.name, null);
  });

  /** Everything that goes to the machine, as it goes over the wire. */
  async function startRelay(to: number) {
    const sent: Buffer[] = [];
    const sockets = new Set<Socket>();
    const relay = createServer((socket) => {
      const onward = connect(to, '127.0.0.1');
      for (const one of [socket, onward]) sockets.add(one.on('error', () => one.destroy()));
      socket.on('data', (chunk: Buffer) => void sent.push(chunk));
      socket.pipe(onward).pipe(socket);
    });
    await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
    closing.push(() => {
      for (const socket of sockets) socket.destroy();
      return new Promise<void>((resolve) => relay.close(() => resolve()));
    });
    return { port: (relay.address() as { port: number }).port, sent: () => Buffer.concat(sent) };
  }

  async function fail(changes: Partial<Target>): Promise<{ error: AuthenticationError; sent: Buffer }> {
    const relay = await startRelay(state.machine.port);
    const target = targetOf(state.machine, { port: relay.port, trusted: true, ...changes });
    const error = await clientOf(target)
      .identify()
      .catch((cause) => cause);
    expect(error).toBeInstanceOf(AuthenticationError);
    return { error, sent: relay.sent() };
  }

  /** Decoded, as the base64 of one may hide the other. */
  function authorizations(sent: Buffer): Buffer[] {
    return [...sent.toString('latin1').matchAll(/^Authorization: *\S+ +(\S+)/gim)].map(([, token]) =>
      Buffer.from(token!, 'base64'),
    );
  }
  const holdsNtlm = (bytes: Buffer) =>
    bytes.includes(Buffer.from('NTLMSSP\0', 'latin1')) || bytes.includes(Buffer.from('2b06010401823702020a', 'hex'));

  test('no KDC, no such SPN, clocks apart, a machine with NTLM only, and more: each has its own sentence, none a byte of NTLM', async () => {
    const sentences = new Map<string, string>();
    const told = async (expected: { reason: string; tokens: number; changes?: Partial<Target> }) => {
      const { error, sent } = await fail(expected.changes ?? {});
      expect(error.reason).toBe(expected.reason);
      const tokens = authorizations(sent);
      expect(tokens.length).toBe(expected.tokens);
      expect(tokens.some(holdsNtlm)).toBe(false);
      expect(holdsNtlm(sent)).toBe(false);
      expect(error.evidence.mechanism).toBe('Kerberos');
      sentences.set(expected.reason, error.message);
    };
    const nowhere = { serviceClass: 'HTTP', host: 'nowhere.corp.example', withPort: false };
    await told({ reason: 'spn-unknown', tokens: 0, changes: { spn: nowhere } });
    await state.lab.misbehave(state.machine.name, { kind: 'clock-skew' });
    await told({ reason: 'clock-skew', tokens: 1 });
    await state.lab.misbehave(state.machine.name, { kind: 'spn-on-another-account' });
    await told({ reason: 'spn-wrong-account', tokens: 1 });
    await state.lab.misbehave(state.machine.name, { kind: 'ntlm-only' });
    await told({ reason: 'scheme-not-offered', tokens: 1 });
    await told({ reason: 'wrong-password', tokens: 0, changes: { password: async () => 'Recognisable-0815' } });
    await told({ reason: 'unknown-user', tokens: 0, changes: { userName: 'nobody-here' } });
    await told({ reason: 'address-needs-name', tokens: 0, changes: { host: '127.0.0.1' } });
    forgetTickets();
    process.env['KRB5_CONFIG'] = join(folder, 'krb5.conf');
    await told({ reason: 'no-kdc', tokens: 0 });
    expect(new Set(sentences.values()).size).toBe(8);
    expect([...sentences.values()].join()).not.toContain('Recognisable');
  });

  test('the same machine with NTLM only is reached where the policy lets it be', async () => {
    await state.lab.misbehave(state.machine.name, { kind: 'ntlm-only' });
    const relay = await startRelay(state.machine.port);
    const client = clientOf(targetOf(state.machine, { port: relay.port, authentication: 'negotiate' }));
    await client.identify();
    expect(client.security()).toMatchObject({ mechanism: 'NTLM', spn: null });
    expect(authorizations(relay.sent()).some(holdsNtlm)).toBe(true);
  });

  test('a wrong password under Negotiate is tried at the KDC once and not by NTLM after that', async () => {
    const attempts = async () => (await state.lab.attempts())[state.machine.user.toLowerCase()] ?? {};
    const before = await attempts();
    const relay = await startRelay(state.machine.port);
    const password = async () => 'Recognisable-0815';
    const client = clientOf(
      targetOf(state.machine, { port: relay.port, authentication: 'negotiate', trusted: true, password }),
    );
    const all = await Promise.allSettled([1, 2, 3, 4].map(() => client.identify()));
    for (const result of all)
      expect(result).toMatchObject({ status: 'rejected', reason: { reason: 'wrong-password' } });
    expect(relay.sent()).toHaveLength(0);
    const after = await attempts();
    const total = (counts: Record<string, number>) => Object.values(counts).reduce((sum, count) => sum + count, 0);
    expect(total(after) - total(before)).toBe(1);
  });
});
