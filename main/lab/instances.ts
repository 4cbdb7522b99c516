import { ns } from '../wsman/namespaces.ts';
import { escapeXml, type XmlElement } from '../wsman/xml.ts';
import { createCertMapping, deleteCertMapping, getCertMapping, putCertMapping } from './cert-mapping.ts';
import { type LabScalar, type LabValue, resourceUriOf, writeProperty, writeScalar } from './cim-class.ts';
import { declarationXml } from './class-declarations.ts';
import { findPlugin, putPlugin, writePlugin } from './config-plugins.ts';
import { createListener, deleteListener, getConfig, getListener, putConfig, putListener } from './config-resource.ts';
import { LabFault } from './faults.ts';
import { instanceXml } from './instance-xml.ts';
import { type LabRequest, type OperationResult, resourceCreated, valuesOf } from './operation.ts';
import type { Provider } from './providers/provider.ts';
import { findInstance, resolveResource, selectorsOf } from './resources.ts';
import type { SimulatedMachine } from './simulated-machine.ts';
import { count } from './statistics.ts';

/** Get, Put, Create, Delete (WS-Transfer, DSP0226 7), and the fragment forms of Get and Put. */

export function getInstance(machine: SimulatedMachine, request: LabRequest): OperationResult {
  const resource = resolveResource(machine, request);
  const path = fragmentPath(request);
  if (resource.kind === 'all-classes' || resource.kind === 'base-class') throw new LabFault(2150858752);
  if (resource.kind === 'class-declarations') {
    if (path !== null) throw new LabFault(2150858871);
    return { body: declarationXml(machine, resource.namespace, resource.className, request.options) };
  }
  if (resource.kind !== 'wmi') {
    if (path !== null) throw new LabFault(2150858871);
    if (resource.kind === 'cert-mapping') return { body: getCertMapping(machine, request) };
    if (resource.kind === 'plugin') return { body: writePlugin(findPlugin(machine, request)) };
    return { body: resource.kind === 'config' ? getConfig(machine, resource.path) : getListener(machine, request) };
  }
  const { provider } = resource;
  const row = findInstance(machine, provider, request);
  if (path === null) return { body: instanceXml(machine, provider, row) };
  return { body: writeFragment(provider, row, path), headers: fragmentHeader(path) };
}

export function putInstance(machine: SimulatedMachine, request: LabRequest): OperationResult {
  const resource = resolveResource(machine, request);
  const body = bodyOf(request);
  const path = fragmentPath(request);
  if (resource.kind === 'config') return { body: putConfig(machine, resource.path, body) };
  if (resource.kind === 'listener') return { body: putListener(machine, request, body) };
  if (resource.kind === 'cert-mapping') return { body: putCertMapping(machine, request, body) };
  if (resource.kind === 'plugin') return { body: putPlugin(machine, request, body) };
  if (resource.kind !== 'wmi' || !resource.provider.put) throw new LabFault(2150858753);
  const { provider } = resource;
  const row = findInstance(machine, provider, request);
  const values = path === null ? valuesOf(withoutAddress(body)) : fragmentValues(provider, path, fragmentBody(body));
  for (const name of values.keys()) refuseReadOnly(provider, canonicalProperty(provider, name), row, values);
  provider.put!(machine, row, values, path === null ? body : fragmentBody(body));
  count(machine.statistics.executed, `${provider.cimClass.name}.Put`);
  const after = findInstance(machine, provider, request);
  if (path === null) return { body: instanceXml(machine, provider, after) };
  return { body: writeFragment(provider, after, path), headers: fragmentHeader(path) };
}

export function createInstance(machine: SimulatedMachine, request: LabRequest): OperationResult {
  const resource = resolveResource(machine, request);
  const body = bodyOf(request);
  if (resource.kind === 'listener') return { body: createListener(machine, request, body) };
  if (resource.kind === 'cert-mapping') return { body: createCertMapping(machine, request, body) };
  if (resource.kind !== 'wmi' || !resource.provider.create) throw new LabFault(2150858753);
  // Creating WMI instances came with Windows 8 and Server 2012 (MS-WSMV note 107).
  if (machine.plan.generation.stack !== '3.0') throw new LabFault(2150858753);
  const { provider } = resource;
  const values = valuesOf(body);
  for (const name of values.keys()) canonicalProperty(provider, name);
  const row = provider.create!(machine, values, body);
  count(machine.statistics.executed, `${provider.cimClass.name}.Create`);
  return { body: resourceCreated(machine, resourceUriOf(provider.cimClass), selectorsOf(provider, row)) };
}

export function deleteInstance(machine: SimulatedMachine, request: LabRequest): OperationResult {
  const resource = resolveResource(machine, request);
  if (resource.kind === 'listener') {
    deleteListener(machine, request);
    return { body: '' };
  }
  if (resource.kind === 'cert-mapping') {
    deleteCertMapping(machine, request);
    return { body: '' };
  }
  if (resource.kind !== 'wmi' || !resource.provider.remove || machine.plan.generation.stack !== '3.0')
    throw new LabFault(2150858753);
  resource.provider.remove(machine, findInstance(machine, resource.provider, request));
  count(machine.statistics.executed, `${resource.provider.cimClass.name}.Delete`);
  return { body: '' };
}

function bodyOf(request: LabRequest): XmlElement {
  if (!request.body) throw new LabFault(2150858791);
  return request.body;
}

function canonicalProperty(provider: Provider, name: string): string {
  const found = Object.keys(provider.cimClass.properties).find(
    (candidate) => candidate.toLowerCase() === name.toLowerCase(),
  );
  if (!found) throw new LabFault(2150858817);
  return found;
}

/** WBEM_E_READ_ONLY. */
const readOnly = 2147749923;

/** A whole instance may be put back as it was read; another value of a property that cannot be written is refused. */
function refuseReadOnly(
  provider: Provider,
  name: string,
  row: Readonly<Record<string, LabValue>>,
  values: ReadonlyMap<string, string | null>,
): void {
  const { writable } = provider.cimClass;
  if (writable === null || writable.includes(name)) return;
  const before = row[name] ?? null;
  if (Array.isArray(before)) return;
  const wanted = values.get(name.toLowerCase()) ?? null;
  if ((before === null || typeof before === 'string' ? before : writeText(before)) === wanted) return;
  throw new LabFault(readOnly, { providerText: `The property ${name} is read-only.`, parameterInfo: name });
}

/** FragmentTransfer is for Get and Put, and must be marked mustUnderstand (MS-WSMV 3.1.4.1.18). */
function fragmentPath(request: LabRequest): string | null {
  const { fragment } = request;
  if (!fragment) return null;
  if (!fragment.mustUnderstand) throw new LabFault(2150858767);
  if (fragment.dialect !== null && fragment.dialect !== 'http://www.w3.org/TR/1999/REC-xpath-19991116')
    throw new LabFault(2150858898);
  if (fragment.path === '') throw new LabFault(2150858897);
  return fragment.path;
}

const fragmentHeader = (path: string): string =>
  `<w:FragmentTransfer s:mustUnderstand="true" Dialect="http://www.w3.org/TR/1999/REC-xpath-19991116">${escapeXml(path)}</w:FragmentTransfer>`;

/** WinRM 1.1 gives an instance its own address along, and gets it back. */
function withoutAddress(body: XmlElement): XmlElement {
  const isAddress = ({ local, namespace }: XmlElement): boolean =>
    local === 'Location' && (namespace === ns.cimBase || namespace === ns.cim);
  return { ...body, children: body.children.filter((c) => !isAddress(c)), resolvePrefix: body.resolvePrefix };
}

/** What a fragment puts: the element that the path names, or with `/text()` its bare text. Paths are case-sensitive. */
function fragmentValues(provider: Provider, path: string, body: XmlElement): Map<string, string | null> {
  const match = /^([A-Za-z_]\w*)(\[\d+\])?(\/text\(\))?$/.exec(path);
  if (!match) throw new LabFault(path.startsWith('/') ? 2150858778 : 2150858899);
  const [, name, index, text] = match;
  if (!Object.hasOwn(provider.cimClass.properties, name!)) throw new LabFault(2150858899);
  // No class here has an array that can be written.
  if (index !== undefined) throw new LabFault(2150858871);
  if (text !== undefined) {
    if (body.children.length > 0) throw new LabFault(2150858841);
    return new Map([[name!.toLowerCase(), body.text]]);
  }
  const [property] = body.children;
  if (body.children.length !== 1 || property!.local !== name) throw new LabFault(2150858841);
  return valuesOf(body);
}

/** `Prop`, `Prop[n]` and `Prop/text()`; anything else, a leading slash included, is refused as Windows does (MS-WSMV note 65). */
function writeFragment(provider: Provider, row: Readonly<Record<string, LabValue>>, path: string): string {
  const match = /^([A-Za-z_]\w*)(?:\[(\d+)\])?(\/text\(\))?$/.exec(path);
  if (!match) throw new LabFault(path.startsWith('/') ? 2150858778 : 2150858899);
  const [, name, index, text] = match;
  // Fragments are case-sensitive, unlike selectors.
  if (!Object.hasOwn(provider.cimClass.properties, name!)) throw new LabFault(2150858899);
  let value = row[name!] ?? null;
  if (index !== undefined) {
    const items = Array.isArray(value) ? (value as readonly LabScalar[]) : value === null ? [] : [value as LabScalar];
    value = items[Number(index) - 1] ?? null;
    if (value === null) throw new LabFault(2150858899);
  }
  const content = text === undefined ? writeProperty('', name!, value, 'cim:') : writeText(value);
  return `<w:XmlFragment xmlns:xsi="${ns.xsi}" xmlns:cim="${ns.cim}">${content}</w:XmlFragment>`;
}

function writeText(value: LabValue): string {
  if (value === null) return '';
  const first = Array.isArray(value) ? (value as readonly LabScalar[])[0] : (value as LabScalar);
  return first === undefined ? '' : writeScalar(first, 'cim:').replace(/<[^>]*>/g, '');
}

function fragmentBody(body: XmlElement): XmlElement {
  if (body.local !== 'XmlFragment' || body.namespace !== ns.wsman) throw new LabFault(2150858841);
  return body;
}
