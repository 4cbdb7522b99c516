/**
 * Windows code pages: the bytes of a remote program as text. Single-byte OEM pages from our own tables, the rest by the Encoding Standard's
 * decoders; pieces may end in the middle of a character.
 */
import { oemCodePages } from './oem-code-pages.ts';

/** The Encoding Standard's label of a Windows code page, or null where it has none. */
function labelOf(codePage: number): string | null {
  if (codePage >= 1250 && codePage <= 1258) return `windows-${codePage}`;
  // ISO 8859; the Encoding Standard has no part 9 and 11 of its own, and Windows no part 10, 12 and 14.
  if (codePage >= 28591 && codePage <= 28606) return `iso-8859-${codePage - 28590}`;
  return labels.get(codePage) ?? null;
}
const labels: ReadonlyMap<number, string> = new Map([
  [866, 'ibm866'],
  [874, 'windows-874'],
  [932, 'shift_jis'],
  [936, 'gbk'],
  [949, 'euc-kr'],
  [950, 'big5'],
  [1200, 'utf-16le'],
  [1201, 'utf-16be'],
  [10000, 'macintosh'],
  [20127, 'utf-8'],
  [20866, 'koi8-r'],
  [20932, 'euc-jp'],
  [21866, 'koi8-u'],
  [50220, 'iso-2022-jp'],
  [51949, 'euc-kr'],
  [54936, 'gb18030'],
  [65001, 'utf-8'],
]);

export const utf8CodePage = 65001;

export interface CodePageDecoder {
  /** False: the page is not known here, and its bytes are read as Latin-1. */
  readonly isKnown: boolean;
  /** Text of a piece; what the end of it leaves open waits for the next one. */
  decode(bytes: Uint8Array): string;
  /** What was left open at the very end: U+FFFD, or nothing. */
  end(): string;
}

/** One decoder per stream: it keeps what a piece left open. Bytes that mean nothing become U+FFFD; nothing throws. */
export function createCodePageDecoder(codePage: number): CodePageDecoder {
  const table = oemCodePages.get(codePage);
  if (table !== undefined) return { isKnown: true, decode: (bytes) => decodeSingleByte(bytes, table), end: () => '' };
  const label = labelOf(codePage);
  const decoder = label === null ? null : makeDecoder(label);
  if (decoder === null) {
    return { isKnown: false, decode: (bytes) => Buffer.from(bytes).toString('latin1'), end: () => '' };
  }
  return {
    isKnown: true,
    decode: (bytes) => decoder.decode(bytes, { stream: true }),
    end: () => decoder.decode(),
  };
}

function makeDecoder(label: string): InstanceType<typeof TextDecoder> | null {
  try {
    // A byte order mark is a character like any other here: what comes is output, not a file.
    return new TextDecoder(label, { ignoreBOM: true });
  } catch {
    return null;
  }
}

function decodeSingleByte(bytes: Uint8Array, table: string): string {
  let out = '';
  for (const byte of bytes) out += byte < 0x80 ? String.fromCharCode(byte) : table[byte - 0x80];
  return out;
}
