/** As much DER (X.690) as SPNEGO tokens and certificate signature algorithms need. Reading never leaves the given bytes. */
export interface DerElement {
  readonly tag: number;
  readonly value: Uint8Array;
  /** Tag, length and value together. */
  readonly whole: Uint8Array;
}

/** One element of `tag` around `contents`. */
export function encodeDer(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const length = contents.reduce((sum, part) => sum + part.length, 0);
  const header = derHeader(tag, length);
  const bytes = new Uint8Array(header.length + length);
  bytes.set(header);
  let at = header.length;
  for (const part of contents) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Tag and length alone, for contents that stand elsewhere. */
export function derHeader(tag: number, length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(tag, length);
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest & 255);
  return Uint8Array.of(tag, 0x80 | digits.length, ...digits);
}

/** The first element of `bytes`. Throws RangeError where it is not DER. */
export function readDer(bytes: Uint8Array): DerElement {
  const [element] = readOne(bytes, 0);
  return element;
}

/** All elements that follow one another in `bytes`. Throws RangeError where it is not DER. */
export function readDerList(bytes: Uint8Array): DerElement[] {
  const elements: DerElement[] = [];
  let at = 0;
  while (at < bytes.length) {
    const [element, next] = readOne(bytes, at);
    elements.push(element);
    at = next;
  }
  return elements;
}

function readOne(bytes: Uint8Array, start: number): [DerElement, number] {
  const tag = bytes[start];
  let length = bytes[start + 1];
  if (tag === undefined || length === undefined) throw new RangeError('DER ends early');
  if ((tag & 0x1f) === 0x1f) throw new RangeError('DER tag of several bytes');
  let at = start + 2;
  if (length >= 0x80) {
    const count = length & 0x7f;
    if (count === 0 || count > 4) throw new RangeError('DER length of an unknown form');
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + (bytes[at++] ?? Number.NaN);
  }
  const end = at + length;
  if (!(end <= bytes.length)) throw new RangeError('DER element runs past the end');
  return [{ tag, value: bytes.subarray(at, end), whole: bytes.subarray(start, end) }, end];
}

/** Dotted form of an OBJECT IDENTIFIER's value. */
export function oidText(value: Uint8Array): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of value) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte & 0x80) continue;
    if (arcs.length === 0) {
      const first = Math.min(2, Math.floor(arc / 40));
      arcs.push(first, arc - first * 40);
    } else {
      arcs.push(arc);
    }
    arc = 0;
  }
  return arcs.join('.');
}

/** The value of an OBJECT IDENTIFIER from its dotted form. */
export function oidBytes(text: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const digits = [arc & 0x7f];
    for (let high = Math.floor(arc / 128); high > 0; high = Math.floor(high / 128))
      digits.unshift(0x80 | (high & 0x7f));
    bytes.push(...digits);
  }
  return Uint8Array.from(bytes);
}
