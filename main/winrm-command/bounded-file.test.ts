import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readBounded, readGivenFile } from './bounded-file.ts';
import { CommandLineError } from './command.ts';

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

it('a file of the line that cannot be read is told in words', async () => {
  const read = (path: string, maxLength = 99) => readGivenFile('file', path, maxLength, { readFile: readBounded });
  const missing = join(folder, 'none.xml');
  await expect(read(missing)).rejects.toThrow(
    new CommandLineError(`The file ${missing} cannot be read: there is no such file.`),
  );
  await expect(read(folder)).rejects.toThrow(`The file ${folder} cannot be read: it is a folder.`);
  const large = join(folder, 'large.xml');
  await writeFile(large, 'x'.repeat(100));
  await expect(read(large)).rejects.toThrow(`The file ${large} cannot be read: it has more than 99 bytes.`);
});
