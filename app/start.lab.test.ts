import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { couldNotStartCode } from './exit-code.ts';

/** `npm start` as a process, where there is no Electron, one that cannot start, and one that runs (a shell script in its place). */

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'windeck-start-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

function start(...words: string[]) {
  const child = spawn(process.execPath, [fileURLToPath(new URL('start.ts', import.meta.url)), ...words], {
    env: {
      ...process.env,
      DISPLAY: '',
      WAYLAND_DISPLAY: '',
      ELECTRON_OVERRIDE_DIST_PATH: folder,
      WINDECK_DATA: folder,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(async () => {
    // Kindly, so that the lab of a demo ends as well.
    if (child.exitCode === null && child.kill('SIGTERM')) await once(child, 'close');
  });
  const text = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    text.stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    text.stderr += chunk;
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, text, ended };
}

const standInElectron = (script: string): void => {
  writeFileSync(join(folder, 'electron'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'electron'), 0o755);
};

async function end(child: ChildProcess, ended: Promise<number | null>): Promise<number | null> {
  child.kill('SIGTERM');
  return ended;
}

test('without Electron: one line within five seconds, then the demo in the browser, and a clean end', async () => {
  const { child, text, ended } = start('--demo');
  await expect.poll(() => text.stderr, { timeout: 5_000 }).toContain('\n');
  expect(text.stderr.split('\n')[0]).toBe(
    'No desktop window, since there is no Electron where ELECTRON_OVERRIDE_DIST_PATH points: the same console opens in the browser.',
  );
  await expect.poll(() => text.stdout, { timeout: 60_000 }).toContain('\n');
  const { url } = JSON.parse(text.stdout) as { url: string };
  expect((await fetch(url)).status).toBe(200);
  expect(await end(child, ended)).toBe(0);
}, 90_000);

test.skipIf(process.platform === 'win32')(
  'an Electron that cannot start: the browser instead',
  async () => {
    standInElectron('echo "Missing X server or $DISPLAY" >&2; exit 1');
    const { child, text, ended } = start();
    await expect.poll(() => text.stdout, { timeout: 60_000 }).toContain('"url"');
    expect(text.stderr).toContain('No desktop window, since Electron could not start');
    expect(await end(child, ended)).toBe(0);
  },
  90_000,
);

test.skipIf(process.platform === 'win32')(
  'with Electron: it gets the program and --demo, and its end is ours',
  async () => {
    standInElectron(`printf '%s\\n' "$@" > "${folder}/arguments"`);
    const { text, ended } = start('--demo');
    expect(await ended).toBe(0);
    const [program, ...rest] = readFileSync(join(folder, 'arguments'), 'utf8').trim().split('\n');
    expect(JSON.parse(readFileSync(join(String(program), 'package.json'), 'utf8'))).toMatchObject({
      main: 'app/dist/main.js',
    });
    expect(rest).toEqual(['--demo']);
    expect(text.stdout).toBe('');
  },
  90_000,
);

test.skipIf(process.platform === 'win32')(
  'a console that could not start there is not tried again in the browser',
  async () => {
    standInElectron(`exit ${couldNotStartCode}`);
    const { text, ended } = start();
    expect(await ended).toBe(1);
    expect(text.stderr).not.toContain('browser.');
  },
  90_000,
);

test('an unknown argument is refused in one line', async () => {
  const { text, ended } = start('--dmeo');
  expect(await ended).toBe(1);
  expect(text.stderr).toBe('Unknown argument --dmeo. Usage: npm start [-- --demo]\n');
});
