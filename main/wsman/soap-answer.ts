/** From an HTTP answer to the root of its XML, or the typed error that says what came instead (a proxy's page, an empty 500, 404, 413, 503). */
import { ProtocolError, TransportError } from './errors.ts';
import { actions, ns } from './namespaces.ts';
import type { WireResponse } from './transport/connection-pool.ts';
import { decodeText, parseXml, type XmlElement } from './xml.ts';

/**
 * SOAP is looked for whatever the status: openwsman sends a fault with 200, others answers with 400. Null is an empty answer with a good
 * status, which only Put (OpenPegasus), Delete and Release may have: they have nothing to say but that it is done. Throws TransportError `http` for all that is not WS-Man, ProtocolError for broken XML.
 */
export function readSoap(
  response: Pick<WireResponse, 'status' | 'contentType' | 'body'>,
  action: string,
): XmlElement | null {
  const good = response.status >= 200 && response.status < 300;
  if (response.body.length === 0) {
    if (good && mayBeEmpty.has(action)) return null;
    throw notWsMan(response, '');
  }
  const type = response.contentType.toLowerCase();
  const isXml = type === '' || type.includes('xml');
  if (!isXml) throw notWsMan(response, decodeText(response.body, charsetOf(type)));
  let root: XmlElement;
  try {
    root = parseXml(response.body, charsetOf(type));
  } catch (error) {
    // An answer that calls itself SOAP and cannot be read breaks the protocol; anything else is just another page.
    if (error instanceof ProtocolError && (type.includes('soap') || good)) throw error;
    throw notWsMan(response, decodeText(response.body, charsetOf(type)), error);
  }
  if (root.local === 'Envelope' && root.namespace === ns.soap) return root;
  throw notWsMan(response, decodeText(response.body, charsetOf(type)));
}

const mayBeEmpty: ReadonlySet<string> = new Set([actions.put, actions.delete, actions.release]);

/** `application/soap+xml;charset=UTF-16` → `utf-16`. */
export function charsetOf(contentType: string): string | null {
  return /charset\s*=\s*"?([a-z0-9_-]+)/i.exec(contentType)?.[1]?.toLowerCase() ?? null;
}

const excerptLength = 300;

function notWsMan(
  response: Pick<WireResponse, 'status' | 'contentType' | 'body'>,
  text: string,
  cause?: unknown,
): TransportError {
  const excerpt = printable(text.slice(0, 4 * excerptLength)).slice(0, excerptLength);
  const details = { reason: 'http' as const, httpStatus: response.status, cause };
  return new TransportError(sentence(response, excerpt), excerpt === '' ? details : { ...details, excerpt });
}

/** Control and format characters of a stranger's page never reach a terminal or a log. */
export function printable(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

function sentence(response: Pick<WireResponse, 'status' | 'contentType'>, excerpt: string): string {
  const { status } = response;
  if (status === 404)
    return 'Nothing answers to WS-Man at this address (HTTP status 404): wrong path, or another program on the port.';
  if (status === 413) return 'The request is larger than the target accepts (HTTP status 413, MaxEnvelopeSizekb).';
  if (status === 503) return 'The service is stopping, overloaded or does not know the resource (HTTP status 503).';
  if (status === 407) return 'A proxy in between wants to be authenticated to (HTTP status 407).';
  if (status === 401) return 'The target does not answer this without authentication (HTTP status 401).';
  if (excerpt === '' && status >= 500) {
    return `The target refused the message without saying why (HTTP status ${status}, empty): unsealed or unreadable to it.`;
  }
  if (excerpt === '') return `The target answered with nothing (HTTP status ${status}).`;
  if (/html/i.test(response.contentType)) {
    return `A web page came instead of a WS-Man answer (HTTP status ${status}): a proxy or another program answers there.`;
  }
  return `What came is no WS-Man answer (HTTP status ${status}).`;
}
