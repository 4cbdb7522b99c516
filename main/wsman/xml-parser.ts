/**
 * The reader behind `xml.ts`: one pass over the text, an explicit stack, no callbacks. Written by hand because the answers of an enumeration
 * are the hot path of the whole program (measured: see `bench` in e2e); compared element for element with two foreign parsers in the tests.
 *
 * Stricter than XML 1.0: no DTD, no processing instruction but the declaration, bounded in size, depth, elements and attributes.
 * Laxer, since targets are: raw control characters and `]]>` in text pass, any character from U+0080 up may stand in a name, bytes that are
 * not UTF-8 are taken as Latin-1 (OMI), NUL may follow the root (OMI's padding).
 */
import { ProtocolError } from './errors.ts';
import { decodeText } from './text-decoding.ts';
import type { XmlAttribute, XmlElement } from './xml.ts';

/** Octets or UTF-16 units. Far above any MaxEnvelopeSize in use; memory stays bounded by the count of elements. */
const maxSize = 64 * 1024 * 1024;
const maxDepth = 128;
const maxAttributes = 64;
/** Namespace declarations in force at one place: looking a prefix up walks them. */
const maxDeclarations = 256;
const maxElements = 1_000_000;

const xmlNamespace = 'http://www.w3.org/XML/1998/namespace';
const xmlnsNamespace = 'http://www.w3.org/2000/xmlns/';

interface Scope {
  readonly prefix: string;
  readonly uri: string;
  readonly outer: Scope | null;
  readonly size: number;
}
interface Name {
  readonly raw: string;
  readonly prefix: string;
  readonly local: string;
}

const none: readonly never[] = Object.freeze([]);
const outermost: Scope = {
  prefix: 'xml',
  uri: xmlNamespace,
  outer: { prefix: '', uri: '', outer: null, size: 0 },
  size: 0,
};

class ParsedElement implements XmlElement {
  namespace = '';
  local: string;
  prefix: string;
  attributes: readonly XmlAttribute[] = none;
  children: XmlElement[] = none as readonly XmlElement[] as XmlElement[];
  text = '';
  readonly raw: string;
  readonly outerScope: Scope;
  scope: Scope;

  constructor(name: Name, scope: Scope) {
    this.local = name.local;
    this.prefix = name.prefix;
    this.raw = name.raw;
    this.outerScope = scope;
    this.scope = scope;
  }

  get declarations(): readonly (readonly [prefix: string, uri: string])[] {
    const own: [string, string][] = [];
    for (let s = this.scope; s !== this.outerScope && s.outer !== null; s = s.outer) own.unshift([s.prefix, s.uri]);
    return own;
  }

  resolvePrefix(prefix: string): string | null {
    return lookUp(this.scope, prefix);
  }
}

function lookUp(scope: Scope, prefix: string): string | null {
  for (let s: Scope | null = scope; s !== null; s = s.outer) if (s.prefix === prefix) return s.uri;
  return null;
}

/** 1: may start a name; 2: may continue one. The colon is looked at where a name is split. */
const nameClass = new Uint8Array(128);
for (const c of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_:') nameClass[c.charCodeAt(0)] = 3;
for (const c of '0123456789-.') nameClass[c.charCodeAt(0)] = 2;

/**
 * Reads one document. Bytes are decoded by BOM, else by `charset` (of Content-Type), else by sniffing, else as UTF-8.
 * Throws ProtocolError, with the offset, for everything that is not a bounded, DTD-free, namespace-well-formed document.
 */
export function parseXml(source: string | Uint8Array, charset?: string | null): XmlElement {
  if (source.length > maxSize) throw new ProtocolError(`The XML is larger than ${maxSize} octets.`);
  let text = typeof source === 'string' ? source : decodeText(source, charset);
  if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
  if (text.includes('\r')) text = text.replace(/\r\n?/g, '\n');
  return parse(text);
}

function parse(text: string): XmlElement {
  const names = new Map<string, Name>();
  const stack: ParsedElement[] = [];
  let root: ParsedElement | null = null;
  let current: ParsedElement | null = null;
  let count = 0;
  let ampersand = -1;
  let pos = skipDeclaration(text);
  let end = 0;

  /** References between `from` and `to` replaced. The next ampersand is remembered: most documents have none. */
  const characters = (from: number, to: number): string => {
    if (ampersand < from) {
      ampersand = text.indexOf('&', from);
      if (ampersand < 0) ampersand = Number.MAX_SAFE_INTEGER;
    }
    const piece = text.slice(from, to);
    return ampersand < to ? resolveReferences(piece, from) : piece;
  };

  /** The name that starts at `from`; `end` is then the first position behind it. */
  const name = (from: number): Name => {
    let p = from;
    let c = text.charCodeAt(p);
    if (!(c >= 128 || (nameClass[c] ?? 0) & 1)) fail('a name is expected', from);
    do c = text.charCodeAt(++p);
    while (c >= 128 || (nameClass[c] ?? 0) & 2);
    end = p;
    const raw = text.slice(from, p);
    let known = names.get(raw);
    if (known === undefined) {
      known = splitName(raw, from);
      names.set(raw, known);
    }
    return known;
  };

  for (;;) {
    const open = text.indexOf('<', pos);
    if (open < 0) break;
    if (open > pos) {
      if (current !== null)
        current.text = current.text === '' ? characters(pos, open) : current.text + characters(pos, open);
      else if (!isBlank(text, pos, open)) fail('text outside the root element', pos);
    }
    const next = text.charCodeAt(open + 1);
    if (next === 0x2f /* / */) {
      if (current === null || !text.startsWith(current.raw, open + 2)) fail('a closing tag that matches nothing', open);
      pos = skipBlank(text, open + 2 + current.raw.length);
      if (text.charCodeAt(pos++) !== 0x3e) fail('a closing tag that matches nothing', open);
      stack.pop();
      current = stack.length === 0 ? null : stack[stack.length - 1]!;
      continue;
    }
    if (next === 0x21 /* ! */) {
      if (text.startsWith('--', open + 2)) {
        const close = text.indexOf('--', open + 4);
        if (close < 0 || text.charCodeAt(close + 2) !== 0x3e) fail('a comment without end', open);
        pos = close + 3;
      } else if (current !== null && text.startsWith('[CDATA[', open + 2)) {
        const close = text.indexOf(']]>', open + 9);
        if (close < 0) fail('a CDATA section without end', open);
        current.text += text.slice(open + 9, close);
        pos = close + 3;
      } else
        fail(text.startsWith('DOCTYPE', open + 2) ? 'a document type declaration is refused' : 'unknown markup', open);
      continue;
    }
    if (next === 0x3f /* ? */) fail('a processing instruction is refused', open);
    if (current === null && root !== null) fail('a second root element', open);
    if (++count > maxElements) fail(`more than ${maxElements} elements`, open);

    const element: ParsedElement = new ParsedElement(name(open + 1), current === null ? outermost : current.scope);
    pos = end;
    let code = text.charCodeAt(pos);
    if (code !== 0x3e && code !== 0x2f) {
      pos = readAttributes(text, pos, element, name);
      code = text.charCodeAt(pos);
      if (code !== 0x3e && code !== 0x2f) fail('a tag that is cut or malformed', open);
    }
    const namespace = lookUp(element.scope, element.prefix);
    if (namespace === null) fail(`the prefix "${element.prefix}" is not declared`, open);
    element.namespace = namespace;
    if (current === null) root = element;
    else if (current.children === (none as readonly XmlElement[])) current.children = [element];
    else current.children.push(element);
    if (code === 0x2f) {
      if (text.charCodeAt(pos + 1) !== 0x3e) fail('a tag that is cut or malformed', open);
      pos += 2;
    } else {
      pos += 1;
      if (stack.push(element) > maxDepth) fail(`nested deeper than ${maxDepth} elements`, open);
      current = element;
    }
  }
  if (current !== null) fail(`the element "${current.raw}" is not closed`, text.length);
  if (root === null) fail('there is no element', 0);
  if (!isBlank(text, pos, text.length)) fail('text outside the root element', pos);
  return root;
}

function fail(what: string, offset: number): never {
  throw new ProtocolError(`The XML cannot be read: ${what} (offset ${offset}).`);
}

/** Blank: what XML calls white space, and NUL, which OMI pads with. */
function skipBlank(text: string, pos: number): number {
  for (;;) {
    const c = text.charCodeAt(pos);
    if (c !== 0x20 && c !== 0x0a && c !== 0x09) return pos;
    pos++;
  }
}

function isBlank(text: string, from: number, to: number): boolean {
  for (let p = from; p < to; p++) {
    const c = text.charCodeAt(p);
    if (c !== 0x20 && c !== 0x0a && c !== 0x09 && c !== 0) return false;
  }
  return true;
}

function skipDeclaration(text: string): number {
  if (!text.startsWith('<?xml')) return 0;
  const close = text.indexOf('?>');
  if (close < 0 || close > 512 || !/^<\?xml\s+version\s*=\s*(["'])1\.[0-9]+\1(\s[^<>]*)?$/.test(text.slice(0, close))) {
    fail('a malformed XML declaration', 0);
  }
  return close + 2;
}

function splitName(raw: string, at: number): Name {
  const colon = raw.indexOf(':');
  if (colon < 0) return { raw, prefix: '', local: raw };
  const first = raw.charCodeAt(colon + 1);
  const startsName = first >= 128 || ((nameClass[first] ?? 0) & 1) === 1;
  if (colon === 0 || !startsName || raw.indexOf(':', colon + 1) >= 0)
    fail(`"${raw.slice(0, 80)}" is no qualified name`, at);
  return { raw, prefix: raw.slice(0, colon), local: raw.slice(colon + 1) };
}

const attributePattern = /[ \t\n]+([^\s=<>/"']+)[ \t\n]*=[ \t\n]*(?:"([^"<]*)"|'([^'<]*)')/y;

/**
 * All attributes of a tag, from `from` on. Namespace declarations first, since they hold for the other attributes whatever their order.
 * Returns the position of what follows, white space skipped: `>` or `/` in a tag that is well-formed.
 */
function readAttributes(text: string, from: number, element: ParsedElement, nameAt: (from: number) => Name): number {
  const names: Name[] = [];
  const values: string[] = [];
  let pos = from;
  attributePattern.lastIndex = pos;
  for (let match = attributePattern.exec(text); match !== null; match = attributePattern.exec(text)) {
    const raw = match[1]!;
    const name = nameAt(text.indexOf(raw, pos));
    if (name.raw !== raw) fail('an attribute name that is none', pos);
    if (names.push(name) > maxAttributes) fail(`more than ${maxAttributes} attributes`, pos);
    // Normalisation (XML 1.0, 3.3.3): literal white space becomes blanks, a referenced one stays.
    const value = (match[2] ?? match[3]!).replace(/[\n\t]/g, ' ');
    values.push(value.includes('&') ? resolveReferences(value, pos) : value);
    pos = attributePattern.lastIndex;
  }
  setAttributes(element, names, values, from);
  return skipBlank(text, pos);
}

function setAttributes(element: ParsedElement, names: readonly Name[], values: readonly string[], at: number): void {
  const attributes: XmlAttribute[] = [];
  for (const [i, { raw, prefix, local }] of names.entries()) {
    if (prefix !== 'xmlns' && raw !== 'xmlns') continue;
    const declared = raw === 'xmlns' ? '' : local;
    const uri = values[i]!;
    const reserved = declared === 'xmlns' || uri === xmlnsNamespace || (declared === 'xml') !== (uri === xmlNamespace);
    if (reserved || (uri === '' && declared !== '')) fail('a namespace declaration that is not allowed', at);
    for (let s = element.scope; s !== element.outerScope; s = s.outer!) {
      if (s.prefix === declared) fail('an attribute that is there twice', at);
    }
    const size = element.scope.size + 1;
    if (size > maxDeclarations) fail(`more than ${maxDeclarations} namespace declarations in force`, at);
    element.scope = { prefix: declared, uri, outer: element.scope, size };
  }
  for (const [i, { raw, prefix, local }] of names.entries()) {
    if (prefix === 'xmlns' || raw === 'xmlns') continue;
    const namespace = prefix === '' ? '' : lookUp(element.scope, prefix);
    if (namespace === null) fail(`the prefix "${prefix.slice(0, 80)}" is not declared`, at);
    if (attributes.some((a) => a.local === local && a.namespace === namespace)) {
      fail('an attribute that is there twice', at);
    }
    attributes.push({ namespace, local, value: values[i]!, prefix });
  }
  if (attributes.length > 0) element.attributes = attributes;
}

/** The five entities and character references; anything else after an ampersand is an error (no DTD, hence no entity). */
function resolveReferences(piece: string, offset: number): string {
  let out = '';
  let from = 0;
  for (let at = piece.indexOf('&'); at >= 0; at = piece.indexOf('&', from)) {
    const semicolon = piece.indexOf(';', at);
    const reference = semicolon < 0 || semicolon - at > 16 ? '' : piece.slice(at + 1, semicolon);
    out +=
      piece.slice(from, at) + (resolveReference(reference) ?? fail('an unknown or malformed reference', offset + at));
    from = semicolon + 1;
  }
  return out + piece.slice(from);
}

const entities: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

function resolveReference(reference: string): string | null {
  const match = /^#(?:x([0-9a-fA-F]+)|([0-9]+))$/.exec(reference);
  if (match === null) return entities.get(reference) ?? null;
  const code = match[1] === undefined ? Number.parseInt(match[2]!, 10) : Number.parseInt(match[1], 16);
  const allowed =
    code === 9 ||
    code === 10 ||
    code === 13 ||
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x10000 && code <= 0x10ffff);
  return allowed ? String.fromCodePoint(code) : null;
}
