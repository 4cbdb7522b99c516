import { oemCodePages } from '../../wsman/oem-code-pages.ts';

/** Text to the bytes of a code page, as a Windows console writes it; what the page does not have becomes `?`. */
export type Encoder = (text: string) => Uint8Array;

/** The OEM page of a British Windows (CountryCode 44), which the lab's machines are. */
export const defaultCodePage = 850;
/** Pages of two bytes, by what the Encoding Standard calls them. */
const doubleByte: ReadonlyMap<number, string> = new Map([
  [932, 'shift_jis'],
  [936, 'gbk'],
  [949, 'euc-kr'],
  [950, 'big5'],
]);
const encoders = new Map<number, Encoder>();

/** Null where the lab's Windows has no such code page. */
export function encoderFor(codePage: number): Encoder | null {
  let encoder = encoders.get(codePage);
  if (encoder === undefined) {
    const made = makeEncoder(codePage);
    if (made === null) return null;
    encoder = made;
    encoders.set(codePage, encoder);
  }
  return encoder;
}

function makeEncoder(codePage: number): Encoder | null {
  if (codePage === 65001) return (text) => Buffer.from(text, 'utf8');
  const table = new Map<string, readonly number[]>();
  const single = oemCodePages.get(codePage);
  const label = doubleByte.get(codePage);
  if (single === undefined && label === undefined) return null;
  for (const [index, character] of [...(single ?? '')].entries()) table.set(character, [0x80 + index]);
  if (label !== undefined) fillDoubleByte(table, label);
  return (text) => {
    const bytes: number[] = [];
    for (const character of text) {
      const code = character.codePointAt(0)!;
      bytes.push(...(code < 0x80 ? [code] : (table.get(character) ?? [0x3f])));
    }
    return Uint8Array.from(bytes);
  };
}

/** Every pair of bytes is decoded once; the first that gives a character is the one it is written with. */
function fillDoubleByte(table: Map<string, readonly number[]>, label: string): void {
  const decoder = new TextDecoder(label, { fatal: true });
  const take = (...bytes: number[]): void => {
    try {
      const text = decoder.decode(Uint8Array.from(bytes));
      if ([...text].length === 1 && !table.has(text)) table.set(text, bytes);
    } catch {
      // Not assigned.
    }
  };
  for (let lead = 0x80; lead <= 0xff; lead++) {
    take(lead);
    for (let trail = 0x40; trail <= 0xfe; trail++) take(lead, trail);
  }
}
