import type {
  CpuReading,
  DiskActivity,
  MemoryReading,
  NetworkReading,
  ProcessReading,
} from '../../shared/contract/overview.ts';
import { cimSchema, type Decoded, type WSManClient } from '../wsman/index.ts';
import { averageTimer, inverseTimer100ns, perSecond, type RawSample, timer100ns } from './counters.ts';
import { isNotOffered, query, queryOne, select } from './query.ts';

/**
 * The sections of the overview that are rates. Each reader keeps its own last samples, so that one which fails does not disturb the others;
 * one reader belongs to one watch.
 */

type Read<T> = (client: WSManClient, signal: AbortSignal) => Promise<T>;

const processorSchema = cimSchema({ Name: 'string', PercentProcessorTime: 'uint64', Timestamp_Sys100NS: 'uint64' });
const systemSchema = cimSchema({ ProcessorQueueLength: 'uint32' });

export function createCpuReader(speedMHz: () => number | null): Read<CpuReading> {
  let before = new Map<string, RawSample>();
  return async (client, signal) => {
    const [rows, system] = await Promise.all([
      query(client, select(processorSchema, 'Win32_PerfRawData_PerfOS_Processor'), processorSchema, signal),
      orNull(queryOne(client, select(systemSchema, 'Win32_PerfRawData_PerfOS_System'), systemSchema, signal)),
    ]);
    const samples = new Map<string, RawSample>();
    for (const row of rows) {
      if (row.Name !== null) samples.set(row.Name, { value: row.PercentProcessorTime, time: row.Timestamp_Sys100NS });
    }
    const busy = (name: string) => {
      const sample = samples.get(name);
      return sample === undefined ? null : inverseTimer100ns(before.get(name), sample);
    };
    const processors = [...samples.keys()].filter((name) => name !== '_Total').sort((a, b) => Number(a) - Number(b));
    const reading: CpuReading = {
      totalPercent: busy('_Total'),
      perProcessorPercent: processors.map(busy),
      queueLength: system?.ProcessorQueueLength ?? null,
      logicalProcessors: processors.length,
      speedMHz: speedMHz(),
    };
    before = samples;
    return reading;
  };
}

const memorySchema = cimSchema({
  AvailableBytes: 'uint64',
  CommittedBytes: 'uint64',
  Frequency_PerfTime: 'uint64',
  PagesPersec: 'uint64',
  Timestamp_PerfTime: 'uint64',
});
const osMemorySchema = cimSchema({
  FreePhysicalMemory: 'uint64',
  FreeVirtualMemory: 'uint64',
  TotalVirtualMemorySize: 'uint64',
  TotalVisibleMemorySize: 'uint64',
});
/** Win32_OperatingSystem counts memory in kilobytes. */
const kilobyte = 1024n;

export function createMemoryReader(): Read<MemoryReading> {
  let before: RawSample | undefined;
  return async (client, signal) => {
    const [os, raw] = await Promise.all([
      queryOne(client, select(osMemorySchema, 'Win32_OperatingSystem'), osMemorySchema, signal),
      orNull(queryOne(client, select(memorySchema, 'Win32_PerfRawData_PerfOS_Memory'), memorySchema, signal)),
    ]);
    const sample = raw && { value: raw.PagesPersec, time: raw.Timestamp_PerfTime };
    const pagesPerSecond = sample && perSecond(before, sample, raw.Frequency_PerfTime);
    before = sample ?? undefined;
    return {
      totalBytes: (os?.TotalVisibleMemorySize ?? 0n) * kilobyte,
      availableBytes: raw?.AvailableBytes ?? (os?.FreePhysicalMemory ?? 0n) * kilobyte,
      committedBytes: raw?.CommittedBytes ?? committed(os),
      pagesPerSecond,
    };
  };
}

function committed(os: Decoded<typeof osMemorySchema> | null): bigint | null {
  if (os === null || os.TotalVirtualMemorySize === null || os.FreeVirtualMemory === null) return null;
  return (os.TotalVirtualMemorySize - os.FreeVirtualMemory) * kilobyte;
}

const diskSchema = cimSchema({
  AvgDisksecPerTransfer: 'uint64',
  AvgDisksecPerTransfer_Base: 'uint64',
  DiskReadBytesPersec: 'uint64',
  DiskWriteBytesPersec: 'uint64',
  Frequency_PerfTime: 'uint64',
  Timestamp_PerfTime: 'uint64',
});

export function createDiskActivityReader(): Read<DiskActivity> {
  let before: Decoded<typeof diskSchema> | null = null;
  return async (client, signal) => {
    const text = select(diskSchema, 'Win32_PerfRawData_PerfDisk_PhysicalDisk', "Name='_Total'");
    const raw = await queryOne(client, text, diskSchema, signal);
    const last = before;
    before = raw;
    if (raw === null) return { readBytesPerSecond: null, writeBytesPerSecond: null, latencyMs: null };
    const rate = (name: 'DiskReadBytesPersec' | 'DiskWriteBytesPersec') =>
      perSecond(
        last ? { value: last[name], time: last.Timestamp_PerfTime } : undefined,
        { value: raw[name], time: raw.Timestamp_PerfTime },
        raw.Frequency_PerfTime,
      );
    const seconds = averageTimer(
      last ? { value: last.AvgDisksecPerTransfer, time: last.AvgDisksecPerTransfer_Base } : undefined,
      { value: raw.AvgDisksecPerTransfer, time: raw.AvgDisksecPerTransfer_Base },
      raw.Frequency_PerfTime,
    );
    return {
      readBytesPerSecond: rate('DiskReadBytesPersec'),
      writeBytesPerSecond: rate('DiskWriteBytesPersec'),
      latencyMs: seconds === null ? null : seconds * 1000,
    };
  };
}

const networkSchema = cimSchema({
  BytesReceivedPersec: 'uint64',
  BytesSentPersec: 'uint64',
  CurrentBandwidth: 'uint64',
  Frequency_PerfTime: 'uint64',
  Name: 'string',
  Timestamp_PerfTime: 'uint64',
});
/** Tunnels that Windows lists although nothing goes through them. */
const pseudoAdapter = /^(isatap|teredo|6to4|loopback pseudo)/i;

export function createNetworkReader(): Read<NetworkReading> {
  let before = new Map<string, Decoded<typeof networkSchema>>();
  return async (client, signal) => {
    const text = select(networkSchema, 'Win32_PerfRawData_Tcpip_NetworkInterface');
    const rows = await query(client, text, networkSchema, signal);
    const samples = new Map<string, Decoded<typeof networkSchema>>();
    for (const row of rows) if (row.Name !== null && !pseudoAdapter.test(row.Name)) samples.set(row.Name, row);
    const last = before;
    before = samples;
    const adapters = [...samples].map(([name, row]) => {
      const earlier = last.get(name);
      const rate = (key: 'BytesReceivedPersec' | 'BytesSentPersec') =>
        perSecond(
          earlier && { value: earlier[key], time: earlier.Timestamp_PerfTime },
          { value: row[key], time: row.Timestamp_PerfTime },
          row.Frequency_PerfTime,
        );
      return {
        name,
        receivedBytesPerSecond: rate('BytesReceivedPersec'),
        sentBytesPerSecond: rate('BytesSentPersec'),
        bitsPerSecond: row.CurrentBandwidth,
      };
    });
    return { adapters };
  };
}

const processSchema = cimSchema({
  IDProcess: 'uint32',
  Name: 'string',
  PercentProcessorTime: 'uint64',
  Timestamp_Sys100NS: 'uint64',
  WorkingSet: 'uint64',
});
/** So many by CPU and so many by memory: what a list of the busiest shows. */
const topProcesses = 12;

export function createProcessReader(processors: () => number): Read<readonly ProcessReading[]> {
  let before = new Map<string, RawSample>();
  return async (client, signal) => {
    const text = select(processSchema, 'Win32_PerfRawData_PerfProc_Process');
    const rows = await query(client, text, processSchema, signal);
    const samples = new Map<string, RawSample>();
    const all: ProcessReading[] = [];
    for (const row of rows) {
      // _Total is the sum, and Idle (process 0) is what nobody uses.
      if (row.IDProcess === null || row.IDProcess === 0 || row.Name === null) continue;
      // `svchost#3` is the third of its name; the number changes when an earlier one ends.
      const name = row.Name.replace(/#\d+$/, '');
      const key = `${row.IDProcess} ${name}`;
      const sample: RawSample = { value: row.PercentProcessorTime, time: row.Timestamp_Sys100NS };
      samples.set(key, sample);
      const cpuPercent = timer100ns(before.get(key), sample, processors());
      all.push({ processId: row.IDProcess, name, cpuPercent, workingSetBytes: row.WorkingSet ?? 0n });
    }
    before = samples;
    return busiest(all);
  };
}

function busiest(all: readonly ProcessReading[]): ProcessReading[] {
  const byMemory = [...all].sort((a, b) => (a.workingSetBytes < b.workingSetBytes ? 1 : -1)).slice(0, topProcesses);
  const byCpu = [...all].sort((a, b) => (b.cpuPercent ?? 0) - (a.cpuPercent ?? 0)).slice(0, topProcesses);
  return [...new Set([...byCpu, ...byMemory])];
}

/** For what a generation of Windows, or another make, may not have. */
async function orNull<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (isNotOffered(error)) return null;
    throw error;
  }
}
