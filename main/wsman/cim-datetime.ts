/**
 * CIM datetime (DSP0004 5.2.4) as WS-Man carries it (DSP0230): `cim:Datetime`, `cim:Date`, `cim:Time`, `cim:Interval`, or `cim:CIM_DateTime`
 * for wildcards. In w:XmlFragment rows Windows writes the wrapper without namespace; openwsman writes the bare CIM text.
 */
import type { CimDateTime, CimInterval } from './cim-types.ts';
import { ProtocolError } from './errors.ts';
import type { XmlElement } from './xml.ts';

const wrapper = /^(datetime|date|time|interval|cim_datetime)$/i;
const cimText = /^([0-9*]{4})([0-9*]{2})([0-9*]{2})([0-9*]{2})([0-9*]{2})([0-9*]{2})\.([0-9*]{6})([+-])([0-9*]{3})$/;
const cimIntervalText = /^([0-9*]{8})([0-9*]{2})([0-9*]{2})([0-9*]{2})\.([0-9*]{6}):000$/;
const xsDateTime = /^-?[0-9]{4,9}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?$/;
const xsPart = /^(-?[0-9]{4,9}-[0-9]{2}-[0-9]{2}|[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?)(Z|[+-][0-9]{2}:[0-9]{2})?$/;
const xsDuration =
  /^(-?)P(?:([0-9]+)Y)?(?:([0-9]+)M)?(?:([0-9]+)D)?(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)(?:\.([0-9]*))?S)?)?$/;

function wrappedText(element: XmlElement): string {
  for (const c of element.children) if (wrapper.test(c.local)) return c.text.trim();
  return element.text.trim();
}

/** A point in time, or null where the element is empty. Throws ProtocolError where the text is none of the known forms. */
export function readDateTime(element: XmlElement): CimDateTime | null {
  const text = wrappedText(element);
  if (text === '') return null;
  // Some properties are declared datetime and hold an interval; that is no instant, but no error either.
  const known =
    xsDateTime.test(text) ||
    cimText.test(text) ||
    xsPart.test(text) ||
    cimIntervalText.test(text) ||
    xsDuration.test(text);
  if (!known || text.length > 64) {
    throw new ProtocolError(
      `The property ${element.local.slice(0, 80)} should be a datetime, but is "${text.slice(0, 80)}".`,
    );
  }
  return { cim: 'datetime', text: ` ${text}`.slice(1), epochMs: epochOf(text) };
}

/** Milliseconds since 1970 where the text names one instant: complete, with its offset from UTC. */
export function epochOf(text: string): number | null {
  const xs = xsDateTime.exec(text);
  if (xs !== null) {
    if (xs[2] === undefined) return null;
    const epoch = Date.parse(text);
    return Number.isNaN(epoch) ? null : epoch;
  }
  const iso = isoOf(text);
  const epoch = iso === null ? Number.NaN : Date.parse(iso);
  return Number.isNaN(epoch) ? null : epoch;
}

/** `20260102030405.000006+060` as the xs:dateTime of the same instant; null where it has wildcards or another form. */
export function isoOf(text: string): string | null {
  const match = text.includes('*') ? null : cimText.exec(text);
  if (match === null) return null;
  const [, year, month, day, hours, minutes, seconds, fraction, sign, offset] = match;
  const two = (n: number): string => String(n).padStart(2, '0');
  const zone = Number(offset);
  const zoneText = zone === 0 ? 'Z' : `${sign}${two(Math.floor(zone / 60))}:${two(zone % 60)}`;
  return `${year}-${month}-${day}T${hours}:${minutes}:${seconds}.${fraction}${zoneText}`;
}

/** A duration, or null where the element is empty. Throws ProtocolError where the text is none. */
export function readInterval(element: XmlElement): CimInterval | null {
  const text = wrappedText(element);
  if (text === '') return null;
  if (text.length > 64 || !(xsDuration.test(text) || cimIntervalText.test(text))) {
    throw new ProtocolError(
      `The property ${element.local.slice(0, 80)} should be an interval, but is "${text.slice(0, 80)}".`,
    );
  }
  return { cim: 'interval', text: ` ${text}`.slice(1), microseconds: microsecondsOf(text) };
}

/** Null for wildcards, and for years and months, which have no fixed length. */
function microsecondsOf(text: string): bigint | null {
  const cim = text.includes('*') ? null : cimIntervalText.exec(text);
  if (cim !== null) return sum(cim[1], cim[2], cim[3], cim[4], cim[5]);
  const xs = xsDuration.exec(text);
  if (xs === null || Number(xs[2] ?? 0) !== 0 || Number(xs[3] ?? 0) !== 0) return null;
  const total = sum(xs[4], xs[5], xs[6], xs[7], (xs[8] ?? '').padEnd(6, '0').slice(0, 6));
  return xs[1] === '-' ? -total : total;
}

function sum(days = '0', hours = '0', minutes = '0', seconds = '0', micros = '0'): bigint {
  const wholeSeconds = ((BigInt(days) * 24n + BigInt(hours)) * 60n + BigInt(minutes)) * 60n + BigInt(seconds);
  return wholeSeconds * 1_000_000n + BigInt(micros);
}

/** Microseconds as the xs:duration that Windows writes: `P0DT0H1M40S`. */
export function durationOf(microseconds: bigint): string {
  const sign = microseconds < 0n ? '-' : '';
  const total = microseconds < 0n ? -microseconds : microseconds;
  const seconds = total / 1_000_000n;
  const fraction = String(total % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '');
  const [days, rest] = [seconds / 86_400n, seconds % 86_400n];
  return `${sign}P${days}DT${rest / 3600n}H${(rest / 60n) % 60n}M${rest % 60n}${fraction === '' ? '' : `.${fraction}`}S`;
}
