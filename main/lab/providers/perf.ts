import { type CimRow, defineClass, type LabPropertyType, type LabValue } from '../cim-class.ts';
import type { SimulatedMachine } from '../simulated-machine.ts';
import type { Wave } from '../world/workload.ts';
import type { Provider } from './provider.ts';

/**
 * Raw counters (Win32_PerfRawData_*). All are totals since boot, so that a reboot resets them; the formula of each is in its CounterType.
 * Times: Timestamp_Sys100NS is the wall clock in 100 ns since 1601, Timestamp_PerfTime the performance counter since boot.
 */

const filetimeEpochMs = 11_644_473_600_000;
export const perfFrequency = (machine: SimulatedMachine): number =>
  machine.plan.generation.build >= 17_763 ? 10_000_000 : 2_343_750;

/** Milliseconds as 100 ns. */
export const ticks = (milliseconds: number): bigint =>
  BigInt(Math.trunc(milliseconds)) * 10_000n + BigInt(Math.floor((milliseconds - Math.trunc(milliseconds)) * 10_000));
export const fileTime = (epochMs: number): bigint => ticks(epochMs + filetimeEpochMs);
export const whole = (amount: number): bigint => BigInt(Math.floor(amount));
/** Counters that WMI declares as uint32 wrap around. */
export const wrapped = (amount: number): number => Number(BigInt(Math.floor(amount)) & 0xffff_ffffn);

export function timestamps(machine: SimulatedMachine, now: number): CimRow {
  const frequency = perfFrequency(machine);
  const sys = fileTime(now);
  return {
    Frequency_Object: 10_000_000n,
    Frequency_PerfTime: BigInt(frequency),
    Frequency_Sys100NS: 10_000_000n,
    Timestamp_Object: sys,
    Timestamp_PerfTime: whole(((now - machine.bootAt) * frequency) / 1000),
    Timestamp_Sys100NS: sys,
  };
}

const common: Readonly<Record<string, LabPropertyType>> = {
  Caption: 'string',
  Description: 'string',
  Frequency_Object: 'uint64',
  Frequency_PerfTime: 'uint64',
  Frequency_Sys100NS: 'uint64',
  Name: 'string',
  Timestamp_Object: 'uint64',
  Timestamp_PerfTime: 'uint64',
  Timestamp_Sys100NS: 'uint64',
};

/** One type for all counters of a kind, by name. */
function counters(type: LabPropertyType, names: string): Record<string, LabPropertyType> {
  return Object.fromEntries(
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name, type]),
  );
}

export function perfClass(
  name: string,
  properties: Readonly<Record<string, LabPropertyType>>,
  instances: (machine: SimulatedMachine, now: number) => Iterable<CimRow>,
  singleton = false,
): Provider {
  return {
    cimClass: defineClass({
      name: `Win32_PerfRawData_${name}`,
      keys: singleton ? [] : ['Name'],
      singleton,
      bases: ['Win32_PerfRawData', 'Win32_Perf', 'CIM_StatisticalInformation'],
      properties: { ...common, ...properties },
    }),
    *instances(machine) {
      const now = machine.clock.now();
      const times = timestamps(machine, now);
      for (const row of instances(machine, now)) yield { ...times, ...row };
    },
  };
}

const processorProvider = perfClass(
  'PerfOS_Processor',
  {
    ...counters(
      'uint64',
      'C1TransitionsPersec C2TransitionsPersec C3TransitionsPersec PercentC1Time PercentC2Time PercentC3Time PercentDPCTime PercentIdleTime PercentInterruptTime PercentPrivilegedTime PercentProcessorTime PercentUserTime',
    ),
    ...counters('uint32', 'DPCRate DPCsQueuedPersec InterruptsPersec'),
  },
  (machine, now) => {
    const elapsed = now - machine.bootAt;
    const rows = machine.workload.processors.map((processor, index) =>
      processorRow(String(index), elapsed, processor.between(machine.bootAt, now)),
    );
    const busy = machine.workload.busy(machine.bootAt, now) / rows.length;
    // Times of _Total are the mean of all processors, counts their sum.
    return [...rows, processorRow('_Total', elapsed, busy, rows.length)];
  },
);

/** PercentProcessorTime is PERF_100NSEC_TIMER_INV: it counts idle time, and the formula turns it round. */
function processorRow(name: string, elapsed: number, busy: number, processors = 1): CimRow {
  const idle = ticks(elapsed - busy);
  return {
    Name: name,
    PercentProcessorTime: idle,
    PercentIdleTime: idle,
    PercentC1Time: ticks((elapsed - busy) * 0.97),
    PercentC2Time: 0n,
    PercentC3Time: 0n,
    PercentUserTime: ticks(busy * 0.68),
    PercentPrivilegedTime: ticks(busy * 0.32),
    PercentInterruptTime: ticks(busy * 0.012),
    PercentDPCTime: ticks(busy * 0.018),
    C1TransitionsPersec: whole(elapsed * 0.9 * processors),
    C2TransitionsPersec: 0n,
    C3TransitionsPersec: 0n,
    DPCRate: 1,
    DPCsQueuedPersec: wrapped(elapsed * 0.12 * processors),
    InterruptsPersec: wrapped(elapsed * 1.1 * processors),
  };
}

const systemProvider = perfClass(
  'PerfOS_System',
  {
    ...counters('uint64', 'FileControlBytesPersec FileReadBytesPersec FileWriteBytesPersec SystemUpTime'),
    ...counters(
      'uint32',
      'AlignmentFixupsPersec ContextSwitchesPersec ExceptionDispatchesPersec FileControlOperationsPersec FileDataOperationsPersec FileReadOperationsPersec FileWriteOperationsPersec FloatingEmulationsPersec PercentRegistryQuotaInUse PercentRegistryQuotaInUse_Base Processes ProcessorQueueLength SystemCallsPersec Threads',
    ),
  },
  (machine, now) => {
    const { workload } = machine;
    const elapsed = now - machine.bootAt;
    const processes = machine.processes.all();
    const load =
      workload.processors.reduce((sum, processor) => sum + processor.at(now), 0) / workload.processors.length;
    const switches = workload.contextSwitches.between(machine.bootAt, now);
    return [
      {
        // PERF_ELAPSED_TIME: the moment of the boot.
        SystemUpTime: fileTime(machine.bootAt),
        Processes: processes.length,
        Threads: processes.reduce((sum, process) => sum + process.threads, 0),
        ProcessorQueueLength: load > 0.8 ? Math.round((load - 0.8) * 40) : 0,
        ContextSwitchesPersec: wrapped(switches),
        SystemCallsPersec: wrapped(switches * 7),
        ExceptionDispatchesPersec: wrapped(elapsed * 0.004),
        FileReadOperationsPersec: wrapped(switches * 0.05),
        FileWriteOperationsPersec: wrapped(switches * 0.03),
        FileDataOperationsPersec: wrapped(switches * 0.08),
        FileControlOperationsPersec: wrapped(switches * 0.09),
        FileReadBytesPersec: whole(switches * 240),
        FileWriteBytesPersec: whole(switches * 150),
        FileControlBytesPersec: whole(switches * 90),
        AlignmentFixupsPersec: 0,
        FloatingEmulationsPersec: 0,
        PercentRegistryQuotaInUse: 2,
        PercentRegistryQuotaInUse_Base: 100,
      },
    ];
  },
  true,
);

const memoryProvider = perfClass(
  'PerfOS_Memory',
  {
    ...counters(
      'uint64',
      'AvailableBytes AvailableKBytes AvailableMBytes CacheBytes CacheBytesPeak CommitLimit CommittedBytes FreeAndZeroPageListBytes ModifiedPageListBytes PoolNonpagedBytes PoolPagedBytes StandbyCacheNormalPriorityBytes SystemCodeResidentBytes SystemDriverResidentBytes',
    ),
    ...counters(
      'uint32',
      'CacheFaultsPersec DemandZeroFaultsPersec FreeSystemPageTableEntries PageFaultsPersec PageReadsPersec PagesInputPersec PagesOutputPersec PagesPersec PageWritesPersec PercentCommittedBytesInUse PercentCommittedBytesInUse_Base TransitionFaultsPersec WriteCopiesPersec',
    ),
  },
  (machine, now) => {
    const { workload, plan } = machine;
    const available = workload.availableBytes(now);
    const committed = Math.floor(workload.committed.at(now));
    const limit = Math.floor(plan.memoryBytes * 1.25);
    const pages = workload.pages.between(machine.bootAt, now);
    const share = (part: number): bigint => whole(plan.memoryBytes * part);
    return [
      {
        AvailableBytes: whole(available),
        AvailableKBytes: whole(available / 1024),
        AvailableMBytes: whole(available / 1024 ** 2),
        FreeAndZeroPageListBytes: whole(available * 0.3),
        StandbyCacheNormalPriorityBytes: whole(available * 0.6),
        ModifiedPageListBytes: share(0.004),
        CacheBytes: share(0.02),
        CacheBytesPeak: share(0.03),
        CommitLimit: whole(limit),
        CommittedBytes: whole(committed),
        PoolNonpagedBytes: share(0.012),
        PoolPagedBytes: share(0.02),
        SystemCodeResidentBytes: 8_454_144n,
        SystemDriverResidentBytes: 17_420_288n,
        PagesPersec: wrapped(pages),
        PagesInputPersec: wrapped(pages * 0.8),
        PagesOutputPersec: wrapped(pages * 0.2),
        PageReadsPersec: wrapped(pages * 0.2),
        PageWritesPersec: wrapped(pages * 0.02),
        PageFaultsPersec: wrapped(pages * 90),
        CacheFaultsPersec: wrapped(pages * 20),
        DemandZeroFaultsPersec: wrapped(pages * 50),
        TransitionFaultsPersec: wrapped(pages * 25),
        WriteCopiesPersec: wrapped(pages * 2),
        FreeSystemPageTableEntries: 12_303_520,
        PercentCommittedBytesInUse: wrapped(committed / 4096),
        PercentCommittedBytesInUse_Base: wrapped(limit / 4096),
      },
    ];
  },
  true,
);

const networkProvider = perfClass(
  'Tcpip_NetworkInterface',
  {
    ...counters(
      'uint64',
      'BytesReceivedPersec BytesSentPersec BytesTotalPersec CurrentBandwidth OffloadedConnections PacketsOutboundDiscarded PacketsOutboundErrors PacketsReceivedDiscarded PacketsReceivedErrors PacketsReceivedNonUnicastPersec PacketsReceivedUnicastPersec PacketsReceivedUnknown PacketsSentNonUnicastPersec PacketsSentUnicastPersec TCPActiveRSCConnections TCPRSCAveragePacketSize',
    ),
    ...counters('uint64', 'OutputQueueLength PacketsPersec PacketsReceivedPersec PacketsSentPersec'),
  },
  (machine, now) => {
    const total = (wave: Wave): number => wave.between(machine.bootAt, now);
    const received = total(machine.workload.received);
    const sent = total(machine.workload.sent);
    const zero: Record<string, LabValue> = {};
    for (const name of [
      'OffloadedConnections',
      'PacketsOutboundDiscarded',
      'PacketsOutboundErrors',
      'PacketsReceivedDiscarded',
      'PacketsReceivedErrors',
      'PacketsReceivedUnknown',
      'OutputQueueLength',
      'TCPActiveRSCConnections',
      'TCPRSCAveragePacketSize',
    ])
      zero[name] = 0n;
    return [
      {
        ...zero,
        Name: networkAdapterName(machine).replaceAll('/', '_').replaceAll('(', '[').replaceAll(')', ']'),
        BytesReceivedPersec: whole(received),
        BytesSentPersec: whole(sent),
        BytesTotalPersec: whole(received) + whole(sent),
        CurrentBandwidth: machine.plan.manufacturer.startsWith('VMware') ? 10_000_000_000n : 1_000_000_000n,
        PacketsReceivedPersec: whole(received / 700),
        PacketsSentPersec: whole(sent / 600),
        PacketsPersec: whole(received / 700) + whole(sent / 600),
        PacketsReceivedUnicastPersec: whole(received / 720),
        PacketsSentUnicastPersec: whole(sent / 610),
        PacketsReceivedNonUnicastPersec: whole(received / 25_200),
        PacketsSentNonUnicastPersec: whole(sent / 36_600),
      },
    ];
  },
);

/** The adapter's name in Win32_NetworkAdapterConfiguration; performance counters write brackets for its parentheses. */
export function networkAdapterName(machine: SimulatedMachine): string {
  if (machine.plan.manufacturer.startsWith('VMware')) return 'vmxnet3 Ethernet Adapter';
  if (machine.plan.model === 'Virtual Machine') return 'Microsoft Hyper-V Network Adapter';
  return 'Intel(R) Ethernet Controller X710 for 10GbE SFP+';
}

export const perfProviders: readonly Provider[] = [processorProvider, systemProvider, memoryProvider, networkProvider];
export { counters as perfCounters };
