/**
 * HTTP/1.1 messages (RFC 9112) for one connection with one request in flight: a strict, bounded reader of answers and the text of
 * request heads. Node's own client costs more than sealing does, and hides the socket that the security context belongs to.
 *
 * Read, though odd: `HTTP/1.1 200 (null)` (openwsman), `content-length: 0000000000` (OpenPegasus), an authentication leg answered
 * `200 Success` with neither length nor body (OMI), 1xx before the answer.
 */
import { splitChallenges } from '../auth/challenge-list.ts';
import { ProtocolError, TransportError } from '../errors.ts';
import { uriHost } from '../target.ts';

const MAX_HEAD_BYTES = 64 * 1024;
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const EMPTY = Buffer.alloc(0);
const HEAD_END = Buffer.from('\r\n\r\n', 'latin1');

export type HttpHeaders = readonly (readonly [name: string, value: string])[];

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: HttpHeaders;
  readonly body: Buffer;
  /** False where the connection ends with this answer. */
  readonly keepAlive: boolean;
}

export interface ResponseReader {
  /** Before each request. `lengthless`: what an answer without any length means, no body or one that lasts until the close. */
  begin(lengthless: 'empty' | 'until-close'): void;
  /** The whole answer, or null while more is to come. Throws ProtocolError, or TransportError where it is not HTTP. */
  push(chunk: Buffer): HttpResponse | null;
  /** The peer has closed: the answer if that completes it, else null. */
  end(): HttpResponse | null;
}

export function headerValue(headers: HttpHeaders, name: string): string | undefined {
  return headers.find(([candidate]) => candidate === name)?.[1];
}

export function headerValues(headers: HttpHeaders, name: string): string[] {
  return headers.filter(([candidate]) => candidate === name).map(([, value]) => value);
}

type Framing = 'length' | 'chunked' | 'until-close';

export function createResponseReader(): ResponseReader {
  let phase: 'idle' | 'head' | 'body' = 'idle';
  let lengthless: 'empty' | 'until-close' = 'empty';
  let pending: Buffer = EMPTY;
  let head: Omit<HttpResponse, 'body'> | null = null;
  let framing: Framing = 'length';
  let remaining = 0;
  let chunkPhase: 'size' | 'data' | 'data-end' | 'trailer' = 'size';
  let body: Buffer = EMPTY;
  let bodyLength = 0;

  function finish(whole: Buffer, rest: Buffer): HttpResponse {
    if (rest.length > 0) throw new ProtocolError('The target sent more than one answer to one request.');
    const { status, headers, keepAlive } = head!;
    phase = 'idle';
    head = null;
    pending = EMPTY;
    body = EMPTY;
    return { status, headers, keepAlive, body: whole };
  }

  /** Collects into one growing buffer: a drip-fed body must not cost an object per byte. */
  function append(data: Buffer): void {
    const needed = bodyLength + data.length;
    if (needed > MAX_BODY_BYTES) throw tooLarge();
    if (needed > body.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(body.length * 2, MAX_BODY_BYTES), 4096));
      body.copy(grown, 0, 0, bodyLength);
      body = grown;
    }
    data.copy(body, bodyLength);
    bodyLength = needed;
  }

  function readHead(chunk: Buffer): HttpResponse | null {
    const searchFrom = Math.max(0, pending.length - 3);
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    const end = pending.indexOf(HEAD_END, searchFrom);
    if (!'HTTP/'.startsWith(pending.toString('latin1', 0, 5))) throw notHttp(pending);
    if (end > MAX_HEAD_BYTES || (end < 0 && pending.length > MAX_HEAD_BYTES)) {
      throw new ProtocolError('The header of the answer is too long.');
    }
    if (end < 0) return null;
    const parsed = parseHead(pending.toString('latin1', 0, end));
    const rest = pending.subarray(end + 4);
    if (parsed.status < 200) {
      if (parsed.status === 101) throw new ProtocolError('The target switched to another protocol.');
      pending = EMPTY;
      return rest.length > 0 ? readHead(rest) : null;
    }
    head = parsed;
    pending = EMPTY;
    body = EMPTY;
    bodyLength = 0;
    const length = bodyLengthOf(parsed);
    if (parsed.status === 204 || parsed.status === 304) return finish(EMPTY, rest);
    if (length === 'chunked') {
      framing = 'chunked';
      chunkPhase = 'size';
    } else if (length === null) {
      if (lengthless === 'empty' && parsed.keepAlive) return finish(EMPTY, rest);
      framing = 'until-close';
      head = { ...parsed, keepAlive: false };
    } else {
      if (length > MAX_BODY_BYTES) throw tooLarge();
      // Nearly every answer comes in one piece: no copy then.
      if (rest.length >= length) return finish(rest.subarray(0, length), rest.subarray(length));
      framing = 'length';
      remaining = length;
    }
    phase = 'body';
    return rest.length > 0 ? readBody(rest) : null;
  }

  function readBody(data: Buffer): HttpResponse | null {
    if (framing === 'chunked') return readChunks(data);
    if (framing === 'until-close') {
      append(data);
      return null;
    }
    const part = data.subarray(0, remaining);
    append(part);
    remaining -= part.length;
    return remaining === 0 ? finish(body.subarray(0, bodyLength), data.subarray(part.length)) : null;
  }

  function readChunks(data: Buffer): HttpResponse | null {
    let rest = pending.length === 0 ? data : Buffer.concat([pending, data]);
    pending = EMPTY;
    for (;;) {
      if (chunkPhase === 'data') {
        const part = rest.subarray(0, remaining);
        append(part);
        remaining -= part.length;
        rest = rest.subarray(part.length);
        if (remaining > 0) return null;
        chunkPhase = 'data-end';
      }
      const end = rest.indexOf('\r\n');
      if (end < 0) {
        if (rest.length > MAX_HEAD_BYTES) throw badChunk();
        pending = rest;
        return null;
      }
      const line = rest.toString('latin1', 0, Math.min(end, MAX_HEAD_BYTES));
      rest = rest.subarray(end + 2);
      if (chunkPhase === 'data-end') {
        if (line !== '') throw badChunk();
        chunkPhase = 'size';
      } else if (chunkPhase === 'size') {
        const size = /^([0-9a-f]{1,8})[ \t]*(;.*)?$/i.exec(line);
        if (!size) throw badChunk();
        remaining = Number.parseInt(size[1]!, 16);
        chunkPhase = remaining === 0 ? 'trailer' : 'data';
      } else if (line === '') {
        return finish(body.subarray(0, bodyLength), rest);
      }
    }
  }

  return {
    begin(meaning) {
      phase = 'head';
      lengthless = meaning;
      pending = EMPTY;
    },
    push(chunk) {
      if (phase === 'idle') throw new ProtocolError('The target sent something without being asked.');
      return phase === 'head' ? readHead(chunk) : readBody(chunk);
    },
    end() {
      return phase === 'body' && framing === 'until-close' ? finish(body.subarray(0, bodyLength), EMPTY) : null;
    },
  };
}

function parseHead(text: string): Omit<HttpResponse, 'body'> {
  // A header folded onto a second line is one line (RFC 9112 5.2).
  const lines = text.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const status = /^HTTP\/1\.([01]) (\d{3})(?: .*)?$/.exec(lines[0]!);
  if (!status) throw new ProtocolError('The status line of the answer is not one of HTTP/1.1.');
  const headers: [string, string][] = [];
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i]!;
    const colon = line.indexOf(':');
    if (colon <= 0 || /[\s\0]/.test(line.slice(0, colon)))
      throw new ProtocolError('A header of the answer cannot be read.');
    headers.push([line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]);
  }
  const connection = headerValues(headers, 'connection').join(',').toLowerCase();
  const keepAlive = status[1] === '1' ? !/\bclose\b/.test(connection) : /\bkeep-alive\b/.test(connection);
  return { status: Number(status[2]), headers, keepAlive };
}

/** Framing by RFC 9112 6.3, without the parts that let two readers disagree. Null: neither length nor chunks. */
function bodyLengthOf(head: Omit<HttpResponse, 'body'>): number | 'chunked' | null {
  const encodings = headerValues(head.headers, 'transfer-encoding');
  const lengths = new Set(headerValues(head.headers, 'content-length').map(parseLength));
  if (encodings.length > 0) {
    if (encodings.join(',').trim().toLowerCase() !== 'chunked' || lengths.size > 0) {
      throw new ProtocolError('The answer contradicts itself about its length.');
    }
    return 'chunked';
  }
  if (lengths.size > 1) throw new ProtocolError('The answer contradicts itself about its length.');
  for (const length of lengths) return length;
  return null;
}

function parseLength(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new ProtocolError('The Content-Length of the answer is not a number.');
  return Number(text);
}

function notHttp(bytes: Buffer): TransportError {
  return new TransportError('What answers on this port does not speak HTTP.', {
    reason: 'http',
    excerpt: excerptOf(bytes),
  });
}

function tooLarge(): ProtocolError {
  return new ProtocolError(`The answer is larger than ${MAX_BODY_BYTES / 1024 / 1024} MiB.`);
}

function badChunk(): ProtocolError {
  return new ProtocolError('The chunks of the answer cannot be read.');
}

/** The beginning of a body that is not SOAP, fit to be shown: control characters removed, 200 characters. */
export function excerptOf(body: Uint8Array): string {
  return Buffer.from(body.subarray(0, 800))
    .toString('utf8')
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g, ' ')
    .trim()
    .slice(0, 200);
}

/** One challenge of WWW-Authenticate: the scheme, and the token68 after it where there is one. */
export interface Challenge {
  readonly scheme: string;
  readonly token: string | null;
}

/** All challenges, in their order, several in one header included. */
export function challengesOf(headers: HttpHeaders): Challenge[] {
  return headerValues(headers, 'www-authenticate')
    .flatMap(splitChallenges)
    .flatMap((text) => {
      const match = /^[\s,]*([A-Za-z][\w-]*)(?:\s+([A-Za-z0-9+/]+=*)[\s,]*$)?/.exec(text);
      return match ? [{ scheme: match[1]!, token: match[2] ?? null }] : [];
    });
}

/** The path as it stands in the request line. */
export function requestTarget(path: string): string {
  return Buffer.from(path, 'utf8')
    .toString('latin1')
    .replace(/[^\x21-\x7e]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

/** The part of every request head that stays the same on one connection. Nothing in it can break a line. */
export function requestHeadStart(host: string, port: number, path: string): string {
  return `POST ${requestTarget(path)} HTTP/1.1\r\nHost: ${uriHost(host)}:${port}\r\nUser-Agent: Windeck/0.1.0\r\nConnection: Keep-Alive\r\n`;
}
