/**
 * XML as SOAP needs it: namespaces resolved, text and attributes kept, nothing else (XML 1.0, Namespaces in XML 1.0).
 * Invariant 9: no DTD, no entity but the five and character references, bounded depth, size and attribute count; names from the network
 * stay strings in fields and never become keys of an object.
 *
 * This file is the door: the element, what is asked of it, and writing it back. Reading is in `xml-parser.ts`.
 */
export { decodeText } from './text-decoding.ts';
export { parseXml } from './xml-parser.ts';

export interface XmlElement {
  /** Resolved namespace URI; empty string for none. */
  readonly namespace: string;
  readonly local: string;
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlElement[];
  /** Character data directly inside this element, CDATA included, concatenated. */
  readonly text: string;
  /** As written; only a wish when the element is written again. */
  readonly prefix?: string;
  /** Namespace declarations made on this very element, so that it can be written as it came. */
  readonly declarations?: readonly (readonly [prefix: string, uri: string])[];
  /** Prefix in scope → URI, innermost first, for QNames in content (xsi:type). */
  resolvePrefix(prefix: string): string | null;
}

export interface XmlAttribute {
  readonly namespace: string;
  readonly local: string;
  readonly value: string;
  readonly prefix?: string;
}

const xmlNamespace = 'http://www.w3.org/XML/1998/namespace';
const xsiNamespace = 'http://www.w3.org/2001/XMLSchema-instance';

/** The first child with that local name (and namespace, where one is given). */
export function child(element: XmlElement, local: string, namespace?: string): XmlElement | undefined {
  for (const candidate of element.children) {
    if (candidate.local === local && (namespace === undefined || candidate.namespace === namespace)) return candidate;
  }
  return undefined;
}

/** All children with that local name (and namespace, where one is given), in order. */
export function childrenOf(element: XmlElement, local: string, namespace?: string): XmlElement[] {
  return element.children.filter((c) => c.local === local && (namespace === undefined || c.namespace === namespace));
}

/** Follows local names downwards, any namespace. */
export function descend(element: XmlElement | undefined, ...locals: readonly string[]): XmlElement | undefined {
  for (const local of locals) element = element && child(element, local);
  return element;
}

/** The attribute's value, or null. Without a namespace only an attribute that has none is meant. */
export function attribute(element: XmlElement, local: string, namespace = ''): string | null {
  for (const candidate of element.attributes) {
    if (candidate.local === local && candidate.namespace === namespace) return candidate.value;
  }
  return null;
}

/** Trimmed text of a child, or null where there is no such child. */
export function childText(element: XmlElement, local: string, namespace?: string): string | null {
  const found = child(element, local, namespace);
  return found ? found.text.trim() : null;
}

/** True for xsi:nil="true" (or "1", or OMI's "TRUE"). */
export function isNil(element: XmlElement): boolean {
  if (element.attributes.length === 0) return false;
  const nil = attribute(element, 'nil', xsiNamespace);
  return nil !== null && /^\s*(true|1)\s*$/i.test(nil);
}

/** An element that nobody parsed. Prefixes are chosen when it is written. */
export function makeElement(
  namespace: string,
  local: string,
  content: {
    attributes?: readonly XmlAttribute[];
    children?: readonly XmlElement[];
    text?: string;
    prefix?: string;
  } = {},
): XmlElement {
  return {
    namespace,
    local,
    attributes: content.attributes ?? [],
    children: content.children ?? [],
    text: content.text ?? '',
    ...(content.prefix === undefined ? {} : { prefix: content.prefix }),
    resolvePrefix: (prefix) => (prefix === content.prefix ? namespace : prefix === 'xml' ? xmlNamespace : null),
  };
}

const needsEscape = /[&<>"'\r\n\t\u0000-\u001f\ufffe\uffff]|[\ud800-\udfff]/;
const escaped =
  /[&<>"'\r\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/**
 * Text for element content or a quoted attribute. What XML 1.0 cannot carry (control characters, lone surrogates) becomes `?`, as Windows
 * does in its answers (MS-WSMV 3.1.4.1.25). A carriage return is written as a reference, since a parser would turn it into a line feed.
 */
export function escapeXml(text: string): string {
  return needsEscape.test(text) ? text.replace(escaped, escapeCharacter) : text;
}

function escapeCharacter(character: string): string {
  switch (character) {
    case '&':
      return '&amp;';
    case '<':
      return '&lt;';
    case '>':
      return '&gt;';
    case '"':
      return '&quot;';
    case "'":
      return '&apos;';
    case '\r':
      return '&#13;';
    default:
      return '?';
  }
}

/** As escapeXml, and line breaks and tabs survive attribute normalisation. */
export function escapeAttribute(text: string): string {
  return escapeXml(text).replace(/[\n\t]/g, (c) => (c === '\n' ? '&#10;' : '&#9;'));
}

/** Prefixes that everybody in this trade uses, for elements that came without one. */
const usualPrefixes: ReadonlyMap<string, string> = new Map([
  ['http://www.w3.org/2003/05/soap-envelope', 's'],
  ['http://schemas.xmlsoap.org/ws/2004/08/addressing', 'a'],
  ['http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd', 'w'],
  ['http://schemas.xmlsoap.org/ws/2004/09/enumeration', 'n'],
  ['http://schemas.xmlsoap.org/ws/2004/09/transfer', 'x'],
  ['http://schemas.microsoft.com/wbem/wsman/1/wsmanfault', 'f'],
  ['http://schemas.dmtf.org/wbem/wscim/1/common', 'cim'],
  [xsiNamespace, 'xsi'],
]);

type Scope = readonly (readonly [prefix: string, uri: string])[];

/**
 * Writes an element and what is under it. The prefixes and declarations it was read with are kept; a prefix that an outer element had
 * declared (xsi:type values included) is declared again, so that a part cut out of an envelope stands alone.
 * `indent`: blanks per level, for reading; without it nothing is added. Mixed content (SOAP has none) is written text first.
 */
export function serializeXml(element: XmlElement, options: { readonly indent?: number } = {}): string {
  return write(element, [['xml', xmlNamespace]], options.indent ?? 0, 0);
}

function write(element: XmlElement, outer: Scope, indent: number, depth: number): string {
  const declared: [string, string][] = [];
  for (const [prefix, uri] of element.declarations ?? []) {
    if (lookUp(outer, prefix) !== uri) declared.push([prefix, uri]);
  }
  const scope = (): Scope => [...declared, ...outer];
  const name = qualify(element.namespace, element.local, element.prefix, declared, scope, true);
  let attributes = '';
  for (const a of element.attributes) {
    const attributeName =
      a.namespace === '' ? a.local : qualify(a.namespace, a.local, a.prefix, declared, scope, false);
    let value = a.value;
    if (a.namespace === xsiNamespace && a.local === 'type') value = requalify(element, value, declared, scope);
    attributes += ` ${attributeName}="${escapeAttribute(value)}"`;
  }
  let open = `<${name}`;
  for (const [prefix, uri] of declared) open += ` xmlns${prefix === '' ? '' : `:${prefix}`}="${escapeAttribute(uri)}"`;
  open += attributes;
  if (element.children.length === 0) {
    return element.text === '' ? `${open}/>` : `${open}>${escapeXml(element.text)}</${name}>`;
  }
  const inner = scope();
  const line = indent > 0 ? `\n${' '.repeat(indent * (depth + 1))}` : '';
  const last = indent > 0 ? `\n${' '.repeat(indent * depth)}` : '';
  const text = element.text.trim() === '' ? '' : `${line}${escapeXml(indent > 0 ? element.text.trim() : element.text)}`;
  let content = '';
  for (const c of element.children) content += line + write(c, inner, indent, depth + 1);
  return `${open}>${text}${content}${last}</${name}>`;
}

function lookUp(scope: Scope, prefix: string): string | null {
  for (const [p, uri] of scope) if (p === prefix) return uri;
  return null;
}

/** Finds or declares a prefix for the namespace and returns the qualified name. */
function qualify(
  namespace: string,
  local: string,
  wish: string | undefined,
  declared: [string, string][],
  scope: () => Scope,
  isElement: boolean,
): string {
  if (namespace === '') {
    // No namespace: an inherited default must be undone.
    if (lookUp(scope(), '')) declared.push(['', '']);
    return local;
  }
  if (namespace === xmlNamespace) return `xml:${local}`;
  const preferred = wish !== undefined && (isElement || wish !== '') ? wish : usualPrefixes.get(namespace);
  const current = scope();
  if (preferred !== undefined && lookUp(current, preferred) === namespace) return join(preferred, local);
  for (const [p, uri] of current) {
    if (wish === undefined && uri === namespace && p !== '' && lookUp(current, p) === uri) return join(p, local);
  }
  const free = (p: string): boolean => !declared.some(([taken]) => taken === p);
  let prefix = preferred ?? 'p';
  for (let n = 1; !free(prefix) || (prefix !== preferred && lookUp(current, prefix) !== null); n++) prefix = `p${n}`;
  declared.push([prefix, namespace]);
  return join(prefix, local);
}

const join = (prefix: string, local: string): string => (prefix === '' ? local : `${prefix}:${local}`);

/** A QName in content keeps meaning what it meant where it was read. */
function requalify(element: XmlElement, value: string, declared: [string, string][], scope: () => Scope): string {
  const colon = value.indexOf(':');
  if (colon <= 0) return value;
  const prefix = value.slice(0, colon).trim();
  const uri = element.resolvePrefix(prefix);
  if (uri === null || uri === '') return value;
  return qualify(uri, value.slice(colon + 1), prefix, declared, scope, false);
}
