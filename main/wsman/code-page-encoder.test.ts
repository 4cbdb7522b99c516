import { expect, test } from 'vitest';
import { createCodePageDecoder } from './code-page.ts';
import { codePageEncoder } from './code-page-encoder.ts';

test.each([
  // CP437.TXT, CP850.TXT, CP852.TXT, CP858, CP866.TXT, CP932.TXT, CP936.TXT, CP1252.TXT
  [437, 'Straße ä∞', [0x53, 0x74, 0x72, 0x61, 0xe1, 0x65, 0x20, 0x84, 0xec]],
  [850, 'äöüßıø', [0x84, 0x94, 0x81, 0xe1, 0xd5, 0x9b]],
  [852, 'ąŠłř', [0xa5, 0xe6, 0x88, 0xfd]],
  [858, '€', [0xd5]],
  [866, 'При', [0x8f, 0xe0, 0xa8]],
  [932, '日本ｱ', [0x93, 0xfa, 0x96, 0x7b, 0xb1]],
  [936, '中文', [0xd6, 0xd0, 0xce, 0xc4]],
  [1252, '€é', [0x80, 0xe9]],
  [65001, '€😀', [0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80]],
  // What is not in the page: one question mark for a character, also where UTF-16 has two units for it.
  [850, 'a€😀\ufffdb', [0x61, 0x3f, 0x3f, 0x3f, 0x62]],
])('%i: %s', (codePage, text, bytes) => {
  expect([...codePageEncoder(codePage)!(text)]).toEqual(bytes);
});

test.each([
  437, 737, 775, 850, 852, 855, 857, 858, 860, 861, 862, 863, 865, 866, 869, 932, 949, 950, 1250, 1258, 28605,
])('%i: what is decoded is written again', (codePage) => {
  const decoder = createCodePageDecoder(codePage);
  const decode = (bytes: Uint8Array): string => decoder.decode(bytes) + decoder.end();
  const text = Array.from({ length: 128 }, (_, byte) => decode(Uint8Array.of(0x80 + byte)))
    .filter((character) => character !== '\ufffd')
    .join('');
  expect(decode(codePageEncoder(codePage)!(`plain ${text}`))).toBe(`plain ${text}`);
});

test.each([37, 1200, 1201])('%i has none', (codePage) => {
  expect(codePageEncoder(codePage)).toBeNull();
});
