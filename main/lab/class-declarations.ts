import type { ReceivedRequest } from '../wsman/envelope.ts';
import { escapeAttribute, escapeXml } from '../wsman/xml.ts';
import { type CimClass, type LabPropertyType, propertyOrder } from './cim-class.ts';
import { LabFault } from './faults.ts';
import { type LabParameter, signatureOf } from './method-signatures.ts';
import { providers } from './providers/all.ts';
import type { Provider } from './providers/provider.ts';
import { hiddenProperties, providersOf } from './resources.ts';
import type { SimulatedMachine } from './simulated-machine.ts';

/**
 * Declarations of classes in CIM-XML (DSP0227 1.1 chapter 15, MS-WSMV 3.1.4.1.38), made from what the lab's instances are made from, so that the
 * two cannot differ. Base classes without instances of their own have what those that derive from them have in common.
 */

type Options = ReceivedRequest['options'];

/** Answer to Get: one class. Throws LabFault where the namespace has no such class, or none was named. */
export function declarationXml(
  machine: SimulatedMachine,
  namespace: string,
  className: string | null,
  options: Options,
): string {
  if (className === null) throw new LabFault(2150858842);
  const found = classesOf(machine, namespace).find(({ name }) => name.toLowerCase() === className.toLowerCase());
  if (!found) {
    throw new LabFault(2150858752, { providerText: `The class ${className} does not exist in this namespace.` });
  }
  return writeClass(machine, found, isTrue(options, 'IncludeQualifiers'));
}

/** Answer to Enumerate: all classes of a namespace, or all that derive from one; as paths where only those are asked for. */
export function declarationItems(
  machine: SimulatedMachine,
  namespace: string,
  className: string | null,
  options: Options,
): (() => string)[] {
  const all = classesOf(machine, namespace);
  const wanted = className?.toLowerCase();
  const found = wanted === undefined ? all : all.filter((entry) => entry.bases.some((b) => b.toLowerCase() === wanted));
  const pathsOnly = isTrue(options, 'ExcludeClassSpecification');
  const qualifiers = isTrue(options, 'IncludeQualifiers');
  return found.map(
    (entry) => () => (pathsOnly ? classPath(machine, namespace, entry) : writeClass(machine, entry, qualifiers)),
  );
}

interface Declared {
  readonly name: string;
  readonly namespace: string;
  /** The nearest first. */
  readonly bases: readonly string[];
  readonly properties: Readonly<Record<string, LabPropertyType>>;
  /** Null: a base class that has no instances of its own. */
  readonly provider: Provider | null;
}

function classesOf(machine: SimulatedMachine, namespace: string): Declared[] {
  const own = providers.filter(
    ({ cimClass, presentOn }) =>
      cimClass.namespace.toLowerCase() === namespace.toLowerCase() && presentOn?.(machine) !== false,
  );
  const declared = new Map<string, Declared>();
  for (const provider of own) {
    const { name, baseNames, properties } = provider.cimClass;
    declared.set(name.toLowerCase(), { name, namespace, bases: baseNames, properties, provider });
  }
  for (const { cimClass } of own) {
    for (const [index, base] of cimClass.baseNames.entries()) {
      if (declared.has(base.toLowerCase())) continue;
      const bases = cimClass.baseNames.slice(index + 1);
      const properties = common(providersOf(namespace, base).map((provider) => provider.cimClass));
      declared.set(base.toLowerCase(), { name: base, namespace, bases, properties, provider: null });
    }
  }
  return [...declared.values()].sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
}

function common(classes: readonly CimClass[]): Readonly<Record<string, LabPropertyType>> {
  const [first, ...rest] = classes;
  return Object.fromEntries(
    Object.entries(first?.properties ?? {}).filter(([name]) =>
      rest.every(({ properties }) => Object.hasOwn(properties, name)),
    ),
  );
}

function classPath(machine: SimulatedMachine, namespace: string, { name }: Declared): string {
  const steps = namespace
    .split('/')
    .map((step) => `<NAMESPACE NAME="${escapeAttribute(step)}"/>`)
    .join('');
  return (
    `<CLASSPATH><NAMESPACEPATH><HOST>${escapeXml(machine.plan.name)}</HOST><LOCALNAMESPACEPATH>${steps}</LOCALNAMESPACEPATH></NAMESPACEPATH>` +
    `<CLASSNAME NAME="${escapeAttribute(name)}"/></CLASSPATH>`
  );
}

function writeClass(machine: SimulatedMachine, declared: Declared, withQualifiers: boolean): string {
  const { name, bases, provider } = declared;
  const cimClass = provider?.cimClass ?? null;
  const hidden = hiddenProperties(machine);
  const qualify = (pairs: readonly (readonly [string, string, string])[]): string =>
    withQualifiers ? pairs.map(([qualifier, type, value]) => writeQualifier(qualifier, type, value)).join('') : '';
  const types = Object.values(declared.properties);
  const isAssociation = types.filter((type) => type === 'reference').length > 1;
  const classQualifiers = qualify([
    ...(provider === null ? [['Abstract', 'boolean', 'true'] as const] : [['dynamic', 'boolean', 'true'] as const]),
    ...(isAssociation ? [['Association', 'boolean', 'true'] as const] : []),
    ...(cimClass?.singleton ? [['Singleton', 'boolean', 'true'] as const] : []),
  ]);
  const properties = propertyOrder(Object.keys(declared.properties))
    .filter((property) => !hidden?.has(`${name}.${property}`))
    .map((property) => {
      const isKey = cimClass?.keys.includes(property) ?? false;
      const isWritable = cimClass?.writable?.includes(property) ?? false;
      const type = declared.properties[property]!;
      return writeProperty(
        property,
        type,
        qualify([
          ...(isKey ? [['key', 'boolean', 'true'] as const] : []),
          ['read', 'boolean', 'true'],
          ...(isWritable ? [['write', 'boolean', 'true'] as const] : []),
          ['CIMTYPE', 'string', type.replace('[]', '')],
          ...(type.startsWith('interval') ? [['SubType', 'string', 'interval'] as const] : []),
        ]),
        isInherited(declared, property),
      );
    });
  const superclass = bases[0] === undefined ? '' : ` SUPERCLASS="${escapeAttribute(bases[0])}"`;
  return (
    `<CLASS NAME="${escapeAttribute(name)}"${superclass} DERIVATION="${escapeAttribute(bases.join(','))}">` +
    `${classQualifiers}${properties.join('')}${writeMethods(declared, withQualifiers)}</CLASS>`
  );
}

/** Whether the nearest base that the lab declares has it too. */
function isInherited({ bases, namespace }: Declared, property: string): boolean {
  return bases.some((base) => {
    const classes = providersOf(namespace, base).map(({ cimClass }) => cimClass);
    return classes.length > 1 && Object.hasOwn(common(classes), property);
  });
}

const cimTypeOf = (type: LabPropertyType): string => {
  const scalar = type.replace('[]', '');
  return scalar === 'interval' ? 'datetime' : scalar;
};

function writeProperty(name: string, type: LabPropertyType, qualifiers: string, inherited: boolean): string {
  const propagated = inherited ? ' PROPAGATED="true"' : '';
  if (type === 'reference') {
    return `<PROPERTY.REFERENCE NAME="${escapeAttribute(name)}"${propagated}>${qualifiers}</PROPERTY.REFERENCE>`;
  }
  const element = type.endsWith('[]') ? 'PROPERTY.ARRAY' : 'PROPERTY';
  return `<${element} NAME="${escapeAttribute(name)}" TYPE="${cimTypeOf(type)}"${propagated}>${qualifiers}</${element}>`;
}

function writeMethods({ name, provider }: Declared, withQualifiers: boolean): string {
  return Object.keys(provider?.methods ?? {})
    .map((method) => {
      const { parameters, returns } = signatureOf(name, method);
      const isStatic = provider?.staticMethods?.includes(method) ?? false;
      const qualifiers = withQualifiers
        ? `${isStatic ? writeQualifier('static', 'boolean', 'true') : ''}${writeQualifier('Implemented', 'boolean', 'true')}${writeMeanings(returns ?? [])}`
        : '';
      return `<METHOD NAME="${escapeAttribute(method)}" TYPE="uint32">${qualifiers}${parameters.map((parameter) => writeParameter(parameter, withQualifiers)).join('')}</METHOD>`;
    })
    .join('');
}

function writeParameter({ name, type, direction, optional }: LabParameter, withQualifiers: boolean): string {
  const element = type.endsWith('[]') ? 'PARAMETER.ARRAY' : 'PARAMETER';
  const qualifiers = withQualifiers
    ? `${writeQualifier(direction, 'boolean', 'true')}${optional ? writeQualifier('optional', 'boolean', 'true') : ''}`
    : '';
  return `<${element} NAME="${escapeAttribute(name)}" TYPE="${cimTypeOf(type)}">${qualifiers}</${element}>`;
}

const writeQualifier = (name: string, type: string, value: string): string =>
  `<QUALIFIER NAME="${name}" TYPE="${type}"><VALUE>${escapeXml(value)}</VALUE></QUALIFIER>`;

function writeMeanings(returns: readonly (readonly [number, string])[]): string {
  if (returns.length === 0) return '';
  const array = (name: string, values: readonly string[]): string =>
    `<QUALIFIER NAME="${name}" TYPE="string"><VALUE.ARRAY>${values.map((value) => `<VALUE>${escapeXml(value)}</VALUE>`).join('')}</VALUE.ARRAY></QUALIFIER>`;
  return (
    array(
      'ValueMap',
      returns.map(([number]) => String(number)),
    ) +
    array(
      'Values',
      returns.map(([, words]) => words),
    )
  );
}

const isTrue = (options: Options, name: string): boolean =>
  options.some((option) => option.name === name && option.value?.toLowerCase() === 'true');
