/** One item, or the frame around many, as text, xml or pretty. */
import { serializeXml, type XmlElement } from '../wsman/index.ts';
import type { Format } from './command.ts';
import { formatText } from './text-format.ts';

/** The answer of a Get, an Identify, an Invoke: with the line break at its end, and in text the empty line that winrm leaves. */
export function formatItem(element: XmlElement, format: Format): string {
  switch (format) {
    case 'text':
      return `${formatText(element)}\n`;
    case 'xml':
      return `${safeXml(element, 0)}\n`;
    case 'pretty':
      return `${safeXml(element, 4)}\n`;
  }
}

const resultsNamespace = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/results';

/** What stands around the items of an enumeration: nothing in text, one document element in xml and pretty. */
export function resultsFrame(format: Format): { readonly opening: string; readonly closing: string } {
  if (format === 'text') return { opening: '', closing: '' };
  return { opening: `<wsman:Results xmlns:wsman="${resultsNamespace}">\n`, closing: '</wsman:Results>\n' };
}

/** One of many: in pretty it stands one level inside the frame. */
export function formatResult(element: XmlElement, format: Format): string {
  if (format !== 'pretty') return formatItem(element, format);
  // Written inside a frame of its own, which is then cut off: so only markup is indented, never a text of several lines.
  const framed = safeXml(makeFrame(element), 4);
  return framed.slice(framed.indexOf('\n') + 1, framed.lastIndexOf('\n') + 1);
}

function makeFrame(item: XmlElement): XmlElement {
  return {
    namespace: resultsNamespace,
    local: 'Results',
    prefix: 'wsman',
    attributes: [],
    children: [item],
    text: '',
    resolvePrefix: (prefix) => (prefix === 'wsman' ? resultsNamespace : null),
  };
}

/** XML may hold these; a terminal should not get them. As references they mean the same and are harmless. */
const harmful = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
/** Not a name of XML 1.0 (fifth edition, productions 4 and 4a), without the colon. */
const notNameCharacter =
  /[^A-Za-z0-9_.\u00b7\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u037d\u037f-\u1fff\u200c-\u200d\u203f\u2040\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\u{10000}-\u{effff}-]/gu;
/** Name characters that cannot come first. */
const notFirstCharacter = /^(?:[.0-9\u00b7\u203f-\u2040-]|[\u0300-\u036f])/u;

/** Well-formed whatever the target sent: the reader is lenient about names, so what is no name character becomes `_` here. */
function safeXml(element: XmlElement, indent: number): string {
  return serializeXml(withSafeNames(element), { indent }).replace(
    harmful,
    (character) => `&#x${character.charCodeAt(0).toString(16).toUpperCase()};`,
  );
}

function withSafeNames(element: XmlElement): XmlElement {
  const children = element.children.map(withSafeNames);
  const attributes = element.attributes.map((a) => (isUnsafe(a) ? { ...a, ...safeNames(a) } : a));
  const declarations = element.declarations ?? [];
  const unchanged =
    !isUnsafe(element) &&
    !declarations.some(([prefix]) => safeName(prefix) !== prefix) &&
    children.every((c, n) => c === element.children[n]) &&
    attributes.every((a, n) => a === element.attributes[n]);
  if (unchanged) return element;
  return {
    namespace: element.namespace,
    text: element.text,
    ...safeNames(element),
    attributes,
    children,
    declarations: declarations.map(([prefix, uri]) => [safeName(prefix), uri]),
    resolvePrefix: (prefix) => element.resolvePrefix(prefix),
  };
}

type Named = { readonly local: string; readonly prefix?: string };
const isUnsafe = ({ local, prefix }: Named): boolean =>
  safeName(local) !== local || (prefix !== undefined && safeName(prefix) !== prefix);
const safeName = (name: string): string => name.replace(notNameCharacter, '_').replace(notFirstCharacter, '_$&');
const safeNames = ({ local, prefix }: Named): Named =>
  prefix === undefined ? { local: safeName(local) } : { local: safeName(local), prefix: safeName(prefix) };
