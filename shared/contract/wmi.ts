import * as v from 'valibot';
import { call, of, stream } from '../rpc/endpoint.ts';
import type { CimReference, CimValue } from './cim-value.ts';
import { MachineId } from './machines.ts';
import type { Problem } from './problem.ts';

/** `root/cimv2`: with slashes, from `root` on. */
export const WmiNamespace = v.pipe(v.string(), v.maxLength(512), v.regex(/^[A-Za-z_]\w*([/\\][A-Za-z_][\w-]*)*$/));
export const WmiName = v.pipe(v.string(), v.maxLength(256), v.regex(/^[\p{L}_][\p{L}\p{N}_.-]*$/u));

export const wmiScalarTypes = [
  'string',
  'boolean',
  'char16',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'sint8',
  'sint16',
  'sint32',
  'sint64',
  'real32',
  'real64',
  'datetime',
  'interval',
  'reference',
  'instance',
] as const;
export type WmiScalarType = (typeof wmiScalarTypes)[number];
export type WmiType = WmiScalarType | `${WmiScalarType}[]`;
const WmiTypeName = v.custom<WmiType>(
  (type) => typeof type === 'string' && wmiScalarTypes.some((known) => type === known || type === `${known}[]`),
);

const shortText = v.pipe(v.string(), v.maxLength(2048));
/** Where one instance is, as the machine says it; selectors of links are such references again. */
export const WmiReference: v.GenericSchema<CimReference> = v.object({
  cim: v.literal('reference'),
  address: shortText,
  resourceUri: v.pipe(shortText, v.minLength(1)),
  selectors: v.pipe(
    v.array(
      v.tuple([
        v.pipe(v.string(), v.maxLength(256)),
        v.union([v.pipe(v.string(), v.maxLength(65_536)), v.lazy(() => WmiReference)]),
      ]),
    ),
    v.maxLength(64),
  ),
});

/**
 * A value as somebody writes it: null, or the text of the value in the form of its type (numbers in digits, dates in ISO or CIM form, references
 * as object paths, embedded instances as XML), or one text for each element of an array.
 */
export const WmiInput = v.object({
  name: WmiName,
  type: WmiTypeName,
  value: v.nullable(
    v.union([
      v.pipe(v.string(), v.maxLength(1_048_576)),
      v.pipe(v.array(v.pipe(v.string(), v.maxLength(65_536))), v.maxLength(10_000)),
    ]),
  ),
});
export type WmiInput = v.InferOutput<typeof WmiInput>;
const WmiInputs = v.pipe(v.array(WmiInput), v.maxLength(500));

export interface WmiQualifier {
  readonly name: string;
  readonly values: readonly string[];
}
export interface WmiProperty {
  readonly name: string;
  readonly type: WmiType;
  readonly referenceClass: string | null;
  readonly isKey: boolean;
  readonly isWritable: boolean;
  readonly isInherited: boolean;
  readonly qualifiers: readonly WmiQualifier[];
}
export interface WmiParameter {
  readonly name: string;
  readonly type: WmiType;
  readonly isInput: boolean;
  readonly isOutput: boolean;
  readonly isOptional: boolean;
  /** Values that it may have, where the class lists them. */
  readonly choices: readonly string[];
}
export interface WmiMethod {
  readonly name: string;
  /** Null: it returns nothing. */
  readonly returnType: WmiType | null;
  /** It belongs to the class: no instance is needed. */
  readonly isStatic: boolean;
  readonly parameters: readonly WmiParameter[];
  readonly qualifiers: readonly WmiQualifier[];
}
export interface WmiClass {
  readonly namespace: string;
  readonly name: string;
  /** `instance`: the target gives no declarations, and this is what one of its instances shows: no types but what values say, no methods. */
  readonly source: 'declaration' | 'instance' | 'usual';
  readonly superclass: string | null;
  /** The nearest first. */
  readonly derivation: readonly string[];
  readonly isAbstract: boolean;
  readonly isAssociation: boolean;
  readonly isSingleton: boolean;
  readonly qualifiers: readonly WmiQualifier[];
  readonly properties: readonly WmiProperty[];
  readonly methods: readonly WmiMethod[];
}

export interface WmiClassList {
  readonly namespace: string;
  /** `usual`: the target lists no classes; these are classes that Windows usually has. */
  readonly source: 'declarations' | 'usual';
  /** In the order of their names. */
  readonly classes: readonly string[];
  /** Why the target lists none. */
  readonly why: Problem | null;
  readonly readAt: number;
}

export interface WmiInstance {
  readonly namespace: string;
  readonly className: string;
  /** Null where it cannot be told: a row of some properties without the keys. */
  readonly reference: CimReference | null;
  readonly properties: readonly (readonly [name: string, value: CimValue])[];
}

/** `started` says what is being read; `end` comes last. */
export type WmiRowsItem =
  | {
      readonly kind: 'started';
      readonly className: string | null;
      readonly types: readonly (readonly [string, WmiType])[];
    }
  | { readonly kind: 'rows'; readonly rows: readonly WmiInstance[] }
  | {
      readonly kind: 'end';
      readonly count: number;
      /** There was more: reading ended at the limit. */
      readonly cutOff: boolean;
      readonly tookMs: number;
    };

export interface WmiInvocation {
  readonly method: string;
  /** Null where the method returns no whole number. */
  readonly returnValue: number | null;
  readonly returnText: string | null;
  /** What the number means, in words. */
  readonly meaning: string | null;
  /** The machine said no: a number other than zero. */
  readonly problem: Problem | null;
  readonly outputs: readonly (readonly [name: string, value: CimValue])[];
  readonly tookMs: number;
}

export const maxWmiRows = 10_000;
const Limit = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(maxWmiRows));
const One = { machineId: MachineId, reference: WmiReference };

export const wmi = {
  /** Namespaces directly below one, whole names. */
  namespaces: call(v.object({ machineId: MachineId, namespace: WmiNamespace }), of<readonly string[]>()),
  classes: call(v.object({ machineId: MachineId, namespace: WmiNamespace, fresh: v.boolean() }), of<WmiClassList>()),
  describe: call(
    v.object({ machineId: MachineId, namespace: WmiNamespace, className: WmiName, fresh: v.boolean() }),
    of<WmiClass>(),
  ),
  /** All instances of a class, those of derived classes included, up to the limit. */
  instances: stream(
    v.object({ machineId: MachineId, namespace: WmiNamespace, className: WmiName, limit: Limit }),
    of<WmiRowsItem>(),
  ),
  query: stream(
    v.object({
      machineId: MachineId,
      namespace: WmiNamespace,
      text: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(16_384)),
      limit: Limit,
    }),
    of<WmiRowsItem>(),
  ),
  /** What an instance is associated with (`instances`), or the links themselves (`links`), up to the limit. */
  associated: stream(v.object({ ...One, select: v.picklist(['instances', 'links']), limit: Limit }), of<WmiRowsItem>()),
  get: call(v.object(One), of<WmiInstance>()),
  /**
   * Writes these properties and no others. `before` is what they were when somebody decided to change them: where one is different by now,
   * nothing is written and the problem says so. Answers with the instance as it is afterwards.
   */
  put: call(
    v.object({
      ...One,
      changes: v.pipe(WmiInputs, v.minLength(1)),
      before: v.pipe(v.array(v.tuple([WmiName, v.unknown()])), v.maxLength(500)),
    }),
    of<WmiInstance>(),
  ),
  create: call(
    v.object({ machineId: MachineId, namespace: WmiNamespace, className: WmiName, values: WmiInputs }),
    of<CimReference>(),
  ),
  delete: call(v.object(One), of<null>()),
  /** A method of an instance, or of a class where `reference` is null. */
  invoke: call(
    v.object({
      machineId: MachineId,
      namespace: WmiNamespace,
      className: WmiName,
      reference: v.nullable(WmiReference),
      method: WmiName,
      inputs: WmiInputs,
    }),
    of<WmiInvocation>(),
  ),
};
