/** `windeck winrs` as a process of its own against a lab machine: streams, exit codes, input, signals, what stays behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { labTarget } from '../lab/lab-target.ts';
import { type Lab, type LabMachine, startLab } from '../lab/start-lab.ts';
import { childText, createClient, resourceUris, type WSManClient, wmi } from '../wsman/index.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const limitMs = 15_000;

let lab: Lab;
let machine: LabMachine;
let cacheHome: string;
let observer: WSManClient;
const running = new Set<ChildProcess>();

beforeAll(async () => {
  cacheHome = mkdtempSync(join(tmpdir(), 'windeck-winrs-'));
  lab = await startLab({ machines: 1, pendingMs: 50 });
  machine = lab.machines[0]!;
  observer = createClient(labTarget(machine));
});
afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
  // Nothing ever stays behind.
  expect(await observer.enumerateAll({ resourceUri: resourceUris.shell })).toHaveLength(0);
  await lab.misbehave(machine.name, null);
});
afterAll(async () => {
  observer?.close();
  await lab?.close();
  rmSync(cacheHome, { recursive: true, force: true });
});

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const cli = join(root, 'main/cli.ts');

/** Without a controlling terminal, as cron or a service manager would. */
function start(
  args: readonly string[],
  program: readonly [string, ...string[]] = [process.execPath, cli],
): { child: ChildProcess; ended: Promise<Ended>; seen: (text: string) => Promise<void> } {
  const child = spawn(program[0], [...program.slice(1), ...args], {
    cwd: root,
    detached: true,
    env: { ...process.env, XDG_CACHE_HOME: cacheHome },
  });
  running.add(child);
  let stdout = '';
  let stderr = '';
  const waiting: { text: string; found: () => void }[] = [];
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const each of waiting) if (stdout.includes(each.text)) each.found();
  });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`It did not end. stdout: ${stdout} stderr: ${stderr}`)), limitMs);
    child.once('error', reject);
    child.once('close', (exitCode) => {
      clearTimeout(timer);
      resolve({ exitCode, stdout, stderr });
    });
  });
  const seen = (text: string): Promise<void> => {
    const found = new Promise<void>((resolve) => waiting.push({ text, found: resolve }));
    const over = ended.then((end) => {
      if (!end.stdout.includes(text)) throw new Error(`"${text}" never came: ${JSON.stringify(end)}`);
    });
    return Promise.race([found, over]);
  };
  return { child, ended, seen };
}

const to = (): string[] => [
  'winrs',
  `-r:${machine.address}:${machine.port}`,
  `-u:${machine.user}`,
  `-p:${machine.password}`,
];
function winrs(args: readonly string[], input: string | Uint8Array = ''): Promise<Ended> {
  const { child, ended } = start([...to(), ...args]);
  child.stdin!.end(input);
  return ended;
}
const processNames = async (): Promise<string[]> =>
  (await observer.enumerateAll({ resourceUri: wmi('Win32_Process') })).map((row) => childText(row, 'Name') ?? '');

describe('a command', () => {
  test('its output, its errors and its exit code', async () => {
    expect(await winrs(['echo out && echo err>&2 && exit 5'])).toEqual({
      exitCode: 5,
      stdout: 'out \r\n',
      stderr: 'err \r\n',
    });
    expect(await winrs(['hostname'])).toEqual({ exitCode: 0, stdout: `${machine.name}\r\n`, stderr: '' });
    const unknown = await winrs(['nosuchcommand']);
    expect([unknown.exitCode, unknown.stdout]).toEqual([1, '']);
    expect(unknown.stderr).toMatch(/^'nosuchcommand' is not recognized/);
  });

  test('an exit code that does not fit is said', async () => {
    const { exitCode, stderr } = await winrs(['msiexec /i C:\\Setup\\agent.msi /quiet LABDURATION=50 LABEXIT=3010']);
    expect([exitCode, stderr]).toEqual([
      255,
      'Note: the command ended with exit code 3010, which does not fit here.\n',
    ]);
  });

  test('UTF-8, folder, variables, quotation marks', async () => {
    const { exitCode, stdout } = await winrs([
      '-d:C:\\Windows',
      '-env:WHO=Zoë',
      'echo %WHO% "a  b" & cd & type C:\\Users\\Administrator\\names.txt',
    ]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Zoë "a  b" \r\nC:\\Windows\r\nZoë Müller-Straße\r\nŁukasz Żółć\r\n日本 太郎\r\n');
  });

  test('another code page is made UTF-8 of', async () => {
    expect((await winrs(['-codepage:437', 'echo äöü'])).stdout).toBe('äöü\r\n');
  });

  test('one string, as a whole line', async () => {
    const line = `winrs -r:${machine.address}:${machine.port} -u:${machine.user} -p:"${machine.password}" dir "C:\\Setup" /b`;
    const { child, ended } = start([line]);
    child.stdin!.end();
    const files = ['agent.msi', 'escapes.txt', 'large.txt', 'readme.txt'];
    expect(await ended).toEqual({ exitCode: 0, stdout: files.map((name) => `${name}\r\n`).join(''), stderr: '' });
  });

  test('lines on standard input: that is not passed on to the commands', async () => {
    const { child, ended } = start([]);
    child.stdin!.end(`${to().join(' ')} more\n${to().join(' ')} exit 3\n`);
    expect(await ended).toEqual({ exitCode: 3, stdout: '', stderr: '' });
  });

  test('notes about what has no effect', async () => {
    const { exitCode, stderr } = await winrs(['-comp', '-t:5', 'ver']);
    expect(exitCode).toBe(0);
    expect(stderr).toBe(
      'Note: -compression is accepted; nothing is compressed.\nNote: -timeout is deprecated in winrs and has no effect.\n',
    );
  });

  test('what cannot be run is an error, with 1', async () => {
    await lab.misbehave(machine.name, { kind: 'fault', code: 2150859180, text: 'No shells here.', action: 'Create' });
    const { exitCode, stdout, stderr } = await winrs(['hostname']);
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toContain('0x803381AC');
    expect(stderr).toContain('No shells here.');
  });
});

describe('standard input', () => {
  test('goes to the command, to its end', async () => {
    const input = 'eins\r\nzwei ü\r\n'.repeat(20_000);
    const { exitCode, stdout } = await winrs(['more'], input);
    expect(exitCode).toBe(0);
    expect(stdout.length).toBe(input.length);
    expect(stdout).toBe(input);
  });

  test('behind a password on its first line', async () => {
    const [program, endpoint, user] = to();
    const { child, ended } = start([program!, endpoint!, user!, '-p:-', 'more']);
    child.stdin!.end(`${machine.password}\nfor the command\n`);
    expect(await ended).toEqual({ exitCode: 0, stdout: 'for the command\n', stderr: '' });
  });

  test('an answer to a question', async () => {
    const { child, ended, seen } = start([...to(), 'net stop LanmanWorkstation']);
    await seen('[N]: ');
    child.stdin!.write('n\r\n');
    const { exitCode, stderr } = await ended;
    expect([exitCode, stderr]).toEqual([2, '\r\nNo valid response was provided.\r\n']);
  });
});

describe('ending', () => {
  test('Ctrl-C goes to the command, whose last words and exit code still come', async () => {
    const { child, ended, seen } = start([...to(), 'ping -t localhost']);
    await seen('Reply from 127.0.0.1');
    child.kill('SIGINT');
    const { exitCode, stdout, stderr } = await ended;
    expect(stdout).toContain('Ping statistics for 127.0.0.1');
    expect(exitCode).toBe(255);
    expect(stderr).toContain('exit code -1073741510');
  });

  test('Ctrl-C a second time ends it here; the shell goes, and what ran in it', async () => {
    // A target that does not answer the signal.
    await lab.misbehave(machine.name, { kind: 'silence', action: 'Signal' });
    const { child, ended, seen } = start([...to(), 'ping -t localhost']);
    await seen('Reply from 127.0.0.1');
    child.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 300));
    child.kill('SIGINT');
    const { exitCode, stderr } = await ended;
    expect([exitCode, stderr]).toEqual([130, 'Cancelled; the shell there is being deleted, and what runs in it.\n']);
    expect(await processNames()).not.toContain('ping.exe');
  });

  test.each(['SIGTERM', 'SIGHUP'] as const)('%s: the shell is deleted before the end', async (name) => {
    const { child, ended, seen } = start([...to(), 'ping -t localhost']);
    await seen('Reply from 127.0.0.1');
    child.kill(name);
    expect((await ended).exitCode).toBe(130);
    expect(await processNames()).not.toContain('ping.exe');
  });

  test('a reader that has seen enough', async () => {
    const { child, ended, seen } = start([...to(), 'type C:\\Setup\\large.txt']);
    child.stdin!.end();
    await seen('The quick brown fox');
    child.stdout!.destroy();
    const { exitCode, stderr } = await ended;
    expect([exitCode, stderr]).toEqual([0, '']);
  });
});

describe('on a terminal', () => {
  /** script(1) of util-linux gives it a terminal of its own; what is typed goes to script's standard input. */
  const onTerminal = (rest: string): ReturnType<typeof start> =>
    start(['-qec', `'${process.execPath}' '${cli}' '${to().join(' ')} ${rest}'`, '/dev/null'], ['script']);

  test('lines that are typed go to the command as Windows ends them; Ctrl-D ends the input', async () => {
    const { child, ended, seen } = onTerminal('more');
    await seen('Warning: a password');
    child.stdin!.write('typed ü\n');
    // Echoed by the terminal, then printed by the command with its own carriage return.
    await seen('typed ü\r\ntyped ü\r\r\n');
    child.stdin!.write('\u0004');
    expect((await ended).exitCode).toBe(0);
  });

  test('-noecho: what is typed is not shown, and still sent; Ctrl-C goes to the command', async () => {
    const { child, ended, seen } = onTerminal('-noecho net stop LanmanWorkstation & more');
    await seen('[N]: ');
    child.stdin!.write('never mind\r');
    await seen('No valid response');
    child.stdin!.write('slip\u007f\u007f\u007f\u007fhidden\r');
    await seen('hidden\r');
    child.stdin!.write('\u0003');
    const { stdout, exitCode } = await ended;
    expect(stdout).not.toContain('never mind');
    expect(stdout).not.toContain('slip');
    // Once, by the command.
    expect(stdout.split('hidden')).toHaveLength(2);
    expect(exitCode).toBe(255);
  });

  test('what a machine prints does not command the terminal', async () => {
    const { child, ended, seen } = onTerminal('more');
    await seen('Warning');
    // ESC typed as such (Ctrl-V quotes it), sent, and printed by the command.
    child.stdin!.write('a\u0016\u001b[31mb\n');
    await seen('a␛[31mb');
    child.stdin!.write('\u0004');
    expect((await ended).stdout).not.toContain('\u001b[31m');
  });
});

test('help needs no machine', async () => {
  const { child, ended } = start(['help', 'winrs']);
  child.stdin!.end();
  const { exitCode, stdout } = await ended;
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^winrs \[switches\] COMMAND\n/);
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});
