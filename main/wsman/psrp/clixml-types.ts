/**
 * What CLIXML can say (MS-PSRP 2.2.5), as values. Every primitive type of the specification stays told apart: the five that JavaScript has
 * a value for are that value, each other one carries its element's name. Objects compare by identity: one that stands in two places is
 * written once and referred to.
 */

/**
 * `null` is Nil, a boolean B, a number I32 (a whole one of 32 bits, nothing else), a bigint I64, a string S, bytes BA.
 */
export type PsValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PsNumber
  | PsBigNumber
  | PsText
  | PsProgress
  | PsCycle
  | PsObject;

/** By, SB, U16, I16, U32: whole numbers within their range. Sg and Db: any number, NaN and the infinities included. */
export interface PsNumber {
  readonly clixml: 'By' | 'SB' | 'U16' | 'I16' | 'U32' | 'Sg' | 'Db';
  readonly value: number;
}

export interface PsBigNumber {
  readonly clixml: 'U64';
  readonly value: bigint;
}

/** Primitives that are kept as the text they came as, since a value of JavaScript would lose something. */
export interface PsText {
  /**
   * C: one UTF-16 unit. DT: xs:dateTime with up to seven digits and its zone, or none. TS: xs:duration. D: decimal. G: GUID. URI, Version,
   * XD (an XML document) and SBK (a script block): their text. SS: a SecureString, in base64, encrypted with the session key.
   * SemanticVersion: of PowerShell 6 and later.
   */
  readonly clixml: 'C' | 'DT' | 'TS' | 'D' | 'G' | 'URI' | 'Version' | 'SemanticVersion' | 'XD' | 'SBK' | 'SS';
  readonly value: string;
}

/** A ProgressRecord as a primitive (2.2.5.1.25): only in documents, a PROGRESS_RECORD message has an object with the same fields. */
export interface PsProgress {
  readonly clixml: 'PR';
  readonly activity: string;
  readonly activityId: number;
  readonly currentOperation: string | null;
  readonly parentActivityId: number;
  readonly percentComplete: number;
  readonly type: string;
  readonly secondsRemaining: number;
  readonly statusDescription: string;
}

/** Where an object refers to one that it stands in itself: so many objects further out, 0 for the one that has this as its value. */
export interface PsCycle {
  readonly clixml: 'Ref';
  readonly levelsUp: number;
}

export interface PsProperty {
  readonly name: string;
  readonly value: PsValue;
}

export type PsContainer =
  | { readonly kind: 'LST' | 'IE' | 'QUE' | 'STK'; readonly items: readonly PsValue[] }
  | { readonly kind: 'DCT'; readonly entries: readonly (readonly [key: PsValue, value: PsValue])[] };

/** 2.2.5.2. Names come from the network: they stay values of lists and never become keys. */
export interface PsObject {
  readonly clixml: 'Obj';
  /** The type and what it derives from, nearest first. */
  readonly typeNames: readonly string[];
  /** What ToString() said. */
  readonly text: string | null;
  /** A primitive with properties around it, or the number of an enumeration; undefined where there is none. */
  readonly base: PsValue | undefined;
  readonly container: PsContainer | null;
  /** Props: properties of the type. */
  readonly adapted: readonly PsProperty[];
  /** MS: properties that PowerShell has added. */
  readonly extended: readonly PsProperty[];
}

export type PsPrimitive = Exclude<PsValue, PsObject | PsCycle>;

export function isPsObject(value: PsValue): value is PsObject {
  return typeof value === 'object' && value !== null && 'clixml' in value && value.clixml === 'Obj';
}

/** An object; what is left out is empty. */
export function psObject(parts: Partial<Omit<PsObject, 'clixml'>>): PsObject {
  return {
    clixml: 'Obj',
    typeNames: parts.typeNames ?? [],
    text: parts.text ?? null,
    base: parts.base,
    container: parts.container ?? null,
    adapted: parts.adapted ?? [],
    extended: parts.extended ?? [],
  };
}

/** Properties in the order given, for `adapted` and `extended`. */
export function psProperties(values: Readonly<Record<string, PsValue>>): PsProperty[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}

/** An array of .NET: `System.Object[]` unless said otherwise. */
export function psArray(items: readonly PsValue[], type = 'System.Object[]'): PsObject {
  return psObject({ typeNames: [type, 'System.Array', 'System.Object'], container: { kind: 'LST', items } });
}

/** A value of an enumeration, with its name and its number (2.2.5.2.7). */
export function psEnum(type: string, name: string, value: number): PsObject {
  return psObject({
    typeNames: [type, 'System.Enum', 'System.ValueType', 'System.Object'],
    text: name,
    base: value,
  });
}
