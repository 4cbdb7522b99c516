import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  childText,
  collectOutput,
  createClient,
  decodeInstance,
  openShell,
  readItem,
  resourceUris,
  type Target,
  type WSManClient,
  WSManFault,
  wmi,
  wql,
} from '../wsman/index.ts';
import { attribute, child, type XmlElement } from '../wsman/xml.ts';
import { createRawClient } from './lab-test-client.ts';
import { type Lab, type LabMachine, startLab } from './start-lab.ts';

/** Kinds of machine by their WS-Man server, asked by our own client on real sockets: the same questions, each with its own manners. */

let lab: Lab;
const clients = new Map<string, WSManClient>();
const kinds = ['3.0', '2.0', '1.1', 'omi'] as const;

const targetOf = (machine: LabMachine): Target => ({
  host: machine.address,
  port: machine.port,
  transport: 'http',
  path: '/wsman',
  authentication: 'negotiate',
  userName: machine.user,
  password: async () => machine.password,
  trusted: true,
  allowClearText: false,
  tls: { pin: null, skipNameCheck: false, skipAuthorityCheck: false },
});

beforeAll(async () => {
  lab = await startLab({ machines: kinds.length, stacks: kinds, pendingMs: 20 });
  for (const [n, kind] of kinds.entries()) clients.set(kind, createClient(targetOf(lab.machines[n]!)));
});
afterAll(async () => {
  for (const client of clients.values()) client.close();
  await lab?.close();
});

const service = { resourceUri: wmi('Win32_Service'), selectors: [['Name', 'WinRM']] } as const;
const schema = { Name: 'string', Started: 'boolean', ProcessId: 'uint32' } as const;

describe.each(kinds)('a machine of stack %s', (kind) => {
  it('says who it is', async () => {
    const { stack, productVendor } = await clients.get(kind)!.identify();
    expect({ stack, productVendor }).toEqual(
      kind === 'omi'
        ? { stack: null, productVendor: 'Open Management Infrastructure' }
        : { stack: kind, productVendor: 'Microsoft Corporation' },
    );
  });

  it('is read the same', async () => {
    const instance = await clients.get(kind)!.get(service);
    expect(decodeInstance(instance, schema)).toMatchObject({ Name: 'WinRM', Started: true });
  });

  it('is called the same', async () => {
    expect(await clients.get(kind)!.invoke(service, 'StartService')).toMatchObject({ returnValue: 10 });
  });

  it('is enumerated to the end, and nothing stays open', async () => {
    const client = clients.get(kind)!;
    const all = await client.enumerateAll({ resourceUri: wmi('Win32_Service') });
    expect(new Set(all.map((element) => decodeInstance(element, schema).Name)).size).toBe(all.length);
    expect(all.length).toBeGreaterThan(100);
    const { openEnumerations } = await lab.statistics(lab.machines[kinds.indexOf(kind)]!.name);
    expect(openEnumerations).toBe(0);
  });
});

describe('stack 1.1', () => {
  const client = () => clients.get('1.1')!;
  it('writes its class into an attribute and its address at the end, which is no property', async () => {
    const instance = await client().get(service);
    expect(attribute(instance, 'Class', 'http://schemas.dmtf.org/wbem/wsman/1/base')).toBe('Win32_Service');
    expect(attribute(instance, 'type', 'http://www.w3.org/2001/XMLSchema-instance')).toBeNull();
    expect(instance.children.at(-1)).toMatchObject({
      local: 'Location',
      namespace: 'http://schemas.dmtf.org/wbem/wsman/1/base',
    });
    expect(decodeInstance(instance, { Location: 'string', Name: 'string' })).toEqual({ Location: null, Name: 'WinRM' });
  });

  it('gives 20 items at a time, and is not asked for more', async () => {
    await client().identify();
    const batches: number[] = [];
    for await (const batch of client().enumerate({ resourceUri: wmi('Win32_Service') })) batches.push(batch.length);
    expect(Math.max(...batches)).toBe(20);
    expect(batches.slice(0, -1).every((size) => size === 20)).toBe(true);
    expect((await client().limits()).maxBatchItems).toBe(20);
  });

  it('takes five connections and answers a sixth that the service is busy', async () => {
    const machine = lab.machines[2]!;
    const open = async (): Promise<number> => (await lab.statistics(machine.name)).openConnections;
    // That of this file's own client is one of them, if it is still there.
    const mine = Array.from({ length: 5 - (await open()) }, () => createRawClient(machine));
    const sixth = createRawClient(machine);
    const ask = { headers: { 'Content-Type': 'application/soap+xml;charset=UTF-8' }, body: '<x/>' };
    try {
      for (const one of mine) expect((await one.request(ask)).status).toBe(401);
      expect(await open()).toBe(5);
      expect((await sixth.request(ask)).status).toBe(503);
      mine.pop()!.close();
      await expect.poll(open, { timeout: 5000, interval: 20 }).toBe(4);
      const another = createRawClient(machine);
      expect((await another.request(ask)).status).toBe(401);
      another.close();
    } finally {
      for (const one of [...mine, sixth]) one.close();
    }
  });

  it('has shells with an id of its time, and no record of them in the answer', async () => {
    const shell = await openShell(client());
    try {
      expect(shell.shellId).toMatch(/^uuid:[0-9A-F-]{36}$/);
      const { stdout, exitCode } = await collectOutput(await shell.run('hostname'));
      expect({ stdout: stdout.trim(), exitCode }).toEqual({ stdout: lab.machines[2]!.name, exitCode: 0 });
    } finally {
      await shell.close();
    }
  });

  it('cannot create instances', async () => {
    const body = '<p:Win32_Environment xmlns:p="x"><p:Name>A</p:Name></p:Win32_Environment>';
    await expect(client().create({ resourceUri: wmi('Win32_Environment') }, body)).rejects.toMatchObject({
      fields: { wsmanCode: 2150858753 },
    });
  });

  it('takes a whole instance back, its own address in it', async () => {
    const variable = {
      resourceUri: wmi('Win32_Environment'),
      selectors: [
        ['Name', 'OS'],
        ['UserName', '<SYSTEM>'],
      ],
    } as const;
    const before = await client().get(variable);
    const after = await client().put(variable, before);
    expect(childText(after!, 'VariableValue')).toBe('Windows_NT');
  });
});

describe('the OMI dialect', () => {
  const client = () => clients.get('omi')!;
  it('has neither fragments nor settings, and faults without detail', async () => {
    const failures = await Promise.all(
      [client().getFragment(service, 'Name'), client().get({ resourceUri: resourceUris.config })].map((call) =>
        call.catch((error: unknown) => error),
      ),
    );
    for (const failure of failures) {
      expect(failure).toBeInstanceOf(WSManFault);
      expect((failure as WSManFault).fields.wsmanCode).toBeNull();
    }
  });

  it('pads values and writes booleans in capitals', async () => {
    const instance = await client().get(service);
    expect(child(instance, 'Started')?.text).toBe('\nTRUE\n');
  });
});

describe('associations', () => {
  const client = () => clients.get('3.0')!;
  const object = { resourceUri: wmi('Win32_Service'), selectors: [['Name', 'WinRM']] } as const;
  const names = (items: readonly XmlElement[]): string[] =>
    items.map((item) => `${item.local} ${childText(item, 'Name')}`).sort();

  it('what a service needs, by role; the links themselves; only some properties', async () => {
    const needs = {
      select: 'associated-instances',
      object,
      associationClassName: 'Win32_DependentService',
      role: 'dependent',
    } as const;
    const enumerate = (query: Parameters<typeof filterOf>[0]) =>
      client().enumerateAll({ resourceUri: wql() }, { filter: filterOf(query) });
    const filterOf = (query: Extract<import('../wsman/index.ts').Filter, { dialect: 'association' }>['query']) => ({
      dialect: 'association' as const,
      query,
    });
    expect(names(await enumerate(needs))).toEqual(['Win32_Service RpcSs', 'Win32_SystemDriver HTTP']);
    expect(names(await enumerate({ ...needs, resultClassName: 'CIM_Service' }))).toHaveLength(2);
    expect(names(await enumerate({ ...needs, resultClassName: 'win32_systemdriver' }))).toEqual([
      'Win32_SystemDriver HTTP',
    ]);
    expect(await enumerate({ ...needs, resultRole: 'Dependent' })).toEqual([]);
    const links = await enumerate({
      select: 'association-instances',
      object,
      role: 'Dependent',
      resultClassName: 'CIM_Dependency',
    });
    expect(links.map(({ local }) => local)).toEqual(['Win32_DependentService', 'Win32_DependentService']);
    const rows = await enumerate({ ...needs, includeResultProperties: ['State', 'Name'] });
    expect(rows.map(({ local, children }) => [local, ...children.map((c) => c.local)])).toEqual(
      Array(2).fill(['XmlFragment', 'Name', 'State']),
    );
    // Every way from the service: also the computer that has it, which other links name.
    const all = names(await enumerate({ select: 'associated-instances', object }));
    expect(all).toContain(`Win32_ComputerSystem ${lab.machines[0]!.name}`);
  });

  it('an object or a class that is not there is a fault', async () => {
    for (const query of [
      { select: 'associated-instances', object: { ...object, selectors: [['Name', 'nobody']] } },
      { select: 'associated-instances', object, resultClassName: 'Win32_Nothing' },
    ] as const) {
      await expect(
        client().enumerateAll({ resourceUri: wql() }, { filter: { dialect: 'association', query } }),
      ).rejects.toMatchObject({ fields: { wsmanCode: 2150858778 } });
    }
  });
});

describe('modes and polymorphism', () => {
  const client = () => clients.get('3.0')!;
  it('EPR, and both: the address finds the instance', async () => {
    const resource = { resourceUri: wmi('Win32_LogicalDisk') };
    const [address] = (await client().enumerateAll(resource, { mode: 'EnumerateEPR' })).map(readItem);
    expect(address!.object).toBeNull();
    const both = (await client().enumerateAll(resource, { mode: 'EnumerateObjectAndEPR' })).map(readItem);
    expect(both.length).toBeGreaterThan(0);
    for (const { object, epr } of both) {
      expect(childText(await client().get(epr!), 'DeviceID')).toBe(childText(object!, 'DeviceID'));
    }
  });

  it('a base class: with all, with its own properties, with nothing of what derives from it', async () => {
    const base = { resourceUri: wmi('Win32_BaseService') };
    const count = async (polymorphism?: 'None' | 'IncludeSubClassProperties' | 'ExcludeSubClassProperties') =>
      client().enumerateAll(base, { polymorphism });
    const deep = await count();
    expect(new Set(deep.map(({ local }) => local))).toEqual(new Set(['Win32_Service', 'Win32_SystemDriver']));
    expect(await count('IncludeSubClassProperties')).toHaveLength(deep.length);
    expect(await count('None')).toEqual([]);
    const own = await count('ExcludeSubClassProperties');
    expect(own).toHaveLength(deep.length);
    expect(new Set(own.map(({ local }) => local))).toEqual(new Set(['Win32_BaseService']));
    expect(own.some((item) => child(item, 'ProcessId'))).toBe(false);
  });
});

describe('fragment Put', () => {
  const client = () => clients.get('3.0')!;
  const variable = {
    resourceUri: wmi('Win32_Environment'),
    selectors: [
      ['Name', 'OS'],
      ['UserName', '<SYSTEM>'],
    ],
  } as const;
  const value = async () => (await client().getFragment(variable, 'VariableValue/text()')).text;

  it('an element, a text; and what is no part of the instance', async () => {
    await client().put(variable, '<VariableValue>one</VariableValue>', { fragment: 'VariableValue' });
    expect(await value()).toBe('one');
    await client().put(variable, 'two', { fragment: 'VariableValue/text()' });
    expect(await value()).toBe('two');
    const put = (body: string, fragment: string, dialect?: string) =>
      client().put(variable, body, { fragment, ...(dialect === undefined ? {} : { dialect }) });
    const code = (wsmanCode: number) => ({ fields: { wsmanCode } });
    await expect(put('<Other>x</Other>', 'VariableValue')).rejects.toMatchObject(code(2150858841));
    await expect(put('<x/>', 'Nothing')).rejects.toMatchObject(code(2150858899));
    await expect(put('<x/>', '/Win32_Environment/Name')).rejects.toMatchObject(code(2150858778));
    await expect(put('<VariableValue>x</VariableValue>', 'VariableValue', 'urn:other')).rejects.toMatchObject(
      code(2150858898),
    );
    expect(await value()).toBe('two');
  });
});

describe('UTF-16', () => {
  it('a request in it is answered in it, sealed, and read', async () => {
    const types = new Set<string>();
    const utf16 = createClient(targetOf(lab.machines[0]!), {
      encoding: 'UTF-16',
      onExchange: (exchange) => types.add(String(exchange.sealed)),
    });
    try {
      await utf16.put(
        {
          resourceUri: wmi('Win32_Environment'),
          selectors: [
            ['Name', 'OS'],
            ['UserName', '<SYSTEM>'],
          ],
        },
        '<VariableValue>Zoë 日本 🙂</VariableValue>',
        { fragment: 'VariableValue' },
      );
      const read = await utf16.getFragment(
        {
          resourceUri: wmi('Win32_Environment'),
          selectors: [
            ['Name', 'OS'],
            ['UserName', '<SYSTEM>'],
          ],
        },
        'VariableValue',
      );
      expect(childText(read, 'VariableValue')).toBe('Zoë 日本 🙂');
      expect([...types]).toEqual(['true']);
    } finally {
      utf16.close();
    }
  });
});
