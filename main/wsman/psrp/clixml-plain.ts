/** Looking into CLIXML values: properties by name, simple values, and the whole as plain JSON for tables and `-format:json`. */
import { epochOf } from '../cim-datetime.ts';
import { isPsObject, type PsObject, type PsValue } from './clixml-types.ts';

/** A property by name, without regard to case, as PowerShell takes it; one that PowerShell has added comes before the type's own. */
export function propertyOf(value: PsValue | undefined, name: string): PsValue | undefined {
  if (value === undefined || !isPsObject(value)) return undefined;
  const wanted = name.toLowerCase();
  for (const list of [value.extended, value.adapted]) {
    for (const property of list) if (property.name.toLowerCase() === wanted) return property.value;
  }
  return undefined;
}

/** The value of a dictionary under a key that is text, without regard to case, or a number. */
export function entryOf(value: PsValue | undefined, key: string | number): PsValue | undefined {
  if (value === undefined || !isPsObject(value) || value.container?.kind !== 'DCT') return undefined;
  const wanted = typeof key === 'string' ? key.toLowerCase() : key;
  for (const [k, v] of value.container.entries) {
    if ((typeof k === 'string' ? k.toLowerCase() : k) === wanted) return v;
  }
  return undefined;
}

/** The items of a list, queue or stack; null for a value that is none. */
export function itemsOf(value: PsValue | undefined): readonly PsValue[] | null {
  if (value === undefined || !isPsObject(value) || value.container === null) return null;
  return value.container.kind === 'DCT' ? null : value.container.items;
}

/** Text of a string, of a primitive kept as text, or of what ToString() said; null for everything else. */
export function textOf(value: PsValue | undefined): string | null {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null || typeof value !== 'object' || value instanceof Uint8Array) return null;
  if (isPsObject(value)) return typeof value.base === 'string' ? value.base : value.text;
  return 'value' in value && typeof value.value === 'string' && value.clixml !== 'SS' ? value.value : null;
}

/** A number of any size that a JavaScript number holds exactly, of an enumeration too; null for everything else. */
export function numberOf(value: PsValue | undefined): number | null {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : null;
  if (value === undefined || value === null || typeof value !== 'object' || value instanceof Uint8Array) return null;
  if (isPsObject(value)) return value.base === undefined ? null : numberOf(value.base);
  if (!('value' in value)) return null;
  if (typeof value.value === 'number') return value.value;
  return typeof value.value === 'bigint' ? numberOf(value.value) : null;
}

/** A DT as epoch milliseconds; null where it has no zone, and for everything else. */
export function epochMsOf(value: PsValue | undefined): number | null {
  if (value === undefined || value === null || typeof value !== 'object' || value instanceof Uint8Array) return null;
  if (isPsObject(value)) return value.base === undefined ? null : epochMsOf(value.base);
  return value.clixml === 'DT' ? epochOf(value.value) : null;
}

/** An instant as Windows writes it, in UTC with seven digits. */
export function dateTimeOf(epochMs: number): PsValue {
  return { clixml: 'DT', value: new Date(epochMs).toISOString().replace(/Z$/, '0000Z') };
}

/** What JSON can say. */
export type PlainValue =
  | null
  | boolean
  | number
  | string
  | readonly PlainValue[]
  | { readonly [name: string]: PlainValue };

/** Values that one view may have; shared objects are written out where they stand, so a small text could ask for very many. */
const maxValues = 200_000;

/**
 * The value as plain JSON. Enumerations by their name, times and decimals as their text, bytes in base64, integers beyond 2^53 as text, a
 * SecureString as asterisks, an object that has neither properties nor items by its ToString(). A property that PowerShell has added hides
 * the type's own of the same name.
 */
export function toPlain(value: PsValue): PlainValue {
  return plain(value, { left: maxValues });
}

function plain(value: PsValue, budget: { left: number }): PlainValue {
  if (--budget.left < 0) return '…';
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Uint8Array) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  }
  if (isPsObject(value)) return plainObject(value, budget);
  switch (value.clixml) {
    case 'Ref':
      return '(refers to an object around it)';
    case 'SS':
      return '********';
    case 'U64':
      return plain(value.value, budget);
    case 'Sg':
    case 'Db':
      return Number.isFinite(value.value) ? value.value : String(value.value);
    case 'PR': {
      const { clixml: _, ...fields } = value;
      return fields;
    }
    default:
      return value.value;
  }
}

function plainObject(object: PsObject, budget: { left: number }): PlainValue {
  if (object.base !== undefined) {
    const isEnum = object.typeNames.some((name) => /(^|\.)System\.Enum$/.test(name));
    return isEnum && object.text !== null ? object.text : plain(object.base, budget);
  }
  if (object.container?.kind === 'DCT') {
    return Object.fromEntries(
      object.container.entries.map(([key, value]) => [keyText(key, budget), plain(value, budget)]),
    );
  }
  if (object.container !== null) return object.container.items.map((item) => plain(item, budget));
  const named = new Map<string, readonly [name: string, value: PsValue]>();
  for (const { name, value } of [...object.adapted, ...object.extended]) named.set(name.toLowerCase(), [name, value]);
  if (named.size === 0) return object.text ?? object.typeNames[0] ?? null;
  return Object.fromEntries([...named.values()].map(([name, value]) => [name, plain(value, budget)]));
}

function keyText(key: PsValue, budget: { left: number }): string {
  const text = plain(key, budget);
  return typeof text === 'string' ? text : JSON.stringify(text);
}
