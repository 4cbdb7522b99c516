import type { X509Certificate } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import { type ProvenCertificate, proveCertificate } from '../cert-mapping.ts';

/** TLS client certificates (the security profile https/mutual of DSP0226 C.3.5). */

/** The Authorization header of a request that its client certificate speaks for. */
export const mutualProfile = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual';

/** How a fleet asks for client certificates, and whose it trusts. */
export interface ClientCertificatePolicy {
  /** PEM. */
  readonly authorities: readonly string[];
  /** As Windows: only when a request wants it, by renegotiation in TLS 1.2. Otherwise every handshake asks, and insists on nothing. */
  readonly renegotiates: boolean;
}

const renegotiationLimitMs = 10_000;

/** The certificate on this connection, asked for now where the handshake did not; null where there is none that counts. */
export async function findProvenCertificate(
  socket: object,
  policy: ClientCertificatePolicy,
  now: number,
): Promise<ProvenCertificate | null> {
  if (!(socket instanceof TLSSocket)) return null;
  const presented = socket.getPeerX509Certificate() ?? (policy.renegotiates ? await renegotiate(socket) : undefined);
  return presented ? proveCertificate(presented, policy.authorities, now) : null;
}

function renegotiate(socket: TLSSocket): Promise<X509Certificate | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.destroy(), renegotiationLimitMs);
    const done = (): void => {
      clearTimeout(timer);
      socket.off('close', done);
      resolve(socket.destroyed ? undefined : socket.getPeerX509Certificate());
    };
    socket.once('close', done);
    socket.renegotiate({ requestCert: true, rejectUnauthorized: false }, done);
  });
}
