import { namespaceOf } from '../../../shared/contract/object-path.ts';
import type { WmiClass, WmiInstance, WmiRowsItem } from '../../../shared/contract/wmi.ts';
import {
  type CimReference,
  type CimValue,
  classNameOf,
  decodeTyped,
  decodeValue,
  type EnumerateOptions,
  isLocation,
  type ResourceLocator,
  readItem,
  toReference,
  type WSManClient,
  wmi,
  type XmlElement,
} from '../../wsman/index.ts';
import { isModeRefused } from './classes.ts';

/** Instances as they come, with types as their classes declare them. */

/** Declaration of a class; null where it cannot be had. */
export type Declarations = (className: string) => Promise<WmiClass | null>;

/** So many different classes of one answer are looked up; rows of others keep the types that their XML says. */
const maxClasses = 24;

interface Reading {
  readonly client: WSManClient;
  readonly resource: ResourceLocator;
  readonly filter: EnumerateOptions['filter'];
  readonly namespace: string;
  /** Class of rows that do not say theirs. */
  readonly className: string | null;
  readonly declarations: Declarations;
  readonly limit: number;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly push: (item: WmiRowsItem) => Promise<void>;
}

/** Pushes rows until the end or the limit. What is left at the target is released. */
export async function readRows(reading: Reading): Promise<void> {
  const { client, resource, filter, limit, signal, now, push } = reading;
  const startedAt = now();
  const declarations = remembering(reading.declarations);
  const declared = reading.className === null ? null : await declarations(reading.className);
  await push({
    kind: 'started',
    className: declared?.name ?? reading.className,
    types: declared?.properties.map(({ name, type }) => [name, type] as const) ?? [],
  });
  let count = 0;
  let cutOff = false;
  for (const mode of ['EnumerateObjectAndEPR', undefined] as const) {
    try {
      const maxElements = Math.min(500, limit + 1);
      for await (const batch of client.enumerate(resource, { filter, mode, maxElements, signal })) {
        const room = limit - count;
        const rows: WmiInstance[] = [];
        for (const item of batch.slice(0, room)) rows.push(await toInstance(item, reading, declarations));
        count += rows.length;
        if (rows.length > 0) await push({ kind: 'rows', rows });
        if (batch.length > room) {
          cutOff = true;
          break;
        }
      }
      break;
    } catch (error) {
      if (mode === undefined || count > 0 || !isModeRefused(error)) throw error;
    }
  }
  await push({ kind: 'end', count, cutOff, tookMs: now() - startedAt });
}

function remembering(find: Declarations): Declarations {
  const known = new Map<string, Promise<WmiClass | null>>();
  return (className) => {
    const key = className.toLowerCase();
    const found = known.get(key);
    if (found) return found;
    if (known.size >= maxClasses) return Promise.resolve(null);
    const asked = find(className);
    known.set(key, asked);
    return asked;
  };
}

async function toInstance(
  element: XmlElement,
  reading: Pick<Reading, 'namespace' | 'className'>,
  declarations: Declarations,
): Promise<WmiInstance> {
  const { object, epr } = readItem(element);
  const reference = epr === null ? null : toReference(epr);
  if (object === null) {
    const className = reference?.resourceUri.slice(reference.resourceUri.lastIndexOf('/') + 1) ?? '';
    return { namespace: reading.namespace, className, reference, properties: [] };
  }
  const isFragment = object.local === 'XmlFragment';
  const className = isFragment ? (reading.className ?? '') : classNameOf(object);
  const declared = className === '' ? null : await declarations(className);
  return readInstance(object, {
    className: declared?.name ?? className,
    declared,
    reference,
    namespace: reading.namespace,
  });
}

/** One instance, or a row of some of its properties. */
export function readInstance(
  object: XmlElement,
  about: {
    readonly className: string;
    readonly declared: WmiClass | null;
    readonly reference: CimReference | null;
    readonly namespace: string;
  },
): WmiInstance {
  const { declared, className } = about;
  const isFragment = object.local === 'XmlFragment';
  const elements = new Map<string, XmlElement[]>();
  for (const property of object.children) {
    if (isLocation(property)) continue;
    const same = elements.get(property.local);
    if (same) same.push(property);
    else elements.set(property.local, [property]);
  }
  const types = new Map(declared?.properties.map(({ name, type }) => [name.toLowerCase(), { name, type }]));
  const properties: [string, CimValue][] = [];
  for (const [local, found] of elements) {
    const known = types.get(local.toLowerCase());
    types.delete(local.toLowerCase());
    properties.push([
      known?.name ?? local,
      known && declared?.source === 'declaration' ? decodeTyped(found, known.type) : untyped(found),
    ]);
  }
  // An array without elements leaves nothing in the XML, and a whole instance has everything that its class declares.
  if (!isFragment && declared?.source === 'declaration') {
    for (const { name, type } of types.values()) properties.push([name, type.endsWith('[]') ? [] : null]);
  }
  properties.sort(([a], [b]) => a.localeCompare(b, 'en', { sensitivity: 'base' }));
  const namespace = (about.reference && namespaceOf(about.reference)) ?? about.namespace;
  return { namespace, className, properties, reference: about.reference ?? byKeys(object, properties, about) };
}

function untyped(elements: readonly XmlElement[]): CimValue {
  return elements.length === 1 ? decodeValue(elements[0]!) : elements.map(decodeValue);
}

/** The reference that the keys make, where all of them are there. */
function byKeys(
  object: XmlElement,
  properties: readonly (readonly [string, CimValue])[],
  { declared, className, namespace }: { declared: WmiClass | null; className: string; namespace: string },
): CimReference | null {
  if (declared === null || className === '') return null;
  const keys = declared.properties.filter(({ isKey }) => isKey);
  if (keys.length === 0 && !declared.isSingleton) return null;
  const selectors: (readonly [string, string | CimReference])[] = [['__cimnamespace', namespace]];
  for (const { name } of keys) {
    const value = properties.find(([other]) => other.toLowerCase() === name.toLowerCase())?.[1];
    if (value === undefined || value === null) return null;
    const selector = selectorOf(value);
    if (selector === null) return null;
    selectors.push([name, selector]);
  }
  const resourceUri = object.namespace.endsWith(`/${className}`) ? object.namespace : wmi(className, namespace);
  return { cim: 'reference', address: '', resourceUri, selectors };
}

function selectorOf(value: CimValue): string | CimReference | null {
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value) || !('cim' in value)) return null;
  if (value.cim === 'reference') return value;
  return value.cim === 'datetime' || value.cim === 'interval' ? value.text : null;
}

/** The class that a query reads from; null where it says none. Texts in quotes are passed over. */
export function classOfQuery(text: string): string | null {
  const bare = text.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g, "''");
  return /\bfrom\s+([\p{L}_][\p{L}\p{N}_]*)/iu.exec(bare)?.[1] ?? null;
}
