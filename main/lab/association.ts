import { addressingChild, readEpr, type SelectorValue } from '../wsman/epr.ts';
import { ns } from '../wsman/namespaces.ts';
import { child, childrenOf, type XmlElement } from '../wsman/xml.ts';
import type { CimRow, LabReference, LabValue } from './cim-class.ts';
import { LabFault } from './faults.ts';
import { providers } from './providers/all.ts';
import type { Provider } from './providers/provider.ts';
import { providersOf, textOf } from './resources.ts';
import type { SimulatedMachine } from './simulated-machine.ts';

/**
 * Association filters: ASSOCIATORS OF and REFERENCES OF in the words of DSP0227 8.2. A link is an instance of a class with references; classes
 * are compared with their bases, names without regard to case.
 */
export interface Found {
  readonly provider: Provider;
  readonly row: CimRow;
}

export interface AssociationResult {
  readonly found: readonly Found[];
  /** IncludeResultProperty; empty: all. */
  readonly properties: readonly string[];
}

/** Throws LabFault 2150858778 where the filter is not of the schema, or its object is not there. */
export function associated(machine: SimulatedMachine, namespace: string, filter: XmlElement): AssociationResult {
  const query =
    child(filter, 'AssociatedInstances', ns.cimBinding) ?? child(filter, 'AssociationInstances', ns.cimBinding);
  if (query === undefined) throw new LabFault(2150858778);
  const text = (local: string): string | null => child(query, local, ns.cimBinding)?.text.trim() ?? null;
  const start = findObject(machine, namespace, query);
  const wantsLinks = query.local === 'AssociationInstances';
  const linkClass = text(wantsLinks ? 'ResultClassName' : 'AssociationClassName');
  const resultClass = wantsLinks ? null : text('ResultClassName');
  for (const name of [linkClass, resultClass]) {
    if (name !== null && providersOf(namespace, name).length === 0) {
      throw new LabFault(2150858778, { providerText: 'Not found ', parameterInfo: name });
    }
  }
  const links = linksTo(machine, namespace, start, text('Role'), linkClass);
  const properties = childrenOf(query, 'IncludeResultProperty', ns.cimBinding).map((property) => property.text.trim());
  if (wantsLinks) return { found: links.map(({ link }) => link), properties };
  const resultRole = text('ResultRole')?.toLowerCase() ?? null;
  const found: Found[] = [];
  for (const { link, role } of links) {
    for (const [name, value] of references(link.row)) {
      if (name === role || (resultRole !== null && name.toLowerCase() !== resultRole)) continue;
      const end = resolve(machine, namespace, value);
      if (end === null) continue;
      if (resultClass === null || isA(end.provider, resultClass)) found.push(end);
    }
  }
  return { found: withoutRepeats(found), properties };
}

interface Link {
  readonly link: Found;
  /** The property that refers to the object. */
  readonly role: string;
}

function linksTo(
  machine: SimulatedMachine,
  namespace: string,
  start: Found,
  wantedRole: string | null,
  className: string | null,
): Link[] {
  const links: Link[] = [];
  for (const provider of providers) {
    const { cimClass } = provider;
    if (cimClass.namespace.toLowerCase() !== namespace.toLowerCase()) continue;
    if (!Object.values(cimClass.properties).includes('reference')) continue;
    if (className !== null && !isA(provider, className)) continue;
    for (const row of provider.instances(machine)) {
      const role = references(row).find(
        ([name, value]) =>
          (wantedRole === null || name.toLowerCase() === wantedRole.toLowerCase()) && refersTo(value, start),
      );
      if (role !== undefined) links.push({ link: { provider, row }, role: role[0] });
    }
  }
  return links;
}

const references = (row: CimRow): (readonly [string, LabReference])[] =>
  Object.entries(row).flatMap(([name, value]) => (isReference(value) ? [[name, value] as const] : []));

const isReference = (value: LabValue): value is LabReference =>
  typeof value === 'object' && value !== null && 'className' in value;

const isA = ({ cimClass }: Provider, className: string): boolean =>
  cimClass.name.toLowerCase() === className.toLowerCase() || cimClass.bases.includes(className.toLowerCase());

function refersTo({ className, keys }: LabReference, { provider, row }: Found): boolean {
  if (!isA(provider, className)) return false;
  return Object.entries(keys).every(([key, value]) => textOf(row[key] ?? null)?.toLowerCase() === value.toLowerCase());
}

/** Null for what the machine does not have, such as an account of the domain. */
function resolve(machine: SimulatedMachine, namespace: string, reference: LabReference): Found | null {
  for (const provider of providersOf(namespace, reference.className)) {
    for (const row of provider.instances(machine)) if (refersTo(reference, { provider, row })) return { provider, row };
  }
  return null;
}

function findObject(machine: SimulatedMachine, namespace: string, query: XmlElement): Found {
  const object = child(query, 'Object', ns.cimBinding);
  if (object === undefined) throw new LabFault(2150858778);
  const { resourceUri, selectors } = readEpr(addressingChild(object, 'EndpointReference') ?? object);
  const className = resourceUri.slice(resourceUri.lastIndexOf('/') + 1);
  const keys: Record<string, string> = {};
  for (const [name, value] of selectors) {
    if (name.toLowerCase() !== '__cimnamespace') keys[name] = asText(value);
  }
  for (const provider of providersOf(namespace, className)) {
    for (const row of provider.instances(machine)) {
      const names = new Map(Object.keys(row).map((name) => [name.toLowerCase(), name]));
      const isIt = Object.entries(keys).every(
        ([key, value]) =>
          textOf(row[names.get(key.toLowerCase()) ?? ''] ?? null)?.toLowerCase() === value.toLowerCase(),
      );
      if (isIt && (Object.keys(keys).length > 0 || provider.cimClass.singleton)) return { provider, row };
    }
  }
  throw new LabFault(2150858778, { providerText: 'Not found ', parameterInfo: className });
}

function asText(value: SelectorValue): string {
  if (typeof value === 'string') return value;
  throw new LabFault(2150858778);
}

/** What is linked twice comes once. */
function withoutRepeats(found: readonly Found[]): Found[] {
  const seen = new Set<string>();
  return found.filter(({ provider, row }) => {
    const keys = provider.cimClass.keys.map((key) =>
      JSON.stringify(row[key] ?? null, (_, v) => (typeof v === 'bigint' ? String(v) : v)),
    );
    const id = `${provider.cimClass.name} ${keys.join(' ')}`;
    if (seen.has(id)) return false;
    seen.add(id);
    return true;
  });
}
