import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { contract } from '../../shared/contract/contract.ts';
import { connectClient } from '../../shared/rpc/client.ts';
import { socketPort } from './socket-port.ts';

/** `npm run web` as it is: the real console, the real renderer, the demo lab. */

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'windeck-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

function web(...words: string[]) {
  const child: ChildProcess = spawn(
    process.execPath,
    [fileURLToPath(new URL('cli.ts', import.meta.url)), '--no-open', ...words],
    { env: { ...process.env, WINDECK_DATA: join(folder, 'data'), TMPDIR: folder }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  onTestFinished(async () => {
    if (child.exitCode === null && child.kill('SIGTERM')) await once(child, 'close');
  });
  const text = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (chunk) => {
    text.stdout += chunk;
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk) => {
    text.stderr += chunk;
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, text, ended };
}

async function ready({ text }: ReturnType<typeof web>): Promise<{ url: string; socket: string }> {
  await expect.poll(() => text.stdout, { timeout: 60_000 }).toContain('\n');
  return JSON.parse(text.stdout) as { url: string; socket: string };
}

test('the demo: in by the token, the console over the socket, and nothing left behind at the end', async () => {
  const host = web('--demo');
  const { url, socket } = await ready(host);
  const cookie = (await fetch(url)).headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const page = await fetch(new URL('/', url), { headers: { cookie } });
  expect(await page.text()).toContain('<div id="root">');
  const connection = new WebSocket(socket, { headers: { cookie, origin: new URL(url).origin } });
  await once(connection, 'open');
  const client = connectClient(socketPort(connection), contract);
  const info = await client.settings.info({});
  expect(info).toMatchObject({ host: 'browser', lab: true });
  for await (const change of client.machines.watch({})) {
    if (change.kind === 'all' && change.machines.length > 0) break;
  }
  expect(existsSync(info.dataFolder)).toBe(true);
  const closed = once(connection, 'close') as Promise<[number, Buffer]>;
  host.child.kill('SIGINT');
  expect(await host.ended).toBe(0);
  expect((await closed)[0]).toBe(1001);
  expect(host.text.stdout.trim().split('\n')).toHaveLength(1);
  expect(readdirSync(folder)).toEqual([]);
}, 90_000);

test('a second console on the same data folder: one clear line, exit 1; the first goes on', async () => {
  const first = web();
  const { url } = await ready(first);
  const second = web();
  expect(await second.ended).toBe(1);
  expect(second.text.stdout).toBe('');
  expect(second.text.stderr.trim().split('\n').at(-1)).toMatch(
    /^Windeck could not start: Another Windeck .*data folder/,
  );
  expect((await fetch(url)).status).toBe(200);
}, 90_000);

test('an argument that is not understood: one line, exit 1', async () => {
  const wrong = web('--port', 'many');
  expect(await wrong.ended).toBe(1);
  expect(wrong.text.stderr).toMatch(/^--port takes a number from 0 to 65535\. Usage: .*\n$/);
  const unknown = web('--opne');
  expect(await unknown.ended).toBe(1);
  expect(unknown.text.stderr.trim().split('\n')).toHaveLength(1);
});
