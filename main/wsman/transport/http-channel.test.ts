import { describe, expect, test } from 'vitest';
import { ProtocolError, TransportError } from '../errors.ts';
import { requestHeadStart } from './http-message.ts';
import { clearTarget, closing, pool, request, server, target, text } from './loopback-client.ts';
import { reply } from './loopback-server.ts';

describe('dialects and misdeeds', () => {
  const once = async (bytes: string, end = false, timeoutMs = 5000) => {
    const { port } = await server(({ socket }) => {
      socket.write(Buffer.from(bytes, 'latin1'));
      if (end) socket.end();
    });
    return pool(clearTarget(port)).exchange(request('<x/>', { timeoutMs }));
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
    ['no reason phrase', 'HTTP/1.1 413 \r\nContent-Length: 0\r\n\r\n', false, 413, ''],
    ['nothing behind the status', 'HTTP/1.1 413\r\nContent-Length: 0\r\n\r\n', false, 413, ''],
    ['a header of two lines', 'HTTP/1.1 200 OK\r\nX: a\r\n\tb: 9\r\nContent-Length: 2\r\n\r\nok', false, 200, 'ok'],
  ])('%s', async (_what, bytes, end, status, body) => {
    const result = await once(bytes, end);
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
    await expect(pool(clearTarget(port)).exchange(sending)).rejects.toMatchObject({ reason: 'connection-lost' });
    expect(sending.progress.bodySent).toBe(true);
  });

  test('so is a reset in a body that would have lasted until the close', async () => {
    const { port } = await server(({ socket }) => {
      socket.write('HTTP/1.0 200 OK\r\n\r\nhalf', () => socket.resetAndDestroy());
    });
    await expect(pool(clearTarget(port)).exchange(request('<x/>'))).rejects.toMatchObject({
      reason: 'connection-lost',
    });
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
    await expect(pool(clearTarget(port)).exchange(request('<x/>', { timeoutMs: 300 }))).rejects.toMatchObject({
      reason: 'response-timeout',
    });
  });

  test('nobody listens, and a name that is none', async () => {
    const { port, close } = await server(() => {});
    await close();
    const refused = await pool(clearTarget(port))
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
    await pool({ ...clearTarget(port), path: '/ws man\r\nX-Evil: 1' }).exchange(request('<x/>'));
    expect(requests[0]?.head.split('\r\n')[0]).toBe('POST /ws%20man%0D%0AX-Evil:%201 HTTP/1.1');
    expect(requests[0]?.header('x-evil')).toBeUndefined();
    expect(requestHeadStart('fe80::1%eth0', 5985, '/wsman')).toContain('\r\nHost: [fe80::1]:5985\r\n');
    expect(requestHeadStart('Büro-PC', 5985, '/wsman')).toContain('\r\nHost: xn--bro-pc-3ya:5985\r\n');
    // Cut to one byte each these two would be CR and LF.
    expect(requestHeadStart('a\u010d\u010aX-Evil', 5985, '/wsman').split('\r\n')).toHaveLength(5);
  });

  test('the affinity cookie comes back on later requests', async () => {
    const { port, requests } = await server(({ socket }) =>
      socket.write(reply('200 OK', ['Set-Cookie: MS-WSMAN=abc/1; path=/; secure', 'Set-Cookie: other=1'])),
    );
    const connections = pool(clearTarget(port));
    await connections.exchange(request('<x/>'));
    await connections.exchange(request('<y/>'));
    expect(requests.map((seen) => seen.header('cookie'))).toEqual([undefined, 'MS-WSMAN=abc/1']);
  });
});
