import { escapeXml as escapeText } from '../wsman/xml.ts';

/** How the lab describes a WMI class and writes its instances as WinRM does (protocol of values: DSP0230, MS-WSMV 3.1.4.1.26). */

export type LabCimType =
  | 'string'
  | 'boolean'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'sint8'
  | 'sint16'
  | 'sint32'
  | 'sint64'
  | 'real32'
  | 'real64'
  | 'char16'
  | 'datetime'
  | 'interval'
  | 'reference';
export type LabPropertyType = LabCimType | `${LabCimType}[]`;

/** A point in time. `offsetMinutes` is the machine's own zone, which WMI keeps in the value. */
export interface LabDateTime {
  readonly dateTime: number;
  readonly offsetMinutes: number;
}
/** A time exactly as it was written, to the last digit. */
export interface LabTimeText {
  readonly timeText: string;
  readonly wrapper: 'Datetime' | 'Interval' | 'CIM_DateTime';
}
export interface LabInterval {
  readonly intervalMs: number;
}
export interface LabReference {
  readonly className: string;
  /** root/cimv2 where it is not said. */
  readonly namespace?: string;
  readonly keys: Readonly<Record<string, string>>;
}
export type LabScalar = string | number | bigint | boolean | LabDateTime | LabTimeText | LabInterval | LabReference;
export type LabValue = LabScalar | null | readonly LabScalar[];
/** One instance; a property that is not there is null. */
export type CimRow = Readonly<Record<string, LabValue>>;

export interface CimClass {
  readonly name: string;
  /** With slashes: `root/cimv2`. */
  readonly namespace: string;
  readonly keys: readonly string[];
  readonly properties: Readonly<Record<string, LabPropertyType>>;
  /** WMI's Singleton qualifier: Get needs no selectors. */
  readonly singleton: boolean;
  /** Lower-case names of the classes that it derives from; a query for one of them finds these instances too. */
  readonly bases: readonly string[];
  /** The same as their declarations write them, the nearest first. */
  readonly baseNames: readonly string[];
  /** Properties that Put may change. Put refuses another value for any other, where this says anything. */
  readonly writable: readonly string[] | null;
}

export const wmiPrefix = 'http://schemas.microsoft.com/wbem/wsman/1/wmi/';
const cim = 'http://schemas.dmtf.org/wbem/wscim/1/common';
const xsi = 'http://www.w3.org/2001/XMLSchema-instance';
export const addressing = 'http://schemas.xmlsoap.org/ws/2004/08/addressing';
export const anonymousAddress = `${addressing}/role/anonymous`;

export function defineClass(definition: {
  name: string;
  namespace?: string;
  keys?: readonly string[];
  properties: Readonly<Record<string, LabPropertyType>>;
  singleton?: boolean;
  bases?: readonly string[];
  writable?: readonly string[];
}): CimClass {
  return {
    name: definition.name,
    namespace: definition.namespace ?? 'root/cimv2',
    keys: definition.keys ?? [],
    properties: definition.properties,
    singleton: definition.singleton ?? false,
    bases: (definition.bases ?? []).map((base) => base.toLowerCase()),
    baseNames: definition.bases ?? [],
    writable: definition.writable ?? null,
  };
}

export const resourceUriOf = (cimClass: CimClass): string => `${wmiPrefix}${cimClass.namespace}/${cimClass.name}`;

/** Alphabetical without regard to case, as Windows writes them: `Started` comes before `StartMode`. */
export function propertyOrder(names: readonly string[]): string[] {
  return [...names].sort((a, b) => {
    const left = a.toLowerCase();
    const right = b.toLowerCase();
    return left < right ? -1 : left > right ? 1 : 0;
  });
}

const orders = new WeakMap<CimClass, readonly string[]>();
function orderOf(cimClass: CimClass): readonly string[] {
  let order = orders.get(cimClass);
  if (!order) {
    order = propertyOrder(Object.keys(cimClass.properties));
    orders.set(cimClass, order);
  }
  return order;
}

/**
 * One instance as an element in the namespace of its class. Properties in `hidden` do not exist on that generation of Windows.
 */
export function writeInstance(cimClass: CimClass, row: CimRow, hidden: ReadonlySet<string> | null = null): string {
  const uri = resourceUriOf(cimClass);
  return (
    `<p:${cimClass.name} xmlns:xsi="${xsi}" xmlns:p="${uri}" xmlns:cim="${cim}" xsi:type="p:${cimClass.name}_Type">` +
    `${writeProperties(cimClass, row, hidden, 'cim:')}</p:${cimClass.name}>`
  );
}

/** The properties alone, in their order; the prefix p must be bound, and that of the wrappers of dates. */
export function writeProperties(
  cimClass: CimClass,
  row: CimRow,
  hidden: ReadonlySet<string> | null,
  cimPrefix: string,
): string {
  let xml = '';
  for (const name of orderOf(cimClass)) {
    if (hidden?.has(`${cimClass.name}.${name}`)) continue;
    xml += writeProperty('p:', name, row[name] ?? null, cimPrefix);
  }
  return xml;
}

/** A row of a projection: elements without a namespace, alphabetical, nil kept (MS-WSMV note 59). */
export function writeFragmentRow(names: readonly string[], row: CimRow): string {
  let xml = `<w:XmlFragment xmlns:xsi="${xsi}" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd">`;
  for (const name of propertyOrder(names)) xml += writeProperty('', name, row[name] ?? null, '');
  return `${xml}</w:XmlFragment>`;
}

/** One property: `<p:Name>…</p:Name>`, repeated for an array, nil for null; an empty array leaves nothing. */
export function writeProperty(prefix: string, name: string, value: LabValue, cimPrefix: string): string {
  if (value === null) return `<${prefix}${name} xsi:nil="true"/>`;
  if (!Array.isArray(value))
    return `<${prefix}${name}>${writeScalar(value as LabScalar, cimPrefix)}</${prefix}${name}>`;
  let xml = '';
  for (const item of value as readonly LabScalar[]) {
    xml += `<${prefix}${name}>${writeScalar(item, cimPrefix)}</${prefix}${name}>`;
  }
  return xml;
}

/** The content of a value element, without the element. */
export function writeScalar(value: LabScalar, cimPrefix: string): string {
  if (typeof value === 'string') return escapeText(value);
  if (typeof value !== 'object') return String(value);
  if ('timeText' in value) {
    return `<${cimPrefix}${value.wrapper}>${escapeText(value.timeText)}</${cimPrefix}${value.wrapper}>`;
  }
  if ('dateTime' in value) return `<${cimPrefix}Datetime>${isoWithOffset(value)}</${cimPrefix}Datetime>`;
  if ('intervalMs' in value) return `<${cimPrefix}Interval>${isoInterval(value.intervalMs)}</${cimPrefix}Interval>`;
  return writeReference(value);
}

/** EPR inside a reference property; Windows gives the anonymous address there. */
export function writeReference(reference: LabReference): string {
  const namespace = reference.namespace ?? 'root/cimv2';
  let selectors = '';
  for (const [name, value] of Object.entries(reference.keys)) {
    selectors += `<w:Selector Name="${escapeText(name)}">${escapeText(value)}</w:Selector>`;
  }
  return (
    `<a:Address xmlns:a="${addressing}">${anonymousAddress}</a:Address>` +
    `<a:ReferenceParameters xmlns:a="${addressing}" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd">` +
    `<w:ResourceURI>${wmiPrefix}${namespace}/${reference.className}</w:ResourceURI>` +
    `<w:SelectorSet><w:Selector Name="__cimnamespace">${namespace}</w:Selector>${selectors}</w:SelectorSet></a:ReferenceParameters>`
  );
}

/** `2026-01-02T03:04:05.123456Z` or with `+01:00`; fractions only where there are some. */
function isoWithOffset(value: LabDateTime): string {
  const local = new Date(Math.floor(value.dateTime) + value.offsetMinutes * 60_000);
  const text = local
    .toISOString()
    .slice(0, -1)
    .replace(/\.000$/, '');
  if (value.offsetMinutes === 0) return `${text}Z`;
  const minutes = Math.abs(value.offsetMinutes);
  const zone = `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  return `${text}${value.offsetMinutes < 0 ? '-' : '+'}${zone}`;
}

function isoInterval(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const days = Math.floor(seconds / 86_400);
  const rest = seconds % 86_400;
  return `P${days}DT${Math.floor(rest / 3600)}H${Math.floor((rest % 3600) / 60)}M${rest % 60}S`;
}
