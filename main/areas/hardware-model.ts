import type {
  HardwareLogRecord,
  HardwareSensor,
  SensorState,
  SensorThresholds,
} from '../../shared/contract/hardware.ts';
import { cimSchema, type Decoded } from '../wsman/index.ts';

/** What classes of CIM say about a machine's hardware, in the units and words that people read (CIM schema 2.8; the IPMI provider's own classes). */

export const sensorSchema = cimSchema({
  DeviceID: 'string',
  ElementName: 'string',
  Name: 'string',
  Caption: 'string',
  SensorType: 'uint16',
  OtherSensorTypeDescription: 'string',
  CurrentState: 'string',
  HealthState: 'uint16',
  CurrentReading: 'sint32',
  BaseUnits: 'uint16',
  UnitModifier: 'sint32',
  RateUnits: 'uint16',
  MinReadable: 'sint32',
  MaxReadable: 'sint32',
  LowerThresholdNonCritical: 'sint32',
  LowerThresholdCritical: 'sint32',
  LowerThresholdFatal: 'sint32',
  UpperThresholdNonCritical: 'sint32',
  UpperThresholdCritical: 'sint32',
  UpperThresholdFatal: 'sint32',
});
export type SensorRow = Decoded<typeof sensorSchema>;

export const recordSchema = cimSchema({
  RecordID: 'string',
  MessageTimestamp: 'datetime',
  Description: 'string',
  ElementName: 'string',
  RecordFormat: 'string',
  RecordData: 'string',
});
export type RecordRow = Decoded<typeof recordSchema>;

/** CIM_Sensor.SensorType. */
const sensorTypes: readonly (string | null)[] = [
  null,
  null,
  'Temperature',
  'Voltage',
  'Current',
  'Tachometer',
  'Counter',
  'Switch',
  'Lock',
  'Humidity',
  'Smoke detection',
  'Presence',
  'Air flow',
  'Power consumption',
  'Power production',
  'Pressure',
  'Intrusion',
];

/** CIM_NumericSensor.BaseUnits. */
const units: readonly string[] = [
  '',
  '',
  '°C',
  '°F',
  'K',
  'V',
  'A',
  'W',
  'J',
  'C',
  'VA',
  'nit',
  'lm',
  'lx',
  'cd',
  'kPa',
  'psi',
  'N',
  'cfm',
  'rpm',
  'Hz',
  's',
  'min',
  'h',
  'd',
  'weeks',
  'mil',
  'in',
  'ft',
  'in³',
  'ft³',
  'm',
  'cm³',
  'm³',
  'l',
  'fl oz',
  'rad',
  'sr',
  'rev',
  'cycles',
  'g',
  'oz',
  'lb',
  'ft lb',
  'oz in',
  'G',
  'Gb',
  'H',
  'F',
  'Ω',
  'S',
  'mol',
  'Bq',
  'ppm',
  'dB',
  'dBA',
  'dBC',
  'Gy',
  'Sv',
  'K',
  'bit',
  'B',
  'words',
  'double words',
  'quad words',
  '%',
  'Pa',
];
/** CIM_NumericSensor.RateUnits. */
const rates: readonly string[] = ['', '/µs', '/ms', '/s', '/min', '/h', '/d', '/week', '/month', '/year'];

export function toSensor(row: SensorRow, isDiscrete: boolean): HardwareSensor {
  const modifier = row.UnitModifier ?? 0;
  const scaled = (value: number | null): number | null => (value === null ? null : scale(value, modifier));
  const lower = thresholds(row.LowerThresholdNonCritical, row.LowerThresholdCritical, row.LowerThresholdFatal, scaled);
  const upper = thresholds(row.UpperThresholdNonCritical, row.UpperThresholdCritical, row.UpperThresholdFatal, scaled);
  const reading = isDiscrete ? null : scaled(row.CurrentReading);
  const name = row.ElementName || row.Name || row.Caption || row.DeviceID || 'Sensor';
  const unit = `${units[row.BaseUnits ?? 0] ?? ''}${rates[row.RateUnits ?? 0] ?? ''}`;
  return {
    id: row.DeviceID ?? name,
    name,
    type: sensorTypes[row.SensorType ?? 0] ?? (row.OtherSensorTypeDescription || 'Other'),
    reading,
    unit,
    decimals: Math.min(6, Math.max(0, -modifier)),
    lower,
    upper,
    minReadable: scaled(row.MinReadable),
    maxReadable: scaled(row.MaxReadable),
    state: stateOf(reading, lower, upper, row.CurrentState, row.HealthState),
    currentState: row.CurrentState || null,
    isDiscrete,
  };
}

/** By powers of ten, without the tail that 64 × 0.01 has. */
function scale(value: number, modifier: number): number {
  if (modifier === 0) return value;
  return modifier > 0 ? value * 10 ** modifier : Number((value / 10 ** -modifier).toFixed(Math.min(20, -modifier)));
}

function thresholds(
  nonCritical: number | null,
  critical: number | null,
  fatal: number | null,
  scaled: (value: number | null) => number | null,
): SensorThresholds {
  return { nonCritical: scaled(nonCritical), critical: scaled(critical), fatal: scaled(fatal) };
}

/** Thresholds decide where there are some; else what the sensor says of itself; else its health. */
export function stateOf(
  reading: number | null,
  lower: SensorThresholds,
  upper: SensorThresholds,
  currentState: string | null,
  health: number | null,
): SensorState {
  const limits = [...Object.values(lower), ...Object.values(upper)].some((limit) => limit !== null);
  if (reading !== null && limits) {
    const beyond = (level: keyof SensorThresholds): boolean =>
      (lower[level] !== null && reading <= lower[level]) || (upper[level] !== null && reading >= upper[level]);
    return beyond('fatal')
      ? 'fatal'
      : beyond('critical')
        ? 'critical'
        : beyond('nonCritical')
          ? 'non-critical'
          : 'normal';
  }
  const words = currentState?.toLowerCase() ?? '';
  if (/fatal|non-?recoverable/.test(words)) return 'fatal';
  if (/non-?critical|warning|degraded|predictive|lost/.test(words)) return 'non-critical';
  if (/critical|fail/.test(words)) return 'critical';
  // CIM_ManagedSystemElement.HealthState: 5 OK, 10 degraded, 15 minor, 20 major, 25 critical, 30 non-recoverable.
  if (health === 30) return 'fatal';
  if (health === 20 || health === 25) return 'critical';
  if (health === 10 || health === 15) return 'non-critical';
  return health === 5 || words !== '' ? 'normal' : 'unknown';
}

/** Worst first, then by name. */
const ranks: Readonly<Record<SensorState, number>> = {
  fatal: 0,
  critical: 1,
  'non-critical': 2,
  unknown: 3,
  normal: 4,
};
export const bySeverity = (a: HardwareSensor, b: HardwareSensor): number =>
  ranks[a.state] - ranks[b.state] ||
  a.type.localeCompare(b.type, 'en') ||
  a.name.localeCompare(b.name, 'en', { numeric: true });

/** Sensor types of the IPMI specification, table 42-3, as far as they are usual. */
const ipmiTypes: ReadonlyMap<number, string> = new Map([
  [0x01, 'Temperature'],
  [0x02, 'Voltage'],
  [0x03, 'Current'],
  [0x04, 'Fan'],
  [0x05, 'Chassis intrusion'],
  [0x06, 'Platform security'],
  [0x07, 'Processor'],
  [0x08, 'Power supply'],
  [0x09, 'Power unit'],
  [0x0a, 'Cooling device'],
  [0x0c, 'Memory'],
  [0x0d, 'Drive slot'],
  [0x0f, 'System firmware'],
  [0x10, 'Event log'],
  [0x11, 'Watchdog'],
  [0x12, 'System event'],
  [0x13, 'Critical interrupt'],
  [0x14, 'Button'],
  [0x1d, 'Boot'],
  [0x20, 'Operating system stop'],
  [0x23, 'Watchdog'],
]);

export function toRecord(row: RecordRow): HardwareLogRecord {
  const fields = recordFields(row.RecordFormat, row.RecordData);
  const type = Number(fields.get('ipmi_sensortype') ?? Number.NaN);
  const assertion = fields.get('ipmi_assertionevent')?.toLowerCase();
  const sensorType = ipmiTypes.get(type) ?? null;
  return {
    id: row.RecordID ?? '',
    at: row.MessageTimestamp?.epochMs ?? null,
    text: row.Description || sensorType || row.ElementName || 'Record without a text',
    asserted: assertion === undefined ? null : assertion === 'true' || assertion === '1',
    sensorType,
    sensor: fields.get('cim_sensor.deviceid') ?? null,
    data: row.RecordData || null,
  };
}

/** RecordFormat names the fields of RecordData, both between the same separator, which comes first: `*string A*uint8 B*` and `*x*1*`. */
export function recordFields(format: string | null, data: string | null): ReadonlyMap<string, string> {
  const separator = format?.trim()[0];
  if (!format || !data || separator === undefined || /\w/.test(separator) || data.trim()[0] !== separator)
    return new Map();
  const split = (text: string): string[] => text.trim().split(separator).slice(1, -1);
  const values = split(data);
  return new Map(
    split(format).flatMap((field, index) => {
      const name = field.trim().split(/\s+/).at(-1)?.toLowerCase();
      const value = values[index];
      return name === undefined || value === undefined ? [] : [[name, value.trim()] as const];
    }),
  );
}
