import type { CimRow } from '../cim-class.ts';
import type { SimulatedMachine } from '../simulated-machine.ts';
import type { DiskActivity } from '../world/workload.ts';
import { fileTime, perfClass, perfCounters, perfFrequency, ticks, whole, wrapped } from './perf.ts';
import type { Provider } from './provider.ts';

/** Raw counters of disks and processes. */

const diskProperties = {
  ...perfCounters(
    'uint64',
    'AvgDiskBytesPerRead AvgDiskBytesPerTransfer AvgDiskBytesPerWrite AvgDiskQueueLength AvgDiskReadQueueLength AvgDiskWriteQueueLength DiskBytesPersec DiskReadBytesPersec DiskWriteBytesPersec PercentDiskReadTime PercentDiskReadTime_Base PercentDiskTime PercentDiskTime_Base PercentDiskWriteTime PercentDiskWriteTime_Base PercentIdleTime PercentIdleTime_Base',
  ),
  ...perfCounters(
    'uint32',
    'AvgDiskBytesPerRead_Base AvgDiskBytesPerTransfer_Base AvgDiskBytesPerWrite_Base AvgDisksecPerRead AvgDisksecPerRead_Base AvgDisksecPerTransfer AvgDisksecPerTransfer_Base AvgDisksecPerWrite AvgDisksecPerWrite_Base CurrentDiskQueueLength DiskReadsPersec DiskTransfersPersec DiskWritesPersec SplitIOPerSec',
  ),
};

interface DiskTotals {
  reads: number;
  writes: number;
  readMs: number;
  writeMs: number;
  readBytes: number;
  writeBytes: number;
}

function totalsOf(machine: SimulatedMachine, disk: DiskActivity, now: number): DiskTotals {
  const reads = disk.reads.between(machine.bootAt, now);
  const writes = disk.writes.between(machine.bootAt, now);
  return {
    reads,
    writes,
    readMs: disk.readTime.between(machine.bootAt, now),
    writeMs: disk.writeTime.between(machine.bootAt, now),
    readBytes: reads * disk.bytesPerRead,
    writeBytes: writes * disk.bytesPerWrite,
  };
}

function sum(all: readonly DiskTotals[]): DiskTotals {
  const total: DiskTotals = { reads: 0, writes: 0, readMs: 0, writeMs: 0, readBytes: 0, writeBytes: 0 };
  for (const one of all) for (const key of Object.keys(total) as (keyof DiskTotals)[]) total[key] += one[key];
  return total;
}

/** AvgDisksecPer*: PERF_AVERAGE_TIMER, time in ticks of the performance counter over operations. Percent*: PERF_PRECISION_100NS_TIMER. */
function diskRow(machine: SimulatedMachine, name: string, totals: DiskTotals, now: number, disks: number): CimRow {
  const perf = perfFrequency(machine) / 1000;
  const elapsed = now - machine.bootAt;
  const busy = Math.min(elapsed, (totals.readMs + totals.writeMs) / disks);
  const clock = fileTime(now);
  const operations = totals.reads + totals.writes;
  return {
    Name: name,
    DiskReadBytesPersec: whole(totals.readBytes),
    DiskWriteBytesPersec: whole(totals.writeBytes),
    DiskBytesPersec: whole(totals.readBytes + totals.writeBytes),
    DiskReadsPersec: wrapped(totals.reads),
    DiskWritesPersec: wrapped(totals.writes),
    DiskTransfersPersec: wrapped(operations),
    AvgDiskBytesPerRead: whole(totals.readBytes),
    AvgDiskBytesPerRead_Base: wrapped(totals.reads),
    AvgDiskBytesPerWrite: whole(totals.writeBytes),
    AvgDiskBytesPerWrite_Base: wrapped(totals.writes),
    AvgDiskBytesPerTransfer: whole(totals.readBytes + totals.writeBytes),
    AvgDiskBytesPerTransfer_Base: wrapped(operations),
    AvgDisksecPerRead: wrapped(totals.readMs * perf),
    AvgDisksecPerRead_Base: wrapped(totals.reads),
    AvgDisksecPerWrite: wrapped(totals.writeMs * perf),
    AvgDisksecPerWrite_Base: wrapped(totals.writes),
    AvgDisksecPerTransfer: wrapped((totals.readMs + totals.writeMs) * perf),
    AvgDisksecPerTransfer_Base: wrapped(operations),
    AvgDiskQueueLength: ticks(totals.readMs + totals.writeMs),
    AvgDiskReadQueueLength: ticks(totals.readMs),
    AvgDiskWriteQueueLength: ticks(totals.writeMs),
    CurrentDiskQueueLength: 0,
    PercentDiskTime: ticks(busy),
    PercentDiskTime_Base: clock,
    PercentDiskReadTime: ticks(totals.readMs / disks),
    PercentDiskReadTime_Base: clock,
    PercentDiskWriteTime: ticks(totals.writeMs / disks),
    PercentDiskWriteTime_Base: clock,
    PercentIdleTime: ticks(elapsed - busy),
    PercentIdleTime_Base: clock,
    SplitIOPerSec: 0,
  };
}

const logicalDiskProvider = perfClass(
  'PerfDisk_LogicalDisk',
  { ...diskProperties, ...perfCounters('uint32', 'FreeMegabytes PercentFreeSpace PercentFreeSpace_Base') },
  (machine, now) => {
    const all = machine.workload.disks.map((disk) => totalsOf(machine, disk, now));
    const space = (size: number, free: number) => ({
      FreeMegabytes: Math.floor(free / 1024 ** 2),
      PercentFreeSpace: Math.floor(free / 1024 ** 2),
      PercentFreeSpace_Base: Math.floor(size / 1024 ** 2),
    });
    const { disks } = machine.plan;
    const free = (disk: (typeof disks)[number]): number => disk.sizeBytes * (1 - disk.usedShare);
    const rows = disks.map((disk, index) => ({
      ...diskRow(machine, disk.drive, all[index]!, now, 1),
      ...space(disk.sizeBytes, free(disk)),
    }));
    const sizes = disks.reduce((size, disk) => size + disk.sizeBytes, 0);
    const frees = disks.reduce((size, disk) => size + free(disk), 0);
    return [...rows, { ...diskRow(machine, '_Total', sum(all), now, all.length), ...space(sizes, frees) }];
  },
);

/** One physical disk per drive, named `0 C:` as Windows does. */
const physicalDiskProvider = perfClass('PerfDisk_PhysicalDisk', diskProperties, (machine, now) => {
  const all = machine.workload.disks.map((disk) => totalsOf(machine, disk, now));
  const rows = all.map((totals, index) =>
    diskRow(machine, `${index} ${machine.plan.disks[index]!.drive}`, totals, now, 1),
  );
  return [...rows, diskRow(machine, '_Total', sum(all), now, all.length)];
});

const processProvider = perfClass(
  'PerfProc_Process',
  {
    ...perfCounters(
      'uint64',
      'ElapsedTime IODataBytesPersec IODataOperationsPersec IOOtherBytesPersec IOOtherOperationsPersec IOReadBytesPersec IOReadOperationsPersec IOWriteBytesPersec IOWriteOperationsPersec PageFileBytes PageFileBytesPeak PercentPrivilegedTime PercentProcessorTime PercentUserTime PrivateBytes VirtualBytes VirtualBytesPeak WorkingSet WorkingSetPeak WorkingSetPrivate',
    ),
    ...perfCounters(
      'uint32',
      'CreatingProcessID HandleCount IDProcess PageFaultsPersec PoolNonpagedBytes PoolPagedBytes PriorityBase ThreadCount',
    ),
  },
  (machine, now) => {
    const seen = new Map<string, number>();
    let all = 0;
    let workingSet = 0;
    let threads = 0;
    let handles = 0;
    const processes = machine.processes.all();
    const rows = processes.map((process): CimRow => {
      // Counters leave `.exe` away and number those of the same name.
      const base = process.processId === 0 ? 'Idle' : process.name.replace(/\.exe$/i, '');
      const copies = seen.get(base) ?? 0;
      seen.set(base, copies + 1);
      const used = machine.processes.processorTime(process, now);
      all += used;
      workingSet += process.workingSetBytes;
      threads += process.threads;
      handles += process.handles;
      const alive = Math.max(0, now - process.startedAt);
      const moved = alive * process.weight * 4000;
      return {
        Name: copies === 0 ? base : `${base}#${copies}`,
        IDProcess: process.processId,
        CreatingProcessID: process.parentProcessId,
        // PERF_ELAPSED_TIME: when it was started.
        ElapsedTime: fileTime(process.startedAt),
        PercentProcessorTime: ticks(used),
        PercentUserTime: ticks(process.processId <= 4 ? 0 : used * 0.68),
        PercentPrivilegedTime: ticks(process.processId <= 4 ? used : used * 0.32),
        HandleCount: process.handles,
        ThreadCount: process.threads,
        PriorityBase: process.priority,
        WorkingSet: whole(process.workingSetBytes),
        WorkingSetPeak: whole(process.workingSetBytes * 1.3),
        WorkingSetPrivate: whole(process.workingSetBytes * 0.55),
        PrivateBytes: whole(process.workingSetBytes * 0.7),
        PageFileBytes: whole(process.workingSetBytes * 0.7),
        PageFileBytesPeak: whole(process.workingSetBytes * 0.9),
        VirtualBytes: 2_203_318_222_848n + whole(process.workingSetBytes),
        VirtualBytesPeak: 2_203_318_222_848n + whole(process.workingSetBytes * 1.4),
        PageFaultsPersec: wrapped(alive * 0.001),
        PoolNonpagedBytes: 14_000,
        PoolPagedBytes: 120_000,
        IOReadBytesPersec: whole(moved),
        IOWriteBytesPersec: whole(moved / 2),
        IODataBytesPersec: whole(moved * 1.5),
        IOOtherBytesPersec: whole(moved / 10),
        IOReadOperationsPersec: whole(moved / 8192),
        IOWriteOperationsPersec: whole(moved / 16_384),
        IODataOperationsPersec: whole(moved / 6000),
        IOOtherOperationsPersec: whole(moved / 4000),
      };
    });
    const total: CimRow = {
      Name: '_Total',
      IDProcess: 0,
      CreatingProcessID: 0,
      ElapsedTime: fileTime(now),
      PercentProcessorTime: ticks(all),
      PercentUserTime: ticks(all * 0.2),
      PercentPrivilegedTime: ticks(all * 0.8),
      HandleCount: handles,
      ThreadCount: threads,
      PriorityBase: 0,
      WorkingSet: whole(workingSet),
    };
    return [...rows, total];
  },
);

export const diskAndProcessCounters: readonly Provider[] = [logicalDiskProvider, physicalDiskProvider, processProvider];
