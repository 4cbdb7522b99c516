import { constants } from 'node:crypto';
import net, { type Socket } from 'node:net';
import tls, { type TLSSocket } from 'node:tls';
import { channelBindingData, channelBindingOf } from '../wsman/auth/channel-binding.ts';
import type { ListenerBinding } from './authentication/negotiate.ts';
import type { SimulatedMachine } from './simulated-machine.ts';
import type { ConfigListener } from './world/winrm-config.ts';

/** Listening sockets on loopback, and TLS on what they accept. */

const loopback = ['127.0.0.1', '::1'] as const;

/** One listening socket. Resolves with null where this system has no such address (IPv6); rejects where the port is taken. */
export async function listenOn(
  host: string,
  port: number,
  accept: (socket: Socket) => void,
): Promise<net.Server | null> {
  const server = net.createServer({ noDelay: true }, accept);
  const failure = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
    server.once('error', resolve);
    server.listen({ host, port, exclusive: true }, () => resolve(null));
  });
  server.removeAllListeners('error').on('error', () => {});
  if (failure === null) return server;
  // A system without IPv6 is no reason to fail.
  if (host === '::1' && /^(EADDRNOTAVAIL|EAFNOSUPPORT)$/.test(failure.code ?? '')) return null;
  throw failure;
}

/** Listens on every loopback family that this system has, by address. Throws where the port is taken on one of them. */
export async function listenOnLoopback(
  port: number,
  accept: (host: string) => (socket: Socket) => void,
): Promise<Map<string, net.Server>> {
  const servers = new Map<string, net.Server>();
  try {
    for (const host of loopback) {
      const server = await listenOn(host, port, accept(host));
      if (server) servers.set(host, server);
    }
    return servers;
  } catch (error) {
    for (const server of servers.values()) server.close();
    throw error;
  }
}

export interface LoopbackSocket {
  readonly host: string;
  readonly port: number;
}

/** Ports that every machine has by default: a fleet on one computer cannot share them, so they are only said to be listened on. */
const unopened: ReadonlySet<number> = new Set([80, 443, 5985, 5986, 47001]);

/** What of a machine's listeners is really open, by `address port`: loopback, which stands for the network here. */
export function socketsOf({ winrmConfig }: SimulatedMachine): Map<string, LoopbackSocket> {
  const sockets = new Map<string, LoopbackSocket>();
  for (const listener of winrmConfig.listeners) {
    if (unopened.has(listener.port)) continue;
    const addresses = winrmConfig.listeningOn(listener);
    for (const host of loopback) {
      if (addresses.includes(host)) sockets.set(`${host} ${listener.port}`, { host, port: listener.port });
    }
  }
  return sockets;
}

/** The listener that a connection to this port is for. */
export const listenerAt = ({ winrmConfig }: SimulatedMachine, port: number): ConfigListener | undefined =>
  winrmConfig.listeners.find((listener) => listener.enabled && listener.port === port);

/** The server's half of TLS. `then` is called when the handshake is over; a failed one ends the socket. */
export function createTlsSide(options: {
  readonly certificate: { readonly certificatePem: string; readonly keyPem: string; readonly id: string };
  /** PEM of the authority whose client certificates are asked for, or null. */
  readonly clientAuthority: string | null;
  /** Ask for them later, by renegotiation: TLS 1.2 at most. */
  readonly renegotiates: boolean;
}): (socket: Socket, asksForCertificate: boolean, then: (secured: TLSSocket) => void) => void {
  const { certificate, clientAuthority, renegotiates } = options;
  const secureContext = tls.createSecureContext({
    cert: certificate.certificatePem,
    key: certificate.keyPem,
    sessionIdContext: certificate.id,
    ...(clientAuthority === null ? {} : { ca: clientAuthority }),
    // A renegotiation that resumes the session would ask for nothing.
    ...(renegotiates
      ? { maxVersion: 'TLSv1.2', secureOptions: constants.SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION }
      : {}),
  });
  return (socket, asksForCertificate, then) => {
    const secured = new tls.TLSSocket(socket, {
      isServer: true,
      secureContext,
      // Whoever has no certificate says so, and goes on. Whether a certificate counts is for authentication to say.
      requestCert: asksForCertificate && !renegotiates,
      rejectUnauthorized: false,
    });
    secured.on('error', () => socket.destroy());
    secured.once('secure', () => then(secured));
  };
}

export function bindingOf(certificate: { readonly der: Uint8Array }): ListenerBinding {
  // Its signature is ECDSA with SHA-256, for which the binding is defined.
  return { data: channelBindingData(certificate.der)!, md5: channelBindingOf(certificate.der)! };
}
