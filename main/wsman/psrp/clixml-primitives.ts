/** The primitive types of CLIXML (MS-PSRP 2.2.5.1): one element each, both ways. */
import { ProtocolError } from '../errors.ts';
import { attribute, escapeXml, type XmlElement } from '../xml.ts';
import { decodeClixmlText, encodeClixmlText } from './clixml-text.ts';
import type { PsNumber, PsPrimitive, PsProgress, PsText } from './clixml-types.ts';

const ranges: ReadonlyMap<string, readonly [least: number, most: number]> = new Map([
  ['By', [0, 0xff]],
  ['SB', [-0x80, 0x7f]],
  ['U16', [0, 0xffff]],
  ['I16', [-0x8000, 0x7fff]],
  ['U32', [0, 0xffff_ffff]],
  ['I32', [-0x8000_0000, 0x7fff_ffff]],
]);
const least64 = -(2n ** 63n);
const most64 = 2n ** 63n - 1n;

const whole = /^[+-]?[0-9]{1,40}$/;
const real = /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,5})?$/;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** Forms of the types that are kept as text. The others are any text. */
const forms: ReadonlyMap<string, RegExp> = new Map([
  ['DT', /^-?[0-9]{4,9}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})?$/],
  [
    'TS',
    /^-?P(?=.)([0-9]{1,12}Y)?([0-9]{1,12}M)?([0-9]{1,12}D)?(T(?=.)([0-9]{1,12}H)?([0-9]{1,12}M)?([0-9]{1,12}(\.[0-9]{1,9})?S)?)?$/,
  ],
  ['D', /^-?[0-9]{1,40}(\.[0-9]{1,40})?$/],
  ['G', /^\{?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?$/],
  ['Version', /^[0-9]{1,10}(\.[0-9]{1,10}){1,3}$/],
  ['SS', base64],
]);
/** Types whose text may hold anything, so that it goes through `_xHHHH_`. */
const encoded: ReadonlySet<string> = new Set(['URI', 'XD', 'SBK', 'SemanticVersion']);

const broken = (what: string, text: string): ProtocolError =>
  new ProtocolError(`The CLIXML cannot be read: "${text.slice(0, 80)}" is no ${what}.`);

/** The value of an element that is a primitive; undefined for an element of another kind. Throws ProtocolError for text that is not of its type. */
export function readPrimitive(element: XmlElement): PsPrimitive | undefined {
  const { local } = element;
  if (local === 'PR') return readProgress(element);
  const read = readers.get(local);
  if (read === undefined) return undefined;
  if (element.children.length > 0) throw new ProtocolError(`The CLIXML cannot be read: ${local} has elements inside.`);
  return read(local, element.text);
}

const readers: ReadonlyMap<string, (local: string, text: string) => PsPrimitive> = new Map<
  string,
  (local: string, text: string) => PsPrimitive
>([
  ['Nil', () => null],
  ['S', (_, text) => decodeClixmlText(text)],
  ['B', (_, text) => readBoolean(text.trim())],
  ['I32', (local, text) => readWhole(local, text.trim())],
  ['I64', (local, text) => readBig(local, text.trim(), least64, most64)],
  ['U64', (local, text) => ({ clixml: 'U64', value: readBig(local, text.trim(), 0n, 2n ** 64n - 1n) })],
  ['BA', (_, text) => readBytes(text.replace(/[ \t\n]+/g, ''))],
  ['C', (local, text) => ({ clixml: 'C', value: String.fromCharCode(readInRange(local, text.trim(), 0, 0xffff)) })],
  ...(['By', 'SB', 'U16', 'I16', 'U32'] as const).map(
    (name) =>
      [name, (local: string, text: string) => ({ clixml: name, value: readWhole(local, text.trim()) })] as const,
  ),
  ...(['Sg', 'Db'] as const).map(
    (name) => [name, (local: string, text: string) => ({ clixml: name, value: readReal(local, text.trim()) })] as const,
  ),
  ...(['DT', 'TS', 'D', 'G', 'Version', 'SS', 'URI', 'XD', 'SBK', 'SemanticVersion'] as const).map(
    (name) => [name, (_: string, text: string) => readText(name, text)] as const,
  ),
]);

function readBoolean(text: string): boolean {
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  throw broken('B', text);
}

function readInRange(local: string, text: string, least: number, most: number): number {
  const value = whole.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) throw broken(local, text);
  // -0 is no whole number that anybody sent.
  return value + 0;
}

function readWhole(local: string, text: string): number {
  const [least, most] = ranges.get(local)!;
  return readInRange(local, text, least, most);
}

function readBig(local: string, text: string, least: bigint, most: bigint): bigint {
  const value = whole.test(text) ? BigInt(text.replace(/^\+/, '')) : null;
  if (value === null || value < least || value > most) throw broken(local, text);
  return value;
}

/** xs:double as .NET writes it (XmlConvert): INF and -INF for the infinities. */
function readReal(local: string, text: string): number {
  if (text === 'NaN') return Number.NaN;
  if (text === 'INF') return Number.POSITIVE_INFINITY;
  if (text === '-INF') return Number.NEGATIVE_INFINITY;
  if (text.length > 400 || !real.test(text)) throw broken(local, text);
  return Number(text);
}

function readBytes(text: string): Uint8Array {
  if (!base64.test(text)) throw broken('BA', text);
  return new Uint8Array(Buffer.from(text, 'base64'));
}

function readText(name: PsText['clixml'], text: string): PsText {
  if (encoded.has(name)) return { clixml: name, value: decodeClixmlText(text) };
  const value = text.trim();
  if (!forms.get(name)!.test(value)) throw broken(name, name === 'SS' ? '(hidden)' : value);
  return { clixml: name, value };
}

/** AV, AI, the current operation as a value of its own, PI, PC, T, SR, SD: in this order. */
function readProgress(element: XmlElement): PsProgress {
  const field = (local: string): string | null => {
    const found = element.children.find((candidate) => candidate.local === local);
    return found === undefined || found.children.length > 0 ? null : decodeClixmlText(found.text);
  };
  const number = (local: string): number => {
    const text = field(local);
    return text === null ? -1 : readWhole('I32', text.trim());
  };
  const known = new Set(['AV', 'AI', 'S', 'CO', 'Nil', 'PI', 'PC', 'T', 'SR', 'SD']);
  const strange = element.children.find(({ local }) => !known.has(local));
  if (strange) throw new ProtocolError(`The CLIXML cannot be read: ${strange.local.slice(0, 40)} inside PR.`);
  return {
    clixml: 'PR',
    activity: field('AV') ?? '',
    activityId: number('AI'),
    currentOperation: field('S') ?? field('CO'),
    parentActivityId: number('PI'),
    percentComplete: number('PC'),
    type: field('T') ?? '',
    secondsRemaining: number('SR'),
    statusDescription: field('SD') ?? '',
  };
}

/**
 * A primitive as its element. `attributes` goes behind the name as it is.
 * Throws RangeError for a value that its type cannot hold, which is a mistake of the caller.
 */
export function writePrimitive(value: PsPrimitive, attributes: string): string {
  const element = (local: string, text: string): string =>
    text === '' ? `<${local}${attributes}></${local}>` : `<${local}${attributes}>${text}</${local}>`;
  const text = (raw: string): string => escapeXml(encodeClixmlText(raw));
  if (value === null) return `<Nil${attributes} />`;
  switch (typeof value) {
    case 'boolean':
      return element('B', String(value));
    case 'number':
      return element('I32', wholeText('I32', value));
    case 'bigint':
      if (value < least64 || value > most64) throw new RangeError(`${value} does not fit an I64.`);
      return element('I64', String(value));
    case 'string':
      return element('S', text(value));
    default:
  }
  if (value instanceof Uint8Array) {
    return element('BA', Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64'));
  }
  switch (value.clixml) {
    case 'PR':
      return element('PR', progressText(value, text));
    case 'U64':
      if (value.value < 0n || value.value >= 2n ** 64n) throw new RangeError(`${value.value} does not fit a U64.`);
      return element('U64', String(value.value));
    case 'C':
      if (value.value.length !== 1) throw new RangeError('A C is one UTF-16 unit.');
      return element('C', String(value.value.charCodeAt(0)));
    case 'Sg':
    case 'Db':
      return element(value.clixml, realText(value.value));
    case 'By':
    case 'SB':
    case 'U16':
    case 'I16':
    case 'U32':
      return element(value.clixml, wholeText(value.clixml, value.value));
    default: {
      const form = forms.get(value.clixml);
      if (form !== undefined && !form.test(value.value)) throw new RangeError(`This is no ${value.clixml}.`);
      return element(value.clixml, text(value.value));
    }
  }
}

function wholeText(name: PsNumber['clixml'] | 'I32', value: number): string {
  const [least, most] = ranges.get(name)!;
  if (!Number.isInteger(value) || value < least || value > most) throw new RangeError(`${value} does not fit ${name}.`);
  return String(value);
}

function realText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'INF' : '-INF';
  return Object.is(value, -0) ? '-0' : String(value).replace('e', 'E');
}

function progressText(value: PsProgress, text: (raw: string) => string): string {
  const operation = value.currentOperation === null ? '<Nil />' : `<S>${text(value.currentOperation)}</S>`;
  return (
    `<AV>${text(value.activity)}</AV><AI>${wholeText('I32', value.activityId)}</AI>${operation}` +
    `<PI>${wholeText('I32', value.parentActivityId)}</PI><PC>${wholeText('I32', value.percentComplete)}</PC><T>${text(value.type)}</T>` +
    `<SR>${wholeText('I32', value.secondsRemaining)}</SR><SD>${text(value.statusDescription)}</SD>`
  );
}

/** The N attribute, decoded; null where there is none. */
export function nameOf(element: XmlElement): string | null {
  const name = attribute(element, 'N');
  return name === null ? null : decodeClixmlText(name);
}
