import * as v from 'valibot';
import { of, stream } from '../rpc/endpoint.ts';
import { MachineId } from './machines.ts';
import type { Problem } from './problem.ts';

/** One part of the overview: read on its own, fails on its own, keeps its last value with its age. */
export interface Section<T> {
  /** The last value that was read, in this run or an earlier one; null if there never was one. */
  readonly value: T | null;
  readonly readAt: number | null;
  /** True only when `value` was read by the current connection within its refresh time. */
  readonly live: boolean;
  /** Why the newest reading failed. */
  readonly problem: Problem | null;
}

/** Rates per second since the reading before; null where there was none, or a counter went backwards. */
export interface CpuReading {
  readonly totalPercent: number | null;
  readonly perProcessorPercent: readonly (number | null)[];
  readonly queueLength: number | null;
  readonly logicalProcessors: number;
  readonly speedMHz: number | null;
}
export interface MemoryReading {
  readonly totalBytes: bigint;
  readonly availableBytes: bigint;
  readonly committedBytes: bigint | null;
  readonly pagesPerSecond: number | null;
}
export interface DiskReading {
  readonly drive: string;
  readonly label: string | null;
  readonly fileSystem: string | null;
  readonly sizeBytes: bigint;
  readonly freeBytes: bigint;
}
export interface DiskActivity {
  readonly readBytesPerSecond: number | null;
  readonly writeBytesPerSecond: number | null;
  readonly latencyMs: number | null;
}
export interface NetworkReading {
  readonly adapters: readonly {
    readonly name: string;
    readonly receivedBytesPerSecond: number | null;
    readonly sentBytesPerSecond: number | null;
    readonly bitsPerSecond: bigint | null;
  }[];
}
export interface ProcessReading {
  readonly processId: number;
  readonly name: string;
  readonly cpuPercent: number | null;
  readonly workingSetBytes: bigint;
}
export interface SignedInUser {
  readonly account: string;
  /** Console, RDP, service … from Win32_LogonSession.LogonType, in words. */
  readonly kind: string;
  readonly sinceAt: number | null;
}
export interface MachineDetails {
  readonly osCaption: string | null;
  readonly osVersion: string | null;
  readonly osArchitecture: string | null;
  readonly installedAt: number | null;
  readonly lastBootAt: number | null;
  /** Target's clock minus ours, in milliseconds. */
  readonly clockOffsetMs: number | null;
  readonly computerName: string | null;
  readonly domain: string | null;
  readonly manufacturer: string | null;
  readonly model: string | null;
  readonly serialNumber: string | null;
  readonly processorName: string | null;
  readonly sockets: number | null;
  readonly logicalProcessors: number | null;
  readonly memoryBytes: bigint | null;
  readonly addresses: readonly string[];
  readonly stack: string | null;
}

export interface OverviewSections {
  readonly cpu: Section<CpuReading>;
  readonly memory: Section<MemoryReading>;
  readonly disks: Section<readonly DiskReading[]>;
  readonly diskActivity: Section<DiskActivity>;
  readonly network: Section<NetworkReading>;
  readonly processes: Section<readonly ProcessReading[]>;
  readonly details: Section<MachineDetails>;
  readonly users: Section<readonly SignedInUser[]>;
}

/** The sections that are new since the item before. The first item has all of them, from the last known state. */
export type OverviewChange = Partial<OverviewSections>;

export const overview = {
  /** One machine: live counters every 2 s, the slower sections every 30 s, until cancelled. */
  watch: stream(v.object({ machineId: MachineId }), of<OverviewChange>()),
};
