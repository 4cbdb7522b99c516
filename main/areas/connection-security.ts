import type { ConnectionSecurity } from '../../shared/contract/machines.ts';
import type { ConnectionSecurity as WireSecurity } from '../wsman/index.ts';

/** How a connection is protected, as header and table show it. Null before the first sign-in. */
export function connectionSecurity(security: WireSecurity | null): ConnectionSecurity | null {
  if (security === null || security.mechanism === null) return null;
  const { mechanism, cipher, protection, spn, inside, peerCertificate, clientCertificate } = security;
  return {
    mechanism,
    cipher,
    protection,
    spn,
    insideSpnego: inside === 'SPNEGO',
    serverCertificate: peerCertificate && {
      subject: peerCertificate.subject,
      sha256: peerCertificate.sha256,
      validToAt: peerCertificate.validTo.getTime(),
    },
    clientCertificate: clientCertificate && {
      subject: clientCertificate.subject,
      validToAt: clientCertificate.validTo.getTime(),
    },
  };
}
