/** What lines of the Console leave in the audit file. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ConsoleOverLab, startConsoleOverLab } from '../console-over-lab.test-suite.ts';

let { lab, it, ids, addAs, close } = {} as ConsoleOverLab;
beforeAll(async () => {
  ({ lab, it, ids, addAs, close } = await startConsoleOverLab(
    { machines: 2, pendingMs: 100, stacks: ['3.0'] },
    { settings: () => ({ tags: ['both'] }) },
  ));
});
afterAll(() => close?.());

const file = (): Promise<string> => readFile(join(it.dataFolder, 'audit.log'), 'utf8').catch(() => '');
interface Entry {
  readonly at: string;
  readonly event: string;
  readonly machineId: string | null;
  readonly machine: string;
  readonly user: string | null;
  readonly line: string;
  readonly outcome: string;
}

/** Types a line on the first machine, says `say` to what is asked, and returns what it has left in the file. */
async function type(line: string, say: string | null = 'y', machineId = ids[0]!): Promise<Entry[]> {
  const before = (await file()).length;
  const running = it.client.commandLines.run({ line, machineId, format: 'text' });
  for await (const event of running) {
    if (event.kind === 'question') void running.send({ kind: 'answer', question: event.question, text: say });
  }
  const added = (await file()).slice(before).trim();
  return added === '' ? [] : added.split('\n').map((text) => JSON.parse(text) as Entry);
}

const service = 'http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/Win32_Service?Name=W32Time';

test('who, where, what, and what came of it; what only reads leaves nothing', async () => {
  expect(await type('winrm get wmicimv2/Win32_Service?Name=W32Time')).toEqual([]);
  expect(await type('winrm e winrm/config/listener')).toEqual([]);
  expect(await type('winrm help set')).toEqual([]);
  const { user, name } = lab.machines[0]!;
  const common = { event: 'console-line', machineId: ids[0], machine: name, user };
  const stopped = { ...common, line: `winrm invoke StopService ${service}` };
  expect(await type('winrm invoke StopService wmicimv2/Win32_Service?Name=W32Time')).toMatchObject([
    { ...stopped, outcome: 'asked' },
    { ...stopped, outcome: 'returned 0' },
  ]);
  const again = await type('winrm invoke StopService wmicimv2/Win32_Service?Name=W32Time');
  expect(again.at(-1)).toMatchObject({ outcome: expect.stringMatching(/^returned [1-9]/) });
  expect((await type('winrs echo hello')).map(({ line, outcome }) => [line, outcome])).toEqual([
    ['winrs echo …', 'asked'],
    ['winrs echo …', 'done'],
  ]);
  expect((await type('winrs exit 7')).at(-1)).toMatchObject({ outcome: 'exit 7' });
  expect((await type('winrm delete wmicimv2/Win32_Service?Name=NoSuch')).at(-1)).toMatchObject({ outcome: 'refused' });
});

test('what was asked about and not run leaves nothing; a tag leaves its lines for each machine', async () => {
  expect(await type('winrs -r:@both echo x', 'n')).toEqual([]);
  const entries = await type('winrs -r:@both echo x');
  expect(entries.map(({ machineId, outcome }) => `${machineId} ${outcome}`).sort()).toEqual(
    ids.flatMap((id) => [`${id} asked`, `${id} done`]).sort(),
  );
});

test('what is denied, and what was lost, is said to be', async () => {
  const operator = await addAs(lab.machines[0]!, 'operator', 'Windeck-Lab-5!');
  await it.until(operator, ({ state }) => state === 'online');
  await lab.misbehave(lab.machines[0]!.name, { kind: 'fault', code: 5, action: 'StopService', times: 1 });
  const denied = await type('winrm invoke StopService wmicimv2/Win32_Service?Name=Spooler', 'y', operator);
  expect(denied.at(-1)).toMatchObject({ user: 'operator', machine: 'as operator', outcome: 'denied' });
  await lab.misbehave(lab.machines[0]!.name, { kind: 'drop-after', action: 'StartService', times: 1 });
  const lost = await type('winrm invoke StartService wmicimv2/Win32_Service?Name=W32Time');
  expect(lost.at(-1)).toMatchObject({ outcome: 'unknown' });
});

test('a password that is given in a line is not in the file, wherever it stands', async () => {
  const { user, password, name } = lab.machines[1]!;
  const [entry] = await type(`winrs -r:${name} -u:${user} -p:"${password}" -env:WORD=Zwei-Worte echo ${password}`);
  expect(entry).toMatchObject({ user, machine: name, line: 'winrs -environment:WORD=•••••• echo …' });
  // Asked for, and said again in a line that signs in with the saved set.
  await type(`winrs -r:${name} -u:${user} echo one`, password);
  await type(`winrs echo ${password}`);
  await type(`winrm invoke Create wmicimv2/Win32_Process @{CommandLine="a.exe Drei-Worte"}`);
  await type('winrm set wmicimv2/Win32_Service?Name=W32Time @{DisplayName="Vier-Worte"}');
  await type('winrs net user anna Fuenf-Worte /add');
  const text = await file();
  expect(text).toContain('winrs net …');
  expect(text).toContain('@{CommandLine=••••••}');
  expect(text).not.toContain(password);
  expect(text).not.toMatch(/(?:Zwei|Drei|Vier|Fuenf)-Worte/);
  expect(it.log.join('\n')).not.toContain(password);
});
