import type { MachineFacts } from '../../shared/contract/machines.ts';
import { cimSchema, type Identity, type WSManClient } from '../wsman/index.ts';
import { isAccessDenied, isNotOffered, query, queryOne, select } from './query.ts';

const osSchema = cimSchema({ Caption: 'string', CSName: 'string', LastBootUpTime: 'datetime', Version: 'string' });
const systemSchema = cimSchema({
  Domain: 'string',
  Manufacturer: 'string',
  Model: 'string',
  Name: 'string',
  NumberOfLogicalProcessors: 'uint32',
  TotalPhysicalMemory: 'uint64',
});
const diskSchema = cimSchema({ DeviceID: 'string', FreeSpace: 'uint64', Size: 'uint64' });
const fixedDisk = 'DriveType=3';
/** A machine whose WMI hangs must not hold a place that others wait for. */
const queryLimitMs = 10_000;

/**
 * What the table shows of a machine, in three queries. What may not be read, or is not there, stays null; `missing` is then the first refusal. A refusal of WinRM
 * itself (fault 5 without a provider behind it) is thrown, since nothing else would work either.
 */
export async function readFacts(
  client: WSManClient,
  identity: Identity | null,
  signal: AbortSignal,
  now: () => number,
): Promise<{ facts: MachineFacts; missing: unknown }> {
  let missing: unknown = null;
  const permitted = async <T>(reading: Promise<T>): Promise<T | null> => {
    try {
      return await reading;
    } catch (error) {
      if (!isNotOffered(error) && !(isAccessDenied(error) && !isWholesale(error.fields))) throw error;
      missing ??= error;
      return null;
    }
  };
  // One after another: the first one signs in, and signing in twice at once would be two attempts.
  const os = await permitted(
    queryOne(client, select(osSchema, 'Win32_OperatingSystem'), osSchema, signal, queryLimitMs),
  );
  const system = await permitted(
    queryOne(client, select(systemSchema, 'Win32_ComputerSystem'), systemSchema, signal, queryLimitMs),
  );
  const disks = await permitted(
    query(client, select(diskSchema, 'Win32_LogicalDisk', fixedDisk), diskSchema, signal, queryLimitMs),
  );
  const facts: MachineFacts = {
    readAt: now(),
    computerName: system?.Name ?? os?.CSName ?? null,
    domain: system?.Domain ?? null,
    osCaption: os?.Caption?.trim() ?? null,
    osVersion: os?.Version ?? null,
    lastBootAt: os?.LastBootUpTime?.epochMs ?? null,
    manufacturer: system?.Manufacturer ?? null,
    model: system?.Model ?? null,
    logicalProcessors: system?.NumberOfLogicalProcessors ?? null,
    memoryBytes: system?.TotalPhysicalMemory ?? null,
    worstDisk: worstOf(disks ?? []),
    stack: identity?.stack ?? identity?.productVersion ?? null,
  };
  return { facts, missing };
}

function isWholesale(fields: {
  wsmanCode: number | null;
  provider: string | null;
  providerCode: number | null;
}): boolean {
  return fields.wsmanCode === 5 && fields.provider === null && fields.providerCode === null;
}

function worstOf(
  disks: readonly { DeviceID: string | null; FreeSpace: bigint | null; Size: bigint | null }[],
): MachineFacts['worstDisk'] {
  let worst: MachineFacts['worstDisk'] = null;
  for (const { DeviceID, FreeSpace, Size } of disks) {
    if (DeviceID === null || FreeSpace === null || Size === null || Size === 0n) continue;
    const freePercent = (Number(FreeSpace) / Number(Size)) * 100;
    if (worst === null || freePercent < worst.freePercent) worst = { drive: DeviceID, freePercent };
  }
  return worst;
}
