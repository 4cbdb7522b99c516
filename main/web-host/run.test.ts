import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { hasDisplay, writeRedirectFile } from './open-browser.ts';

/** The host as a process: what it prints, how it ends, what it leaves behind. The console is a small one of the test's own. */

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'windeck-run-'));
  writeFileSync(join(folder, 'index.html'), '<h1>page</h1>');
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `console` is the source of an async function (environment) → console. */
function run(
  options: Record<string, unknown>,
  console: string,
  env: Record<string, string> = {},
  openFile = 'undefined',
) {
  const program = `
    import { writeFileSync } from 'node:fs';
    import { runWebHost } from ${JSON.stringify(new URL('run.ts', import.meta.url).href)};
    const options = ${JSON.stringify({ port: 0, open: false, demo: false, rendererFolder: folder, ...options })};
    const openFile = ${openFile};
    process.exit(await runWebHost({ ...options, ...(openFile && { openFile }) }, ${console}, async () => ({ machines: [], close: async () => {} })));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    // Nothing of the computer that runs the test: no browser, no screen, no data folder.
    env: { PATH: folder, TMPDIR: folder, WINDECK_DATA: join(folder, 'data'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const text = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    text.stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    text.stderr += chunk;
  });
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, ...text }) as Ended);
  return { child, text, ended };
}

/** Resolves when the program has printed its line. */
async function ready(
  child: ChildProcess,
  text: { stdout: string },
  ended: Promise<Ended>,
): Promise<{ url: string; socket: string }> {
  const gone = ended.then(({ stderr }) => Promise.reject(new Error(`ended: ${stderr}`)));
  gone.catch(() => undefined);
  while (!text.stdout.includes('\n')) await Promise.race([once(child.stdout!, 'data'), gone]);
  return JSON.parse(text.stdout) as { url: string; socket: string };
}

const recordingConsole = `async (environment) => {
  writeFileSync(process.env.TMPDIR + '/environment.json', JSON.stringify(environment));
  return { serve() {}, close: async () => writeFileSync(process.env.TMPDIR + '/closed', '') };
}`;

const environmentOf = (): Record<string, unknown> =>
  JSON.parse(readFileSync(join(folder, 'environment.json'), 'utf8')) as Record<string, unknown>;

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`prints one JSON line, lets a browser in, and ends cleanly on ${signal}`, async () => {
    const { child, text, ended } = run({}, recordingConsole);
    const line = await ready(child, text, ended);
    expect(line.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}$/);
    expect(line.socket).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/socket$/);
    expect((await fetch(line.url)).status).toBe(200);
    child.kill(signal);
    const end = await ended;
    expect([end.code, end.signal]).toEqual([0, null]);
    expect(existsSync(join(folder, 'closed'))).toBe(true);
    expect(end.stdout.split('\n').filter(Boolean)).toHaveLength(1);
    expect(environmentOf()).toMatchObject({ host: 'browser', demo: false, dataFolder: join(folder, 'data') });
  });
}

test('a demo gets a folder of its own, which is gone afterwards', async () => {
  const { child, text, ended } = run({ demo: true }, recordingConsole);
  await ready(child, text, ended);
  const { dataFolder, demo } = environmentOf();
  expect(demo).toBe(true);
  expect(dataFolder).not.toBe(join(folder, 'data'));
  expect(statSync(String(dataFolder)).isDirectory()).toBe(true);
  // As npm and the terminal do together: the same signal twice is still one orderly end.
  child.kill('SIGINT');
  child.kill('SIGINT');
  expect((await ended).code).toBe(0);
  expect(existsSync(String(dataFolder))).toBe(false);
});

test('a port in use: one line, exit 1', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void taken.close());
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const { code, stdout, stderr } = await run({ port }, recordingConsole).ended;
  expect(code).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toBe(`Port ${port} is in use on 127.0.0.1. Choose another with --port, or none for any free one.\n`);
  expect(existsSync(join(folder, 'environment.json'))).toBe(false);
});

test('a console that cannot start: its message in one line, exit 1, nothing left behind', async () => {
  const failing = `async () => { throw Object.assign(new Error('Another Windeck uses\\nthe data folder /x.'), { advice: ['Close the other one.'] }); }`;
  const { code, stdout, stderr } = await run({ demo: true }, failing).ended;
  expect(code).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toBe('Windeck could not start: Another Windeck uses the data folder /x. Close the other one.\n');
  expect(readdirSync(folder)).toEqual(['index.html']);
});

test('without a display the address is said in words', async () => {
  const { child, text, ended } = run({ open: true }, recordingConsole);
  const { url } = await ready(child, text, ended);
  child.kill('SIGTERM');
  expect((await ended).stderr).toContain(`Open this address within a minute: ${url}`);
});

/** Stands for the browser: notes the file that it was told to open, and stays away. */
const noting = 'async (path) => writeFileSync(process.env.TMPDIR + "/opened", path)';

test('leads the browser in by a private file, which is gone once it has been used', async () => {
  const { child, text, ended } = run({ open: true }, recordingConsole, { DISPLAY: ':99' }, noting);
  const { url } = await ready(child, text, ended);
  await expect.poll(() => existsSync(join(folder, 'opened')), { timeout: 10_000 }).toBe(true);
  const path = readFileSync(join(folder, 'opened'), 'utf8');
  // The path ends up on a command line, the token must not.
  expect(path).toMatch(/windeck-open-\w+[/\\]windeck\.html$/);
  if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, 'utf8')).toContain(`content="0;url=${url}"`);
  await fetch(url);
  expect(existsSync(path)).toBe(false);
  child.kill('SIGTERM');
  expect((await ended).code).toBe(0);
});

test('an unused redirect file does not outlive the host', async () => {
  const { child, text, ended } = run({ open: true }, recordingConsole, { DISPLAY: ':99' }, noting);
  await ready(child, text, ended);
  await expect.poll(() => existsSync(join(folder, 'opened')), { timeout: 10_000 }).toBe(true);
  child.kill('SIGTERM');
  expect((await ended).code).toBe(0);
  expect(existsSync(readFileSync(join(folder, 'opened'), 'utf8'))).toBe(false);
});

test('a browser that cannot be opened is no failure: the address is said in words', async () => {
  const failing = 'async () => { throw new Error("no browser here") }';
  const { child, text, ended } = run({ open: true }, recordingConsole, { DISPLAY: ':99' }, failing);
  const { url } = await ready(child, text, ended);
  await expect.poll(() => text.stderr).toContain('no browser here');
  child.kill('SIGTERM');
  expect(await ended).toMatchObject({ code: 0, stderr: expect.stringContaining(url) as string });
});

test('the redirect file is for its owner only', () => {
  const file = writeRedirectFile('http://127.0.0.1:1/?token=abc');
  onTestFinished(file.remove);
  if (process.platform !== 'win32') {
    expect(statSync(file.path).mode & 0o777).toBe(0o600);
    expect(statSync(join(file.path, '..')).mode & 0o777).toBe(0o700);
  }
  file.remove();
  expect(existsSync(join(file.path, '..'))).toBe(false);
  expect(() => file.remove()).not.toThrow();
});

test('a display is looked for on Linux only', () => {
  expect(hasDisplay('linux', {})).toBe(false);
  expect(hasDisplay('linux', { WAYLAND_DISPLAY: 'wayland-0' })).toBe(true);
  expect(hasDisplay('linux', { DISPLAY: ':0' })).toBe(true);
  expect(hasDisplay('darwin', {})).toBe(true);
});
