import { afterAll, beforeAll, expect, test } from 'vitest';
import { labSettings, newDataFolder, passwordSet, problemOf, startTestConsole } from '../../console-fixture.ts';
import { type ConsoleOverLab, startConsoleOverLab } from '../../console-over-lab.test-suite.ts';
import { openTestWindow, type TestWindow } from './shell-test-window.ts';

let { lab, it, ids, close } = {} as ConsoleOverLab;
const windows: TestWindow[] = [];
beforeAll(async () => {
  const options = { client: { connectTimeoutMs: 2000 } };
  ({ lab, it, ids, close } = await startConsoleOverLab({ machines: 3 }, { options }));
});
afterAll(async () => {
  for (const window of windows) window.channel.cancel();
  await close?.();
});

async function opened(machine = 0, options: Parameters<typeof openTestWindow>[2] = {}): Promise<TestWindow> {
  const window = openTestWindow(it.client, ids[machine]!, options);
  windows.push(window);
  await Promise.race([
    window.until((now) => now.idles > 0, 'a prompt'),
    window.ended.then(() => Promise.reject(new Error('It ended.'))),
  ]);
  return window;
}

const shellsOf = async (machine: number): Promise<number> => {
  let text = '';
  const line = `winrm enumerate shell -r:${lab.machines[machine]!.name}`;
  for await (const event of it.client.commandLines.run({ line, machineId: ids[machine]!, format: 'text' })) {
    if (event.kind === 'output') text += event.text;
  }
  return text.match(/ShellId =/g)?.length ?? 0;
};

test('directory, variables and exit codes carry over from line to line; what was typed is not repeated', async () => {
  const window = await opened();
  expect(window.events[0]).toMatchObject({ kind: 'opened', shell: 'cmd', by: 'winrs', codePage: 65001 });
  expect(window.text()).toMatch(/^Microsoft Windows \[Version [\d.]+\]\r\n.*\r\n\r\nC:\\Users\\\w+>$/);
  expect(await window.run('cd C:\\Setup')).toBe('\r\nC:\\Setup>');
  await window.run('set COLOUR=blue');
  expect(await window.run('echo %COLOUR% in %CD%')).toBe('blue in C:\\Setup\r\n\r\nC:\\Setup>');
  expect(window.events.findLast(({ kind }) => kind === 'prompt')).toEqual({ kind: 'prompt', directory: 'C:\\Setup' });
  await window.run('type nosuch.txt');
  expect(window.text('stderr')).toBe('The system cannot find the file specified.\r\n');
  await window.until(({ events }) => events.at(-1)?.kind === 'exit', 'an exit code');
  expect(window.events.at(-1)).toEqual({ kind: 'exit', exitCode: 1 });
  // The question for it leaves no trace.
  expect(window.text()).not.toMatch(/errorlevel|@echo|\u001b/i);
  expect(await window.run('echo żółć ☃')).toContain('żółć ☃\r\n');
});

test('lines keep their order, also those that are typed ahead of the prompt', async () => {
  const window = await opened();
  const numbers = Array.from({ length: 60 }, (_, n) => `line number ${n}`);
  for (const words of numbers) void window.type(`echo ${words}`);
  await window.until((now) => now.text().includes('\r\nline number 59\r\n'), 'the last of them');
  const said = [...window.text().matchAll(/(?:^|>)(line number \d+)\r$/gm)].map((match) => match[1]);
  expect(said).toEqual(numbers);
});

test('Ctrl+C stops what runs and leaves cmd.exe; a program that asks is shown as waiting and gets the answer', async () => {
  const window = await opened(1);
  await window.type('ping -t 127.0.0.1');
  await window.until((now) => now.text().includes('Reply from'), 'a first reply');
  const { idles } = window;
  await window.channel.send({ kind: 'interrupt', signal: 'ctrl_c' });
  await window.until((now) => now.idles > idles, 'a prompt');
  expect(window.text()).toContain('Control-C');
  await window.type('set /p NAME=Who is it? ');
  await window.until(
    (now) => now.events.some((event) => event.kind === 'state' && event.state === 'waiting'),
    'waiting',
  );
  expect(window.events.findLast(({ kind }) => kind === 'state')).toMatchObject({ asks: 'Who is it? ' });
  await window.run('anna');
  expect(await window.run('echo hello %NAME%')).toContain('hello anna\r\n');
});

test('where Ctrl+C ends cmd.exe itself, another one is started in its directory, and that is said', async () => {
  const window = await opened(1);
  await window.run('cd C:\\Setup');
  await window.run('set LABCTRLC=ends');
  await window.type('ping -t 127.0.0.1');
  await window.until((now) => now.text().includes('Reply from'), 'a first reply');
  await window.channel.send({ kind: 'interrupt', signal: 'ctrl_c' });
  await window.until((now) => now.events.some(({ kind }) => kind === 'restarted'), 'another cmd.exe');
  await window.until((now) => now.text().endsWith('\r\nC:\\Setup>'), 'the directory');
  expect(window.events.find(({ kind }) => kind === 'restarted')).toEqual({ kind: 'restarted', directory: 'C:\\Setup' });
});

test('a line that is cut comes back as the same shell, and says so; one that is gone ends with why', async () => {
  const window = await opened(2);
  await window.run('set KEPT=yes');
  const { name } = lab.machines[2]!;
  await lab.misbehave(name, { kind: 'refuse-connections' });
  await window.until((now) => now.events.some((event) => event.kind === 'state' && event.state === 'lost'), 'lost');
  await window.type('set KEPT=no');
  await window.until((now) => now.text('warning').includes('was not sent'), 'word of the line');
  await lab.misbehave(name, null);
  await window.until(
    ({ events }) =>
      events.findLast(({ kind }) => kind === 'state' || kind === 'resumed')?.kind === 'state' &&
      events.some(({ kind }) => kind === 'resumed'),
    'resumed',
  );
  expect(await window.run('echo kept: %KEPT%')).toContain('kept: yes\r\n');

  await lab.misbehave(name, { kind: 'fault', code: 2150858843, action: 'Receive' });
  await window.type('echo gone');
  await window.until((now) => now.events.at(-1)?.kind === 'ended', 'the end');
  await lab.misbehave(name, null);
  expect(window.events.at(-1)).toMatchObject({ exitCode: null, problem: { fault: { wsmanCode: 2150858843 } } });
});

test('exit ends it with its code; leaving deletes the shell, closing the window too', async () => {
  const before = await shellsOf(2);
  const window = await opened(2);
  expect(await shellsOf(2)).toBe(before + 1);
  await window.type('exit 3');
  await window.ended;
  expect(window.events.at(-1)).toEqual({ kind: 'ended', exitCode: 3, problem: null });
  const other = await opened(2);
  other.channel.cancel();
  await expect.poll(() => shellsOf(2)).toBe(before);
});

test('a console that closes deletes its shells before it is gone', async () => {
  const before = await shellsOf(1);
  const other = await newDataFolder();
  const console = await startTestConsole(other.path);
  try {
    const { user, password } = lab.machines[1]!;
    const credential = await console.client.credentials.save(passwordSet(user, password));
    const { id } = await console.client.machines.add(labSettings(lab.machines[1]!, { credentialId: credential.id }));
    for (const kind of ['cmd', 'powershell'] as const) {
      const window = openTestWindow(console.client, id, { kind });
      await window.until((now) => now.idles > 0, 'a prompt');
    }
    expect(await shellsOf(1)).toBe(before + 2);
  } finally {
    await console.close();
    await other.remove();
  }
  expect(await shellsOf(1)).toBe(before);
});

test('without credit nothing more is received; with it every byte of 64 MiB comes, and Ctrl+C ends a flood', async () => {
  const window = openTestWindow(it.client, ids[0]!, { keep: false });
  windows.push(window);
  await window.until((now) => now.idles > 0, 'a prompt');
  const { bytes, idles } = window;
  await window.type('type C:\\Setup\\large.txt');
  await window.until((now) => now.idles > idles, 'the end of it', 60_000);
  // Text, an empty line and the prompt behind it.
  const prompt = `\r\nC:\\Users\\${lab.machines[0]!.user}>`.length;
  expect(window.bytes - bytes).toBe(64 * 1024 * 1024 + prompt);

  // Nobody reads: one window of credit is out, and the program there waits.
  const channel = it.client.remoteShell.open({
    machineId: ids[0]!,
    kind: 'cmd',
    configurationName: null,
    codePage: null,
    columns: 80,
    rows: 25,
  });
  const items = channel[Symbol.asyncIterator]();
  await items.next();
  await channel.send(new TextEncoder().encode('type C:\\Setup\\large.txt\n'));
  const receives = (): number => it.exchanges.filter(({ action }) => /\/Receive$/.test(action)).length;
  let settled = -1;
  await expect
    .poll(
      () => {
        const before = settled;
        settled = receives();
        return settled === before;
      },
      { interval: 500, timeout: 20_000 },
    )
    .toBe(true);
  const kept = receives();
  let taken = 0;
  await channel.send({ kind: 'interrupt', signal: 'ctrl_c' });
  for (;;) {
    const { value, done } = await items.next();
    if (done === true) throw new Error('It ended.');
    if (value instanceof Uint8Array) taken += value.length;
    else if (value.kind === 'prompt' && taken > 1024) break;
  }
  // What was under way, and not the rest of the 64 MiB.
  expect(taken).toBeLessThan(4 * 1024 * 1024);
  expect(receives() - kept).toBeLessThan(40);
  await items.return?.();
}, 90_000);

test('a machine that allows no shells says so, as a refusal of opening', async () => {
  await lab.misbehave(lab.machines[2]!.name, { kind: 'fault', code: 2150859180, action: 'Create' });
  const window = openTestWindow(it.client, ids[2]!);
  const problem = await problemOf(window.ended);
  await lab.misbehave(lab.machines[2]!.name, null);
  expect(problem).toMatchObject({ fault: { wsmanCode: 2150859180 } });
});
