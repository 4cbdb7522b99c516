import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { downloadElectron, downloadLimits, findElectron } from './electron-binary.ts';

/** A package folder with an installer of the test's own, in place of Electron's. */
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'windeck-electron-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

const installer = (source: string): void =>
  writeFileSync(
    join(folder, 'install.js'),
    `const fs = require('fs'), os = require('os'), path = require('path');\n${source}`,
  );

const limits = { firstByteMs: 600, stallMs: 600 };

test('finds the binary that is there, by the path that the installer left, or where the environment points', () => {
  expect(findElectron(folder, {})).toBeUndefined();
  mkdirSync(join(folder, 'dist'));
  writeFileSync(join(folder, 'dist', 'the-binary'), '');
  expect(findElectron(folder, {})).toBeUndefined();
  writeFileSync(join(folder, 'path.txt'), 'the-binary');
  expect(findElectron(folder, {})).toBe(join(folder, 'dist', 'the-binary'));
  const other = join(folder, 'other');
  mkdirSync(other);
  expect(findElectron(folder, { ELECTRON_OVERRIDE_DIST_PATH: other })).toBeUndefined();
  writeFileSync(join(other, 'the-binary'), '');
  expect(findElectron(folder, { ELECTRON_OVERRIDE_DIST_PATH: other })).toBe(join(other, 'the-binary'));
});

test('an installer that succeeds is success', async () => {
  installer(`fs.mkdirSync(path.join(__dirname, 'dist')); fs.writeFileSync(path.join(__dirname, 'dist', 'e'), 'x');
    fs.writeFileSync(path.join(__dirname, 'path.txt'), 'e');`);
  expect(await downloadElectron(folder, process.env, () => {}, limits)).toBeUndefined();
  expect(findElectron(folder, {})).toBe(join(folder, 'dist', 'e'));
});

test('one that fails is told in its own first words', async () => {
  installer(`console.error('TypeError: fetch failed\\n    at somewhere'); process.exit(1);`);
  expect(await downloadElectron(folder, process.env, () => {}, limits)).toBe('its download failed (fetch failed)');
});

test('one that gets no byte is ended, and leaves nothing behind', async () => {
  installer(`fs.writeFileSync(path.join(__dirname, 'tmp.txt'), os.tmpdir()); setInterval(() => {}, 1000);`);
  const before = readdirSync(tmpdir()).filter((name) => name.startsWith('windeck-electron-'));
  expect(await downloadElectron(folder, process.env, () => {}, limits)).toBe('its download did not begin');
  const after = readdirSync(tmpdir()).filter((name) => name.startsWith('windeck-electron-'));
  expect(after.filter((name) => !before.includes(name))).toEqual([]);
});

test('one that gets bytes may take longer, says how far it is, and is ended when it gets stuck', async () => {
  // 25 MB in pieces, for longer than the first byte may take, then silence.
  installer(`const file = path.join(os.tmpdir(), 'electron.zip'); let pieces = 0;
    const timer = setInterval(() => { fs.appendFileSync(file, Buffer.alloc(2_500_000)); if (++pieces === 10) clearInterval(timer); }, 100);
    setInterval(() => {}, 1000);`);
  const words: string[] = [];
  expect(await downloadElectron(folder, process.env, (line) => words.push(line), limits)).toBe(
    'its download got stuck',
  );
  expect(words[0]).toContain('Downloading Electron');
  expect(words[1]).toMatch(/^ {2}2\d MB$/);
});

test('the time without a byte leaves room in the five seconds within which the browser must be offered', () => {
  expect(downloadLimits.firstByteMs).toBeLessThanOrEqual(4_000);
});
