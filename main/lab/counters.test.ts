import { describe, expect, it } from 'vitest';
import { defaultAuthentication } from './authentication/scheme-list.ts';
import type { CimRow } from './cim-class.ts';
import { findProvider } from './resources.ts';
import { createSimulatedMachine, demoTimings, type SimulatedMachine } from './simulated-machine.ts';
import { planMachine } from './world/machine-plan.ts';

/** Counters by the formulas of their CounterType, between two samples on a clock that the test moves. */

let now = Date.UTC(2026, 4, 5, 6, 7, 8);
function createMachine(index: number): SimulatedMachine {
  now = Date.UTC(2026, 4, 5, 6, 7, 8);
  return createSimulatedMachine(planMachine(index, 1), {
    clock: { now: () => now },
    timings: demoTimings,
    accounts: [],
    authentication: defaultAuthentication,
    certMappings: [],
    transport: 'http',
  });
}
const rowsOf = (machine: SimulatedMachine, className: string): CimRow[] => [
  ...findProvider('root/cimv2', className)!.instances(machine),
];
function samples(
  machine: SimulatedMachine,
  className: string,
  name: string | null,
  elapsedMs: number,
): [CimRow, CimRow] {
  const take = (): CimRow => rowsOf(machine, className).find((row) => name === null || row['Name'] === name)!;
  const first = take();
  now += elapsedMs;
  return [first, take()];
}
const delta = ([first, second]: [CimRow, CimRow], property: string): number =>
  typeof second[property] === 'bigint'
    ? Number((second[property] as bigint) - (first[property] as bigint))
    : (second[property] as number) - (first[property] as number);
/** PERF_100NSEC_TIMER_INV */
const busyPercent = (pair: [CimRow, CimRow]): number =>
  100 * (1 - delta(pair, 'PercentProcessorTime') / delta(pair, 'Timestamp_Sys100NS'));
/** PERF_COUNTER_BULK_COUNT */
const rate = (pair: [CimRow, CimRow], property: string): number =>
  delta(pair, property) / (delta(pair, 'Timestamp_PerfTime') / Number(pair[1]['Frequency_PerfTime']));

describe('processor', () => {
  it('gives moving percentages that agree with LoadPercentage', () => {
    const machine = createMachine(0);
    const seen = new Set<number>();
    for (let turn = 0; turn < 30; turn++) {
      const pair = samples(machine, 'Win32_PerfRawData_PerfOS_Processor', '_Total', 1000);
      const percent = busyPercent(pair);
      const processors = rowsOf(machine, 'Win32_Processor');
      const load = processors.reduce((sum, row) => sum + (row['LoadPercentage'] as number), 0) / processors.length;
      expect(percent).toBeGreaterThan(0);
      expect(percent).toBeLessThan(100);
      expect(Math.abs(percent - load)).toBeLessThanOrEqual(1);
      seen.add(load);
    }
    expect(seen.size).toBeGreaterThan(2);
  });
  it('has _Total as the mean of all processors', () => {
    const machine = createMachine(3);
    const before = rowsOf(machine, 'Win32_PerfRawData_PerfOS_Processor');
    now += 5000;
    const after = rowsOf(machine, 'Win32_PerfRawData_PerfOS_Processor');
    expect(before).toHaveLength(machine.plan.logicalProcessors + 1);
    const percents = before.map((row, index) => busyPercent([row, after[index]!]));
    const total = percents.pop()!;
    expect(total).toBeCloseTo(percents.reduce((sum, value) => sum + value, 0) / percents.length, 3);
  });
  it('is high where the plan says so, and nowhere else in the first machines', () => {
    for (let index = 0; index < 8; index++) {
      const machine = createMachine(index);
      const percent = busyPercent(samples(machine, 'Win32_PerfRawData_PerfOS_Processor', '_Total', 60_000));
      expect([index, percent > 80]).toEqual([index, machine.plan.faults.has('high-cpu')]);
    }
  });
});

describe('processes', () => {
  it('add up to all processors, and to what the processor says', () => {
    const machine = createMachine(4);
    machine.services.all();
    const busy = samples(machine, 'Win32_PerfRawData_PerfOS_Processor', '_Total', 0)[0];
    const before = rowsOf(machine, 'Win32_PerfRawData_PerfProc_Process');
    now += 4000;
    const after = rowsOf(machine, 'Win32_PerfRawData_PerfProc_Process');
    const percent = busyPercent([busy, rowsOf(machine, 'Win32_PerfRawData_PerfOS_Processor').at(-1)!]);
    const used = new Map(
      before.flatMap((row) => {
        // Short tasks come and go meanwhile.
        const later = after.find((one) => one['Name'] === row['Name'] && one['IDProcess'] === row['IDProcess']);
        return later ? [[row['Name'] as string, delta([row, later], 'PercentProcessorTime')] as const] : [];
      }),
    );
    const wall = 4000 * 10_000 * machine.plan.logicalProcessors;
    const idle = used.get('Idle')!;
    expect(used.get('_Total')! / wall).toBeCloseTo(1, 3);
    expect(100 * (1 - idle / wall)).toBeCloseTo(percent, 1);
    expect(used.get('w3wp')! / wall).toBeGreaterThan(0.5);
    for (const value of used.values()) expect(value).toBeGreaterThanOrEqual(0);
    // Names are unique, as the counter library makes them.
    expect(new Set(before.map((row) => row['Name'])).size).toBe(before.length);
    expect(used.size).toBeGreaterThanOrEqual(before.length - 3);
  });
  it('do not make System jump when one ends', () => {
    const machine = createMachine(0);
    const system = (): bigint =>
      rowsOf(machine, 'Win32_PerfRawData_PerfProc_Process').find((row) => row['Name'] === 'System')![
        'PercentProcessorTime'
      ] as bigint;
    const processId = machine.processes.create('C:\\Tools\\x.exe', now);
    now += 600_000;
    const before = system();
    expect(machine.processes.terminate(processId, now)).toBe(true);
    expect(Number(system() - before)).toBeLessThan(100);
    expect(machine.processes.terminate(4, now)).toBe(false);
  });
});

describe('memory, disks, network', () => {
  it('has the same free memory everywhere', () => {
    const machine = createMachine(9);
    const [memory] = rowsOf(machine, 'Win32_PerfRawData_PerfOS_Memory');
    const [system] = rowsOf(machine, 'Win32_OperatingSystem');
    const bytes = memory!['AvailableBytes'] as bigint;
    expect(memory!['AvailableKBytes']).toBe(bytes / 1024n);
    expect(system!['FreePhysicalMemory']).toBe(bytes / 1024n);
    expect(Number(bytes) / machine.plan.memoryBytes).toBeLessThan(0.06);
  });
  it('has throughput, operations and latency that agree', () => {
    const machine = createMachine(1);
    const drive = machine.plan.disks[0]!.drive;
    const pair = samples(machine, 'Win32_PerfRawData_PerfDisk_LogicalDisk', drive, 5000);
    const reads = rate(pair, 'DiskReadsPersec');
    const bytes = rate(pair, 'DiskReadBytesPersec');
    expect(reads).toBeGreaterThan(0);
    expect(bytes / reads).toBeGreaterThan(4096);
    expect(bytes / reads).toBeLessThan(200_000);
    // PERF_AVERAGE_TIMER
    const latency =
      delta(pair, 'AvgDisksecPerTransfer') /
      Number(pair[1]['Frequency_PerfTime']) /
      delta(pair, 'AvgDisksecPerTransfer_Base');
    expect(latency).toBeGreaterThan(0);
    expect(latency).toBeLessThan(0.1);
    const whole = rowsOf(machine, 'Win32_PerfRawData_PerfDisk_PhysicalDisk').map((row) => row['Name']);
    expect(whole).toEqual([...machine.plan.disks.map((disk, index) => `${index} ${disk.drive}`), '_Total']);
  });
  it('counts network octets in both directions', () => {
    const machine = createMachine(2);
    const pair = samples(machine, 'Win32_PerfRawData_Tcpip_NetworkInterface', null, 3000);
    const received = rate(pair, 'BytesReceivedPersec');
    expect(received).toBeGreaterThan(1000);
    expect(rate(pair, 'BytesTotalPersec')).toBeCloseTo(received + rate(pair, 'BytesSentPersec'), -1);
    const adapter = rowsOf(machine, 'Win32_NetworkAdapterConfiguration').find((row) => row['IPEnabled'] === true)!;
    expect(String(pair[0]['Name']).replace('[', '(').replace(']', ')')).toBe(adapter['Description']);
  });
  it('says since when it has been up', () => {
    const machine = createMachine(5);
    const [system] = rowsOf(machine, 'Win32_PerfRawData_PerfOS_System');
    const seconds =
      Number((system!['Timestamp_Object'] as bigint) - (system!['SystemUpTime'] as bigint)) /
      Number(system!['Frequency_Object']);
    expect(seconds).toBeCloseTo(machine.plan.uptimeMs / 1000, 1);
  });
});

it('has a row for every property that it writes, and no property that the class lacks', () => {
  const machine = createMachine(1);
  for (const className of [
    'Win32_Service',
    'Win32_Process',
    'Win32_OperatingSystem',
    'Win32_ComputerSystem',
    'Win32_Processor',
    'Win32_LogicalDisk',
    'Win32_BIOS',
    'Win32_PerfRawData_PerfOS_Processor',
    'Win32_PerfRawData_PerfOS_System',
    'Win32_PerfRawData_PerfOS_Memory',
    'Win32_PerfRawData_PerfDisk_LogicalDisk',
    'Win32_PerfRawData_PerfProc_Process',
    'Win32_PerfRawData_Tcpip_NetworkInterface',
  ]) {
    const { properties } = findProvider('root/cimv2', className)!.cimClass;
    for (const row of rowsOf(machine, className))
      for (const name of Object.keys(row)) expect([className, name in properties]).toEqual([className, true]);
  }
});
