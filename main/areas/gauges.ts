import type { ConsoleHandlers } from '../../shared/contract/contract.ts';
import type { GaugeReading } from '../../shared/contract/gauges.ts';
import { cimSchema, type WSManClient } from '../wsman/index.ts';
import type { AreaContext } from './context.ts';
import { inverseTimer100ns, type RawSample } from './counters.ts';
import { createBell, pump, together } from './pump.ts';
import { isAccessDenied, isNotOffered, queryOne, select } from './query.ts';

const processorSchema = cimSchema({ PercentProcessorTime: 'uint64', Timestamp_Sys100NS: 'uint64' });
const memorySchema = cimSchema({ FreePhysicalMemory: 'uint64', TotalVisibleMemorySize: 'uint64' });
const processorQuery = select(processorSchema, 'Win32_PerfRawData_PerfOS_Processor', "Name='_Total'");
const memoryQuery = select(memorySchema, 'Win32_OperatingSystem');

/** So many machines are read at once, whatever their number: each holds a connection busy for a round trip or two. */
const readingsAtOnce = 64;
/** The scheduler's step. */
const stepMs = 50;
/** A CPU gauge needs two samples: the second one comes this soon after the first. */
const secondSampleMs = 1000;
/** What one query may take; no signal of its own, since a thousand machines are read every few seconds. */
const operationLimitMs = 5_000;

/** One machine that somebody watches. */
interface Watched {
  readonly listeners: Map<(reading: GaugeReading) => void, number>;
  dueAt: number;
  reading: boolean;
  sample: RawSample | undefined;
  /** Its place within the interval has been drawn. */
  spread: boolean;
}

/**
 * One scheduler for all windows: a machine that two of them watch is read once, at the shorter interval. The machines are spread over the
 * interval, so that a thousand of them are a steady trickle.
 */
export function createGauges(context: AreaContext): ConsoleHandlers['gauges'] {
  const watched = new Map<string, Watched>();
  let inFlight = 0;
  let timer: NodeJS.Timeout | null = null;

  function step(): void {
    const now = context.now();
    for (const [id, machine] of watched) {
      if (inFlight >= readingsAtOnce) return;
      if (machine.reading || machine.dueAt > now) continue;
      machine.reading = true;
      inFlight++;
      void read(id, machine).finally(() => {
        machine.reading = false;
        inFlight--;
        // Whoever was just read goes behind those that still wait.
        if (watched.get(id) === machine && watched.delete(id)) watched.set(id, machine);
      });
    }
  }

  async function read(machineId: string, machine: Watched): Promise<void> {
    const interval = Math.min(...machine.listeners.values());
    const isFirst = machine.sample === undefined;
    // The first rounds go as fast as they can, all at once; from then on each machine has a place of its own in the interval.
    machine.dueAt = context.now() + (isFirst || machine.spread ? interval : interval * (0.2 + 0.8 * Math.random()));
    if (!isFirst) machine.spread = true;
    const session = context.sessions.get(machineId);
    if (session === undefined) return;
    try {
      const { sample, memoryPercent } = await session.run(readRaw);
      const cpuPercent = inverseTimer100ns(machine.sample, sample);
      machine.sample = sample;
      if (isFirst) machine.dueAt = context.now() + Math.min(interval, secondSampleMs);
      const reading: GaugeReading = { machineId, readAt: context.now(), cpuPercent, memoryPercent };
      for (const tell of machine.listeners.keys()) tell(reading);
    } catch {
      // It does not answer: its session says so in the table, and there is no reading. What comes back starts with a new first sample.
      machine.sample = undefined;
    }
  }

  function watch(ids: readonly string[], intervalMs: number, tell: (reading: GaugeReading) => void): () => void {
    const unique = [...new Set(ids)];
    const now = context.now();
    unique.forEach((id, index) => {
      let machine = watched.get(id);
      if (machine === undefined) {
        machine = { listeners: new Map(), dueAt: now, reading: false, sample: undefined, spread: false };
        watched.set(id, machine);
      } else machine.dueAt = Math.min(machine.dueAt, now + (index * intervalMs) / unique.length);
      machine.listeners.set(tell, intervalMs);
    });
    timer ??= setInterval(step, stepMs);
    step();
    return () => {
      for (const id of unique) {
        const machine = watched.get(id);
        machine?.listeners.delete(tell);
        if (machine?.listeners.size === 0) watched.delete(id);
      }
      if (watched.size === 0 && timer !== null) {
        clearInterval(timer);
        timer = null;
      }
    };
  }

  return {
    async watch({ machineIds, intervalMs }, sink) {
      let newest = new Map<string, GaugeReading>();
      const bell = createBell();
      const take = () => {
        const batch = [...newest.values()];
        newest = new Map();
        return batch.length > 0 ? batch : null;
      };
      const stop = watch(machineIds, intervalMs, (reading) => {
        newest.set(reading.machineId, reading);
        bell.ring();
      });
      try {
        await together(sink.signal, (signal) => pump(sink, bell, take, signal));
      } finally {
        stop();
      }
    },
  };
}

async function readRaw(
  client: WSManClient,
  signal: AbortSignal,
): Promise<{ sample: RawSample; memoryPercent: number | null }> {
  // One after the other: side by side they would open a second connection, with its sign-in, to every machine of the fleet.
  const processor = await ifOffered(queryOne(client, processorQuery, processorSchema, signal, operationLimitMs));
  const memory = await ifOffered(queryOne(client, memoryQuery, memorySchema, signal, operationLimitMs));
  const total = memory?.TotalVisibleMemorySize ?? null;
  const free = memory?.FreePhysicalMemory ?? null;
  return {
    sample: { value: processor?.PercentProcessorTime ?? null, time: processor?.Timestamp_Sys100NS ?? null },
    memoryPercent: total === null || free === null || total <= 0n ? null : 100 - (Number(free) / Number(total)) * 100,
  };
}

/** One gauge may be denied or missing while the other works. */
async function ifOffered<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (isAccessDenied(error) || isNotOffered(error)) return null;
    throw error;
  }
}
