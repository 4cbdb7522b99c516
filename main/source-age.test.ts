import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isOutdated } from './source-age.ts';

test('a build is outdated when it is missing or older than a source, but not by tests or other builds', async () => {
  const root = mkdtempSync(join(tmpdir(), 'windeck-age-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const write = (path: string, seconds: number) => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), '');
    utimesSync(join(root, path), seconds, seconds);
  };
  const outdated = () => isOutdated(join(root, 'renderer/dist/index.html'), root, ['renderer', 'shared', 'lock.json']);
  write('renderer/views/a.tsx', 100);
  write('lock.json', 100);
  expect(await outdated()).toBe(true);
  write('renderer/dist/index.html', 200);
  expect(await outdated()).toBe(false);
  write('renderer/views/a.test.tsx', 300);
  write('renderer/dist/assets/a.js', 300);
  expect(await outdated()).toBe(false);
  write('renderer/views/deep/b.css', 300);
  expect(await outdated()).toBe(true);
  write('renderer/dist/index.html', 300);
  expect(await outdated()).toBe(false);
  write('lock.json', 301);
  expect(await outdated()).toBe(true);
});
