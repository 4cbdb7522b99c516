import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockDataFolder } from './lock.ts';
import { DataFolderInUseError } from './storage-error.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'windeck-lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a second console on the same folder is refused, with the folder named; after release it is let in', () => {
  const first = lockDataFolder(folder);
  try {
    lockDataFolder(folder);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(DataFolderInUseError);
    expect((error as Error).message).toContain(folder);
  }
  first.release();
  lockDataFolder(folder).release();
});

test('another process is refused too, and kill -9 leaves no stale lock', async () => {
  const script = `
    import { lockDataFolder } from ${JSON.stringify(new URL('./lock.ts', import.meta.url).href)};
    lockDataFolder(${JSON.stringify(folder)});
    console.log('locked');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await once(child.stdout, 'data');
    expect(() => lockDataFolder(folder)).toThrow(DataFolderInUseError);
  } finally {
    child.kill('SIGKILL');
  }
  await once(child, 'close');
  lockDataFolder(folder).release();
});
