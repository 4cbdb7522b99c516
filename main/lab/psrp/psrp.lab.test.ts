import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { entryOf, numberOf, propertyOf, textOf } from '../../wsman/psrp/clixml-plain.ts';
import {
  readErrorRecord,
  readInformationalRecord,
  readInformationRecord,
  readProgressRecord,
} from '../../wsman/psrp/clixml-records.ts';
import { isPsObject, type PsValue } from '../../wsman/psrp/clixml-types.ts';
import { countIn, createNtlmClient, faultCode } from '../lab-test-client.ts';
import { configUri, enumeration, requestMessage, transfer } from '../lab-test-messages.ts';
import { type Lab, type LabMachine, startLab } from '../start-lab.ts';
import {
  createPipeline,
  endState,
  fragmentOf,
  initRunspacePool,
  openTestPool,
  outputOf,
  type PoolOptions,
  powershellUri,
  shellNamespace,
  signal,
  type TestPool,
} from './psrp-test-client.ts';

let lab: Lab;
let machine: LabMachine;
let old: LabMachine;
let first: LabMachine;
const pools: TestPool[] = [];

beforeAll(async () => {
  lab = await startLab({ machines: 3, pendingMs: 50, stacks: ['3.0', '2.0', '1.1'] });
  [machine, old, first] = lab.machines as [LabMachine, LabMachine, LabMachine];
});
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});
afterAll(() => lab?.close());

async function open(options: PoolOptions = {}, of: LabMachine = machine): Promise<TestPool> {
  const pool = await openTestPool(of, options);
  pools.push(pool);
  await pool.receiveUntil('00021005');
  return pool;
}
const types = (messages: readonly { readonly type: string }[]): string[] => messages.map(({ type }) => type);
const ctrlC = 'powershell/signal/crtl_c';
const terminate = `${shellNamespace}/signal/terminate`;

describe('a pool', () => {
  test('opens with capability, private data and its state', async () => {
    const pool = await openTestPool(machine);
    pools.push(pool);
    const messages = await pool.receiveUntil('00021005');
    expect(types(messages)).toEqual(['00010002', '00021009', '00021005']);
    expect(textOf(propertyOf(messages[0]!.value, 'protocolversion'))).toBe('2.3');
    const table = entryOf(propertyOf(messages[1]!.value, 'ApplicationPrivateData'), 'PSVersionTable');
    expect(textOf(entryOf(table, 'PSRemotingProtocolVersion'))).toBe('2.3');
    expect(numberOf(propertyOf(messages[2]!.value, 'RunspaceState'))).toBe(2);
  });

  test('of Windows Server 2008 R2 speaks 2.1, has an id of its own choice, and is never disconnected', async () => {
    const pool = await openTestPool(old);
    pools.push(pool);
    const [capability] = await pool.receiveUntil('00021005');
    expect(textOf(propertyOf(capability!.value, 'protocolversion'))).toBe('2.1');
    const answer = await pool.ask('Disconnect', `<rsp:Disconnect xmlns:rsp="${shellNamespace}"/>`);
    expect(faultCode(answer)).toBe(2150858753);
    expect(outputOf(await pool.run(createPipeline('"a"')))).toEqual(['a']);
  });

  test('is not to be had where there is no PowerShell, no such configuration, or one that is off', async () => {
    await expect(openTestPool(first)).rejects.toThrow('fault 2150858752');
    await expect(
      openTestPool(machine, { resourceUri: 'http://schemas.microsoft.com/powershell/Nobody.Has' }),
    ).rejects.toThrow('fault 2150858752');
    await expect(openTestPool(machine, { protocolVersion: '1.0' })).rejects.toThrow('fault 2150858883');
    const admin = await createNtlmClient(machine);
    const setEnabled = async (value: string) => {
      const answer = await admin.send(
        requestMessage({
          action: `${transfer}/Put`,
          resourceUri: `${configUri}/plugin`,
          selectors: { Name: 'microsoft.powershell' },
          body: `<PlugInConfiguration xmlns="${configUri}/PluginConfiguration" Name="microsoft.powershell" Filename="%windir%\\system32\\pwrshplugin.dll" Enabled="${value}"/>`,
        }),
      );
      expect(answer.status).toBe(200);
    };
    await setEnabled('false');
    await expect(openTestPool(machine)).rejects.toThrow('fault 2150858752');
    await setEnabled('true');
    admin.close();
  });

  test('changes and tells the number of its runspaces', async () => {
    const pool = await open();
    await pool.send('00021002', '<Obj RefId="0"><MS><I32 N="MaxRunspaces">3</I32><I64 N="ci">1</I64></MS></Obj>');
    await pool.send('00021007', '<Obj RefId="0"><MS><I64 N="ci">2</I64></MS></Obj>');
    await pool.send('00021003', '<Obj RefId="0"><MS><I32 N="MinRunspaces">9</I32><I64 N="ci">3</I64></MS></Obj>');
    const answers: (readonly [PsValue | undefined, PsValue | undefined])[] = [];
    while (answers.length < 3) {
      for (const { value } of (await pool.receive()).messages) {
        answers.push([propertyOf(value, 'ci'), propertyOf(value, 'SetMinMaxRunspacesResponse')]);
      }
    }
    expect(answers).toEqual([
      [1n, true],
      [2n, 3n],
      [3n, false],
    ]);
  });

  test('forgets its variables where it is asked to, but not while it has several runspaces', async () => {
    const pool = await open();
    const reset = async (callId: number): Promise<PsValue | undefined> => {
      await pool.send('0002100C', `<Obj RefId="0"><MS><I64 N="ci">${callId}</I64></MS></Obj>`);
      const answer = (await pool.receiveUntil('00021004')).at(-1)!;
      expect(propertyOf(answer.value, 'ci')).toBe(BigInt(callId));
      return propertyOf(answer.value, 'SetMinMaxRunspacesResponse');
    };
    expect(outputOf(await pool.run(createPipeline('$a = 5; $a')))).toEqual([5]);
    expect(outputOf(await pool.run(createPipeline('$a')))).toEqual([5]);
    expect(await reset(1)).toBe(true);
    expect(outputOf(await pool.run(createPipeline('$a')))).not.toEqual([5]);
    expect(outputOf(await pool.run(createPipeline('$a = "b"; $a')))).toEqual(['b']);
    await pool.send('00021002', '<Obj RefId="0"><MS><I32 N="MaxRunspaces">2</I32><I64 N="ci">2</I64></MS></Obj>');
    await pool.receiveUntil('00021004');
    expect(await reset(3)).toBe(false);
    expect(outputOf(await pool.run(createPipeline('$a')))).toEqual(['b']);
  });

  test('is listed with the other shells, and looked at by itself', async () => {
    const pool = await open();
    const listed = await pool.client.send(
      requestMessage({
        action: `${enumeration}/Enumerate`,
        resourceUri: shellNamespace,
        body: '<n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>100</w:MaxElements></n:Enumerate>',
      }),
    );
    expect(listed.text).toContain(`<rsp:ShellId>${pool.shellId}</rsp:ShellId><rsp:ResourceUri>${powershellUri}<`);
    expect(listed.text).toContain('<rsp:InputStreams>stdin pr</rsp:InputStreams>');
    const record = await pool.client.send(
      requestMessage({ action: `${transfer}/Get`, resourceUri: shellNamespace, selectors: { ShellId: pool.shellId } }),
    );
    expect(record.text).toContain('<rsp:State>Connected</rsp:State>');
  });

  test('ends with its idle time-out, and is then unknown', async () => {
    const pool = await openTestPool(machine, { idleTimeout: 'PT0.2S' });
    await expect
      .poll(async () => (await pool.receive(null, { timeout: 'PT0.500S' })).fault, { timeout: 10_000 })
      .toBe(2150858793);
    pool.client.close();
    const other = await createNtlmClient(machine);
    await expect
      .poll(
        async () => {
          const answer = await other.send(
            requestMessage({
              action: `${transfer}/Get`,
              resourceUri: shellNamespace,
              selectors: { ShellId: pool.shellId },
            }),
          );
          return faultCode(answer);
        },
        { timeout: 10_000 },
      )
      .toBe(2150858843);
    other.close();
  });

  test('gives out what a client may want to know of commands', async () => {
    const pool = await open();
    const id = '6F1903CA-E06A-4A8B-BDFC-B44203149D55';
    const request =
      '<Obj RefId="0"><MS><Obj N="Name" RefId="1"><LST><S>*-Service</S></LST></Obj><Obj N="CommandType" RefId="2"><ToString>All</ToString><I32>15</I32></Obj><Nil N="Namespace" /><Nil N="ArgumentList" /></MS></Obj>';
    const packet = fragmentOf(90, '0002100A', pool.shellId, id, request).toString('base64');
    await pool.ask(
      'Command',
      `<rsp:CommandLine xmlns:rsp="${shellNamespace}" CommandId="${id}"><rsp:Command/><rsp:Arguments>${packet}</rsp:Arguments></rsp:CommandLine>`,
    );
    const [count, ...found] = outputOf(await pool.receiveAll(id));
    expect(numberOf(propertyOf(count, 'Count'))).toBe(found.length);
    expect(found.map((command) => textOf(propertyOf(command, 'Name')))).toEqual([
      ...['Get-Service', 'Restart-Service', 'Start-Service', 'Stop-Service'],
    ]);
    const force = entryOf(propertyOf(found[1], 'Parameters'), 'Force') ?? null;
    if (!isPsObject(force)) throw new Error('no object');
    expect(force.typeNames).toEqual(['System.Management.Automation.ParameterMetadata', 'System.Object']);
    expect(force.adapted).toMatchObject([
      { name: 'Name', value: 'Force' },
      { name: 'ParameterType', value: 'System.Management.Automation.SwitchParameter' },
      { name: 'Aliases', value: { container: { kind: 'LST', items: [] } } },
      { name: 'SwitchParameter', value: true },
      { name: 'IsDynamic', value: false },
    ]);
    await signal(pool, id, terminate);
  });

  test('takes as many commands as the plug-in allows, until they are terminated', async () => {
    const pool = await open();
    const ids: string[] = [];
    const plugin = `<PlugInConfiguration xmlns="${configUri}/PluginConfiguration" Name="microsoft.powershell" Filename="%windir%\\system32\\pwrshplugin.dll"><Quotas MaxConcurrentCommandsPerShell="N"/></PlugInConfiguration>`;
    const setQuota = (n: number) =>
      pool.client.send(
        requestMessage({
          action: `${transfer}/Put`,
          resourceUri: `${configUri}/plugin`,
          selectors: { Name: 'microsoft.powershell' },
          body: plugin.replace('"N"', `"${n}"`),
        }),
      );
    expect((await setQuota(2)).status).toBe(200);
    for (let n = 0; n < 2; n++) {
      ids.push(await pool.start(createPipeline(`"${n}"`)));
      await pool.receiveAll(ids[n]!);
    }
    await expect(pool.start(createPipeline('"2"'))).rejects.toThrow('fault 2150859241');
    await signal(pool, ids[0]!, terminate);
    expect(outputOf(await pool.run(createPipeline('"3"')))).toEqual(['3']);
    await setQuota(1000);
  });
});

describe('a pipeline', () => {
  test('has one record on every stream', async () => {
    const pool = await open();
    const messages = await pool.run(createPipeline('Invoke-LabScenario streams'));
    expect(types(messages)).toEqual([
      ...[
        '00041004',
        '00041008',
        '00041007',
        '00041009',
        '00041011',
        '00041010',
        '00041010',
        '00041005',
        '00041004',
        '00041006',
      ],
    ]);
    const [, verbose, , warning, information, progress, , error] = messages;
    expect(readInformationalRecord(verbose!.value).message).toBe('verbose');
    expect(readInformationalRecord(warning!.value).message).toBe('warning');
    expect(readInformationRecord(information!.value)).toMatchObject({ message: 'information', tags: ['Lab', 'Demo'] });
    expect(readProgressRecord(progress!.value)).toMatchObject({ percentComplete: 50, isCompleted: false });
    expect(readErrorRecord(error!.value)).toMatchObject({
      message: 'error',
      categoryMessage:
        'InvalidOperation: (C:\\Data\\missing.txt:String) [Invoke-LabScenario], InvalidOperationException',
      invocation: { line: 1, column: 1, lineText: 'Invoke-LabScenario streams' },
    });
    expect(endState(messages)).toBe(4);
  });

  test('puts into its output what is merged into it, and says of which stream it was', async () => {
    const pool = await open();
    const merge = (names: readonly string[]): string =>
      names.map((name, n) => `<Obj N="Merge${name}" RefId="${20 + n}"><I32>1</I32></Obj>`).join('');
    const script =
      "$VerbosePreference = 'Continue'; $DebugPreference = 'Continue'; Write-Warning w; Write-Verbose v; Write-Debug d; Write-Information i; Write-Error e";
    const run = async (names: readonly string[]) =>
      pool.run(createPipeline(script).replace('<B N="IsScript">true</B>', (isScript) => `${isScript}${merge(names)}`));
    const merged = await run(['Error', 'Warning', 'Verbose', 'Debug', 'Information']);
    expect(types(merged)).toEqual([...Array(5).fill('00041004'), '00041006']);
    const mark = (n: number, name: string) => propertyOf(merged[n]!.value, name);
    expect([
      mark(0, 'WriteWarningStream'),
      mark(1, 'WriteVerboseStream'),
      mark(2, 'WriteDebugStream'),
      mark(3, 'WriteInformationStream'),
      mark(4, 'writeErrorStream'),
    ]).toEqual([true, true, true, true, true]);
    expect(readInformationalRecord(merged[0]!.value).message).toBe('w');
    expect(readInformationRecord(merged[3]!.value).message).toBe('i');
    expect(merged[3]!.data).toContain('<T>System.Management.Automation.InformationRecord</T>');
    expect(types(await run(['Verbose']))).toEqual([
      '00041009',
      '00041004',
      '00041007',
      '00041011',
      '00041005',
      '00041006',
    ]);
  });

  test('fails with the error that ended it', async () => {
    const pool = await open();
    const messages = await pool.run(createPipeline('Invoke-LabScenario terminating; "never"'));
    expect(outputOf(messages)).toEqual(['before']);
    expect(endState(messages)).toBe(5);
    expect(readErrorRecord(propertyOf(messages.at(-1)!.value, 'ExceptionAsErrorRecord')!).message).toBe(
      'The disk is full.',
    );
  });

  test('goes on after a command that there is not, and fails where it is nothing but that command', async () => {
    const pool = await open();
    const script = await pool.run(createPipeline('Get-Nothing -Of it\n"after"'));
    expect(types(script)).toEqual(['00041005', '00041004', '00041006']);
    expect(readErrorRecord(script[0]!.value)).toMatchObject({
      fullyQualifiedErrorId: 'CommandNotFoundException',
      exceptionType: 'System.Management.Automation.CommandNotFoundException',
      categoryMessage: 'ObjectNotFound: (Get-Nothing:String) [], CommandNotFoundException',
      targetObject: 'Get-Nothing',
    });
    const command = await pool.run(createPipeline('Get-Nothing', { isScript: false }));
    expect(types(command)).toEqual(['00041006']);
    expect(endState(command)).toBe(5);
  });

  test('takes objects in, and ends when they do', async () => {
    const pool = await open();
    const id = await pool.start(createPipeline('Invoke-LabScenario input', { input: true }));
    for (const data of [
      '<S>text</S>',
      '<I32>5</I32>',
      '<Obj RefId="0"><TN RefId="0"><T>A.Type</T></TN><ToString>it</ToString></Obj>',
    ]) {
      expect((await pool.send('00041002', data, id)).status).toBe(200);
    }
    await pool.send('00041003', '', id);
    expect(outputOf(await pool.receiveAll(id))).toEqual(['string: text', 'number: 5', 'A.Type: it', '3 objects']);
    await signal(pool, id, terminate);
  });

  test('is stopped by Ctrl-C, also where that takes a while', async () => {
    const pool = await open({ maxRunspaces: 2 });
    for (const script of [
      'Start-Sleep 600',
      'Invoke-LabScenario slow-stop -Seconds 1',
      'Invoke-LabScenario flood -Count 1000000000',
      '1..1000000 | Where-Object { $_ -lt 0 } | Measure-Object',
    ]) {
      const id = await pool.start(createPipeline(script));
      if (script.startsWith('Invoke-LabScenario')) await pool.receiveUntil('00041004', id);
      expect((await signal(pool, id, ctrlC)).status).toBe(200);
      const messages = await pool.receiveAll(id);
      expect(endState(messages)).toBe(3);
      const error = propertyOf(messages.at(-1)!.value, 'ExceptionAsErrorRecord');
      expect(readErrorRecord(error!).fullyQualifiedErrorId).toBe('PipelineStopped');
      await signal(pool, id, terminate);
    }
  });

  test('runs beside others, as many as the pool has runspaces', async () => {
    const pool = await open({ maxRunspaces: 2 });
    const ids = [
      await pool.start(createPipeline('Start-Sleep 600')),
      await pool.start(createPipeline('Start-Sleep 600')),
    ];
    const third = await pool.start(createPipeline('"third"'));
    expect(await pool.receive(third, { timeout: 'PT0.300S' })).toMatchObject({ messages: [], fault: 2150858793 });
    await signal(pool, ids[0]!, ctrlC);
    expect(outputOf(await pool.receiveAll(third))).toEqual(['third']);
    for (const id of [...ids, third]) await signal(pool, id, terminate);
  });

  test('gives what fits in an envelope, however much there is', async () => {
    const pool = await open();
    const id = await pool.start(createPipeline('Invoke-LabScenario flood -Count 1000000000 -Size 1000'));
    for (let n = 0; n < 20; n++) {
      const body = `<rsp:Receive xmlns:rsp="${shellNamespace}"><rsp:DesiredStream CommandId="${id}">stdout</rsp:DesiredStream></rsp:Receive>`;
      const answer = await pool.ask('Receive', body, { size: 32_768 });
      expect(Buffer.byteLength(answer.text)).toBeLessThanOrEqual(32_768);
      expect(countIn(answer, 'rsp:Stream ')).toBeGreaterThan(5);
    }
    await signal(pool, id, terminate);
    expect((await pool.receive(id)).fault).toBe(87);
  });

  test('cuts a message in pieces where it is larger than an envelope', async () => {
    const pool = await open();
    const id = await pool.start(createPipeline('Invoke-LabScenario flood -Count 1 -Size 100000'));
    const all: string[] = [];
    for (let isDone = false; !isDone; ) {
      const received = await pool.receive(id, { size: 16_384 });
      all.push(...outputOf(received.messages).map((value) => textOf(value)!));
      isDone = received.isDone;
    }
    expect(all.map((text) => text.length)).toEqual([100_000]);
    await signal(pool, id, terminate);
  });

  test('gives every type of value', async () => {
    const pool = await open();
    const values = outputOf(await pool.run(createPipeline('Invoke-LabScenario types')));
    expect(values).toHaveLength(29);
    const last = values.at(-1);
    expect(propertyOf(last, 'First')).toBe(propertyOf(last, 'Second'));
  });
});

test('a restricted configuration has a few commands and no script', async () => {
  const pool = await open({ resourceUri: 'http://schemas.microsoft.com/powershell/windeck.restricted' });
  const script = await pool.run(createPipeline('Get-Service WinRM'));
  expect(endState(script)).toBe(5);
  expect(readErrorRecord(propertyOf(script.at(-1)!.value, 'ExceptionAsErrorRecord')!).fullyQualifiedErrorId).toBe(
    'ScriptsNotAllowed',
  );
  const allowed = await pool.run(createPipeline('Get-Service', { isScript: false }));
  expect(outputOf(allowed).length).toBeGreaterThan(20);
  const refused = await pool.run(createPipeline('Get-Process', { isScript: false }));
  expect(readErrorRecord(propertyOf(refused.at(-1)!.value, 'ExceptionAsErrorRecord')!).fullyQualifiedErrorId).toBe(
    'CommandNotFoundException',
  );
  const restart = await openTestPool(machine, { init: initRunspacePool(1).replace('>1<', '>0<') }).then(
    () => 'opened',
    (error: Error) => error.message,
  );
  expect(restart).toBe('fault 87');
});
