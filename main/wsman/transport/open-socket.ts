/** A socket to a target: name, TCP and, where asked for, TLS with the certificate judged. Nothing is sent yet. */
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { domainToASCII } from 'node:url';
import {
  CancelledError,
  type PresentedCertificate,
  TransportError,
  type TransportReason,
  type TrustFailure,
} from '../errors.ts';
import type { TlsTrust } from '../target.ts';
import { judgePeer, requireTrust, tlsOptions } from './tls-trust.ts';

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
  /** For name, TCP and TLS together. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Throws TransportError, CertificateError or CancelledError; then the socket is gone. */
export async function openSocket(options: OpenOptions): Promise<OpenedSocket> {
  const socket = await connectSocket(options);
  if (options.tls === null) return { socket, tlsProtocol: null, peerCertificate: null, leaf: null };
  try {
    const verdict = judgePeer(socket as TLSSocket, options.host, options.tls);
    requireTrust(verdict, options.tls.pin);
    return {
      socket,
      tlsProtocol: (socket as TLSSocket).getProtocol(),
      peerCertificate: verdict.chain[0] ?? null,
      leaf: verdict.leaf,
    };
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
  const tls = { pin: null, skipNameCheck: false, skipAuthorityCheck: false };
  const socket = (await connectSocket({ host, port, tls, ...options })) as TLSSocket;
  try {
    const { chain, failures } = judgePeer(socket, host, tls);
    return { chain, failures, protocol: socket.getProtocol() };
  } finally {
    socket.destroy();
  }
}

function connectSocket(options: OpenOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const host = isIP(options.host) || options.host.includes('%') ? options.host : domainToASCII(options.host);
    if (host === '') {
      reject(new TransportError('This is not a name that a machine can have.', { reason: 'name-not-found' }));
      return;
    }
    const to = {
      host,
      port: options.port,
      noDelay: true,
      keepAlive: true,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: ATTEMPT_PER_ADDRESS_MS,
    };
    if (options.signal?.aborted) {
      reject(cancelled());
      return;
    }
    const socket = options.tls ? connectTls({ ...to, ...tlsOptions(host) }) : connect(to);
    let isTcpThere = false;
    const settle = (finish: () => void) => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', onAbort);
      socket.off('connect', onConnect).off('secureConnect', onSecure).off('error', onError).off('close', onClose);
      finish();
    };
    const fail = (error: Error) =>
      settle(() => {
        // A late error of the dying socket has nobody left to tell.
        socket.on('error', () => {});
        socket.destroy();
        reject(error);
      });
    const onAbort = () => fail(cancelled());
    const onConnect = () => {
      isTcpThere = true;
      if (!options.tls) settle(() => resolve(socket));
    };
    const onSecure = () => settle(() => resolve(socket));
    const onError = (cause: Error) => fail(connectError(cause, isTcpThere));
    const onClose = () => fail(connectError(new Error('closed during the handshake'), isTcpThere));
    const timer = setTimeout(
      () => fail(new TransportError('No connection came about in time.', { reason: 'connect-timeout' })),
      options.timeoutMs,
    );
    options.signal?.addEventListener('abort', onAbort);
    socket.on('connect', onConnect).on('secureConnect', onSecure).on('error', onError).on('close', onClose);
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

function connectError(cause: Error, isTcpThere: boolean): TransportError {
  const code = codeOf(cause);
  if (isTcpThere) {
    const isPlain = code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG';
    return new TransportError(isPlain ? 'The port answers, but not in TLS.' : 'The TLS handshake failed.', {
      reason: 'tls',
      code,
      cause,
    });
  }
  const [reason, message] = REASONS[code ?? ''] ?? ['network-unreachable', 'No connection came about.'];
  return new TransportError(message, { reason, code, cause });
}

/** Node's code of an error; of the first attempt where several addresses were tried. */
export function codeOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  if ('code' in cause && typeof cause.code === 'string') return cause.code;
  return cause instanceof AggregateError ? codeOf(cause.errors[0]) : undefined;
}
