/** Completion of values, from machines that are connected: what is asked of them, and what is not. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type ConsoleOverLab, startConsoleOverLab } from '../console-over-lab.test-suite.ts';

let { lab, it, ids, addAs, close } = {} as ConsoleOverLab;
let names: string[];
beforeAll(async () => {
  ({ lab, it, ids, addAs, close } = await startConsoleOverLab(
    { machines: 3, stacks: ['3.0', '3.0', '1.1'] },
    { settings: () => ({ tags: ['all'] }) },
  ));
  names = lab.machines.map(({ name }) => name);
});
afterEach(() => lab.misbehave(names[0]!, null));
afterAll(() => close?.());

const at = async (line: string, machine: number | null = 0): Promise<string[]> => {
  const machineId = machine === null ? null : ids[machine]!;
  const { from, to, items } = await it.client.commandLines.complete({ line, cursor: line.length, machineId });
  return items.map(({ text }) => line.slice(0, from) + text + line.slice(to));
};
/** Queries that went out for completion. */
const asked = (): string[] =>
  it.exchanges.flatMap(({ request }) => /SELECT \w+ FROM \w+(?=<)/.exec(request ?? '')?.[0] ?? []);

test('of the machine of the prompt, asked once for one property; a value that needs marks has them', async () => {
  const before = asked().length;
  const line = 'winrm get wmicimv2/Win32_Service?Name=';
  expect(await at(`${line}w32`)).toEqual([`${line}W32Time`]);
  const all = await at(line);
  expect(all.length).toBeGreaterThan(100);
  expect(all.length).toBeLessThanOrEqual(200);
  expect(asked().slice(before)).toEqual(['SELECT Name FROM Win32_Service']);
  const { items } = await it.client.commandLines.complete({ line, cursor: line.length, machineId: ids[0]! });
  expect(new Set(items.map(({ note }) => note))).toEqual(new Set([names[0]]));
  const display = 'winrm get cimv2/Win32_Service?DisplayName=';
  expect(await at(`${display}print sp`)).toEqual([]);
  expect(await at(`${display}print spooler`)).toEqual([]);
  expect(await at(`${display}PrintS`)).toEqual([]);
  expect((await at(`${display}print`))[0]).toBe(`${display}"Print Spooler"`);
  expect(await at(`${display}"print sp`)).toEqual([`${display}"Print Spooler"`]);
  expect(await at('winrm e wmi/root/lab/No_Such?Name=')).toEqual([]);
});

test('of the machine that the line names; of a tag, another computer and no machine none', async () => {
  const line = `winrm get -r:${names[2]!.toLowerCase()} wmicimv2/Win32_LogicalDisk?DeviceID=`;
  expect(await at(line, null)).toContain(`${line}C:`);
  const before = asked().length;
  for (const remote of ['-r:@all', '-r:no-such-host.invalid', '']) {
    expect(await at(`winrm get ${remote} wmicimv2/Win32_LogicalDisk?DeviceID=`, null)).toEqual([]);
  }
  expect(asked().length).toBe(before);
});

test('classes whose enumeration is dear, what is no class and what is no name are not asked for', async () => {
  const before = asked().length;
  for (const resource of [
    'wmicimv2/Win32_Product?Name=',
    'wmicimv2/CIM_DataFile?Name=',
    'wmicimv2/Win32_NTLogEvent?RecordNumber=',
    'wmicimv2/Win32_UserAccount?Name=',
    'wmicimv2/*?Name=',
    'winrm/config?Name=',
    'wmicimv2/Win32_Service?Name FROM Win32_Process=',
  ]) {
    expect(await at(`winrm get ${resource}`)).toEqual([]);
  }
  expect(asked().length).toBe(before);
});

test('a machine that says no, or nothing, holds nobody up and is not asked again at once', async () => {
  await lab.misbehave(names[0]!, { kind: 'silence', action: 'Enumerate', containing: 'Win32_Share' });
  const line = 'winrm get wmicimv2/Win32_Share?Name=';
  expect(await at(line)).toEqual([]);
  const before = asked().length;
  expect(await at(`${line}a`)).toEqual([]);
  expect(asked().length).toBe(before);
});

test('a machine that is not connected is not connected for it: nobody signs in for a completion', async () => {
  const { port } = lab.machines[1]!;
  const denied = await addAs(lab.machines[1]!, 'reader', 'not it');
  await it.until(denied, ({ state }) => state === 'denied');
  const attempts = await lab.attempts();
  const before = it.exchanges.filter((each) => each.port === port).length;
  const line = 'winrm get -r:"as reader" wmicimv2/Win32_Service?Name=';
  expect(await at(line, null)).toEqual([]);
  expect(it.exchanges.filter((each) => each.port === port).length).toBe(before);
  expect(await lab.attempts()).toEqual(attempts);
});

test('one that is only being connected is not waited for, nor asked once it is there', async () => {
  const machine = lab.machines[1]!;
  await lab.misbehave(machine.name, { kind: 'latency', milliseconds: 1000 });
  const id = await addAs(machine, 'operator', 'Windeck-Lab-5!');
  await it.until(id, ({ state }) => state === 'connecting');
  const line = 'winrm get -r:"as operator" wmicimv2/Win32_Share?Path=';
  expect(await at(line, null)).toEqual([]);
  expect(it.machines.get(id)!.state).toBe('connecting');
  await lab.misbehave(machine.name, null);
  await it.until(id, ({ state }) => state === 'online');
  for await (const _ of it.client.commandLines.run({ line: 'winrm id', machineId: id, format: 'text' }));
  expect(asked()).not.toContain('SELECT Path FROM Win32_Share');
});
