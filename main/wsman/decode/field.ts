/** What a decoder finds: fields by name, where they lie, and what they mean. Values are text that may be printed once it is escaped. */
export interface DecodedField {
  readonly name: string;
  /** Null where only its fields say something. */
  readonly value: string | null;
  /** Octets from the beginning of the token. */
  readonly offset: number;
  readonly length: number;
  readonly fields?: readonly DecodedField[];
}

export interface DecodedMessage {
  /** `NTLM CHALLENGE_MESSAGE`, `SPNEGO NegTokenInit`, `SOAP envelope`. */
  readonly kind: string;
  readonly fields: readonly DecodedField[];
  /** Text to print below the fields: an envelope, laid out. */
  readonly text?: string;
}

/** Why something cannot be decoded, and where. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
  /** Octets, or characters of a text, from its beginning. */
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(`${message} (at offset ${offset}).`);
    this.offset = offset;
  }
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** Names of the bits that are set, by their order; what has no name in hexadecimal. */
export function bitNames(value: number, names: readonly (readonly [bit: number, name: string])[]): string {
  let rest = value >>> 0;
  const set: string[] = [];
  for (const [bit, name] of names) {
    if ((value & bit) >>> 0 !== bit >>> 0) continue;
    set.push(name);
    rest = (rest & ~bit) >>> 0;
  }
  if (rest !== 0) set.push(`0x${rest.toString(16)}`);
  return set.join(' | ') || 'none';
}

/** FILETIME (100 ns since 1601) as ISO 8601 in UTC, to the millisecond; the number alone where it is no date. */
export function fileTimeText(value: bigint): string {
  const milliseconds = Number(value / 10_000n - 11_644_473_600_000n);
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9999 ? `${value}` : date.toISOString();
}
