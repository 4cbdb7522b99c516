/** The lab's cmdlets over the machine they run on, asked through PSRP. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { numberOf, propertyOf, textOf, toPlain } from '../../wsman/psrp/clixml-plain.ts';
import { readErrorRecord } from '../../wsman/psrp/clixml-records.ts';
import { isPsObject, type PsValue } from '../../wsman/psrp/clixml-types.ts';
import { createNtlmClient } from '../lab-test-client.ts';
import { requestMessage, transfer, wmiUri } from '../lab-test-messages.ts';
import {
  createPipeline,
  endState,
  openTestPool,
  outputOf,
  type TestMessage,
  type TestPool,
} from '../psrp/psrp-test-client.ts';
import { type Lab, type LabMachine, startLab } from '../start-lab.ts';

let lab: Lab;
let machine: LabMachine;
let pool: TestPool;

beforeAll(async () => {
  lab = await startLab({ machines: 1, stacks: ['3.0'], pendingMs: 50 });
  machine = lab.machines[0]!;
  pool = await openTestPool(machine);
});
afterAll(async () => {
  await pool?.close();
  await lab?.close();
});

const run = (script: string): Promise<TestMessage[]> => pool.run(createPipeline(script));
const output = async (script: string): Promise<PsValue[]> => outputOf(await run(script));
const errorsOf = (messages: readonly TestMessage[]) =>
  messages.filter(({ type }) => type === '00041005').map(({ value }) => readErrorRecord(value));

/** State of a service as WMI says it. */
async function stateOf(name: string): Promise<string | undefined> {
  const client = await createNtlmClient(machine);
  const answer = await client.send(
    requestMessage({ action: `${transfer}/Get`, resourceUri: wmiUri('Win32_Service'), selectors: { Name: name } }),
  );
  client.close();
  return /<p:State>([^<]*)</.exec(answer.text)?.[1];
}

test('a service is stopped and started, and WMI says the same', async () => {
  expect(await stateOf('Spooler')).toBe('Running');
  expect(await output('Stop-Service Spooler -Force; (Get-Service Spooler).Status')).toEqual(['Stopped']);
  expect(await stateOf('Spooler')).toBe('Stopped');
  const [started] = await output('Start-Service Spooler -PassThru');
  expect(textOf(propertyOf(started, 'Status'))).toBe('Running');
  expect(await stateOf('Spooler')).toBe('Running');
});

test('a service that others need is not stopped without -Force', async () => {
  const errors = errorsOf(await run('Stop-Service RpcSs'));
  expect(errors[0]).toMatchObject({
    categoryMessage: expect.stringMatching(
      /^\w+: \(System\.ServiceProcess\.ServiceController:ServiceController\) \[Stop-Service\], ServiceCommandException$/,
    ),
  });
  expect(await stateOf('RpcSs')).toBe('Running');
});

test('a service that there is not is an error, and no end', async () => {
  const messages = await run('Get-Service NoSuch, WinRM, AlsoNot');
  expect(errorsOf(messages).map(({ message, fullyQualifiedErrorId }) => [message, fullyQualifiedErrorId])).toEqual([
    [
      "Cannot find any service with service name 'NoSuch'.",
      'NoServiceFoundForGivenName,Microsoft.PowerShell.Commands.GetServiceCommand',
    ],
    [
      "Cannot find any service with service name 'AlsoNot'.",
      'NoServiceFoundForGivenName,Microsoft.PowerShell.Commands.GetServiceCommand',
    ],
  ]);
  expect(outputOf(messages)).toHaveLength(1);
  expect(endState(messages)).toBe(4);
  const stopped = await run('Get-Service NoSuch -ErrorAction Stop; "never"');
  expect(endState(stopped)).toBe(5);
  expect(outputOf(stopped)).toEqual([]);
  expect(errorsOf(await run('Get-Service NoSuch -ErrorAction SilentlyContinue'))).toEqual([]);
});

test('values of CIM have the types of their class', async () => {
  const [system] = await output('Get-CimInstance Win32_OperatingSystem');
  expect(isPsObject(system!) && system.typeNames[0]).toBe(
    'Microsoft.Management.Infrastructure.CimInstance#root/cimv2/Win32_OperatingSystem',
  );
  expect(propertyOf(system, 'FreePhysicalMemory')).toMatchObject({ clixml: 'U64' });
  expect(propertyOf(system, 'ProductType')).toMatchObject({ clixml: 'U32' });
  expect(propertyOf(system, 'LastBootUpTime')).toMatchObject({ clixml: 'DT' });
  const filtered = await output("Get-CimInstance Win32_Service -Filter \"Name='WinRM' and State='Running'\"");
  expect(filtered.map((row) => textOf(propertyOf(row, 'Name')))).toEqual(['WinRM']);
  const queried = await output('Get-CimInstance -Query "select * from Win32_Service where Name like \'Win%\'"');
  expect(queried.length).toBeGreaterThan(1);
  expect(errorsOf(await run('Get-CimInstance Win32_Nothing'))[0]).toMatchObject({
    exceptionType: 'Microsoft.Management.Infrastructure.CimException',
  });
});

test('objects are chosen, sorted, picked from and counted', async () => {
  const rows = await output(
    'Get-Service | Where-Object { $_.Status -eq "Running" -and $_.Name -like "W*" } | Sort-Object Name -Descending | Select-Object -First 2 Name, Status',
  );
  expect(rows.map(toPlain)).toEqual([
    { Name: expect.stringMatching(/^W/i), Status: 'Running' },
    { Name: expect.stringMatching(/^W/i), Status: 'Running' },
  ]);
  const [a, b] = rows.map((row) => textOf(propertyOf(row, 'Name'))!.toLowerCase());
  expect(a! > b!).toBe(true);
  const [measured] = await output('1..10 | Measure-Object -Sum -Average -Maximum');
  expect(toPlain(measured!)).toMatchObject({ Count: 10, Sum: 55, Average: 5.5, Maximum: 10, Minimum: null });
  expect(await output('Get-Process lsass | Select-Object -ExpandProperty Name')).toEqual(['lsass']);
  expect(await output('3,1,2 | Sort-Object | ForEach-Object { $_ + 1 }')).toEqual([2, 3, 4]);
  const [pid] = await output('(Get-Process lsass).Id');
  expect(numberOf(pid)).toBeGreaterThan(0);
});

test('the machine is the one it says it is', async () => {
  expect(await output('$env:COMPUTERNAME')).toEqual([machine.name.toUpperCase()]);
  expect(await output('"$env:USERNAME on $($env:COMPUTERNAME)"')).toEqual([
    `${machine.user} on ${machine.name.toUpperCase()}`,
  ]);
});

test('text comes in tables and lists', async () => {
  const [table] = await output('Get-Process | Select-Object -First 2 Id, ProcessName | Out-String');
  expect(table).toMatch(/^\r\n\s*Id ProcessName\s*\r\n\s*-- -----------\s*\r\n/);
  const lines = String((await output('Get-Process | Out-String -Width 60'))[0]).split('\r\n');
  const longest = Math.max(...lines.map((line) => line.length));
  expect(longest).toBeGreaterThan(40);
  expect(longest).toBeLessThanOrEqual(60);
  const [list] = await output('Get-Service WinRM | Format-List Name, Status | Out-String');
  expect(list).toMatch(/^\r\n\r\nName {3}: WinRM\r\nStatus : Running\r\n/);
});

test('a parse error, an unknown parameter and exit end as they do', async () => {
  const broken = await run('"open');
  expect(readErrorRecord(propertyOf(broken.at(-1)!.value, 'ExceptionAsErrorRecord')!)).toMatchObject({
    exceptionType: 'System.Management.Automation.ParseException',
    fullyQualifiedErrorId: 'TerminatorExpectedAtEndOfString',
  });
  expect(errorsOf(await run('Get-Date -Nonsense 1'))[0]!.fullyQualifiedErrorId).toMatch(/^NamedParameterNotFound,/);
  const left = await run('"before"; exit 3; "after"');
  expect(outputOf(left)).toEqual(['before']);
  expect(endState(left)).toBe(4);
});

test('a called block has its own variables, one that is sourced has those around it; errors in it are said where they are', async () => {
  const script =
    '$a = 1; & { $a = 2; $a }; $a; . { $a = 3 }; $a; 1..3 | & { $input } | Measure-Object | Select-Object Count';
  const values = await output(script);
  expect(values.slice(0, 3).map(numberOf)).toEqual([2, 1, 3]);
  expect(numberOf(propertyOf(values[3]!, 'Count') ?? null)).toBe(3);
  const errors = errorsOf(await run('& { Get-Nothing }; "after"'));
  expect(errors[0]).toMatchObject({ fullyQualifiedErrorId: 'CommandNotFoundException' });
});
