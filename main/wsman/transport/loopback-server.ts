/**
 * For tests only: a server on 127.0.0.1 that speaks HTTP by hand, so that each dialect and each misdeed can be written
 * down byte by byte. The NTLM side is the acceptor that the lab uses too.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { channelBindingOf } from '../auth/channel-binding.ts';
import { createNegotiateAcceptor, type KerberosAcceptor, type NegotiateAcceptor } from '../auth/negotiate.ts';
import {
  type SealingProtocol,
  SOAP_CONTENT_TYPE,
  sealedContentType,
  unwrapMessage,
  wrapMessage,
} from './message-encryption.ts';

export interface SeenRequest {
  readonly head: string;
  readonly header: (name: string) => string | undefined;
  readonly body: Buffer;
  /** Counted over the whole server, from 1. */
  readonly connection: number;
  readonly socket: Socket;
}

export interface LoopbackServer {
  readonly port: number;
  readonly requests: readonly SeenRequest[];
  readonly sockets: ReadonlySet<Socket>;
  close(): Promise<void>;
}

/** Calls `answer` for each whole request; what it does with the socket is its own affair. */
export async function startServer(
  answer: (request: SeenRequest) => void | Promise<void>,
  tls?: TlsOptions,
): Promise<LoopbackServer> {
  const requests: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const onConnection = (socket: Socket) => {
    const connection = ++connections;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    let pending: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      for (;;) {
        const end = pending.indexOf('\r\n\r\n');
        if (end < 0) return;
        const head = pending.toString('latin1', 0, end);
        const header = (name: string) => new RegExp(`^${name}: *(.*)$`, 'im').exec(head)?.[1]?.trim();
        const length = Number(header('content-length') ?? 0);
        if (pending.length < end + 4 + length) return;
        const body = Buffer.from(pending.subarray(end + 4, end + 4 + length));
        pending = pending.subarray(end + 4 + length);
        const request = { head, header, body, connection, socket };
        requests.push(request);
        void answer(request);
      }
    });
  };
  const server: Server = tls ? createTlsServer(tls, onConnection) : createServer(onConnection);
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    requests,
    sockets,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

export function reply(status: string, headers: readonly string[] = [], body: Uint8Array | string = ''): Buffer {
  const bytes = Buffer.from(body as string);
  return Buffer.concat([
    Buffer.from(
      `HTTP/1.1 ${status}\r\n${[...headers, `Content-Length: ${bytes.length}`].join('\r\n')}\r\n\r\n`,
      'latin1',
    ),
    bytes,
  ]);
}

export function sealedReply(
  context: NegotiateAcceptor,
  soap: string,
  status = '200 OK',
  headers: readonly string[] = [],
  protocol: SealingProtocol = 'SPNEGO',
): Buffer {
  const frame = wrapMessage(context, Buffer.from(soap), SOAP_CONTENT_TYPE, protocol);
  return reply(status, [`Content-Type: ${sealedContentType(protocol)}`, ...headers], frame);
}

export interface NegotiateServerOptions {
  /** Takes a body that comes with the AUTHENTICATE message; else drops it, as some servers do. */
  readonly takesRidingBody?: boolean;
  /** Answers raw NTLM with a bare `Negotiate`. */
  readonly onlySpnego?: boolean;
  /** Takes Kerberos too. */
  readonly kerberos?: () => Promise<KerberosAcceptor>;
  /** Takes no NTLM. */
  readonly withoutNtlm?: boolean;
  /** Default: only `Negotiate`. May be changed while it runs. */
  readonly schemes?: readonly ('Negotiate' | 'Kerberos')[];
  /** A token to send with a 401 instead of that of the acceptor. */
  readonly onToken?: (token: Uint8Array, request: SeenRequest) => Uint8Array | null;
  /** Instead of `200 OK` with length 0 after an AUTHENTICATE message without a body; what belongs into its header is `headers`. */
  readonly onAuthenticated?: (headers: readonly string[]) => Buffer;
  readonly tls?: {
    readonly key: string;
    readonly cert: string;
    readonly der: Uint8Array;
    readonly requireBinding?: boolean;
  };
  /** Instead of the ordinary sealed echo; `soap` is what was unsealed. True: it has answered. */
  readonly onSoap?: (soap: string, request: SeenRequest, context: NegotiateAcceptor) => boolean;
}

/** Negotiate or Kerberos for `admin`; answers every SOAP text with `<echo>` of it, sealed over plain HTTP. */
export async function startNegotiateServer(
  options: NegotiateServerOptions = {},
): Promise<LoopbackServer & { readonly executed: readonly string[] }> {
  const contexts = new WeakMap<Socket, NegotiateAcceptor>();
  const executed: string[] = [];
  const schemes = options.schemes ?? ['Negotiate'];
  const offer = () => schemes.map((scheme) => `WWW-Authenticate: ${scheme}`);

  const serve = async (request: SeenRequest): Promise<void> => {
    const { socket, body } = request;
    const [scheme, token] = (request.header('authorization') ?? '').split(' ', 2);
    let context = contexts.get(socket);
    const extra: string[] = [];
    if (token !== undefined && schemes.some((one) => one === scheme)) {
      const bytes = Buffer.from(token, 'base64');
      const special = options.onToken?.(bytes, request);
      if (special) {
        socket.write(reply('401 ', [`WWW-Authenticate: ${scheme} ${Buffer.from(special).toString('base64')}`]));
        return;
      }
      if (context === undefined || context.complete) {
        if (options.onlySpnego && bytes.toString('latin1', 0, 7) === 'NTLMSSP') {
          socket.write(reply('401 ', ['WWW-Authenticate: Negotiate', 'WWW-Authenticate: Kerberos']));
          return;
        }
        context = newAcceptor(options);
        contexts.set(socket, context);
      }
      const answer = await context.step(bytes);
      const header = answer ? [`WWW-Authenticate: ${scheme} ${Buffer.from(answer).toString('base64')}`] : [];
      if (!context.complete) {
        socket.write(reply('401 ', header));
        return;
      }
      extra.push(...header);
      if (body.length === 0 || !options.takesRidingBody) {
        socket.write(options.onAuthenticated?.(extra) ?? reply('200 OK', extra));
        return;
      }
    }
    if (!context?.complete) {
      socket.write(reply('401 ', offer()));
      return;
    }
    const soap = options.tls ? body.toString() : Buffer.from(unwrapMessage(context, body).soap).toString();
    executed.push(soap);
    if (options.onSoap?.(soap, request, context)) return;
    const echo = `<echo>${soap}</echo>`;
    socket.write(
      options.tls
        ? reply('200 OK', [`Content-Type: ${SOAP_CONTENT_TYPE}`, ...extra], echo)
        : sealedReply(context, echo, '200 OK', extra, protocolOf(request) ?? 'SPNEGO'),
    );
  };
  const server = await startServer(async (request) => {
    try {
      await serve(request);
    } catch {
      request.socket.write(reply('401 ', offer()));
      contexts.delete(request.socket);
    }
  }, options.tls);
  return { ...server, executed };
}

function newAcceptor(options: NegotiateServerOptions): NegotiateAcceptor {
  return createNegotiateAcceptor({
    ntlm: options.withoutNtlm
      ? null
      : {
          role: 'acceptor',
          findPassword: (user) => (user === 'admin' ? 'Secret-4711' : null),
          computerName: 'LOOPBACK',
          channelBinding: options.tls ? channelBindingOf(options.tls.der) : null,
          requireChannelBinding: options.tls?.requireBinding ?? false,
        },
    kerberos: options.kerberos ?? null,
  });
}

/** The protocol that a sealed request names. */
export function protocolOf(request: SeenRequest): SealingProtocol | null {
  const named = /protocol="application\/HTTP-(SPNEGO|Kerberos)-session-encrypted"/.exec(
    request.header('content-type') ?? '',
  );
  return (named?.[1] as SealingProtocol | undefined) ?? null;
}
