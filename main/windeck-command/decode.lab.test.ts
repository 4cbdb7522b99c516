/** `windeck decode` and `windeck trace` as processes of their own. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const cli = new URL('../cli.ts', import.meta.url).pathname;
const fixture = (name: string) => new URL(`../wsman/fixtures/${name}`, import.meta.url).pathname;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'windeck-decode-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}
function windeck(args: readonly string[], input = ''): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [cli, ...args], { timeout: 30_000 }, (error, stdout, stderr) =>
      resolve({ exitCode: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}

test('decode takes a file, an argument and standard input', async () => {
  const file = await windeck(['decode', `-file:${fixture('pyspnego/ntlm_challenge')}`]);
  expect(file).toMatchObject({ exitCode: 0, stderr: '' });
  expect(file.stdout).toMatch(/^NTLM CHALLENGE_MESSAGE\n/);
  expect(file.stdout).toMatch(/ServerChallenge {2}e4101014cf8a90be\n/);
  const argument = await windeck(['decode', 'WWW-Authenticate:', 'Negotiate,', 'Basic', 'realm="WSMAN"']);
  expect(argument.stdout).toContain('Basic');
  const json = await windeck(['decode', '-format:json'], 'Authorization: Basic YW5uYTpTM2NyZXQ=');
  expect(JSON.parse(json.stdout)).toMatchObject({ kind: 'Basic', fields: [{ value: 'Basic' }, { value: 'anna' }, {}] });
  expect(json.stdout).not.toContain('S3cret');
  const envelope = await windeck(
    ['decode'],
    '<s:Envelope xmlns:s="u"><s:Body><a>\u001b[31mred</a></s:Body></s:Envelope>',
  );
  expect(envelope.stdout + envelope.stderr).not.toContain('\u001b');
});

test('decode says where it cannot go on, and how it is used', async () => {
  const cut = await windeck(['decode', '4e544c4d5353500003000000']);
  expect(cut).toMatchObject({ exitCode: 1, stdout: '' });
  expect(cut.stderr).toMatch(/^Error: .* \(at offset \d+\)\.\n$/);
  expect((await windeck(['decode', '-format:yaml', 'x'])).exitCode).toBe(2);
  expect((await windeck(['decode', '-?'])).stdout).toContain('windeck decode [TEXT]');
});

test('trace refuses what is none, and says why', async () => {
  const path = join(folder, 'saved.json');
  const say = async (text: string) => {
    await writeFile(path, text);
    return windeck(['trace', path]);
  };
  expect((await windeck(['trace', join(folder, 'none.json')])).stderr).toContain('there is no such file');
  expect((await say('{"format":')).stderr).toContain('it is not JSON');
  expect((await say('{"format":"other"}')).stderr).toContain('no trace that Windeck has saved');
  expect((await say('{"format":"windeck-trace","version":2}')).stderr).toContain('version 2');
  const damaged = await say(
    '{"format":"windeck-trace","version":1,"about":"","exportedAt":1,"application":"","machine":{},"exchanges":[]}',
  );
  expect(damaged.stderr).toContain('machine');
  expect(damaged.exitCode).toBe(1);
  expect((await windeck(['trace'])).exitCode).toBe(2);
});
