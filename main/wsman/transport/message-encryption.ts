/**
 * Sealed messages in HTTP bodies: multipart/encrypted (MS-WSMV 2.2.9.1), both directions, for client and lab alike.
 *
 * Invariant kept here and in connection.ts: over plain HTTP nothing goes out unsealed but anonymous Identify and the empty
 * authentication POST, unless the user has allowed clear text for that one machine; and in a sealed session an unsealed body is
 * never decoded as SOAP.
 *
 * Deviations read, never written: a blank before the boundary's name (sample 4.5, Exchange), no TAB before part headers and a CRLF
 * after the closing boundary (OMI), NULs behind the plaintext (OMI's client).
 */
import type { OwnContext, SealedMessage, SecurityContext } from '../auth/security-context.ts';
import { ProtocolError } from '../errors.ts';

/** Which scheme the security context came about under; it names the protocol of the sealed message. Either is taken on receipt. */
export type SealingProtocol = 'SPNEGO' | 'Kerberos';

export const SOAP_CONTENT_TYPE = 'application/soap+xml;charset=UTF-8';
export const SOAP_UTF16_CONTENT_TYPE = 'application/soap+xml;charset=UTF-16';

/** The Content-Type header of a sealed message, as Windows writes it. */
export function sealedContentType(protocol: SealingProtocol): string {
  return `multipart/encrypted;protocol="${protocolName(protocol)}";boundary="Encrypted Boundary"`;
}
export const SEALED_CONTENT_TYPE = sealedContentType('SPNEGO');

const CLOSING = Buffer.from('--Encrypted Boundary--\r\n', 'latin1');
const CRLF = Buffer.from('\r\n', 'latin1');
/** The headers of both parts are some 220 bytes; whatever is much longer is something else. */
const MAX_HEADER_BYTES = 2048;
/** A block cipher's padding, the most by which sealed data may exceed the stated length. */
const MAX_PADDING = 16;

function protocolName(protocol: SealingProtocol): string {
  return `application/HTTP-${protocol}-session-encrypted`;
}

/** True for a Content-Type header that announces a sealed message, whichever mechanism it names. */
export function isSealedContentType(contentType: string): boolean {
  return /^\s*multipart\/(x-multi-)?encrypted\b/i.test(contentType);
}

/**
 * Seals SOAP and frames it. Advances the context's sequence number: the result must be sent, in order. `contentType`: of the SOAP before
 * sealing. `protocol`: by the scheme that the context came about under.
 */
export function wrapMessage(
  context: OwnContext,
  soap: Uint8Array,
  contentType: string = SOAP_CONTENT_TYPE,
  protocol: SealingProtocol = 'SPNEGO',
): Uint8Array {
  return frame(context.wrap(soap), contentType, protocol);
}

/** `wrapMessage` for a context that may seal elsewhere (SSPI). One at a time. */
export async function wrapMessageLater(
  context: SecurityContext,
  soap: Uint8Array,
  protocol: SealingProtocol,
  contentType: string = SOAP_CONTENT_TYPE,
): Promise<Uint8Array> {
  return frame(await context.wrap(soap), contentType, protocol);
}

function frame({ signature, data }: SealedMessage, contentType: string, protocol: SealingProtocol): Uint8Array {
  // The length of the data, which is the plaintext's, unless a library of the system insists on padding: then that is counted too.
  const header =
    `--Encrypted Boundary\r\n\tContent-Type: ${protocolName(protocol)}\r\n` +
    `\tOriginalContent: type=${contentType};Length=${data.length}\r\n` +
    '--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n';
  const framed = Buffer.allocUnsafe(header.length + 4 + signature.length + data.length + CLOSING.length);
  let at = framed.write(header, 0, 'latin1');
  at = framed.writeUInt32LE(signature.length, at);
  framed.set(signature, at);
  at += signature.length;
  framed.set(data, at);
  at += data.length;
  framed.set(CLOSING, at);
  return framed;
}

/** A sealed message once opened: the SOAP bytes, and the Content-Type they had before sealing. */
export interface OpenedMessage {
  readonly contentType: string;
  readonly soap: Uint8Array;
}

/**
 * Opens a sealed message. Throws ProtocolError where the frame, the signature or the sequence number is wrong; the context is then of no
 * use any more.
 */
export function unwrapMessage(context: OwnContext, body: Uint8Array): OpenedMessage {
  const { contentType, signature, data } = parseFrame(body);
  return opened(contentType, context.unwrap(signature, data));
}

/** `unwrapMessage` for a context that may open messages elsewhere (SSPI). One at a time. */
export async function unwrapMessageLater(context: SecurityContext, body: Uint8Array): Promise<OpenedMessage> {
  const { contentType, signature, data } = parseFrame(body);
  return opened(contentType, await context.unwrap(signature, data));
}

function opened(contentType: string, plain: Uint8Array): OpenedMessage {
  return { contentType, soap: trimNul(plain, /charset="?utf-16/i.test(contentType) ? 2 : 1) };
}

function parseFrame(body: Uint8Array): SealedMessage & { readonly contentType: string } {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const { contentType, length, start } = readFrameHeaders(bytes);
  if (start + 4 > bytes.length) throw broken('it ends before the signature');
  const dataAt = start + 4 + bytes.readUInt32LE(start);
  if (dataAt + length > bytes.length) throw broken('it is shorter than it says');
  const dataEnd = findDataEnd(bytes, dataAt, length);
  return { contentType, signature: bytes.subarray(start + 4, dataAt), data: bytes.subarray(dataAt, dataEnd) };
}

/** Walks the part headers line by line; the binary part begins right after its Content-Type line. */
function readFrameHeaders(bytes: Buffer): { contentType: string; length: number; start: number } {
  let contentType = SOAP_CONTENT_TYPE;
  let length = -1;
  let boundaries = 0;
  let at = 0;
  while (at < MAX_HEADER_BYTES) {
    const end = bytes.indexOf(CRLF, at);
    if (end < 0 || end > MAX_HEADER_BYTES) break;
    const line = bytes.toString('latin1', at, end).trim();
    at = end + 2;
    if (/^-- ?Encrypted Boundary$/.test(line)) {
      boundaries++;
      continue;
    }
    if (boundaries === 0 && line !== '') break;
    const original = /^OriginalContent:\s*type=(.*);\s*Length=(\d{1,10})$/i.exec(line);
    if (original) {
      contentType = original[1]!;
      length = Number(original[2]);
    } else if (boundaries === 2 && /^Content-Type:\s*application\/octet-stream$/i.test(line)) {
      if (length < 0) throw broken('it does not say its length');
      return { contentType, length, start: at };
    }
  }
  throw broken('its part headers are not those of a sealed message');
}

/** Where the closing boundary begins: by the stated length, or up to one cipher block later where padding was not counted. */
function findDataEnd(bytes: Buffer, dataAt: number, length: number): number {
  for (let end = dataAt + length; end <= dataAt + length + MAX_PADDING; end++) {
    const tail = bytes.toString('latin1', end, end + 32);
    if (/^-- ?Encrypted Boundary(--)?\s*$/.test(tail)) return end;
  }
  throw broken('the closing boundary is not where the length puts it');
}

/** Drops whole NUL characters from the end: half of one belongs to the last character of UTF-16. */
function trimNul(plain: Uint8Array, bytesPerCharacter: 1 | 2): Uint8Array {
  let end = plain.length;
  while (end >= bytesPerCharacter && plain[end - 1] === 0 && plain[end - bytesPerCharacter] === 0)
    end -= bytesPerCharacter;
  return end === plain.length ? plain : plain.subarray(0, end);
}

function broken(what: string): ProtocolError {
  return new ProtocolError(`A sealed message cannot be read: ${what}.`);
}
