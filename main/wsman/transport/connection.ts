/**
 * ONE socket, ONE security context, ONE request in flight: sealing is sequential (RC4 stream, sequence number), and Negotiate belongs to
 * the TCP connection. A dead connection takes its security context with it; nothing here outlives the socket.
 */
import type { UsableClientCertificate } from '../auth/client-certificate.ts';
import { type Initiation, type Mechanisms, startInitiation } from '../auth/initiator.ts';
import { CancelledError, ProtocolError, WSManError } from '../errors.ts';
import type { Target } from '../target.ts';
import type { ConnectionSecurity, WireProgress, WireRequest, WireResponse } from './connection-pool.ts';
import { createHttpChannel, type HttpChannel } from './http-channel.ts';
import { noted } from './http-leg.ts';
import { type HttpResponse, headerValue, headerValues, requestHeadStart } from './http-message.ts';
import {
  isSealedContentType,
  type SealingProtocol,
  SOAP_CONTENT_TYPE,
  SOAP_UTF16_CONTENT_TYPE,
  sealedContentType,
  unwrapMessageLater,
  wrapMessageLater,
} from './message-encryption.ts';
import { type OpenedSocket, openSocket } from './open-socket.ts';
import type { RequestAuthorization } from './request-authorization.ts';
import { requireSecret, type Secret } from './secret.ts';
import { type Again, evidenceOf, type Learned, signIn } from './sign-in.ts';
import { offeredBy, rejected } from './www-authenticate.ts';

/** An authentication leg that takes longer than this has hung, however long the operation itself may take. */
const MAX_LEG_MS = 30_000;
const EMPTY = new Uint8Array(0);

export type Outcome = { readonly response: WireResponse; readonly again?: never } | { readonly again: Again };

export interface Connection {
  /** False once the socket is gone; a connection not opened yet is usable. */
  readonly usable: boolean;
  readonly authenticated: boolean;
  readonly security: ConnectionSecurity;
  /** One at a time. `queuedMs` only goes into the timings. */
  exchange(request: WireRequest, queuedMs: number): Promise<Outcome>;
  /** Ends socket and context; a request in flight fails with `error`. */
  destroy(error: WSManError): void;
}

export interface ConnectionOptions {
  readonly target: Target;
  /** Shared by the connections of one machine. */
  readonly learned: Learned;
  readonly mechanisms: Mechanisms;
  /** For name, TCP and TLS together. */
  readonly connectTimeoutMs: number;
  /** Once, however the connection ended. */
  readonly onClosed: () => void;
}

interface Link {
  readonly socket: OpenedSocket;
  readonly channel: HttpChannel;
  readonly headStart: string;
}

/** When the request at hand began which phase, and what the socket had counted before it. */
interface Begun extends Counters {
  readonly startedAt: number;
  readonly connectAt: number;
  authenticateAt: number | null;
}
interface Counters {
  readonly requests: number;
  readonly sent: number;
  readonly received: number;
}

/** Before there was a socket: no secret to be had. */
function notBegun(now: number): Begun {
  return { startedAt: now, connectAt: now, authenticateAt: null, ...countersOf(null) };
}

function countersOf(link: Link | null): Counters {
  const { requests = 0, bytesSent = 0, bytesReceived = 0 } = link?.channel ?? {};
  return { requests, sent: bytesSent, received: bytesReceived };
}

export function createConnection({
  target,
  learned,
  mechanisms,
  connectTimeoutMs,
  onClosed,
}: ConnectionOptions): Connection {
  const isTls = target.transport === 'https';
  const opening = new AbortController();
  let link: Link | null = null;
  let isDead = false;
  let isBusy = false;
  /** From the first token on; it seals over plain HTTP. */
  let initiation: Initiation | null = null;
  let perRequest: RequestAuthorization | null = null;
  let signedIn: Pick<ConnectionSecurity, 'mechanism' | 'cipher' | 'spn' | 'inside' | 'clientCertificate'> =
    NOT_SIGNED_IN;
  /** When the body of the current request left; what lies before that was authentication. */
  let bodySentAt = 0;
  let begun: Begun | null = null;

  function close(): void {
    if (isDead) return;
    isDead = true;
    // An answer that has just come may still have to be unsealed.
    if (!isBusy) forgetSecrets();
    onClosed();
  }

  function forgetSecrets(): void {
    initiation?.context.dispose();
    perRequest?.dispose();
    perRequest = null;
  }

  async function open(
    signal: AbortSignal | undefined,
    clientCertificate: UsableClientCertificate | null,
  ): Promise<Link> {
    const socket = await openSocket({
      host: target.host,
      port: target.port,
      tls: isTls ? target.tls : null,
      clientCertificate,
      timeoutMs: connectTimeoutMs,
      signal: signal ? AbortSignal.any([signal, opening.signal]) : opening.signal,
    });
    const headStart = requestHeadStart(target.host, target.port, target.path);
    link = { socket, channel: createHttpChannel(socket, headStart, close), headStart };
    return link;
  }

  /** The request with its own body: sealed where there is a context on plain HTTP, as it is otherwise. */
  async function send({ channel, headStart }: Link, request: WireRequest, headers: string): Promise<HttpResponse> {
    // XML in UTF-16 has to begin with the mark (XML 1.0, 4.3.3).
    const isUtf16 = request.charset === 'UTF-16';
    const soap = isUtf16 ? Buffer.from(`\ufeff${request.body}`, 'utf16le') : Buffer.from(request.body, 'utf8');
    const soapType = isUtf16 ? SOAP_UTF16_CONTENT_TYPE : SOAP_CONTENT_TYPE;
    const sealing = isTls || request.anonymous ? null : initiation;
    const cookie = learned.affinityCookie ? `Cookie: ${learned.affinityCookie}\r\n` : '';
    const protocol = sealing && sealingProtocol(sealing);
    const body = sealing && protocol ? await wrapMessageLater(sealing.context, soap, protocol, soapType) : soap;
    bodySentAt = performance.now();
    request.progress.bodySent = true;
    const lines = `${headers}${cookie}Content-Type: ${protocol ? sealedContentType(protocol) : soapType}\r\n`;
    const { timeoutMs, signal } = request;
    const response = await noted(request.progress.legs, headStart, lines, body, () =>
      channel.roundTrip({ headers: lines, body, timeoutMs, signal, lengthless: 'until-close' }),
    );
    rememberCookie(response);
    return response;
  }

  /** An empty POST: a leg of signing in, or the question for a challenge. */
  function sendEmpty({ channel, headStart }: Link, request: WireRequest, headers: string): Promise<HttpResponse> {
    const lines = `${headers}Content-Type: ${SOAP_CONTENT_TYPE}\r\n`;
    const timeoutMs = Math.min(request.timeoutMs, MAX_LEG_MS);
    const { signal } = request;
    return noted(request.progress.legs, headStart, lines, EMPTY, () =>
      channel.roundTrip({ headers: lines, body: EMPTY, timeoutMs, signal, lengthless: 'empty' }),
    );
  }

  function rememberCookie(response: HttpResponse): void {
    for (const value of headerValues(response.headers, 'set-cookie')) {
      const cookie = /^(MS-WSMAN=[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]{1,1024})/.exec(value);
      if (cookie) learned.affinityCookie = cookie[1]!;
    }
  }

  /** By Negotiate or Kerberos. The answer to the request where its body came along with a leg. */
  async function authenticate(
    over: Link,
    request: WireRequest,
    password: string | null,
  ): Promise<HttpResponse | Again | null> {
    const { leaf } = over.socket;
    const started = await startInitiation(target, { password, leaf, learned, mechanisms });
    initiation = started;
    const wire = {
      isTls,
      changesTarget: request.changesTarget,
      sendToken: (header: string) => sendEmpty(over, request, header),
      sendBody: (header: string) => send(over, request, header),
    };
    const result = await signIn(wire, started, learned);
    if (typeof result === 'string') return result;
    const { mechanism, cipher } = started.context;
    const spn = evidenceOf(started).spn ?? null;
    signedIn = { mechanism, cipher, spn, inside: started.inside, clientCertificate: null };
    return result;
  }

  /** With a scheme that goes with every request. */
  async function sendAuthorized(
    over: Link,
    request: WireRequest,
    authorization: RequestAuthorization,
  ): Promise<HttpResponse | Again> {
    let header = authorization.next();
    if (header === null) {
      const first = await sendEmpty(over, request, '');
      authorization.challenged(first);
      if (!first.keepAlive) return 'challenged';
      header = authorization.next() ?? '';
    }
    const answer = await send(over, request, header);
    if (!authorization.mustRepeat(answer)) return answer;
    if (!answer.keepAlive) return 'challenged';
    const second = await send(over, request, authorization.next() ?? '');
    if (authorization.mustRepeat(second)) throw rejected(offeredBy(second), 1, { mechanism: authorization.mechanism });
    return second;
  }

  /** What the answer means to the client, or why it is to be asked again. `isFresh`: the context was made for this request. */
  async function readAnswer(request: WireRequest, answer: HttpResponse, isFresh: boolean): Promise<Answer | Again> {
    const contentType = headerValue(answer.headers, 'content-type') ?? '';
    const mechanism = request.anonymous ? null : signedIn.mechanism;
    const { status, body } = answer;
    const sealing = isTls || request.anonymous ? null : initiation;
    if (sealing && isSealedContentType(contentType)) {
      const opened = await unwrapMessageLater(sealing.context, body);
      return { status, contentType: opened.contentType, body: opened.soap, sealed: true, trustworthy: true, mechanism };
    }
    // Inside TLS a 401 is the target's own word, and a read may be asked twice in any case. But in clear text a 401 could stand in for
    // the answer to something that was done: whether it was is left to the caller to find out.
    if (status === 401 && initiation && !request.anonymous && !(sealing && request.changesTarget)) {
      if (isFresh) throw rejected(offeredBy(answer), 3, evidenceOf(initiation));
      return 'context-lost';
    }
    if (sealing) {
      // The status may be anybody's, and the two RC4 streams may have parted: this connection is done.
      link?.channel.destroy(new ProtocolError('The target answered unsealed in a sealed session.'));
      return { status, contentType: '', body: EMPTY, sealed: false, trustworthy: false, mechanism };
    }
    return { status, contentType, body, sealed: false, trustworthy: true, mechanism };
  }

  async function exchangeOver(over: Link, request: WireRequest, secret: Secret | null): Promise<HttpResponse | Again> {
    if (request.anonymous) return send(over, request, 'WSMANIDENTIFY: unauthenticated\r\n');
    if (secret?.requests) {
      perRequest = secret.requests;
      const { leaf } = secret.certificate ?? {};
      const clientCertificate = leaf ? { subject: leaf.subject, validTo: leaf.validTo } : null;
      signedIn = { ...NOT_SIGNED_IN, mechanism: perRequest.mechanism, clientCertificate };
    } else if (secret) {
      const answer = await authenticate(over, request, secret.password);
      if (answer !== null) return answer;
    }
    return perRequest ? sendAuthorized(over, request, perRequest) : send(over, request, '');
  }

  async function run(request: WireRequest, queuedMs: number): Promise<Outcome> {
    const startedAt = performance.now();
    begun = null;
    bodySentAt = 0;
    const needsAuthentication = !request.anonymous && signedIn.mechanism === null;
    // Before the socket: a secret that is not there must not leave a half-open connection behind.
    const secret = needsAuthentication ? await requireSecret(target, learned) : null;
    // A socket that was opened for anonymous Identify has shown no certificate.
    if (secret?.certificate && link) return { again: 'without-certificate' };
    const connectAt = performance.now();
    begun = { startedAt, connectAt, authenticateAt: null, ...countersOf(link) };
    const over = link ?? (await open(request.signal, secret?.certificate ?? null));
    const authenticateAt = performance.now();
    begun.authenticateAt = authenticateAt;
    const before = begun;
    const { channel } = over;
    const answer = await exchangeOver(over, request, secret);
    const again = typeof answer === 'string' ? answer : await readAnswer(request, answer, needsAuthentication);
    if (typeof again === 'string') return { again };
    return {
      response: {
        ...again,
        timings: {
          queue: queuedMs + (connectAt - startedAt),
          connect: authenticateAt - connectAt,
          authenticate: bodySentAt - authenticateAt,
          server: performance.now() - bodySentAt,
        },
        roundTrips: channel.requests - before.requests,
        bytesSent: channel.bytesSent - before.sent,
        bytesReceived: channel.bytesReceived - before.received,
      },
    };
  }

  /** How far a request came that failed. */
  function failedAfter(queuedMs: number): NonNullable<WireProgress['failed']> {
    const now = performance.now();
    const { startedAt, connectAt, authenticateAt, ...before } = begun ?? notBegun(now);
    const authenticatedAt = bodySentAt === 0 ? now : bodySentAt;
    const { requests, sent, received } = countersOf(link);
    return {
      timings: {
        queue: queuedMs + (connectAt - startedAt),
        connect: (authenticateAt ?? now) - connectAt,
        authenticate: authenticateAt === null ? 0 : authenticatedAt - authenticateAt,
        server: bodySentAt === 0 ? 0 : now - bodySentAt,
      },
      roundTrips: requests - before.requests,
      bytesSent: sent - before.sent,
      bytesReceived: received - before.received,
    };
  }

  function destroy(error: WSManError): void {
    opening.abort();
    link?.channel.destroy(error);
    close();
  }

  return {
    get usable() {
      return !isDead;
    },
    get authenticated() {
      return signedIn.mechanism !== null;
    },
    get security() {
      const tlsProtocol = link?.socket.tlsProtocol ?? null;
      return {
        ...signedIn,
        protection: tlsProtocol?.replace(/^TLSv/, 'TLS ') ?? signedIn.cipher,
        tlsProtocol,
        peerCertificate: link?.socket.peerCertificate ?? null,
      };
    },
    async exchange(request, queuedMs) {
      isBusy = true;
      try {
        const outcome = await run(request, queuedMs);
        if (outcome.again) destroy(new CancelledError('The connection is replaced.'));
        return outcome;
      } catch (cause) {
        request.progress.failed = failedAfter(queuedMs);
        destroy(cause instanceof WSManError ? cause : new WSManError('The connection failed.', { cause }));
        throw cause;
      } finally {
        isBusy = false;
        if (isDead) forgetSecrets();
      }
    },
    destroy,
  };
}

type Answer = Omit<WireResponse, 'timings' | 'roundTrips' | 'bytesSent' | 'bytesReceived'>;

const NOT_SIGNED_IN = { mechanism: null, cipher: null, spn: null, inside: null, clientCertificate: null } as const;

function sealingProtocol({ scheme }: Initiation): SealingProtocol {
  return scheme === 'Kerberos' ? 'Kerberos' : 'SPNEGO';
}
