import type { MachinePlan } from './machine-plan.ts';
import { createRandom, type Random } from './random.ts';

/**
 * What a machine does over time, in closed form: every rate is a sum of sine waves around a base, so that its integral is exact at any
 * moment without a timer, counters only grow, and everything that is derived from one rate agrees.
 */
export interface Wave {
  /** The rate at that time, per millisecond where it is a rate; never negative. */
  at(time: number): number;
  /** Its integral over the time between, in milliseconds. */
  between(from: number, to: number): number;
}

/** `swing` is the share of the base by which it moves at most. */
function createWave(random: Random, base: number, swing: number): Wave {
  const shares = [0.5, 0.3, 0.2];
  const periods = [random.between(45, 140), random.between(11, 31), random.between(4, 8)].map(
    (seconds) => seconds * 1000,
  );
  const parts = shares.map((share, index) => ({
    amplitude: base * swing * share,
    omega: (2 * Math.PI) / periods[index]!,
    phase: random.next() * 2 * Math.PI,
  }));
  return {
    at: (time) =>
      parts.reduce((sum, { amplitude, omega, phase }) => sum + amplitude * Math.sin(omega * time + phase), base),
    between: (from, to) =>
      parts.reduce(
        (sum, { amplitude, omega, phase }) =>
          sum + (amplitude / omega) * (Math.cos(omega * from + phase) - Math.cos(omega * to + phase)),
        base * (to - from),
      ),
  };
}

export interface DiskActivity {
  readonly reads: Wave;
  readonly writes: Wave;
  /** Milliseconds spent reading and writing, per millisecond. */
  readonly readTime: Wave;
  readonly writeTime: Wave;
  readonly bytesPerRead: number;
  readonly bytesPerWrite: number;
}

export interface Workload {
  /** Busy share of each logical processor, 0 to 1. */
  readonly processors: readonly Wave[];
  /** Milliseconds of processor time used by all processors together. */
  busy(from: number, to: number): number;
  /** Physical memory that is free, in bytes. */
  availableBytes(time: number): number;
  readonly committed: Wave;
  readonly received: Wave;
  readonly sent: Wave;
  readonly contextSwitches: Wave;
  readonly pages: Wave;
  readonly disks: readonly DiskActivity[];
}

export function createWorkload(plan: MachinePlan): Workload {
  const random = createRandom(plan.seed ^ 0x10ad);
  const base = plan.faults.has('high-cpu')
    ? 0.91
    : plan.role === 'SQL' || plan.role === 'RDS'
      ? 0.2 + random.next() * 0.25
      : 0.04 + random.next() * 0.22;
  // A high base leaves less room above it.
  const processors = Array.from({ length: plan.logicalProcessors }, () => {
    const own = Math.min(0.94, base * (0.85 + random.next() * 0.3));
    return createWave(random, own, Math.min(0.85, (0.985 - own) / own));
  });
  const freeShare = plan.faults.has('low-memory') ? 0.045 : 0.25 + random.next() * 0.45;
  const available = createWave(random, plan.memoryBytes * freeShare, 0.12);
  const perSecond = (rate: number, swing = 0.7): Wave => createWave(random, rate / 1000, swing);
  return {
    processors,
    busy: (from, to) => processors.reduce((sum, processor) => sum + processor.between(from, to), 0),
    availableBytes: (time) => Math.floor(available.at(time) / 4096) * 4096,
    committed: createWave(random, plan.memoryBytes * (1.1 - freeShare), 0.05),
    received: perSecond(random.between(40, 900) * 1024, 0.9),
    sent: perSecond(random.between(30, 700) * 1024, 0.9),
    contextSwitches: perSecond(random.between(900, 9000)),
    pages: perSecond(random.between(2, 60), 0.95),
    disks: plan.disks.map(() => {
      const reads = random.between(3, 120);
      const writes = random.between(4, 150);
      return {
        reads: perSecond(reads, 0.9),
        writes: perSecond(writes, 0.9),
        // A few milliseconds each, at most half of the time.
        readTime: perSecond(Math.min(500, reads * (1 + random.next() * 6)), 0.9),
        writeTime: perSecond(Math.min(500, writes * (0.5 + random.next() * 4)), 0.9),
        bytesPerRead: random.between(2, 16) * 4096,
        bytesPerWrite: random.between(1, 8) * 4096,
      };
    }),
  };
}
