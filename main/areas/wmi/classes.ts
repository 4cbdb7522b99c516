import type { WmiClass, WmiClassList } from '../../../shared/contract/wmi.ts';
import { usualClasses } from '../../winrm-command/usual-classes.ts';
import {
  type CimValue,
  type ClassDeclaration,
  classDeclarations,
  classNameOf,
  classNameOfItem,
  classPathsOnly,
  decodeValue,
  type MethodDeclaration,
  readClassDeclaration,
  readItem,
  type WSManClient,
  WSManFault,
  wholeDeclaration,
  wmi,
  type XmlElement,
} from '../../wsman/index.ts';
import type { AreaContext } from '../context.ts';
import { isAccessDenied, isNotOffered } from '../query.ts';

/** What classes a machine has, and what they are made of: from their declarations where it gives them, else from what can be seen. */

const maxClasses = 20_000;
const maxRemembered = 400;
const rememberedMs = 10 * 60_000;

interface Remembered<T> {
  readonly value: T;
  readonly at: number;
}

/** Declarations do not change while somebody looks; `fresh` asks anyway. Bounded, and forgotten after ten minutes. */
export interface ClassBook {
  list(
    client: WSManClient,
    machineId: string,
    namespace: string,
    fresh: boolean,
    signal: AbortSignal,
  ): Promise<WmiClassList>;
  describe(
    client: WSManClient,
    machineId: string,
    namespace: string,
    className: string,
    fresh: boolean,
    signal: AbortSignal,
  ): Promise<WmiClass>;
}

export function createClassBook(context: AreaContext): ClassBook {
  const lists = new Map<string, Remembered<WmiClassList>>();
  const classes = new Map<string, Remembered<WmiClass>>();

  const recall = <T>(book: Map<string, Remembered<T>>, key: string): T | null => {
    const found = book.get(key);
    return found && context.now() - found.at < rememberedMs ? found.value : null;
  };
  const keep = <T>(book: Map<string, Remembered<T>>, key: string, value: T): T => {
    book.delete(key);
    book.set(key, { value, at: context.now() });
    const [oldest] = book.keys();
    if (book.size > maxRemembered && oldest !== undefined) book.delete(oldest);
    return value;
  };

  return {
    async list(client, machineId, namespace, fresh, signal) {
      const key = `${machineId} ${namespace.toLowerCase()}`;
      const known = fresh ? null : recall(lists, key);
      if (known !== null) return known;
      try {
        const names = await classNames(client, namespace, signal);
        return keep(lists, key, {
          namespace,
          source: 'declarations',
          classes: names,
          why: null,
          readAt: context.now(),
        });
      } catch (error) {
        if (!offersNoDeclarations(error)) throw error;
        // A namespace that is not there is no matter of declarations.
        await client
          .enumerateAll({ resourceUri: wmi('__NAMESPACE', namespace) }, { signal })
          .catch((reason: unknown) => {
            if (isInvalidNamespace(reason)) throw reason;
          });
        const usual = namespace.toLowerCase() === 'root/cimv2' ? usualClasses.classes : usualElsewhere(namespace);
        const why = context.toProblem(error, machineId);
        return keep(lists, key, { namespace, source: 'usual', classes: usual, why, readAt: context.now() });
      }
    },

    async describe(client, machineId, namespace, className, fresh, signal) {
      const key = `${machineId} ${namespace.toLowerCase()} ${className.toLowerCase()}`;
      const known = fresh ? null : recall(classes, key);
      if (known !== null) return known;
      try {
        const element = await client.get(classDeclarations(namespace, className), {
          options: wholeDeclaration,
          signal,
        });
        return keep(classes, key, ofDeclaration(namespace, readClassDeclaration(element)));
      } catch (error) {
        if (!offersNoDeclarations(error)) throw error;
        return keep(classes, key, await fromInstance(client, namespace, className, signal));
      }
    },
  };
}

/** WBEM_E_INVALID_NAMESPACE. */
export function isInvalidNamespace(error: unknown): boolean {
  return error instanceof WSManFault && [error.fields.wsmanCode, error.fields.providerCode].includes(0x8004100e);
}

/** Before Windows 8, and at other makes: the resource is not known, or the option is not taken. */
function offersNoDeclarations(error: unknown): boolean {
  if (!(error instanceof WSManFault)) return false;
  const { subcode, wsmanCode } = error.fields;
  if (isAccessDenied(error)) return false;
  // Action not supported, feature not supported, options not valid.
  const codes = [0x80338001, 0x80338042, 0x80338040];
  return (
    isNotOffered(error) ||
    codes.includes(wsmanCode ?? 0) ||
    /^(ActionNotSupported|UnsupportedFeature|InvalidOptions)$/.test(subcode ?? '')
  );
}

async function classNames(client: WSManClient, namespace: string, signal: AbortSignal): Promise<readonly string[]> {
  const names = new Set<string>();
  const batches = client.enumerate(classDeclarations(namespace), { options: classPathsOnly, signal });
  for await (const batch of batches) {
    for (const item of batch) {
      const name = classNameOfItem(item);
      if (name !== null) names.add(name);
    }
    if (names.size > maxClasses) break;
  }
  return [...names].sort((a, b) => a.localeCompare(b, 'en', { sensitivity: 'base' }));
}

/** Namespaces directly below one, in order: instances of __NAMESPACE. */
export async function childNamespaces(client: WSManClient, namespace: string, signal: AbortSignal): Promise<string[]> {
  const elements = await client.enumerateAll({ resourceUri: wmi('__NAMESPACE', namespace) }, { signal });
  const names = elements.flatMap((element) => {
    const value = decodeValue(element.children.find(({ local }) => local === 'Name') ?? element);
    return typeof value === 'string' && /^[\w-]+$/.test(value) ? [`${namespace}/${value}`] : [];
  });
  return [...new Set(names)].sort((a, b) => a.localeCompare(b, 'en', { sensitivity: 'base' }));
}

function ofDeclaration(namespace: string, declaration: ClassDeclaration): WmiClass {
  return {
    namespace,
    source: 'declaration',
    ...declaration,
    methods: declaration.methods.map((method: MethodDeclaration) => ({
      ...method,
      parameters: method.parameters.map(({ qualifiers, name, type, isInput, isOutput }) => ({
        name,
        type,
        isInput,
        isOutput,
        isOptional: qualifiers.some((one) => one.name.toLowerCase() === 'optional' && one.values[0] !== 'false'),
        choices: qualifiers.find((one) => one.name.toLowerCase() === 'valuemap')?.values ?? [],
      })),
    })),
  };
}

/** What one instance shows. Throws what Enumerate throws where even that cannot be had. */
async function fromInstance(
  client: WSManClient,
  namespace: string,
  className: string,
  signal: AbortSignal,
): Promise<WmiClass> {
  const first = await firstInstance(client, namespace, className, signal);
  if (first === null)
    return seen(namespace, className, 'usual', usualClasses.propertiesOf(className), new Set(), new Map());
  const { object, keys } = first;
  const values = new Map<string, CimValue>();
  for (const property of object.children) values.set(property.local, decodeValue(property));
  return seen(namespace, classNameOf(object), 'instance', [...values.keys()], keys, values);
}

async function firstInstance(
  client: WSManClient,
  namespace: string,
  className: string,
  signal: AbortSignal,
): Promise<{ object: XmlElement; keys: ReadonlySet<string> } | null> {
  const resource = { resourceUri: wmi(className, namespace) };
  for (const mode of ['EnumerateObjectAndEPR', undefined] as const) {
    try {
      for await (const batch of client.enumerate(resource, { mode, maxElements: 1, signal })) {
        const [item] = batch.map(readItem);
        if (!item?.object) continue;
        return { object: item.object, keys: new Set(item.epr?.selectors.map(([name]) => name.toLowerCase())) };
      }
      return null;
    } catch (error) {
      if (mode === undefined || !isModeRefused(error)) throw error;
    }
  }
  return null;
}

/** The enumeration mode is what the target does not take. */
export function isModeRefused(error: unknown): boolean {
  return (
    error instanceof WSManFault &&
    (error.fields.wsmanCode === 2150858886 || error.fields.subcode === 'UnsupportedFeature')
  );
}

function seen(
  namespace: string,
  name: string,
  source: 'instance' | 'usual',
  names: readonly string[],
  keys: ReadonlySet<string>,
  values: ReadonlyMap<string, CimValue>,
): WmiClass {
  return {
    namespace,
    name,
    source,
    superclass: null,
    derivation: [],
    isAbstract: false,
    isAssociation:
      [...values.values()].filter(
        (value) => typeof value === 'object' && value !== null && 'cim' in value && value.cim === 'reference',
      ).length > 1,
    isSingleton: false,
    qualifiers: [],
    methods: [],
    properties: names.map((property) => ({
      name: property,
      type: typeSeen(values.get(property) ?? null),
      referenceClass: null,
      isKey: keys.has(property.toLowerCase()),
      isWritable: false,
      isInherited: false,
      qualifiers: [],
    })),
  };
}

function typeSeen(value: CimValue): WmiClass['properties'][number]['type'] {
  if (Array.isArray(value)) return 'string[]';
  if (typeof value === 'object' && value !== null && 'cim' in value) return value.cim;
  return 'string';
}

function usualElsewhere(namespace: string): readonly string[] {
  switch (namespace.toLowerCase()) {
    case 'root/default':
      return ['StdRegProv'];
    case 'root/hardware':
      return ['CIM_Chassis', 'CIM_ComputerSystem', 'CIM_LogRecord', 'CIM_NumericSensor', 'CIM_RecordLog', 'CIM_Sensor'];
    case 'root/microsoft/windows/taskscheduler':
      return ['MSFT_ScheduledTask'];
    default:
      return ['__NAMESPACE'];
  }
}
