/** The script for bash in a real bash: what a person gets who presses Tab. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const cli = fileURLToPath(new URL('../cli.ts', import.meta.url));

/** COMPREPLY after Tab at the end of the line, cut into words as bash cuts them. */
function bash(line: string, words: readonly string[]): string[] {
  const script = [
    `windeck() { "${process.execPath}" "${cli}" "$@"; }`,
    'source <(windeck completion bash)',
    `COMP_LINE=$1; COMP_POINT=\${#1}; shift; COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 ))`,
    '_windeck',
    `printf '%s\\n' "\${COMPREPLY[@]}"`,
  ].join('\n');
  const output = execFileSync('bash', ['-c', script, 'bash', line, ...words], { encoding: 'utf8', timeout: 30_000 });
  return output.trim().split('\n');
}

describe('bash', () => {
  test('a class behind its alias', () => {
    expect(
      bash('windeck winrm get wmicimv2/Win32_OperatingS', ['windeck', 'winrm', 'get', 'wmicimv2/Win32_OperatingS']),
    ).toEqual(['wmicimv2/Win32_OperatingSystem']);
  });

  test('the value of a switch, whose colon ends a word for bash', () => {
    expect(bash('windeck winrm id -format:pr', ['windeck', 'winrm', 'id', '-format', ':', 'pr'])).toEqual(['pretty']);
    expect(bash('windeck winrm id -format:', ['windeck', 'winrm', 'id', '-format', ':'])).toEqual([
      'text',
      'xml',
      'pretty',
      'json',
      'table',
    ]);
  });

  test('an operation', () => {
    expect(bash('windeck winrm enu', ['windeck', 'winrm', 'enu'])).toEqual(['enumerate']);
  });
});
