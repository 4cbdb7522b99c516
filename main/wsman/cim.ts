/**
 * CIM instances in XML → values of TypeScript, and method inputs → XML (DSP0230; MS-WSMV 3.1.4.1.26 and the samples of 4.1).
 * XML does not say whether one element is a scalar or an array of one, so a schema does; without one the values stay text where nothing says more.
 */
import { readDateTime, readInterval } from './cim-datetime.ts';
import type {
  CimInstance,
  CimReference,
  CimScalarName,
  CimSchema,
  CimTypeName,
  CimValue,
  Decoded,
} from './cim-types.ts';
import { addressingChild, type EndpointReference, isEpr, readEpr } from './epr.ts';
import { ProtocolError } from './errors.ts';
import { ns } from './namespaces.ts';
import { attribute, isNil, type XmlElement } from './xml.ts';

/** Keeps the literal types of a schema that is written apart from its use. */
export function cimSchema<const S extends CimSchema>(schema: S): S {
  return schema;
}

interface Plan {
  readonly blank: Record<string, null>;
  readonly keys: readonly string[];
  readonly scalars: readonly CimScalarName[];
  readonly arrays: readonly boolean[];
  /** Element name as written → position in `keys`, -1 for a property that the schema does not ask for. */
  readonly positions: Map<string, number>;
  readonly lowerCase: ReadonlyMap<string, number>;
}

const plans = new WeakMap<CimSchema, Plan>();
/** Names come from the network, so what is remembered about them is bounded. */
const maxRememberedNames = 2000;

function planOf(schema: CimSchema): Plan {
  let plan = plans.get(schema);
  if (plan === undefined) {
    const keys = Object.keys(schema);
    const types = Object.values(schema);
    plan = {
      blank: Object.fromEntries(keys.map((key) => [key, null])),
      keys,
      scalars: types.map((type) => (type.endsWith('[]') ? type.slice(0, -2) : type) as CimScalarName),
      arrays: types.map((type) => type.endsWith('[]')),
      positions: new Map(keys.map((key, position) => [key, position])),
      lowerCase: new Map(keys.map((key, position) => [key.toLowerCase(), position])),
    };
    plans.set(schema, plan);
  }
  return plan;
}

function positionOf(plan: Plan, name: string): number {
  let position = plan.positions.get(name);
  if (position === undefined) {
    position = plan.lowerCase.get(name.toLowerCase()) ?? -1;
    if (plan.positions.size < maxRememberedNames) plan.positions.set(name, position);
  }
  return position;
}

/**
 * The schema's properties of an instance, or of a w:XmlFragment row; a property that is nil, empty (of a type other than string) or
 * absent is null. The object has the schema's own keys and no others. Names are compared without regard to case.
 * Throws ProtocolError, naming the property, where a text is not of the type.
 */
export function decodeInstance<const S extends CimSchema>(element: XmlElement, schema: S): Decoded<S> {
  const plan = planOf(schema);
  const values: Record<string, unknown> = { ...plan.blank };
  for (const property of element.children) {
    const position = positionOf(plan, property.local);
    if (position < 0 || isLocation(property) || isNil(property)) continue;
    const key = plan.keys[position]!;
    const type = plan.scalars[position]!;
    if (!plan.arrays[position]) {
      // The first of several siblings wins, as in Windows' own scripting objects.
      if (values[key] === null) values[key] = readScalar(property, type);
      continue;
    }
    const array = (values[key] ?? []) as unknown[];
    values[key] = array;
    const octets = type === 'uint8' ? readOctets(property) : null;
    if (octets !== null) array.push(...octets);
    else {
      const value = readScalar(property, type);
      if (value !== null) array.push(value);
    }
  }
  return values as Decoded<S>;
}

/** WinRM 1.1 (and the samples of MS-WSMV 4.1) end an instance with its own address, which is no property; a class may have a real `Location`. */
export function isLocation(property: XmlElement): boolean {
  return property.local === 'Location' && locationNamespaces.has(property.namespace);
}
const locationNamespaces: ReadonlySet<string> = new Set([ns.cim, ns.cimBase, ns.cimBaseOld]);

function readScalar(element: XmlElement, type: CimScalarName): CimValue {
  switch (type) {
    case 'string':
      return readString(element);
    case 'boolean':
      return readBoolean(element);
    case 'uint64':
    case 'sint64':
      return readBigInteger(element);
    case 'real32':
    case 'real64':
      return readReal(element);
    case 'datetime':
      return readDateTime(element);
    case 'interval':
      return readInterval(element);
    case 'reference':
      return toReference(readEpr(addressingChild(element, 'EndpointReference') ?? element));
    case 'instance':
      return readCimInstance(element);
    default:
      return readInteger(element);
  }
}

/** Padding with line breaks is OMI's and goes; blanks are the target's own and stay. */
function readString(element: XmlElement): string {
  const { text } = element;
  const first = text.charCodeAt(0);
  const last = text.charCodeAt(text.length - 1);
  if (first > 0x20 && last > 0x20) return detach(text);
  const start = text.length - text.trimStart().length;
  const end = text.trimEnd().length;
  if (end === 0) return text.includes('\n') ? '' : text;
  const from = text.slice(0, start).includes('\n') ? start : 0;
  return detach(text.slice(from, text.slice(end).includes('\n') ? end : text.length));
}

/** A copy that does not keep the whole answer in memory: V8 makes long slices point into the text they were cut from. */
function detach(text: string): string {
  return text.length < 13 ? text : ` ${text}`.slice(1);
}

function readBoolean(element: XmlElement): boolean | null {
  const { text } = element;
  if (text === 'true') return true;
  if (text === 'false') return false;
  const trimmed = text.trim().toLowerCase();
  if (trimmed === 'true' || trimmed === '1') return true;
  if (trimmed === 'false' || trimmed === '0') return false;
  return trimmed === '' ? null : mistyped(element, 'boolean');
}

function readInteger(element: XmlElement): number | null {
  const text = element.text.trim();
  if (text === '') return null;
  const value = Number(text);
  return /^[+-]?[0-9]+$/.test(text) && Number.isSafeInteger(value) ? value : mistyped(element, 'integer');
}

function readBigInteger(element: XmlElement): bigint | null {
  const text = element.text.trim();
  if (text === '') return null;
  // The longest 64-bit number has 20 digits; a longer text is refused before BigInt spends time on it.
  return /^[+-]?[0-9]{1,20}$/.test(text) ? BigInt(text.replace('+', '')) : mistyped(element, '64-bit integer');
}

function readReal(element: XmlElement): number | null {
  const text = element.text.trim();
  if (text === '') return null;
  if (/^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/.test(text)) return Number(text);
  switch (text.toUpperCase()) {
    case 'NAN':
      return Number.NaN;
    case 'INF':
      return Number.POSITIVE_INFINITY;
    case '-INF':
      return Number.NEGATIVE_INFINITY;
  }
  return mistyped(element, 'real number');
}

/** Octets in one element: OMI writes uint8[] as base64 and says so in xsi:type. Null where the element is no such thing. */
function readOctets(element: XmlElement): readonly number[] | null {
  if (element.attributes.length === 0) return null;
  const type = typeName(element)?.local;
  if (type === 'cimBase64Binary' || type === 'base64Binary') return [...Buffer.from(element.text, 'base64')];
  if (type === 'cimHexBinary' || type === 'hexBinary') return [...Buffer.from(element.text.trim(), 'hex')];
  return null;
}

function mistyped(element: XmlElement, expected: string): never {
  throw new ProtocolError(
    `The property ${element.local.slice(0, 80)} should be of the type ${expected}, but is "${element.text.trim().slice(0, 80)}".`,
  );
}

function typeName(element: XmlElement): { readonly namespace: string | null; readonly local: string } | null {
  const type = attribute(element, 'type', ns.xsi)?.trim();
  if (type === undefined) return null;
  const colon = type.indexOf(':');
  return { namespace: element.resolvePrefix(colon < 0 ? '' : type.slice(0, colon)), local: type.slice(colon + 1) };
}

export function toReference(epr: EndpointReference): CimReference {
  return {
    cim: 'reference',
    address: epr.address,
    resourceUri: epr.resourceUri,
    selectors: epr.selectors.map(([name, value]) => [name, typeof value === 'string' ? value : toReference(value)]),
  };
}

/** The class of an instance element: xsi:type without `_Type`, else cim:Class of WinRM 1.1, else the element's name. */
export function classNameOf(element: XmlElement): string {
  const type = typeName(element)?.local;
  if (type !== undefined && type !== '') return type.replace(/_Type$/, '');
  return attribute(element, 'Class', ns.cimBase) ?? attribute(element, 'Class', ns.cimBaseOld) ?? element.local;
}

/** An instance without a schema: its properties in order, siblings of one name joined to an array. */
export function readCimInstance(element: XmlElement): CimInstance {
  const properties = new Map<string, CimValue | CimValue[]>();
  for (const property of element.children) {
    if (isLocation(property)) continue;
    const value = decodeValue(property);
    const earlier = properties.get(property.local);
    if (earlier === undefined) properties.set(property.local, value);
    else if (Array.isArray(earlier) && arrays.has(earlier)) earlier.push(value);
    else {
      const array = [earlier, value] as CimValue[];
      arrays.add(array);
      properties.set(property.local, array);
    }
  }
  return { cim: 'instance', className: classNameOf(element), properties: [...properties] };
}
/**
 * One property, from all its sibling elements, by the type that its class declares. Where a text is not of that type it stays as it came: for
 * whoever looks at classes nobody knows beforehand, a value that cannot be trusted is better than none.
 */
export function decodeTyped(elements: readonly XmlElement[], type: CimTypeName): CimValue {
  const isArray = type.endsWith('[]');
  const scalar = (isArray ? type.slice(0, -2) : type) as CimScalarName;
  const values = elements.filter((element) => !isNil(element));
  if (values.length === 0) return null;
  const read = (element: XmlElement): CimValue => {
    try {
      // A datetime property may hold an interval: the wrapper knows better than the declaration.
      return scalar === 'datetime' || scalar === 'interval' ? readTime(element, scalar) : readScalar(element, scalar);
    } catch (error) {
      if (error instanceof ProtocolError) return decodeValue(element);
      throw error;
    }
  };
  if (!isArray) return read(values[0]!);
  return values.flatMap(
    (element): readonly CimValue[] => (scalar === 'uint8' ? readOctets(element) : null) ?? [read(element)],
  );
}

function readTime(element: XmlElement, declared: 'datetime' | 'interval'): CimValue {
  const isInterval =
    element.children[0]?.local === 'Interval' || /:[0-9]{3}\s*$/.test(element.children[0]?.text ?? element.text);
  return isInterval || (declared === 'interval' && /^\s*P/.test(element.text))
    ? readInterval(element)
    : readDateTime(element);
}
/** Tells an array of siblings from one value that is itself an array (octets). */
const arrays = new WeakSet<object>();

/**
 * One property, or an instance, without a schema: what the XML itself says (nil, wrappers of dates, xsi:type, an EPR, child elements) is
 * used; all else is text.
 */
export function decodeValue(element: XmlElement): CimValue {
  if (isNil(element)) return null;
  const first = element.children[0];
  if (first !== undefined) {
    if (isEpr(element)) return toReference(readEpr(element));
    if (element.children.length === 1) {
      if (first.local === 'EndpointReference' && isEpr(first)) return toReference(readEpr(first));
      if (first.namespace === ns.cim || first.namespace === '') {
        if (/^(Datetime|Date|Time|CIM_DateTime)$/.test(first.local)) return readDateTime(element);
        if (first.local === 'Interval') return readInterval(element);
      }
    }
    return readCimInstance(element);
  }
  const type = typeName(element)?.local;
  const scalar = type === undefined ? undefined : xmlTypes.get(type);
  if (scalar !== undefined) return readScalar(element, scalar);
  const octets = readOctets(element);
  if (octets !== null) return octets;
  if (type?.endsWith('_Type')) return readCimInstance(element);
  if (/^\s*[0-9]{14}\.[0-9]{6}[+-][0-9]{3}\s*$/.test(element.text)) return readDateTime(element);
  return readString(element);
}

/** Types of cim: (DSP0230 annex) and of XML Schema, by local name. */
const xmlTypes: ReadonlyMap<string, CimScalarName> = new Map<string, CimScalarName>([
  ['cimString', 'string'],
  ['string', 'string'],
  ['cimAnySimpleType', 'string'],
  ['cimBoolean', 'boolean'],
  ['boolean', 'boolean'],
  ['cimChar16', 'string'],
  ['cimUnsignedByte', 'uint8'],
  ['unsignedByte', 'uint8'],
  ['cimUnsignedShort', 'uint16'],
  ['unsignedShort', 'uint16'],
  ['cimUnsignedInt', 'uint32'],
  ['unsignedInt', 'uint32'],
  ['cimUnsignedLong', 'uint64'],
  ['unsignedLong', 'uint64'],
  ['cimByte', 'sint8'],
  ['byte', 'sint8'],
  ['cimShort', 'sint16'],
  ['short', 'sint16'],
  ['cimInt', 'sint32'],
  ['int', 'sint32'],
  ['cimLong', 'sint64'],
  ['long', 'sint64'],
  ['cimFloat', 'real32'],
  ['float', 'real32'],
  ['cimDouble', 'real64'],
  ['double', 'real64'],
  ['cimDateTime', 'datetime'],
  ['dateTime', 'datetime'],
  ['duration', 'interval'],
  ['cimReference', 'reference'],
]);
