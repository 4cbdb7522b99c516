import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import {
  isSealedContentType,
  type SealingProtocol,
  SOAP_CONTENT_TYPE,
  sealedContentType,
  unwrapMessage,
  wrapMessage,
} from '../wsman/transport/message-encryption.ts';
import type { ListenerBinding } from './authentication/negotiate.ts';
import {
  type AuthenticationEnvironment,
  authenticate,
  type ConnectionState,
  forget,
  offeredSchemes,
} from './authentication.ts';
import {
  actionOf,
  isUndelivered,
  type MisbehaviourState,
  performBefore,
  performInstead,
  sealMisbehaving,
} from './misbehaviour.ts';
import type { SimulatedMachine } from './simulated-machine.ts';
import { answer, answerAnonymousIdentify, type Delivered } from './wsman-service.ts';

/**
 * HTTP as HTTP.sys and the WinRM service speak it: one prefix, POST only, authentication, sealed bodies, one write per answer.
 * Invariant: with AllowUnencrypted=false nothing is read from, and nothing SOAP is sent over, an unsealed connection without TLS.
 */
export interface HttpEndpoint {
  readonly server: http.Server;
  /** Tells the endpoint whose socket this is. */
  accept(socket: Socket, machine: SimulatedMachine): void;
  /** What a channel binding to the listener's certificate is; not said, there is no TLS. */
  bind(secured: Socket, binding: ListenerBinding): void;
}

export interface EndpointOptions extends Omit<AuthenticationEnvironment, 'binding'> {
  readonly latencyMs: number;
  readonly findMachine: (port: number) => SimulatedMachine | undefined;
  readonly misbehaviourOf: (machine: SimulatedMachine) => MisbehaviourState;
}

interface Reply {
  readonly status: number;
  readonly body?: Uint8Array | string;
  readonly contentType?: string;
  readonly challenges?: readonly string[];
  readonly close?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

export function createHttpEndpoint(options: EndpointOptions): HttpEndpoint {
  const connections = new WeakMap<object, ConnectionState>();
  const bindings = new WeakMap<Socket, ListenerBinding>();
  const server = http.createServer(
    { keepAliveTimeout: 120_000, requestTimeout: 0, headersTimeout: 30_000 },
    (request, response) => {
      handle(request, response).catch((error: unknown) => {
        process.stderr.write(`lab: ${error instanceof Error ? error.stack : String(error)}\n`);
        request.socket.destroy();
      });
    },
  );

  function stateOf(socket: Socket): ConnectionState {
    let state = connections.get(socket);
    if (!state) {
      const made: ConnectionState = { acceptor: null, scheme: 'Negotiate', account: null };
      state = made;
      connections.set(socket, made);
      socket.once('close', () => forget(made));
    }
    return state;
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const machine = options.findMachine(request.socket.localPort ?? 0);
    if (!machine) {
      request.socket.destroy();
      return;
    }
    const binding = bindings.get(request.socket) ?? null;
    const secure = binding !== null;
    const early = refuseEarly(request, prefixOf(machine, request.socket));
    if (early) return send(response, early);
    const body = await readBody(request, machine.winrmConfig.number('MaxEnvelopeSizekb') * 1024);
    if (body === null) return send(response, { status: 413, close: true });
    if (request.socket.destroyed) return;
    // Beyond MaxConnections HTTP.sys says that the service is busy.
    if (machine.statistics.openConnections > machine.winrmConfig.number('Service/MaxConnections'))
      return send(response, { status: 503, close: true });
    if (options.latencyMs > 0) await sleep(options.latencyMs);

    const misbehaviour = options.misbehaviourOf(machine);
    if (misbehaviour.isDeaf) return;
    const state = stateOf(request.socket);
    const contentType = request.headers['content-type'] ?? '';

    if (
      !machine.isController &&
      body.length > 0 &&
      request.headers['wsmanidentify']?.toString().toLowerCase() === 'unauthenticated'
    ) {
      return deliver(
        machine,
        misbehaviour,
        request,
        response,
        body,
        () => answerAnonymousIdentify(machine, body),
        charsetOf(contentType),
        null,
      );
    }
    const { authorization } = request.headers;
    const outcome = await authenticate(
      machine,
      state,
      { ...options, binding },
      {
        authorization,
        method: request.method!,
        uri: request.url!,
        socket: request.socket,
        // Inside a finished context nobody authenticates any more.
        misbehaviour: authorization === undefined && state.account ? null : misbehaviour.takeAuthentication(),
      },
    );
    if (outcome.kind === 'drop') {
      request.socket.destroy();
      return;
    }
    if (outcome.kind === 'challenge') {
      if (outcome.isRefusal) machine.statistics.refusals++;
      return send(response, { status: 401, challenges: outcome.challenges });
    }
    if (body.length === 0) return send(response, { status: 200, headers: outcome.headers });

    const sealed = isSealedContentType(contentType);
    const mayBeClear = secure || machine.isController || machine.winrmConfig.flag('Service/AllowUnencrypted');
    if (!sealed && !mayBeClear) return send(response, { status: 500, close: true });
    if (!sealed && !/^\s*application\/soap\+xml\b/i.test(contentType)) return send(response, { status: 415 });
    let soap: Uint8Array = body;
    let charset = charsetOf(contentType);
    if (sealed) {
      if (state.acceptor === null || !outcome.isBound) return send(response, { status: 500, close: true });
      try {
        const opened = unwrapMessage(state.acceptor, body);
        soap = opened.soap;
        charset = charsetOf(opened.contentType);
      } catch {
        // A wrong signature or sequence number: the connection is of no use any more.
        machine.statistics.refusals++;
        return send(response, { status: 500, close: true });
      }
    }
    await deliver(
      machine,
      misbehaviour,
      request,
      response,
      soap,
      () => answer(machine, outcome.caller, soap, charset),
      charset,
      sealed ? state : null,
      outcome.headers,
    );
  }

  async function deliver(
    machine: SimulatedMachine,
    misbehaviour: MisbehaviourState,
    request: IncomingMessage,
    response: ServerResponse,
    message: Uint8Array,
    produce: () => Delivered | Promise<Delivered>,
    charset: string | null,
    sealedWith: ConnectionState | null,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const active = misbehaviour.take(
      () => actionOf(message),
      () => Buffer.from(message).toString('latin1'),
    );
    if (active && (await performBefore(active, request.socket))) return;
    const replaced = active ? performInstead(active, machine) : null;
    if (replaced && !('soap' in replaced)) {
      if (replaced.status === 401 && sealedWith) forget(sealedWith);
      return send(response, {
        ...replaced,
        ...(replaced.status === 401 ? { challenges: offeredSchemes(machine, null) } : {}),
      });
    }
    const produced: Delivered =
      replaced && 'soap' in replaced ? { status: replaced.status, body: replaced.soap } : await produce();
    produced.afterwards?.();
    if (request.socket.destroyed) return;
    if (produced.dropsConnection || (active && isUndelivered(active))) {
      request.socket.destroy();
      return;
    }
    // An answer comes in the encoding of its question (DSP0226 13.1).
    const isUtf16 = charset?.toLowerCase().startsWith('utf-16') === true;
    const soap = isUtf16 ? Buffer.from(`\ufeff${produced.body}`, 'utf16le') : Buffer.from(produced.body, 'utf8');
    const soapType = isUtf16 ? 'application/soap+xml;charset=UTF-16' : SOAP_CONTENT_TYPE;
    let reply: Reply = { status: produced.status, body: soap, contentType: soapType, headers };
    if (sealedWith?.acceptor) {
      const { acceptor } = sealedWith;
      const protocol: SealingProtocol = sealedWith.scheme === 'Kerberos' ? 'Kerberos' : 'SPNEGO';
      const body = active
        ? sealMisbehaving(active, acceptor, soap, protocol)
        : wrapMessage(acceptor, soap, soapType, protocol);
      reply = body === null ? reply : { ...reply, body, contentType: sealedContentType(protocol) };
    }
    await send(
      response,
      reply,
      active?.kind === 'drip' ? active.millisecondsPerByte : null,
      active?.kind === 'reset-mid-body',
    );
  }

  return {
    server,
    accept(socket, machine) {
      machine.statistics.acceptedConnections++;
      machine.statistics.openConnections++;
      socket.once('close', () => machine.statistics.openConnections--);
      socket.on('error', () => socket.destroy());
    },
    bind: (secured, binding) => void bindings.set(secured, binding),
  };
}

const prefixOf = (machine: SimulatedMachine, { localPort }: Socket): string =>
  machine.winrmConfig.listeners.find(({ port, enabled }) => enabled && port === localPort)?.urlPrefix ?? 'wsman';

function refuseEarly(request: IncomingMessage, prefix: string): Reply | null {
  // Through a proxy the whole URI is asked for (RFC 9112 3.2.2); the prefix covers what is below it, as HTTP.sys has it.
  const path = (request.url ?? '').replace(/^https?:\/\/[^/?]*/i, '').split('?', 1)[0]!;
  if (!`${path.toLowerCase()}/`.startsWith(`/${prefix.toLowerCase()}/`)) return { status: 404, close: true };
  if (request.method !== 'POST') return { status: 405, close: true };
  return null;
}

/** The whole body, or null where it is larger than allowed: framing and signature of a sealed body are not counted. */
function readBody(request: IncomingMessage, limit: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  return new Promise((resolve) => {
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= limit + 1024) chunks.push(chunk);
      else resolve(null);
    });
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    request.on('error', () => resolve(Buffer.alloc(0)));
    request.on('close', () => resolve(Buffer.alloc(0)));
  });
}

function charsetOf(contentType: string): string | null {
  return /charset="?([\w-]+)/i.exec(contentType)?.[1] ?? null;
}

async function send(
  response: ServerResponse,
  reply: Reply,
  dripMs: number | null = null,
  resetHalfway = false,
): Promise<void> {
  const body = Buffer.from(reply.body ?? '');
  const headers: [string, string][] = [];
  if (reply.contentType) headers.push(['Content-Type', reply.contentType]);
  headers.push(['Server', 'Microsoft-HTTPAPI/2.0']);
  for (const challenge of reply.challenges ?? []) headers.push(['WWW-Authenticate', challenge]);
  for (const entry of Object.entries(reply.headers ?? {})) headers.push(entry);
  headers.push(['Date', new Date().toUTCString()]);
  if (reply.close) headers.push(['Connection', 'close']);
  headers.push(['Content-Length', String(body.length)]);
  response.sendDate = false;
  response.writeHead(reply.status, headers.flat());
  if (resetHalfway) {
    response.write(body.subarray(0, body.length >> 1));
    await sleep(20);
    // Below TLS there is no socket of ours to reset: it ends without a closing alert, which a client takes for the same.
    if (response.socket instanceof TLSSocket) response.socket.destroy();
    else response.socket?.resetAndDestroy();
    return;
  }
  if (dripMs !== null) {
    for (let at = 0; at < body.length && !response.destroyed; at++) {
      response.write(body.subarray(at, at + 1));
      await sleep(dripMs);
    }
    response.end();
    return;
  }
  // As one string with the head: Node then hands the socket one write instead of a vector of two.
  response.end(body.toString('latin1'), 'latin1');
}

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
