/** `windeck ps`, `shell` and `copy` as processes of their own, against machines of the lab. */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, type LabMachine, startLab } from '../lab/start-lab.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const limitMs = 18_000;

let lab: Lab;
let machine: LabMachine;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'windeck-ps-'));
  lab = await startLab({ machines: 1 });
  machine = lab.machines[0]!;
});
afterAll(async () => {
  await lab?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Without a controlling terminal: nobody can be asked. */
function windeck(args: readonly string[], input = '') {
  const child = spawn(process.execPath, [join(root, 'main/cli.ts'), ...args], {
    cwd: root,
    detached: true,
    env: { ...process.env, XDG_CACHE_HOME: folder },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.end(input);
  const ended = new Promise<{ exitCode: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`It did not end. stdout: ${stdout} stderr: ${stderr}`));
    }, limitMs);
    child.once('close', (exitCode) => {
      clearTimeout(timer);
      resolve({ exitCode, stdout, stderr });
    });
  });
  return { child, ended, output: () => stdout };
}
const to = (): string[] => [`-r:${machine.address}:${machine.port}`, `-u:${machine.user}`, `-p:${machine.password}`];

describe('windeck ps', () => {
  test('text comes as PowerShell prints it', async () => {
    const { exitCode, stdout, stderr } = await windeck(['ps', ...to(), 'Get-Service WinRM']).ended;
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/Status\s+Name\s+DisplayName/);
    expect(stdout).toMatch(/Running\s+WinRM/);
  });

  test('json gives objects', async () => {
    const { exitCode, stdout } = await windeck(['ps', ...to(), '-format:json', 'Get-Service WinRM, Spooler']).ended;
    expect(exitCode).toBe(0);
    const objects = JSON.parse(stdout) as { Name: string; Status: unknown }[];
    expect(objects.map(({ Name }) => Name).sort()).toEqual(['Spooler', 'WinRM']);
    expect(objects[0]).toHaveProperty('Status');
  });

  test('a script on standard input, and nothing as an empty array', async () => {
    const { exitCode, stdout } = await windeck(['ps', ...to(), '-f:json', '-'], 'Get-Service NoSuch*\n').ended;
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '[]\n' });
  });

  test('an error is on standard error with its id, and in the exit code', async () => {
    for (const format of ['text', 'json']) {
      const { exitCode, stderr } = await windeck(['ps', ...to(), `-format:${format}`, 'No-Such -Thing 1']).ended;
      expect(exitCode).toBe(1);
      expect(stderr).toContain('CommandNotFoundException');
      expect(stderr).toContain('No-Such');
    }
  });

  test('the exit code of a script is that of ps, and ends a shell', async () => {
    expect((await windeck(['ps', ...to(), 'exit 3']).ended).exitCode).toBe(3);
    const shell = await windeck(['shell', ...to()], 'Write-Output one\nexit 4\nWrite-Output two\n').ended;
    expect(shell.exitCode).toBe(4);
    expect(shell.stdout).toContain('one');
    expect(shell.stdout).not.toContain('two');
  });

  test('a wrong password, a wrong format, no script', async () => {
    const wrong = await windeck(['ps', to()[0]!, `-u:${machine.user}`, '-p:not-it', 'Get-Date']).ended;
    expect(wrong.exitCode).toBe(1);
    expect(wrong.stderr).toMatch(/password/i);
    expect(wrong.stderr).not.toContain('not-it');
    const format = await windeck(['ps', ...to(), '-format:xml', 'Get-Date']).ended;
    expect(format).toMatchObject({ exitCode: 2, stdout: '' });
    expect((await windeck(['ps', ...to()]).ended).stderr).toContain('needs a script');
    expect((await windeck(['ps', '-?']).ended).stdout).toContain('windeck ps -r:MACHINE');
  });

  test('Ctrl-C stops what runs there, and the session is deleted', async () => {
    const { child, ended } = windeck(['ps', ...to(), 'Start-Sleep -Seconds 600']);
    await expect
      .poll(async () => (await windeck(['winrm', 'e', 'shell', ...to()]).ended).stdout, { timeout: 15_000 })
      .toContain('Microsoft.PowerShell');
    child.kill('SIGINT');
    const { exitCode, stderr } = await ended;
    expect(exitCode).toBe(1);
    expect(stderr).toContain('Stopped');
    expect((await windeck(['winrm', 'e', 'shell', ...to()]).ended).stdout).not.toContain('Microsoft.PowerShell');
  }, 60_000);
});

describe('windeck shell', () => {
  test('lines from a pipe run in one session, with what the lines before have set', async () => {
    const lines = ['$x = 42', '', 'Write-Output "x is $x"', 'No-Such', 'Get-Service WinRM', 'exit', 'Get-Date'].join(
      '\n',
    );
    const { exitCode, stdout, stderr } = await windeck(['shell', ...to()], `${lines}\n`).ended;
    expect(stdout).toContain('x is 42');
    expect(stdout).toMatch(/Running\s+WinRM/);
    expect(stderr).toContain('No-Such');
    expect(exitCode).toBe(0);
  });

  test('cmd where it is asked for', async () => {
    const { stdout } = await windeck(['shell', ...to(), '-cmd'], 'hostname\r\nexit\r\n').ended;
    expect(stdout).toContain(machine.name);
  });
});

describe('windeck shell on a terminal', () => {
  test('a prompt, history, a question of a script, Ctrl-C that stops what runs and leaves the session', async () => {
    // script(1) of util-linux gives it a terminal of its own; what is typed goes to script's standard input.
    const line = [process.execPath, join(root, 'main/cli.ts'), 'shell', ...to()].map((word) => `'${word}'`).join(' ');
    // Without exec a shell that stays between would be ended by the Ctrl-C and speak for the command; SHELL and TERM are not everywhere.
    const child = spawn('script', ['-qec', `exec ${line}`, '/dev/null'], {
      cwd: root,
      detached: true,
      env: { ...process.env, SHELL: '/bin/sh', TERM: 'xterm', XDG_CACHE_HOME: folder },
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const ended = new Promise<number | null>((resolve) => void child.once('close', resolve));
    const prompt = /PS C:\\[^>]*> /;
    /** Types, and waits for what comes of it. */
    const type = async (keys: string, awaited: RegExp): Promise<string> => {
      output = '';
      child.stdin.write(keys);
      await expect.poll(() => output, { timeout: limitMs }).toMatch(awaited);
      return output;
    };
    try {
      await expect.poll(() => output, { timeout: limitMs }).toMatch(prompt);
      await type('$x = 42\r', prompt);
      await type('Write-Output "x is $x"\r', /x is 42[\s\S]*PS C:/);
      await type('$n = Read-Host Name\r', /Name: /);
      await type('Anna\r', prompt);
      await type('Write-Output "hello $n"\r', /hello Anna[\s\S]*PS C:/);
      await type('Write-Output "go $x"; Start-Sleep -Seconds 600\r', /go 42/);
      await type('\u0003', /Stopped\.[\s\S]*PS C:/);
      // The line before the last one, by the arrow.
      await type('\u001b[A\u001b[A\r', /hello Anna[\s\S]*PS C:/);
      child.stdin.write('exit\r');
      expect(await ended).toBe(0);
    } finally {
      child.kill('SIGKILL');
    }
  }, 90_000);
});

describe('windeck copy', () => {
  test('there and back: the same bytes, the same hash, nothing half', async () => {
    const bytes = randomBytes(500_000);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const file = join(folder, 'there.bin');
    writeFileSync(file, bytes);
    const there = await windeck(['copy', ...to(), '-format:json', file, ':C:\\Windows\\Temp\\']).ended;
    expect(there).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(there.stdout)).toEqual({ path: 'C:\\Windows\\Temp\\there.bin', bytes: 500_000, sha256 });

    const again = await windeck(['copy', ...to(), file, ':C:\\Windows\\Temp\\there.bin']).ended;
    expect(again.exitCode).toBe(1);
    expect(again.stderr).toContain('Use -force to replace it');
    expect((await windeck(['copy', ...to(), '-force', file, ':C:\\Windows\\Temp\\there.bin']).ended).exitCode).toBe(0);

    const back = join(folder, 'back.bin');
    const came = await windeck(['copy', ...to(), ':C:\\Windows\\Temp\\there.bin', back]).ended;
    expect(came).toMatchObject({ exitCode: 0 });
    expect(came.stdout).toContain(sha256);
    expect(readFileSync(back).equals(bytes)).toBe(true);
    // Not over what is there, and nothing of the attempt stays.
    const over = await windeck(['copy', ...to(), ':C:\\Windows\\Temp\\there.bin', back]).ended;
    expect(over.exitCode).not.toBe(0);
    expect(over.stderr).toContain('Use -force to replace it');
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  }, 60_000);

  test('what is not there is said, on either side, before anybody is asked', async () => {
    const here = await windeck(['copy', ...to(), join(folder, 'none'), ':C:\\a']).ended;
    expect(here.exitCode).toBe(1);
    expect(here.stderr).toContain('cannot be read (ENOENT)');
    const target = join(folder, 'never');
    const there = await windeck(['copy', ...to(), ':C:\\Windows\\Temp\\none', target]).ended;
    expect(there.exitCode).toBe(1);
    expect(there.stderr).toContain('There is no file C:\\Windows\\Temp\\none');
    expect(existsSync(target)).toBe(false);
  });
});
