/** Showing a client certificate: when, to whom, and what a refusal becomes. Real TLS on loopback. */
import { constants } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { createServer, type SecureVersion, setDefaultCACertificates, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readClientCertificate, type UsableClientCertificate } from '../auth/client-certificate.ts';
import { makeCertificate, type TestCertificate } from '../auth/test-certificates.ts';
import { AuthenticationError, CertificateError, type WSManError } from '../errors.ts';
import type { TlsTrust } from '../target.ts';
import { type OpenedSocket, openSocket } from './open-socket.ts';

const NO_TRUST: TlsTrust = { pin: null, skipNameCheck: false, skipAuthorityCheck: false };
const PASSPHRASE = 'Pass-phrase-4711';
const fixture = (name: string) =>
  readFileSync(new URL(`../auth/fixtures/client-certificates/${name}`, import.meta.url));

let authority: TestCertificate;
let trusted: TestCertificate;
let alice: UsableClientCertificate;
/** The same person from a PFX file, which holds its authority as well. */
let aliceFromPfx: UsableClientCertificate;
beforeAll(() => {
  authority = makeCertificate({ commonName: 'Test Authority', names: null, isAuthority: true });
  setDefaultCACertificates([authority.cert]);
  trusted = makeCertificate({ issuer: authority });
  const own = makeCertificate({ commonName: 'alice', names: null, issuer: authority });
  alice = readClientCertificate({ format: 'pem', certificates: own.cert, key: own.key, passphrase: null });
  aliceFromPfx = readClientCertificate({ format: 'pfx', bytes: fixture('ec.pfx'), passphrase: PASSPHRASE });
});
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

interface Seen {
  /** CN of the client certificate of each handshake that the server has seen whole; null: it was shown none. */
  readonly subjects: (string | null)[];
  readonly failures: string[];
}

interface ServerOptions {
  /** Ask in the first handshake; refuse a handshake without an answer that is trusted; ask only once a request has come. */
  readonly asks: 'never' | 'at-once' | 'strictly' | 'later';
  readonly maxVersion?: SecureVersion;
  readonly minVersion?: SecureVersion;
  readonly clientAuthority?: string;
}

/** Answers each line with whom it comes from. */
async function startServer(certificate: TestCertificate, options: ServerOptions) {
  const seen: Seen = { subjects: [], failures: [] };
  const sockets = new Set<TLSSocket>();
  const nameOf = (socket: TLSSocket) => (socket.getPeerCertificate()?.subject?.CN as string | undefined) ?? null;
  const server = createServer(
    {
      key: certificate.key,
      cert: certificate.cert,
      ca: [options.clientAuthority ?? authority.cert],
      requestCert: options.asks === 'at-once' || options.asks === 'strictly',
      rejectUnauthorized: options.asks === 'strictly',
      minVersion: options.minVersion ?? 'TLSv1.2',
      maxVersion: options.maxVersion ?? 'TLSv1.3',
      // OpenSSL would take the session up again, and not ask; Windows starts anew.
      secureOptions: constants.SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION,
    },
    (socket) => {
      sockets.add(socket);
      seen.subjects.push(nameOf(socket));
      socket.on('error', () => {});
      let length = 0;
      socket.on('data', (chunk) => {
        length += chunk.length;
        if (!chunk.toString().endsWith('\n')) return;
        if (options.asks !== 'later') {
          socket.write(length > 1000 ? `${'y'.repeat(length)}\n` : `${nameOf(socket)}\n`);
          return;
        }
        // As HTTP.sys does it: the request waits until the certificate is there.
        socket.renegotiate({ requestCert: true, rejectUnauthorized: false }, (error) => {
          socket.write(`${error ? error.message : nameOf(socket)} by renegotiation\n`);
        });
      });
    },
  );
  server.on('tlsClientError', (error) => seen.failures.push((error as NodeJS.ErrnoException).code ?? error.message));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, seen };
}

async function open(port: number, clientCertificate: UsableClientCertificate | null, trust: Partial<TlsTrust> = {}) {
  const opened = await openSocket({
    host: '127.0.0.1',
    port,
    tls: { ...NO_TRUST, ...trust },
    clientCertificate,
    timeoutMs: 5000,
  });
  opened.socket.on('error', () => {});
  closing.push(() => opened.socket.destroy());
  return opened;
}

const failing = (
  port: number,
  client: UsableClientCertificate | null,
  trust: Partial<TlsTrust> = {},
): Promise<WSManError> =>
  open(port, client, trust).then(
    () => {
      throw new Error('It was opened.');
    },
    (error) => error,
  );

/** One line there, one line back. */
function ask({ socket }: OpenedSocket, line = 'who am I'): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    socket.on('data', (chunk: Buffer) => {
      answer += chunk;
      if (answer.endsWith('\n')) resolve(answer.trim());
    });
    socket.once('error', reject).once('close', () => reject(new Error(`closed after "${answer}"`)));
    socket.write(`${line}\n`);
  });
}

describe('to a target that is trusted', () => {
  test.each(['TLSv1.2', 'TLSv1.3'] as const)('asked in the first handshake, server up to %s', async (maxVersion) => {
    const { port, seen } = await startServer(trusted, { asks: 'at-once', maxVersion });
    const opened = await open(port, alice);
    // Never higher: see tls-trust.ts.
    expect(opened.tlsProtocol).toBe('TLSv1.2');
    expect(opened.peerCertificate?.subject).toBe('CN=test');
    expect(opened.leaf).toEqual(Buffer.from(trusted.der));
    expect(await ask(opened)).toBe('alice');
    expect(seen.subjects).toEqual(['alice']);
  });
  test('asked by renegotiation, once the request is there: as Windows does', async () => {
    const { port, seen } = await startServer(trusted, { asks: 'later', maxVersion: 'TLSv1.2' });
    const opened = await open(port, alice);
    expect(await ask(opened)).toBe('alice by renegotiation');
    // The handshake before did not give it away.
    expect(seen.subjects).toEqual([null]);
  });
  test('never asked: never shown, and the connection works', async () => {
    const { port, seen } = await startServer(trusted, { asks: 'never' });
    expect(await ask(await open(port, alice))).toBe('null');
    expect(seen.subjects).toEqual([null]);
  });
  test('demanded', async () => {
    const { port } = await startServer(trusted, { asks: 'strictly' });
    expect(await ask(await open(port, alice))).toBe('alice');
  });
  test('without a certificate of our own TLS 1.3 is spoken as ever', async () => {
    const { port } = await startServer(trusted, { asks: 'at-once' });
    const opened = await open(port, null);
    expect(opened.tlsProtocol).toBe('TLSv1.3');
    expect(await ask(opened)).toBe('null');
  });
  test('large messages pass through the gate both ways', async () => {
    const { port } = await startServer(trusted, { asks: 'at-once' });
    const opened = await open(port, alice);
    expect(await ask(opened, 'x'.repeat(2_000_000))).toBe('y'.repeat(2_000_001));
  });
  test('a pin is enough', async () => {
    const unknown = makeCertificate({ names: ['other.example'] });
    const { port, seen } = await startServer(unknown, { asks: 'at-once' });
    const pin = ((await failing(port, null)) as CertificateError).chain[0]!.sha256;
    expect(await ask(await open(port, alice, { pin }))).toBe('alice');
    expect(seen.subjects.at(-1)).toBe('alice');
  });
});

describe('never to a target that is not', () => {
  test.each(['at-once', 'strictly'] as const)('unknown authority (%s)', async (asks) => {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const { port, seen } = await startServer(makeCertificate(), { asks, maxVersion });
      const error = await failing(port, alice);
      expect(error).toBeInstanceOf(CertificateError);
      expect(error).toMatchObject({ failures: ['unknown-authority'], chain: [{ subject: 'CN=test' }] });
      // The server got no more than the ClientHello.
      expect(seen.subjects).toEqual([]);
    }
  });
  test.each([
    ['another name', () => makeCertificate({ issuer: authority, names: ['other.example'] }), ['wrong-name']],
    ['expired', () => makeCertificate({ issuer: authority, validFrom: -30, validTo: -1 }), ['expired']],
  ])('%s', async (_what, make, failures) => {
    const { port, seen } = await startServer(make(), { asks: 'at-once' });
    expect(await failing(port, alice)).toMatchObject({ name: 'CertificateError', failures });
    expect(seen.subjects).toEqual([]);
  });
  test('another certificate than the one that is pinned', async () => {
    const { port, seen } = await startServer(trusted, { asks: 'at-once' });
    expect(await failing(port, alice, { pin: 'AB'.repeat(32) })).toMatchObject({ failures: ['pin-changed'] });
    expect(seen.subjects).toEqual([]);
  });
  test('an authority inside the PFX file of the client vouches for nobody', async () => {
    const impostor = { key: `${fixture('server.key')}`, cert: `${fixture('server.pem')}${fixture('ca.pem')}` };
    const { port, seen } = await startServer(impostor as TestCertificate, { asks: 'at-once' });
    const error = await failing(port, aliceFromPfx);
    expect(error).toMatchObject({ name: 'CertificateError', failures: ['unknown-authority'] });
    expect(seen.subjects).toEqual([]);
    // While the target that is trusted still is, and sees the certificate out of that file.
    const good = await startServer(trusted, { asks: 'at-once' });
    expect(await ask(await open(good.port, aliceFromPfx))).toBe('alice');
  });
});

describe('what else can happen', () => {
  test.each([
    [42, 'bad certificate'],
    [43, 'unsupported certificate'],
    [44, 'certificate revoked'],
    [45, 'certificate expired'],
    [46, 'certificate unknown'],
    [48, 'unknown ca'],
    [49, 'access denied'],
  ])('alert %i: the target refuses the certificate (%s)', async (alert, words) => {
    const server = createTcpServer((socket) =>
      // TLS record of type alert, level fatal.
      socket.on('error', () => {}).once('data', () => void socket.write(Buffer.of(21, 3, 3, 0, 2, 2, alert))),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const error = await failing(port, alice);
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({
      reason: 'certificate-not-mapped',
      evidence: { mechanism: 'Certificate', text: words },
    });
    expect(error.message).toContain(words);
    // Without one of our own, nobody can mean it.
    expect(await failing(port, null)).toMatchObject({ name: 'TransportError', reason: 'tls' });
  });
  test('a target without TLS 1.2', async () => {
    const { port } = await startServer(trusted, { asks: 'at-once', minVersion: 'TLSv1.3' });
    expect(await failing(port, alice)).toMatchObject({ reason: 'tls', message: expect.stringContaining('TLS 1.2') });
  });
  test('nothing listens, nobody answers, cancelled', async () => {
    const { port } = await startServer(trusted, { asks: 'at-once' });
    closing.splice(0).forEach((close) => void close());
    expect(await failing(port, alice)).toMatchObject({ reason: 'refused' });
    const silent = createTcpServer((socket) => void socket.on('error', () => {}).resume());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    closing.push(() => void silent.close());
    const to = {
      host: '127.0.0.1',
      port: (silent.address() as AddressInfo).port,
      tls: NO_TRUST,
      clientCertificate: alice,
    };
    await expect(openSocket({ ...to, timeoutMs: 200 })).rejects.toMatchObject({ reason: 'connect-timeout' });
    const abort = new AbortController();
    const cancelled = openSocket({ ...to, timeoutMs: 5000, signal: abort.signal });
    abort.abort();
    await expect(cancelled).rejects.toMatchObject({ name: 'CancelledError' });
    await expect.poll(() => new Promise((resolve) => silent.getConnections((_error, count) => resolve(count)))).toBe(0);
  });
});
