/**
 * ONE socket, ONE security context, ONE request in flight: sealing is sequential (RC4 stream, sequence number), and NTLM belongs to
 * the TCP connection. A dead connection takes its security context with it; nothing here outlives the socket.
 */
import { basicAuthorization } from '../auth/basic.ts';
import { channelBindingOf } from '../auth/channel-binding.ts';
import { createNegotiateInitiator, type NegotiateForm } from '../auth/negotiate.ts';
import type { OwnContext } from '../auth/security-context.ts';
import { parseUserName } from '../auth/user-name.ts';
import { AuthenticationError, CancelledError, ProtocolError, TransportError, WSManError } from '../errors.ts';
import { type Target, uriHost } from '../target.ts';
import type { ConnectionSecurity, WireRequest, WireResponse } from './connection-pool.ts';
import { createHttpChannel, type HttpChannel } from './http-channel.ts';
import {
  challengesOf,
  excerptOf,
  type HttpResponse,
  headerValue,
  headerValues,
  requestHeadStart,
} from './http-message.ts';
import {
  isSealedContentType,
  SEALED_CONTENT_TYPE,
  SOAP_CONTENT_TYPE,
  unwrapMessage,
  wrapMessage,
} from './message-encryption.ts';
import { type OpenedSocket, openSocket } from './open-socket.ts';

/** An authentication leg that takes longer than this has hung, however long the operation itself may take. */
const MAX_LEG_MS = 30_000;
const EMPTY = new Uint8Array(0);

/** What the connections of one machine have learnt about it, shared between them. */
export interface Learned {
  form: NegotiateForm;
  /** Does the target take a body on the AUTHENTICATE leg? Null: not tried yet. */
  bodyRides: boolean | null;
  /** `MS-WSMAN=…`, to be echoed (MS-WSMV 3.1.4.1.31.4). */
  affinityCookie: string | null;
}

/**
 * Why the pool sends a request again, over a new connection: in each case the target has not executed it.
 * `spnego`: it refused raw NTLM. `separately`: it dropped the body on the AUTHENTICATE leg. `context-lost`: 401 in mid-session.
 */
export type Again = 'spnego' | 'separately' | 'context-lost';
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

interface Link {
  readonly socket: OpenedSocket;
  readonly channel: HttpChannel;
}

export function createConnection(
  target: Target,
  learned: Learned,
  connectTimeoutMs: number,
  onClosed: () => void,
): Connection {
  const isTls = target.transport === 'https';
  const opening = new AbortController();
  let link: Link | null = null;
  let isDead = false;
  let isBusy = false;
  let context: OwnContext | null = null;
  let authenticatedBy: 'NTLM' | 'Basic' | null = null;
  let basicHeader = '';
  /** When the body of the current request left; what lies before that was authentication. */
  let bodySentAt = 0;

  function close(): void {
    if (isDead) return;
    isDead = true;
    // An answer that has just come may still have to be unsealed.
    if (!isBusy) context?.dispose();
    onClosed();
  }

  async function open(signal: AbortSignal | undefined): Promise<Link> {
    const socket = await openSocket({
      host: target.host,
      port: target.port,
      tls: isTls ? target.tls : null,
      timeoutMs: connectTimeoutMs,
      signal: signal ? AbortSignal.any([signal, opening.signal]) : opening.signal,
    });
    const headStart = requestHeadStart(target.host, target.port, target.path);
    link = { socket, channel: createHttpChannel(socket, headStart, close) };
    return link;
  }

  /** The request with its own body: sealed where there is a context on plain HTTP, as it is otherwise. */
  async function send({ channel }: Link, request: WireRequest, headers: string): Promise<HttpResponse> {
    const soap = Buffer.from(request.body, 'utf8');
    const sealing = isTls || request.anonymous ? null : context;
    const cookie = learned.affinityCookie ? `Cookie: ${learned.affinityCookie}\r\n` : '';
    const body = sealing ? wrapMessage(sealing, soap) : soap;
    bodySentAt = performance.now();
    request.progress.bodySent = true;
    const response = await channel.roundTrip({
      headers: `${headers}${cookie}Content-Type: ${sealing ? SEALED_CONTENT_TYPE : SOAP_CONTENT_TYPE}\r\n`,
      body,
      timeoutMs: request.timeoutMs,
      signal: request.signal,
      lengthless: 'until-close',
    });
    rememberCookie(response);
    return response;
  }

  function sendToken({ channel }: Link, request: WireRequest, token: Uint8Array): Promise<HttpResponse> {
    return channel.roundTrip({
      headers: `${negotiateHeader(token)}Content-Type: ${SOAP_CONTENT_TYPE}\r\n`,
      body: EMPTY,
      timeoutMs: Math.min(request.timeoutMs, MAX_LEG_MS),
      signal: request.signal,
      lengthless: 'empty',
    });
  }

  function rememberCookie(response: HttpResponse): void {
    for (const value of headerValues(response.headers, 'set-cookie')) {
      const cookie = /^(MS-WSMAN=[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]{1,1024})/.exec(value);
      if (cookie) learned.affinityCookie = cookie[1]!;
    }
  }

  /**
   * NTLM under `Negotiate`. The first token goes out unasked, on an empty POST: OMI never answers a request without one.
   * The AUTHENTICATE leg carries the body where the target is known to take it, or where trying cannot do harm: then the answer to
   * the request comes back. A request that may change the target is never what the trying is done with.
   */
  async function authenticate(
    over: Link,
    request: WireRequest,
    password: string,
  ): Promise<HttpResponse | Again | null> {
    const { leaf } = over.socket;
    const initiator = createNegotiateInitiator(learned.form, {
      role: 'initiator',
      userName: parseUserName(target.userName ?? ''),
      password: async () => password,
      spn: `HTTP/${uriHost(target.host).replace(/^\[|\]$/g, '')}`,
      channelBinding: leaf ? channelBindingOf(leaf) : null,
    });
    context = initiator;
    const first = await sendToken(over, request, (await initiator.step(null))!);
    const challenge = readChallenge(first);
    if (challenge === null) {
      if (learned.form === 'raw') {
        learned.form = 'spnego';
        return 'spnego';
      }
      throw new AuthenticationError('The target takes neither raw NTLM nor SPNEGO under Negotiate.', {
        reason: 'bad-token',
        offered: offeredBy(first),
        leg: 1,
      });
    }
    requireKeepAlive(first);
    const token = (await initiator.step(challenge))!;

    const isTrial = learned.bodyRides === null;
    if (learned.bodyRides === false || (isTrial && request.changesTarget)) {
      const second = await sendToken(over, request, token);
      await finishHandshake(initiator, second);
      if (second.status < 200 || second.status > 299) throw unexpected(second, 'the authentication');
      requireKeepAlive(second);
      return null;
    }
    let response: HttpResponse;
    try {
      response = await send(over, request, negotiateHeader(token));
    } catch (cause) {
      // It may have been the body in that place: the next connection does not try it again.
      if (isTrial && cause instanceof TransportError) learned.bodyRides = false;
      throw cause;
    }
    await finishHandshake(initiator, response);
    const contentType = headerValue(response.headers, 'content-type') ?? '';
    const isTaken = isTls
      ? response.body.length > 0 && (response.status < 300 || isSoap(contentType))
      : isSealedContentType(contentType);
    if (isTaken) learned.bodyRides = true;
    else if (isTrial) {
      learned.bodyRides = false;
      return 'separately';
    }
    return response;
  }

  async function finishHandshake(initiator: OwnContext, response: HttpResponse): Promise<void> {
    const offered = offeredBy(response);
    if (response.status === 401) throw rejected(offered, 2);
    const token = negotiateToken(response);
    if (token !== null && !initiator.complete) await initiator.step(token);
    if (!initiator.complete) {
      throw new AuthenticationError('The target ended the SPNEGO negotiation without completing it.', {
        reason: 'bad-token',
        offered,
        leg: 2,
      });
    }
    authenticatedBy = 'NTLM';
  }

  /** What the answer means to the client, or why it is to be asked again. `isFresh`: the context was made for this request. */
  function readAnswer(request: WireRequest, answer: HttpResponse, isFresh: boolean): Answer | Again {
    const contentType = headerValue(answer.headers, 'content-type') ?? '';
    const mechanism = request.anonymous ? null : authenticatedBy;
    const { status, body } = answer;
    const sealing = isTls || request.anonymous ? null : context;
    if (sealing && isSealedContentType(contentType)) {
      const opened = unwrapMessage(sealing, body);
      return { status, contentType: opened.contentType, body: opened.soap, sealed: true, trustworthy: true, mechanism };
    }
    // Inside TLS a 401 is the target's own word, and a read may be asked twice in any case. But in clear text a 401 could stand in for
    // the answer to something that was done: whether it was is left to the caller to find out.
    if (status === 401 && !request.anonymous && !(sealing && request.changesTarget)) {
      const offered = offeredBy(answer);
      if (authenticatedBy === 'Basic' && offered.length > 0 && !offersScheme(offered, 'basic')) {
        throw notOffered('Basic', offered);
      }
      if (isFresh || authenticatedBy === 'Basic') throw rejected(offered, authenticatedBy === 'Basic' ? 1 : 3);
      return 'context-lost';
    }
    if (sealing) {
      // The status may be anybody's, and the two RC4 streams may have parted: this connection is done.
      link?.channel.destroy(new ProtocolError('The target answered unsealed in a sealed session.'));
      return { status, contentType: '', body: EMPTY, sealed: false, trustworthy: false, mechanism };
    }
    return { status, contentType, body, sealed: false, trustworthy: true, mechanism };
  }

  async function run(request: WireRequest, queuedMs: number): Promise<Outcome> {
    const startedAt = performance.now();
    const needsAuthentication = !request.anonymous && authenticatedBy === null;
    // Before the socket: a password that is not there must not leave a half-open connection behind.
    const password = needsAuthentication ? await requirePassword(target) : null;
    if (password !== null && target.authentication === 'basic') {
      basicHeader = `Authorization: ${basicAuthorization(target.userName ?? '', password)}\r\n`;
    }
    const connectAt = performance.now();
    const over = link ?? (await open(request.signal));
    const authenticateAt = performance.now();
    const { channel } = over;
    const before = { requests: channel.requests, sent: channel.bytesSent, received: channel.bytesReceived };
    let answer: HttpResponse | Again | null = null;
    if (basicHeader !== '') authenticatedBy = 'Basic';
    else if (password !== null) {
      answer = await authenticate(over, request, password);
    }
    answer ??= await send(over, request, request.anonymous ? 'WSMANIDENTIFY: unauthenticated\r\n' : basicHeader);
    const again = typeof answer === 'string' ? answer : readAnswer(request, answer, needsAuthentication);
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
      return authenticatedBy !== null;
    },
    get security() {
      const tlsProtocol = link?.socket.tlsProtocol ?? null;
      return {
        mechanism: authenticatedBy,
        cipher: authenticatedBy === 'NTLM' ? 'RC4-128' : null,
        spn: null,
        inside: null,
        clientCertificate: null,
        protection: tlsProtocol?.replace(/^TLSv/, 'TLS ') ?? (authenticatedBy === 'NTLM' ? 'RC4-128' : null),
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
        destroy(cause instanceof WSManError ? cause : new WSManError('The connection failed.', { cause }));
        throw cause;
      } finally {
        isBusy = false;
        if (isDead) context?.dispose();
      }
    },
    destroy,
  };
}

type Answer = Omit<WireResponse, 'timings' | 'roundTrips' | 'bytesSent' | 'bytesReceived'>;

async function requirePassword(target: Target): Promise<string> {
  const password = target.userName === null ? null : await target.password();
  if (password !== null) return password;
  throw new AuthenticationError('There is no user name or no password to send.', { reason: 'no-credential' });
}

/** The NTLM challenge of the first answer; null where the target offers Negotiate but did not take the token. */
function readChallenge(response: HttpResponse): Uint8Array | null {
  if (response.status !== 401) throw unexpected(response, 'the first authentication token');
  const offered = offeredBy(response);
  if (!offersScheme(offered, 'negotiate')) throw notOffered('Negotiate', offered);
  return negotiateToken(response);
}

function negotiateToken(response: HttpResponse): Uint8Array | null {
  const found = challengesOf(response.headers).find(
    ({ scheme, token }) => scheme.toLowerCase() === 'negotiate' && token !== null,
  );
  return found?.token ? Buffer.from(found.token, 'base64') : null;
}

function requireKeepAlive(response: HttpResponse): void {
  if (response.keepAlive) return;
  throw new TransportError('The target, or a proxy before it, closes the connection between the legs of NTLM.', {
    reason: 'http',
    httpStatus: response.status,
  });
}

function negotiateHeader(token: Uint8Array): string {
  return `Authorization: Negotiate ${Buffer.from(token).toString('base64')}\r\n`;
}

function offeredBy(response: HttpResponse): string[] {
  return challengesOf(response.headers).map(({ scheme }) => scheme);
}

function offersScheme(offered: readonly string[], scheme: string): boolean {
  return offered.some((candidate) => candidate.toLowerCase() === scheme);
}

function isSoap(contentType: string): boolean {
  return /^(application\/(soap\+)?xml|text\/xml)\b/i.test(contentType);
}

function rejected(offered: readonly string[], leg: number): AuthenticationError {
  const message = 'The target rejected the user name or the password.';
  return new AuthenticationError(message, { reason: 'rejected', offered, leg });
}

function notOffered(scheme: string, offered: readonly string[]): AuthenticationError {
  const what = offered.length > 0 ? offered.join(', ') : 'no scheme at all';
  return new AuthenticationError(`The target does not offer ${scheme}; it offers ${what}.`, {
    reason: 'scheme-not-offered',
    offered,
    leg: 1,
  });
}

function unexpected(response: HttpResponse, to: string): TransportError {
  return new TransportError(`The target answered ${to} with HTTP ${response.status}.`, {
    reason: 'http',
    httpStatus: response.status,
    excerpt: excerptOf(response.body),
  });
}
