import * as v from 'valibot';
import { of, stream } from '../rpc/endpoint.ts';
import { MachineIds } from './machines.ts';

/** One reading of one machine, from raw counters; percentages 0–100, null where a counter was reset or could not be read. */
export interface GaugeReading {
  readonly machineId: string;
  readonly readAt: number;
  readonly cpuPercent: number | null;
  readonly memoryPercent: number | null;
}

export const gauges = {
  /**
   * Readings of these machines, in batches of what has changed, about every `intervalMs` per machine. While the reader has no credit
   * newer readings replace older ones. Machines that do not answer simply send none.
   */
  watch: stream(
    v.object({
      machineIds: MachineIds,
      intervalMs: v.pipe(v.number(), v.integer(), v.minValue(1000), v.maxValue(600_000)),
    }),
    of<readonly GaugeReading[]>(),
  ),
};
