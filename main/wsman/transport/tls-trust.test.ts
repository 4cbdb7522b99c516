import { createServer } from 'node:net';
import { setDefaultCACertificates, type TlsOptions } from 'node:tls';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate, type TestCertificate, type TestCertificateOptions } from '../auth/test-certificates.ts';
import { CertificateError } from '../errors.ts';
import type { Target, TlsTrust } from '../target.ts';
import { createConnectionPool } from './connection-pool.ts';
import { reply, startNegotiateServer, startServer } from './loopback-server.ts';
import { inspectCertificate, openSocket } from './open-socket.ts';

const NO_TRUST: TlsTrust = { pin: null, skipNameCheck: false, skipAuthorityCheck: false };
let authority: TestCertificate;
beforeAll(() => {
  // Before the first TLS connection, since the authorities are read once.
  authority = makeCertificate({ commonName: 'Test Authority', names: null, isAuthority: true });
  setDefaultCACertificates([authority.cert]);
});
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const pinOf = async (port: number) =>
  (await inspectCertificate('127.0.0.1', port, { timeoutMs: 5000 })).chain[0]!.sha256;

async function tlsServer(certificate: TestCertificate, options: TlsOptions = {}) {
  const server = await startServer(({ socket }) => void socket.write(reply('200 OK', [], 'hello')), {
    key: certificate.key,
    cert: certificate.cert,
    ...options,
  });
  closing.push(server.close);
  return server;
}

/** Connects under `trust` and says what came of it: `trusted`, or the failures. */
async function judge(certificate: TestCertificate, trust: Partial<TlsTrust> = {}, host = '127.0.0.1') {
  const server = await tlsServer(certificate);
  const to = { port: server.port, tls: { ...NO_TRUST, ...trust }, timeoutMs: 5000, host };
  const result = await openSocket(to).then(
    ({ socket }) => {
      socket.destroy();
      return 'trusted' as const;
    },
    (error) => {
      if (!(error instanceof CertificateError)) throw error;
      return error.failures;
    },
  );
  expect(server.requests).toHaveLength(0);
  return result;
}

describe('by authority, name and dates', () => {
  const issued = (options: TestCertificateOptions = {}) => makeCertificate({ issuer: authority, ...options });

  test('an authority that the system trusts', async () => {
    expect(await judge(issued())).toBe('trusted');
    expect(await judge(issued({ algorithm: 'rsa-sha256' }))).toBe('trusted');
  });
  test('through an intermediate that is sent along', async () => {
    const intermediate = makeCertificate({ commonName: 'Between', names: null, isAuthority: true, issuer: authority });
    expect(await judge(makeCertificate({ issuer: intermediate }))).toBe('trusted');
  });
  test.each<[string, TestCertificateOptions, string[]]>([
    ['another name', { names: ['other.example'] }, ['wrong-name']],
    ['another address', { names: ['127.0.0.2'] }, ['wrong-name']],
    ['expired', { validFrom: -30, validTo: -1 }, ['expired']],
    ['not yet valid', { validFrom: 1 }, ['not-yet-valid']],
  ])('%s', async (_what, options, failures) => {
    expect(await judge(issued(options))).toEqual(failures);
  });
  test('every failure is told, also where OpenSSL names only the date', async () => {
    expect(await judge(makeCertificate())).toEqual(['unknown-authority']);
    const all = makeCertificate({ names: ['other.example'], validFrom: -30, validTo: -1 });
    expect(await judge(all)).toEqual(['unknown-authority', 'wrong-name', 'expired']);
  });
  test('an issuer of the right name but another key', async () => {
    const impostor = makeCertificate({ commonName: 'Test Authority', names: null, isAuthority: true });
    expect(await judge(makeCertificate({ issuer: impostor }))).toEqual(['unknown-authority']);
    const expired = makeCertificate({ issuer: impostor, validFrom: -30, validTo: -1 });
    expect(await judge(expired)).toEqual(['unknown-authority', 'expired']);
  });
  test('names: DNS, wildcard, and the CN only where there is no subjectAltName', async () => {
    const asLocalhost = (names: readonly string[] | null, commonName = 'test') =>
      judge(issued({ names, commonName }), {}, 'localhost');
    expect(await asLocalhost(['localhost'])).toBe('trusted');
    expect(await asLocalhost(null, 'localhost')).toBe('trusted');
    expect(await asLocalhost(['other.example'], 'localhost')).toEqual(['wrong-name']);
    expect(await asLocalhost(['127.0.0.1'], 'localhost')).toEqual(['wrong-name']);
    expect(await judge(issued({ names: null, commonName: '127.0.0.1' }))).toBe('trusted');
  });
  test('each check can be left out for one command, and only that one', async () => {
    const both = { names: ['other.example'] };
    expect(await judge(issued(both), { skipNameCheck: true })).toBe('trusted');
    expect(await judge(makeCertificate(both), { skipNameCheck: true })).toEqual(['unknown-authority']);
    expect(await judge(makeCertificate(both), { skipAuthorityCheck: true })).toEqual(['wrong-name']);
    expect(
      await judge(makeCertificate({ ...both, validTo: -0.5 }), { skipNameCheck: true, skipAuthorityCheck: true }),
    ).toEqual(['expired']);
  });
});

describe('by pin', () => {
  test('the pinned certificate is accepted, whatever else speaks against it', async () => {
    const certificate = makeCertificate({ names: ['other.example'], validFrom: -30, validTo: -1 });
    const { port } = await tlsServer(certificate);
    const pin = await pinOf(port);
    expect(await judge(certificate, { pin })).toBe('trusted');
    expect(await judge(certificate, { pin: pin.toLowerCase().replace(/(..)(?!$)/g, '$1:') })).toBe('trusted');
  });
  test('another one is a hard stop, even from a trusted authority', async () => {
    const good = makeCertificate({ issuer: authority });
    const pin = 'AB'.repeat(32);
    expect(await judge(good, { pin })).toEqual(['pin-changed']);
    expect(await judge(good, { pin, skipAuthorityCheck: true, skipNameCheck: true })).toEqual(['pin-changed']);
  });
});

test('what is shown of a certificate', async () => {
  const leaf = makeCertificate({ issuer: authority, commonName: 'server1', names: ['server1.example', '127.0.0.1'] });
  const { port, requests } = await tlsServer(leaf);
  const { chain, failures, protocol } = await inspectCertificate('127.0.0.1', port, { timeoutMs: 5000 });
  expect(failures).toEqual([]);
  expect(protocol).toBe('TLSv1.3');
  expect(chain).toHaveLength(2);
  expect(chain[0]).toMatchObject({
    subject: 'CN=server1',
    issuer: 'CN=Test Authority',
    names: ['server1.example', '127.0.0.1'],
    selfSigned: false,
  });
  expect(chain[0]!.sha256).toMatch(/^[0-9A-F]{64}$/);
  expect(chain[0]!.sha1).toMatch(/^[0-9A-F]{40}$/);
  expect(chain[0]!.validTo.getTime()).toBeGreaterThan(Date.now());
  expect(chain[1]).toMatchObject({ subject: 'CN=Test Authority', selfSigned: true, names: ['Test Authority'] });
  expect(requests).toHaveLength(0);
});

describe('handshakes that fail', () => {
  test('plain HTTP on a TLS port', async () => {
    const server = createServer((socket) =>
      socket.on('error', () => {}).once('data', () => socket.end('HTTP/1.1 400 Bad\r\n\r\n')),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => server.close());
    const { port } = server.address() as { port: number };
    await expect(inspectCertificate('127.0.0.1', port, { timeoutMs: 5000 })).rejects.toMatchObject({
      name: 'TransportError',
      reason: 'tls',
    });
  });
  test('TLS 1.1 is not spoken', async () => {
    const { port } = await tlsServer(makeCertificate({ issuer: authority, algorithm: 'rsa-sha256' }), {
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    await expect(inspectCertificate('127.0.0.1', port, { timeoutMs: 5000 })).rejects.toMatchObject({ reason: 'tls' });
  });
  test('a handshake that never ends, and one that is cancelled', async () => {
    const server = createServer((socket) => socket.on('error', () => {}).resume());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => server.close());
    const { port } = server.address() as { port: number };
    await expect(inspectCertificate('127.0.0.1', port, { timeoutMs: 200 })).rejects.toMatchObject({
      reason: 'connect-timeout',
    });
    const abort = new AbortController();
    const cancelled = inspectCertificate('127.0.0.1', port, { timeoutMs: 5000, signal: abort.signal });
    abort.abort();
    await expect(cancelled).rejects.toMatchObject({ name: 'CancelledError' });
  });
});

describe('NTLM inside TLS', () => {
  function connect(port: number, tls: Partial<TlsTrust>, changes: Partial<Target> = {}) {
    const connections = createConnectionPool(
      {
        host: '127.0.0.1',
        port,
        transport: 'https',
        path: '/wsman',
        authentication: 'negotiate',
        userName: 'admin',
        password: async () => 'Secret-4711',
        trusted: false,
        allowClearText: false,
        tls: { ...NO_TRUST, ...tls },
        ...changes,
      },
      { maxConnections: 2, connectTimeoutMs: 5000 },
    );
    closing.push(() => connections.close());
    return connections;
  }
  const request = (body: string, changesTarget = false) => ({
    body,
    action: 'x',
    anonymous: false,
    changesTarget,
    timeoutMs: 5000,
    progress: { bodySent: false },
  });

  test.each(['rsa-sha256', 'rsa-sha384', 'rsa-sha512', 'pss-sha256', 'ecdsa-sha256', 'ecdsa-sha384'] as const)(
    'with the channel binding that a strict target demands (%s)',
    async (algorithm) => {
      const certificate = makeCertificate({ algorithm });
      const server = await startNegotiateServer({
        tls: { ...certificate, requireBinding: true },
        takesRidingBody: true,
      });
      closing.push(server.close);
      const connections = connect(server.port, { pin: await pinOf(server.port) });
      const first = await connections.exchange(request('<one/>'));
      expect(Buffer.from(first.body).toString()).toBe('<echo><one/></echo>');
      expect(first).toMatchObject({ sealed: false, trustworthy: true, roundTrips: 2, mechanism: 'NTLM' });
      expect(connections.security()).toMatchObject({
        mechanism: 'NTLM',
        protection: 'TLS 1.3',
        tlsProtocol: 'TLSv1.3',
      });
      expect(connections.security()!.peerCertificate!.sha256).toBe(await pinOf(server.port));
    },
  );

  test('a binding to another certificate (a man in the middle) is refused', async () => {
    const certificate = makeCertificate();
    const other = makeCertificate();
    const server = await startNegotiateServer({ tls: { ...certificate, der: other.der }, takesRidingBody: true });
    closing.push(server.close);
    await expect(
      connect(server.port, { pin: await pinOf(server.port) }).exchange(request('<x/>')),
    ).rejects.toMatchObject({
      reason: 'rejected',
    });
  });

  test('a body that does not ride, and 401 in mid-session, also for a change: inside TLS the refusal is believed', async () => {
    let refuse = false;
    const server = await startNegotiateServer({
      tls: makeCertificate(),
      onSoap(_soap, { socket }) {
        if (!refuse) return false;
        refuse = false;
        socket.write(reply('401 ', ['WWW-Authenticate: Negotiate']));
        return true;
      },
    });
    closing.push(server.close);
    const connections = connect(server.port, { pin: await pinOf(server.port) });
    await connections.exchange(request('<one/>'));
    refuse = true;
    const result = await connections.exchange(request('<stop/>', true));
    expect(Buffer.from(result.body).toString()).toBe('<echo><stop/></echo>');
    expect(server.executed).toEqual(['<one/>', '<stop/>', '<stop/>']);
  });

  test('no credential and no HTTP byte goes to a target whose certificate is refused', async () => {
    const server = await startNegotiateServer({ tls: makeCertificate() });
    closing.push(server.close);
    let asked = 0;
    const password = async () => {
      asked++;
      return 'x';
    };
    const sending = request('<x/>');
    const error = await connect(server.port, {}, { password })
      .exchange(sending)
      .catch((cause) => cause);
    expect(error).toBeInstanceOf(CertificateError);
    expect(error).toMatchObject({ reason: 'certificate', failures: ['unknown-authority'], pinned: null });
    expect(error.chain[0].subject).toBe('CN=test');
    expect(server.requests).toHaveLength(0);
    expect(sending.progress.bodySent).toBe(false);
    expect(asked).toBeLessThanOrEqual(1);
  });

  test('every connection shows its certificate: sessions are not resumed', async () => {
    const certificate = makeCertificate();
    const server = await startNegotiateServer({ tls: certificate, takesRidingBody: true });
    closing.push(server.close);
    const pin = await pinOf(server.port);
    for (let i = 0; i < 2; i++) {
      const connections = connect(server.port, { pin });
      await connections.exchange(request('<x/>'));
      expect(
        [...server.sockets].map(
          (socket) => 'isSessionReused' in socket && (socket as { isSessionReused(): boolean }).isSessionReused(),
        ),
      ).not.toContain(true);
      connections.close();
    }
  });
});
