/** Remote shells of the client against the lab, over sealed sessions on real sockets. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { labTarget } from '../lab/lab-target.ts';
import { type Lab, type LabMachine, startLab } from '../lab/start-lab.ts';
import { createClient, type WSManClient } from './client.ts';
import { collectOutput } from './collect-output.ts';
import { CancelledError, OutcomeUnknownError, type WSManFault } from './errors.ts';
import { actions, ns, resourceUris, wmi } from './namespaces.ts';
import { commandsPerShell, createRecycledShell } from './recycled-shell.ts';
import { openShell, type RunningCommand, type Shell, type ShellOptions } from './shell.ts';
import { shellActions } from './shell-messages.ts';
import { childText } from './xml.ts';

let lab: Lab;
/** Of the current generation, and a Windows Server 2008 R2. */
let machine: LabMachine;
let old: LabMachine;
const opened: { close(): unknown }[] = [];

beforeAll(async () => {
  lab = await startLab({ machines: 7, pendingMs: 50 });
  machine = lab.machines[0]!;
  old = lab.machines[6]!;
});
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
  await lab.misbehave(machine.name, null);
  expect(await shellCount(machine)).toBe(0);
});
afterAll(() => lab?.close());

const newClient = (of: LabMachine): WSManClient => createClient(labTarget(of));

function clientOf(of: LabMachine = machine): WSManClient {
  const client = newClient(of);
  opened.push(client);
  return client;
}

async function open(client: WSManClient, options: ShellOptions = {}): Promise<Shell> {
  const shell = await openShell(client, { codePage: 65001, ...options });
  opened.push(shell);
  return shell;
}

/** As somebody else sees it. */
async function look<T>(of: LabMachine, work: (client: WSManClient) => Promise<T>): Promise<T> {
  const client = newClient(of);
  try {
    return await work(client);
  } finally {
    client.close();
  }
}
const shellCount = (of: LabMachine): Promise<number> =>
  look(of, async (client) => (await client.enumerateAll({ resourceUri: resourceUris.shell })).length);
const processNames = (of: LabMachine): Promise<string[]> =>
  look(of, async (client) =>
    (await client.enumerateAll({ resourceUri: wmi('Win32_Process') })).map((row) => childText(row, 'Name') ?? ''),
  );
const requests = async (of: LabMachine, action: string): Promise<number> =>
  (await lab.statistics(of.name)).requests[action] ?? 0;

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end; ) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('It did not come about within 10 s.');
}

async function readUntil(running: RunningCommand, text: string): Promise<string> {
  const iterator = running[Symbol.asyncIterator]();
  let seen = '';
  while (!seen.includes(text)) {
    const { value, done } = await iterator.next();
    if (done) throw new Error(`It ended before "${text}": ${seen}`);
    seen += Buffer.from(value.bytes).toString();
  }
  return seen;
}

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

describe('commands', () => {
  test('output, errors and exit codes are kept apart', async () => {
    const shell = await open(clientOf());
    const run = async (line: string) => collectOutput(await shell.run(line));
    expect(await run('hostname')).toEqual({ exitCode: 0, stdout: `${machine.name}\r\n`, stderr: '' });
    expect(await run('nosuchcommand /x')).toEqual({
      exitCode: 1,
      stdout: '',
      stderr:
        "'nosuchcommand' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n",
    });
    expect(await run('echo out && echo err>&2 && exit 7')).toEqual({
      exitCode: 7,
      stdout: 'out \r\n',
      stderr: 'err \r\n',
    });
    // Unsigned on the wire.
    expect((await run('exit -1073741510')).exitCode).toBe(-1073741510);
  });

  test('environment, working directory and arguments', async () => {
    const shell = await open(clientOf(), {
      environment: [['GREETING', 'Grüß Gott & <"bye">']],
      workingDirectory: 'C:\\Windows',
    });
    const { stdout } = await collectOutput(await shell.run('set', ['GREETING']));
    expect(stdout).toBe('GREETING=Grüß Gott & <"bye">\r\n');
    expect((await collectOutput(await shell.run('cd'))).stdout).toBe('C:\\Windows\r\n');
  });

  test.each([
    [65001, 'Zoë Müller-Straße\r\nŁukasz Żółć\r\n日本 太郎\r\nΑλέξης\r\n'],
    [850, 'Zoë Müller-Straße\r\n?ukasz ?ó??\r\n?? ??\r\n??????\r\n'],
    [437, 'Zoë Müller-Straße\r\n?ukasz ?ó??\r\n?? ??\r\n??????\r\n'],
    [932, 'Zo? M?ller-Stra?e\r\n?ukasz ????\r\n日本 太郎\r\nΑλ?ξη?\r\n'],
  ])('code page %i', async (codePage, expected) => {
    const shell = await open(clientOf(), { codePage });
    const { stdout } = await collectOutput(await shell.run('type names.txt'), codePage);
    expect(stdout).toBe(expected);
  });

  test('services started by net are those of Win32_Service', async () => {
    const client = clientOf();
    const shell = await open(client);
    const state = async () =>
      childText(await client.get({ resourceUri: wmi('Win32_Service'), selectors: [['Name', 'Spooler']] }), 'State');
    expect(await collectOutput(await shell.run('net stop spooler'))).toMatchObject({ exitCode: 0 });
    expect(await state()).toBe('Stopped');
    expect((await collectOutput(await shell.run('sc query Spooler'))).stdout).toContain(': 1  STOPPED');
    const started = await collectOutput(await shell.run('net start "Print Spooler"'));
    expect(started.stdout).toContain('The Print Spooler service was started successfully.');
    expect(await state()).toBe('Running');
    expect((await collectOutput(await shell.run('net start spooler'))).exitCode).toBe(2);
  });
});

describe('standard input', () => {
  test('to `more`, piece by piece, then its end', async () => {
    const shell = await open(clientOf());
    const result = await collectOutput(await shell.run('more', [], { stdin: pieces('one\r\n', 'zwei ü\r\n') }));
    expect(result).toEqual({ exitCode: 0, stdout: 'one\r\nzwei ü\r\n', stderr: '' });
  });

  test('more than one message holds', async () => {
    const shell = await open(clientOf());
    const text = 'x'.repeat(400_000);
    const result = await collectOutput(await shell.run('more', [], { stdin: pieces(text) }));
    expect(result.stdout.length).toBe(text.length);
    expect(result.stdout).toBe(text);
  });

  test('an answer to a question, while output is awaited', async () => {
    const shell = await open(clientOf());
    const running = await shell.run('net stop LanmanWorkstation');
    const question = readUntil(running, '[N]: ');
    expect(await question).toContain('are dependent on');
    await running.send(Buffer.from('n\r\n'));
    const { exitCode, stderr } = await collectOutput(running);
    expect([exitCode, stderr]).toEqual([2, '\r\nNo valid response was provided.\r\n']);
  });

  test('a program that ends without reading it is no failure', async () => {
    const shell = await open(clientOf());
    const endless = (async function* () {
      for (;;) yield Buffer.alloc(1000, 0x41);
    })();
    const result = await collectOutput(await shell.run('hostname', [], { stdin: endless }));
    expect(result).toEqual({ exitCode: 0, stdout: `${machine.name}\r\n`, stderr: '' });
  });
});

describe('waiting', () => {
  test('a long silent installation outlives several Receives that have nothing to say', async () => {
    const shell = await open(clientOf(), { timeoutMs: 300 });
    const before = await requests(machine, shellActions.receive);
    const running = await shell.run('msiexec /i C:\\Setup\\agent.msi /quiet LABDURATION=2600 LABEXIT=3010');
    expect(await collectOutput(running)).toEqual({ exitCode: 3010, stdout: '', stderr: '' });
    expect((await requests(machine, shellActions.receive)) - before).toBeGreaterThanOrEqual(4);
  });

  test('nothing is received that nobody asks for, so the program waits', async () => {
    const shell = await open(clientOf());
    const before = await requests(machine, shellActions.receive);
    const running = await shell.run('type C:\\Setup\\large.txt');
    const iterator = running[Symbol.asyncIterator]();
    await iterator.next();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await requests(machine, shellActions.receive)) - before).toBe(1);
    // The program is still at it: it has not been able to write all of its 64 MiB.
    expect(await processNames(machine)).toContain('cmd.exe');
    await iterator.return?.();
    await expect(running.exitCode).rejects.toBeInstanceOf(CancelledError);
    await until(async () => !(await processNames(machine)).includes('cmd.exe'));
  });

  test('two shells, and other calls beside their Receives', async () => {
    const client = clientOf();
    const [one, two] = [await open(client), await open(client)];
    expect(one.shellId).not.toBe(two.shellId);
    const running = [await one.run('ping -n 3 localhost'), await two.run('ping -n 3 localhost')];
    const outputs = Promise.all(running.map((each) => collectOutput(each)));
    // Both wait at the target meanwhile; there is a connection left for this.
    expect(childText(await client.get({ resourceUri: wmi('Win32_OperatingSystem') }), 'CSName')).toBe(machine.name);
    expect((await shellCount(machine)).valueOf()).toBe(2);
    for (const { exitCode, stdout } of await outputs) {
      expect(exitCode).toBe(0);
      expect(stdout).toContain('Packets: Sent = 3, Received = 3');
    }
  });
});

describe('ending', () => {
  test('ctrl_c ends ping, which still says what it has seen', async () => {
    const shell = await open(clientOf());
    const running = await shell.run('ping -t localhost');
    await readUntil(running, 'Reply from 127.0.0.1');
    await running.signal('ctrl_c');
    const { exitCode, stdout } = await collectOutput(running);
    expect(stdout).toContain('Ping statistics for 127.0.0.1');
    expect(exitCode).toBe(0xc000013a | 0);
  });

  test('an aborted command is terminated, and its shell goes on', async () => {
    const shell = await open(clientOf());
    const abort = new AbortController();
    const running = await shell.run('ping -t localhost', [], { signal: abort.signal });
    const collecting = collectOutput(running);
    setTimeout(() => abort.abort(), 100);
    await expect(collecting).rejects.toBeInstanceOf(CancelledError);
    await expect(running.exitCode).rejects.toBeInstanceOf(CancelledError);
    await until(async () => !(await processNames(machine)).includes('ping.exe'));
    expect((await collectOutput(await shell.run('hostname'))).stdout).toBe(`${machine.name}\r\n`);
  });

  test('what runs in a shell dies with it; the reader is told', async () => {
    const client = clientOf();
    const shell = await open(client);
    const running = await shell.run('ping -t localhost');
    await readUntil(running, 'Reply from');
    expect(await processNames(machine)).toEqual(expect.arrayContaining(['ping.exe', 'cmd.exe', 'WinrsHost.exe']));
    const rest = collectOutput(running).catch((error: unknown) => error);
    await shell.close();
    expect(await rest).toBeInstanceOf(CancelledError);
    expect(await shellCount(machine)).toBe(0);
    const left = await processNames(machine);
    for (const name of ['ping.exe', 'cmd.exe', 'WinrsHost.exe']) expect(left).not.toContain(name);
  });

  test('somebody else deletes the shell: the Receive that waits fails with 995', async () => {
    const shell = await open(clientOf());
    const running = await shell.run('ping -t localhost');
    await readUntil(running, 'Reply from');
    const rest = collectOutput(running).catch((error: unknown) => error);
    await look(machine, (other) =>
      other.delete({ resourceUri: shell.resourceUri, selectors: [['ShellId', shell.shellId]] }),
    );
    expect(((await rest) as WSManFault).fields.wsmanCode).toBe(995);
    const gone = await shell.run('hostname').catch((error: unknown) => error);
    expect((gone as WSManFault).fields).toMatchObject({ wsmanCode: 2150858843, subcode: 'InvalidSelectors' });
  });

  test('opening that is aborted leaves no shell behind', async () => {
    await lab.misbehave(machine.name, { kind: 'latency', milliseconds: 300, action: 'Create' });
    const abort = new AbortController();
    const opening = openShell(clientOf(), { signal: abort.signal });
    const created = requests(machine, actions.create);
    setTimeout(() => abort.abort(), 50);
    await expect(opening).rejects.toBeInstanceOf(CancelledError);
    expect(await requests(machine, actions.create)).toBe((await created) + 1);
    expect(await shellCount(machine)).toBe(0);
  });

  test('a shell nobody uses is ended by its idle time-out', async () => {
    const client = clientOf();
    const shell = await openShell(client, { idleTimeoutMs: 2000 });
    expect(await shellCount(machine)).toBe(1);
    await until(async () => (await shellCount(machine)) === 0);
    await shell.close();
  });
});

describe('a Command is never sent twice', () => {
  test.each(['drop-before', 'drop-after', 'reset-mid-body'] as const)('%s', async (kind) => {
    const shell = await open(clientOf());
    // On a connection that was used before, which is where a second try would be tempting.
    await collectOutput(await shell.run('hostname'));
    const before = await requests(machine, shellActions.command);
    await lab.misbehave(machine.name, { kind, action: 'Command' });
    await expect(shell.run('net stop spooler')).rejects.toBeInstanceOf(OutcomeUnknownError);
    await lab.misbehave(machine.name, null);
    expect((await requests(machine, shellActions.command)) - before).toBe(kind === 'drop-before' ? 0 : 1);
  });
});

test('a lost answer to a Receive is an unknown outcome, and not asked for again', async () => {
  const shell = await open(clientOf());
  const running = await shell.run('ping -n 3 localhost');
  await readUntil(running, 'Reply from');
  const before = await requests(machine, shellActions.receive);
  await lab.misbehave(machine.name, { kind: 'drop-after', action: 'Receive' });
  await expect(collectOutput(running)).rejects.toBeInstanceOf(OutcomeUnknownError);
  await expect(running.exitCode).rejects.toBeInstanceOf(OutcomeUnknownError);
  expect((await requests(machine, shellActions.receive)) - before).toBe(1);
});

test('standard input that cannot be sent ends the command with that error', async () => {
  const shell = await open(clientOf());
  await lab.misbehave(machine.name, { kind: 'fault', code: 2150858790, action: 'Send' });
  const running = await shell.run('more', [], { stdin: pieces('lost') });
  const failure = await collectOutput(running).catch((error: unknown) => error);
  expect((failure as WSManFault).fields.wsmanCode).toBe(2150858790);
  await until(async () => !(await processNames(machine)).includes('more.com'));
});

describe('limits', () => {
  test('a user has so many shells and no more: 2150859173', async () => {
    const client = clientOf(old);
    const shells = [];
    for (let count = 0; count < 5; count++) shells.push(await openShell(client));
    const refused = await openShell(client).catch((error: unknown) => error);
    expect((refused as WSManFault).fields.wsmanCode).toBe(2150859173);
    await shells.pop()!.close();
    shells.push(await openShell(client));
    for (const shell of shells) await shell.close();
    expect(await shellCount(old)).toBe(0);
  });

  test('the quota of operations: one shell runs into it, recycled ones do not', async () => {
    const client = clientOf(old);
    const limits = await client.limits();
    expect([limits.maxConcurrentOperationsPerUser, commandsPerShell(limits)]).toEqual([15, 10]);
    const single = await openShell(client);
    const codes: number[] = [];
    for (let count = 0; count < 15; count++) codes.push((await collectOutput(await single.run('ver'))).exitCode);
    expect(codes).toEqual(new Array(15).fill(0));
    const refused = await single.run('ver').catch((error: unknown) => error);
    expect((refused as WSManFault).fields.wsmanCode).toBe(2150859174);
    await single.close();

    const recycled = createRecycledShell(client, {}, limits);
    for (let count = 0; count < 25; count++) {
      expect((await collectOutput(await recycled.run(`exit ${count}`))).exitCode).toBe(count);
    }
    await until(async () => (await shellCount(old)) === 1);
    await recycled.close();
    expect(await shellCount(old)).toBe(0);
  });

  test('a retired shell lasts as long as what runs in it', async () => {
    const client = clientOf();
    const recycled = createRecycledShell(client, {}, { maxConcurrentOperationsPerUser: 3 });
    opened.push(recycled);
    const long = await recycled.run('ping -t localhost');
    const output = collectOutput(long);
    for (let count = 0; count < 3; count++) await collectOutput(await recycled.run('ver'));
    expect(await shellCount(machine)).toBe(2);
    await long.signal('ctrl_c');
    expect((await output).stdout).toContain('Ping statistics');
    await until(async () => (await shellCount(machine)) === 1);
  });

  test('without cmd.exe only a whole path names a program, on old Windows; today cmd.exe runs it anyway', async () => {
    const shell = await openShell(clientOf(old));
    const skipCmdShell = true;
    const refused = await shell.run('hostname.exe', [], { skipCmdShell }).catch((error: unknown) => error);
    expect((refused as WSManFault).fields).toMatchObject({ wsmanCode: 2147942402, provider: 'Shell cmd plugin' });
    const direct = await shell.run('C:\\Windows\\System32\\hostname.exe', [], { skipCmdShell });
    expect((await collectOutput(direct, 850)).stdout).toBe(`${old.name}\r\n`);
    await shell.close();
    const today = await open(clientOf());
    expect((await collectOutput(await today.run('hostname.exe', [], { skipCmdShell }))).exitCode).toBe(0);
  });
});

test('the record of a shell names what Windows names', async () => {
  const shell = await open(clientOf(), { noProfile: true });
  const [record] = await look(machine, (client) => client.enumerateAll({ resourceUri: resourceUris.shell }));
  expect(record!.namespace).toBe(ns.shell);
  expect(record!.children.map(({ local }) => local)).toEqual([
    ...['ShellId', 'ResourceUri', 'Owner', 'ClientIP', 'ProcessId', 'IdleTimeOut', 'InputStreams', 'OutputStreams'],
    ...[
      'MaxIdleTimeOut',
      'Locale',
      'DataLocale',
      'CompressionMode',
      'ProfileLoaded',
      'Encoding',
      'BufferMode',
      'State',
    ],
    ...['ShellRunTime', 'ShellInactivity', 'MemoryUsed', 'ChildProcesses'],
  ]);
  const text = (local: string): string | null => childText(record!, local);
  expect([text('ShellId'), text('Owner'), text('ProfileLoaded')]).toEqual([shell.shellId, machine.user, 'No']);
  const same = await look(machine, (client) =>
    client.get({ resourceUri: resourceUris.shell, selectors: [['ShellId', shell.shellId]] }),
  );
  expect(childText(same, 'ShellId')).toBe(shell.shellId);
});
