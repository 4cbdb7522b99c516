import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CimReference } from '../../../shared/contract/cim-value.ts';
import type { WmiInstance, WmiRowsItem } from '../../../shared/contract/wmi.ts';
import { problemOf } from '../../console-fixture.ts';
import { type ConsoleOverLab, startConsoleOverLab } from '../../console-over-lab.test-suite.ts';
import type { LabMachine } from '../../lab/start-lab.ts';

let { lab, it: console_, ids, close } = {} as ConsoleOverLab;
let machine: LabMachine;
let machineId: string;
beforeAll(async () => {
  ({ lab, it: console_, ids, close } = await startConsoleOverLab({ machines: 1 }));
  [machine] = lab.machines as [LabMachine];
  [machineId] = ids as [string];
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

describe('what there is', () => {
  it('walks namespaces from root on demand', async () => {
    const top = await wmi().namespaces({ machineId, namespace: 'root' });
    expect(top).toEqual(expect.arrayContaining(['root/cimv2', 'root/default', 'root/lab', 'root/Microsoft']));
    expect(await wmi().namespaces({ machineId, namespace: 'root/Microsoft' })).toEqual(['root/Microsoft/Windows']);
    expect(await wmi().namespaces({ machineId, namespace: 'root/cimv2' })).toEqual([]);
    const problem = await problemOf(wmi().namespaces({ machineId, namespace: 'root/nowhere' }));
    expect(problem.code).toBe('not-found');
    expect(problem.fault?.message).toContain('Invalid namespace');
  });

  it('lists the classes of a namespace from their declarations', async () => {
    const list = await wmi().classes({ machineId, namespace: 'root/cimv2', fresh: false });
    expect(list).toMatchObject({ source: 'declarations', why: null });
    expect(list.classes).toEqual(expect.arrayContaining(['Win32_Service', 'Win32_BaseService', 'Win32_LogicalDisk']));
    expect(new Set(list.classes).size).toBe(list.classes.length);
    // Asked once, then remembered, until somebody wants it fresh.
    const asked = () =>
      console_.exchanges.filter(({ request }) => JSON.stringify(request).includes('ExcludeClassSpecification')).length;
    const before = asked();
    await wmi().classes({ machineId, namespace: 'root/cimv2', fresh: false });
    expect(asked()).toBe(before);
    await wmi().classes({ machineId, namespace: 'root/cimv2', fresh: true });
    expect(asked()).toBe(before + 1);
  });

  it('describes a class: types, keys, what can be written, methods with their parameters', async () => {
    const environment = await wmi().describe({
      machineId,
      namespace: 'root/cimv2',
      className: 'win32_environment',
      fresh: false,
    });
    expect(environment).toMatchObject({
      name: 'Win32_Environment',
      source: 'declaration',
      superclass: 'CIM_SystemResource',
    });
    expect(environment.properties.filter(({ isKey }) => isKey).map(({ name }) => name)).toEqual(['Name', 'UserName']);
    expect(environment.properties.filter(({ isWritable }) => isWritable).map(({ name }) => name)).toEqual([
      'VariableValue',
    ]);
    const process = await wmi().describe({
      machineId,
      namespace: 'root/cimv2',
      className: 'Win32_Process',
      fresh: false,
    });
    const create = process.methods.find(({ name }) => name === 'Create');
    expect(create).toMatchObject({ isStatic: true, returnType: 'uint32' });
    expect(create?.parameters.map(({ name, type, isInput, isOptional }) => [name, type, isInput, isOptional])).toEqual([
      ['CommandLine', 'string', true, false],
      ['CurrentDirectory', 'string', true, true],
      ['ProcessId', 'uint32', false, false],
    ]);
    const link = await wmi().describe({
      machineId,
      namespace: 'root/cimv2',
      className: 'Win32_DependentService',
      fresh: false,
    });
    expect(link.isAssociation).toBe(true);
    const base = await wmi().describe({
      machineId,
      namespace: 'root/cimv2',
      className: 'Win32_BaseService',
      fresh: false,
    });
    expect(base.isAbstract).toBe(true);
    const problem = await problemOf(
      wmi().describe({ machineId, namespace: 'root/cimv2', className: 'Win32_Nothing', fresh: false }),
    );
    expect(problem.code).toBe('not-found');
  });

  it('declares exactly what its instances have, for every class of the lab', async () => {
    for (const namespace of ['root/cimv2', 'root/lab', 'root/default', 'root/Microsoft/Windows/TaskScheduler']) {
      const { classes } = await wmi().classes({ machineId, namespace, fresh: false });
      for (const className of classes) {
        const declared = await wmi().describe({ machineId, namespace, className, fresh: false });
        if (declared.isAbstract) continue;
        const { found } = await rows(wmi().instances({ machineId, namespace, className, limit: 3 }));
        for (const instance of found) {
          if (instance.className !== declared.name) continue;
          expect(instance.properties.map(([name]) => name).sort()).toEqual(
            declared.properties.map(({ name }) => name).sort(),
          );
        }
      }
    }
  });
});

describe('rows', () => {
  it('has types as declared: uint64 as bigint, dates, arrays, references', async () => {
    const { found, started } = await query("select * from Lab_Sample where Id = 'first'", 'root/lab');
    const [sample] = found;
    expect(started.types).toEqual(expect.arrayContaining([['Big', 'uint64']]));
    expect(value(sample, 'Big')).toBe(18_446_744_073_709_551_615n);
    expect(value(sample, 'Negative')).toBe(-9_223_372_036_854_775_808n);
    expect(value(sample, 'Bigs')).toEqual([0n, 9_007_199_254_740_993n]);
    expect(value(sample, 'When')).toEqual({
      cim: 'datetime',
      text: '2026-01-02T03:04:05.123456+01:00',
      epochMs: Date.parse('2026-01-02T02:04:05.123Z'),
    });
    expect(value(sample, 'Span')).toMatchObject({ cim: 'interval', microseconds: 93_784_567_000n });
    expect(value(sample, 'Times')).toMatchObject([{ cim: 'datetime' }]);
    expect(value(sample, 'Link')).toMatchObject({
      cim: 'reference',
      resourceUri: expect.stringMatching(/Win32_Service$/),
    });
    expect(value(sample, 'Octets')).toEqual([0, 127, 255]);
    expect(value(sample, 'Flag')).toBe(true);
    expect(sample?.reference?.selectors).toContainEqual(['Id', 'first']);
  });

  it('says when the limit cut it off, and releases what is left', async () => {
    const all = await query('select Name from Win32_Service');
    expect(all.end.cutOff).toBe(false);
    expect(all.end.count).toBe(all.found.length);
    const some = await query('select Name from Win32_Service', 'root/cimv2', 10);
    expect(some.found).toHaveLength(10);
    expect(some.end).toMatchObject({ count: 10, cutOff: true });
    const exact = await query('select Name from Win32_Service', 'root/cimv2', all.found.length);
    expect(exact.end.cutOff).toBe(false);
    expect((await lab.statistics(machine.name)).openEnumerations).toBe(0);
  });

  it('ends with its stream: left early or cancelled, nothing stays open at the machine', async () => {
    for await (const item of wmi().query({
      machineId,
      namespace: 'root/cimv2',
      text: 'select * from Win32_Service',
      limit: 9,
    })) {
      if (item.kind === 'rows') break;
    }
    await expect.poll(async () => (await lab.statistics(machine.name)).openEnumerations).toBe(0);
    const cancel = new AbortController();
    await lab.misbehave(machine.name, { kind: 'silence', action: 'Enumerate' });
    const stream = wmi().query(
      { machineId, namespace: 'root/cimv2', text: 'select * from Win32_Service', limit: 9 },
      cancel.signal,
    );
    const seen: string[] = [];
    const reading = (async () => {
      for await (const item of stream) {
        seen.push(item.kind);
        // The machine is asked now, and does not answer.
        cancel.abort();
      }
    })().catch(() => {});
    await reading;
    expect(seen).toEqual(['started']);
  });

  it('passes on what the provider says of a bad query', async () => {
    const unknown = await problemOf(query('select * from Win32_Nothing'));
    expect(unknown.fault).toMatchObject({
      wsmanCode: 2150858778,
      message: 'The class does not exist in this namespace.',
    });
    const property = await problemOf(query('select Nothing from Win32_Service'));
    expect(property.fault?.message).toContain('Invalid query');
    const namespace = await problemOf(query('select * from x', 'root/nowhere'));
    expect(namespace.fault?.wsmanCode).toBe(0x8004100e);
  });

  it('follows associations both ways, and the links themselves', async () => {
    const { found } = await query("select * from Win32_Service where Name = 'LanmanWorkstation'");
    const reference = found[0]!.reference!;
    const near = await rows(wmi().associated({ machineId, reference, select: 'instances', limit: 100 }));
    expect(near.found.map(({ className }) => className)).toEqual(
      expect.arrayContaining(['Win32_Service', 'Win32_ComputerSystem']),
    );
    const links = await rows(wmi().associated({ machineId, reference, select: 'links', limit: 100 }));
    const link = links.found.find(({ className }) => className === 'Win32_DependentService')!;
    const roles = ['Antecedent', 'Dependent'].map((role) => value(link, role) as CimReference);
    expect(roles.some(({ selectors }) => selectors.some(([, name]) => name === 'LanmanWorkstation'))).toBe(true);
    const other = roles.find(({ selectors }) => !selectors.some(([, name]) => name === 'LanmanWorkstation'))!;
    const end = await wmi().get({ machineId, reference: other });
    expect(end.className).toMatch(/^Win32_(Service|SystemDriver)$/);
    // A link is an instance too: its keys are references.
    expect(
      link.reference?.selectors.filter(([name]) => name !== '__cimnamespace').every(([, to]) => typeof to === 'object'),
    ).toBe(true);
    const same = await wmi().get({ machineId, reference: link.reference! });
    expect(value(same, 'Dependent')).toEqual(value(link, 'Dependent'));
  });
});
