import { describe, expect, test } from 'vitest';
import { CommandLineError } from '../winrm-command/command.ts';
import { parseCopy } from './copy.ts';

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
