/** Typed method inputs as XML (DSP0230 7; the wrappers of dates are those that Windows answers with). */
import { durationOf, epochOf, isoOf } from './cim-datetime.ts';
import type { CimDateTime, CimInterval, CimReference, CimScalarName, CimTypeName } from './cim-types.ts';
import { type EndpointReference, writeEprContent } from './epr.ts';
import { ns } from './namespaces.ts';
import { attribute, escapeAttribute, escapeXml, serializeXml, type XmlElement } from './xml.ts';

export type CimInput =
  | null
  | boolean
  | number
  | bigint
  | string
  | Date
  | CimDateTime
  | CimInterval
  | CimReference
  | EndpointReference
  /** An embedded instance, as it was read or built. */
  | XmlElement
  | readonly CimInput[];

/** One input of a method. null is sent as nil; an empty array is not sent, since CIM over XML has no form for it. */
export interface InputParameter {
  readonly name: string;
  readonly type: CimTypeName;
  readonly value: CimInput;
}

const bounds: ReadonlyMap<CimScalarName, readonly [min: bigint, max: bigint]> = new Map([
  ['char16', [0n, 0xffffn]],
  ['uint8', [0n, 0xffn]],
  ['uint16', [0n, 0xffffn]],
  ['uint32', [0n, 0xffff_ffffn]],
  ['uint64', [0n, 0xffff_ffff_ffff_ffffn]],
  ['sint8', [-0x80n, 0x7fn]],
  ['sint16', [-0x8000n, 0x7fffn]],
  ['sint32', [-0x8000_0000n, 0x7fff_ffffn]],
  ['sint64', [-0x8000_0000_0000_0000n, 0x7fff_ffff_ffff_ffffn]],
]);

/**
 * The elements of one parameter, under the prefix `prefix` (empty for none). `xsi`, `a`, `w` must be bound where they are put; `cim` is
 * declared where it is needed. Throws TypeError or RangeError where the value is not of the type, or the name is no XML name.
 */
export function toCimXml(parameter: InputParameter, prefix = 'p'): string {
  const { name, type, value } = parameter;
  if (!xmlName.test(name)) throw new TypeError(`"${name}" cannot be the name of a parameter.`);
  const tag = prefix === '' ? name : `${prefix}:${name}`;
  if (!type.endsWith('[]')) return element(tag, name, type as CimScalarName, value);
  if (value === null) return element(tag, name, 'string', null);
  const scalar = type.slice(0, -2) as CimScalarName;
  const values: readonly CimInput[] = Array.isArray(value) ? value : [value as CimInput];
  return values.map((v) => element(tag, name, scalar, v)).join('');
}

const xmlName = /^[\p{L}_][\p{L}\p{N}_.-]*$/u;

/** The input element of a method: `<p:StopService_INPUT …>` (MS-WSMV 4.1.4). Throws TypeError where the method's name is no XML name. */
export function methodInput(resourceUri: string, method: string, input: readonly InputParameter[]): string {
  const name = method.slice(method.lastIndexOf('/') + 1);
  if (!xmlName.test(name)) throw new TypeError(`"${name}" cannot be the name of a method.`);
  const tag = `m:${name}_INPUT`;
  const uri = escapeAttribute(resourceUri);
  if (input.length === 0) return `<${tag} xmlns:m="${uri}"/>`;
  return `<${tag} xmlns:m="${uri}">${input.map((p) => toCimXml(p, 'm')).join('')}</${tag}>`;
}

function element(tag: string, name: string, type: CimScalarName, value: CimInput): string {
  if (value === null) return `<${tag} xsi:nil="true"/>`;
  if (type === 'instance') return instance(tag, name, value);
  return `<${tag}>${content(name, type, value)}</${tag}>`;
}

function content(name: string, type: CimScalarName, value: Exclude<CimInput, null>): string {
  switch (type) {
    case 'string':
      if (typeof value !== 'object') return escapeXml(String(value));
      break;
    case 'boolean':
      if (typeof value === 'boolean') return String(value);
      if (typeof value === 'string' && /^(true|false)$/i.test(value)) return value.toLowerCase();
      break;
    case 'real32':
    case 'real64':
      if (typeof value === 'number') return real(value);
      break;
    case 'datetime':
      return dateTime(name, value);
    case 'interval':
      return interval(name, value);
    case 'reference':
      if (typeof value === 'object' && 'resourceUri' in value) return writeEprContent(withoutTag(value));
      break;
    default:
      if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string')
        return integer(name, type, value);
  }
  throw mismatch(name, type);
}

function mismatch(name: string, type: CimScalarName): TypeError {
  return new TypeError(`The value of ${name} is not of the type ${type}.`);
}

function integer(name: string, type: CimScalarName, value: number | bigint | string): string {
  const number = typeof value === 'string' ? value.trim() : value;
  const whole =
    typeof number === 'bigint' ||
    (typeof number === 'number' ? Number.isSafeInteger(number) : /^[+-]?[0-9]{1,20}$/.test(number));
  if (!whole) throw mismatch(name, type);
  const exact = BigInt(typeof number === 'string' ? number.replace('+', '') : number);
  const [min, max] = bounds.get(type)!;
  if (exact < min || exact > max) throw new RangeError(`The value of ${name} is outside the range of ${type}.`);
  return String(exact);
}

function real(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? String(value) : value > 0 ? 'INF' : '-INF';
}

function dateTime(name: string, value: Exclude<CimInput, null>): string {
  const text =
    value instanceof Date ? value.toISOString() : typeof value === 'string' ? value.trim() : textOf(value, 'datetime');
  if (text === null) throw mismatch(name, 'datetime');
  const iso = isoOf(text) ?? text;
  if (epochOf(iso) !== null) return wrap('Datetime', iso);
  // Wildcards, or a time without its zone: only the CIM form can say that.
  if (/^[0-9*]{14}\.[0-9*]{6}[+:-][0-9*]{3}$/.test(text)) return wrap('CIM_DateTime', text);
  throw mismatch(name, 'datetime');
}

function interval(name: string, value: Exclude<CimInput, null>): string {
  if (typeof value === 'bigint') return wrap('Interval', durationOf(value));
  const text = typeof value === 'string' ? value.trim() : textOf(value, 'interval');
  if (text !== null && /^-?P[0-9YMDTHS.]+$/.test(text)) return wrap('Interval', text);
  if (text !== null && /^[0-9*]{14}\.[0-9*]{6}:000$/.test(text)) return wrap('CIM_DateTime', text);
  throw mismatch(name, 'interval');
}

function textOf(value: Exclude<CimInput, null>, cim: 'datetime' | 'interval'): string | null {
  return typeof value === 'object' && 'cim' in value && value.cim === cim ? value.text : null;
}

const wrap = (local: string, text: string): string =>
  `<cim:${local} xmlns:cim="${ns.cim}">${escapeXml(text)}</cim:${local}>`;

function withoutTag(value: CimReference | EndpointReference): EndpointReference {
  const selectors = (value.selectors as readonly (readonly [string, string | CimReference | EndpointReference])[]).map(
    ([name, inner]) => [name, typeof inner === 'string' ? inner : withoutTag(inner)] as const,
  );
  return { address: value.address, resourceUri: value.resourceUri, selectors };
}

/** The instance's properties inside the parameter's element, its class in xsi:type. */
function instance(tag: string, name: string, value: Exclude<CimInput, null>): string {
  if (typeof value !== 'object' || !('children' in value)) throw mismatch(name, 'instance');
  const type = (attribute(value, 'type', ns.xsi) ?? `${value.local}_Type`).replace(/^.*:/, '');
  const properties = value.children.map((property) => serializeXml(property)).join('');
  return `<${tag} xmlns:q="${escapeAttribute(value.namespace)}" xsi:type="q:${escapeAttribute(type)}">${properties}</${tag}>`;
}
