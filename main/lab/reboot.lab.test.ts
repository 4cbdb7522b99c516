import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBasicClient, createNtlmClient, type SoapAnswer, textIn } from './lab-test-client.ts';
import { enumerateBody, enumeration, requestMessage, transfer, wmiUri } from './lab-test-messages.ts';
import { type Lab, type LabMachine, startLab } from './start-lab.ts';

const uri = wmiUri('Win32_OperatingSystem');
const getSystem = (): string => requestMessage({ action: `${transfer}/Get`, resourceUri: uri });
const invoke = (method: string, input = ''): string =>
  requestMessage({
    action: `${uri}/${method}`,
    resourceUri: uri,
    body: `<q:${method}_INPUT xmlns:q="${uri}">${input}</q:${method}_INPUT>`,
  });

/** 'open', or the code with which a connection fails. */
function probe(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port }, () => {
      socket.destroy();
      resolve('open');
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'));
  });
}
async function ask(machine: LabMachine, message: string): Promise<SoapAnswer> {
  const client = await createNtlmClient(machine);
  try {
    return await client.send(message);
  } finally {
    client.close();
  }
}
const bootTime = async (machine: LabMachine): Promise<number> =>
  Date.parse(/<p:LastBootUpTime><cim:Datetime>([^<]+)</.exec((await ask(machine, getSystem())).text)![1]!);

describe('a machine that goes down', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab({ machines: 8, pendingMs: 300, goingDownMs: 150, downMs: 700 });
  });
  afterAll(() => lab?.close());

  it('answers, refuses, and comes back with a new boot time, reset counters and services starting', async () => {
    const machine = lab.machines[0]!;
    const bootBefore = await bootTime(machine);
    const counterBefore = await idleTicks(machine);
    expect(textIn(await ask(machine, invoke('Reboot')), 'ReturnValue')).toBe('0');
    // Until it is down it is still the old Windows, and says that it is on its way.
    expect(textIn(await ask(machine, invoke('Reboot')), 'ReturnValue')).toBe('1115');
    expect(await bootTime(machine)).toBe(bootBefore);
    await expect.poll(() => probe(machine.port), { timeout: 5000, interval: 20 }).toBe('ECONNREFUSED');
    await expect.poll(() => probe(machine.port), { timeout: 8000, interval: 20 }).toBe('open');
    const bootAfter = await bootTime(machine);
    expect(bootAfter).toBeGreaterThan(bootBefore);
    expect(Math.abs(Date.now() - bootAfter)).toBeLessThan(30_000);
    expect(await idleTicks(machine)).toBeLessThan(counterBefore);
    const running = async (): Promise<number> =>
      (await services(machine, "State = 'Running'")).split('<Name>').length - 1;
    const first = await running();
    expect(first).toBeGreaterThan(5);
    await expect.poll(running, { timeout: 10_000, interval: 50 }).toBeGreaterThan(first + 20);
    await expect
      .poll(async () => (await services(machine, "State = 'Start Pending'")).includes('<Name>'), {
        timeout: 10_000,
        interval: 50,
      })
      .toBe(false);
    expect((await services(machine, "Name = 'Spooler'")).includes('<Name>')).toBe(true);
    const { executed } = await lab.statistics(machine.name);
    expect(executed['Win32_OperatingSystem.Reboot']).toBe(2);
  });

  it('ends open connections when it goes down', async () => {
    const machine = lab.machines[1]!;
    const client = await createNtlmClient(machine);
    expect(textIn(await client.send(invoke('Win32Shutdown', '<q:Flags>2</q:Flags>')), 'ReturnValue')).toBe('0');
    await expect
      .poll(async () => (await lab.statistics(machine.name)).openConnections, { timeout: 5000, interval: 20 })
      .toBe(0);
    await expect(client.send(getSystem())).rejects.toThrow();
    client.close();
  });

  it('answers a forced reboot, or drops the connection: both kinds exist', async () => {
    const outcomes = new Set<string>();
    for (const machine of lab.machines.slice(2, 7)) {
      const client = await createNtlmClient(machine);
      const outcome = await client.send(invoke('Win32Shutdown', '<q:Flags>6</q:Flags>')).then(
        (answer) => `answered ${textIn(answer, 'ReturnValue')}`,
        () => 'dropped',
      );
      client.close();
      outcomes.add(outcome);
      expect((await lab.statistics(machine.name)).executed['Win32_OperatingSystem.Win32Shutdown']).toBe(1);
    }
    expect([...outcomes].sort()).toEqual(['answered 0', 'dropped']);
  });

  it('stays down after a shutdown', async () => {
    const machine = lab.machines[7]!;
    expect(textIn(await ask(machine, invoke('Win32Shutdown', '<q:Flags>3</q:Flags>')), 'ReturnValue')).toBe('87');
    expect(textIn(await ask(machine, invoke('Shutdown')), 'ReturnValue')).toBe('0');
    await expect.poll(() => probe(machine.port), { timeout: 5000, interval: 20 }).toBe('ECONNREFUSED');
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(await probe(machine.port)).toBe('ECONNREFUSED');
    // Clearing a misbehaviour is no power switch.
    await lab.misbehave(machine.name, null);
    expect(await probe(machine.port)).toBe('ECONNREFUSED');
  });
});

async function idleTicks(machine: LabMachine): Promise<number> {
  const answer = await ask(
    machine,
    requestMessage({
      action: `${transfer}/Get`,
      resourceUri: wmiUri('Win32_PerfRawData_PerfOS_Processor'),
      selectors: { Name: '_Total' },
    }),
  );
  return Number(textIn(answer, 'PercentProcessorTime'));
}
async function services(machine: LabMachine, where: string): Promise<string> {
  const message = requestMessage({
    action: `${enumeration}/Enumerate`,
    resourceUri: wmiUri('*'),
    body: enumerateBody(`select Name from Win32_Service where ${where}`),
  });
  return (await ask(machine, message)).text;
}

it('is gone once its WinRM service is stopped', async () => {
  const lab = await startLab({ machines: 1, https: true, pendingMs: 200 });
  try {
    const machine = lab.machines[0]!;
    const client = createBasicClient(machine);
    const service = wmiUri('Win32_Service');
    const answer = await client.send(
      requestMessage({
        action: `${service}/StopService`,
        resourceUri: service,
        selectors: { Name: 'WinRM' },
        body: `<q:StopService_INPUT xmlns:q="${service}"/>`,
      }),
    );
    expect(textIn(answer, 'ReturnValue')).toBe('0');
    await expect.poll(() => probe(machine.port), { timeout: 5000, interval: 20 }).toBe('ECONNREFUSED');
    client.close();
  } finally {
    await lab.close();
  }
});
