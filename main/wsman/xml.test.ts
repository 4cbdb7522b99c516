import { describe, expect, it } from 'vitest';
import { ProtocolError } from './errors.ts';
import { fixturePaths, loadFixture } from './fixtures/load.ts';
import {
  attribute,
  child,
  childText,
  decodeText,
  escapeXml,
  isNil,
  makeElement,
  parseXml,
  serializeXml,
  type XmlElement,
} from './xml.ts';

/** An element without what only concerns how it was written. */
function meaning(element: XmlElement): unknown {
  return {
    name: `{${element.namespace}}${element.local}`,
    attributes: element.attributes.map((a) => `{${a.namespace}}${a.local}=${a.value}`).sort(),
    text: element.children.length > 0 && element.text.trim() === '' ? '' : element.text,
    children: element.children.map(meaning),
  };
}

describe('parseXml', () => {
  it('resolves namespaces for elements and attributes, default and undone default included', () => {
    const root = parseXml('<a xmlns="urn:1" xmlns:q="urn:2" k="v" q:k="w"><b xmlns=""><q:c/></b></a>');
    expect([root.namespace, root.local]).toEqual(['urn:1', 'a']);
    expect(attribute(root, 'k')).toBe('v');
    expect(attribute(root, 'k', 'urn:2')).toBe('w');
    const b = child(root, 'b')!;
    expect(b.namespace).toBe('');
    expect(b.children[0]).toMatchObject({ namespace: 'urn:2', local: 'c', prefix: 'q' });
    expect(b.resolvePrefix('q')).toBe('urn:2');
    expect(b.resolvePrefix('nobody')).toBeNull();
    expect(b.resolvePrefix('xml')).toBe('http://www.w3.org/XML/1998/namespace');
  });

  it('lets a declaration hold for attributes that stand before it', () => {
    expect(attribute(parseXml('<a q:k="1" xmlns:q="urn:q"/>'), 'k', 'urn:q')).toBe('1');
  });

  it('joins text, CDATA and references, and leaves comments out', () => {
    const root = parseXml('<a>1 &lt; 2<!-- & <x> --> &amp;<![CDATA[ <&> ]]>&#x41;&#66;&#x1F600;</a>');
    expect(root.text).toBe('1 < 2 & <&> AB😀');
    expect(root.children).toEqual([]);
  });

  it('normalises line ends and white space in attributes, but not what is referenced', () => {
    const root = parseXml('<a k="1\n2\t3&#10;4">x\r\ny\rz&#13;</a>');
    expect(attribute(root, 'k')).toBe('1 2 3\n4');
    expect(root.text).toBe('x\ny\nz\r');
  });

  it('takes a declaration, a BOM, blanks and comments around the root, and NUL padding behind it', () => {
    const text = '\ufeff<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<!-- 1 --><a/>\n<!-- 2 -->\n\0\0\0';
    expect(parseXml(text).local).toBe('a');
  });

  it.each([
    ['a document type', '<!DOCTYPE a><a/>'],
    ['a document type with entities', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'],
    ['an external entity', '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'],
    ['an unknown entity', '<a>&nbsp;</a>'],
    ['an entity named like a prototype', '<a>&__proto__;</a>'],
    ['a bare ampersand', '<a>1 & 2</a>'],
    ['an ampersand at the end', '<a>&</a>'],
    ['a reference to NUL', '<a>&#0;</a>'],
    ['a reference to a surrogate', '<a>&#xD800;</a>'],
    ['a reference beyond Unicode', '<a>&#x110000;</a>'],
    ['a reference without digits', '<a>&#x;</a>'],
    ['a processing instruction', '<a><?php echo 1 ?></a>'],
    ['a stylesheet instruction', '<?xml-stylesheet href="x"?><a/>'],
    ['a late declaration', ' <?xml version="1.0"?><a/>'],
    ['a duplicate attribute', '<a k="1" k="2"/>'],
    ['a duplicate attribute by namespace', '<a xmlns:p="u" xmlns:q="u" p:k="1" q:k="2"/>'],
    ['a duplicate declaration', '<a xmlns:p="u" xmlns:p="v"/>'],
    ['an undeclared element prefix', '<p:a/>'],
    ['an undeclared attribute prefix', '<a p:k="1"/>'],
    ['an empty prefix declaration', '<a xmlns:p=""/>'],
    ['xmlns as a prefix', '<a xmlns:xmlns="u"/>'],
    ['xml bound elsewhere', '<a xmlns:xml="u"/>'],
    ['a missing end', '<a><b></b>'],
    ['a crossed end', '<a><b></a></b>'],
    ['an end that is only a prefix of the name', '<abc></ab>'],
    ['an end that only begins like the name', '<ab></abc>'],
    ['a second root', '<a/><b/>'],
    ['text before', 'x<a/>'],
    ['text behind', '<a/>x'],
    ['CDATA outside', '<![CDATA[x]]><a/>'],
    ['no element', '  '],
    ['nothing', ''],
    ['< in an attribute', '<a k="<"/>'],
    ['an attribute without quotes', '<a k=1/>'],
    ['an attribute without value', '<a k/>'],
    ['attributes without a blank', '<a k="1"l="2"/>'],
    ['an unclosed tag', '<a'],
    ['an unclosed attribute', '<a k="1'],
    ['an unclosed comment', '<a><!-- '],
    ['a comment with --', '<a><!-- -- --></a>'],
    ['an unclosed CDATA', '<a><![CDATA[x</a>'],
    ['a slash in the wrong place', '<a/ >'],
    ['a name that starts with a digit', '<1a/>'],
    ['two colons', '<a:b:c xmlns:a="u"/>'],
    ['a colon at the end', '<a: xmlns:a="u"/>'],
  ])('refuses %s', (_, text) => {
    expect(() => parseXml(text)).toThrow(ProtocolError);
  });

  it('is bounded in depth, attributes, declarations and size', () => {
    const nested = (depth: number): string => `${'<a>'.repeat(depth)}${'</a>'.repeat(depth)}`;
    expect(parseXml(nested(128)).local).toBe('a');
    expect(() => parseXml(nested(129))).toThrow(/deeper/);
    expect(() => parseXml('<a>'.repeat(1_000_000))).toThrow(/deeper/);
    const attributes = (count: number): string =>
      `<a ${Array.from({ length: count }, (_, i) => `k${i}="v"`).join(' ')}/>`;
    expect(parseXml(attributes(64)).attributes).toHaveLength(64);
    expect(() => parseXml(attributes(65))).toThrow(/attributes/);
    const level = (n: number): string =>
      `<a ${Array.from({ length: 60 }, (_, i) => `xmlns:p${n}_${i}="u"`).join(' ')}>`;
    expect(() => parseXml(`${level(1)}${level(2)}${level(3)}${level(4)}${level(5)}`)).toThrow(/declarations/);
    expect(() => parseXml(Buffer.alloc(64 * 1024 * 1024 + 1, 0x20))).toThrow(/larger/);
  });

  it('keeps names from the network in fields only', () => {
    const root = parseXml('<r><__proto__ constructor="1"><polluted>yes</polluted></__proto__><constructor/></r>');
    expect(root.children.map((c) => c.local)).toEqual(['__proto__', 'constructor']);
    expect(Object.prototype).not.toHaveProperty('polluted');
    expect(Object.getPrototypeOf(root)).not.toBe(Object.prototype);
    expect(childText(root.children[0]!, 'polluted')).toBe('yes');
  });
});

describe('decodeText', () => {
  it('reads bytes that are not UTF-8 as Latin-1, one by one (OMI)', () => {
    const bytes = Buffer.concat([Buffer.from('<a>Größe '), Buffer.from([0xe4]), Buffer.from(' €</a>')]);
    expect(parseXml(bytes).text).toBe('Größe ä €');
    expect(decodeText(Buffer.from([0x41, 0xf0, 0x9f, 0x98, 0xc3]))).toBe('Að\u009f\u0098Ã');
    expect(decodeText(Buffer.from([0xed, 0xa0, 0x80]))).toBe('í\u00a0\u0080');
  });

  it('knows UTF-16 by BOM, by charset and by its look', () => {
    const text = '<a>ä€</a>';
    const little = Buffer.from(text, 'utf16le');
    const big = Buffer.from(text, 'utf16le').swap16();
    expect(parseXml(Buffer.concat([Buffer.from([0xff, 0xfe]), little])).text).toBe('ä€');
    expect(parseXml(Buffer.concat([Buffer.from([0xfe, 0xff]), big])).text).toBe('ä€');
    expect(parseXml(little).text).toBe('ä€');
    expect(parseXml(big).text).toBe('ä€');
    expect(parseXml(Buffer.from(`\n${text}`, 'utf16le'), 'utf-16').text).toBe('ä€');
    // A charset that is wrong does not spoil UTF-8.
    expect(parseXml(Buffer.from(text), 'utf-16').text).toBe('ä€');
  });

  it('drops a UTF-8 BOM and survives the empty body', () => {
    expect(decodeText(Buffer.from('\ufeff<a/>'))).toBe('<a/>');
    expect(decodeText(new Uint8Array())).toBe('');
  });
});

describe('serializeXml', () => {
  it.each(fixturePaths().filter((path) => !path.includes('scripting-in')))('keeps the meaning of %s', (path) => {
    const root = parseXml(loadFixture(path));
    expect(meaning(parseXml(serializeXml(root)))).toEqual(meaning(root));
  });

  it('lets a part that is cut out stand alone, QNames in xsi:type included', () => {
    const root = parseXml(
      '<e xmlns:p="urn:p" xmlns:q="urn:q" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><p:a xsi:type="q:A_Type" q:k="1"/></e>',
    );
    const cut = parseXml(serializeXml(root.children[0]!));
    expect(meaning(cut)).toEqual(meaning(root.children[0]!));
    expect(cut.resolvePrefix('q')).toBe('urn:q');
  });

  it('writes back prefixes, declarations and attributes as they came', () => {
    const text =
      '<p:A xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:p="urn:p" xsi:nil="true" xml:lang="en"/>';
    expect(serializeXml(parseXml(text))).toBe(text);
  });

  it('finds prefixes for elements that nobody parsed, without clashes', () => {
    const inner = makeElement('urn:2', 'b', {
      attributes: [{ namespace: 'urn:3', local: 'k', value: '"\n<' }],
      text: 'x & y',
    });
    const root = makeElement('urn:1', 'a', { children: [inner, makeElement('', 'plain')] });
    const read = parseXml(serializeXml(root));
    expect(meaning(read)).toEqual(meaning(root));
    expect(attribute(read.children[0]!, 'k', 'urn:3')).toBe('"\n<');
  });

  it('undoes an inherited default namespace', () => {
    const root = makeElement('urn:1', 'a', { prefix: '', children: [makeElement('', 'b')] });
    expect(meaning(parseXml(serializeXml(root)))).toEqual(meaning(root));
  });

  it('indents for reading', () => {
    expect(serializeXml(parseXml('<a><b>1</b><c/></a>'), { indent: 2 })).toBe('<a>\n  <b>1</b>\n  <c/>\n</a>');
  });
});

describe('escapeXml', () => {
  it('escapes markup and replaces what XML cannot carry', () => {
    expect(escapeXml(`<a b="c" d='e'>&`)).toBe('&lt;a b=&quot;c&quot; d=&apos;e&apos;&gt;&amp;');
    expect(escapeXml('a\u0000b\u0007c\ud800d\uffff')).toBe('a?b?c?d?');
    expect(escapeXml('tab\tline\nreturn\r😀')).toBe('tab\tline\nreturn&#13;😀');
  });

  it('survives the round trip', () => {
    const text = ' ]]> <!-- &amp; \r\n \t "quoted" \u00e4 😀 ';
    expect(parseXml(`<a>${escapeXml(text)}</a>`).text).toBe(text);
  });
});

it('isNil takes true, 1 and TRUE of the right namespace', () => {
  const nil = (value: string): boolean =>
    isNil(parseXml(`<a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="${value}"/>`));
  expect([nil('true'), nil('1'), nil('TRUE'), nil('false')]).toEqual([true, true, true, false]);
  expect(isNil(parseXml('<a nil="true"/>'))).toBe(false);
});
