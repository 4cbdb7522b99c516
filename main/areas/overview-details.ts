import type { DiskReading, MachineDetails } from '../../shared/contract/overview.ts';
import { cimSchema, type WSManClient } from '../wsman/index.ts';
import { isAccessDenied, isNotOffered, query, select } from './query.ts';

const volumeSchema = cimSchema({
  DeviceID: 'string',
  FileSystem: 'string',
  FreeSpace: 'uint64',
  Size: 'uint64',
  VolumeName: 'string',
});

/** Fixed disks with a size; a drive without one (a locked BitLocker volume) has nothing to show. */
export async function readDisks(client: WSManClient, signal: AbortSignal): Promise<DiskReading[]> {
  const rows = await query(client, select(volumeSchema, 'Win32_LogicalDisk', 'DriveType=3'), volumeSchema, signal);
  return rows.flatMap(({ DeviceID, VolumeName, FileSystem, Size, FreeSpace }) =>
    DeviceID === null || Size === null || FreeSpace === null
      ? []
      : [{ drive: DeviceID, label: VolumeName || null, fileSystem: FileSystem, sizeBytes: Size, freeBytes: FreeSpace }],
  );
}

const osSchema = cimSchema({
  Caption: 'string',
  CSName: 'string',
  InstallDate: 'datetime',
  LastBootUpTime: 'datetime',
  LocalDateTime: 'datetime',
  OSArchitecture: 'string',
  Version: 'string',
});
const systemSchema = cimSchema({
  Domain: 'string',
  Manufacturer: 'string',
  Model: 'string',
  Name: 'string',
  NumberOfLogicalProcessors: 'uint32',
  NumberOfProcessors: 'uint32',
  TotalPhysicalMemory: 'uint64',
});
const processorSchema = cimSchema({ MaxClockSpeed: 'uint32', Name: 'string' });
const biosSchema = cimSchema({ SerialNumber: 'string' });
const addressSchema = cimSchema({ IPAddress: 'string[]' });

export interface DetailsReading {
  readonly details: MachineDetails;
  readonly speedMHz: number | null;
  /** The first class that may not be read, where there is one. */
  readonly missing: unknown;
}

/** OS and hardware facts. What one class refuses, or a generation of Windows does not have, stays null; if all refuse, the refusal is thrown. */
export async function readDetails(
  client: WSManClient,
  stack: string | null,
  signal: AbortSignal,
  now: () => number,
): Promise<DetailsReading> {
  let missing: unknown = null;
  let anything = false;
  const rowsOf = async <const S extends Parameters<typeof query>[2]>(
    className: string,
    schema: S,
    condition?: string,
  ) => {
    try {
      const rows = await query(client, select(schema, className, condition), schema, signal);
      anything = true;
      return rows;
    } catch (error) {
      if (!isAccessDenied(error) && !isNotOffered(error)) throw error;
      if (isAccessDenied(error)) missing ??= error;
      return [];
    }
  };
  const askedAt = now();
  const [os] = await rowsOf('Win32_OperatingSystem', osSchema);
  // Their clock was read somewhere between question and answer.
  const middle = (askedAt + now()) / 2;
  const [[system], processors, [bios], adapters] = await Promise.all([
    rowsOf('Win32_ComputerSystem', systemSchema),
    rowsOf('Win32_Processor', processorSchema),
    rowsOf('Win32_BIOS', biosSchema),
    rowsOf('Win32_NetworkAdapterConfiguration', addressSchema, 'IPEnabled=TRUE'),
  ]);
  if (!anything && missing !== null) throw missing;
  const clock = os?.LocalDateTime?.epochMs ?? null;
  return {
    missing,
    speedMHz: processors[0]?.MaxClockSpeed ?? null,
    details: {
      osCaption: os?.Caption?.trim() ?? null,
      osVersion: os?.Version ?? null,
      osArchitecture: os?.OSArchitecture ?? null,
      installedAt: os?.InstallDate?.epochMs ?? null,
      lastBootAt: os?.LastBootUpTime?.epochMs ?? null,
      clockOffsetMs: clock === null ? null : Math.round(clock - middle),
      computerName: system?.Name ?? os?.CSName ?? null,
      domain: system?.Domain ?? null,
      manufacturer: system?.Manufacturer ?? null,
      model: system?.Model ?? null,
      serialNumber: bios?.SerialNumber?.trim() || null,
      processorName: processors[0]?.Name?.replace(/\s+/g, ' ').trim() ?? null,
      sockets: system?.NumberOfProcessors ?? (processors.length || null),
      logicalProcessors: system?.NumberOfLogicalProcessors ?? null,
      memoryBytes: system?.TotalPhysicalMemory ?? null,
      addresses: adapters.flatMap(({ IPAddress }) => (IPAddress ?? []).filter((address) => address !== null)),
      stack,
    },
  };
}
