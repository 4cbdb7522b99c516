import { expect, test } from 'vitest';
import { longestCommandLine, powerShellLine } from './encoded-command.ts';

test('a script that fits is encoded in the line', () => {
  const { command, stdin } = powerShellLine('Get-Date # "äöü" 世界');
  expect(stdin).toBeNull();
  const encoded = /-EncodedCommand ([A-Za-z0-9+/=]+)$/.exec(command)![1]!;
  expect(Buffer.from(encoded, 'base64').toString('utf16le')).toBe('Get-Date # "äöü" 世界');
});

test('the longest line that cmd takes is the limit; beyond it the script goes to standard input, as one statement', () => {
  const lengths = Array.from({ length: 4000 }, (_, n) => powerShellLine('x'.repeat(n + 1)));
  const encoded = lengths.filter(({ stdin }) => stdin === null);
  for (const { command } of encoded) expect(command.length).toBeLessThanOrEqual(longestCommandLine);
  // Not earlier than it must: the next character would be too much.
  expect(encoded.at(-1)!.command.length).toBeGreaterThan(longestCommandLine - 8);
  const beyond = lengths[encoded.length]!;
  expect(beyond).toEqual({
    command: 'powershell.exe -NoProfile -NonInteractive -Command -',
    stdin: `. {\r\n${'x'.repeat(encoded.length + 1)}\r\n}\r\n\r\n`,
  });
});

test('nothing is not encoded', () => {
  expect(powerShellLine('').stdin).toBe('. {\r\n\r\n}\r\n\r\n');
});
