import { createCodePageDecoder, utf8CodePage } from './code-page.ts';

/** Text to the bytes of a code page, as a Windows console writes it; what the page does not have becomes `?`. */
export type CodePageEncoder = (text: string) => Uint8Array;

const encoders = new Map<number, CodePageEncoder | null>();
/** UTF-16: no page of a console, and ASCII is two bytes in it. */
const notByBytes: ReadonlySet<number> = new Set([1200, 1201]);

/** Null where the code page is not known here. */
export function codePageEncoder(codePage: number): CodePageEncoder | null {
  let encoder = encoders.get(codePage);
  if (encoder === undefined) {
    encoder = makeEncoder(codePage);
    encoders.set(codePage, encoder);
  }
  return encoder;
}

function makeEncoder(codePage: number): CodePageEncoder | null {
  if (codePage === utf8CodePage) return (text) => Buffer.from(text, 'utf8');
  if (notByBytes.has(codePage) || !createCodePageDecoder(codePage).isKnown) return null;
  const table = makeTable(codePage);
  return (text) => {
    const bytes: number[] = [];
    for (const character of text) {
      const code = character.codePointAt(0)!;
      bytes.push(...(code < 0x80 ? [code] : (table.get(character) ?? [0x3f])));
    }
    return Uint8Array.from(bytes);
  };
}

/** Every byte and every pair of bytes is decoded once; the first that gives a character is what it is written with. */
function makeTable(codePage: number): ReadonlyMap<string, readonly number[]> {
  const table = new Map<string, readonly number[]>();
  const decoder = createCodePageDecoder(codePage);
  const take = (...bytes: number[]): void => {
    const text = decoder.decode(Uint8Array.from(bytes)) + decoder.end();
    if (text !== '\ufffd' && [...text].length === 1 && !table.has(text)) table.set(text, bytes);
  };
  for (let lead = 0x80; lead <= 0xff; lead++) {
    take(lead);
    for (let trail = 0x40; trail <= 0xfe; trail++) take(lead, trail);
  }
  return table;
}
