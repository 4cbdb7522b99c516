/**
 * CLIXML, the serialisation of PowerShell (MS-PSRP 2.2.5): the data of every PSRP message, and what powershell.exe writes to stderr.
 * Shapes are those of the specification as Windows writes them. Input is hostile data: `xml.ts` bounds size, depth and count of elements,
 * an element that the specification does not know is refused, references resolve backwards only.
 */
import { ProtocolError } from '../errors.ts';
import { attribute, escapeAttribute, parseXml, type XmlElement } from '../xml.ts';
import { nameOf, readPrimitive, writePrimitive } from './clixml-primitives.ts';
import { decodeClixmlText, encodeClixmlText } from './clixml-text.ts';
import {
  isPsObject,
  type PsContainer,
  type PsObject,
  type PsPrimitive,
  type PsProperty,
  type PsValue,
} from './clixml-types.ts';

const clixmlNamespace = 'http://schemas.microsoft.com/powershell/2004/04';
/** Objects inside objects. One costs up to three levels of XML, which are bounded themselves (128). */
const maxDepth = 40;

const cannot = (what: string): ProtocolError => new ProtocolError(`The CLIXML cannot be read: ${what}.`);

/** What is known while one document is read: references point to what came before them. */
interface Reading {
  readonly objects: Map<string, PsObject>;
  readonly typeNames: Map<string, readonly string[]>;
  /** RefIds of the objects that are being read, outermost first. */
  readonly open: (string | null)[];
}

const newReading = (): Reading => ({ objects: new Map(), typeNames: new Map(), open: [] });

/** The value of one element: the data of a message. Throws ProtocolError for anything that is not bounded, well-formed CLIXML. */
export function deserializeClixml(xml: string): PsValue {
  return readValue(parseXml(xml), newReading());
}

export interface ClixmlItem {
  /** `Error`, `progress`, `output` …: the S attribute; null where there is none. */
  readonly stream: string | null;
  readonly value: PsValue;
}

/**
 * The values of a document (2.2.5, `Objs`), or of several one after the other, with or without the line `#< CLIXML` that powershell.exe puts
 * before them. Throws ProtocolError.
 */
export function readObjs(text: string): ClixmlItem[] {
  const items: ClixmlItem[] = [];
  for (const document of text.replace(/^\ufeff/, '').split(/(?<=<\/Objs>)|^#< CLIXML\r?\n/m)) {
    if (document.trim() === '') continue;
    const root = parseXml(document.trim());
    checkNamespace(root);
    if (root.local !== 'Objs') throw cannot(`${root.local.slice(0, 40)} where Objs is expected`);
    const reading = newReading();
    for (const element of root.children) {
      items.push({ stream: attribute(element, 'S'), value: readValue(element, reading) });
    }
  }
  return items;
}

function checkNamespace(element: XmlElement): void {
  if (element.namespace !== '' && element.namespace !== clixmlNamespace) {
    throw cannot(`an element of the namespace ${element.namespace.slice(0, 80)}`);
  }
}

function readValue(element: XmlElement, reading: Reading): PsValue {
  checkNamespace(element);
  if (element.local === 'Obj') return readObject(element, reading);
  if (element.local === 'Ref') return resolve(element, reading);
  const primitive = readPrimitive(element);
  if (primitive === undefined) throw cannot(`the element ${element.local.slice(0, 40)} is unknown`);
  return primitive;
}

function resolve(element: XmlElement, reading: Reading): PsValue {
  const id = attribute(element, 'RefId');
  const found = id === null ? undefined : reading.objects.get(id);
  if (found !== undefined) return found;
  const at = id === null ? -1 : reading.open.lastIndexOf(id);
  if (at < 0) throw cannot(`a reference to "${String(id).slice(0, 40)}", which was not there before`);
  return { clixml: 'Ref', levelsUp: reading.open.length - 1 - at };
}

function readObject(element: XmlElement, reading: Reading): PsObject {
  const id = attribute(element, 'RefId');
  if (id !== null && (reading.objects.has(id) || reading.open.includes(id))) {
    throw cannot(`two objects with the RefId "${id.slice(0, 40)}"`);
  }
  if (reading.open.push(id) > maxDepth) throw cannot(`objects nested deeper than ${maxDepth}`);
  const parts: { -readonly [K in keyof PsObject]: PsObject[K] } = {
    clixml: 'Obj',
    typeNames: [],
    text: null,
    base: undefined,
    container: null,
    adapted: [],
    extended: [],
  };
  for (const part of element.children) {
    checkNamespace(part);
    switch (part.local) {
      case 'TN':
      case 'TNRef':
        parts.typeNames = readTypeNames(part, reading);
        break;
      case 'ToString':
        parts.text = decodeClixmlText(part.text);
        break;
      case 'Props':
        parts.adapted = readProperties(part, reading);
        break;
      case 'MS':
        parts.extended = readProperties(part, reading);
        break;
      case 'LST':
      case 'IE':
      case 'QUE':
      case 'STK':
      case 'DCT':
        if (parts.container !== null) throw cannot('an object with two containers');
        parts.container = readContainer(part, part.local, reading);
        break;
      default:
        if (parts.base !== undefined) throw cannot('an object with two values');
        parts.base = readValue(part, reading);
    }
  }
  reading.open.pop();
  if (id !== null) reading.objects.set(id, parts);
  return parts;
}

function readTypeNames(element: XmlElement, reading: Reading): readonly string[] {
  const id = attribute(element, 'RefId');
  if (element.local === 'TNRef') {
    const known = id === null ? undefined : reading.typeNames.get(id);
    if (known === undefined) throw cannot(`type names "${String(id).slice(0, 40)}", which were not there before`);
    return known;
  }
  const names = element.children.map((type) => {
    if (type.local !== 'T') throw cannot(`${type.local.slice(0, 40)} inside TN`);
    return decodeClixmlText(type.text);
  });
  if (id !== null) reading.typeNames.set(id, names);
  return names;
}

function readProperties(element: XmlElement, reading: Reading): PsProperty[] {
  return element.children.map((property) => {
    const name = nameOf(property);
    if (name === null) throw cannot(`a property without a name inside ${element.local}`);
    return { name, value: readValue(property, reading) };
  });
}

function readContainer(element: XmlElement, kind: PsContainer['kind'], reading: Reading): PsContainer {
  if (kind !== 'DCT') return { kind, items: element.children.map((item) => readValue(item, reading)) };
  const entries = element.children.map((entry): readonly [PsValue, PsValue] => {
    const [key, value, ...more] = entry.children;
    if (entry.local !== 'En' || key === undefined || value === undefined || more.length > 0) {
      throw cannot('a dictionary entry without exactly a key and a value');
    }
    if (nameOf(key) === 'Value' && nameOf(value) === 'Key') throw cannot('a dictionary entry with its value first');
    return [readValue(key, reading), readValue(value, reading)];
  });
  return { kind, entries };
}

interface Writing {
  readonly objects: Map<PsObject, number>;
  readonly typeNames: Map<string, number>;
  readonly open: PsObject[];
}

/**
 * A value as one element, as it stands in the data of a message: without a declaration and without a namespace.
 * Throws RangeError for a value that its type cannot hold or objects nested too deep, which are mistakes of the caller.
 */
export function serializeClixml(value: PsValue): string {
  return writeValue(value, '', { objects: new Map(), typeNames: new Map(), open: [] });
}

/** A whole document, as powershell.exe writes it behind the line `#< CLIXML`. */
export function writeObjs(items: readonly ClixmlItem[]): string {
  const writing: Writing = { objects: new Map(), typeNames: new Map(), open: [] };
  const elements = items.map(({ stream, value }) =>
    writeValue(value, stream === null ? '' : ` S="${escapeAttribute(stream)}"`, writing),
  );
  return `<Objs Version="1.1.0.1" xmlns="${clixmlNamespace}">${elements.join('')}</Objs>`;
}

function writeValue(value: PsValue, attributes: string, writing: Writing): string {
  if (isPsObject(value)) return writeObject(value, attributes, writing);
  if (typeof value === 'object' && value !== null && 'clixml' in value && value.clixml === 'Ref') {
    const target = writing.open[writing.open.length - 1 - value.levelsUp];
    if (target === undefined) throw new RangeError('A cycle that leads out of the value.');
    return `<Ref${attributes} RefId="${writing.objects.get(target)!}" />`;
  }
  return writePrimitive(value as PsPrimitive, attributes);
}

function writeObject(object: PsObject, attributes: string, writing: Writing): string {
  const known = writing.objects.get(object);
  if (known !== undefined) return `<Ref${attributes} RefId="${known}" />`;
  const id = writing.objects.size;
  writing.objects.set(object, id);
  if (writing.open.push(object) > maxDepth) throw new RangeError(`Objects nested deeper than ${maxDepth}.`);
  let inner = writeTypeNames(object.typeNames, writing);
  if (object.text !== null) inner += `<ToString>${writePlain(object.text)}</ToString>`;
  if (object.base !== undefined) inner += writeValue(object.base, '', writing);
  if (object.container !== null) inner += writeContainer(object.container, writing);
  inner += writeProperties('Props', object.adapted, writing) + writeProperties('MS', object.extended, writing);
  writing.open.pop();
  return `<Obj${attributes} RefId="${id}">${inner}</Obj>`;
}

/** The words of an S element without the element. */
function writePlain(text: string): string {
  return writePrimitive(text, '').slice(3, -4);
}

function writeTypeNames(names: readonly string[], writing: Writing): string {
  if (names.length === 0) return '';
  const key = names.join('\u0000');
  const known = writing.typeNames.get(key);
  if (known !== undefined) return `<TNRef RefId="${known}" />`;
  const id = writing.typeNames.size;
  writing.typeNames.set(key, id);
  return `<TN RefId="${id}">${names.map((name) => `<T>${writePlain(name)}</T>`).join('')}</TN>`;
}

function writeProperties(local: 'Props' | 'MS', properties: readonly PsProperty[], writing: Writing): string {
  if (properties.length === 0) return '';
  const inner = properties.map(({ name, value }) =>
    writeValue(value, ` N="${escapeAttribute(encodeClixmlText(name))}"`, writing),
  );
  return `<${local}>${inner.join('')}</${local}>`;
}

function writeContainer(container: PsContainer, writing: Writing): string {
  if (container.kind !== 'DCT') {
    const items = container.items.map((item) => writeValue(item, '', writing));
    return items.length === 0 ? `<${container.kind} />` : `<${container.kind}>${items.join('')}</${container.kind}>`;
  }
  const entries = container.entries.map(
    ([key, value]) => `<En>${writeValue(key, ' N="Key"', writing)}${writeValue(value, ' N="Value"', writing)}</En>`,
  );
  return entries.length === 0 ? '<DCT />' : `<DCT>${entries.join('')}</DCT>`;
}
