/** The scripts for bash and zsh in a real bash and a real zsh: what a person gets who presses Tab. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

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

describe.each([
  ['loaded by source', ['source <(windeck completion zsh)']],
  [
    'as a file in fpath',
    [
      'windeck completion zsh > $HOME/functions/_windeck; fpath=($HOME/functions $fpath)',
      'autoload -Uz compinit; compinit -u',
    ],
  ],
])('zsh, %s', (_, load) => {
  let home: string;
  let terminal: ChildProcess;
  let output = '';
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'windeck-zsh-'));
    mkdirSync(join(home, 'functions'));
    // script(1) gives it a terminal of its own. Nothing of whoever runs this test comes in: neither his files nor his variables.
    terminal = spawn('/usr/bin/script', ['-qec', 'exec /usr/bin/zsh -f -i', '/dev/null'], {
      env: { HOME: home, PATH: '/usr/bin:/bin', SHELL: '/bin/sh', TERM: 'xterm', LANG: 'C.UTF-8' },
    });
    terminal.stdout!.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const lines = [
      `windeck() { "${process.execPath}" "${cli}" "$@" }`,
      ...load,
      // What stands on the line is written to a file, since a terminal shows it in pieces.
      'save() { print -r -- "$BUFFER|" > $HOME/line; zle kill-whole-line }; zle -N save',
      `bindkey '^Xs' save; bindkey '^I' complete-word; print rea''dy`,
    ];
    terminal.stdin!.write(`${lines.join('\n')}\n`);
    await vi.waitFor(() => expect(output).toMatch(/^ready/m), { timeout: 20_000 });
  });
  afterAll(() => {
    terminal?.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  });

  /** The line as it stands after Tab, and what was shown under it. */
  async function tab(typed: string): Promise<{ line: string; shown: string }> {
    const file = join(home, 'line');
    rmSync(file, { force: true });
    output = '';
    terminal.stdin!.write(`${typed}\t\u0018s`);
    const read = (): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');
    await expect.poll(read, { timeout: 15_000 }).toMatch(/\|\n$/);
    return { line: read().slice(0, -2), shown: output };
  }

  test.each([
    ['a class behind its alias, in any case', 'get wmicimv2/win32_OperatingS', 'get wmicimv2/Win32_OperatingSystem '],
    ['an operation', 'enu', 'enumerate '],
    ['the value of a switch', 'id -format:pr', 'id -format:pretty '],
    ['a switch, behind which its value goes on', 'id -encod', 'id -encoding:'],
    [
      'a key, whose question mark zsh marks',
      'get wmicimv2/Win32_Service?D',
      'get wmicimv2/Win32_Service\\?DisplayName=',
    ],
    ['one that is marked', 'get wmicimv2/Win32_Service\\?D', 'get wmicimv2/Win32_Service\\?DisplayName='],
    ['in quotation marks', 'get "wmicimv2/Win32_Service?D', 'get "wmicimv2/Win32_Service?DisplayName='],
    ['a property in braces', 'set wmicimv2/Win32_Service @{DisplayN', 'set wmicimv2/Win32_Service @{DisplayName='],
    ['nothing where nothing fits', 'get wmicimv2/NoSuch', 'get wmicimv2/NoSuch'],
  ])('%s', async (_, typed, completed) => {
    expect((await tab(`windeck winrm ${typed}`)).line).toBe(`windeck winrm ${completed}`);
  });

  test('behind another command', async () => {
    expect((await tab('cd / && windeck dec')).line).toBe('cd / && windeck decode ');
  });

  test('of several all are shown, with their notes', async () => {
    const { line, shown } = await tab('windeck winrm id -format:');
    expect(line).toBe('windeck winrm id -format:');
    for (const format of ['text', 'xml', 'pretty', 'json', 'table'])
      expect(shown).toContain(`-format:${format}  of the output`);
    expect((await tab('windeck winrm set wmicimv2/Win32_Service @{')).shown).toContain('@{DisplayName=  Win32_Service');
  });
});
