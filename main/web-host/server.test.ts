import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { startWebHost, type WebHost } from './server.ts';
import { createAdmission, tokenLifeMs } from './token.ts';

/** The guards of the web host, each tried on a real socket. */

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'windeck-web-host-'));
  mkdirSync(join(folder, 'dist/assets'), { recursive: true });
  writeFileSync(join(folder, 'dist/index.html'), '<meta name="csp-nonce" content="__CSP_NONCE__"><h1>the console</h1>');
  writeFileSync(join(folder, 'dist/assets/app.js'), 'export {};');
  writeFileSync(join(folder, 'secret.txt'), 'outside');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A request as it is, without fetch's own ideas about Host, Origin and `..`. */
function ask(host: WebHost, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: host.port, path, method, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    sent.on('error', reject).end();
  });
}

async function start(clock?: () => number): Promise<{ host: WebHost; connections: () => number }> {
  let connections = 0;
  const host = await startWebHost({
    rendererFolder: join(folder, 'dist'),
    serve: (port) => {
      connections += 1;
      port.onMessage((frame) => port.send(frame));
    },
    admission: createAdmission(clock),
  });
  onTestFinished(() => host.close());
  return { host, connections: () => connections };
}

const pathOf = (url: string): string => new URL(url).pathname + new URL(url).search;

async function enter(host: WebHost): Promise<string> {
  const { headers } = await ask(host, pathOf(host.newUrl()));
  return headers['set-cookie']?.[0]?.split(';')[0] ?? '';
}

/** What an attempt to open the socket ends in: 101, or the status of the refusal. */
function upgrade(host: WebHost, headers: Record<string, string>, path = '/socket'): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${host.port}${path}`, { headers });
    socket.on('open', () => {
      socket.close();
      resolve(101);
    });
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    socket.on('error', reject);
  });
}

describe('the token', () => {
  test('opens the door once and becomes a cookie that scripts and other sites cannot reach', async () => {
    const { host } = await start();
    const url = host.newUrl();
    const first = await ask(host, pathOf(url));
    expect(first.status).toBe(200);
    expect(first.headers['set-cookie']?.[0]).toMatch(/^windeck_\d+=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/);
    expect(first.body).toContain('http-equiv="refresh" content="0;url=/"');
    const second = await ask(host, pathOf(url));
    expect(second.status).toBe(403);
    expect(second.headers['set-cookie']).toBeUndefined();
    expect(second.body).toContain('has been used');
  });

  test('dies after a minute', async () => {
    let now = 0;
    const { host } = await start(() => now);
    const late = host.newUrl();
    now = tokenLifeMs;
    expect((await ask(host, pathOf(late))).status).toBe(403);
    const inTime = host.newUrl();
    now += tokenLifeMs - 1;
    expect((await ask(host, pathOf(inTime))).status).toBe(200);
  });

  test('is void once a newer one is out', async () => {
    const { host } = await start();
    const older = host.newUrl();
    const newer = host.newUrl();
    expect((await ask(host, pathOf(older))).status).toBe(403);
    expect((await ask(host, pathOf(newer))).status).toBe(200);
  });

  test('is not spent by HEAD, by a wrong guess or by a request for another host', async () => {
    const { host } = await start();
    const path = pathOf(host.newUrl());
    expect((await ask(host, path, {}, 'HEAD')).status).toBe(401);
    expect((await ask(host, '/?token=guess')).status).toBe(403);
    expect((await ask(host, path, { host: 'evil.example' })).status).toBe(403);
    expect((await ask(host, path)).status).toBe(200);
  });

  test('opened again by the browser that used it just leads to the console', async () => {
    const { host } = await start();
    const path = pathOf(host.newUrl());
    const cookie = (await ask(host, path)).headers['set-cookie']?.[0]?.split(';')[0] ?? '';
    expect((await ask(host, path, { cookie })).status).toBe(200);
  });
});

describe('a request', () => {
  test('without a cookie, or with a wrong one, gets a page that says how to get in, and nothing else', async () => {
    const { host } = await start();
    for (const headers of [{}, { cookie: `windeck_${host.port}=AAAA` }, { cookie: 'x=y; =; windeck' }]) {
      for (const path of ['/', '/index.html', '/assets/app.js', '/nowhere', '/?other=1', '//evil']) {
        const { status, body } = await ask(host, path, headers as Record<string, string>);
        expect(status).toBe(401);
        expect(body).toContain('Open the address that Windeck printed');
        expect(body).not.toContain('the console</h1>');
      }
    }
  });

  test('with the cookie gets the console, also as localhost', async () => {
    const { host } = await start();
    const cookie = await enter(host);
    expect((await ask(host, '/', { cookie })).body).toContain('the console</h1>');
    expect((await ask(host, '/', { cookie, host: `LocalHost:${host.port}` })).status).toBe(200);
    expect((await ask(host, '/assets/app.js', { cookie })).headers['content-type']).toContain('text/javascript');
    const head = await ask(host, '/', { cookie }, 'HEAD');
    expect([head.status, head.body]).toEqual([200, '']);
  });

  test('for a foreign host is refused, cookie or not', async () => {
    const { host } = await start();
    const cookie = await enter(host);
    const foreign = [
      'evil.example',
      `evil.example:${host.port}`,
      '127.0.0.1',
      `127.0.0.1:${host.port + 1}`,
      'localhost:1',
    ];
    for (const name of [...foreign, `127.0.0.1:${host.port}.evil.example`, `[::1]:${host.port}`]) {
      const { status, body } = await ask(host, '/', { cookie, host: name });
      expect(status, name).toBe(403);
      expect(body).not.toContain('the console</h1>');
    }
  });

  test('that names no host is refused', async () => {
    const { host } = await start();
    const cookie = await enter(host);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(host.port, '127.0.0.1', () => socket.write(`GET / HTTP/1.0\r\nCookie: ${cookie}\r\n\r\n`));
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.on('end', () => resolve(text)).on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1.1 403 /);
  });

  test('that wants to change something is refused', async () => {
    const { host } = await start();
    const cookie = await enter(host);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const { status, headers } = await ask(host, '/', { cookie }, method);
      expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
    }
  });

  test('cannot leave the folder', async () => {
    const { host } = await start();
    const cookie = await enter(host);
    const paths = [
      '/../secret.txt',
      '/..%2fsecret.txt',
      '/%2e%2e/secret.txt',
      '/assets/../../secret.txt',
      '/..\\secret.txt',
    ];
    const more = [
      '/assets',
      '/assets/',
      `/${folder}/secret.txt`,
      '/%00',
      '/%',
      '/.%2e/%2e./secret.txt',
      '/__proto__',
      'http://x/../secret.txt',
    ];
    for (const path of [...paths, ...more]) {
      const { status, body } = await ask(host, path, { cookie });
      expect(status, path).toBe(404);
      expect(body).not.toContain('outside');
    }
  });
});

describe('headers', () => {
  test('are on every answer', async () => {
    const { host } = await start();
    const cookie = await enter(host);
    const answers = [
      await ask(host, '/', { cookie }),
      await ask(host, '/assets/app.js', { cookie }),
      await ask(host, '/nowhere', { cookie }),
      await ask(host, '/'),
      await ask(host, '/', { host: 'evil' }),
      await ask(host, '/', {}, 'POST'),
      await ask(host, pathOf(host.newUrl())),
    ];
    for (const { headers } of answers) {
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'x-frame-options': 'DENY',
      });
      const policy = String(headers['content-security-policy']);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('unsafe');
      expect(headers['x-powered-by'] ?? headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  test('of the page: a nonce per load, the same as in the page; scripts and connections of this origin only', async () => {
    const { host } = await start();
    const cookie = await enter(host);
    const nonces = new Set<string>();
    for (let i = 0; i < 2; i++) {
      const { headers, body } = await ask(host, '/', { cookie });
      const policy = String(headers['content-security-policy']);
      const nonce = /style-src 'self' 'nonce-([A-Za-z0-9+/]{24})'/.exec(policy)?.[1] ?? '';
      expect(body).toContain(`content="${nonce}"`);
      expect(policy).toContain("script-src 'self';");
      expect(policy).toContain(`connect-src 'self' ws://127.0.0.1:${host.port} ws://localhost:${host.port};`);
      expect(headers['cache-control']).toBe('no-store');
      nonces.add(nonce);
    }
    expect(nonces.size).toBe(2);
  });
});

describe('the socket', () => {
  test('opens for a page of this origin with the cookie; each connection is served by itself', async () => {
    const { host, connections } = await start();
    const cookie = await enter(host);
    expect(host.socket).toBe(`ws://127.0.0.1:${host.port}/socket`);
    expect(await upgrade(host, { cookie, origin: `http://127.0.0.1:${host.port}` })).toBe(101);
    expect(
      await upgrade(host, { cookie, origin: `http://localhost:${host.port}`, host: `localhost:${host.port}` }),
    ).toBe(101);
    expect(connections()).toBe(2);
  });

  test('is refused to everybody else, and nobody is served', async () => {
    const { host, connections } = await start();
    const cookie = await enter(host);
    const own = `http://127.0.0.1:${host.port}`;
    expect(await upgrade(host, { cookie })).toBe(403);
    const foreign = [
      'http://evil.example',
      'null',
      `https://127.0.0.1:${host.port}`,
      'http://127.0.0.1',
      `http://127.0.0.1:${host.port + 1}`,
    ];
    for (const origin of [...foreign, `${own}.evil.example`, `http://localhost:${host.port}`, `${own}/`]) {
      expect(await upgrade(host, { cookie, origin }), origin).toBe(403);
    }
    expect(await upgrade(host, { cookie, origin: 'http://evil.example', host: 'evil.example' })).toBe(403);
    expect(await upgrade(host, { origin: own })).toBe(401);
    expect(await upgrade(host, { origin: own, cookie: `windeck_${host.port}=wrong` })).toBe(401);
    expect(await upgrade(host, { origin: own, cookie }, '/other')).toBe(404);
    expect(connections()).toBe(0);
  });

  test('closes on a message that is too large, and the host lives on', async () => {
    const { host } = await start();
    const headers = { cookie: await enter(host), origin: `http://127.0.0.1:${host.port}` };
    const socket = new WebSocket(host.socket, { headers });
    const code = await new Promise((resolve, reject) => {
      socket.on('open', () => socket.send(new Uint8Array(32 * 1024 * 1024 + 1)));
      socket.on('close', resolve);
      socket.on('error', reject);
    });
    expect(code).toBe(1009);
    expect(await upgrade(host, headers)).toBe(101);
  });

  test('is told when the host ends', async () => {
    const { host } = await start();
    const socket = new WebSocket(host.socket, {
      headers: { cookie: await enter(host), origin: `http://127.0.0.1:${host.port}` },
    });
    const closed = new Promise((resolve, reject) => {
      socket.on('open', () => void host.close());
      socket.on('close', (code, reason) => resolve([code, reason.toString()]));
      socket.on('error', reject);
    });
    expect(await closed).toEqual([1001, 'The console has ended.']);
  });
});

test('a second host on the same port says so', async () => {
  const { host } = await start();
  const second = startWebHost({ port: host.port, rendererFolder: join(folder, 'dist'), serve: () => undefined });
  await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
