/** A socket to a target: name, TCP and, where asked for, TLS with the certificate judged. Nothing is sent yet. */
import { connect, isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { domainToASCII } from 'node:url';
import type { UsableClientCertificate } from '../auth/client-certificate.ts';
import {
  AuthenticationError,
  CancelledError,
  type PresentedCertificate,
  TransportError,
  type TransportReason,
  type TrustFailure,
  WSManError,
} from '../errors.ts';
import type { TlsTrust } from '../target.ts';
import { createHandshakeGate } from './handshake-gate.ts';
import { judgePeer, type PeerVerdict, requireTrust, tlsOptions } from './tls-trust.ts';

/** Node gives each of several addresses 250 ms, which a slow line exceeds. */
const ATTEMPT_PER_ADDRESS_MS = 1500;

export interface OpenedSocket {
  readonly socket: Socket;
  /** `TLSv1.3`; null over plain TCP. */
  readonly tlsProtocol: string | null;
  readonly peerCertificate: PresentedCertificate | null;
  /** The leaf in DER, for the channel binding. */
  readonly leaf: Uint8Array | null;
}

interface OpenOptions {
  readonly host: string;
  readonly port: number;
  /** Null: plain TCP. */
  readonly tls: TlsTrust | null;
  /** Shown where the target asks for one, in the first handshake or later; never to a target that is not trusted. TLS 1.2 at most. */
  readonly clientCertificate?: UsableClientCertificate | null;
  /** For name, TCP and TLS together. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Throws TransportError, CertificateError, CancelledError, or AuthenticationError where the target refuses the client certificate; then
 * the socket is gone.
 */
export async function openSocket(options: OpenOptions): Promise<OpenedSocket> {
  const { tls, host, clientCertificate = null } = options;
  if (tls === null) {
    const socket = await connectSocket(options, (to) => alone(connect(to), 'connect'));
    return { socket, tlsProtocol: null, peerCertificate: null, leaf: null };
  }
  let verdict: PeerVerdict | null = null;
  const judge = (socket: TLSSocket): PeerVerdict => {
    verdict ??= judgePeer(socket, host, tls, clientCertificate);
    requireTrust(verdict, tls.pin);
    return verdict;
  };
  const socket = await connectSocket(options, (to) =>
    clientCertificate === null ? connectOpen(to) : connectGated(to, clientCertificate, judge),
  );
  try {
    const { chain, leaf } = judge(socket);
    return { socket, tlsProtocol: socket.getProtocol(), peerCertificate: chain[0] ?? null, leaf };
  } catch (cause) {
    socket.destroy();
    throw cause;
  }
}

/**
 * Shows the certificate of a target without sending anything, for the Test button: the chain, leaf first, and what speaks against it
 * by system authorities, name and dates. Throws TransportError or CancelledError.
 */
export async function inspectCertificate(
  host: string,
  port: number,
  options: { readonly signal?: AbortSignal; readonly timeoutMs: number },
): Promise<{
  readonly chain: readonly PresentedCertificate[];
  readonly failures: readonly TrustFailure[];
  readonly protocol: string | null;
}> {
  const socket = await connectSocket({ host, port, ...options }, connectOpen);
  try {
    const tls = { pin: null, skipNameCheck: false, skipAuthorityCheck: false };
    const { chain, failures } = judgePeer(socket, host, tls, null);
    return { chain, failures, protocol: socket.getProtocol() };
  } finally {
    socket.destroy();
  }
}

type Destination = TcpNetConnectOpts & { readonly host: string };

/** A socket on its way: what it is built on, and the event after which it is of use. */
interface Opening<S extends Socket> {
  readonly socket: S;
  readonly tcp: Socket;
  readonly readyEvent: 'connect' | 'secureConnect';
  readonly showsCertificate: boolean;
}

function alone<S extends Socket>(socket: S, readyEvent: Opening<S>['readyEvent']): Opening<S> {
  return { socket, tcp: socket, readyEvent, showsCertificate: false };
}

function connectOpen(to: Destination): Opening<TLSSocket> {
  return alone(connectTls({ ...to, ...tlsOptions(to.host, null) }), 'secureConnect');
}

/** TLS behind a gate that lets our certificate out only once the target's has been judged. */
function connectGated(
  to: Destination,
  client: UsableClientCertificate,
  judge: (socket: TLSSocket) => void,
): Opening<TLSSocket> {
  const tcp = connect(to);
  const gate = createHandshakeGate(tcp, () => judge(socket));
  const socket: TLSSocket = connectTls({ socket: gate, ...tlsOptions(to.host, client) });
  return { socket, tcp, readyEvent: 'secureConnect', showsCertificate: true };
}

function connectSocket<S extends Socket>(
  options: Pick<OpenOptions, 'host' | 'port' | 'timeoutMs' | 'signal'>,
  open: (to: Destination) => Opening<S>,
): Promise<S> {
  return new Promise((resolve, reject) => {
    const host = isIP(options.host) || options.host.includes('%') ? options.host : domainToASCII(options.host);
    if (host === '') {
      reject(new TransportError('This is not a name that a machine can have.', { reason: 'name-not-found' }));
      return;
    }
    if (options.signal?.aborted) {
      reject(cancelled());
      return;
    }
    const { socket, tcp, readyEvent, showsCertificate } = open({
      host,
      port: options.port,
      noDelay: true,
      keepAlive: true,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: ATTEMPT_PER_ADDRESS_MS,
    });
    let isTcpThere = false;
    const settle = (finish: () => void) => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', onAbort);
      tcp.off('connect', onConnect);
      socket.off(readyEvent, onReady).off('error', onError).off('close', onClose);
      finish();
    };
    const fail = (error: Error) =>
      settle(() => {
        // A late error of the dying socket has nobody left to tell.
        socket.on('error', () => {});
        socket.destroy();
        tcp.destroy();
        reject(error);
      });
    const onAbort = () => fail(cancelled());
    const onConnect = () => {
      isTcpThere = true;
    };
    const onReady = () => settle(() => resolve(socket));
    const onError = (cause: Error) => fail(connectError(cause, isTcpThere, showsCertificate));
    const onClose = () => onError(new Error('closed during the handshake'));
    const timer = setTimeout(
      () => fail(new TransportError('No connection came about in time.', { reason: 'connect-timeout' })),
      options.timeoutMs,
    );
    options.signal?.addEventListener('abort', onAbort);
    tcp.on('connect', onConnect);
    socket.on(readyEvent, onReady).on('error', onError).on('close', onClose);
  });
}

function cancelled(): CancelledError {
  return new CancelledError('The request was cancelled.');
}

const REASONS: Readonly<Record<string, readonly [TransportReason, string]>> = {
  ENOTFOUND: ['name-not-found', 'The name cannot be resolved.'],
  EAI_AGAIN: ['name-not-found', 'The name server does not answer.'],
  EAI_NODATA: ['name-not-found', 'The name has no address.'],
  ECONNREFUSED: ['refused', 'Nothing listens on this port, or a firewall refuses it.'],
  ENETUNREACH: ['network-unreachable', 'There is no route to the network.'],
  EHOSTUNREACH: ['network-unreachable', 'There is no route to the machine.'],
  EADDRNOTAVAIL: ['network-unreachable', 'The address cannot be reached from here.'],
  ENETDOWN: ['network-unreachable', 'The network is down.'],
  ETIMEDOUT: ['connect-timeout', 'No connection came about in time.'],
};

/** Alerts by which a target says no to the client certificate (RFC 5246 7.2.2), as OpenSSL and BoringSSL spell them. */
const CERTIFICATE_ALERT =
  /ALERT_(BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_REVOKED|CERTIFICATE_EXPIRED|CERTIFICATE_UNKNOWN|CERTIFICATE_REQUIRED|UNKNOWN_CA|ACCESS_DENIED)$/;

function connectError(cause: Error, isTcpThere: boolean, showsCertificate: boolean): WSManError {
  // The gate's verdict, as it is.
  if (cause instanceof WSManError) return cause;
  const code = codeOf(cause);
  if (!isTcpThere) {
    const [reason, message] = REASONS[code ?? ''] ?? ['network-unreachable', 'No connection came about.'];
    return new TransportError(message, { reason, code, cause });
  }
  const alert = showsCertificate ? CERTIFICATE_ALERT.exec(code ?? '')?.[1] : undefined;
  if (alert !== undefined) {
    const words = alert.toLowerCase().replaceAll('_', ' ');
    return new AuthenticationError(`The target refuses the client certificate in the TLS handshake: ${words}.`, {
      reason: 'certificate-not-mapped',
      leg: 1,
      evidence: { mechanism: 'Certificate', text: words },
      cause,
    });
  }
  return new TransportError(handshakeMessage(code, showsCertificate), { reason: 'tls', code, cause });
}

function handshakeMessage(code: string | undefined, showsCertificate: boolean): string {
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') {
    return 'The port answers, but not in TLS.';
  }
  if (showsCertificate && code?.endsWith('ALERT_PROTOCOL_VERSION')) {
    return 'The target does not speak TLS 1.2, which a client certificate needs.';
  }
  return 'The TLS handshake failed.';
}

/** Node's code of an error; of the first attempt where several addresses were tried. */
export function codeOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  if ('code' in cause && typeof cause.code === 'string') return cause.code;
  return cause instanceof AggregateError ? codeOf(cause.errors[0]) : undefined;
}
