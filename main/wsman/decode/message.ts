/** SOAP messages and the frame around sealed ones (MS-WSMV 2.2.9.1), as far as it is in clear; fragments of PSRP in streams (MS-PSRP 2.2.4). */
import { maskSecrets } from '../exchange-masking.ts';
import { child, childText, descend, parseXml, type XmlElement } from '../xml.ts';
import { type DecodedField, type DecodedMessage, DecodeError, hexOf } from './field.ts';

/** Throws DecodeError. Secrets with telling names are masked. */
export function decodeEnvelope(xml: string): DecodedMessage {
  let root: XmlElement;
  try {
    root = parseXml(xml);
  } catch (cause) {
    const at = /\b(?:offset|position|at) (\d+)/.exec(cause instanceof Error ? cause.message : '')?.[1];
    throw new DecodeError(
      `It is no XML that could be read: ${cause instanceof Error ? cause.message.replace(/\.$/, '') : 'unknown reason'}`,
      Number(at ?? 0),
    );
  }
  const text = maskSecrets(xml);
  if (root.local !== 'Envelope') return { kind: `XML, ${root.local}`, fields: partsOf(root, xml), text };
  const header = child(root, 'Header');
  const body = child(root, 'Body');
  const fault = body && child(body, 'Fault');
  const fields: DecodedField[] = [];
  const put = (name: string, value: string | null | undefined) => {
    const found = value?.trim() ?? '';
    if (found !== '')
      fields.push({ name, value: found, offset: Math.max(0, xml.indexOf(found)), length: found.length });
  };
  for (const name of ['Action', 'To', 'ResourceURI', 'MessageID', 'RelatesTo', 'OperationTimeout', 'MaxEnvelopeSize']) {
    put(name, header && childText(header, name));
  }
  const selectors = header && child(header, 'SelectorSet');
  for (const selector of selectors?.children ?? []) {
    const name = selector.attributes.find(({ local }) => local === 'Name')?.value ?? '?';
    put('Selector', maskedPair(name, selector.text));
  }
  put('Body', body?.children[0]?.local);
  if (fault) {
    put('Fault', descend(fault, 'Code', 'Subcode', 'Value')?.text ?? descend(fault, 'Code', 'Value')?.text);
    put('Reason', descend(fault, 'Reason', 'Text')?.text);
    const detail = descend(fault, 'Detail', 'WSManFault');
    put('WSManFault', detail?.attributes.find(({ local }) => local === 'Code')?.value);
  }
  const identity = body && child(body, 'IdentifyResponse');
  if (identity) fields.push(...partsOf(identity, xml));
  const streams = streamsOf(root);
  for (const stream of streams) fields.push(...fragmentsOf(stream));
  return { kind: fault ? 'SOAP fault' : 'SOAP envelope', fields, text };
}

/** The children that are nothing but a text. */
function partsOf(element: XmlElement, xml: string): readonly DecodedField[] {
  return element.children
    .filter(({ children, text }) => children.length === 0 && text.trim() !== '')
    .slice(0, 200)
    .map(({ local, text }) => {
      const [, value = ''] = maskedPair(local, text.trim()).split(/=(.*)/s);
      return { name: local, value, offset: Math.max(0, xml.indexOf(text.trim())), length: text.trim().length };
    });
}

function maskedPair(name: string, value: string): string {
  const masked = /<s Name="[^"]*">(.*)<\/s>/s.exec(maskSecrets(`<s Name="${name.replace(/["<&]/g, '')}">x</s>`))?.[1];
  return `${name}=${masked === 'x' ? value : masked}`;
}

function streamsOf(root: XmlElement): readonly XmlElement[] {
  const found: XmlElement[] = [];
  const look = (element: XmlElement) => {
    if (['Stream', 'creationXml', 'Arguments'].includes(element.local) && element.text.trim() !== '')
      found.push(element);
    for (const inner of element.children) look(inner);
  };
  look(root);
  return found.slice(0, 64);
}

const messageTypes: Readonly<Record<number, string>> = {
  65538: 'SESSION_CAPABILITY',
  65540: 'INIT_RUNSPACEPOOL',
  65541: 'PUBLIC_KEY',
  65542: 'ENCRYPTED_SESSION_KEY',
  65543: 'PUBLIC_KEY_REQUEST',
  65544: 'CONNECT_RUNSPACEPOOL',
  135170: 'SET_MAX_RUNSPACES',
  135171: 'SET_MIN_RUNSPACES',
  135172: 'RUNSPACE_AVAILABILITY',
  135173: 'RUNSPACEPOOL_STATE',
  135174: 'CREATE_PIPELINE',
  135175: 'GET_AVAILABLE_RUNSPACES',
  135176: 'USER_EVENT',
  135177: 'APPLICATION_PRIVATE_DATA',
  135178: 'GET_COMMAND_METADATA',
  135179: 'RUNSPACEPOOL_INIT_DATA',
  135424: 'RUNSPACEPOOL_HOST_CALL',
  135425: 'RUNSPACEPOOL_HOST_RESPONSE',
  266242: 'PIPELINE_INPUT',
  266243: 'END_OF_PIPELINE_INPUT',
  266244: 'PIPELINE_OUTPUT',
  266245: 'ERROR_RECORD',
  266246: 'PIPELINE_STATE',
  266247: 'DEBUG_RECORD',
  266248: 'VERBOSE_RECORD',
  266249: 'WARNING_RECORD',
  266256: 'PROGRESS_RECORD',
  266257: 'INFORMATION_RECORD',
  266496: 'PIPELINE_HOST_CALL',
  266497: 'PIPELINE_HOST_RESPONSE',
};

/** Headers of the fragments in one stream, 2.2.4, and of the message that begins in one, 2.2.1. Nothing where it is none. */
function fragmentsOf(element: XmlElement): readonly DecodedField[] {
  const bytes = Buffer.from(element.text, 'base64');
  const fields: DecodedField[] = [];
  for (let at = 0; at + 21 <= bytes.length && fields.length < 64; ) {
    const flags = bytes[at + 16] ?? 0;
    const length = bytes.readUInt32BE(at + 17);
    // ObjectId and FragmentId count up from small numbers; whatever has others is another kind of stream.
    if (flags > 3 || at + 21 + length > bytes.length || bytes.readUInt32BE(at) !== 0) return [];
    const parts = [(flags & 1) !== 0 ? 'start' : '', (flags & 2) !== 0 ? 'end' : ''].filter((part) => part !== '');
    const type = (flags & 1) !== 0 && length >= 8 ? bytes.readUInt32LE(at + 25) : null;
    const words = [
      `object ${bytes.readBigUInt64BE(at)}`,
      `fragment ${bytes.readBigUInt64BE(at + 8)}`,
      ...parts,
      `${length} bytes`,
      ...(type === null ? [] : [messageTypes[type] ?? `message type 0x${type.toString(16)}`]),
    ];
    fields.push({
      name: `PSRP fragment in ${element.local}`,
      value: words.join(', '),
      offset: at,
      length: 21 + length,
    });
    at += 21 + length;
  }
  return fields;
}

/** The outer form of a multipart/encrypted or multipart/x-multi-encrypted body. Throws DecodeError. */
export function decodeMultipart(bytes: Uint8Array): DecodedMessage {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const boundary = /^\s*--\s?([^\r\n]{1,70})\r?\n/.exec(text)?.[1];
  if (boundary === undefined) throw new DecodeError('It does not begin with a boundary', 0);
  const fields: DecodedField[] = [{ name: 'boundary', value: boundary, offset: 0, length: boundary.length }];
  const opening = new RegExp(`--\\s?${boundary.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`, 'g');
  const starts = [...text.matchAll(opening)].map((match) => match.index + match[0].length);
  let isClosed = false;
  for (const [index, start] of starts.entries()) {
    if (text.startsWith('--', start)) {
      isClosed = true;
      break;
    }
    const end = (starts[index + 1] ?? text.length + boundary.length + 2) - boundary.length - 2;
    fields.push(...partFields(text.slice(start, end), start));
  }
  if (!isClosed) throw new DecodeError('The frame is not closed by its boundary', text.length);
  return { kind: 'sealed message (multipart/encrypted), its outer form', fields };
}

function partFields(part: string, start: number): readonly DecodedField[] {
  const fields: DecodedField[] = [];
  const headers = /^(?:\r?\n[\t ]*[A-Za-z-]+:[^\r\n]*)+\r?\n/.exec(part)?.[0] ?? '';
  for (const match of headers.matchAll(/([A-Za-z-]+):[\t ]*([^\r\n]*)/g)) {
    const [line, name = '', value = ''] = match;
    fields.push({ name, value, offset: start + match.index, length: line.length });
  }
  if (!/application\/octet-stream/i.test(headers)) return fields;
  const body = Buffer.from(part.slice(headers.length), 'latin1');
  const at = start + headers.length;
  if (body.length < 4) throw new DecodeError('The sealed part ends before the length of its signature', at);
  const length = body.readUInt32LE(0);
  if (4 + length > body.length) throw new DecodeError('The signature runs past the end of the sealed part', at);
  return [
    ...fields,
    { name: 'signature', value: hexOf(body.subarray(4, 4 + length)), offset: at + 4, length },
    {
      name: 'data',
      value: `${body.length - 4 - length} bytes, encrypted`,
      offset: at + 4 + length,
      length: body.length - 4 - length,
    },
  ];
}
