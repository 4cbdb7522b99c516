import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LineEvent, LineFormat, LineInput, MachineResult } from '../../shared/contract/command-lines.ts';
import type { Channel } from '../../shared/rpc/endpoint.ts';
import { labSettings, newDataFolder, passwordSet, startTestConsole, type TestConsole } from '../console-fixture.ts';
import { type Lab, type LabMachine, startLab } from '../lab/start-lab.ts';

let lab: Lab;
let secure: Lab;
let folder: Awaited<ReturnType<typeof newDataFolder>>;
let it: TestConsole;
const ids: string[] = [];
let dead: LabMachine;
let alive: readonly LabMachine[];

beforeAll(async () => {
  [lab, secure] = await Promise.all([
    startLab({ machines: 6, pendingMs: 200 }),
    startLab({ machines: 1, https: true, stacks: ['3.0'] }),
  ]);
  folder = await newDataFolder();
  it = await startTestConsole(folder.path, {}, { client: { operationTimeoutMs: 8000, connectTimeoutMs: 2000 } });
  const { user, password } = lab.machines[0]!;
  const credential = await it.client.credentials.save(passwordSet(user, password));
  // Five of six have the tag, and of those the last is dead.
  for (const [n, machine] of lab.machines.entries()) {
    const tags = n < 5 ? ['Web servers', 'front'] : ['other'];
    ids.push((await it.client.machines.add(labSettings(machine, { credentialId: credential.id, tags }))).id);
  }
  dead = lab.machines[4]!;
  alive = lab.machines.slice(0, 4);
  for (const id of ids) await it.until(id, ({ state }) => state === 'online');
  await lab.misbehave(dead.name, { kind: 'refuse-connections' });
});
afterAll(async () => {
  await it?.close();
  await folder?.remove();
  await Promise.all([lab?.close(), secure?.close()]);
});

type Running = Channel<LineEvent, LineInput>;

interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly results: readonly MachineResult[];
  readonly questions: readonly string[];
  readonly begin: Extract<LineEvent, { kind: 'begin' }> | null;
  readonly exitCode: number | null;
}

interface How {
  readonly prompt?: number | null;
  readonly format?: LineFormat;
  /** What the person does at each event. */
  readonly react?: (event: LineEvent, running: Running) => void;
}

/** Types a line and takes what comes, to its end. */
async function type(line: string, { prompt = 0, format = 'text', react }: How = {}): Promise<Ran> {
  const machineId = prompt === null ? null : ids[prompt]!;
  const running = it.client.commandLines.run({ line, machineId, format });
  const ran = { stdout: '', stderr: '' };
  const results: MachineResult[] = [];
  const questions: string[] = [];
  let begin: Ran['begin'] = null;
  let exitCode: number | null = null;
  for await (const event of running) {
    if (event.kind === 'output') ran[event.stream] += event.text;
    else if (event.kind === 'result') results.push(event.result);
    else if (event.kind === 'question') questions.push(event.text);
    else if (event.kind === 'begin') begin = event;
    else exitCode = event.exitCode;
    react?.(event, running);
  }
  return { ...ran, results, questions, begin, exitCode };
}

const answer =
  (text: string | null): How['react'] =>
  (event, running) => {
    if (event.kind === 'question') void running.send({ kind: 'answer', question: event.question, text });
  };

test('a line without -r goes to the machine of the prompt, with its saved settings and set', async () => {
  const { stdout, stderr, exitCode, begin } = await type('winrm get wmicimv2/Win32_Service?Name=W32Time', {
    prompt: 2,
  });
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^Win32_Service\n(.*\n)*? {4}Name = W32Time\n/);
  expect(exitCode).toBe(0);
  expect(begin).toMatchObject({ machines: [{ machineId: ids[2], name: lab.machines[2]!.name }], tag: null });
});

test('-r finds a machine by its name, without minding the case, and by all of its address', async () => {
  const machine = lab.machines[1]!;
  for (const remote of [
    machine.name.toLowerCase(),
    `${machine.address}:${machine.port}`,
    `http://127.0.0.1:${machine.port}/wsman`,
  ]) {
    const { stdout, exitCode } = await type(`winrm g wmicimv2/Win32_OperatingSystem -fragment:CSName -r:${remote}`);
    expect({ stdout, exitCode }).toEqual({ stdout: `XmlFragment\n    CSName = ${machine.name}\n\n`, exitCode: 0 });
  }
});

test('an address of several machines is refused by name; an unknown host is asked as the windeck command asks it', async () => {
  const many = await type('winrm id -r:127.0.0.1');
  expect(many).toMatchObject({ exitCode: 1, stdout: '' });
  expect(many.stderr).toContain('127.0.0.1 is the address of 6 machines');
  const unknown = await type('winrm id -auth:none -r:no-such-host.invalid');
  expect(unknown).toMatchObject({ exitCode: 1, stdout: '', begin: { machines: [] } });
  expect(unknown.stderr).toContain('Error number:');
});

test('a machine with HTTPS, and one to which clear text may be sent, sign in with their sets as well', async () => {
  const machine = secure.machines[0]!;
  const { id: credentialId } = await it.client.credentials.save(passwordSet(machine.user, machine.password));
  const pin = machine.certificateSha256 ?? null;
  const name = 'ONLY-HTTPS';
  const { id } = await it.client.machines.add(labSettings({ ...machine, name }, { credentialId, pin }));
  const clear = lab.machines[5]!;
  const saved = it.machines.get(ids[5]!)!.settings;
  await it.client.machines.update({ id: ids[5]!, settings: { ...saved, allowClearText: true } });
  for (const one of [id, ids[5]!]) await it.until(one, ({ state }) => state === 'online');
  try {
    // -usessl says no more than what is saved for the machine with HTTPS.
    const overTls = await type(`winrm g wmicimv2/Win32_OperatingSystem -fragment:CSName -usessl -r:${name}`, {
      react: answer(null),
    });
    expect(overTls).toMatchObject({ stderr: '', questions: [], exitCode: 0 });
    expect(overTls.stdout).toContain(machine.name);
    for (const line of ['winrm g wmicimv2/Win32_OperatingSystem -fragment:CSName', 'winrs hostname']) {
      for (const [remote, told] of [
        [name, machine.name],
        [clear.name, clear.name],
      ]) {
        const typed = /^winrs/.test(line) ? line.replace('winrs', `winrs -r:${remote}`) : `${line} -r:${remote}`;
        const { stdout, stderr, questions, exitCode } = await type(typed);
        expect({ stderr, questions, exitCode }).toEqual({ stderr: '', questions: [], exitCode: 0 });
        expect(stdout).toContain(told!);
      }
    }
  } finally {
    await it.client.machines.update({ id: ids[5]!, settings: saved });
    await it.client.machines.remove({ ids: [id] });
  }
});

test('enumerate streams, invoke changes, and the meaning of a return value is on standard error', async () => {
  const { stdout } = await type('winrm e wmicimv2/Win32_Service');
  expect(stdout.match(/^Win32_Service$/gm)!.length).toBeGreaterThan(50);
  const again = await type('winrm invoke StartService wmicimv2/Win32_Service?Name=WinRM');
  expect(again).toMatchObject({ exitCode: 0, stdout: 'StartService_OUTPUT\n    ReturnValue = 10\n\n' });
  expect(again.stderr).toBe('StartService returned 10: the service is already running.\n');
});

test('the format of the view is used where the line says none', async () => {
  const line = 'winrm get wmicimv2/Win32_OperatingSystem';
  expect((await type(line, { format: 'xml' })).stdout).toMatch(/^<p:Win32_OperatingSystem /);
  expect((await type(`${line} -f:text`, { format: 'xml' })).stdout).toMatch(/^Win32_OperatingSystem\n/);
  expect((await type('winrm help get', { format: 'pretty' })).exitCode).toBe(0);
  expect((await type('winrm get', { format: 'pretty' })).stderr).toMatch(/needs a resource URI/);
});

test('json and table, chosen in the view or in the line', async () => {
  const line = 'winrm get wmicimv2/Win32_OperatingSystem';
  for (const { stdout } of [await type(line, { format: 'json' }), await type(`${line} -f:json`)])
    expect(JSON.parse(stdout)).toMatchObject({ CSName: lab.machines[0]!.name });
  const all = await type('winrm e wmicimv2/Win32_LogicalDisk', { format: 'json' });
  expect(JSON.parse(all.stdout)).toEqual(
    expect.arrayContaining([expect.objectContaining({ DeviceID: expect.stringMatching(/^[A-Z]:$/) })]),
  );
  const wql = 'winrm e wmicimv2/* -filter:"select Name, State from Win32_Service where Name=\'W32Time\'"';
  for (const { stdout } of [await type(wql, { format: 'table' }), await type(`${wql} -f:table`)])
    expect(stdout).toMatch(/^Name +State *\n[-─ ]*\n?W32Time +\w+/);
});

test('-encoding:utf-16 has a connection of its own with the saved set; the session goes on in UTF-8', async () => {
  const read = async (more: string) => {
    const before = it.exchanges.length;
    const { stdout, stderr, exitCode } = await type(
      `winrm g wmicimv2/Win32_Service?Name=W32Time -r:${alive[1]!.name}${more}`,
    );
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    expect(stdout).toMatch(/^ {4}Name = W32Time$/m);
    const { bytesReceived, response } = it.exchanges
      .slice(before)
      .findLast(({ resourceUri, port }) => port === alive[1]!.port && resourceUri?.endsWith('/Win32_Service'))!;
    return bytesReceived / response!.length;
  };
  // Answers come in the encoding of their question.
  expect(await read(' -encoding:utf-16')).toBeGreaterThan(2);
  expect(await read('')).toBeLessThan(2);
});

test('winrs: output, exit code, and standard input typed line by line', async () => {
  const hello = await type('winrs echo hello & exit 7');
  expect(hello.stdout).toMatch(/^hello ?\r\n/);
  expect(hello.exitCode).toBe(7);
  let sent = 0;
  const sorted = await type('winrs more', {
    react(event, running) {
      if (event.kind !== 'begin') return;
      expect(event.takesInput).toBe(true);
      void (async () => {
        await running.send({ kind: 'input', text: 'first\r\n' });
        await running.send({ kind: 'input', text: 'sécond\r\n' });
        sent = 2;
        await running.send({ kind: 'end-of-input' });
      })();
    },
  });
  expect(sent).toBe(2);
  expect(sorted.stdout).toContain('first\r\nsécond\r\n');
  expect(sorted.exitCode).toBe(0);
});

test('Ctrl+C goes to the remote command as a signal; leaving the stream deletes the shell', async () => {
  const pinged = await type('winrs ping -t 127.0.0.1', {
    react(event, running) {
      if (event.kind === 'output' && event.text.includes('Reply')) void running.send({ kind: 'interrupt' });
    },
  });
  expect(pinged.stdout).toContain('Reply');
  expect(pinged.exitCode).not.toBe(0);
  const running = it.client.commandLines.run({ line: 'winrs ping -t 127.0.0.1', machineId: ids[1]!, format: 'text' });
  for await (const event of running) if (event.kind === 'output') break;
  await expect
    .poll(async () => (await type('winrm e shell', { prompt: 1 })).stdout, { timeout: 10_000, interval: 100 })
    .not.toContain('ShellId');
});

test('a tag: one result per machine, the dead one with its problem, and the others are not held up', async () => {
  const line = `winrm e wmicimv2/Win32_LogicalDisk -r:"@web servers"`;
  const { results, begin, exitCode, stdout, stderr } = await type(line, { prompt: null });
  expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' });
  expect(begin).toMatchObject({ tag: 'web servers' });
  expect(begin!.machines.map(({ name }) => name)).toEqual(lab.machines.slice(0, 5).map(({ name }) => name));
  expect(new Set(results.map(({ machine }) => machine))).toEqual(new Set([...alive, dead].map(({ name }) => name)));
  const failed = results.find(({ machine }) => machine === dead.name)!;
  expect(failed).toMatchObject({ exitCode: 1, rows: [], problem: { code: 'unreachable' } });
  for (const { name } of alive) {
    const { rows, problem } = results.find(({ machine }) => machine === name)!;
    expect(problem).toBeNull();
    expect(rows!.length).toBeGreaterThan(0);
    for (const row of rows!) expect(row).toMatchObject({ DeviceID: expect.stringMatching(/^[A-Z]:$/) });
  }
  expect(exitCode).toBe(1);
});

test('a command on the machines of a tag is asked about, naming them; its text is a result of each', async () => {
  const before = await Promise.all(alive.map(({ name }) => lab.statistics(name)));
  const no = await type('winrs -r:@front echo same', { react: answer('n') });
  expect(no).toMatchObject({ exitCode: 1, results: [], stderr: 'Not run.\n' });
  expect(no.questions).toHaveLength(1);
  for (const { name } of [...alive, dead]) expect(no.questions[0]).toContain(name);
  expect(await Promise.all(alive.map(({ name }) => lab.statistics(name)))).toEqual(before);
  const { results } = await type('winrs -r:@front echo same', { react: answer('y') });
  expect(results).toHaveLength(5);
  for (const { name } of alive) {
    const result = results.find(({ machine }) => machine === name)!;
    expect(result).toMatchObject({ exitCode: 0, rows: null, problem: null });
    expect(result.text).toMatch(/^same ?\r\n$/);
  }
  expect(results.find(({ machine }) => machine === dead.name)).toMatchObject({ problem: { code: 'unreachable' } });
});

test('what could cut off the connection is asked about first', async () => {
  const { questions, exitCode, stdout } = await type('winrm invoke StopService wmicimv2/Win32_Service?Name=WinRM', {
    react: answer(null),
  });
  expect(questions).toEqual([
    `This ends the WinRM service. This line may cut off the connection to ${lab.machines[0]!.name}, and nobody may get in by this way any more. Run it?`,
  ]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
});

test('a password in the line signs in, and stays nowhere: neither in what comes back nor in the log', async () => {
  const { user, password, name } = lab.machines[3]!;
  const { stdout, exitCode } = await type(`winrm id -r:${name} -u:${user} -p:"${password}"`);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('ProductVendor = Microsoft Corporation');
  // To the console the line went; from it comes nothing of it.
  expect(it.log.join('\n')).not.toContain(password);
  const asked = await type(`winrm id -r:${name} -u:${user}`, { react: answer(password) });
  expect(asked.questions).toEqual([`Password for ${user}:`]);
  expect(asked.exitCode).toBe(0);
});

test('a wrong password that is typed for a tag is one attempt', async () => {
  const { user } = lab.machines[0]!;
  const before = await lab.attempts();
  const { results } = await type(`winrm id -r:@front -u:${user} -p:wrong`);
  const after = await lab.attempts();
  expect(results.every(({ exitCode }) => exitCode === 1)).toBe(true);
  expect(tried(after) - tried(before)).toBe(1);
});

/** Secrets that machines were shown, of every account and scheme. */
const tried = (attempts: Awaited<ReturnType<Lab['attempts']>>): number =>
  Object.values(attempts)
    .flatMap((schemes) => Object.values(schemes))
    .reduce((sum, count) => sum + count, 0);

test('a tag that nobody has, and a line that is none', async () => {
  expect((await type('winrm id -r:@nobody')).stderr).toBe('Error: No machine has the tag "nobody".\n');
  const none = await type('dir');
  expect(none).toMatchObject({ exitCode: 2 });
});

test('completion knows the machines, the tags, and the properties that an answer has shown', async () => {
  const at = async (line: string) =>
    (await it.client.commandLines.complete({ line, cursor: line.length, machineId: null })).items.map(
      ({ text }) => text,
    );
  expect(await at('winr')).toEqual(['winrm', 'winrs']);
  const { name } = lab.machines[1]!;
  expect((await at(`winrm id -r:${name.slice(0, 3)}`)).some((text) => text.endsWith(name))).toBe(true);
  expect((await at('winrm id -r:@fr')).some((text) => text.endsWith('@front'))).toBe(true);
  // Not one of those that everybody asks for: it was learned from an answer.
  await type('winrm g wmicimv2/Win32_Service?Name=W32Time');
  expect((await at('winrm e wmicimv2/Win32_Service?Servic')).join()).toContain('ServiceType');
});
