import type { ProcessCpuSource, WindowsProcess } from '../../../shared/contract/processes.ts';
import { cimSchema, type Decoded, type WSManClient } from '../../wsman/index.ts';
import { type RawSample, timer100ns } from '../counters.ts';
import { isAccessDenied, isNotOffered, query, select } from '../query.ts';

/** The process table of one machine, read again and again; one reader belongs to one watch. */

const lightSchema = cimSchema({
  CreationDate: 'datetime',
  HandleCount: 'uint32',
  KernelModeTime: 'uint64',
  Name: 'string',
  ParentProcessId: 'uint32',
  PrivatePageCount: 'uint64',
  ProcessId: 'uint32',
  SessionId: 'uint32',
  ThreadCount: 'uint32',
  UserModeTime: 'uint64',
  WorkingSetSize: 'uint64',
});
/** What does not change while a process lives: for these Windows opens every process, so they are asked for once. */
const lastingSchema = cimSchema({
  CommandLine: 'string',
  CreationDate: 'datetime',
  ExecutablePath: 'string',
  ProcessId: 'uint32',
});
const counterSchema = cimSchema({
  IDProcess: 'uint32',
  Name: 'string',
  PercentProcessorTime: 'uint64',
  PrivateBytes: 'uint64',
  Timestamp_Sys100NS: 'uint64',
});

type Light = Decoded<typeof lightSchema>;
interface Lasting {
  readonly commandLine: string | null;
  readonly path: string | null;
}

export interface ProcessTable {
  readonly processes: readonly WindowsProcess[];
  readonly cpuSource: ProcessCpuSource;
}

/** Most processes that are asked for by number in one query; beyond that all are asked for. */
const byNumber = 24;

/** `processors` and `now`: what a share is a share of, and the time where the counters are not to be had. */
export function createTableReader(processors: () => number, now: () => number) {
  let lasting = new Map<string, Lasting>();
  let samples = new Map<string, RawSample>();
  let source: ProcessCpuSource = 'counters';

  return async (client: WSManClient, signal: AbortSignal): Promise<ProcessTable> => {
    const [rows, counters] = await Promise.all([
      query(client, select(lightSchema, 'Win32_Process'), lightSchema, signal),
      source === 'counters' ? readCounters(client, signal) : null,
    ]);
    const readAt = now();
    const nextSource: ProcessCpuSource = counters === null ? 'times' : 'counters';
    // Samples of the two ways do not go together.
    if (nextSource !== source) samples = new Map();
    source = nextSource;

    const known = rows.filter((row): row is Light & { ProcessId: number } => row.ProcessId !== null);
    const missing = known.filter((row) => !lasting.has(keyOf(row)));
    if (missing.length > 0) await readLasting(client, missing, lasting, signal);

    const nextSamples = new Map<string, RawSample>();
    const nextLasting = new Map<string, Lasting>();
    const processes = known.map((row): WindowsProcess => {
      const key = keyOf(row);
      const counter = counters?.get(row.ProcessId);
      const sample: RawSample =
        source === 'times'
          ? { value: sum(row.KernelModeTime, row.UserModeTime), time: BigInt(Math.round(readAt * 10_000)) }
          : { value: counter?.PercentProcessorTime ?? null, time: counter?.Timestamp_Sys100NS ?? null };
      nextSamples.set(key, sample);
      const facts = lasting.get(key) ?? { commandLine: null, path: null };
      nextLasting.set(key, facts);
      return {
        processId: row.ProcessId,
        createdAt: row.CreationDate?.epochMs ?? null,
        parentProcessId: row.ParentProcessId,
        name: row.Name ?? '',
        ...facts,
        sessionId: row.SessionId,
        threads: row.ThreadCount,
        handles: row.HandleCount,
        cpuPercent: rounded(timer100ns(samples.get(key), sample, processors())),
        workingSetBytes: row.WorkingSetSize,
        privateBytes: counter?.PrivateBytes ?? row.PrivatePageCount,
      };
    });
    samples = nextSamples;
    lasting = nextLasting;
    return { processes, cpuSource: source };
  };
}

const keyOf = (row: { ProcessId: number | null; CreationDate: { epochMs: number | null } | null }): string =>
  `${row.ProcessId} ${row.CreationDate?.epochMs ?? ''}`;

/** By process id; null where this machine has no such counters, or withholds them. */
async function readCounters(
  client: WSManClient,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, Decoded<typeof counterSchema>> | null> {
  try {
    const rows = await query(
      client,
      select(counterSchema, 'Win32_PerfRawData_PerfProc_Process'),
      counterSchema,
      signal,
    );
    const byId = new Map<number, Decoded<typeof counterSchema>>();
    for (const row of rows) if (row.IDProcess !== null && row.Name !== '_Total') byId.set(row.IDProcess, row);
    return byId.size === 0 ? null : byId;
  } catch (error) {
    if (isNotOffered(error) || isAccessDenied(error)) return null;
    throw error;
  }
}

async function readLasting(
  client: WSManClient,
  missing: readonly { readonly ProcessId: number }[],
  into: Map<string, Lasting>,
  signal: AbortSignal,
): Promise<void> {
  const condition =
    missing.length > byNumber ? undefined : missing.map(({ ProcessId }) => `ProcessId=${ProcessId}`).join(' OR ');
  const rows = await query(client, select(lastingSchema, 'Win32_Process', condition), lastingSchema, signal);
  for (const row of rows) into.set(keyOf(row), { commandLine: row.CommandLine, path: row.ExecutablePath });
}

const sum = (a: bigint | null, b: bigint | null): bigint | null => (a === null || b === null ? null : a + b);

/** A tenth is what is shown: what changes less is no change. */
const rounded = (percent: number | null): number | null => (percent === null ? null : Math.round(percent * 10) / 10);
