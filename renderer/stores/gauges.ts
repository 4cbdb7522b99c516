import { useSyncExternalStore } from 'react';
import type { GaugeReading } from '../../shared/contract/gauges.ts';
import { attach } from '../host/connect.ts';
import { createLiveValues } from './live-values.ts';

/**
 * CPU and memory of the machines that somebody looks at. They bypass React: a cell subscribes to its machine and writes text and
 * transform itself, so that 10,000 machines cost what the visible ones cost.
 */
export interface ShownReading extends GaugeReading {
  /** A rate needs two readings: the first of a new watch has none, and the one from just before is still the best there is. */
  readonly cpuReadAt: number;
}
const values = createLiveValues<ShownReading>((run) => requestAnimationFrame(run));

export const readGauge = (machineId: string): ShownReading | undefined => values.get(machineId);
export const subscribeGauge = (machineId: string, listener: () => void): (() => void) =>
  values.subscribe(machineId, listener);
export const useGauge = (machineId: string): ShownReading | undefined =>
  useSyncExternalStore(
    (listener) => values.subscribe(machineId, listener),
    () => values.get(machineId),
  );
/** Hears of every frame in which any reading changed: for orders and filters by CPU, which ask for all of them. */
export const subscribeGauges = (listener: () => void): (() => void) => values.subscribeAll(listener);

/** How long a reading may be shown as live: three intervals, since machines are spread over the interval and may miss one. */
export const gaugeLifeMs = (): number => intervalMs * 3;

/** The newest of each: a missing CPU value does not wipe out one that may still be shown as live. */
export function mergeReading(before: ShownReading | undefined, reading: GaugeReading, lifeMs: number): ShownReading {
  const keep = reading.cpuPercent === null && before !== undefined && reading.readAt - before.cpuReadAt < lifeMs;
  return keep
    ? { ...reading, cpuPercent: before.cpuPercent, cpuReadAt: before.cpuReadAt }
    : { ...reading, cpuReadAt: reading.readAt };
}

const visibleIntervalMs = 2000;
/** Asking everybody is for sorting and filtering: seldom enough that a fleet does not feel it. */
const wideIntervalMs = 10_000;
const restartAfterMs = 250;

let wanted: readonly string[] = [];
let intervalMs = visibleIntervalMs;
let running: { readonly key: string; readonly stop: () => void } | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

/** From now on these machines are watched, and no others. `wide`: all of a long list, at a gentler pace. */
export function watchGauges(machineIds: readonly string[], wide = false): void {
  wanted = machineIds;
  intervalMs = wide ? wideIntervalMs : visibleIntervalMs;
  clearTimeout(timer);
  // Scrolling changes the visible machines many times a second; the stream follows when it has come to rest.
  timer = setTimeout(restart, running === null ? 0 : restartAfterMs);
}

function restart(): void {
  const key = `${intervalMs}:${[...wanted].sort().join()}`;
  if (running?.key === key) return;
  running?.stop();
  running = null;
  if (wanted.length === 0) return;
  const input = { machineIds: [...wanted], intervalMs };
  const stop = attach((client, signal) => {
    void (async () => {
      try {
        for await (const batch of client.gauges.watch(input, signal)) {
          for (const reading of batch)
            values.set(reading.machineId, mergeReading(values.get(reading.machineId), reading, gaugeLifeMs()));
        }
      } catch {
        // A machine that does not answer says so through machines.watch; a lost console through the link. Readings just grow old.
      }
    })();
  });
  running = { key, stop };
}
