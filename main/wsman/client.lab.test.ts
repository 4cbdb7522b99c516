/** The client against the lab: its own process, real sockets, NTLM with sealing. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Lab, type LabMachine, type Misbehaviour, startLab } from '../lab/start-lab.ts';
import {
  CancelledError,
  childText,
  cimSchema,
  createClient,
  decodeInstance,
  decodeValue,
  type Exchange,
  OutcomeUnknownError,
  ProtocolError,
  resourceUris,
  type Target,
  TransportError,
  type WSManClient,
  WSManFault,
  wmi,
  wql,
} from './index.ts';

let lab: Lab;
let machine: LabMachine;
let client: WSManClient;
const exchanges: Exchange[] = [];

const targetOf = (m: LabMachine, overrides: Partial<Target> = {}): Target => ({
  host: m.address,
  port: m.port,
  transport: m.transport,
  path: '/wsman',
  authentication: 'negotiate',
  userName: m.user,
  password: async () => m.password,
  trusted: true,
  allowClearText: false,
  tls: { pin: m.certificateSha256 ?? null, skipNameCheck: false, skipAuthorityCheck: false },
  ...overrides,
});

const serviceSchema = cimSchema({
  Name: 'string',
  State: 'string',
  StartMode: 'string',
  ProcessId: 'uint32',
  AcceptStop: 'boolean',
  InstallDate: 'datetime',
});
const services = { resourceUri: wmi('Win32_Service') };
const serviceNamed = (name: string) => ({ ...services, selectors: [['Name', name]] as const });
const statistics = () => lab.statistics(machine.name);
const requestsOf = async (step: string): Promise<number> =>
  Object.entries((await statistics()).requests).find(([action]) => action.endsWith(step))?.[1] ?? 0;

beforeAll(async () => {
  lab = await startLab({ machines: 1, pendingMs: 50 });
  machine = lab.machines[0]!;
});
afterAll(async () => {
  await lab?.close();
});
beforeEach(async () => {
  await lab.misbehave(machine.name, null);
  exchanges.length = 0;
  client = createClient(targetOf(machine), { onExchange: (exchange) => exchanges.push(exchange) });
  return () => client.close();
});

describe('operations', () => {
  it('identify: anonymously without version, signed in with it', async () => {
    const anonymous = await client.identify({ anonymous: true });
    expect(anonymous).toMatchObject({ productVendor: 'Microsoft Corporation', os: '0.0.0', securityProfiles: [] });
    const known = await client.identify();
    expect(known.stack).toBe(anonymous.stack);
    expect(known.os).toMatch(/^(6|10)\.\d+\.\d+$/);
    expect(exchanges.map((e) => [e.action, e.mechanism, e.sealed])).toEqual([
      ['Identify', null, false],
      ['Identify', 'NTLM', true],
    ]);
  });

  it('get: one instance by its key, to a typed object', async () => {
    const winRm = decodeInstance(await client.get(serviceNamed('WinRM')), serviceSchema);
    expect(winRm).toMatchObject({ Name: 'WinRM', State: 'Running', AcceptStop: true, InstallDate: null });
    expect(winRm.ProcessId).toBeGreaterThan(0);
    const os = decodeInstance(
      await client.get({ resourceUri: wmi('Win32_OperatingSystem') }),
      cimSchema({ LastBootUpTime: 'datetime', TotalVisibleMemorySize: 'uint64', MUILanguages: 'string[]' }),
    );
    expect(os.LastBootUpTime?.epochMs).toBeLessThan(Date.now());
    expect(os.TotalVisibleMemorySize).toBeGreaterThan(1_000_000n);
    expect(client.security()).toMatchObject({ mechanism: 'NTLM', protection: 'RC4-128' });
  });

  it('get of what is not there: a fault with its number', async () => {
    await expect(client.get(serviceNamed('no such service'))).rejects.toBeInstanceOf(WSManFault);
    await expect(client.get({ resourceUri: wmi('Win32_NoSuchClass') })).rejects.toMatchObject({
      fields: { wsmanCode: expect.any(Number), message: expect.any(String) },
    });
  });

  it('getFragment: one property', async () => {
    const fragment = await client.getFragment(serviceNamed('WinRM'), 'State');
    expect(fragment.local).toBe('XmlFragment');
    expect(childText(fragment, 'State')).toBe('Running');
    expect((await client.getFragment(serviceNamed('WinRM'), 'State/text()')).text.trim()).toBe('Running');
  });

  it('enumerate: all, in many batches, drained', async () => {
    const before = await requestsOf('/Pull');
    const names = new Set<string>();
    let batches = 0;
    for await (const batch of client.enumerate(services, { maxElements: 40 })) {
      batches++;
      expect(batch.length).toBeLessThanOrEqual(40);
      for (const item of batch) names.add(decodeInstance(item, serviceSchema).Name!);
    }
    expect(names.size).toBeGreaterThanOrEqual(150);
    expect(batches).toBeGreaterThanOrEqual(4);
    expect((await requestsOf('/Pull')) - before).toBe(batches - 1);
    expect((await statistics()).openEnumerations).toBe(0);
  });

  it('enumerate: by WQL, projected to XmlFragment rows', async () => {
    const filter = { dialect: 'wql', text: "select Name, State from Win32_Service where State = 'Running'" } as const;
    const rows = await client.enumerateAll({ resourceUri: wql() }, { filter });
    expect(rows.length).toBeGreaterThan(20);
    expect(rows[0]?.local).toBe('XmlFragment');
    const decoded = rows.map((row) => decodeInstance(row, serviceSchema));
    expect(new Set(decoded.map((row) => row.State))).toEqual(new Set(['Running']));
    expect(decoded[0]?.StartMode).toBeNull();
  });

  it('enumerate: by selectors; a query that is none is a fault', async () => {
    const filter = { dialect: 'selector', selectors: [['State', 'Stopped']] } as const;
    const stopped = await client.enumerateAll(services, { filter });
    expect(stopped.length).toBeGreaterThan(0);
    expect(stopped.every((s) => childText(s, 'State') === 'Stopped')).toBe(true);
    const bad = { dialect: 'wql', text: 'select from where' } as const;
    await expect(client.enumerateAll({ resourceUri: wql() }, { filter: bad })).rejects.toMatchObject({
      fields: { subcode: 'CannotProcessFilter' },
    });
  });

  it('enumerate: references', async () => {
    const [item] = await client.enumerateAll(services, { mode: 'EnumerateEPR', maxElements: 500 });
    expect(decodeValue(item!)).toMatchObject({ cim: 'reference', resourceUri: wmi('Win32_Service') });
  });

  it('invoke: the ReturnValue of success and of refusal', async () => {
    const spooler = serviceNamed('Spooler');
    const first = await client.invoke(spooler, 'StopService');
    expect(first.returnValue).toBe(0);
    await expect.poll(async () => childText(await client.get(spooler), 'State'), { timeout: 5000 }).toBe('Stopped');
    expect((await client.invoke(spooler, 'StopService')).returnValue).not.toBe(0);
    const manual = [{ name: 'StartMode', type: 'string', value: 'Manual' }] as const;
    expect((await client.invoke(spooler, 'changestartmode', manual)).returnValue).toBe(0);
    expect(childText(await client.get(spooler), 'StartMode')).toBe('Manual');
    expect((await client.invoke(spooler, 'StartService')).returnValue).toBe(0);
  });

  it('create, put and delete a listener', async () => {
    const listener = {
      resourceUri: resourceUris.configListener,
      selectors: [
        ['Address', 'IP:127.0.0.1'],
        ['Transport', 'HTTP'],
      ],
    } as const;
    const body = (port: number): string =>
      `<l:Listener xmlns:l="${resourceUris.configListener}"><l:Port>${port}</l:Port></l:Listener>`;
    const epr = await client.create(listener, body(5999));
    expect(epr.resourceUri).toBe(resourceUris.configListener);
    expect(childText(await client.get(listener), 'Port')).toBe('5999');
    await client.put(listener, body(6000));
    expect(childText(await client.get(listener), 'Port')).toBe('6000');
    await client.delete(listener);
    await expect(client.get(listener)).rejects.toBeInstanceOf(WSManFault);
  });

  it('limits: read where it may, else the defaults of the stack', async () => {
    expect(await client.limits()).toMatchObject({ source: 'target', maxBatchItems: 32_000 });
    const reader = createClient(targetOf(machine, { userName: 'reader', password: async () => 'Windeck-Lab-2!' }));
    try {
      expect(await reader.limits()).toMatchObject({ source: 'defaults', stack: expect.any(String) });
    } finally {
      reader.close();
    }
  });
});

describe('nothing is left open', () => {
  it('left early, an enumeration is released', async () => {
    const before = await requestsOf('/Release');
    for await (const batch of client.enumerate(services, { maxElements: 5 })) {
      expect(batch).toHaveLength(5);
      break;
    }
    expect((await statistics()).openEnumerations).toBe(0);
    expect((await requestsOf('/Release')) - before).toBe(1);
  });

  it('cancelled while it pulls, it is released in the background', async () => {
    const controller = new AbortController();
    const consume = async (): Promise<void> => {
      for await (const _ of client.enumerate(services, { maxElements: 5, signal: controller.signal })) {
        await lab.misbehave(machine.name, { kind: 'latency', milliseconds: 10_000, action: 'Pull' });
        setTimeout(() => controller.abort(), 50);
      }
    };
    await expect(consume()).rejects.toBeInstanceOf(CancelledError);
    await expect.poll(async () => (await statistics()).openEnumerations, { timeout: 8000 }).toBe(0);
  });

  it('a fault in the middle releases', async () => {
    const consume = async (): Promise<void> => {
      for await (const _ of client.enumerate(services, { maxElements: 5 })) {
        await lab.misbehave(machine.name, { kind: 'fault', code: 2150858752, action: 'Pull', times: 1 });
      }
    };
    await expect(consume()).rejects.toMatchObject({ fields: { wsmanCode: 2150858752 } });
    await expect.poll(async () => (await statistics()).openEnumerations, { timeout: 8000 }).toBe(0);
  });
});

describe('cancellation and time limits', () => {
  it('an abort reaches the socket, and the next call works', async () => {
    await client.get(serviceNamed('WinRM'));
    await lab.misbehave(machine.name, { kind: 'latency', milliseconds: 15_000, times: 1 });
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 50);
    await expect(client.get(serviceNamed('WinRM'), { signal: controller.signal })).rejects.toBeInstanceOf(
      CancelledError,
    );
    await lab.misbehave(machine.name, null);
    expect((await client.get(serviceNamed('WinRM'))).local).toBe('Win32_Service');
  });

  it('silence ends at OperationTimeout and five seconds', async () => {
    await client.get(serviceNamed('WinRM'));
    await lab.misbehave(machine.name, { kind: 'silence', action: 'Get' });
    await expect(client.get(serviceNamed('WinRM'), { timeoutMs: 200 })).rejects.toMatchObject({
      name: 'TransportError',
      reason: 'response-timeout',
    });
  });
});

describe('lost answers', () => {
  it('a Get whose connection drops is sent again, once', async () => {
    await client.get(serviceNamed('WinRM'));
    await lab.misbehave(machine.name, { kind: 'drop-before', action: 'Get', times: 1 });
    expect((await client.get(serviceNamed('WinRM'))).local).toBe('Win32_Service');
    await lab.misbehave(machine.name, { kind: 'drop-before', action: 'Get' });
    await expect(client.get(serviceNamed('WinRM'))).rejects.toMatchObject({ reason: 'connection-lost' });
    expect(exchanges.filter((e) => e.error !== null)).toHaveLength(3);
  });

  it.each(['drop-after', 'reset-mid-body', 'bad-signature', 'unsealed'] as const)(
    'a method whose answer is lost by %s runs once, and its outcome is unknown',
    async (kind) => {
      const executed = async (): Promise<number> => (await statistics()).executed['Win32_Service.StopService'] ?? 0;
      const themes = serviceNamed('Themes');
      await client.get(themes);
      const before = await executed();
      await lab.misbehave(machine.name, { kind, action: 'StopService', times: 1 });
      await expect(client.invoke(themes, 'StopService')).rejects.toBeInstanceOf(OutcomeUnknownError);
      expect((await executed()) - before).toBe(1);
      // The state can be read back over a new connection.
      expect(childText(await client.get(themes), 'Name')).toBe('Themes');
    },
  );
});

describe('every misbehaviour ends in a typed error, and the client works afterwards', () => {
  const cases: [Misbehaviour, unknown][] = [
    [{ kind: 'reset-mid-body' }, TransportError],
    [{ kind: 'bad-signature' }, ProtocolError],
    [{ kind: 'wrong-sequence' }, ProtocolError],
    [{ kind: 'unsealed' }, ProtocolError],
    [{ kind: 'unsealed-fault' }, ProtocolError],
    [{ kind: 'truncated-multipart' }, ProtocolError],
    [{ kind: 'quota' }, WSManFault],
    [{ kind: 'malformed-xml' }, ProtocolError],
    [{ kind: 'hostile-xml', variant: 'dtd' }, ProtocolError],
    [{ kind: 'hostile-xml', variant: 'deep' }, ProtocolError],
    [{ kind: 'hostile-xml', variant: 'many-attributes' }, ProtocolError],
    [{ kind: 'fault', code: 2150858752 }, WSManFault],
  ];
  it.each(cases)('%o', async (misbehaviour, type) => {
    await client.get(serviceNamed('WinRM'));
    await lab.misbehave(machine.name, misbehaviour);
    await expect(client.get(serviceNamed('WinRM'))).rejects.toBeInstanceOf(type);
    await lab.misbehave(machine.name, null);
    expect((await client.get(serviceNamed('WinRM'))).local).toBe('Win32_Service');
  });

  it('a slow body is waited for', async () => {
    await lab.misbehave(machine.name, { kind: 'drip', millisecondsPerByte: 1, times: 1 });
    expect((await client.get(serviceNamed('WinRM'))).local).toBe('Win32_Service');
  });
});

it('secrets are masked before an exchange leaves, and the password is in none', async () => {
  const input = [
    { name: 'StartName', type: 'string', value: '.\\svc' },
    { name: 'StartPassword', type: 'string', value: 'Pl4nted-Secret' },
  ] as const;
  await client.invoke(serviceNamed('WinRM'), 'Change', input).catch(() => undefined);
  expect(exchanges).toHaveLength(1);
  expect(exchanges[0]?.request).toContain('StartPassword');
  const all = JSON.stringify(exchanges);
  expect(all).not.toContain('Pl4nted-Secret');
  expect(all).not.toContain(machine.password);
  expect(exchanges[0]?.timings).toMatchObject({ queue: expect.any(Number), server: expect.any(Number) });
  expect(exchanges[0]!.roundTrips).toBeGreaterThanOrEqual(2);
});
