/** The command language against lab machines, on real sockets. */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, type LabMachine, startLab } from '../lab/start-lab.ts';
import { child, createClient, openShell, parseXml, type Target } from '../wsman/index.ts';
import { OutputClosedError } from './run.ts';
import { type Printed, runPrinted, type TestEnvironment } from './test-environment.ts';

let lab: Lab;
let secure: Lab;
let machine: LabMachine;

beforeAll(async () => {
  [lab, secure] = await Promise.all([startLab({ machines: 1, pendingMs: 20 }), startLab({ machines: 1, https: true })]);
  machine = lab.machines[0]!;
});
afterAll(() => Promise.all([lab?.close(), secure?.close()]));
afterEach(() => lab.misbehave(machine.name, null));

const known = (m: LabMachine): TestEnvironment => ({
  signIn: async () => ({ userName: m.user, password: m.password }),
  localhostPort: m.port,
});
const run = (line: string, more: TestEnvironment = {}): Promise<Printed> =>
  runPrinted(line, { ...known(machine), ...more });

const targetOf = (m: LabMachine): Target => ({
  host: m.address,
  port: m.port,
  transport: 'http',
  path: '/wsman',
  authentication: 'negotiate',
  userName: m.user,
  password: async () => m.password,
  trusted: true,
  allowClearText: false,
  tls: { pin: null, skipNameCheck: false, skipAuthorityCheck: false },
});

/** Small envelopes, so that an enumeration takes several answers. */
const inSmallAnswers: TestEnvironment = {
  createClient: (target, options) => createClient(target, { ...options, maxEnvelopeSize: 32_768 }),
};

async function succeed(line: string): Promise<string> {
  const { exitCode, stdout, stderr } = await run(line);
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
  return stdout;
}

describe('enumerate', () => {
  test('all instances of a class, one block each', async () => {
    const blocks = (await succeed('winrm e wmicimv2/Win32_Service')).trimEnd().split('\n\n');
    expect(blocks.length).toBeGreaterThanOrEqual(150);
    for (const block of blocks) expect(block).toMatch(/^Win32_Service\n( {4}.*\n)+ {4}WaitHint = \d+$/);
  });

  test('WQL: rows of the properties asked for', async () => {
    const output = await succeed(
      `winrm enum wmicimv2/* -filter:"select Name,State from Win32_Service where Name='WinRM'"`,
    );
    expect(output).toBe('XmlFragment\n    Name = WinRM\n    State = Running\n\n');
  });

  test('selector filter', async () => {
    const output = await succeed('winrm e wmicimv2/Win32_Service -dialect:selector -filter:{Name="WinRM"} -f:xml');
    const { children } = parseXml(output);
    expect(children.map((service) => child(service, 'Name')?.text)).toEqual(['WinRM']);
  });

  test('pretty is one document, and so is an empty one', async () => {
    const all = parseXml(await succeed('winrm e wmicimv2/Win32_Service -f:pretty'));
    expect(all.local).toBe('Results');
    expect(all.children.length).toBeGreaterThanOrEqual(150);
    const none = parseXml(
      await succeed(`winrm e wmicimv2/* -filter:"select * from Win32_Service where Name='none'" -f:pretty`),
    );
    expect(none.children).toHaveLength(0);
  });

  test('a query that the machine refuses: its fault on standard error, nothing on standard output', async () => {
    const { exitCode, stdout, stderr } = await run('winrm e wmicimv2/* -filter:"selekt nothing" -f:xml');
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    const [xml] = stderr.split('\n\n');
    expect(parseXml(xml!).local).toBe('WSManFault');
    expect(stderr).toMatch(/\nError number: {2}-214410\d{4} 0x803380\w\w\n/);
  });

  test('what was printed before it broke stays one document', async () => {
    await lab.misbehave(machine.name, { kind: 'fault', code: 2150858779, action: 'Pull' });
    const { exitCode, stdout, stderr } = await run('winrm e wmicimv2/Win32_Service -f:xml', inSmallAnswers);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('0x8033801B');
    expect(parseXml(stdout).children.length).toBeGreaterThan(0);
  });

  test('a reader that goes away ends it, and the enumeration is released', async () => {
    // The test before left one at the machine, which had called it unknown.
    const before = (await lab.statistics(machine.name)).openEnumerations;
    let printed = 0;
    const stdout = async (text: string): Promise<void> => {
      if (text.includes('Win32_Service') && ++printed > 1) throw new OutputClosedError();
    };
    const reading = run('winrm e wmicimv2/Win32_Service', { ...inSmallAnswers, stdout });
    await expect(reading).rejects.toThrow(OutputClosedError);
    expect(printed).toBe(2);
    const { requests, openEnumerations } = await lab.statistics(machine.name);
    const releases = Object.entries(requests).filter(([action]) => action.endsWith('/Release'));
    expect(releases.map(([, count]) => count)).toEqual([1]);
    expect(openEnumerations).toBe(before);
  });
});

describe('shells', () => {
  test('are listed in the lines in which winrm is recorded to list them', async () => {
    const client = createClient(targetOf(machine));
    try {
      const shell = await openShell(client);
      const listed = await succeed('winrm e shell');
      const names = (block: string): string[] => [...block.matchAll(/^( *\w+)/gm)].map(([, name]) => name!);
      const [recorded] = readFileSync(new URL('fixtures/shells.txt', import.meta.url), 'utf8').split('\n\n');
      const known = new Set(names(recorded!));
      // Windows of today says more of a shell than that of the recording; what both say stands alike.
      expect(names(listed).filter((name) => known.has(name))).toEqual(names(recorded!));
      expect(listed).toMatch(new RegExp(`^Shell\n {4}ShellId = ${shell.shellId}\n`));
      expect(listed).toMatch(
        /^ {4}ResourceUri = http:\/\/schemas\.microsoft\.com\/wbem\/wsman\/1\/windows\/shell\/cmd$/m,
      );
      expect(listed).toMatch(/^ {4}OutputStreams = stdout stderr$/m);
      expect(listed).toMatch(/^ {4}ShellRunTime = P0DT0H0M\d+S$/m);
      await shell.close();
      expect(await succeed('winrm e shell')).toBe('');
    } finally {
      client.close();
    }
  });
});

describe('invoke', () => {
  const startMode = async (): Promise<string> =>
    succeed('winrm g wmicimv2/Win32_Service?Name=Spooler -fragment:StartMode');

  test('input reaches the method', async () => {
    for (const mode of ['Disabled', 'Automatic']) {
      const line = `winrm invoke ChangeStartMode wmicimv2/Win32_Service?Name=Spooler @{StartMode="${mode}"}`;
      expect(await succeed(line)).toBe('ChangeStartMode_OUTPUT\n    ReturnValue = 0\n\n');
      expect(await startMode()).toContain(`StartMode = ${mode === 'Automatic' ? 'Auto' : mode}`);
    }
  });

  test('a full action URI is the same method', async () => {
    const uri = 'http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/Win32_Service';
    const { exitCode, stdout, stderr } = await run(`winrm i ${uri}/StartService ${uri}?Name=WinRM @{} -f:pretty`);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^<p:StartService_OUTPUT [^>]*>\n {4}<p:ReturnValue>10<\/p:ReturnValue>\n<\/p:StartService_OUTPUT>\n$/,
    );
    expect(stderr).toBe('StartService returned 10: the service is already running.\n');
  });

  test('a lost answer is not sent again, and said to be in doubt', async () => {
    const before = (await lab.statistics(machine.name)).executed['Win32_Service.StopService'] ?? 0;
    await lab.misbehave(machine.name, { kind: 'drop-after', action: 'StopService' });
    const { exitCode, stderr } = await run('winrm invoke StopService wmicimv2/Win32_Service?Name=W32Time');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/Advice: It may have been done/);
    expect((await lab.statistics(machine.name)).executed['Win32_Service.StopService']).toBe(before + 1);
  });

  test('an unknown method', async () => {
    const { exitCode, stdout, stderr } = await run('winrm invoke Explode wmicimv2/Win32_Service?Name=W32Time');
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/Error number: {2}-\d+ 0x80/);
  });
});

describe('id', () => {
  test('without -u nobody signs in, and that is said', async () => {
    const { exitCode, stdout, stderr } = await run('winrm id', { signIn: async () => null });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/ProductVersion = OS: 0\.0\.0 SP: 0\.0 Stack: \d\.\d/);
    expect(stderr).toMatch(/^Note: asked without signing in/);
    const wanted = await run(`winrm id -r:127.0.0.1:${machine.port} -auth:none`);
    expect({ ...wanted, stdout: '' }).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(wanted.stdout).toBe(stdout);
  });

  test('over IPv6, and by name', async () => {
    for (const host of ['[::1]', 'localhost']) {
      const { exitCode, stdout } = await run(
        `winrm id -r:http://${host}:${machine.port} -u:${machine.user} -p:"${machine.password}"`,
      );
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/OS: \d\d\.\d/);
    }
  });
});

describe('failures', () => {
  test('a wrong password: 1, in words, and the password nowhere', async () => {
    const secret = 'N0t-The-Passw0rd';
    for (const format of ['text', 'xml', 'pretty']) {
      const { exitCode, stdout, stderr } = await run(
        `winrm get winrm/config -u:${machine.user} -p:${secret} -f:${format}`,
      );
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
      expect(stderr).toContain('Error number:  -2147023570 0x8007052E');
      expect(stderr).not.toContain(secret);
    }
  });

  test('an instance that is not there, a class without its key', async () => {
    const missing = await run('winrm get wmicimv2/Win32_Service?Name=Nothing');
    expect(missing).toMatchObject({ exitCode: 1, stdout: '' });
    expect(missing.stderr).toContain('0x80338000');
    const keyless = await run('winrm get wmicimv2/Win32_Service');
    expect(keyless).toMatchObject({ exitCode: 1, stdout: '' });
    expect(keyless.stderr).toContain('0x803380FA');
    expect(keyless.stderr).toMatch(/Advice: Name the instance/);
  });

  test('nobody listening', async () => {
    const { exitCode, stderr } = await run('winrm id -r:127.0.0.1:1');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('Error number:  -2144108526 0x80338012');
  });

  test('Ctrl-C reaches the socket and ends with 130', async () => {
    await lab.misbehave(machine.name, { kind: 'silence', action: 'Get' });
    const cancellation = new AbortController();
    const running = run('winrm get winrm/config', { signal: cancellation.signal });
    const asked = async (): Promise<number> => (await lab.statistics(machine.name)).openConnections;
    await expect.poll(asked, { timeout: 5_000, interval: 25 }).toBeGreaterThan(0);
    cancellation.abort();
    expect(await running).toEqual({ exitCode: 130, stdout: '', stderr: 'Cancelled.\n' });
    await expect.poll(asked, { timeout: 5_000, interval: 25 }).toBe(0);
  });

  test('-timeout bounds the wait', async () => {
    await lab.misbehave(machine.name, { kind: 'silence', action: 'Get' });
    const { exitCode, stderr } = await run('winrm get winrm/config -timeout:50');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('0x80338126');
  }, 30_000);
});

describe('HTTPS and Basic', () => {
  const there = (): LabMachine => secure.machines[0]!;
  const line = (switches: string): string =>
    `winrm get wmicimv2/Win32_Service?Name=WinRM -r:localhost:${there().port} -u:${there().user} -p:"${there().password}" -usessl ${switches}`;

  test('an unknown authority is refused before a byte of HTTP, its certificate shown', async () => {
    const { exitCode, stdout, stderr } = await runPrinted(line(''));
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain('0x80072F8F');
    expect(stderr).toMatch(/-skipCAcheck.*SHA-256 [0-9A-F]{64}/);
    expect((await secure.statistics(there().name)).requests).toEqual({});
  });

  test('-skipCAcheck and -skipCNcheck accept it for this command; NTLM and Basic inside TLS', async () => {
    for (const scheme of ['negotiate', 'basic']) {
      const { exitCode, stdout, stderr } = await runPrinted(line(`-skipCAcheck -skipCNcheck -a:${scheme}`));
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(stdout).toContain('    State = Running\n');
    }
  });
});
