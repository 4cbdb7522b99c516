/**
 * Every line about id, get, enumerate and invoke of the article that this program starts from, as printed there, against a lab machine.
 * Only the placeholders are replaced, by the machine's address; lines without -r go to localhost, whose port is the lab's here.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, startLab } from '../lab/start-lab.ts';
import { parseXml, type XmlElement } from '../wsman/index.ts';
import { type Printed, runPrinted } from './test-environment.ts';

const lines = readFileSync(new URL('fixtures/article-lines.txt', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n');
const placeholder = /<some (?:machine|computer)>|(?<=-r:)machinename|(?<=–r:)machinename/g;

let lab: Lab;
/** What PowerShell's variables hold after the lines that set them. */
const variables = new Map<string, XmlElement>();

beforeAll(async () => {
  lab = await startLab({ machines: 1, pendingMs: 20, goingDownMs: 50, downMs: 300 });
});
afterAll(() => lab?.close());

function run(line: string): Promise<Printed> {
  const machine = lab.machines[0]!;
  return runPrinted(line.replaceAll(placeholder, `${machine.address}:${machine.port}`), {
    localhostPort: machine.port,
    signIn: async () => ({ userName: machine.user, password: machine.password }),
  });
}

/** Runs a line that is expected to do what it says, and returns its output. */
async function succeed(line: string): Promise<string> {
  const { exitCode, stdout, stderr } = await run(line);
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
  return stdout;
}

/** `name = value` lines of text output, by the path of names. */
function values(text: string): Map<string, string> {
  const path: string[] = [];
  const found = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^((?: {4})*)([\w]+)(?: = (.*?))?(?: \[Source="\w+"\])?$/.exec(line);
    if (match === null) continue;
    path.splice(match[1]!.length / 4, path.length, match[2]!);
    if (match[3] !== undefined) found.set(path.join('.'), match[3]);
  }
  return found;
}

async function expectIdentity(line: string): Promise<void> {
  const identity = values(await succeed(line));
  expect(identity.get('IdentifyResponse.ProductVendor')).toBe('Microsoft Corporation');
  // Signed in: the real version of Windows, not zeros.
  expect(identity.get('IdentifyResponse.ProductVersion')).toMatch(
    /^OS: (?!0\.0\.0)\d+\.\d+\.\d+ SP: \d+\.\d+ Stack: \d\.\d$/,
  );
}

async function expectConfig(line: string): Promise<void> {
  const config = values(await succeed(line));
  expect(Number(config.get('Config.MaxEnvelopeSizekb'))).toBeGreaterThan(0);
  expect(config.get('Config.Service.Auth.Negotiate')).toBe('true');
  expect(config.get('Config.Client.DefaultPorts.HTTP')).toMatch(/^\d+$/);
  expect(config.get('Config.Winrs.AllowRemoteShellAccess')).toMatch(/^(true|false)$/);
}

async function expectListener(line: string): Promise<void> {
  const listener = values(await succeed(line));
  expect(listener.get('Listener.Address')).toBe('*');
  expect(listener.get('Listener.Transport')).toBe('HTTP');
  expect(listener.get('Listener.ListeningOn')).toMatch(/^[\w.:%]+(, [\w.:%]+)*$/);
}

async function expectWinrmService(line: string): Promise<void> {
  const service = values(await succeed(line));
  expect(service.get('Win32_Service.Name')).toBe('WinRM');
  expect(service.get('Win32_Service.State')).toBe('Running');
}

async function expectOperatingSystem(line: string): Promise<void> {
  const system = values(await succeed(line));
  expect(system.get('Win32_OperatingSystem.Caption')).toMatch(/Windows/);
  expect(system.get('Win32_OperatingSystem.LastBootUpTime.Datetime')).toMatch(/^\d{4}-\d\d-\d\dT/);
}

async function expectReturnValue(line: string, root: string): Promise<void> {
  expect(await succeed(line)).toBe(`${root}\n    ReturnValue = 0\n\n`);
}

/** PowerShell walks XML by name and minds no case. */
function walk(expression: string): string {
  const [variable, ...names] = expression.split('.');
  let elements = [variables.get(variable!)!];
  for (const [depth, name] of names.entries()) {
    elements = (depth === 0 ? elements : elements.flatMap((e) => e.children)).filter(
      (e) => e.local.toLowerCase() === name.toLowerCase(),
    );
  }
  expect(elements, expression).toHaveLength(1);
  return elements[0]!.text;
}

async function setVariable(line: string): Promise<XmlElement> {
  const match = /^\[xml\](\$\w+) = (?:cmd \/c “(.*)”|(.*))$/.exec(line)!;
  const root = parseXml(await succeed(match[2] ?? match[3]!));
  variables.set(match[1]!, root);
  return root;
}

const checks: Record<string, (line: string) => Promise<void>> = {
  'Winrm id': expectIdentity,
  'Winrm id –r:machinename': expectIdentity,
  'winrm id -remote:<some machine>': expectIdentity,
  'winrm e winrm/config/listener': expectListener,
  'winrm get winrm/config': expectConfig,
  'winrm get winrm/config -r:machinename': expectConfig,
  'winrm get winrm/Config -r:<some machine>': expectConfig,
  'winrm get wmicimv2/Win32_Service?Name=WinRM': expectWinrmService,
  'winrm get wmicimv2/Win32_Service?Name=WinRM -r:machinename': expectWinrmService,
  'winrm get wmi/root/cimv2/Win32_Service?Name=WinRM': expectWinrmService,
  'winrm get wmicimv2/Win32_OperatingSystem': expectOperatingSystem,
  'winrm enumerate wmicimv2/Win32_ComputerSystem': async (line) => {
    const computer = values(await succeed(line));
    expect(computer.get('Win32_ComputerSystem.Name')).toBe(lab.machines[0]!.name);
    expect(computer.get('Win32_ComputerSystem.TotalPhysicalMemory')).toMatch(/^\d{9,}$/);
  },
  'winrm get wmicimv2/Win32_OperatingSystem -format:pretty': async (line) => {
    const output = await succeed(line);
    expect(parseXml(output).local).toBe('Win32_OperatingSystem');
    expect(output).toMatch(/^ {4}<p:Caption>/m);
  },
  'winrm g wmicimv2/Win32_Processor?DeviceID=CPU0 -fragment:LoadPercentage -r:<some computer>': async (line) => {
    const load = /^XmlFragment\n {4}LoadPercentage = (\d+)\n\n$/.exec(await succeed(line))?.[1];
    expect(Number(load)).toBeGreaterThanOrEqual(0);
    expect(Number(load)).toBeLessThanOrEqual(100);
  },
  'winrm g wmicimv2/Win32_OperatingSystem -fragment:FreePhysicalMemory -r:<some computer>': async (line) => {
    expect(await succeed(line)).toMatch(/^XmlFragment\n {4}FreePhysicalMemory = [1-9]\d+\n\n$/);
  },
  'winrm invoke stopservice wmicimv2/Win32_Service?name=w32time -r:<some computer>': async (line) => {
    await settle('Running', 'start');
    await expectReturnValue(line, 'StopService_OUTPUT');
    await settle('Stopped');
  },
  'winrm invoke startservice wmicimv2/Win32_Service?name=w32time -r:<some computer>': async (line) => {
    await settle('Stopped', 'stop');
    await expectReturnValue(line, 'StartService_OUTPUT');
    await settle('Running');
  },
  'winrm invoke StartService wmicimv2/Win32_Service?Name=WinRM -r:machinename @{}': async (line) => {
    const { exitCode, stdout, stderr } = await run(line);
    expect(stdout).toBe('StartService_OUTPUT\n    ReturnValue = 10\n\n');
    expect(stderr).toBe('StartService returned 10: the service is already running.\n');
    expect(exitCode).toBe(0);
  },
  'winrm invoke reboot wmicimv2/Win32_OperatingSystem -r:<some computer>': async (line) => {
    const before = await bootTime();
    await expectReturnValue(line, 'Reboot_OUTPUT');
    expect(before).not.toBeNull();
    const rebooted = async (): Promise<boolean> => ![null, before].includes(await bootTime());
    await expect.poll(rebooted, { timeout: 15_000, interval: 100 }).toBe(true);
  },
  '[xml]$osInfo = winrm get wmicimv2/Win32_OperatingSystem /format:pretty': async (line) => {
    expect((await setVariable(line)).local).toBe('Win32_OperatingSystem');
  },
  '$osInfo.Win32_OperatingSystem.Version': async (line) => {
    expect(walk(line)).toMatch(/^\d+\.\d+\.\d+$/);
  },
  '$osInfo.Win32_OperatingSystem.LastBootupTime.DateTime': async (line) => {
    expect(Date.parse(walk(line))).toBeLessThan(Date.now());
  },
  '[xml]$freemem = cmd /c “winrm get wmicimv2/Win32_OperatingSystem -fragment:FreePhysicalMemory -f:pretty -r:<some computer>”':
    async (line) => {
      expect((await setVariable(line)).local).toBe('XmlFragment');
    },
  '$freemem.XMLFragment.FreePhysicalMemory': async (line) => {
    expect(walk(line)).toMatch(/^[1-9]\d+$/);
  },
  // The page that printed it lost the URI: what is left is refused with the reason.
  'winrm get': async (line) => {
    const { exitCode, stdout, stderr } = await run(line);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/needs a resource URI/);
  },
};

const stateOfTime = async (): Promise<string | undefined> =>
  values((await run('winrm get wmicimv2/Win32_Service?Name=W32Time')).stdout).get('Win32_Service.State');

/** Waits for the state; where a method is named, asks for it first unless the service is there already. */
async function settle(state: 'Running' | 'Stopped', method?: 'start' | 'stop'): Promise<void> {
  if (method !== undefined && (await stateOfTime()) !== state)
    await run(`winrm invoke ${method}service wmicimv2/Win32_Service?Name=W32Time`);
  await expect.poll(stateOfTime, { timeout: 10_000, interval: 25 }).toBe(state);
}

/** Null while the machine is down. */
async function bootTime(): Promise<string | null> {
  const { exitCode, stdout } = await run('winrm get wmicimv2/Win32_OperatingSystem -timeout:2000');
  return exitCode === 0 ? (values(stdout).get('Win32_OperatingSystem.LastBootUpTime.Datetime') ?? null) : null;
}

describe('the lines of the article', () => {
  test('the file holds 26 of them, and each has a check', () => {
    expect(lines).toHaveLength(26);
    for (const line of lines) expect(checks, line).toHaveProperty([line]);
  });

  for (const [n, line] of lines.entries()) {
    test(`${n + 1}: ${line}`, () => checks[line]!(line), 30_000);
  }
});
