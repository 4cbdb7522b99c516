import type { ConnectionSecurity } from '../shared/contract/machines.ts';
import { expiryOf } from './credential-words.ts';

/** `AES256-SHA1` → `AES256`: the key's type and length are what one looks for; the whole name stands in the details. */
export const shortCipher = (cipher: string): string => cipher.replace(/^(AES\d+)-.*$/, '$1');

/** `Kerberos · AES256`, `NTLM · RC4-128`, `Kerberos · AES256 · TLS 1.3`, `Basic · clear text`. */
export function securityWords({ mechanism, cipher, protection }: ConnectionSecurity): string {
  if (protection === null) return `${mechanism} · clear text`;
  // Inside TLS the key of NTLM seals nothing; that of Kerberos still tells what the directory gives out.
  const key = mechanism === 'Kerberos' && cipher !== null ? shortCipher(cipher) : null;
  const words = shortCipher(protection);
  return [mechanism, ...(key === null || key === words ? [] : [key]), words].join(' · ');
}

/** What somebody who looks after the connection should know; null where nothing is to be said. */
export function securityWarning(security: ConnectionSecurity, nowMs: number): string | null {
  if (security.protection === null) return 'Passwords and everything else can be read on the way.';
  const server = security.serverCertificate;
  if (server !== null) {
    const expiry = expiryOf(server.validToAt, nowMs);
    if (expiry.level !== 'ok') return `The certificate of the machine ${expiry.words}.`;
  }
  const client = security.clientCertificate;
  if (client !== null) {
    const expiry = expiryOf(client.validToAt, nowMs);
    if (expiry.level !== 'ok') return `The client certificate ${expiry.words}.`;
  }
  if (security.mechanism === 'Kerberos' && security.cipher?.startsWith('RC4')) {
    return 'The ticket has an RC4 key. Windows gives up RC4 for Kerberos: the account needs AES keys.';
  }
  return null;
}

/** The earlier end of the two certificates; null where there is none. */
export function nextExpiry(security: ConnectionSecurity | null): number | null {
  const ends = [security?.serverCertificate?.validToAt, security?.clientCertificate?.validToAt].filter(
    (at) => at !== undefined,
  );
  return ends.length === 0 ? null : Math.min(...ends);
}

/** One sentence for the whole, as a tooltip in the list. */
export function securitySentence(security: ConnectionSecurity, nowMs: number): string {
  const parts = [
    securityWords(security),
    security.spn === null ? '' : `for ${security.spn}`,
    security.mechanism === 'Kerberos' || security.mechanism === 'NTLM'
      ? security.insideSpnego
        ? 'inside SPNEGO'
        : 'without SPNEGO'
      : '',
    securityWarning(security, nowMs) ?? '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}
