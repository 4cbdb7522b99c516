/** Digest and client certificates on real sockets. The verifier of Digest is the lab's own. */
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { createDigestVerifier, type DigestVerifierOptions } from '../auth/digest-verifier.ts';
import { makeCertificate } from '../auth/test-certificates.ts';
import { AuthenticationError } from '../errors.ts';
import type { Target } from '../target.ts';
import { closing, PASSWORD, pool, request, SOAP, server, target, text } from './loopback-client.ts';
import { reply, type SeenRequest, startServer } from './loopback-server.ts';

describe('Digest', () => {
  const DIGEST = { authentication: 'digest', allowClearText: true, path: '/wsman?x=ü' } as const;

  /** Executes whatever is signed for. `answers` may add to what a 401 or an answer says. */
  async function digestServer(
    options: Partial<DigestVerifierOptions> & {
      readonly closesAfter401?: boolean;
      readonly isStale?: (attempt: number) => boolean;
      /** It does not say `stale`. */
      readonly isSilent?: boolean;
      readonly rspauth?: (info: string) => string;
    } = {},
  ) {
    const verifier = createDigestVerifier({
      realm: 'iDRAC "1"',
      algorithms: ['SHA-256', 'MD5'],
      users: () => new Map([['admin', PASSWORD]]),
      ...options,
    });
    const executed: string[] = [];
    let attempts = 0;
    const answer = (seen: SeenRequest) => {
      const authorization = seen.header('authorization');
      const uri = /^POST (\S+) /.exec(seen.head)![1]!;
      const verdict = authorization ? verifier.verify(authorization, { method: 'POST', uri }) : null;
      const isStale = verdict?.ok === true && options.isStale?.(++attempts) === true;
      if (verdict?.ok && !isStale) {
        executed.push(seen.body.toString());
        const info = options.rspauth?.(verdict.authenticationInfo) ?? verdict.authenticationInfo;
        seen.socket.write(reply('200 OK', [`Content-Type: ${SOAP}`, `Authentication-Info: ${info}`], '<ok/>'));
        return;
      }
      const stale = !options.isSilent && (isStale || (verdict?.ok === false && verdict.stale));
      const headers = verifier.challenges(stale).map((value) => `WWW-Authenticate: ${value}`);
      if (!options.closesAfter401) seen.socket.write(reply('401 Unauthorized', headers));
      else seen.socket.end(reply('401 Unauthorized', [...headers, 'Connection: close']));
    };
    return { ...(await server(answer)), executed };
  }

  test('asks for the challenge with an empty request, once; afterwards the count goes up', async () => {
    const { port, requests, executed } = await digestServer();
    const connections = pool(target(port, DIGEST));
    const first = await connections.exchange(request('<stop/>', { changesTarget: true }));
    expect(first).toMatchObject({ status: 200, mechanism: 'Digest', sealed: false, trustworthy: true, roundTrips: 2 });
    expect((await connections.exchange(request('<two/>'))).roundTrips).toBe(1);
    expect(executed).toEqual(['<stop/>', '<two/>']);
    expect(requests.map(({ body }) => body.length > 0)).toEqual([false, true, true]);
    const [none, one, two] = requests.map((seen) => seen.header('authorization'));
    expect(none).toBeUndefined();
    expect(one).toMatch(/^Digest .*algorithm=SHA-256.*nc=00000001/);
    expect(two).toMatch(/nc=00000002/);
    expect(one).toContain('uri="/wsman?x=%C3%BC"');
    expect(connections.security()).toMatchObject({ mechanism: 'Digest', cipher: null, protection: null, spn: null });
  });

  test('a nonce that has become stale is replaced without asking anybody', async () => {
    let asked = 0;
    const { port, executed, requests } = await digestServer({ isStale: (attempt) => attempt === 2 });
    const password = async () => {
      asked++;
      return PASSWORD;
    };
    const connections = pool(target(port, { ...DIGEST, password }));
    await connections.exchange(request('<one/>'));
    await connections.exchange(request('<two/>'));
    expect(executed).toEqual(['<one/>', '<two/>']);
    expect([requests.length, asked]).toEqual([4, 1]);
  });

  test('a target that takes each nonce once, and does not say so', async () => {
    const { port, executed, requests } = await digestServer({
      isStale: (attempt) => attempt % 2 === 0,
      isSilent: true,
    });
    const connections = pool(target(port, DIGEST));
    for (const body of ['<1/>', '<2/>', '<3/>']) await connections.exchange(request(body));
    expect(executed).toEqual(['<1/>', '<2/>', '<3/>']);
    expect(requests).toHaveLength(6);
  });

  test('a target that closes with its challenge is answered on the next connection', async () => {
    const { port, executed, requests } = await digestServer({ closesAfter401: true });
    const result = await pool(target(port, DIGEST)).exchange(request('<one/>'));
    expect(text(result.body)).toBe('<ok/>');
    expect(executed).toEqual(['<one/>']);
    expect(requests.map(({ connection }) => connection)).toEqual([1, 2]);
  });

  test('a wrong password is rejected once, and fails whatever waits', async () => {
    const { port, requests } = await digestServer();
    const connections = pool(target(port, { ...DIGEST, password: async () => 'Recognisable-0815' }));
    const all = await Promise.allSettled([1, 2, 3].map((n) => connections.exchange(request(`<${n}/>`))));
    for (const result of all) {
      const error = result.status === 'rejected' ? result.reason : null;
      expect(error).toBeInstanceOf(AuthenticationError);
      expect(error).toMatchObject({
        reason: 'rejected',
        offered: ['Digest', 'Digest'],
        evidence: { mechanism: 'Digest' },
      });
      expect(inspect(error, { depth: null, showHidden: true })).not.toContain('Recognisable');
    }
    expect(requests).toHaveLength(2);
  });

  test('a nonce that is stale for ever is a rejection, not a loop', async () => {
    const { port, requests } = await digestServer({ isStale: () => true });
    await expect(pool(target(port, DIGEST)).exchange(request('<x/>'))).rejects.toMatchObject({ reason: 'rejected' });
    expect(requests).toHaveLength(3);
  });

  test('an answer that was not made by somebody who knows the password is refused', async () => {
    const { port } = await digestServer({ rspauth: (info) => info.replace(/rspauth="[0-9a-f]/, 'rspauth="x') });
    await expect(pool(target(port, DIGEST)).exchange(request('<x/>'))).rejects.toMatchObject({ reason: 'bad-token' });
  });

  test.each([
    ['WinRM', ['Server: Microsoft-HTTPAPI/2.0', 'WWW-Authenticate: Negotiate', 'WWW-Authenticate: Kerberos'], 'policy'],
    [
      'WinRM, were it to offer Digest',
      ['Server: Microsoft-HTTPAPI/2.0', 'WWW-Authenticate: Negotiate', 'WWW-Authenticate: Digest realm="x", nonce="y"'],
      'policy',
    ],
    ['a target without Digest', ['WWW-Authenticate: Basic realm="x"'], 'scheme-not-offered'],
    ['auth-int alone', ['WWW-Authenticate: Digest realm="x", nonce="y", qop="auth-int"'], 'scheme-not-offered'],
  ])('%s: nothing but the empty request is sent', async (_what, headers, reason) => {
    const { port, requests } = await server(({ socket }) => socket.write(reply('401 Unauthorized', headers)));
    await expect(pool(target(port, DIGEST)).exchange(request('<x/>'))).rejects.toMatchObject({
      reason,
      evidence: { mechanism: 'Digest' },
    });
    expect(requests.map((seen) => [seen.body.length, seen.header('authorization')])).toEqual([[0, undefined]]);
  });

  test('a controller that offers Digest beside Negotiate is no Windows', async () => {
    const verifier = createDigestVerifier({
      realm: 'x',
      algorithms: ['MD5'],
      users: () => new Map([['admin', PASSWORD]]),
    });
    const { port } = await server((seen) => {
      const given = seen.header('authorization');
      const isRight = given !== undefined && verifier.verify(given, { method: 'POST', uri: '/wsman' }).ok;
      const offers = [...verifier.challenges(), 'Negotiate'].map((value) => `WWW-Authenticate: ${value}`);
      seen.socket.write(isRight ? reply('200 OK', [`Content-Type: ${SOAP}`], '<ok/>') : reply('401 ', offers));
    });
    const result = await pool(target(port, { ...DIGEST, path: '/wsman' })).exchange(request('<x/>'));
    expect(text(result.body)).toBe('<ok/>');
  });
});

describe('client certificate', () => {
  const CERTIFICATE = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual';
  const own = makeCertificate({ commonName: 'admin', validTo: 20 });

  async function certificateServer(answer: (seen: SeenRequest) => void) {
    const { key, cert } = makeCertificate();
    const started = await startServer(answer, { key, cert, requestCert: true, rejectUnauthorized: false });
    closing.push(started.close);
    return started;
  }
  const to = (port: number, changes: Partial<Target> = {}) =>
    target(port, {
      transport: 'https',
      authentication: 'certificate',
      userName: null,
      clientCertificate: async () => ({ format: 'pem', certificates: own.cert, key: own.key, passphrase: null }),
      tls: { pin: null, skipNameCheck: true, skipAuthorityCheck: true },
      ...changes,
    });
  const shownTo = ({ socket }: SeenRequest) =>
    (socket as unknown as { getPeerCertificate(): { subject?: { CN?: string } } }).getPeerCertificate().subject?.CN ??
    null;

  test('is shown in TLS, and its scheme goes with every request', async () => {
    const { port, requests } = await certificateServer((seen) =>
      seen.socket.write(reply('200 OK', [`Content-Type: ${SOAP}`], `<${shownTo(seen)}/>`)),
    );
    const connections = pool(to(port));
    for (const body of ['<one/>', '<two/>']) {
      const result = await connections.exchange(request(body, { changesTarget: true }));
      expect([text(result.body), result.roundTrips, result.mechanism]).toEqual(['<admin/>', 1, 'Certificate']);
    }
    expect(requests.map((seen) => seen.header('authorization'))).toEqual([CERTIFICATE, CERTIFICATE]);
    expect(connections.security()).toMatchObject({
      mechanism: 'Certificate',
      cipher: null,
      clientCertificate: { subject: 'CN=admin', validTo: expect.any(Date) },
      protection: 'TLS 1.2',
      tlsProtocol: 'TLSv1.2',
    });
  });

  test('anonymous Identify shows none, and its socket is not used for what needs one', async () => {
    const { port, requests } = await certificateServer((seen) =>
      seen.socket.write(reply('200 OK', [`Content-Type: ${SOAP}`], `<${shownTo(seen)}/>`)),
    );
    const connections = pool(to(port), { maxConnections: 1 });
    expect(text((await connections.exchange(request('<id/>', { anonymous: true }))).body)).toBe('<null/>');
    expect(text((await connections.exchange(request('<get/>'))).body)).toBe('<admin/>');
    expect(requests.map((seen) => [seen.connection, seen.header('authorization')])).toEqual([
      [1, undefined],
      [2, CERTIFICATE],
    ]);
  });

  test.each(['401 Unauthorized', '403 Forbidden'])('%s: it is mapped to no account', async (status) => {
    const { port } = await certificateServer(({ socket }) => socket.write(reply(status)));
    await expect(pool(to(port)).exchange(request('<x/>'))).rejects.toMatchObject({
      name: 'AuthenticationError',
      reason: 'certificate-not-mapped',
      evidence: { mechanism: 'Certificate' },
    });
  });

  test('one that cannot be used, or is not there, is known before a socket is opened', async () => {
    const { port, sockets, requests } = await certificateServer(() => {});
    const expired = makeCertificate({ validFrom: -9, validTo: -2 });
    const unusable = async () =>
      ({ format: 'pem', certificates: expired.cert, key: expired.key, passphrase: null }) as const;
    await expect(pool(to(port, { clientCertificate: unusable })).exchange(request('<x/>'))).rejects.toMatchObject({
      reason: 'certificate-unusable',
    });
    await expect(
      pool(to(port, { clientCertificate: async () => null })).exchange(request('<x/>')),
    ).rejects.toMatchObject({
      reason: 'no-credential',
    });
    await expect(pool(to(port, { transport: 'http' })).exchange(request('<x/>'))).rejects.toMatchObject({
      reason: 'policy',
    });
    expect([sockets.size, requests.length]).toEqual([0, 0]);
  });
});
