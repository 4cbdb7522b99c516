/** One item, or many, in each of the formats. */
import { serializeXml, type XmlElement } from '../wsman/index.ts';
import type { Format } from './command.ts';
import { formatJson } from './json-format.ts';
import { createTable, formatProperties } from './table-format.ts';
import { formatText, hidden } from './text-format.ts';

/** The answer of a Get, an Identify, an Invoke: with the line break at its end, and in text the empty line that winrm leaves. */
export function formatItem(element: XmlElement, format: Format): string {
  switch (format) {
    case 'text':
      return `${formatText(element)}\n`;
    case 'xml':
      return `${safeXml(element, 0)}\n`;
    case 'pretty':
      return `${safeXml(element, 4)}\n`;
    case 'json':
      return `${formatJson(element)}\n`;
    case 'table':
      return `${formatProperties(element)}\n`;
  }
}

const resultsNamespace = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/results';

/** An enumeration as it comes: what stands around the items is printed whether there are any or not. */
export interface ResultWriter {
  readonly opening: string;
  batch(elements: readonly XmlElement[]): string;
  readonly closing: () => string;
}

/** Nothing around the items in text and table; one document in xml, pretty and json, also when it breaks off in the middle. */
export function createResultWriter(format: Format): ResultWriter {
  if (format === 'table') {
    const table = createTable();
    return { opening: '', batch: (elements) => table.rows(elements), closing: () => '\n' };
  }
  if (format === 'json') {
    let isFirst = true;
    const item = (element: XmlElement): string => {
      const separator = isFirst ? '\n  ' : ',\n  ';
      isFirst = false;
      return separator + formatJson(element, '  ');
    };
    return {
      opening: '[',
      batch: (elements) => elements.map(item).join(''),
      closing: () => (isFirst ? ']\n' : '\n]\n'),
    };
  }
  const isXml = format !== 'text';
  return {
    opening: isXml ? `<wsman:Results xmlns:wsman="${resultsNamespace}">\n` : '',
    batch: (elements) => elements.map((element) => formatResult(element, format)).join(''),
    closing: () => (isXml ? '</wsman:Results>\n' : ''),
  };
}

/** One of many: in pretty it stands one level inside the frame. */
function formatResult(element: XmlElement, format: 'text' | 'xml' | 'pretty'): string {
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

/** Not a name of XML 1.0 (fifth edition, productions 4 and 4a), without the colon. */
const notNameCharacter =
  /[^A-Za-z0-9_.\u00b7\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u037d\u037f-\u1fff\u200c-\u200d\u203f\u2040\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\u{10000}-\u{effff}-]/gu;
/** Name characters that cannot come first. */
const notFirstCharacter = /^(?:[.0-9\u00b7\u203f-\u2040-]|[\u0300-\u036f])/u;

/**
 * Well-formed whatever the target sent: the reader is lenient about names, so what is no name character becomes `_` here. What a terminal
 * should not get becomes a reference, which means the same.
 */
function safeXml(element: XmlElement, indent: number): string {
  return serializeXml(withSafeNames(element), { indent }).replace(
    hidden,
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
