import { expect, it } from 'vitest';
import { indentXml } from './xml-lines.ts';

it('has a line per element, and text on the line of its element', () => {
  expect(indentXml('<a x="1"><b/><c>text &lt; more</c><d><e></e></d></a>')).toBe(
    '<a x="1">\n  <b/>\n  <c>text &lt; more</c>\n  <d>\n    <e></e>\n  </d>\n</a>',
  );
});
it('takes what is no XML as it is', () => {
  expect(indentXml('</a></b>text')).toBe('\n</a>\n</b>text');
  const long = '<a>'.repeat(50_000);
  expect(indentXml(long)).toBe(long);
});
