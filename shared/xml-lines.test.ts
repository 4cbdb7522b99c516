import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { layOutXml, xmlText } from './xml-lines.ts';

test('elements go to lines of their own, a text stays with its element', () => {
  const xml =
    '<?xml version="1.0"?><s:Envelope xmlns:s="u"><s:Header><a:To>http://x</a:To><e/></s:Header><s:Body></s:Body></s:Envelope>';
  expect(xmlText(layOutXml(xml)).split('\n')).toEqual([
    '<?xml version="1.0"?>',
    '<s:Envelope xmlns:s="u">',
    '  <s:Header>',
    '    <a:To>http://x</a:To>',
    '    <e/>',
    '  </s:Header>',
    '  <s:Body></s:Body>',
    '</s:Envelope>',
  ]);
});

test('pieces tell names, attributes, values and text apart', () => {
  expect(layOutXml(`<w:Selector Name="a>b" x='1'>v</w:Selector>`)[0]?.pieces).toEqual([
    ['mark', '<'],
    ['element', 'w:Selector'],
    ['attribute', ' Name'],
    ['mark', '='],
    ['value', '"a>b"'],
    ['attribute', ' x'],
    ['mark', '='],
    ['value', "'1'"],
    ['mark', '>'],
    ['text', 'v'],
    ['mark', '</'],
    ['element', 'w:Selector'],
    ['mark', '>'],
  ]);
});

test('whatever it is, nothing but white space is dropped, and it ends', () => {
  const part = fc.oneof(
    fc.constantFrom(
      '<',
      '>',
      '</',
      '/>',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<?',
      '"',
      "'",
      '=',
      '<a',
      ' b="c"',
      '</a>',
      ' ',
    ),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 40 }), (parts) => {
      const xml = parts.join('');
      const strip = (text: string) => text.replace(/\s+/g, '');
      expect(strip(xmlText(layOutXml(xml)))).toBe(strip(xml));
    }),
  );
});

test('half a megabyte of one element after another is laid out at once', () => {
  const xml = `<r>${'<p:Name>value</p:Name><p:Other xsi:nil="true"/>'.repeat(11_000)}</r>`;
  expect(layOutXml(xml)).toHaveLength(22_002);
});
