import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readBounded } from './bounded-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'windeck-file-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('reads a file whole, up to the limit and no further', async () => {
  const path = join(folder, 'input.xml');
  await writeFile(path, 'x'.repeat(100));
  expect(Buffer.from(await readBounded(path, 100)).toString()).toBe('x'.repeat(100));
  await expect(readBounded(path, 99)).rejects.toThrow('more than 99 bytes');
  await expect(readBounded(join(folder, 'none'), 99)).rejects.toMatchObject({ code: 'ENOENT' });
});

it.runIf(process.platform !== 'win32')('what has no size is limited too', async () => {
  await expect(readBounded('/dev/zero', 100_000)).rejects.toThrow('more than 100000 bytes');
});
