import type { CimReference, CimValue } from '../../../shared/contract/cim-value.ts';
import { writeObjectPath } from '../../../shared/contract/object-path.ts';
import type { WmiClass, WmiInput, WmiInstance, WmiProperty, WmiType } from '../../../shared/contract/wmi.ts';
import { formatDate } from '../../format.ts';

/** Values of CIM as people read and write them. */

const maxShown = 200;

/** For a cell: one line. */
export function cellText(value: CimValue): string {
  if (value === null) return '';
  if (Array.isArray(value)) {
    const some = value.slice(0, 20).map((one) => cellText(one as CimValue));
    return `${some.join(', ')}${value.length > some.length ? ` … ${value.length} in all` : ''}`;
  }
  if (typeof value !== 'object') return oneLine(String(value));
  const tagged = value as Exclude<CimValue, null | boolean | number | bigint | string | readonly CimValue[]>;
  switch (tagged.cim) {
    case 'datetime':
      return tagged.epochMs === null ? tagged.text : formatDate(tagged.epochMs);
    case 'interval':
      return tagged.text;
    case 'reference':
      return writeObjectPath(tagged);
    case 'instance':
      return `${tagged.className} { ${tagged.properties.length} }`;
  }
}

const oneLine = (text: string): string => {
  const flat = text.replace(/\s+/g, ' ');
  return flat.length > maxShown ? `${flat.slice(0, maxShown)}…` : flat;
};

/** Whole and exact: what the machine wrote. */
export function exactText(value: CimValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.map((one) => exactText(one as CimValue)).join('\n');
  if (typeof value !== 'object') return String(value);
  const tagged = value as Exclude<CimValue, null | boolean | number | bigint | string | readonly CimValue[]>;
  if (tagged.cim === 'datetime' || tagged.cim === 'interval') return tagged.text;
  return tagged.cim === 'reference'
    ? writeObjectPath(tagged)
    : tagged.properties.map(([name, inner]) => `${name} = ${exactText(inner)}`).join('\n');
}

export function sortValue(value: CimValue): string | number | null {
  if (value === null || typeof value === 'number') return value;
  // Past 2^53 neighbours fall together; a list is in order all the same.
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'object' && !Array.isArray(value) && 'cim' in value && value.cim === 'datetime') {
    return value.epochMs ?? value.text;
  }
  return cellText(value);
}

export const isReference = (value: CimValue): value is CimReference =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && 'cim' in value && value.cim === 'reference';

export const propertyOf = (instance: WmiInstance, name: string): CimValue =>
  instance.properties.find(([other]) => other.toLowerCase() === name.toLowerCase())?.[1] ?? null;

/** What an instance is called in a list: its keys. */
export function instanceName({ reference, className, properties }: WmiInstance): string {
  if (reference !== null) return writeObjectPath(reference);
  const [first] = properties;
  return first ? `${className} ${first[0]}=${cellText(first[1])}` : className;
}

/** A link between instances, seen from one of them: its class and what is at the other end. */
export function linkName(link: WmiInstance, seenFrom: CimReference): string {
  const from = writeObjectPath(seenFrom).toLowerCase();
  const ends = link.properties.flatMap(([role, value]) =>
    isReference(value) ? [{ role, path: writeObjectPath(value) }] : [],
  );
  const others = ends.filter(({ path }) => path.toLowerCase() !== from);
  // Linked with itself, or by a path that is written otherwise: then all ends are said.
  const said = others.length > 0 ? others : ends;
  return `${link.className}: ${said.map(({ role, path }) => `${role} ${path}`).join(', ')}`;
}

// Writing values.

/** One field of a form: null, or texts (more than one only for an array). */
export interface Field {
  readonly name: string;
  readonly type: WmiType;
  readonly isNull: boolean;
  readonly text: string;
}

export const isArrayType = (type: WmiType): boolean => type.endsWith('[]');

/** The value as its field shows it: what would write the same again. An array has one line per element. */
export function toField(name: string, type: WmiType, value: CimValue): Field {
  const nothing = value === null || (Array.isArray(value) && value.length === 0);
  return { name, type, isNull: nothing, text: nothing ? '' : exactText(value) };
}

export function toInput({ name, type, isNull, text }: Field): WmiInput {
  if (isNull) return { name, type, value: null };
  return { name, type, value: isArrayType(type) ? text.split('\n') : text };
}

export const sameField = (a: Field, b: Field): boolean => a.isNull === b.isNull && (a.isNull || a.text === b.text);

const bounds: Readonly<Record<string, readonly [bigint, bigint]>> = {
  char16: [0n, 0xffffn],
  uint8: [0n, 0xffn],
  uint16: [0n, 0xffffn],
  uint32: [0n, 0xffff_ffffn],
  uint64: [0n, 0xffff_ffff_ffff_ffffn],
  sint8: [-0x80n, 0x7fn],
  sint16: [-0x8000n, 0x7fffn],
  sint32: [-0x8000_0000n, 0x7fff_ffffn],
  sint64: [-0x8000_0000_0000_0000n, 0x7fff_ffff_ffff_ffffn],
};

/** Why a text is no value of its type; null where it is one. The console checks again. */
export function wrongField({ type, isNull, text }: Field): string | null {
  if (isNull) return null;
  const scalar = type.replace('[]', '');
  const texts = isArrayType(type) ? text.split('\n') : [text];
  for (const one of texts) {
    const wrong = wrongScalar(scalar, one.trim());
    if (wrong !== null) return wrong;
  }
  return null;
}

function wrongScalar(type: string, text: string): string | null {
  const range = bounds[type];
  if (range !== undefined) {
    if (!/^[+-]?\d{1,20}$/.test(text)) return 'Digits only.';
    const number = BigInt(text.replace('+', ''));
    return number < range[0] || number > range[1] ? `From ${range[0]} to ${range[1]}.` : null;
  }
  if (type === 'boolean') return /^(true|false)$/i.test(text) ? null : 'true or false.';
  if (type === 'real32' || type === 'real64') {
    return text !== '' && (Number.isFinite(Number(text)) || /^(-?inf|nan)$/i.test(text)) ? null : 'A number.';
  }
  if (type === 'datetime') {
    return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$|^[\d*]{14}\.[\d*]{6}[+-][\d*]{3}$/.test(
      text,
    )
      ? null
      : 'As 2026-01-31T12:00:00Z.';
  }
  if (type === 'interval') return /^-?P[\dYMDTHS.]+$|^\d{14}\.\d{6}:000$/.test(text) ? null : 'As P1DT2H3M4S.';
  if (type === 'reference') return /^[^\s=]+(\.[^=]+=.+|=@)$/.test(text) ? null : 'As Win32_Service.Name="Spooler".';
  return null;
}

/** Fields of a form that changes an instance: what the class says can be written, else everything that is no key. */
export function writable(declared: WmiClass | null, instance: WmiInstance): readonly WmiProperty[] {
  const all = declared?.properties ?? [];
  const marked = all.filter(({ isWritable }) => isWritable);
  if (marked.length > 0) return marked;
  return all.filter(({ isKey, name }) => !isKey && instance.properties.some(([other]) => other === name));
}
