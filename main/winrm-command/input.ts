/** The XML that a set, create or invoke sends: made of the pairs of the line, or read from a file. */
import {
  decodeText,
  escapeXml,
  isLocation,
  isNil,
  ns,
  ProtocolError,
  parseXml,
  type XmlAttribute,
  type XmlElement,
} from '../wsman/index.ts';
import { readGivenFile } from './bounded-file.ts';
import { CommandLineError, type Input, type InputPair } from './command.ts';
import type { CommandEnvironment } from './run.ts';

/** A request is limited to MaxEnvelopeSizekb, some hundred KB; what is larger is another file. */
const maxFileLength = 4_000_000;

/** `<p:ROOT xmlns:p="URI"><p:KEY>VALUE</p:KEY>…`, or the file's document. Throws CommandLineError where the file cannot be used. */
export async function inputXml(
  input: Input,
  root: string,
  resourceUri: string,
  environment: Pick<CommandEnvironment, 'readFile'>,
): Promise<string> {
  if (input.kind === 'file') return readXmlFile(input.path, environment);
  const content = input.pairs
    .map(([name, value]) =>
      value === null ? `<p:${name} xsi:nil="true"/>` : `<p:${name}>${escapeXml(value)}</p:${name}>`,
    )
    .join('');
  return `<p:${root} xmlns:p="${escapeXml(resourceUri).replaceAll('"', '&quot;')}">${content}</p:${root}>`;
}

/** As it is, once it is sure to be one well-formed document: anything else would break the envelope around it. */
async function readXmlFile(path: string, environment: Pick<CommandEnvironment, 'readFile'>): Promise<string> {
  const bytes = await readGivenFile('file', path, maxFileLength, environment);
  try {
    parseXml(bytes);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new CommandLineError(`The file ${path} does not hold one well-formed XML document. ${error.message}`);
  }
  return decodeText(bytes, null).replace(/^\ufeff?\s*<\?xml[^>]*\?>/, '');
}

/**
 * What a `set` puts: the document as it was read, with the named properties changed (winrm's own way: it reads, edits and writes back the
 * whole). A property is a child of the root, by its name as it is written there; the address that WinRM 1.1 puts into an instance
 * (cim:Location) is none. Throws CommandLineError where a name is not there, is there several times, or holds more than a value.
 */
export function editProperties(document: XmlElement, pairs: readonly InputPair[]): XmlElement {
  let children = document.children;
  for (const [name, value] of pairs) {
    const found = children.filter((child) => child.local === name && !isLocation(child));
    const [property] = found;
    if (property === undefined) throw new CommandLineError(missing(children, name));
    if (found.length > 1) {
      throw new CommandLineError(
        `The property ${name} is there ${found.length} times; an array cannot be set by its name. Put the whole with -file:FILE.`,
      );
    }
    if (property.children.length > 0) {
      throw new CommandLineError(
        `The property ${name} holds more than one value, so it cannot be set by its name. Set what is inside it, or put the whole with -file:FILE.`,
      );
    }
    children = children.map((child) => (child === property ? withValue(property, value) : child));
  }
  return changed(document, { children });
}

function missing(children: readonly XmlElement[], name: string): string {
  const other = children.find((child) => child.local.toLowerCase() === name.toLowerCase());
  return other === undefined
    ? `There is no property ${name}, so it cannot be set.`
    : `There is no property ${name}; it is written ${other.local}, and properties are told apart by case.`;
}

function withValue(property: XmlElement, value: string | null): XmlElement {
  const rest = property.attributes.filter(({ namespace, local }) => !(namespace === ns.xsi && local === 'nil'));
  if (value !== null) return changed(property, { text: value, attributes: rest });
  if (isNil(property)) return property;
  const nil: XmlAttribute = { namespace: ns.xsi, local: 'nil', prefix: 'xsi', value: 'true' };
  return changed(property, { text: '', attributes: [...rest, nil] });
}

function changed(
  element: XmlElement,
  change: Partial<Pick<XmlElement, 'text' | 'children' | 'attributes'>>,
): XmlElement {
  const { namespace, local, prefix, declarations, attributes, children, text } = element;
  return {
    namespace,
    local,
    attributes,
    children,
    text,
    ...change,
    ...(prefix === undefined ? {} : { prefix }),
    ...(declarations === undefined ? {} : { declarations }),
    resolvePrefix: (name) => element.resolvePrefix(name),
  };
}
