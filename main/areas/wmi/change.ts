import type { CimReference } from '../../../shared/contract/cim-value.ts';
import { ProblemError } from '../../../shared/contract/problem.ts';
import type { WmiClass, WmiInput, WmiInstance, WmiInvocation } from '../../../shared/contract/wmi.ts';
import {
  type CimValue,
  child,
  classNameOf,
  decodeTyped,
  decodeValue,
  escapeXml,
  type InputParameter,
  isLocation,
  readItem,
  serializeXml,
  toReference,
  type WSManClient,
  wmi,
  type XmlElement,
} from '../../wsman/index.ts';
import { methodMeaning, methodRefusal } from '../return-codes.ts';
import { readInstance } from './rows.ts';
import { invalidInput, ofTypeError, toParameter, toXml } from './values.ts';

/** Everything that changes a machine through WMI. Each is sent once; what becomes of it is what the machine says. */

interface Change {
  readonly client: WSManClient;
  readonly reference: CimReference;
  readonly declared: WmiClass | null;
  readonly namespace: string;
  readonly signal: AbortSignal;
}

/**
 * Writes some properties of an instance: what is sent are these and the keys, so that nothing is written back that somebody else may have changed
 * meanwhile. Throws ProblemError `operation-failed` where a property to be changed is no longer what `before` says; nothing was sent then.
 */
export async function putProperties(
  { client, reference, declared, namespace, signal }: Change,
  changes: readonly WmiInput[],
  before: readonly (readonly [string, unknown])[],
): Promise<WmiInstance> {
  const current = await client.get(reference, { signal });
  const className = classNameOf(current);
  const about = { className: declared?.name ?? className, declared, reference, namespace };
  refuseStale(readInstance(current, about), changes, before);
  const xml = toXml(
    changes.map((change) => ({ ...change, name: spelledAs(current, declared, change.name) })),
    namespace,
  );
  const changed = new Set(changes.map(({ name }) => name.toLowerCase()));
  const body = `<m:${current.local} xmlns:m="${escapeXml(current.namespace)}">${keysOf(current, reference, declared, changed)}${xml}</m:${current.local}>`;
  const answered = await client.put(reference, body, { signal });
  // Some answer with nothing, some with what was sent: what counts is what is there now.
  const after =
    answered !== null && answered.children.length >= current.children.length
      ? answered
      : await client.get(reference, { signal });
  return readInstance(after, about);
}

function spelledAs(current: XmlElement, declared: WmiClass | null, name: string): string {
  const lower = name.toLowerCase();
  return (
    current.children.find(({ local }) => local.toLowerCase() === lower)?.local ??
    declared?.properties.find((property) => property.name.toLowerCase() === lower)?.name ??
    name
  );
}

/** The keys as they came: the body names the instance as its selectors do. */
function keysOf(
  current: XmlElement,
  reference: CimReference,
  declared: WmiClass | null,
  changed: ReadonlySet<string>,
): string {
  const keys = new Set(reference.selectors.map(([name]) => name.toLowerCase()));
  for (const { name, isKey } of declared?.properties ?? []) if (isKey) keys.add(name.toLowerCase());
  return current.children
    .filter(
      (property) =>
        !isLocation(property) && keys.has(property.local.toLowerCase()) && !changed.has(property.local.toLowerCase()),
    )
    .map((property) => serializeXml(property))
    .join('');
}

function refuseStale(
  now: WmiInstance,
  changes: readonly WmiInput[],
  before: readonly (readonly [string, unknown])[],
): void {
  const seen = new Map(before.map(([name, value]) => [name.toLowerCase(), value]));
  const values = new Map(now.properties.map(([name, value]) => [name.toLowerCase(), value]));
  const different = changes.filter(({ name }) => {
    const key = name.toLowerCase();
    return seen.has(key) && !sameValue(seen.get(key), values.get(key) ?? null);
  });
  if (different.length === 0) return;
  throw new ProblemError({
    code: 'operation-failed',
    message: `${different.map(({ name }) => name).join(', ')} changed on the machine since it was read. Nothing was written.`,
    advice: ['Read the instance again and look at the difference before you write.'],
    retryable: false,
  });
}

/** Values of the contract are JSON and bigint; null and an empty array are one thing, since XML cannot tell them apart. */
function sameValue(a: unknown, b: unknown): boolean {
  const text = (value: unknown): string =>
    Array.isArray(value) && value.length === 0
      ? 'null'
      : (JSON.stringify(value ?? null, (_, inner: unknown) => (typeof inner === 'bigint' ? `${inner}n` : inner)) ??
        'null');
  return text(a) === text(b);
}

export async function createInstanceOf(
  client: WSManClient,
  namespace: string,
  declared: WmiClass | null,
  className: string,
  values: readonly WmiInput[],
  signal: AbortSignal,
): Promise<CimReference> {
  const missing = (declared?.properties ?? []).filter(
    ({ name, isKey }) =>
      isKey && !values.some((one) => one.name.toLowerCase() === name.toLowerCase() && one.value !== null),
  );
  if (missing.length > 0 && values.length > 0 && declared?.source === 'declaration') {
    // Some classes make up their own keys: only where nothing at all is given is it left to the machine.
    const names = missing.map(({ name }) => name).join(', ');
    throw invalidInput(`A ${className} needs a value for its ${missing.length === 1 ? 'key' : 'keys'} ${names}.`);
  }
  const name = declared?.name ?? className;
  const uri = wmi(name, namespace);
  const body = `<m:${name} xmlns:m="${escapeXml(uri)}">${toXml(values, namespace)}</m:${name}>`;
  return toReference(await client.create({ resourceUri: uri }, body, { signal }));
}

export interface MethodCall {
  readonly client: WSManClient;
  readonly namespace: string;
  readonly className: string;
  readonly reference: CimReference | null;
  readonly declared: WmiClass | null;
  readonly method: string;
  readonly inputs: readonly WmiInput[];
  readonly signal: AbortSignal;
  readonly now: () => number;
}

export async function invokeMethod(call: MethodCall): Promise<WmiInvocation> {
  const { client, namespace, reference, declared, signal, now } = call;
  const method = declared?.methods.find(({ name }) => name.toLowerCase() === call.method.toLowerCase()) ?? null;
  const className = declared?.name ?? call.className;
  const resource = reference ?? { resourceUri: wmi(className, namespace) };
  const inputs: InputParameter[] = call.inputs.map((input) => toParameter(input, namespace));
  const startedAt = now();
  const { output, returnValue, returnText } = await client
    .invoke(resource, method?.name ?? call.method, inputs, { signal })
    .catch((error: unknown) => {
      throw ofTypeError(error);
    });
  const isNumber = method === null || method.returnType === null || /^[us]int/.test(method.returnType);
  const returned = isNumber ? returnValue : null;
  const meaning = returned === null ? null : methodMeaning(className, call.method, returned, valueMapOf(method));
  return {
    method: method?.name ?? call.method,
    returnValue: returned,
    returnText,
    meaning,
    problem:
      returned === null || returned === 0 || meaning === null
        ? null
        : methodRefusal(className, call.method, returned, meaning).problem,
    outputs: outputsOf(output, method),
    tookMs: now() - startedAt,
  };
}

function valueMapOf(method: WmiClass['methods'][number] | null): ReadonlyMap<string, string> {
  const values = (name: string): readonly string[] =>
    method?.qualifiers.find((one) => one.name.toLowerCase() === name)?.values ?? [];
  const words = values('values');
  return new Map(
    values('valuemap').flatMap((value, index) => (words[index] === undefined ? [] : [[value, words[index]] as const])),
  );
}

function outputsOf(output: XmlElement, method: WmiClass['methods'][number] | null): (readonly [string, CimValue])[] {
  const groups = new Map<string, XmlElement[]>();
  for (const element of output.children) {
    if (element.local.toLowerCase() === 'returnvalue') continue;
    groups.set(element.local, [...(groups.get(element.local) ?? []), element]);
  }
  return [...groups].map(([local, elements]) => {
    const declared = method?.parameters.find(({ name }) => name.toLowerCase() === local.toLowerCase());
    const value = declared
      ? decodeTyped(elements, declared.type)
      : elements.length === 1
        ? decodeValue(elements[0]!)
        : elements.map(decodeValue);
    return [declared?.name ?? local, value] as const;
  });
}

/** Get, whatever the target wraps the instance into. */
export async function getInstance(change: Change): Promise<WmiInstance> {
  const element = await change.client.get(change.reference, { signal: change.signal });
  const { object } = readItem(child(element, 'Item') ?? element);
  const found = object ?? element;
  const className = change.declared?.name ?? classNameOf(found);
  return readInstance(found, {
    className,
    declared: change.declared,
    reference: change.reference,
    namespace: change.namespace,
  });
}
