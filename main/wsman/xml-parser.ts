/**
 * The reader behind `xml.ts`: one pass over the text, an explicit stack, no callbacks. Written by hand because the answers of an enumeration
 * are the hot path of the whole program (measured: see `bench` in e2e); compared element for element with two foreign parsers in the tests.
 *
 * Stricter than XML 1.0: no DTD, no processing instruction but the declaration, bounded in size, depth, elements and attributes.
 * Laxer, since targets are: raw control characters and `]]>` in text pass, any character from U+0080 up may stand in a name, bytes that are
 * not UTF-8 are taken as Latin-1 (OMI), NUL may follow the root (OMI's padding).
 */
import { isUtf8 } from 'node:buffer';
import { ProtocolError } from './errors.ts';
import type { XmlAttribute, XmlElement } from './xml.ts';

/** Octets or UTF-16 units. Far above any MaxEnvelopeSize in use; memory stays bounded by the count of elements. */
const maxSize = 64 * 1024 * 1024;
const maxDepth = 128;
const maxAttributes = 256;
const maxElements = 1_000_000;

const xmlNamespace = 'http://www.w3.org/XML/1998/namespace';
const xmlnsNamespace = 'http://www.w3.org/2000/xmlns/';

interface Scope {
  readonly prefix: string;
  readonly uri: string;
  readonly outer: Scope | null;
}
interface Name {
  readonly raw: string;
  readonly prefix: string;
  readonly local: string;
}

const none: readonly never[] = Object.freeze([]);
const outermost: Scope = { prefix: 'xml', uri: xmlNamespace, outer: { prefix: '', uri: '', outer: null } };

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

  // What is scanned inside an element's tag; kept outside the loop so that a tag without attributes allocates nothing.
  const attributeNames: Name[] = [];
  const attributeValues: string[] = [];

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
      if (current !== null) current.text = current.text === '' ? characters(pos, open) : current.text + characters(pos, open);
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
      } else fail(text.startsWith('DOCTYPE', open + 2) ? 'a document type declaration is refused' : 'unknown markup', open);
      continue;
    }
    if (next === 0x3f /* ? */) fail('a processing instruction is refused', open);
    if (current === null && root !== null) fail('a second root element', open);
    if (++count > maxElements) fail(`more than ${maxElements} elements`, open);

    const element = new ParsedElement(name(open + 1), current === null ? outermost : current.scope);
    attributeNames.length = 0;
    attributeValues.length = 0;
    pos = end;
    let code = text.charCodeAt(pos);
    while (code !== 0x3e && code !== 0x2f) {
      const at = skipBlank(text, pos);
      code = text.charCodeAt(at);
      if (code === 0x3e || code === 0x2f) {
        pos = at;
        break;
      }
      if (at === pos || at >= text.length) fail('a tag that is cut or malformed', open);
      if (attributeNames.length >= maxAttributes) fail(`more than ${maxAttributes} attributes`, at);
      attributeNames.push(name(at));
      pos = skipBlank(text, end);
      if (text.charCodeAt(pos) !== 0x3d) fail('an attribute without value', at);
      pos = skipBlank(text, pos + 1);
      const quote = text.charCodeAt(pos);
      if (quote !== 0x22 && quote !== 0x27) fail('an attribute value without quotes', pos);
      const close = text.indexOf(quote === 0x22 ? '"' : "'", ++pos);
      if (close < 0) fail('an attribute value without end', pos);
      const lessThan = text.indexOf('<', pos);
      if (lessThan >= 0 && lessThan < close) fail('"<" inside an attribute value', pos);
      attributeValues.push(attributeCharacters(text, pos, close, characters));
      pos = close + 1;
      code = text.charCodeAt(pos);
    }
    if (attributeNames.length > 0) setAttributes(element, attributeNames, attributeValues, open);
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
  if (colon === 0 || !startsName || raw.indexOf(':', colon + 1) >= 0) fail(`"${raw.slice(0, 80)}" is no qualified name`, at);
  return { raw, prefix: raw.slice(0, colon), local: raw.slice(colon + 1) };
}

/** Attribute-value normalisation (XML 1.0, 3.3.3): literal white space becomes blanks; a referenced one stays. */
function attributeCharacters(text: string, from: number, to: number, read: (from: number, to: number) => string): string {
  for (let p = from; p < to; p++) {
    const c = text.charCodeAt(p);
    if (c === 0x0a || c === 0x09) {
      const blanked = text.slice(from, to).replace(/[\n\t]/g, ' ');
      return blanked.includes('&') ? resolveReferences(blanked, from) : blanked;
    }
  }
  return read(from, to);
}

function setAttributes(element: ParsedElement, names: readonly Name[], values: readonly string[], at: number): void {
  let plain = 0;
  for (let i = 0; i < names.length; i++) {
    const { raw, prefix, local } = names[i]!;
    if (prefix !== 'xmlns' && raw !== 'xmlns') {
      plain++;
      continue;
    }
    const declared = raw === 'xmlns' ? '' : local;
    const uri = values[i]!;
    const reserved = declared === 'xmlns' || uri === xmlnsNamespace || (declared === 'xml') !== (uri === xmlNamespace);
    if (reserved || (uri === '' && declared !== '')) fail(`the namespace declaration "${raw.slice(0, 80)}" is not allowed`, at);
    for (let s = element.scope; s !== element.outerScope; s = s.outer!) {
      if (s.prefix === declared) fail(`the attribute "${raw.slice(0, 80)}" twice`, at);
    }
    element.scope = { prefix: declared, uri, outer: element.scope };
  }
  if (plain === 0) return;
  const attributes: XmlAttribute[] = [];
  for (let i = 0; i < names.length; i++) {
    const { raw, prefix, local } = names[i]!;
    if (prefix === 'xmlns' || raw === 'xmlns') continue;
    const namespace = prefix === '' ? '' : lookUp(element.scope, prefix);
    if (namespace === null) fail(`the prefix "${prefix.slice(0, 80)}" is not declared`, at);
    for (const other of attributes) {
      if (other.local === local && other.namespace === namespace) fail(`the attribute "${raw.slice(0, 80)}" twice`, at);
    }
    attributes.push({ namespace, local, value: values[i]!, prefix });
  }
  element.attributes = attributes;
}

/** The five entities and character references; anything else after an ampersand is an error (no DTD, hence no entity). */
function resolveReferences(piece: string, offset: number): string {
  let out = '';
  let from = 0;
  for (let at = piece.indexOf('&'); at >= 0; at = piece.indexOf('&', from)) {
    const semicolon = piece.indexOf(';', at);
    const reference = semicolon < 0 || semicolon - at > 16 ? '' : piece.slice(at + 1, semicolon);
    out += piece.slice(from, at) + (resolveReference(reference) ?? fail('an unknown or malformed reference', offset + at));
    from = semicolon + 1;
  }
  return out + piece.slice(from);
}

function resolveReference(reference: string): string | null {
  switch (reference) {
    case 'amp':
      return '&';
    case 'lt':
      return '<';
    case 'gt':
      return '>';
    case 'quot':
      return '"';
    case 'apos':
      return "'";
  }
  const code = /^#[0-9]+$/.test(reference)
    ? Number.parseInt(reference.slice(1), 10)
    : /^#x[0-9a-fA-F]+$/.test(reference)
      ? Number.parseInt(reference.slice(2), 16)
      : -1;
  const allowed =
    code === 9 || code === 10 || code === 13 || (code >= 0x20 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x10000 && code <= 0x10ffff);
  return allowed ? String.fromCodePoint(code) : null;
}

/**
 * Bytes to text: a BOM decides, then the charset named by Content-Type, then the look of the first two bytes; else UTF-8.
 * Bytes that are not UTF-8 are read as Latin-1 one by one (OMI writes some characters so); this never throws.
 */
export function decodeText(bytes: Uint8Array, charset?: string | null): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [b0, b1] = [buffer[0], buffer[1]];
  const utf16 = charset?.toLowerCase().startsWith('utf-16') === true;
  if ((b0 === 0xfe && b1 === 0xff) || (b0 === 0 && b1 === 0x3c)) {
    return Buffer.from(buffer.subarray(0, buffer.length & ~1)).swap16().toString('utf16le').replace(/^\ufeff/, '');
  }
  if ((b0 === 0xff && b1 === 0xfe) || (b0 === 0x3c && b1 === 0) || (utf16 && b1 === 0)) {
    return buffer.toString('utf16le').replace(/^\ufeff/, '');
  }
  if (isUtf8(buffer)) return buffer.toString('utf8').replace(/^\ufeff/, '');
  return decodeMixed(buffer);
}

/** Valid UTF-8 sequences as such, every other byte as the Latin-1 character it would be. */
function decodeMixed(buffer: Buffer): string {
  let out = '';
  let from = 0;
  for (let p = 0; p < buffer.length; ) {
    const b = buffer[p]!;
    const length = b < 0x80 ? 1 : b >= 0xc2 && b < 0xe0 ? 2 : b >= 0xe0 && b < 0xf0 ? 3 : b >= 0xf0 && b < 0xf5 ? 4 : 0;
    if (length === 1 || (length > 1 && p + length <= buffer.length && isUtf8(buffer.subarray(p, p + length)))) {
      p += length;
      continue;
    }
    out += buffer.toString('utf8', from, p) + String.fromCharCode(b);
    from = ++p;
  }
  return out + buffer.toString('utf8', from);
}
