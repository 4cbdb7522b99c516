import type { MachinePlan } from './machine-plan.ts';
import { createRandom } from './random.ts';

/** What the board of a physical machine knows about itself; the virtual ones have none. Readings wander a little, thresholds stay. */

/** How root/hardware is on a machine. */
export type HardwareAccess =
  /** Sensors, log, chassis. */
  | 'controller'
  /** The namespace and its classes are there, and nothing in them: no controller was found. */
  | 'no-instances'
  /** The provider cannot reach its driver. */
  | 'no-driver'
  /** The namespace was never made. */
  | 'no-namespace';

export function hardwareAccess(plan: MachinePlan): HardwareAccess {
  switch (plan.manufacturer) {
    case 'VMware, Inc.':
      return 'no-instances';
    case 'Microsoft Corporation':
      return 'no-namespace';
    default:
      return plan.seed % 7 === 3 ? 'no-driver' : 'controller';
  }
}

export interface SensorPlan {
  readonly id: string;
  readonly name: string;
  /** CIM_Sensor.SensorType: 2 temperature, 3 voltage, 4 current, 5 tachometer, 13 power consumption. */
  readonly type: number;
  /** CIM_NumericSensor.BaseUnits: 2 degrees C, 5 volts, 6 amperes, 7 watts, 19 revolutions per minute. */
  readonly units: number;
  readonly modifier: number;
  readonly usual: number;
  /** How far a reading wanders from what is usual. */
  readonly spread: number;
  readonly lower: readonly [nonCritical: number | null, critical: number | null, fatal: number | null];
  readonly upper: readonly [nonCritical: number | null, critical: number | null, fatal: number | null];
  readonly most: number;
}

const none = [null, null, null] as const;
const temperature = (id: string, name: string, usual: number, warn: number, critical: number): SensorPlan => ({
  id,
  name,
  type: 2,
  units: 2,
  modifier: 0,
  usual,
  spread: 2,
  lower: [3, -7, -12],
  upper: [warn, critical, critical + 5],
  most: 127,
});
const fan = (number: number): SensorPlan => ({
  id: `${0x30 + number}`,
  name: `Fan${number}`,
  type: 5,
  units: 19,
  modifier: 0,
  usual: 6840 + number * 60,
  spread: 120,
  lower: [840, 600, 360],
  upper: none,
  most: 18_000,
});

const sensors: readonly SensorPlan[] = [
  temperature('4', 'Inlet Temp', 23, 38, 42),
  temperature('1', 'Exhaust Temp', 36, 70, 75),
  temperature('14', 'CPU1 Temp', 54, 84, 89),
  temperature('15', 'CPU2 Temp', 51, 84, 89),
  ...[1, 2, 3, 4, 5, 6].map(fan),
  {
    id: '96',
    name: 'PS1 Input Voltage',
    type: 3,
    units: 5,
    modifier: 0,
    usual: 230,
    spread: 2,
    lower: [190, 180, null],
    upper: [260, 264, null],
    most: 300,
  },
  {
    id: '97',
    name: 'PS2 Input Voltage',
    type: 3,
    units: 5,
    modifier: 0,
    usual: 230,
    spread: 2,
    lower: [190, 180, null],
    upper: [260, 264, null],
    most: 300,
  },
  {
    id: '106',
    name: 'PS1 Current',
    type: 4,
    units: 6,
    modifier: -2,
    usual: 64,
    spread: 4,
    lower: none,
    upper: [1000, 1200, null],
    most: 2000,
  },
  {
    id: '107',
    name: 'PS2 Current',
    type: 4,
    units: 6,
    modifier: -2,
    usual: 60,
    spread: 4,
    lower: none,
    upper: [1000, 1200, null],
    most: 2000,
  },
  {
    id: '118',
    name: 'Pwr Consumption',
    type: 13,
    units: 7,
    modifier: 0,
    usual: 286,
    spread: 14,
    lower: none,
    upper: [896, 980, null],
    most: 1200,
  },
  {
    id: '46',
    name: 'System Board 12V',
    type: 3,
    units: 5,
    modifier: -3,
    usual: 12_060,
    spread: 40,
    lower: [11_400, 11_040, 10_680],
    upper: [12_600, 12_960, 13_320],
    most: 16_000,
  },
  {
    id: '47',
    name: 'System Board 3.3V',
    type: 3,
    units: 5,
    modifier: -3,
    usual: 3312,
    spread: 12,
    lower: [3135, 3036, null],
    upper: [3465, 3564, null],
    most: 5000,
  },
];

/** Some machine has something to find: a processor that is too hot, a fan that slowed down, or an inlet that is warm. */
export type Ailment = 'hot-processor' | 'slow-fan' | 'warm-inlet' | null;
export function ailmentOf({ seed }: MachinePlan): Ailment {
  const kinds: readonly Ailment[] = ['hot-processor', null, 'slow-fan', 'warm-inlet', null];
  return kinds[seed % kinds.length]!;
}

export interface SensorReading {
  readonly plan: SensorPlan;
  readonly reading: number;
}

/** Readings at a time; the same time gives the same readings, and neighbouring sensors wander apart. */
export function readSensors(plan: MachinePlan, at: number): SensorReading[] {
  const ailment = ailmentOf(plan);
  const step = Math.floor(at / 5000);
  return sensors.map((sensor, index) => {
    const random = createRandom((plan.seed ^ Math.imul(step, 2_654_435_761)) + index * 7919);
    const wander = random.between(-sensor.spread, sensor.spread);
    const usual =
      ailment === 'hot-processor' && sensor.name === 'CPU1 Temp'
        ? 91
        : ailment === 'slow-fan' && sensor.name === 'Fan3'
          ? 700
          : ailment === 'warm-inlet' && sensor.name === 'Inlet Temp'
            ? 40
            : null;
    // What ails it does not come and go with the wandering.
    return { plan: sensor, reading: usual ?? sensor.usual + wander };
  });
}

export interface LogEntry {
  readonly id: number;
  readonly at: number;
  readonly sensorType: number;
  readonly sensorNumber: number;
  readonly asserted: boolean;
  readonly description: string;
}

const events: readonly (readonly [type: number, sensor: number, asserted: boolean, words: string])[] = [
  [0x10, 0x72, true, 'Event log cleared'],
  [0x08, 0x62, true, 'Power supply 2: input lost'],
  [0x08, 0x62, false, 'Power supply 2: input restored'],
  [0x05, 0x73, true, 'The chassis was opened while the power was off'],
  [0x05, 0x73, false, 'The chassis was closed while the power was off'],
  [0x0c, 0x02, true, 'Correctable memory error rate exceeded for DIMM A3'],
  [0x04, 0x33, true, 'Fan 3 speed is below the lower warning threshold'],
  [0x01, 0x0e, true, 'CPU 1 temperature is above the upper critical threshold'],
];

/** The system event log, oldest first: the last lines say what ails it now. */
export function readLog(plan: MachinePlan, now: number): LogEntry[] {
  const ailment = ailmentOf(plan);
  const last = ailment === 'hot-processor' ? 8 : ailment === 'slow-fan' ? 7 : 6;
  const kept = events.filter((_, index) => index < last && !(ailment === 'hot-processor' && index === 6));
  const started = now - 90 * 86_400_000;
  return kept.map(([sensorType, sensorNumber, asserted, description], index) => ({
    id: index + 1,
    at: index === kept.length - 1 ? now - 2_400_000 : started + index * 11 * 86_400_000 + (plan.seed % 3600) * 1000,
    sensorType,
    sensorNumber,
    asserted,
    description,
  }));
}
