/**
 * Our Digest against clients and a server that nobody here wrote: curl --digest and requests (Debian packages curl, python3-requests)
 * answer our verifier's challenges. Missing software is a failure here.
 */
import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import type { DigestAlgorithm } from './digest.ts';
import { createDigestVerifier, type DigestVerdict, type DigestVerifierOptions } from './digest-verifier.ts';

const PASSWORD = 'Pässwort-4711';
const run = promisify(execFile);
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** Answers 200 with the user's name to whom the verifier accepts, and keeps all verdicts. */
async function startServer(options: Partial<DigestVerifierOptions>) {
  const verifier = createDigestVerifier({
    realm: 'lab',
    algorithms: ['SHA-256'],
    users: () => new Map([['admin', PASSWORD]]),
    ...options,
  });
  const verdicts: DigestVerdict[] = [];
  let challenged = 0;
  const server = createServer((request, response) => {
    request.resume();
    const { authorization } = request.headers;
    const verdict = authorization
      ? verifier.verify(authorization, { method: request.method!, uri: request.url! })
      : null;
    if (verdict) verdicts.push(verdict);
    if (verdict?.ok) {
      response.writeHead(200, { 'Authentication-Info': verdict.authenticationInfo }).end(`hello ${verdict.userName}\n`);
    } else {
      challenged++;
      response.writeHead(401, { 'WWW-Authenticate': verifier.challenges(verdict?.stale ?? false) }).end();
    }
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/wsman`,
    verdicts,
    challenged: () => challenged,
  };
}

const environment = { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', NO_PROXY: '*' };

/** The password goes in by standard input, as a config file. */
async function curl(urls: readonly string[], password = PASSWORD): Promise<string> {
  const args = ['-q', '-s', '--max-time', '10', '--digest', '--data-binary', '<x/>', '-w', '%{http_code}\n', '-K', '-'];
  const child = run('curl', [...args, ...urls], { env: environment, timeout: 20_000 });
  child.child.stdin!.end(`user = "admin:${password}"\n`);
  return (await child).stdout;
}

const SCRIPT = `
import sys, requests
from requests.auth import HTTPDigestAuth
url, user, password = sys.stdin.read().split('\\n')[:3]
session = requests.Session()
session.auth = HTTPDigestAuth(user, password)
for i in range(3):
    answer = session.post(url, data='<x/>', timeout=10)
    print(answer.status_code, answer.text.strip())
`;

async function requests(url: string, password = PASSWORD): Promise<string> {
  const child = run('/usr/bin/python3', ['-c', SCRIPT], { env: environment, timeout: 20_000 });
  child.child.stdin!.end(`${url}\nadmin\n${password}\n`);
  return (await child).stdout;
}

const offers: [string, readonly DigestAlgorithm[]][] = [
  ['MD5', ['MD5']],
  ['MD5-sess', ['MD5-sess']],
  ['SHA-256', ['SHA-256']],
];

describe('curl --digest', () => {
  test.each([...offers, ['SHA-256-sess', ['SHA-256-sess']], ['both', ['SHA-256', 'MD5']]] as typeof offers)(
    '%s',
    async (_what, algorithms) => {
      const { url, verdicts } = await startServer({ algorithms });
      expect(await curl([url, url])).toBe('hello admin\n200\nhello admin\n200\n');
      expect(verdicts.every(({ ok }) => ok)).toBe(true);
      expect(verdicts).toHaveLength(2);
    },
  );
  test('hashed user name', async () => {
    const { url } = await startServer({ userhash: true });
    expect(await curl([url])).toBe('hello admin\n200\n');
  });
  test('a wrong password: 401, one attempt', async () => {
    const { url, verdicts } = await startServer({});
    expect(await curl([url], 'wrong')).toBe('401\n');
    expect(verdicts).toEqual([{ ok: false, stale: false, why: 'wrong-response' }]);
  });
});

describe('requests (HTTPDigestAuth)', () => {
  // It knows neither SHA-256-sess nor a choice between algorithms.
  test.each(offers)('%s', async (_what, algorithms) => {
    const { url, verdicts, challenged } = await startServer({ algorithms });
    expect(await requests(url)).toBe('200 hello admin\n'.repeat(3));
    expect(verdicts).toHaveLength(3);
    expect(verdicts.every(({ ok }) => ok)).toBe(true);
    // It keeps the nonce, and counts.
    expect(challenged()).toBe(1);
  });
  test('a nonce that ages between two requests: stale, and answered with the next', async () => {
    let time = 0;
    const { url, verdicts } = await startServer({
      nonceLifetimeMs: 500,
      // Time passes with every look at the clock.
      now: () => {
        time += 200;
        return time;
      },
    });
    expect(await requests(url)).toBe('200 hello admin\n'.repeat(3));
    expect(verdicts.filter(({ ok }) => !ok)).toEqual([{ ok: false, stale: true, why: 'expired-nonce' }]);
  });
  test('a wrong password', async () => {
    const { url } = await startServer({});
    expect(await requests(url, 'wrong')).toBe('401 \n'.repeat(3));
  });
});
