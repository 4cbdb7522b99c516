import * as v from 'valibot';
import { call, of } from '../rpc/endpoint.ts';
import { MachineId } from './machines.ts';
import type { Problem } from './problem.ts';

/** Where a reading stands between its thresholds, the worst last. `Fatal` is CIM's word for non-recoverable. */
export type SensorState = 'normal' | 'unknown' | 'non-critical' | 'critical' | 'fatal';

export interface SensorThresholds {
  readonly nonCritical: number | null;
  readonly critical: number | null;
  readonly fatal: number | null;
}

export interface HardwareSensor {
  readonly id: string;
  readonly name: string;
  /** In words: Temperature, Voltage. */
  readonly type: string;
  /** In the unit, with the modifier applied; null for a sensor that has a state and no number, or gives none now. */
  readonly reading: number | null;
  /** `°C`, `rpm`, `V`; empty where there is none. */
  readonly unit: string;
  /** How many decimals the sensor's own steps have. */
  readonly decimals: number;
  readonly lower: SensorThresholds;
  readonly upper: SensorThresholds;
  readonly minReadable: number | null;
  readonly maxReadable: number | null;
  readonly state: SensorState;
  /** What the sensor itself says: `Upper Critical`, `Fully Redundant`. */
  readonly currentState: string | null;
  /** CIM_Sensor without a number. */
  readonly isDiscrete: boolean;
}

export interface HardwareLogRecord {
  readonly id: string;
  readonly at: number | null;
  readonly text: string;
  /** True: it began; false: it ended; null: the record does not say. */
  readonly asserted: boolean | null;
  /** In words, where the record says: Temperature, Fan. */
  readonly sensorType: string | null;
  readonly sensor: string | null;
  readonly data: string | null;
}

export interface HardwareLog {
  readonly name: string;
  readonly records: number | null;
  readonly most: number | null;
}

export interface HardwareFacts {
  readonly chassis: readonly (readonly [name: string, value: string])[];
  readonly controller: readonly (readonly [name: string, value: string])[];
}

/** One part of what a controller has; a part that could not be read does not take the others along. */
export interface HardwarePart<T> {
  readonly value: T | null;
  readonly problem: Problem | null;
}

/** Why there is nothing to show although the machine answers. */
export type HardwareAbsence = 'no-namespace' | 'no-class' | 'no-instances' | 'no-driver';

export interface Hardware {
  readonly readAt: number;
  /** Null where a controller answers. */
  readonly absence: HardwareAbsence | null;
  /** What the machine said, where it said something. */
  readonly why: Problem | null;
  readonly namespace: string;
  readonly sensors: HardwarePart<readonly HardwareSensor[]>;
  readonly log: HardwarePart<HardwareLog | null>;
  /** Newest first. */
  readonly records: HardwarePart<readonly HardwareLogRecord[]>;
  readonly recordsCutOff: boolean;
  readonly facts: HardwarePart<HardwareFacts>;
}

export const hardware = {
  read: call(v.object({ machineId: MachineId }), of<Hardware>()),
};
