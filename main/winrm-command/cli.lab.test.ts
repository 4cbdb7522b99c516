/** The `windeck` command as a process of its own, against a lab machine: streams, exit codes, passwords, Ctrl-C, a terminal. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, type LabMachine, startLab } from '../lab/start-lab.ts';
import { parseXml } from '../wsman/index.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cli = join(root, 'main/cli.ts');
const limitMs = 15_000;

let lab: Lab;
let machine: LabMachine;
let target: string;
let cacheHome: string;
const running = new Set<ChildProcess>();

beforeAll(async () => {
  cacheHome = mkdtempSync(join(tmpdir(), 'windeck-cli-'));
  lab = await startLab({ machines: 1 });
  machine = lab.machines[0]!;
  target = `-r:${machine.address}:${machine.port}`;
});
afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
  await lab.misbehave(machine.name, null);
});
afterAll(async () => {
  await lab?.close();
  rmSync(cacheHome, { recursive: true, force: true });
});

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a program without a controlling terminal, as cron or a service manager would. */
function start(
  program: string,
  args: readonly string[],
): { child: ChildProcess; ended: Promise<Ended>; output: () => string } {
  const child = spawn(program, args, { cwd: root, detached: true, env: { ...process.env, XDG_CACHE_HOME: cacheHome } });
  running.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
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
  return { child, ended, output: () => stdout };
}

function windeck(args: readonly string[], input?: string): Promise<Ended> {
  const { child, ended } = start(process.execPath, [cli, ...args]);
  child.stdin!.end(input ?? '');
  return ended;
}

const signIn = (): string[] => [`-u:${machine.user}`, `-p:${machine.password}`];
const service = 'wmicimv2/Win32_Service?Name=WinRM';

describe('ways to give a line', () => {
  test('as arguments', async () => {
    const { exitCode, stdout, stderr } = await windeck(['winrm', 'get', service, target, ...signIn()]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^Win32_Service\n {4}AcceptPause = /);
    expect(stdout).toMatch(/\n {4}State = Running\n/);
  });

  test('as one string, quotation marks and @{} in it', async () => {
    const line = `winrm invoke StartService wmicimv2/Win32_Service?Name="WinRM" @{} –r:${machine.address}:${machine.port} -u:${machine.user} -p:"${machine.password}"`;
    expect(await windeck([line])).toEqual({
      exitCode: 0,
      stdout: 'StartService_OUTPUT\n    ReturnValue = 10\n\n',
      stderr: 'StartService returned 10: the service is already running.\n',
    });
  });

  test('several on standard input: all run, the last that fails gives the exit code', async () => {
    const lines = [
      '\ufeff# the machine',
      `winrm id ${target} -auth:none -f:xml`,
      '',
      `frobnicate`,
      `winrm get wmicimv2/Win32_Service?Name=Nothing ${target} -u:${machine.user} -p:${machine.password}`,
      `windeck winrm get ${service} ${target} -u:${machine.user} -p:${machine.password} -f:xml\r`,
    ];
    const { exitCode, stdout, stderr } = await windeck([], lines.join('\n'));
    expect(exitCode).toBe(1);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((xml) => parseXml(xml).local),
    ).toEqual(['IdentifyResponse', 'Win32_Service']);
    expect(stderr).toMatch(/^Error: Windeck has no command "frobnicate"[\s\S]*0x80338000/);
    expect((await windeck([], 'frobnicate\nwinrm help\n')).exitCode).toBe(2);
  });

  test('through npm, standard output and exit code pass untouched', async () => {
    const npm = (...args: string[]): Promise<Ended> => {
      const { child, ended } = start('npm', ['run', '-s', 'windeck', '--', ...args]);
      child.stdin!.end();
      return ended;
    };
    const { exitCode, stdout } = await npm('winrm', 'e', 'winrm/config/listener', target, ...signIn(), '-f:pretty');
    expect(exitCode).toBe(0);
    expect(parseXml(stdout)).toMatchObject({ local: 'Results' });
    expect(await npm('frobnicate')).toMatchObject({ exitCode: 2, stdout: '' });
  });

  test('help, version, nothing at all', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(await windeck(['--version'])).toEqual({ exitCode: 0, stdout: `windeck ${version}\n`, stderr: '' });
    expect(await windeck(['winrm', '-?'])).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await windeck([])).toMatchObject({ exitCode: 2, stdout: '' });
  });
});

describe('passwords', () => {
  test('-p:- takes the first line of standard input', async () => {
    const args = ['winrm', 'get', service, target, `-u:${machine.user}`, '-p:-'];
    expect((await windeck(args, `${machine.password}\nmore\n`)).exitCode).toBe(0);
    const wrong = await windeck(args, 'N0t-The-Passw0rd\n');
    expect(wrong.exitCode).toBe(1);
    expect(wrong.stderr).toContain('0x8007052E');
    expect(wrong.stderr).not.toContain('N0t-The-Passw0rd');
    expect(await windeck(args)).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/that is empty/) });
    expect(await windeck([], args.join(' '))).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/already holds the lines/),
    });
  });

  test('-u without -p and without a terminal is refused', async () => {
    const { exitCode, stdout, stderr } = await windeck(
      ['winrm', 'get', service, target, `-u:${machine.user}`],
      machine.password,
    );
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/^Error: There is no terminal to ask for the password on\./);
  });

  test('the list of processes does not show it once the command runs', async () => {
    await lab.misbehave(machine.name, { kind: 'silence', action: 'Get' });
    const { child, ended } = start(process.execPath, [cli, 'winrm', 'get', service, target, ...signIn()]);
    const connected = async (): Promise<number> => (await lab.statistics(machine.name)).openConnections;
    await expect.poll(connected, { timeout: limitMs, interval: 25 }).toBeGreaterThan(0);
    // Windows has no such list to read; elsewhere ps shows what is in this file.
    const shown = process.platform === 'linux' ? readFileSync(`/proc/${child.pid}/cmdline`, 'utf8') : 'windeck';
    expect(shown).toContain('windeck');
    expect(shown).not.toContain(machine.password);
    child.kill('SIGINT');
    await ended;
  });
});

describe('on a terminal', () => {
  /** script(1) of util-linux gives it a terminal of its own; what is typed goes to script's standard input. */
  const onTerminal = (line: string): ReturnType<typeof start> =>
    start('script', ['-qec', `'${process.execPath}' '${cli}' '${line}'`, '/dev/null']);

  test('-u without -p asks, and shows nothing of the answer', async () => {
    const { child, ended, output } = onTerminal(`winrm get ${service} ${target} -u:${machine.user}`);
    await expect.poll(output, { timeout: limitMs, interval: 25 }).toContain(`Password for ${machine.user}: `);
    // A slip, taken back, before the right one.
    child.stdin!.write(`wrong\u0015x\u007f${machine.password}\r`);
    const { exitCode, stdout } = await ended;
    expect(stdout).toContain('State = Running');
    expect(exitCode).toBe(0);
    // Between the question and the answer of the machine there is nothing but the end of the line, not even a star.
    expect(stdout).toMatch(/^Password for \w+: \r?\nWin32_Service\r?\n/);
  });

  test('Ctrl-C at the question ends with 130', async () => {
    const { child, ended, output } = onTerminal(`winrm get ${service} ${target} -u:${machine.user}`);
    await expect.poll(output, { timeout: limitMs, interval: 25 }).toContain('Password for');
    child.stdin!.write('abc\u0003');
    expect((await ended).exitCode).toBe(130);
  });

  test('-p:VALUE is warned of', async () => {
    const { exitCode, stdout } = await onTerminal(`winrm get ${service} ${target} ${signIn().join(' ')}`).ended;
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^Warning: a password in the command line can be seen by others/);
  });
});

describe('ends early', () => {
  test('Ctrl-C while the machine is silent: 130', async () => {
    await lab.misbehave(machine.name, { kind: 'silence', action: 'Get' });
    const { child, ended } = start(process.execPath, [cli, 'winrm', 'get', service, target, ...signIn()]);
    const connected = async (): Promise<number> => (await lab.statistics(machine.name)).openConnections;
    await expect.poll(connected, { timeout: limitMs, interval: 25 }).toBeGreaterThan(0);
    child.kill('SIGINT');
    expect(await ended).toEqual({ exitCode: 130, stdout: '', stderr: 'Cancelled.\n' });
  });

  test('a reader that has seen enough: quietly', async () => {
    const line = `winrm e wmicimv2/Win32_Service ${target} ${signIn().join(' ')}`;
    const { child, ended } = start('bash', [
      '-c',
      `'${process.execPath}' '${cli}' '${line}' | head -n 1; echo "exit \${PIPESTATUS[0]}"`,
    ]);
    child.stdin!.end();
    expect(await ended).toEqual({ exitCode: 0, stdout: 'Win32_Service\nexit 0\n', stderr: '' });
  });
});
