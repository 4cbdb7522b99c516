import { beforeEach, describe, expect, it } from 'vitest';
import { readRequest } from '../wsman/envelope.ts';
import { parseXml } from '../wsman/xml.ts';
import { defaultAuthentication } from './authentication/scheme-list.ts';
import { countOpenEnumerations, enumerate, forgetEnumerations, pull } from './enumeration.ts';
import { LabFault } from './faults.ts';
import { enumerateBody, enumeration, requestMessage, wmiUri } from './lab-test-messages.ts';
import type { LabRequest } from './operation.ts';
import { createSimulatedMachine, demoTimings, type SimulatedMachine } from './simulated-machine.ts';
import { planMachine } from './world/machine-plan.ts';

let now: number;
let machine: SimulatedMachine;
beforeEach(() => {
  now = Date.UTC(2026, 0, 1);
  machine = createMachine(0);
});
function createMachine(index: number): SimulatedMachine {
  return createSimulatedMachine(planMachine(index, 1), {
    clock: { now: () => now },
    timings: demoTimings,
    accounts: [],
    authentication: defaultAuthentication,
    certMappings: [],
    transport: 'http',
  });
}

function request(action: 'Enumerate' | 'Pull', body: string): LabRequest {
  const text = requestMessage({ action: `${enumeration}/${action}`, resourceUri: wmiUri('*'), body });
  const received = readRequest(parseXml(text));
  return { ...received, action: received.action!, resourceUri: received.resourceUri!, limit: 512_000 };
}
const start = (): string =>
  contextOf(enumerate(machine, request('Enumerate', enumerateBody('select Name from Win32_Service', 2))).body);
const next = (context: string): string =>
  pull(
    machine,
    request(
      'Pull',
      `<n:Pull><n:EnumerationContext>${context}</n:EnumerationContext><n:MaxElements>2</n:MaxElements></n:Pull>`,
    ),
  ).body;
const contextOf = (body: string): string => /EnumerationContext>([^<]+)</.exec(body)![1]!;
const codeOf = (act: () => unknown): number | null => {
  try {
    act();
    return null;
  } catch (error) {
    if (error instanceof LabFault) return error.wsmanCode;
    throw error;
  }
};

describe('an enumeration context', () => {
  it('lives for EnumerationTimeoutms after the last Pull', () => {
    let context = start();
    const limit = machine.winrmConfig.number('Service/EnumerationTimeoutms');
    for (let turn = 0; turn < 3; turn++) {
      now += limit - 1;
      context = contextOf(next(context));
    }
    expect(countOpenEnumerations(machine)).toBe(1);
    now += limit;
    expect(countOpenEnumerations(machine)).toBe(0);
    expect(codeOf(() => next(context))).toBe(2150858779);
  });
  it('is forgotten in a reboot, and unknown to other machines', () => {
    const context = start();
    const mine = machine;
    machine = createMachine(1);
    expect(codeOf(() => next(context))).toBe(2150858779);
    machine = mine;
    forgetEnumerations(machine);
    expect(codeOf(() => next(context))).toBe(2150858779);
  });
  it('counts against MaxConcurrentOperationsPerUser, which is 15 on 2008 R2', () => {
    machine = createMachine(6);
    expect(machine.plan.generation.stack).toBe('2.0');
    for (let open = 0; open < 15; open++) start();
    expect(codeOf(start)).toBe(2150859174);
  });
});

it('never gives more than MaxBatchItems', () => {
  machine = createMachine(0);
  const leaf = machine.winrmConfig.find('MaxBatchItems') as { value: string };
  leaf.value = '20';
  const { body } = enumerate(machine, request('Enumerate', enumerateBody('select Name from Win32_Service', 32_000)));
  expect(body.split('<w:XmlFragment ')).toHaveLength(21);
});
