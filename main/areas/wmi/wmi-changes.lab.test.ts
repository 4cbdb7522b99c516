import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CimReference } from '../../../shared/contract/cim-value.ts';
import type { WmiInput, WmiInstance, WmiRowsItem } from '../../../shared/contract/wmi.ts';
import { problemOf } from '../../console-fixture.ts';
import { type ConsoleOverLab, startConsoleOverLab } from '../../console-over-lab.test-suite.ts';
import type { LabMachine } from '../../lab/start-lab.ts';

let { lab, it: console_, ids, addAs, close } = {} as ConsoleOverLab;
let machine: LabMachine;
let machineId: string;
let readerId: string;
beforeAll(async () => {
  ({ lab, it: console_, ids, addAs, close } = await startConsoleOverLab({ machines: 1 }));
  [machine] = lab.machines as [LabMachine];
  [machineId] = ids as [string];
  readerId = await addAs(machine, 'reader', 'Windeck-Lab-2!');
});
afterEach(() => lab.misbehave(machine.name, null));
afterAll(() => close?.());

const wmi = () => console_.client.wmi;
async function rows(stream: AsyncIterable<WmiRowsItem>) {
  const found: WmiInstance[] = [];
  let end: Extract<WmiRowsItem, { kind: 'end' }> | null = null;
  let started: Extract<WmiRowsItem, { kind: 'started' }> | null = null;
  for await (const item of stream) {
    if (item.kind === 'rows') found.push(...item.rows);
    else if (item.kind === 'end') end = item;
    else started = item;
  }
  return { found, end: end!, started: started! };
}
const query = (text: string, namespace = 'root/cimv2', limit = 1000) =>
  rows(wmi().query({ machineId, namespace, text, limit }));
const value = (instance: WmiInstance | undefined, name: string) =>
  instance?.properties.find(([other]) => other === name)?.[1];
const executed = async (what: string) => (await lab.statistics(machine.name)).executed[what] ?? 0;
const sampleAt = (id: string): CimReference => ({
  cim: 'reference',
  address: '',
  resourceUri: 'http://schemas.microsoft.com/wbem/wsman/1/wmi/root/lab/Lab_Sample',
  selectors: [
    ['__cimnamespace', 'root/lab'],
    ['Id', id],
  ],
});
const auditLines = async () =>
  (await readFile(join(console_.dataFolder, 'audit.log'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('changes', () => {
  const typed: readonly (WmiInput & { readonly is: unknown })[] = [
    { name: 'Text', type: 'string', value: ' <a> & "b"\n\u00e9 ', is: ' <a> & "b"\n\u00e9 ' },
    { name: 'Flag', type: 'boolean', value: 'false', is: false },
    { name: 'Byte', type: 'uint8', value: '0', is: 0 },
    { name: 'Short', type: 'sint16', value: '-32768', is: -32_768 },
    { name: 'Number', type: 'uint32', value: '4294967295', is: 4_294_967_295 },
    { name: 'Big', type: 'uint64', value: '18446744073709551614', is: 18_446_744_073_709_551_614n },
    { name: 'Negative', type: 'sint64', value: '-9007199254740993', is: -9_007_199_254_740_993n },
    { name: 'Single', type: 'real32', value: '-0.25', is: -0.25 },
    { name: 'Double', type: 'real64', value: '1e-7', is: 1e-7 },
    { name: 'Character', type: 'char16', value: '65', is: 65 },
    {
      name: 'When',
      type: 'datetime',
      value: '2027-05-06T07:08:09.000001-05:00',
      is: { cim: 'datetime', text: '2027-05-06T07:08:09.000001-05:00', epochMs: Date.parse('2027-05-06T12:08:09Z') },
    },
    {
      name: 'Span',
      type: 'interval',
      value: 'P0DT0H1M40S',
      is: { cim: 'interval', text: 'P0DT0H1M40S', microseconds: 100_000_000n },
    },
    { name: 'Texts', type: 'string[]', value: ['', 'two'], is: ['', 'two'] },
    { name: 'Numbers', type: 'uint32[]', value: ['7'], is: [7] },
    { name: 'Bigs', type: 'uint64[]', value: ['1', '18446744073709551615'], is: [1n, 18_446_744_073_709_551_615n] },
    { name: 'Flags', type: 'boolean[]', value: ['false', 'true'], is: [false, true] },
    { name: 'Octets', type: 'uint8[]', value: ['255', '0'], is: [255, 0] },
  ];

  it('every type there and back: created, read, put, read', async () => {
    const values = [
      { name: 'Id', type: 'string' as const, value: 'typed' },
      ...typed.map(({ is: _, ...input }) => input),
    ];
    const reference = await wmi().create({ machineId, namespace: 'root/lab', className: 'Lab_Sample', values });
    const created = await wmi().get({ machineId, reference });
    for (const { name, is } of typed) expect(value(created, name), name).toEqual(is);
    // To null, and back.
    const before = created.properties;
    const nothing = await wmi().put({
      machineId,
      reference,
      changes: typed.map(({ name, type }) => ({ name, type, value: null })),
      before: [...before],
    });
    for (const { name, type } of typed) expect(value(nothing, name), name).toEqual(type.endsWith('[]') ? null : null);
    const again = await wmi().put({
      machineId,
      reference,
      changes: [
        ...typed.map(({ is: _, ...input }) => input),
        { name: 'Link', type: 'reference', value: 'Win32_Environment.Name="a \\"b\\"",UserName="<SYSTEM>"' },
      ],
      before: [...nothing.properties],
    });
    for (const { name, is } of typed) expect(value(again, name), name).toEqual(is);
    expect((value(again, 'Link') as CimReference).selectors).toEqual(
      expect.arrayContaining([
        ['Name', 'a "b"'],
        ['UserName', '<SYSTEM>'],
      ]),
    );
    expect(await wmi().delete({ machineId, reference })).toBeNull();
    expect((await problemOf(wmi().get({ machineId, reference }))).code).toBe('not-found');
  });

  it('sends only what was changed, and the keys', async () => {
    const reference = sampleAt('first');
    const before = await wmi().get({ machineId, reference });
    const from = console_.exchanges.length;
    const after = await wmi().put({
      machineId,
      reference,
      changes: [{ name: 'Number', type: 'uint32', value: '43' }],
      before: [['Number', 42]],
    });
    expect(value(after, 'Number')).toBe(43);
    expect(value(after, 'Text')).toBe(value(before, 'Text'));
    const put = console_.exchanges.slice(from).find(({ action }) => action.endsWith('/Put'))!;
    expect(put.request).toContain('<m:Number>43</m:Number>');
    expect(put.request).not.toContain('As it was');
    await wmi().put({
      machineId,
      reference,
      changes: [{ name: 'Number', type: 'uint32', value: '42' }],
      before: [['Number', 43]],
    });
  });

  it('writes nothing where somebody was quicker', async () => {
    const before = await executed('Lab_Sample.Put');
    const problem = await problemOf(
      wmi().put({
        machineId,
        reference: sampleAt('first'),
        changes: [{ name: 'Number', type: 'uint32', value: '9' }],
        before: [['Number', 41]],
      }),
    );
    expect(problem).toMatchObject({ code: 'operation-failed', message: expect.stringContaining('Number changed') });
    expect(await executed('Lab_Sample.Put')).toBe(before);
  });

  it('refuses what is not of its type before anything is sent', async () => {
    const before = await executed('Lab_Sample.Put');
    for (const [type, text] of [
      ['uint8', '256'],
      ['uint32', '-1'],
      ['uint64', 'many'],
      ['boolean', 'yes'],
      ['real64', 'x'],
      ['datetime', 'yesterday'],
      ['reference', 'nothing'],
      ['instance', '<a'],
    ] as const) {
      const problem = await problemOf(
        wmi().put({
          machineId,
          reference: sampleAt('first'),
          changes: [{ name: 'Number', type, value: text }],
          before: [],
        }),
      );
      expect(problem.code, type).toBe('invalid-input');
      expect(problem.message, type).toContain('Number');
    }
    expect(await executed('Lab_Sample.Put')).toBe(before);
  });

  it('shows what the machine refuses: read-only, keys missing, there already, not offered, no rights', async () => {
    const readOnly = await problemOf(
      wmi().put({
        machineId,
        reference: sampleAt('first'),
        changes: [{ name: 'CreatedBy', type: 'string', value: 'me' }],
        before: [],
      }),
    );
    expect(readOnly.code).toBe('operation-failed');
    expect(readOnly.fault).toMatchObject({
      wsmanCode: 0x80041023,
      message: expect.stringContaining('CreatedBy is read-only'),
    });
    const noKey = await problemOf(
      wmi().create({
        machineId,
        namespace: 'root/lab',
        className: 'Lab_Sample',
        values: [{ name: 'Text', type: 'string', value: 'x' }],
      }),
    );
    expect(noKey).toMatchObject({ code: 'invalid-input', message: expect.stringContaining('Id') });
    const there = await problemOf(
      wmi().create({
        machineId,
        namespace: 'root/lab',
        className: 'Lab_Sample',
        values: [{ name: 'Id', type: 'string', value: 'first' }],
      }),
    );
    expect(there.code).toBe('operation-failed');
    expect(there.fault?.message).toContain('exists already');
    const service = (await query("select * from Win32_Service where Name = 'Spooler'")).found[0]!.reference!;
    expect((await problemOf(wmi().delete({ machineId, reference: service }))).code).toBe('not-supported');
    const noInstance = await problemOf(wmi().delete({ machineId, reference: sampleAt('nobody') }));
    expect(noInstance.code).toBe('not-found');
    const short = { ...service, selectors: service.selectors.filter(([name]) => name === '__cimnamespace') };
    expect((await problemOf(wmi().get({ machineId, reference: short }))).fault?.wsmanCode).toBe(2150859002);
    const denied = await problemOf(wmi().namespaces({ machineId: readerId, namespace: 'root' }));
    expect(denied.code).toBe('access-denied');
  });

  it('calls methods with typed inputs; a number other than zero is no success', async () => {
    const echoed = await wmi().invoke({
      machineId,
      namespace: 'root/lab',
      className: 'Lab_Sample',
      reference: null,
      method: 'Echo',
      inputs: [
        { name: 'Text', type: 'string', value: '<x> & y' },
        { name: 'Count', type: 'uint64', value: '18446744073709551615' },
        { name: 'When', type: 'datetime', value: '2026-01-02T03:04:05Z' },
        { name: 'Numbers', type: 'uint32[]', value: ['5'] },
        { name: 'Fail', type: 'uint32', value: null },
      ],
    });
    expect(echoed).toMatchObject({ returnValue: 0, problem: null, meaning: 'It succeeded.' });
    expect(new Map(echoed.outputs)).toEqual(
      new Map<string, unknown>([
        ['CountOut', 18_446_744_073_709_551_615n],
        ['NumbersOut', [5]],
        ['TextOut', '<x> & y'],
        ['WhenOut', { cim: 'datetime', text: '2026-01-02T03:04:05Z', epochMs: Date.parse('2026-01-02T03:04:05Z') }],
      ]),
    );
    const spooler = (await query("select * from Win32_Service where Name = 'Spooler'")).found[0]!.reference!;
    const refused = await wmi().invoke({
      machineId,
      namespace: 'root/cimv2',
      className: 'Win32_Service',
      reference: spooler,
      method: 'StartService',
      inputs: [],
    });
    expect(refused).toMatchObject({ returnValue: 10, meaning: 'The service is already running.' });
    expect(refused.problem).toMatchObject({
      code: 'operation-failed',
      operation: { method: 'StartService', returnValue: 10 },
    });
    const noPath = await wmi().invoke({
      machineId,
      namespace: 'root/cimv2',
      className: 'Win32_Process',
      reference: null,
      method: 'Create',
      inputs: [{ name: 'CommandLine', type: 'string', value: '' }],
    });
    expect(noPath.returnValue).not.toBe(0);
    expect(noPath.problem?.code).toBe('operation-failed');
    const unknown = await problemOf(
      wmi().invoke({
        machineId,
        namespace: 'root/cimv2',
        className: 'Win32_Service',
        reference: spooler,
        method: 'Fly',
        inputs: [],
      }),
    );
    expect(unknown.code).toBe('not-supported');
  });

  it('never sends a change twice: a lost answer is unknown, and done once', async () => {
    const before = await executed('Lab_Sample.Echo');
    await lab.misbehave(machine.name, { kind: 'drop-after' });
    const problem = await problemOf(
      wmi().invoke({
        machineId,
        namespace: 'root/lab',
        className: 'Lab_Sample',
        reference: null,
        method: 'Echo',
        inputs: [{ name: 'Text', type: 'string', value: 'once' }],
      }),
    );
    await lab.misbehave(machine.name, null);
    expect(problem.code).toBe('outcome-unknown');
    expect(await executed('Lab_Sample.Echo')).toBe(before + 1);
    await console_.until(machineId, ({ state }) => state === 'online');
  });

  it('leaves a line in the audit file for what was asked and for what came of it, never a value', async () => {
    const from = (await auditLines()).length;
    await wmi().put({
      machineId,
      reference: sampleAt('empty'),
      changes: [{ name: 'Text', type: 'string', value: 'S3cret-value' }],
      before: [['Text', null]],
    });
    await problemOf(wmi().delete({ machineId, reference: sampleAt('nobody') }));
    const lines = (await auditLines()).slice(from);
    expect(lines.map(({ event, outcome }) => [event, outcome])).toEqual([
      ['wmi-put', 'asked'],
      ['wmi-put', 'done'],
      ['wmi-delete', 'asked'],
      ['wmi-delete', 'refused'],
    ]);
    expect(lines[0]).toMatchObject({ machineId, instance: 'root/lab:Lab_Sample.Id="empty"', properties: ['Text'] });
    expect(JSON.stringify(await auditLines())).not.toContain('S3cret');
  });
});
