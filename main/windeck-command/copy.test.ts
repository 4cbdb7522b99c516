import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { link } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CommandLineError } from '../winrm-command/command.ts';
import { give, parseCopy } from './copy.ts';

describe('arguments of copy', () => {
  test.each([
    [['a.txt', 'web01:C:\\Temp\\a.txt'], 'up', 'web01', 5985, 'a.txt', 'C:\\Temp\\a.txt'],
    [['C:\\here\\a.txt', 'web01:C:\\Temp\\a.txt'], 'up', 'web01', 5985, 'C:\\here\\a.txt', 'C:\\Temp\\a.txt'],
    [['web01.corp.example:C:\\Temp\\a.txt', '.'], 'down', 'web01.corp.example', 5985, '.', 'C:\\Temp\\a.txt'],
    [['[fe80::1]:C:\\a', 'b', '-usessl'], 'down', 'fe80::1', 5986, 'b', 'C:\\a'],
    [['/home/anna/a.txt', 'web01:C:\\a'], 'up', 'web01', 5985, '/home/anna/a.txt', 'C:\\a'],
    [['web01:C:\\a', '--', '-odd'], 'down', 'web01', 5985, '-odd', 'C:\\a'],
    [['-r:https://10.0.0.7:8443', 'a.txt', ':C:\\Temp\\'], 'up', '10.0.0.7', 8443, 'a.txt', 'C:\\Temp\\'],
  ] as const)('%j', (args, direction, host, port, local, remote) => {
    const plan = parseCopy(args);
    expect(plan).toMatchObject({ direction, local, remote, force: false });
    expect(plan?.connection.endpoint).toMatchObject({ host, port });
  });

  test.each([
    [['a.txt'], 'a file and where to'],
    [['a', 'b', 'c'], 'a file and where to'],
    [['a.txt', 'C:\\Temp\\a.txt'], 'One of the two is on a machine'],
    [['web01:C:\\a', 'web02:C:\\a'], 'not go from machine to machine'],
    [['-r:web01', 'a.txt', 'web02:C:\\a'], 'given twice'],
    [['a.txt', ':C:\\a'], 'before the colon, or in -r'],
    [['a.txt', 'web01:C:\\a', '-format:xml'], 'text or json'],
  ])('%j is refused: %s', (args, words) => {
    expect(() => parseCopy(args)).toThrow(CommandLineError);
    expect(() => parseCopy(args)).toThrow(words);
  });

  test('help and switches', () => {
    expect(parseCopy(['-?'])).toBeNull();
    expect(parseCopy(['a', 'web01:b', '-force', '-q', '-f:json'])).toMatchObject({
      force: true,
      quiet: true,
      json: true,
    });
  });
});

describe('what has come gets its name', () => {
  let folder: string;
  let part: string;
  let target: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'windeck-give-'));
    part = join(folder, 'a.bin.part');
    target = join(folder, 'a.bin');
    writeFileSync(part, 'all of it');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const refusing =
    (code: string): typeof link =>
    async () => {
      throw Object.assign(new Error(`${code}: no links here`), { code });
    };

  test.each([
    ['with links', undefined],
    ...['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].map((code) => [code, refusing(code)] as const),
  ])('%s: whole, under its name alone; never over another file', async (_, linkFile) => {
    await give(part, target, false, linkFile);
    expect(readdirSync(folder)).toEqual(['a.bin']);
    expect(readFileSync(target, 'utf8')).toBe('all of it');
    writeFileSync(part, 'something else');
    const failure = await give(part, target, false, linkFile).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CommandLineError);
    expect((failure as Error).message).toContain('Use -force to replace it');
    expect(readFileSync(target, 'utf8')).toBe('all of it');
    await give(part, target, true, linkFile);
    expect(readdirSync(folder)).toEqual(['a.bin']);
    expect(readFileSync(target, 'utf8')).toBe('something else');
  });

  test('where the last step fails nothing has the name', async () => {
    rmSync(part);
    await expect(give(part, target, false, refusing('EPERM'))).rejects.toThrow('cannot be written (ENOENT)');
    expect(existsSync(target)).toBe(false);
  });

  test('another refusal of the link is no reason to do without', async () => {
    await expect(give(part, target, false, refusing('EACCES'))).rejects.toThrow('cannot be written (EACCES)');
    expect(readdirSync(folder)).toEqual(['a.bin.part']);
  });
});
