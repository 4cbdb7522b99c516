import type { HardwareAbsence, HardwareSensor, SensorState } from '../../../shared/contract/hardware.ts';
import type { GlyphName } from '../../components/Glyph.tsx';

/** How a sensor is said and drawn. */

export const stateLook: Readonly<Record<SensorState, { readonly glyph: GlyphName; readonly words: string }>> = {
  fatal: { glyph: 'critical', words: 'Non-recoverable' },
  critical: { glyph: 'critical', words: 'Critical' },
  'non-critical': { glyph: 'warning', words: 'Warning' },
  unknown: { glyph: 'unreachable', words: 'Unknown' },
  normal: { glyph: 'healthy', words: 'Normal' },
};
export const isOutOfRange = ({ state }: HardwareSensor): boolean => state !== 'normal' && state !== 'unknown';

const ranks: Readonly<Record<SensorState, number>> = {
  fatal: 0,
  critical: 1,
  'non-critical': 2,
  unknown: 3,
  normal: 4,
};
export const sensorRank = ({ state }: HardwareSensor): number => ranks[state];

export function readingText({ reading, decimals, unit }: HardwareSensor, value: number | null = reading): string {
  if (value === null) return '–';
  const number = value.toLocaleString('en-GB', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return unit === '' ? number : `${number} ${unit}`;
}

/** Its limits in one sentence: what the strip shows, for those who do not see it. */
export function limitWords(sensor: HardwareSensor): string {
  const part = (words: string, value: number | null): string[] =>
    value === null ? [] : [`${words} ${readingText(sensor, value)}`];
  return [
    ...part('non-recoverable at or below', sensor.lower.fatal),
    ...part('critical at or below', sensor.lower.critical),
    ...part('warning at or below', sensor.lower.nonCritical),
    ...part('warning from', sensor.upper.nonCritical),
    ...part('critical from', sensor.upper.critical),
    ...part('non-recoverable from', sensor.upper.fatal),
  ].join(', ');
}

export interface Zone {
  readonly from: number;
  readonly to: number;
  readonly kind: 'normal' | 'warn' | 'crit';
}
export interface Strip {
  readonly zones: readonly Zone[];
  /** Where the reading stands, 0 to 1; null where there is none. */
  readonly at: number | null;
}

/** The range of a sensor as a strip from 0 to 1; null where it has no limits to be seen against. */
export function stripOf({ reading, lower, upper, minReadable, maxReadable }: HardwareSensor): Strip | null {
  const limits = [lower.fatal, lower.critical, lower.nonCritical, upper.nonCritical, upper.critical, upper.fatal];
  const known = limits.filter((limit) => limit !== null);
  if (known.length === 0) return null;
  const least = Math.min(...known, ...(reading === null ? [] : [reading]));
  const most = Math.max(...known, ...(reading === null ? [] : [reading]));
  // Room at both ends, but not the whole range that could be read: a temperature would be a dot in the middle of nothing.
  const room = (most - least || Math.abs(most) || 1) * 0.12;
  const hasLower = [lower.fatal, lower.critical, lower.nonCritical].some((limit) => limit !== null);
  const hasUpper = [upper.fatal, upper.critical, upper.nonCritical].some((limit) => limit !== null);
  const from = hasLower ? least - room : Math.min(minReadable ?? least, least);
  const to = hasUpper ? most + room : Math.min(maxReadable ?? most + room, most + Math.max(room, (most - least) * 0.5));
  const place = (value: number): number => Math.min(1, Math.max(0, (value - from) / (to - from || 1)));
  const lowCrit = place(lower.critical ?? lower.fatal ?? from);
  const lowWarn = place(lower.nonCritical ?? lower.critical ?? lower.fatal ?? from);
  const highWarn = place(upper.nonCritical ?? upper.critical ?? upper.fatal ?? to);
  const highCrit = place(upper.critical ?? upper.fatal ?? to);
  const zones: Zone[] = [
    { from: 0, to: hasLower ? lowCrit : 0, kind: 'crit' },
    { from: hasLower ? lowCrit : 0, to: hasLower ? lowWarn : 0, kind: 'warn' },
    { from: hasLower ? lowWarn : 0, to: hasUpper ? highWarn : 1, kind: 'normal' },
    { from: hasUpper ? highWarn : 1, to: hasUpper ? highCrit : 1, kind: 'warn' },
    { from: hasUpper ? highCrit : 1, to: 1, kind: 'crit' },
  ];
  return { zones: zones.filter((zone) => zone.to > zone.from), at: reading === null ? null : place(reading) };
}

/** Why there is nothing, and what to do about it. */
export const absenceWords: Readonly<
  Record<HardwareAbsence, { readonly title: string; readonly text: string; readonly todo: string }>
> = {
  'no-namespace': {
    title: 'No hardware namespace',
    text: 'The machine has no root/hardware. That is usual for a virtual machine, and for Windows where the IPMI provider was never set up.',
    todo: 'On a physical server with a management controller, install the IPMI device driver (Microsoft Generic IPMI Compliant Device) and run mofcomp ipmiprv.mof in %SystemRoot%\\System32\\wbem. Else add the controller itself as a machine: it answers without Windows.',
  },
  'no-class': {
    title: 'No sensor classes',
    text: 'The machine answers, but has no CIM_NumericSensor and no CIM_Sensor.',
    todo: 'A management controller may have classes of its own maker: look for them in the WMI room.',
  },
  'no-instances': {
    title: 'No management controller found',
    text: 'root/hardware is there and its classes are empty: Windows sees no baseboard management controller. That is usual for a virtual machine.',
    todo: 'On a physical server, check in the firmware setup that the controller is enabled for the operating system (KCS or SSIF interface), and in Device Manager that the IPMI device is there.',
  },
  'no-driver': {
    title: 'The IPMI provider cannot reach its driver',
    text: 'root/hardware is there, but its provider did not load or got no answer from the controller.',
    todo: 'Check in Device Manager that “Microsoft Generic IPMI Compliant Device” works, and that the maker’s own IPMI driver does not hold the controller. Then restart the service Winmgmt.',
  },
};
