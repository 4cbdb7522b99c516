/** Columns that a text takes in the terminal: as xterm counts them, which follows Unicode 6 by code point. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += widthOfCode(character.codePointAt(0)!);
  return width;
}

function widthOfCode(code: number): number {
  if (code < 0x300) return 1;
  if (zero.some(([from, to]) => code >= from && code <= to)) return 0;
  return wide.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
}

type Ranges = readonly (readonly [from: number, to: number])[];
/** Combining marks and joiners, the usual ones. */
const zero: Ranges = [
  [0x0300, 0x036f],
  [0x0483, 0x0489],
  [0x0591, 0x05bd],
  [0x0610, 0x061a],
  [0x064b, 0x065f],
  [0x0e34, 0x0e3a],
  [0x0e47, 0x0e4e],
  [0x1ab0, 0x1aff],
  [0x200b, 0x200f],
  [0x20d0, 0x20f0],
  [0xfe00, 0xfe0f],
  [0xfe20, 0xfe2f],
];
/** East Asian Wide and Fullwidth. */
const wide: Ranges = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x20000, 0x3fffd],
];
