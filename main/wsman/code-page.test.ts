import { describe, expect, test } from 'vitest';
import { createCodePageDecoder } from './code-page.ts';

const decodeWhole = (codePage: number, ...bytes: number[]): string => {
  const decoder = createCodePageDecoder(codePage);
  return decoder.decode(new Uint8Array(bytes)) + decoder.end();
};

describe('OEM pages, by the published mapping tables', () => {
  test.each([
    // codePage, bytes, text: CP437.TXT, CP850.TXT, CP852.TXT, CP858, CP866.TXT, CP932.TXT, CP936.TXT, CP1252.TXT
    [437, [0x53, 0x74, 0x72, 0x61, 0xe1, 0x65, 0x20, 0x84, 0xec, 0xff], 'Straße ä∞\u00a0'],
    [850, [0x84, 0x94, 0x81, 0xe1, 0xd5, 0x9b], 'äöüßıø'],
    [852, [0xa5, 0xe6, 0x88, 0xfd], 'ąŠłř'],
    [858, [0xd5], '€'],
    [866, [0x8f, 0xe0, 0xa8], 'При'],
    [932, [0x93, 0xfa, 0x96, 0x7b, 0xb1], '日本ｱ'],
    [936, [0xd6, 0xd0, 0xce, 0xc4], '中文'],
    [1252, [0x80, 0xe9], '€é'],
    [65001, [0xe2, 0x82, 0xac], '€'],
  ])('%i', (codePage, bytes, text) => {
    expect(decodeWhole(codePage, ...bytes)).toBe(text);
  });

  test('every table has a character for each of the 128 bytes above ASCII', () => {
    for (const codePage of [437, 737, 775, 850, 852, 855, 857, 858, 860, 861, 862, 863, 865, 869]) {
      const text = decodeWhole(codePage, ...Array.from({ length: 256 }, (_, byte) => byte));
      expect([codePage, text.length]).toEqual([codePage, 256]);
      expect(text.slice(0, 128)).toBe(String.fromCharCode(...Array.from({ length: 128 }, (_, byte) => byte)));
      // Nothing twice: a slip in a table would show as that.
      const assigned = [...text].filter((character) => character !== '\ufffd');
      expect(new Set(assigned).size).toBe(assigned.length);
    }
  });
});

describe('pieces', () => {
  test.each([
    [65001, Buffer.from('Grüße 日本 😀')],
    [932, Buffer.from([0x93, 0xfa, 0x96, 0x7b, 0x8c, 0xea])],
  ])('%i: cut anywhere, the text is the same', (codePage, bytes) => {
    const whole = decodeWhole(codePage, ...bytes);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const decoder = createCodePageDecoder(codePage);
      const text = decoder.decode(bytes.subarray(0, cut)) + decoder.decode(bytes.subarray(cut)) + decoder.end();
      expect(text).toBe(whole);
    }
  });

  test('what never becomes a character is shown as U+FFFD, at the end too', () => {
    expect(decodeWhole(65001, 0x41, 0xff, 0x42, 0xe2, 0x82)).toBe('A\ufffdB\ufffd');
  });

  test('a byte order mark is output like any other', () => {
    expect(decodeWhole(65001, 0xef, 0xbb, 0xbf, 0x41)).toBe('\ufeffA');
  });
});

test('an unknown page is read as Latin-1, and says so', () => {
  const decoder = createCodePageDecoder(37);
  expect(decoder.isKnown).toBe(false);
  expect(decoder.decode(new Uint8Array([0x41, 0xe9]))).toBe('Aé');
  expect(createCodePageDecoder(437).isKnown).toBe(true);
});
