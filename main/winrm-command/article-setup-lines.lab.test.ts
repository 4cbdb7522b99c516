/**
 * The other lines of that article, as printed: those that set WinRM up, and those of winrs. The ones that are commands of Windows itself run
 * there, as winrs runs them.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, type LabMachine, startLab } from '../lab/start-lab.ts';
import { createClient } from '../wsman/index.ts';
import { runPrinted } from './test-environment.ts';
import { parseWinrsLine } from './winrs-parse.ts';
import { executeWinrs } from './winrs-run.ts';

const lines = readFileSync(new URL('fixtures/article-setup-lines.txt', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n');
const placeholder = /<some computer>|(?<=-r:)machinename/;

let lab: Lab;
let secure: Lab;
/** 0: for everything. 1: whose settings are put back. */
let machines: readonly LabMachine[];
beforeAll(async () => {
  [lab, secure] = await Promise.all([
    startLab({ machines: 2, stacks: ['3.0'], pendingMs: 20 }),
    startLab({ machines: 1, https: true, stacks: ['3.0'] }),
  ]);
  machines = [...lab.machines, ...secure.machines];
});
afterAll(() => Promise.all([lab?.close(), secure?.close()]));

const signIn = (machine: LabMachine) => async () => ({ userName: machine.user, password: machine.password });

/** A line of winrm; without -r it goes to that machine as if it were this computer. */
async function winrm(line: string, machine = machines[0]!, answers: readonly string[] = []): Promise<string> {
  const left = [...answers];
  const { exitCode, stdout, stderr } = await runPrinted(
    line.replace(placeholder, `${machine.address}:${machine.port}`),
    {
      localhostPort: machine.port,
      signIn: signIn(machine),
      ask: async () => left.shift() ?? null,
    },
  );
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return stdout;
}

async function winrs(line: string): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const machine = machines[0]!;
  const printed = { stdout: '', stderr: '' };
  const exitCode = await executeWinrs(
    () => parseWinrsLine(line.replace(placeholder, `${machine.address}:${machine.port}`)),
    {
      version: '0.0.0-test',
      createClient,
      stdout: async (text) => {
        printed.stdout += text;
      },
      stderr: async (text) => {
        printed.stderr += text;
      },
      ask: async () => null,
      readPasswordLine: async () => '',
      readFile: async () => new Uint8Array(),
      signIn: signIn(machine),
      warnOfVisiblePassword: false,
      standardInput: () => null,
      isInteractive: false,
      isTerminal: { stdout: false, stderr: false },
      onInterrupt: () => () => {},
      cancel: () => {},
    },
  );
  return { exitCode, ...printed };
}

/** A command of Windows, on that machine; cmd.exe has no typographic quotation marks. */
const there = (command: string) => winrs(`winrs -r:machinename ${command.replace(/[“”]/g, '"')}`);

async function expectSetUp(line: string): Promise<void> {
  expect(await winrm(line)).toBe(
    'The WinRM service is running and starts by itself.\nWinRM is set up for remote management over HTTP.\n',
  );
}

const checks: Record<string, (line: string) => Promise<void>> = {
  'winrs -r:machinename dir': async (line) => {
    const { exitCode, stdout, stderr } = await winrs(line);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/Directory of C:\\Users\\Administrator\r\n/);
    expect(stdout).toMatch(/names\.txt\r\n/);
  },
  'winrs -r:machinename msiexec.exe /i c:\\install.msi /quiet': async (line) => {
    // Seconds of silence, and then its exit code.
    expect(await winrs(line)).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  },
  'winrs -r:<some computer> ipconfig /all': async (line) => {
    const { exitCode, stdout } = await winrs(line);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/Windows IP Configuration/);
    expect(stdout).toContain(machines[0]!.name);
  },
  'winrm quickconfig': expectSetUp,
  'winrm qc': expectSetUp,
  'winrm QuickConfig': expectSetUp,
  'sc config “WinRM” start= auto': async (line) => {
    const mode = () => winrm('winrm g wmicimv2/Win32_Service?Name=WinRM -fragment:StartMode');
    await winrm('winrm i ChangeStartMode wmicimv2/Win32_Service?Name=WinRM @{StartMode="Manual"}');
    expect(await mode()).toContain('StartMode = Manual');
    // Its own quickconfig sees that, asks, and would change it.
    const analysis = await winrm('winrm qc', machines[0]!, ['y']);
    expect(analysis).toMatch(/needs these changes:\n\n.+\n/);
    expect(await mode()).toContain('StartMode = Auto');
    await winrm('winrm i ChangeStartMode wmicimv2/Win32_Service?Name=WinRM @{StartMode="Manual"}');
    expect(await there(line)).toMatchObject({ exitCode: 0 });
    expect(await mode()).toContain('StartMode = Auto');
  },
  'net start WinRM': async (line) => {
    const { exitCode, stderr } = await there(line);
    // It runs, or nobody could have asked.
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/already been started/);
  },
  'winrm create winrm/config/listener?Address=*+Transport=HTTP': async (line) => {
    const https = machines[2]!;
    const over = `-r:https://${https.address}:${https.port} -skipCAcheck -skipCNcheck`;
    expect(await winrm(`winrm e winrm/config/listener ${over}`, https)).not.toContain('Transport = HTTP\n');
    expect(await winrm(`${line} ${over}`, https)).toBe(
      [
        'ResourceCreated',
        `    Address = https://${https.name}:${https.port}/wsman`,
        '    ReferenceParameters',
        '        ResourceURI = http://schemas.microsoft.com/wbem/wsman/1/config/listener',
        '        SelectorSet',
        '            Selector: Address = *, Transport = HTTP',
        '',
        '',
      ].join('\n'),
    );
    expect(await winrm(`winrm e winrm/config/listener ${over}`, https)).toContain('Transport = HTTP\n');
  },
  'winrm invoke Restore winrm/Config @{}': async (line) => {
    const other = machines[1]!;
    const timeout = () => winrm('winrm get winrm/config', other);
    await winrm('winrm set winrm/config @{MaxTimeoutms="50000"}', other);
    expect(await timeout()).toContain('MaxTimeoutms = 50000');
    expect(await winrm(line, other)).toMatch(/^Restore_OUTPUT\n/);
    expect(await timeout()).toContain('MaxTimeoutms = 60000');
  },
};

describe('the lines of the article that set up and run', () => {
  test('the file holds ten of them, and each has a check', () => {
    expect(lines).toHaveLength(10);
    for (const line of lines) expect(checks, line).toHaveProperty([line]);
  });

  for (const [n, line] of lines.entries()) test(`${n + 1}: ${line}`, () => checks[line]!(line), 40_000);
});
