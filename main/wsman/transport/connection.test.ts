import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { AuthenticationError, ProtocolError } from '../errors.ts';
import { negotiateServer, PASSWORD, pool, request, SOAP, server, target, text } from './loopback-client.ts';
import { reply, sealedReply } from './loopback-server.ts';

describe('NTLM over plain HTTP', () => {
  test('two round trips to the first answer where the body may ride, one after that', async () => {
    const { port, requests } = await negotiateServer({ takesRidingBody: true });
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
    const { port, executed, requests } = await negotiateServer({ takesRidingBody: false });
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
    const { port, requests, executed } = await negotiateServer({ takesRidingBody: false });
    const result = await pool(target(port)).exchange(request('<stop/>', { changesTarget: true }));
    expect(result.roundTrips).toBe(3);
    expect(executed).toEqual(['<stop/>']);
    expect(requests.map(({ body }) => body.length > 0)).toEqual([false, false, true]);
  });

  test.each(['raw', 'spnego'] as const)('a long conversation stays in step (%s)', async (negotiateForm) => {
    const { port } = await negotiateServer({ takesRidingBody: true });
    const connections = pool(target(port), { negotiateForm, maxConnections: 1 });
    for (let i = 0; i < 20; i++) {
      const body = `<n>${'ü'.repeat(i * 150)}</n>`;
      expect(text((await connections.exchange(request(body))).body)).toBe(`<echo>${body}</echo>`);
    }
  });

  test('SPNEGO is taken up where raw NTLM is refused, and remembered', async () => {
    const { port, requests } = await negotiateServer({ onlySpnego: true });
    const connections = pool(target(port));
    const result = await connections.exchange(request('<stop/>', { changesTarget: true }));
    expect(text(result.body)).toBe('<echo><stop/></echo>');
    const raw = requests.filter((seen) => seen.header('authorization')?.startsWith('Negotiate TlRMTVN'));
    expect(raw).toHaveLength(1);
  });

  test('a wrong password is rejected once, and fails whatever waits', async () => {
    const { port, requests } = await negotiateServer();
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
      const { port, requests } = await negotiateServer({
        onAuthenticated: (headers) =>
          Buffer.from(`${status}${headers.map((line) => `${line}\r\n`).join('')}\r\n`, 'latin1'),
      });
      const result = await pool(target(port), { negotiateForm }).exchange(request('<x/>', { changesTarget: true }));
      expect(text(result.body)).toBe('<echo><x/></echo>');
      expect(requests.map(({ connection }) => connection)).toEqual([1, 1, 1]);
    },
  );

  test('a target that falls silent over a riding body is not tried that way again', async () => {
    const { port, requests } = await negotiateServer({
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
    const { port, executed } = await negotiateServer({
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
    const { port, executed } = await negotiateServer({
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
      const { port, requests } = await negotiateServer({
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
    const { port, requests } = await negotiateServer({
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
    const { port } = await negotiateServer({
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
    const { port, requests } = await negotiateServer();
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
    const { port, requests } = await negotiateServer({ takesRidingBody: true });
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

  test('a name that Basic would cut at its colon is not sent', async () => {
    const { port, requests, sockets } = await server(({ socket }) => socket.write(reply('200 OK')));
    const to = target(port, { authentication: 'basic', allowClearText: true, userName: 'a:b' });
    await expect(pool(to).exchange(request('<a/>'))).rejects.toMatchObject({ reason: 'no-credential' });
    expect([requests.length, sockets.size]).toEqual([0, 0]);
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
