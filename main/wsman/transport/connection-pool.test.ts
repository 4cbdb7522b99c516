import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { AuthenticationError, CancelledError, ProtocolError, TransportError } from '../errors.ts';
import type { Target } from '../target.ts';
import { type ConnectionPool, createConnectionPool, type PoolOptions, type WireRequest } from './connection-pool.ts';
import { requestHeadStart } from './http-message.ts';
import {
  type LoopbackServer,
  type NtlmServerOptions,
  reply,
  type SeenRequest,
  sealedReply,
  startNtlmServer,
  startServer,
} from './loopback-server.ts';

const PASSWORD = 'Secret-4711';
const SOAP = 'application/soap+xml;charset=UTF-8';
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function target(port: number, changes: Partial<Target> = {}): Target {
  return {
    host: '127.0.0.1',
    port,
    transport: 'http',
    path: '/wsman',
    authentication: 'negotiate',
    userName: 'admin',
    password: async () => PASSWORD,
    trusted: false,
    allowClearText: false,
    tls: { pin: null, skipNameCheck: false, skipAuthorityCheck: false },
    ...changes,
  };
}

function request(body: string, changes: Partial<WireRequest> = {}): WireRequest {
  return {
    body,
    action: 'http://schemas.xmlsoap.org/ws/2004/09/transfer/Get',
    anonymous: false,
    changesTarget: false,
    timeoutMs: 5000,
    progress: { bodySent: false },
    ...changes,
  };
}

function pool(to: Target, options: Partial<PoolOptions> = {}): ConnectionPool {
  const created = createConnectionPool(to, { maxConnections: 2, connectTimeoutMs: 3000, ...options });
  closing.push(() => created.close());
  return created;
}

async function ntlmServer(options: NtlmServerOptions = {}) {
  const server = await startNtlmServer(options);
  closing.push(server.close);
  return server;
}

async function server(answer: (request: SeenRequest) => void): Promise<LoopbackServer> {
  const started = await startServer(answer);
  closing.push(started.close);
  return started;
}

const text = (body: Uint8Array) => Buffer.from(body).toString();

describe('NTLM over plain HTTP', () => {
  test('two round trips to the first answer where the body may ride, one after that', async () => {
    const { port, requests } = await ntlmServer({ takesRidingBody: true });
    const connections = pool(target(port));
    const first = await connections.exchange(request('<one/>'));
    expect(text(first.body)).toBe('<echo><one/></echo>');
    expect(first).toMatchObject({ status: 200, sealed: true, trustworthy: true, mechanism: 'NTLM', roundTrips: 2 });
    expect(first.contentType).toBe(SOAP);
    const second = await connections.exchange(request('<two/>'));
    expect(text(second.body)).toBe('<echo><two/></echo>');
    expect(second.roundTrips).toBe(1);
    expect(connections.security()).toMatchObject({ mechanism: 'NTLM', protection: 'RC4-128', tlsProtocol: null });

    // The first token goes out unasked and alone; afterwards no request carries Authorization; SOAP is never in the clear.
    expect(requests.map(({ body }) => body.length > 0)).toEqual([false, true, true]);
    expect(requests.map((seen) => seen.header('authorization')?.slice(0, 17))).toEqual([
      'Negotiate TlRMTVN',
      'Negotiate TlRMTVN',
      undefined,
    ]);
    for (const seen of requests) {
      expect(seen.body.includes('<one/>')).toBe(false);
      expect(seen.head).toContain('POST /wsman HTTP/1.1\r\n');
      expect(seen.header('host')).toBe(`127.0.0.1:${port}`);
      expect(seen.header('content-length')).toBe(String(seen.body.length));
      expect(seen.head).not.toMatch(/transfer-encoding|expect:/i);
    }
  });

  test('a target that drops the riding body gets it separately, once learnt without another try', async () => {
    const { port, executed, requests } = await ntlmServer({ takesRidingBody: false });
    const connections = pool(target(port));
    expect(text((await connections.exchange(request('<one/>'))).body)).toBe('<echo><one/></echo>');
    expect(executed).toEqual(['<one/>']);
    const before = requests.length;
    connections.setMaxConnections(2);
    const both = await Promise.all([connections.exchange(request('<a/>')), connections.exchange(request('<b/>'))]);
    expect(both.map(({ body }) => text(body)).sort()).toEqual(['<echo><a/></echo>', '<echo><b/></echo>']);
    // One on the warm connection, three legs on the new one.
    expect(requests.length - before).toBe(4);
  });

  test('a request that changes the target never rides before that is known to work', async () => {
    const { port, requests, executed } = await ntlmServer({ takesRidingBody: false });
    const result = await pool(target(port)).exchange(request('<stop/>', { changesTarget: true }));
    expect(result.roundTrips).toBe(3);
    expect(executed).toEqual(['<stop/>']);
    expect(requests.map(({ body }) => body.length > 0)).toEqual([false, false, true]);
  });

  test.each(['raw', 'spnego'] as const)('a long conversation stays in step (%s)', async (negotiateForm) => {
    const { port } = await ntlmServer({ takesRidingBody: true });
    const connections = pool(target(port), { negotiateForm, maxConnections: 1 });
    for (let i = 0; i < 20; i++) {
      const body = `<n>${'ü'.repeat(i * 150)}</n>`;
      expect(text((await connections.exchange(request(body))).body)).toBe(`<echo>${body}</echo>`);
    }
  });

  test('SPNEGO is taken up where raw NTLM is refused, and remembered', async () => {
    const { port, requests } = await ntlmServer({ onlySpnego: true });
    const connections = pool(target(port));
    const result = await connections.exchange(request('<stop/>', { changesTarget: true }));
    expect(text(result.body)).toBe('<echo><stop/></echo>');
    const raw = requests.filter((seen) => seen.header('authorization')?.startsWith('Negotiate TlRMTVN'));
    expect(raw).toHaveLength(1);
  });

  test('a wrong password is rejected once, and fails whatever waits', async () => {
    const { port, requests } = await ntlmServer();
    let asked = 0;
    const connections = pool(
      target(port, {
        password: async () => {
          asked++;
          return 'Recognisable-0815';
        },
      }),
    );
    const all = await Promise.allSettled([1, 2, 3, 4].map((n) => connections.exchange(request(`<n${n}/>`))));
    for (const result of all) {
      const error = result.status === 'rejected' ? result.reason : null;
      expect(error).toBeInstanceOf(AuthenticationError);
      expect(error).toMatchObject({ reason: 'rejected', leg: 2, offered: ['Negotiate'] });
      expect(inspect(error, { depth: null, showHidden: true })).not.toContain('Recognisable');
    }
    expect(asked).toBe(1);
    expect(requests).toHaveLength(2);
  });

  test.each([
    ['raw', 'HTTP/1.1 200 Success\r\n'],
    ['spnego', 'HTTP/1.1 200 Success\r\n'],
  ] as const)(
    'OMI: an authentication leg answered with neither length nor body (%s)',
    async (negotiateForm, status) => {
      const { port, requests } = await ntlmServer({
        onAuthenticated: (headers) =>
          Buffer.from(`${status}${headers.map((line) => `${line}\r\n`).join('')}\r\n`, 'latin1'),
      });
      const result = await pool(target(port), { negotiateForm }).exchange(request('<x/>', { changesTarget: true }));
      expect(text(result.body)).toBe('<echo><x/></echo>');
      expect(requests.map(({ connection }) => connection)).toEqual([1, 1, 1]);
    },
  );

  test('a target that falls silent over a riding body is not tried that way again', async () => {
    const { port, requests } = await ntlmServer({
      takesRidingBody: true,
      onSoap: (_soap, seen) => seen.header('authorization') !== undefined,
    });
    const connections = pool(target(port));
    await expect(connections.exchange(request('<one/>', { timeoutMs: 300 }))).rejects.toMatchObject({
      reason: 'response-timeout',
    });
    expect(text((await connections.exchange(request('<one/>'))).body)).toBe('<echo><one/></echo>');
    expect(requests.map(({ body }) => body.length > 0)).toEqual([false, true, false, false, true]);
  });

  test('a proxy that closes between the legs', async () => {
    const { port } = await server(
      ({ socket }) =>
        void socket.write(
          reply('401 ', [
            `WWW-Authenticate: Negotiate ${Buffer.from('NTLMSSP\0').toString('base64')}`,
            'Connection: close',
          ]),
        ),
    );
    await expect(pool(target(port)).exchange(request('<x/>'))).rejects.toMatchObject({
      reason: 'http',
      httpStatus: 401,
    });
  });

  test('401 in mid-session: a read is asked again on a fresh connection', async () => {
    let refuse = false;
    const { port, executed } = await ntlmServer({
      onSoap(_soap, { socket }) {
        if (!refuse) return false;
        refuse = false;
        socket.write(reply('401 ', ['WWW-Authenticate: Negotiate']));
        return true;
      },
    });
    const connections = pool(target(port));
    await connections.exchange(request('<one/>'));
    refuse = true;
    expect(text((await connections.exchange(request('<two/>'))).body)).toBe('<echo><two/></echo>');
    expect(executed).toEqual(['<one/>', '<two/>', '<two/>']);
  });

  test('401 in mid-session: a change is not sent twice on the word of clear text', async () => {
    const { port, executed } = await ntlmServer({
      onSoap(soap, { socket }) {
        if (soap !== '<stop/>') return false;
        socket.write(reply('401 ', ['WWW-Authenticate: Negotiate']));
        return true;
      },
    });
    const connections = pool(target(port));
    await connections.exchange(request('<one/>'));
    const result = await connections.exchange(request('<stop/>', { changesTarget: true }));
    expect(result).toMatchObject({ status: 401, trustworthy: false, sealed: false });
    expect(executed).toEqual(['<one/>', '<stop/>']);
    expect((await connections.exchange(request('<after/>'))).status).toBe(200);
  });

  test.each(['200 OK', '500 Internal Server Error'])(
    'an unsealed %s in a sealed session is never handed up',
    async (status) => {
      const { port, requests } = await ntlmServer({
        takesRidingBody: true,
        onSoap(soap, { socket }) {
          if (soap !== '<two/>') return false;
          socket.write(reply(status, [`Content-Type: ${SOAP}`], '<forged/>'));
          return true;
        },
      });
      const connections = pool(target(port));
      await connections.exchange(request('<one/>'));
      const result = await connections.exchange(request('<two/>'));
      expect(result).toMatchObject({
        status: Number(status.slice(0, 3)),
        trustworthy: false,
        sealed: false,
        contentType: '',
      });
      expect(result.body).toHaveLength(0);
      await connections.exchange(request('<three/>'));
      expect(requests.at(-1)?.connection).toBe(2);
    },
  );

  test('a wrong signature is a ProtocolError, and its connection is gone', async () => {
    const { port, requests } = await ntlmServer({
      takesRidingBody: true,
      onSoap(soap, { socket }, context) {
        if (soap !== '<two/>') return false;
        const message = sealedReply(context, '<fine/>');
        const at = message.length - 30;
        message[at] = message[at]! ^ 1;
        socket.write(message);
        return true;
      },
    });
    const connections = pool(target(port));
    await connections.exchange(request('<one/>'));
    await expect(connections.exchange(request('<two/>'))).rejects.toBeInstanceOf(ProtocolError);
    await connections.exchange(request('<three/>'));
    expect(requests.at(-1)?.connection).toBe(2);
  });

  test('a sealed fault keeps its status, also on a connection that the target closes with it', async () => {
    const { port } = await ntlmServer({
      onSoap(_soap, { socket }, context) {
        socket.end(sealedReply(context, '<fault/>', '500 Internal Server Error', ['Connection: close']));
        return true;
      },
    });
    const result = await pool(target(port)).exchange(request('<x/>', { changesTarget: true }));
    expect(result).toMatchObject({ status: 500, sealed: true, trustworthy: true });
    expect(text(result.body)).toBe('<fault/>');
  });
});

describe('rules before the first byte', () => {
  test.each([
    ['NTLM over HTTP to an unmarked machine', { host: '192.0.2.1' }, 'not-trusted'],
    ['Basic over HTTP', { authentication: 'basic' as const }, 'clear-text-refused'],
    ['no user name', { userName: null }, 'no-credential'],
    ['no password', { password: async () => null }, 'no-credential'],
    ['no authentication', { authentication: 'none' as const }, 'no-credential'],
  ])('%s is refused', async (_what, changes, reason) => {
    const { port, requests } = await ntlmServer();
    const sending = request('<x/>');
    await expect(pool(target(port, changes)).exchange(sending)).rejects.toMatchObject({
      name: 'AuthenticationError',
      reason,
    });
    expect(requests).toHaveLength(0);
    expect(sending.progress.bodySent).toBe(false);
  });

  test('anonymous Identify needs none of it and carries no credential', async () => {
    const { port, requests } = await server(({ socket }) =>
      socket.write(reply('200 OK', [`Content-Type: ${SOAP}`], '<id/>')),
    );
    const connections = pool(target(port, { authentication: 'none', userName: null }));
    const result = await connections.exchange(request('<identify/>', { anonymous: true }));
    expect(text(result.body)).toBe('<id/>');
    expect(result).toMatchObject({ sealed: false, trustworthy: true, mechanism: null, roundTrips: 1 });
    expect(requests[0]?.header('wsmanidentify')).toBe('unauthenticated');
    expect(requests[0]?.header('authorization')).toBeUndefined();
  });

  test('anonymous Identify never goes over a connection that has authenticated', async () => {
    const { port, requests } = await ntlmServer({ takesRidingBody: true });
    const connections = pool(target(port), { maxConnections: 1 });
    await connections.exchange(request('<one/>'));
    const refused = await connections.exchange(request('<identify/>', { anonymous: true }));
    expect(refused).toMatchObject({ status: 401, mechanism: null });
    expect(requests.at(-1)?.connection).toBe(2);
    expect(requests.at(-1)?.body.toString()).toBe('<identify/>');
  });

  test('Basic where clear text is allowed', async () => {
    const { port, requests } = await server(({ socket }) =>
      socket.write(reply('200 OK', [`Content-Type: ${SOAP}`], '<ok/>')),
    );
    const connections = pool(target(port, { authentication: 'basic', allowClearText: true, userName: 'jörg' }));
    await connections.exchange(request('<a/>'));
    const result = await connections.exchange(request('<b/>'));
    expect(result).toMatchObject({ mechanism: 'Basic', sealed: false, trustworthy: true, roundTrips: 1 });
    const expected = `Basic ${Buffer.from(`jörg:${PASSWORD}`).toString('base64')}`;
    expect(requests.map((seen) => seen.header('authorization'))).toEqual([expected, expected]);
    expect(connections.security()).toMatchObject({ mechanism: 'Basic', protection: null });
  });

  test('a Basic password that is refused, and a target without Basic', async () => {
    let offer = 'WWW-Authenticate: Basic realm="WSMAN"';
    const { port } = await server(({ socket }) => socket.write(reply('401 Unauthorized', [offer])));
    const to = target(port, { authentication: 'basic', allowClearText: true });
    await expect(pool(to).exchange(request('<a/>'))).rejects.toMatchObject({ reason: 'rejected', offered: ['Basic'] });
    offer = 'WWW-Authenticate: Negotiate, Kerberos';
    await expect(pool(to).exchange(request('<a/>'))).rejects.toMatchObject({
      reason: 'scheme-not-offered',
      offered: ['Negotiate', 'Kerberos'],
    });
  });

  test('a target without Negotiate', async () => {
    const { port } = await server(({ socket }) =>
      socket.write(reply('401 Unauthorized', ['WWW-Authenticate: Basic realm="x"'])),
    );
    await expect(pool(target(port)).exchange(request('<a/>'))).rejects.toMatchObject({
      reason: 'scheme-not-offered',
      offered: ['Basic'],
      leg: 1,
    });
  });
});

describe('dialects and misdeeds', () => {
  const basic = (port: number) => target(port, { authentication: 'basic', allowClearText: true });
  const once = async (bytes: string, end = false, timeoutMs = 5000) => {
    const { port } = await server(({ socket }) => {
      socket.write(Buffer.from(bytes, 'latin1'));
      if (end) socket.end();
    });
    return pool(basic(port)).exchange(request('<x/>', { timeoutMs }));
  };

  test.each([
    ['openwsman status line', 'HTTP/1.1 200 (null)\r\nContent-Length: 2\r\n\r\nok', false, 200, 'ok'],
    ['OpenPegasus length', 'HTTP/1.1 200 OK\r\ncontent-length: 0000000002\r\n\r\nok', false, 200, 'ok'],
    [
      'chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x=y\r\no\r\n1\r\nk\r\n0\r\nT: 1\r\n\r\n',
      false,
      200,
      'ok',
    ],
    [
      'a continue first',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 X\r\nContent-Length: 2\r\n\r\nno',
      false,
      500,
      'no',
    ],
    ['no length, until the close', 'HTTP/1.0 200 OK\r\n\r\nok', true, 200, 'ok'],
    ['no reason phrase', 'HTTP/1.1 413\r\nContent-Length: 0\r\n\r\n', false, 413, ''],
  ])('%s', async (_what, bytes, end, status, body) => {
    const result = await once(bytes.replace(/^HTTP\/1.1 413\r/, 'HTTP/1.1 413 \r'), end);
    expect(result.status).toBe(status);
    expect(text(result.body)).toBe(body);
  });

  test.each([
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok'],
    ['length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n'],
    ['a second answer', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n'],
    ['a body of gigabytes', 'HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n'],
    ['an endless header', `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(20_000)}`],
    ['a bad chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
  ])('%s is a ProtocolError', async (_what, bytes) => {
    await expect(once(bytes)).rejects.toBeInstanceOf(ProtocolError);
  });

  test('what is not HTTP is said to be that', async () => {
    await expect(once('SSH-2.0-OpenSSH_9.2\r\n')).rejects.toMatchObject({
      name: 'TransportError',
      reason: 'http',
      excerpt: 'SSH-2.0-OpenSSH_9.2',
    });
  });

  test('a reset in the body is a lost connection', async () => {
    const { port } = await server(({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', () => socket.resetAndDestroy());
    });
    const sending = request('<x/>');
    await expect(pool(basic(port)).exchange(sending)).rejects.toMatchObject({ reason: 'connection-lost' });
    expect(sending.progress.bodySent).toBe(true);
  });

  test.each(['silent', 'drip-fed'])('a %s answer ends at its deadline', async (kind) => {
    const timers: NodeJS.Timeout[] = [];
    closing.push(() => {
      for (const timer of timers) clearInterval(timer);
    });
    const { port } = await server(({ socket }) => {
      if (kind === 'silent') return;
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n');
      timers.push(setInterval(() => socket.write('.'), 20));
    });
    await expect(pool(basic(port)).exchange(request('<x/>', { timeoutMs: 300 }))).rejects.toMatchObject({
      reason: 'response-timeout',
    });
  });

  test('nobody listens, and a name that is none', async () => {
    const { port, close } = await server(() => {});
    await close();
    const refused = await pool(basic(port))
      .exchange(request('<x/>'))
      .catch((error) => error);
    expect(refused).toBeInstanceOf(TransportError);
    expect(refused).toMatchObject({ reason: 'refused', code: 'ECONNREFUSED' });
    await expect(pool(target(5985, { host: 'a b', trusted: true })).exchange(request('<x/>'))).rejects.toMatchObject({
      reason: 'name-not-found',
    });
  });

  test('a proxy page in place of the handshake keeps its beginning as evidence', async () => {
    const { port } = await server(({ socket }) =>
      socket.write(reply('407 Proxy', ['Content-Type: text/html'], '<h1>Pay\u0007up</h1>')),
    );
    await expect(pool(target(port)).exchange(request('<x/>'))).rejects.toMatchObject({
      reason: 'http',
      httpStatus: 407,
      excerpt: '<h1>Pay up</h1>',
    });
  });

  test('line breaks in a path do not become headers, and IPv6 is bracketed', async () => {
    const { port, requests } = await server(({ socket }) => socket.write(reply('200 OK')));
    await pool({ ...basic(port), path: '/ws man\r\nX-Evil: 1' }).exchange(request('<x/>'));
    expect(requests[0]?.head.split('\r\n')[0]).toBe('POST /ws%20man%0D%0AX-Evil:%201 HTTP/1.1');
    expect(requests[0]?.header('x-evil')).toBeUndefined();
    expect(requestHeadStart('fe80::1%eth0', 5985, '/wsman')).toContain('\r\nHost: [fe80::1]:5985\r\n');
  });

  test('the affinity cookie comes back on later requests', async () => {
    const { port, requests } = await server(({ socket }) =>
      socket.write(reply('200 OK', ['Set-Cookie: MS-WSMAN=abc/1; path=/; secure', 'Set-Cookie: other=1'])),
    );
    const connections = pool(basic(port));
    await connections.exchange(request('<x/>'));
    await connections.exchange(request('<y/>'));
    expect(requests.map((seen) => seen.header('cookie'))).toEqual([undefined, 'MS-WSMAN=abc/1']);
  });
});

describe('the pool', () => {
  const basic = (port: number) => target(port, { authentication: 'basic', allowClearText: true });

  test('two connections, first come first served, one request in flight on each', async () => {
    const held: (() => void)[] = [];
    const { port, requests, sockets } = await server(({ socket }) => held.push(() => socket.write(reply('200 OK'))));
    const connections = pool(basic(port));
    const first = connections.exchange(request('<0/>'));
    await expect.poll(() => held.length).toBe(1);
    held.shift()!();
    await first;
    const rest = [1, 2, 3, 4].map((n) => connections.exchange(request(`<${n}/>`)));
    await expect.poll(() => held.length).toBe(2);
    expect(sockets.size).toBe(2);
    held.shift()!();
    await expect.poll(() => requests.length).toBe(4);
    for (const release of held.splice(0)) release();
    await expect.poll(() => requests.length).toBe(5);
    for (const release of held.splice(0)) release();
    const results = await Promise.all(rest);
    expect(results.map(({ roundTrips }) => roundTrips)).toEqual([1, 1, 1, 1]);
    expect(
      requests
        .map(({ body }) => body.toString())
        .slice(1, 3)
        .sort(),
    ).toEqual(['<1/>', '<2/>']);
    expect(requests.map(({ body }) => body.toString()).slice(3)).toEqual(['<3/>', '<4/>']);
    expect(sockets.size).toBe(2);
  });

  test('cancelling: in flight it reaches the socket, in the queue it leaves the queue', async () => {
    const { port, sockets, requests } = await server(() => {});
    const connections = pool(basic(port), { maxConnections: 1 });
    const [a, b] = [new AbortController(), new AbortController()];
    const inFlight = connections.exchange(request('<a/>', { signal: a.signal }));
    const queued = connections.exchange(request('<b/>', { signal: b.signal }));
    await expect.poll(() => requests.length).toBe(1);
    b.abort();
    await expect(queued).rejects.toBeInstanceOf(CancelledError);
    expect(sockets.size).toBe(1);
    a.abort();
    await expect(inFlight).rejects.toBeInstanceOf(CancelledError);
    await expect.poll(() => sockets.size).toBe(0);
    expect(requests).toHaveLength(1);
    await expect(connections.exchange(request('<c/>', { signal: a.signal }))).rejects.toBeInstanceOf(CancelledError);
  });

  test('closing ends what is in flight and what waits, and every socket', async () => {
    const { port, sockets, requests } = await server(() => {});
    const connections = pool(basic(port), { maxConnections: 1 });
    const both = [connections.exchange(request('<a/>')), connections.exchange(request('<b/>'))];
    const settled = Promise.allSettled(both);
    await expect.poll(() => requests.length).toBe(1);
    connections.close();
    for (const result of await settled)
      expect(result).toMatchObject({ status: 'rejected', reason: { name: 'CancelledError' } });
    await expect.poll(() => sockets.size).toBe(0);
    await expect(connections.exchange(request('<c/>'))).rejects.toBeInstanceOf(CancelledError);
  });

  test('an idle connection is renewed before a change, not before a read', async () => {
    const { port, requests } = await ntlmServer({ takesRidingBody: true });
    const connections = pool(target(port), { renewAfterIdleMs: 0 });
    await connections.exchange(request('<one/>'));
    await connections.exchange(request('<read/>'));
    expect(requests.at(-1)?.connection).toBe(1);
    await connections.exchange(request('<stop/>', { changesTarget: true }));
    expect(requests.at(-1)?.connection).toBe(2);
  });

  test('a second try goes over a connection opened for it', async () => {
    const { port, requests, sockets } = await ntlmServer({ takesRidingBody: true });
    const connections = pool(target(port));
    await connections.exchange(request('<one/>'));
    const again = await connections.exchange(request('<one/>', { fresh: true }));
    expect(again.status).toBe(200);
    expect(requests.at(-1)?.connection).toBe(2);
    await expect.poll(() => sockets.size).toBe(1);
  });

  test('an idle connection is closed after a while', async () => {
    const { port, sockets } = await ntlmServer({ takesRidingBody: true });
    const connections = pool(target(port), { closeAfterIdleMs: 50 });
    await connections.exchange(request('<one/>'));
    expect(sockets.size).toBe(1);
    await expect.poll(() => sockets.size, { timeout: 5000 }).toBe(0);
    expect((await connections.exchange(request('<two/>'))).status).toBe(200);
  });

  test('a connection that the target closed while idle is not used again', async () => {
    const { port, sockets, requests } = await ntlmServer({ takesRidingBody: true });
    const connections = pool(target(port));
    await connections.exchange(request('<one/>'));
    const [socket] = sockets;
    await new Promise<void>((resolve) => socket!.once('close', () => resolve()).end());
    expect((await connections.exchange(request('<two/>', { changesTarget: true }))).status).toBe(200);
    expect(requests.at(-1)?.connection).toBe(2);
  });

  test('one connection where the target allows no more', async () => {
    const { port, sockets } = await ntlmServer({ takesRidingBody: true });
    const connections = pool(target(port));
    await connections.exchange(request('<0/>'));
    connections.setMaxConnections(1);
    await Promise.all([1, 2, 3].map((n) => connections.exchange(request(`<${n}/>`))));
    expect(sockets.size).toBe(1);
  });
});
