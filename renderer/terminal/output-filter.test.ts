import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createOutputFilter } from './output-filter.ts';

const filtered = (text: string): string => createOutputFilter().take(text);

describe('what a hostile target prints', () => {
  test.each([
    ['a title', 'a\u001b]0;owned\u0007b', 'ab'],
    ['a title, ended by ST', 'a\u001b]2;owned\u001b\\b', 'ab'],
    ['the clipboard', 'a\u001b]52;c;b3duZWQ=\u0007b', 'ab'],
    ['a link keeps its words only', '\u001b]8;;http://x.invalid/\u001b\\words\u001b]8;;\u001b\\', 'words'],
    ['a link of C1', '\u009d8;;http://x.invalid/\u009cwords', 'words'],
    ['DCS, a request for settings', 'a\u001bP$q"p\u001b\\b', 'ab'],
    ['APC, PM, SOS', 'a\u001b_x\u001b\\\u001b^y\u001b\\\u001bXz\u001b\\b', 'ab'],
    ['reports: device, cursor, state, window', 'a\u001b[c\u001b[>c\u001b[6n\u001b[5n\u001b[21tb', 'ab'],
    ['ENQ, which some terminals answer', 'a\u0005b', 'ab'],
    ['another screen, mouse, pasting', 'a\u001b[?1049h\u001b[?1000h\u001b[?2004hb', 'ab'],
    ['cursor and erasing', 'a\u001b[2J\u001b[H\u001b[3A\u001b[Kb', 'ab'],
    ['reset, character sets, keypad', 'a\u001bc\u001b(0\u001b=\u001b7b', 'ab'],
    ['hidden and blinking text', '\u001b[8mshown\u001b[5;31mred', 'shown\u001b[31mred'],
    ['direction of writing', 'a\u202eb\u2066c', 'abc'],
    ['bell, null, delete, C1', 'a\u0007\u0000\u007f\u0085b', 'ab'],
    ['a string that a line end cuts', 'a\u001b]0;never ended\nnext', 'a\nnext'],
    ['a private form of colour', 'a\u001b[>4;2mb', 'ab'],
    ['a sequence broken off by another', 'a\u001b[3\u001b[31mb', 'a\u001b[31mb'],
  ])('%s', (_what, text, shown) => {
    expect(filtered(text)).toBe(shown);
  });

  test('what means well stays', () => {
    const text =
      'tab\there\r\n 10 %\r 20 %\r\n\u001b[1;31mred\u001b[0m \u001b[38;5;208morange\u001b[38;2;5;6;8mrgb\u001b[m żółć 日本 👩‍💻';
    expect(filtered(text)).toBe(text);
  });

  test('the pieces it comes in make no difference, and nothing but colours and clearing is left', () => {
    const parts = fc.constantFrom(
      '\u001b',
      '[',
      ']',
      'P',
      '0;t',
      '\u0007',
      '\\',
      '31m',
      '8m',
      '6n',
      '\n',
      'x',
      '\u009b',
      '\u009c',
      '\f',
      ' ',
      '$q',
      'c',
      '?25h',
      '\u202e',
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 40 }), fc.array(fc.nat(60), { maxLength: 6 }), (pieces, cuts) => {
        const text = pieces.join('');
        const whole = filtered(text);
        const filter = createOutputFilter();
        const places = [...new Set(cuts.map((cut) => Math.min(cut, text.length)))].sort((a, b) => a - b);
        let from = 0;
        let out = '';
        for (const place of [...places, text.length]) {
          out += filter.take(text.slice(from, place));
          from = place;
        }
        expect(out).toBe(whole);
        const left = out.replace(/\u001b\[[\d;:]*m|\u001b\[2J\u001b\[H/g, '');
        expect(left).not.toMatch(/[\u0000-\u0007\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e]/);
      }),
    );
  });
});
