import { describe, expect, test } from 'vitest';
import { CommandLineError } from './command.ts';
import { createStandardInput, localExitCode } from './winrs-process.ts';

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}
async function all(input: AsyncIterable<Uint8Array>): Promise<string> {
  const read: Uint8Array[] = [];
  for await (const piece of input) read.push(piece);
  return Buffer.concat(read).toString();
}

describe('standard input', () => {
  test.each([
    [['secret\nrest\n'], 'secret', 'rest\n'],
    [['sec', 'ret\r', '\nre', 'st'], 'secret', 'rest'],
    [['secret'], 'secret', ''],
    [['\nrest'], '', 'rest'],
    [[], null, ''],
  ])('a first line out of %j, and what is behind it', async (texts, line, rest) => {
    const input = createStandardInput(pieces(...texts));
    expect(await input.readLine()).toBe(line);
    expect(await all(input.rest())).toBe(rest);
  });

  test('bytes that are no text pass unchanged', async () => {
    const bytes = Buffer.from([0xff, 0x00, 0xfe, 0x0a, 0x80]);
    const input = createStandardInput(
      (async function* () {
        yield bytes;
      })(),
    );
    const read: Uint8Array[] = [];
    for await (const piece of input.rest()) read.push(piece);
    expect(Buffer.concat(read)).toEqual(bytes);
  });

  test('a line without an end is not gathered for ever', async () => {
    const endless = (async function* () {
      for (;;) yield Buffer.alloc(4096, 0x61);
    })();
    await expect(createStandardInput(endless).readLine()).rejects.toThrow(CommandLineError);
  });
});

describe('the exit code here', () => {
  test.each([
    [0, 0],
    [1, 1],
    [255, 255],
    [256, 255],
    [3010, 255],
    [-1073741510, 255],
  ])('%i becomes %i where eight bits pass', (code, expected) => {
    const { exitCode, note } = localExitCode(code, 'linux');
    expect(exitCode).toBe(expected);
    // Said where it is another one.
    expect(note === null).toBe(code === expected);
    if (note !== null) expect(note).toContain(String(code));
    expect(localExitCode(code, 'win32')).toEqual({ exitCode: code, note: null });
  });
});
