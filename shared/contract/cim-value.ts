/**
 * CIM values as they cross the contract (DSP0004 5.2, DSP0230). Everything but `bigint` is plain JSON; the frame encoding
 * (`rpc/frames.ts`) carries `bigint` and bytes losslessly, so a uint64 and the seventh digit of a datetime both survive.
 */
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

/** A point in time. `text` is what the target wrote, to the last digit; `epochMs` is null where that is no complete instant (wildcards). */
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

/** An EndpointReference: address, resourceUri and the SelectorSet that names one instance. */
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
