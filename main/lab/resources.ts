import { ns } from '../wsman/namespaces.ts';
import { type CimRow, type LabReference, type LabScalar, type LabValue, wmiPrefix, writeScalar } from './cim-class.ts';
import { LabFault } from './faults.ts';
import type { LabRequest } from './operation.ts';
import { providers } from './providers/all.ts';
import type { Provider } from './providers/provider.ts';
import type { SimulatedMachine } from './simulated-machine.ts';

/** From resource URI and selectors to what they name (MS-WSMV 3.1.4.1.1, 3.1.4.1.2). Names are compared without regard to case. */

export type Resource =
  | { readonly kind: 'wmi'; readonly provider: Provider }
  /** A class that has instances only through those that derive from it. */
  | { readonly kind: 'base-class'; readonly namespace: string; readonly className: string }
  /** Every class of a namespace: only for WQL and associations. */
  | { readonly kind: 'all-classes'; readonly namespace: string }
  /** Below winrm/config, empty for the whole. */
  | { readonly kind: 'config'; readonly path: string }
  | { readonly kind: 'listener' }
  | { readonly kind: 'cert-mapping' }
  | { readonly kind: 'plugin' }
  /** Declarations of classes: of one, or of all that a namespace has. */
  | { readonly kind: 'class-declarations'; readonly namespace: string; readonly className: string | null };

const byName = new Map(
  providers.map((provider) => [`${provider.cimClass.namespace}/${provider.cimClass.name}`.toLowerCase(), provider]),
);
const dmtfPrefix = 'http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/';
/** DSP0227 5.3: all classes of the namespace that __cimnamespace names. */
const dmtfAllClasses = 'http://schemas.dmtf.org/wbem/wscim/1/*';
/** DSP0227 1.1, 15.4: declarations in CIM-XML. */
const classDeclarations = 'http://schemas.dmtf.org/wbem/cim-xml/2/cim-schema/2/*';
/** WBEM_E_INVALID_NAMESPACE. */
const invalidNamespace = 2147749902;

export function findProvider(namespace: string, className: string): Provider | undefined {
  return byName.get(`${namespace}/${className}`.toLowerCase());
}

/** Providers whose class is, or derives from, this one. */
export function providersOf(namespace: string, className: string): Provider[] {
  const wanted = className.toLowerCase();
  return providers.filter(
    ({ cimClass }) =>
      cimClass.namespace.toLowerCase() === namespace.toLowerCase() &&
      (cimClass.name.toLowerCase() === wanted || cimClass.bases.includes(wanted)),
  );
}

export function resolveResource(machine: SimulatedMachine, request: LabRequest): Resource {
  const resource = findResource(machine, request);
  if (resource.kind === 'wmi' && resource.provider.presentOn?.(machine) === false) {
    if (!hasNamespace(machine, resource.provider.cimClass.namespace)) throw noNamespace();
    throw new LabFault(2150858752, { providerText: 'The class does not exist in this namespace.' });
  }
  if ('namespace' in resource && !hasNamespace(machine, resource.namespace)) throw noNamespace();
  return resource;
}

const noNamespace = (): LabFault =>
  new LabFault(invalidNamespace, { text: 'The namespace is not valid.', providerText: 'Invalid namespace' });

/** Where at least one class of it is, or of a namespace below. */
export function hasNamespace(machine: SimulatedMachine, namespace: string): boolean {
  const wanted = namespace.toLowerCase();
  return providers.some(({ cimClass, presentOn }) => {
    const own = cimClass.namespace.toLowerCase();
    const isThere = own === wanted || own.startsWith(`${wanted}/`);
    return isThere && cimClass.name !== '__NAMESPACE' && presentOn?.(machine) !== false;
  });
}

function findResource(machine: SimulatedMachine, request: LabRequest): Resource {
  const uri = request.resourceUri;
  const lower = uri.toLowerCase();
  if (lower.startsWith(ns.config)) {
    const path = lower.slice(ns.config.length).replace(/^\/+|\/+$/g, '');
    if (path === 'service/certmapping') return { kind: 'cert-mapping' };
    if (path === 'plugin') return { kind: 'plugin' };
    return path === 'listener' ? { kind: 'listener' } : { kind: 'config', path };
  }
  const chosen = selector(request, '__cimnamespace')?.replaceAll('\\', '/');
  if (lower.startsWith(wmiPrefix)) {
    const path = uri.slice(wmiPrefix.length);
    const slash = path.lastIndexOf('/');
    const namespace = path.slice(0, Math.max(0, slash));
    if (chosen !== undefined && chosen.toLowerCase() !== namespace.toLowerCase()) throw new LabFault(2150859067);
    return wmiResource(machine, namespace, path.slice(slash + 1));
  }
  if (lower === dmtfAllClasses) return { kind: 'all-classes', namespace: chosen ?? 'root/cimv2' };
  // Came with Windows 8 and Server 2012 (MS-WSMV note 98).
  if (lower === classDeclarations && machine.plan.generation.stack === '3.0') {
    return {
      kind: 'class-declarations',
      namespace: chosen ?? 'root/cimv2',
      className: selector(request, 'classname') ?? null,
    };
  }
  if (lower.startsWith(dmtfPrefix))
    return wmiResource(machine, chosen ?? 'root/hardware', uri.slice(dmtfPrefix.length));
  throw new LabFault(2150858811);
}

function wmiResource(machine: SimulatedMachine, namespace: string, className: string): Resource {
  if (className === '*') return { kind: 'all-classes', namespace };
  const provider = findProvider(namespace, className);
  if (provider) return { kind: 'wmi', provider };
  if (providersOf(namespace, className).length > 0) return { kind: 'base-class', namespace, className };
  if (!hasNamespace(machine, namespace)) throw noNamespace();
  throw new LabFault(2150858752, { providerText: 'The class does not exist in this namespace.' });
}

function selector(request: LabRequest, name: string): string | undefined {
  const found = request.selectors.find(([candidate]) => candidate.toLowerCase() === name);
  return typeof found?.[1] === 'string' ? found[1] : undefined;
}

/** The one instance that the selectors name; a singleton needs none. */
export function findInstance(machine: SimulatedMachine, provider: Provider, request: LabRequest): CimRow {
  const { cimClass } = provider;
  const given = request.selectors.filter(([name]) => name.toLowerCase() !== '__cimnamespace');
  if (given.length === 0) {
    if (!cimClass.singleton) throw new LabFault(2150859002);
    return [...provider.instances(machine)][0]!;
  }
  const keys = new Map(cimClass.keys.map((key) => [key.toLowerCase(), key]));
  for (const [name] of given) if (!keys.has(name.toLowerCase())) throw new LabFault(2150858843);
  if (given.length < cimClass.keys.length) throw new LabFault(2150858842);
  const wanted = given.map(([name, value]) => [keys.get(name.toLowerCase())!, value] as const);
  const [only] = wanted;
  const found =
    provider.findByKey && wanted.length === 1 && typeof only![1] === 'string'
      ? provider.findByKey(machine, only![1])
      : [...provider.instances(machine)].find((row) => wanted.every(([key, value]) => isKey(row[key] ?? null, value)));
  if (!found) throw new LabFault(2150858752, { providerText: 'No instance has these keys.' });
  return found;
}

function isKey(actual: LabValue, wanted: LabRequest['selectors'][number][1]): boolean {
  if (typeof wanted === 'string') return keyText(actual)?.toLowerCase() === wanted.toLowerCase();
  if (actual === null || typeof actual !== 'object' || !('className' in actual)) return false;
  return (
    wanted.resourceUri.toLowerCase().endsWith(`/${actual.className.toLowerCase()}`) &&
    Object.entries(actual.keys).every(([key, value]) =>
      wanted.selectors.some(
        ([name, other]) =>
          name.toLowerCase() === key.toLowerCase() &&
          typeof other === 'string' &&
          other.toLowerCase() === value.toLowerCase(),
      ),
    )
  );
}

/** A scalar as text; null for anything that a selector cannot name. */
export function textOf(value: LabValue): string | null {
  if (value === null || Array.isArray(value)) return null;
  const scalar = value as LabScalar;
  return typeof scalar === 'object' ? null : String(scalar);
}

/** Key selectors of an instance, for its EPR. Those of a link are references, which stand there as EPRs. */
export function selectorsOf(provider: Provider, row: CimRow): (readonly [string, string | LabReference])[] {
  const { cimClass } = provider;
  const selectors: (readonly [string, string | LabReference])[] = [['__cimnamespace', cimClass.namespace]];
  for (const key of cimClass.keys) {
    const value = row[key] ?? null;
    if (isReference(value)) selectors.push([key, value]);
    else if (value !== null) selectors.push([key, keyText(value) ?? '']);
  }
  return selectors;
}

const isReference = (value: LabValue): value is LabReference =>
  typeof value === 'object' && value !== null && 'className' in value;

/** A key as a selector has it: a datetime in the form of its element. */
function keyText(value: LabValue): string | null {
  if (typeof value === 'object' && value !== null && 'dateTime' in value) {
    return writeScalar(value as LabScalar, '').replace(/<[^>]*>/g, '');
  }
  return textOf(value);
}

/** Properties that this generation of Windows does not have yet. */
export function hiddenProperties(machine: SimulatedMachine): ReadonlySet<string> | null {
  return machine.plan.generation.build < 10_240 ? beforeWindows10 : null;
}
const beforeWindows10: ReadonlySet<string> = new Set(['Win32_Service.DelayedAutoStart']);
