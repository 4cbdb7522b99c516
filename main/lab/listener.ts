import { constants } from 'node:crypto';
import net, { type Socket } from 'node:net';
import tls, { type TLSSocket } from 'node:tls';
import { channelBindingData, channelBindingOf } from '../wsman/auth/channel-binding.ts';
import type { ListenerBinding } from './authentication/negotiate.ts';
import type { FleetCertificate } from './certificates.ts';

/** Listening sockets on loopback, and TLS on what they accept. */

const loopback = ['127.0.0.1', '::1'] as const;

/** Listens on every loopback family that this system has. Throws where the port is taken on one of them. */
export async function listenOnLoopback(port: number, accept: (socket: Socket) => void): Promise<net.Server[]> {
  const servers: net.Server[] = [];
  try {
    for (const host of loopback) {
      const server = net.createServer({ noDelay: true }, accept);
      const failure = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
        server.once('error', resolve);
        server.listen({ host, port, exclusive: true }, () => resolve(null));
      });
      server.removeAllListeners('error').on('error', () => {});
      if (failure === null) servers.push(server);
      // A system without IPv6 is no reason to fail.
      else if (host !== '::1' || !/^(EADDRNOTAVAIL|EAFNOSUPPORT)$/.test(failure.code ?? '')) throw failure;
    }
    return servers;
  } catch (error) {
    for (const server of servers) server.close();
    throw error;
  }
}

/** The server's half of TLS. `then` is called when the handshake is over; a failed one ends the socket. */
export function createTlsSide(options: {
  readonly certificate: FleetCertificate;
  /** PEM of the authority whose client certificates are asked for, or null. */
  readonly clientAuthority: string | null;
  /** Ask for them later, by renegotiation: TLS 1.2 at most. */
  readonly renegotiates: boolean;
}): (socket: Socket, asksForCertificate: boolean, then: (secured: TLSSocket) => void) => void {
  const { certificate, clientAuthority, renegotiates } = options;
  const secureContext = tls.createSecureContext({
    cert: certificate.certificatePem,
    key: certificate.keyPem,
    sessionIdContext: certificate.sha256.slice(0, 32),
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

export function bindingOf(certificate: FleetCertificate): ListenerBinding {
  // Its signature is ECDSA with SHA-256, for which the binding is defined.
  return { data: channelBindingData(certificate.der)!, md5: channelBindingOf(certificate.der)! };
}
