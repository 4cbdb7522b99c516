/**
 * How a value becomes JSON and comes back the same. JSON by itself loses bigint, bytes and the numbers that are no JSON numbers; those
 * travel as an object with one tagged key:
 *
 *   {"$bigint": "18446744073709551615"}   {"$bytes": "<base64>"}   {"$number": "NaN" | "Infinity" | "-Infinity" | "-0"}
 *
 * A key of the value itself that begins with `$` gets one more `$`, so that an object which happens to look like a tag stays what it
 * is. `undefined` is dropped from objects and is `null` in lists, as in JSON. A key `__proto__` never crosses, in either direction.
 * Anything else (Date, Map, functions, instances of classes) is refused instead of arriving as something different.
 */

/** What a frame from the other side breaks: the text says what, never with more than a few characters of what was sent. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/** Values nest no deeper. CIM instances inside instances stay far below; a hostile frame cannot exhaust the stack. */
export const maxDepth = 512;

/** The JSON form of `value`. Parts that need no change are shared, not copied. Throws TypeError for what cannot cross. */
export function toJson(value: unknown, depth = 0): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return value;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $number: Object.is(value, -0) ? '-0' : String(value) };
    case 'bigint':
      return { $bigint: String(value) };
    case 'object':
      break;
    default:
      throw new TypeError(`A ${typeof value} cannot cross between the console and its window.`);
  }
  if (value === null) return null;
  if (depth >= maxDepth) throw new TypeError(`A value nests deeper than ${maxDepth} levels.`);
  if (Array.isArray(value)) return listToJson(value, depth);
  if (isBytes(value)) return { $bytes: toBase64(value) };
  if (!isPlainObject(value)) {
    throw new TypeError(
      'Only plain objects, lists, bytes and simple values can cross between the console and its window.',
    );
  }
  return objectToJson(value, depth);
}

function listToJson(list: readonly unknown[], depth: number): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let i = 0; i < list.length; i++) {
    const item = list[i];
    const json = toJson(item, depth + 1);
    if (json !== item && copy === undefined) copy = list.slice();
    if (copy !== undefined) copy[i] = json;
  }
  return copy ?? list;
}

function objectToJson(object: Record<string, unknown>, depth: number): Record<string, unknown> {
  const keys = Object.keys(object);
  const entries: [string, unknown][] = [];
  let same = true;
  for (const key of keys) {
    if (key === '__proto__') {
      same = false;
      continue;
    }
    const item = object[key];
    const json = toJson(item, depth + 1);
    const jsonKey = key.startsWith('$') ? `$${key}` : key;
    if (json !== item || jsonKey !== key) same = false;
    entries.push([jsonKey, json]);
  }
  return same ? object : Object.fromEntries(entries);
}

/** The value that `json` (a result of JSON.parse) stands for. Throws FrameError for an unknown or broken tag and for too deep nesting. */
export function fromJson(json: unknown, depth = 0): unknown {
  if (typeof json !== 'object' || json === null) return json;
  if (depth >= maxDepth) throw new FrameError(`A value nests deeper than ${maxDepth} levels.`);
  if (Array.isArray(json)) {
    for (let i = 0; i < json.length; i++) json[i] = fromJson(json[i], depth + 1);
    return json;
  }
  const object = json as Record<string, unknown>;
  const keys = Object.keys(object);
  const first = keys[0];
  if (keys.length === 1 && first !== undefined && first.startsWith('$') && !first.startsWith('$$')) {
    return fromTag(first, object[first]);
  }
  const entries: [string, unknown][] = [];
  for (const key of keys) {
    if (key === '__proto__') continue;
    if (key.startsWith('$') && !key.startsWith('$$')) throw new FrameError('A tag stands beside other keys.');
    entries.push([key.startsWith('$') ? key.slice(1) : key, fromJson(object[key], depth + 1)]);
  }
  return Object.fromEntries(entries);
}

function fromTag(tag: string, content: unknown): unknown {
  if (typeof content === 'string') {
    // 400 digits: far more than a uint64, and few enough that BigInt() costs nothing.
    if (tag === '$bigint' && /^-?\d{1,400}$/.test(content)) return BigInt(content);
    if (tag === '$bytes') return fromBase64(content);
    if (tag === '$number' && ['NaN', 'Infinity', '-Infinity', '-0'].includes(content)) return Number(content);
  }
  throw new FrameError(`An unknown or broken tag: ${JSON.stringify(tag.slice(0, 20))}.`);
}

/** True for a Uint8Array, also one from another realm, and for Node's Buffer. */
export function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array || Object.prototype.toString.call(value) === '[object Uint8Array]';
}

function isPlainObject(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  // A plain object of another realm has another Object.prototype, but nothing above it either.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const sextets = new Map([...alphabet].map((letter, index) => [letter.charCodeAt(0), index]));

function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b = 0, c = 0] = [bytes[i], bytes[i + 1], bytes[i + 2]];
    const word = (a << 16) | (b << 8) | c;
    const left = bytes.length - i;
    text += alphabet.charAt(word >> 18) + alphabet.charAt((word >> 12) & 63);
    text += left > 1 ? alphabet.charAt((word >> 6) & 63) : '=';
    text += left > 2 ? alphabet.charAt(word & 63) : '=';
  }
  return text;
}

function fromBase64(text: string): Uint8Array {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  if (text.length % 4 !== 0) throw new FrameError('Bytes are no base64.');
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let at = 0;
  for (let i = 0; i < text.length; i += 4) {
    let word = 0;
    for (let j = i; j < i + 4; j++) {
      const sextet = j >= text.length - padding ? 0 : sextets.get(text.charCodeAt(j));
      if (sextet === undefined) throw new FrameError('Bytes are no base64.');
      word = (word << 6) | sextet;
    }
    for (const byte of [word >> 16, (word >> 8) & 255, word & 255]) {
      if (at < bytes.length) bytes[at++] = byte;
    }
  }
  return bytes;
}
