/** CIM values and the types that a schema may name (DSP0004 5.2, DSP0230). The structure is that of the contract's CimValue. */
export type CimValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | CimDateTime
  | CimInterval
  | CimReference
  | CimInstance
  | readonly CimValue[];

/** A point in time. `text` is what the target wrote, to the last digit; `epochMs` is null where that is no complete instant. */
export interface CimDateTime {
  readonly cim: 'datetime';
  readonly text: string;
  readonly epochMs: number | null;
}

/** A duration. `microseconds` is null where the text has wildcards. */
export interface CimInterval {
  readonly cim: 'interval';
  readonly text: string;
  readonly microseconds: bigint | null;
}

/** An EndpointReference as a value. */
export interface CimReference {
  readonly cim: 'reference';
  readonly address: string;
  readonly resourceUri: string;
  readonly selectors: readonly (readonly [name: string, value: string | CimReference])[];
}

/** An instance of a class. `properties` are pairs, since a name from the network never becomes a key of an object. */
export interface CimInstance {
  readonly cim: 'instance';
  readonly className: string;
  readonly properties: readonly (readonly [name: string, value: CimValue])[];
}

/** What each scalar type is in TypeScript. */
interface CimScalars {
  string: string;
  boolean: boolean;
  char16: number;
  uint8: number;
  uint16: number;
  uint32: number;
  uint64: bigint;
  sint8: number;
  sint16: number;
  sint32: number;
  sint64: bigint;
  real32: number;
  real64: number;
  datetime: CimDateTime;
  interval: CimInterval;
  reference: CimReference;
  instance: CimInstance;
}
export type CimScalarName = keyof CimScalars;
export type CimTypeName = CimScalarName | `${CimScalarName}[]`;

/** Property name → type. Names are compared without regard to case, as CIM does. */
export type CimSchema = Readonly<Record<string, CimTypeName>>;

export type CimTyped<T extends CimTypeName> = T extends `${infer S extends CimScalarName}[]`
  ? readonly CimScalars[S][]
  : T extends CimScalarName
    ? CimScalars[T]
    : never;

/** The object that `decodeInstance` makes of a schema; a null or absent property is null. */
export type Decoded<S extends CimSchema> = { readonly [K in keyof S]: CimTyped<S[K]> | null };
