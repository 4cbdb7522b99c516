import { randomUUID } from 'node:crypto';
import { isDialect } from '../wsman/association.ts';
import { ns } from '../wsman/namespaces.ts';
import { attribute, child, type XmlElement } from '../wsman/xml.ts';
import { associated } from './association.ts';
import type { Account } from './authentication/accounts.ts';
import { writeCertMapping } from './cert-mapping.ts';
import {
  anonymousAddress,
  type CimClass,
  type CimRow,
  defineClass,
  resourceUriOf,
  writeFragmentRow,
} from './cim-class.ts';
import { declarationItems } from './class-declarations.ts';
import { writePlugin } from './config-plugins.ts';
import { listenerSelectors, writeListener } from './config-resource.ts';
import { LabFault } from './faults.ts';
import { instanceXml } from './instance-xml.ts';
import { type LabRequest, type OperationResult, writeEpr } from './operation.ts';
import type { Provider } from './providers/provider.ts';
import { pipelinesOf } from './psrp/open-pools.ts';
import { hiddenProperties, providersOf, type Resource, resolveResource, selectorsOf, textOf } from './resources.ts';
import { shellItems, writeCommand } from './shell/shell-record.ts';
import { findShell } from './shell/shells.ts';
import type { SimulatedMachine } from './simulated-machine.ts';
import { matches, type PropertyLookUp, parseWql, unknownProperty, WqlError } from './wql.ts';

/**
 * WS-Enumeration as DSP0226 8 and MS-WSMV 3.1.4.1.13 to 17 narrow it. A context holds what is still to be sent; it changes with every
 * Pull, and dies after EnumerationTimeoutms without one. Batches end at MaxElements or where the envelope would get too large.
 */
interface Enumeration {
  readonly resourceUri: string;
  /** Items as XML text, made when they are sent. */
  readonly items: (() => string)[];
  next: number;
  expiresAt: number;
}

const enumerations = new WeakMap<SimulatedMachine, Map<string, Enumeration>>();
/** Room for the envelope around a batch, in octets. */
const envelopeRoom = 2048;

function openOf(machine: SimulatedMachine): Map<string, Enumeration> {
  let open = enumerations.get(machine);
  if (!open) {
    open = new Map();
    enumerations.set(machine, open);
  }
  const now = machine.clock.now();
  for (const [id, enumeration] of open) if (enumeration.expiresAt <= now) open.delete(id);
  return open;
}

export const countOpenEnumerations = (machine: SimulatedMachine): number => openOf(machine).size;
/** A reboot forgets them. */
export const forgetEnumerations = (machine: SimulatedMachine): void => void enumerations.delete(machine);

export function enumerate(machine: SimulatedMachine, request: LabRequest): OperationResult {
  const { body } = request;
  if (body?.local !== 'Enumerate' || body.namespace !== ns.enumeration) throw new LabFault(2150858791);
  if (child(body, 'EndTo', ns.enumeration)) throw new LabFault(2150858818);
  const enumeration: Enumeration = {
    resourceUri: request.resourceUri,
    items: itemsOf(machine, request, body),
    next: 0,
    expiresAt: 0,
  };
  const open = openOf(machine);
  if (open.size >= machine.winrmConfig.number('Service/MaxConcurrentOperationsPerUser')) throw new LabFault(2150859174);
  if (!child(body, 'OptimizeEnumeration', ns.wsman)) {
    return {
      body: `<n:EnumerateResponse><n:EnumerationContext>${keep(machine, enumeration)}</n:EnumerationContext></n:EnumerateResponse>`,
    };
  }
  const batch = takeBatch(machine, request, enumeration, maxElements(machine, child(body, 'MaxElements', ns.wsman)));
  const done = enumeration.next >= enumeration.items.length;
  const context = done
    ? '<n:EnumerationContext/>'
    : `<n:EnumerationContext>${keep(machine, enumeration)}</n:EnumerationContext>`;
  // Both are in the namespace of WS-Man here, and in that of WS-Enumeration in a PullResponse.
  return {
    body: `<n:EnumerateResponse>${context}<w:Items>${batch}</w:Items>${done ? '<w:EndOfSequence/>' : ''}</n:EnumerateResponse>`,
  };
}

export function pull(machine: SimulatedMachine, request: LabRequest): OperationResult {
  const { body } = request;
  if (body?.local !== 'Pull' || body.namespace !== ns.enumeration) throw new LabFault(2150858791);
  const enumeration = takeOut(machine, request, body);
  let batch: string;
  try {
    batch = takeBatch(machine, request, enumeration, maxElements(machine, child(body, 'MaxElements', ns.enumeration)));
  } catch (error) {
    keep(machine, enumeration);
    throw error;
  }
  const done = enumeration.next >= enumeration.items.length;
  const context = done ? '' : `<n:EnumerationContext>${keep(machine, enumeration)}</n:EnumerationContext>`;
  return {
    body: `<n:PullResponse>${context}<n:Items>${batch}</n:Items>${done ? '<n:EndOfSequence/>' : ''}</n:PullResponse>`,
  };
}

export function release(machine: SimulatedMachine, request: LabRequest): OperationResult {
  const { body } = request;
  if (body?.local !== 'Release' || body.namespace !== ns.enumeration) throw new LabFault(2150858791);
  takeOut(machine, request, body);
  return { body: '' };
}

function takeOut(machine: SimulatedMachine, request: LabRequest, body: XmlElement): Enumeration {
  const id = child(body, 'EnumerationContext', ns.enumeration)?.text.trim() ?? '';
  const open = openOf(machine);
  const enumeration = open.get(id);
  if (!enumeration || enumeration.resourceUri.toLowerCase() !== request.resourceUri.toLowerCase())
    throw new LabFault(2150858779);
  open.delete(id);
  return enumeration;
}

function keep(machine: SimulatedMachine, enumeration: Enumeration): string {
  const id = `uuid:${randomUUID().toUpperCase()}`;
  enumeration.expiresAt = machine.clock.now() + machine.winrmConfig.number('Service/EnumerationTimeoutms');
  openOf(machine).set(id, enumeration);
  return id;
}

/** One item where nothing is said (DSP0226 8.4), at most MaxBatchItems. */
function maxElements(machine: SimulatedMachine, element: XmlElement | undefined): number {
  const wanted = element === undefined ? 1 : Number(element.text.trim());
  if (!Number.isInteger(wanted) || wanted < 1) throw new LabFault(2150858791);
  return Math.min(wanted, machine.winrmConfig.number('MaxBatchItems'));
}

function takeBatch(_machine: SimulatedMachine, request: LabRequest, enumeration: Enumeration, most: number): string {
  let batch = '';
  let room = request.limit - envelopeRoom;
  for (let taken = 0; taken < most && enumeration.next < enumeration.items.length; taken++) {
    const item = enumeration.items[enumeration.next]!();
    room -= Buffer.byteLength(item);
    if (room < 0) {
      if (taken === 0) throw new LabFault(2150858823);
      break;
    }
    batch += item;
    enumeration.next++;
  }
  return batch;
}

function itemsOf(machine: SimulatedMachine, request: LabRequest, body: XmlElement): (() => string)[] {
  const filter = child(body, 'Filter', ns.wsman) ?? child(body, 'Filter', ns.enumeration);
  const write = itemWriter(child(body, 'EnumerationMode', ns.wsman)?.text.trim());
  if (request.resourceUri.toLowerCase() === ns.shell) {
    if (filter) throw new LabFault(2150858776);
    return shellItems(machine).map(({ shellId, object }) =>
      write(
        () => object,
        () => writeEpr('a:EndpointReference', anonymousAddress, request.resourceUri, [['ShellId', shellId]]),
      ),
    );
  }
  if (request.resourceUri.toLowerCase() === `${ns.shell}/command`) return commandItems(machine, filter);
  const resource = resolveResource(machine, request);
  if (resource.kind === 'listener') {
    if (filter) throw new LabFault(2150858776);
    return machine.winrmConfig.listeners.map((listener) =>
      write(
        () => writeListener(machine, listener),
        () => writeEpr('a:EndpointReference', anonymousAddress, request.resourceUri, listenerSelectors(listener)),
      ),
    );
  }
  if (resource.kind === 'cert-mapping') {
    if (filter) throw new LabFault(2150858776);
    // MS-WSMV 3.1.4.1.17 does not have this resource among those that give out EPRs.
    if (child(body, 'EnumerationMode', ns.wsman)) throw new LabFault(2150858886);
    return machine.certMappings.map((mapping) => () => writeCertMapping(mapping));
  }
  if (resource.kind === 'plugin') {
    if (filter) throw new LabFault(2150858776);
    if (child(body, 'EnumerationMode', ns.wsman)) throw new LabFault(2150858886);
    return machine.winrmConfig.plugins.map((plugin) => () => writePlugin(plugin));
  }
  if (resource.kind === 'class-declarations') {
    if (filter) throw new LabFault(2150858776);
    if (child(body, 'EnumerationMode', ns.wsman)) throw new LabFault(2150858886);
    return declarationItems(machine, resource.namespace, resource.className, request.options);
  }
  if (resource.kind === 'config') throw new LabFault(filter ? 2150858776 : 2150858753);
  const writeRow = (provider: Provider, row: CimRow, as?: CimClass): (() => string) =>
    write(
      () => instanceXml(machine, provider, row, as),
      () =>
        writeEpr('a:EndpointReference', anonymousAddress, resourceUriOf(provider.cimClass), selectorsOf(provider, row)),
    );
  const dialect = filter ? (attribute(filter, 'Dialect') ?? 'http://www.w3.org/TR/1999/REC-xpath-19991116') : null;
  if (resource.kind === 'all-classes') {
    if (!filter) throw new LabFault(2150859003);
    if (isDialect(dialect!, 'association')) return associationItems(machine, resource.namespace, filter, writeRow);
    if (!isDialect(dialect!, 'wql')) throw new LabFault(2150858777);
    if (request.selectors.some(([name]) => name.toLowerCase() !== '__cimnamespace')) throw new LabFault(2150859003);
    return queryItems(machine, request.account, resource.namespace, filter!.text.trim(), writeRow);
  }
  if (!filter) return polymorphItems(machine, resource, child(body, 'PolymorphismMode', ns.cimBinding), writeRow);
  if (isDialect(dialect!, 'wql') || isDialect(dialect!, 'association')) throw new LabFault(2150859003);
  if (!isDialect(dialect!, 'selector') || resource.kind === 'base-class') throw new LabFault(2150858777);
  const { provider } = resource;
  return selected(machine, provider, filter).map((row) => writeRow(provider, row));
}

/** Commands of one shell of PowerShell, by a selector filter with its ShellId. */
function commandItems(machine: SimulatedMachine, filter: XmlElement | undefined): (() => string)[] {
  if (!filter || !isDialect(attribute(filter, 'Dialect') ?? '', 'selector')) throw new LabFault(2150858776);
  const set = child(filter, 'SelectorSet', ns.wsman);
  const id = set?.children.find((selector) => attribute(selector, 'Name')?.toLowerCase() === 'shellid')?.text.trim();
  const shell = id === undefined ? undefined : findShell(machine, id);
  if (!shell) throw new LabFault(2150858843);
  return pipelinesOf(shell).map((pipeline) => () => writeCommand(pipeline));
}

type RowWriter = (provider: Provider, row: CimRow, as?: CimClass) => () => string;

/** What a class has through those that derive from it, by the mode (DSP0227 9.3); everything where none is given. */
function polymorphItems(
  machine: SimulatedMachine,
  resource: Extract<Resource, { kind: 'wmi' | 'base-class' }>,
  element: XmlElement | undefined,
  writeRow: RowWriter,
): (() => string)[] {
  const mode = element?.text.trim() ?? 'IncludeSubClassProperties';
  const own = resource.kind === 'wmi' ? resource.provider : null;
  const { namespace, name } =
    resource.kind === 'wmi' ? resource.provider.cimClass : { namespace: resource.namespace, name: resource.className };
  const all = providersOf(namespace, name);
  const rowsOf = (provider: Provider, as?: CimClass): (() => string)[] =>
    [...provider.instances(machine)].map((row) => writeRow(provider, row, as));
  switch (mode) {
    case 'IncludeSubClassProperties':
      return all.flatMap((provider) => rowsOf(provider));
    case 'None':
      return own ? rowsOf(own) : [];
    case 'ExcludeSubClassProperties': {
      const base = own?.cimClass ?? commonClass(namespace, name, all);
      return all.flatMap((provider) => rowsOf(provider, base));
    }
    default:
      throw new LabFault(2150859063);
  }
}

/** A base that the lab has no instances of is what all that derive from it have in common. */
function commonClass(namespace: string, name: string, derived: readonly Provider[]): CimClass {
  const [first, ...rest] = derived.map(({ cimClass }) => cimClass.properties);
  const names = Object.keys(first ?? {}).filter((own) => rest.every((properties) => Object.hasOwn(properties, own)));
  return defineClass({ name, namespace, properties: Object.fromEntries(names.map((own) => [own, first![own]!])) });
}

function associationItems(
  machine: SimulatedMachine,
  namespace: string,
  filter: XmlElement,
  writeRow: RowWriter,
): (() => string)[] {
  const { found, properties } = associated(machine, namespace, filter);
  return found.map(({ provider, row }) => {
    if (properties.length === 0) return writeRow(provider, row);
    const find = visibleTo(machine, provider);
    const names = properties.map((name) => find(name)).filter((name) => name !== undefined);
    return () => writeFragmentRow(names, row);
  });
}

type ItemWriter = (object: () => string, epr: () => string) => () => string;
function itemWriter(mode: string | undefined): ItemWriter {
  if (mode === undefined || mode === '') return (object) => object;
  if (mode === 'EnumerateEPR') return (_object, epr) => epr;
  if (mode === 'EnumerateObjectAndEPR') return (object, epr) => () => `<w:Item>${object()}${epr()}</w:Item>`;
  throw new LabFault(2150858886);
}

function queryItems(
  machine: SimulatedMachine,
  reader: Account,
  namespace: string,
  text: string,
  writeRow: (provider: Provider, row: CimRow) => () => string,
): (() => string)[] {
  const refuse = (providerText: string): LabFault => new LabFault(2150858778, { providerText, parameterInfo: text });
  try {
    const query = parseWql(text);
    const found = providersOf(namespace, query.className);
    if (found.length === 0) throw refuse('The class does not exist in this namespace.');
    return found.flatMap((provider) => {
      const find = visibleTo(machine, provider);
      const missing = unknownProperty(query, find);
      // A name that the class itself does not know is an error of the query; of those that derive from it the lab may know less.
      const isAsked = provider.cimClass.name.toLowerCase() === query.className.toLowerCase();
      if (missing !== undefined && (found.length === 1 || isAsked)) throw refuse('Invalid query');
      const rows = [...provider.instances(machine, reader, text)].filter((row) => matches(query.where, row, find));
      const { properties } = query;
      if (properties === null) return rows.map((row) => writeRow(provider, row));
      const names = [...new Set(properties.map((name) => find(name)).filter((name) => name !== undefined))];
      return rows.map((row) => () => writeFragmentRow(names, row));
    });
  } catch (error) {
    if (error instanceof WqlError) throw refuse(error.message);
    throw error;
  }
}

/** As `propertyLookUp`, without what this generation of Windows does not have yet: WMI refuses a query that names it. */
function visibleTo(machine: SimulatedMachine, provider: Provider): PropertyLookUp {
  const find = propertyLookUp(provider);
  const hidden = hiddenProperties(machine);
  if (hidden === null) return find;
  return (name) => {
    const found = find(name);
    return found !== undefined && hidden.has(`${provider.cimClass.name}.${found}`) ? undefined : found;
  };
}

const lookUps = new WeakMap<Provider, PropertyLookUp>();
function propertyLookUp(provider: Provider): PropertyLookUp {
  let lookUp = lookUps.get(provider);
  if (!lookUp) {
    const names = new Map(Object.keys(provider.cimClass.properties).map((name) => [name.toLowerCase(), name]));
    lookUp = (name) => names.get(name.toLowerCase());
    lookUps.set(provider, lookUp);
  }
  return lookUp;
}

/** Selector dialect: equalities joined by "and"; no references, no datetimes, no quotes, nothing twice (MS-WSMV 3.1.4.1.13). */
function selected(machine: SimulatedMachine, provider: Provider, filter: XmlElement): CimRow[] {
  const set = child(filter, 'SelectorSet', ns.wsman);
  if (!set) throw new LabFault(2150858778);
  const find = propertyLookUp(provider);
  const wanted = new Map<string, string>();
  for (const selector of set.children) {
    const name = find(attribute(selector, 'Name') ?? '');
    const type = name === undefined ? undefined : provider.cimClass.properties[name];
    const unusable =
      type === undefined || type.endsWith('[]') || type === 'datetime' || type === 'interval' || type === 'reference';
    if (unusable || selector.children.length > 0 || /["']/.test(selector.text) || wanted.has(name!))
      throw new LabFault(2150858778);
    wanted.set(name!, selector.text.trim().toLowerCase());
  }
  return [...provider.instances(machine)].filter((row) =>
    [...wanted].every(([name, value]) => textOf(row[name] ?? null)?.toLowerCase() === value),
  );
}
