/** Our reader against two that nobody here wrote: saxes (strict, namespaces) and fast-xml-parser (order kept). */
import { XMLParser } from 'fast-xml-parser';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from './errors.ts';
import { fixturePaths, loadFixture } from './fixtures/load.ts';
import { parseXml, type XmlElement } from './xml.ts';

interface Plain {
  name: string;
  attributes: string[];
  text: string;
  children: Plain[];
}

const plain = (element: XmlElement): Plain => ({
  name: `{${element.namespace}}${element.local}`,
  attributes: element.attributes.map((a) => `{${a.namespace}}${a.local}=${a.value}`).sort(),
  text: element.text,
  children: element.children.map(plain),
});

/** Throws what saxes throws. */
function withSaxes(text: string): Plain {
  const parser = new SaxesParser({ xmlns: true });
  const stack: Plain[] = [{ name: '', attributes: [], text: '', children: [] }];
  const add = (piece: string): void => {
    stack.at(-1)!.text += piece;
  };
  parser.on('opentag', (tag) => {
    const attributes = Object.values(tag.attributes)
      .filter((a) => a.prefix !== 'xmlns' && a.name !== 'xmlns')
      .map((a) => `{${a.uri}}${a.local}=${a.value}`)
      .sort();
    const element: Plain = { name: `{${tag.uri}}${tag.local}`, attributes, text: '', children: [] };
    stack.at(-1)!.children.push(element);
    stack.push(element);
  });
  parser.on('closetag', () => void stack.pop());
  parser.on('text', add);
  parser.on('cdata', add);
  parser.write(text).close();
  return stack[0]!.children[0]!;
}

/** As fast-xml-parser sees it: names as written, declarations among the attributes. */
function withFastXmlParser(text: string): Plain {
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '',
    trimValues: false,
    parseTagValue: false,
    parseAttributeValue: false,
    ignoreDeclaration: true,
    ignorePiTags: true,
    htmlEntities: true,
    cdataPropName: '#cdata',
  });
  type Node = Record<string, unknown> & { ':@'?: Record<string, string> };
  const convert = (node: Node): Plain => {
    const name = Object.keys(node).find((key) => key !== ':@')!;
    const out: Plain = {
      name,
      attributes: Object.entries(node[':@'] ?? {})
        .map(([key, value]) => `${key}=${value}`)
        .sort(),
      text: '',
      children: [],
    };
    for (const inner of node[name] as Node[]) {
      if ('#text' in inner) out.text += String(inner['#text']);
      else if ('#cdata' in inner) out.text += String((inner['#cdata'] as Node[])[0]?.['#text'] ?? '');
      else out.children.push(convert(inner));
    }
    return out;
  };
  const nodes = (parser.parse(text) as Node[]).filter((node) => !('#text' in node));
  return convert(nodes[0]!);
}

const asWritten = (element: XmlElement): Plain => ({
  name: element.prefix ? `${element.prefix}:${element.local}` : element.local,
  attributes: [
    ...(element.declarations ?? []).map(([prefix, uri]) => `${prefix === '' ? 'xmlns' : `xmlns:${prefix}`}=${uri}`),
    ...element.attributes.map((a) => `${a.prefix ? `${a.prefix}:` : ''}${a.local}=${a.value}`),
  ].sort(),
  text: element.text,
  children: element.children.map(asWritten),
});

/** A small seeded generator (mulberry32), so that a failing document can be made again. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function generate(seed: number, foreignSafe: boolean): string {
  const next = random(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!;
  const texts = [
    '',
    'x',
    ' blanks  ',
    'ä€😀',
    '&lt;&amp;&gt;&quot;&apos;',
    '&#65;&#x42;',
    '1.5',
    'true',
    "it's",
    'a]b',
    '\n  ',
  ];
  const extra = foreignSafe ? [] : ['<![CDATA[ <x> & ]]>', '<!-- c --><!---->', '&#13;&#10;', 'a\r\nb\rc', '>'];
  const values = ['', 'v', 'ä&amp;b', 'a b', "it's", ...(foreignSafe ? [] : ['tab\there', 'line\nhere', '&#10;', '>'])];
  const blank = (): string => (foreignSafe ? ' ' : pick([' ', '\n', ' \t ']));
  const element = (depth: number, scope: readonly string[]): string => {
    const declared = next() < 0.3 ? [pick(['p', 'q', 'w'])] : [];
    const prefixes = [...scope, ...declared];
    const name = `${pick([...prefixes.map((p) => `${p}:`), ''])}${pick(['Name', 'a', 'Win32_Service', 'x-1.y', '_z', 'ÄÖ'])}`;
    let tag = `<${name}`;
    for (const prefix of declared) tag += `${blank()}xmlns:${prefix}="urn:${pick(['1', '2', '3'])}"`;
    if (next() < 0.1) tag += `${blank()}xmlns="urn:default"`;
    if (next() < 0.4) tag += `${blank()}k="${pick(values)}"`;
    if (next() < 0.2 && prefixes.length > 0)
      tag += `${blank()}${pick(prefixes)}:k='${pick(values).replaceAll("'", '')}'`;
    if (next() < 0.15) return `${tag}${pick(['/>', ' />'])}`;
    let content = pick([...texts, ...extra]);
    const count = depth > 5 ? 0 : Math.floor(next() * 4);
    for (let i = 0; i < count; i++) content += element(depth + 1, prefixes) + pick([...texts, ...extra]);
    return `${tag}>${content}</${name}>`;
  };
  return pick(['', '<?xml version="1.0" encoding="UTF-8"?>\n']) + element(0, []);
}

const readable = fixturePaths().filter((path) => !path.includes('scripting-in'));

describe('recorded messages', () => {
  it('has some', () => expect(readable.length).toBeGreaterThan(80));

  it.each(readable)('%s reads as saxes and fast-xml-parser read it', (path) => {
    const text = loadFixture(path);
    const ours = parseXml(text);
    expect(plain(ours)).toEqual(withSaxes(text));
    expect(asWritten(ours)).toEqual(withFastXmlParser(text.replace(/\r\n?/g, '\n')));
  });
});

describe('generated documents', () => {
  it('are read as saxes reads them', () => {
    for (let seed = 1; seed <= 1500; seed++) {
      const text = generate(seed, false);
      expect(plain(parseXml(text)), `seed ${seed}: ${text}`).toEqual(withSaxes(text));
    }
  });

  it('are read as fast-xml-parser reads them', () => {
    for (let seed = 1; seed <= 600; seed++) {
      const text = generate(seed, true);
      expect(asWritten(parseXml(text)), `seed ${seed}: ${text}`).toEqual(withFastXmlParser(text));
    }
  });
});

describe('mutated documents', () => {
  const splices = [
    '<',
    '>',
    '&',
    '"',
    "'",
    '/',
    '=',
    ':',
    ';',
    '\0',
    ' ',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '<?x ?>',
    '&#x0;',
    'xmlns:p="',
    '<!DOCTYPE a>',
  ];

  it('are refused with a ProtocolError, or read as saxes reads them', () => {
    const bases = [
      ...readable.slice(0, 30).map(loadFixture),
      ...Array.from({ length: 20 }, (_, i) => generate(i + 5000, false)),
    ];
    let refused = 0;
    let compared = 0;
    for (let seed = 1; seed <= 4000; seed++) {
      const next = random(seed * 7919);
      let text = bases[seed % bases.length]!;
      for (let n = 1 + Math.floor(next() * 3); n > 0; n--) {
        const at = Math.floor(next() * text.length);
        const kind = next();
        if (kind < 0.4) text = text.slice(0, at) + splices[Math.floor(next() * splices.length)]! + text.slice(at);
        else if (kind < 0.8) text = text.slice(0, at) + text.slice(at + 1 + Math.floor(next() * 5));
        else if (kind < 0.9)
          text = text.slice(0, at) + String.fromCharCode(Math.floor(next() * 0x250)) + text.slice(at + 1);
        else text = text.slice(0, at);
      }
      let ours: XmlElement | null = null;
      try {
        ours = parseXml(text);
      } catch (error) {
        expect(error, `seed ${seed}`).toBeInstanceOf(ProtocolError);
        refused++;
      }
      let theirs: Plain | null = null;
      try {
        theirs = withSaxes(text);
      } catch {
        // What we take and saxes does not: control characters, `]]>` in text, unusual letters in names.
      }
      if (theirs === null) continue;
      // Refusing a DTD or a processing instruction is on purpose; nothing else that saxes takes may be refused.
      const rest = text.replace(/^<\?xml version="1\.0"( encoding="UTF-8")?\?>/, '');
      if (ours === null) expect(rest, `seed ${seed}`).toMatch(/<!DOCTYPE|<\?/);
      else expect(plain(ours), `seed ${seed}`).toEqual(theirs);
      compared++;
    }
    // Both outcomes must really occur, or this proves nothing.
    expect(refused).toBeGreaterThan(500);
    expect(compared).toBeGreaterThan(300);
  });
});
