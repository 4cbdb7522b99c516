/**
 * Whether a target's certificate is accepted. Decided here, once per connection, before the first HTTP byte: by the system's
 * authorities, the name and the dates; or, with a pin, by the leaf being that very certificate. A changed pin is a hard stop.
 * Sessions are never resumed, so that every connection shows its certificate.
 */
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import {
  createSecureContext,
  type DetailedPeerCertificate,
  getCACertificates,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import { CertificateError, type PresentedCertificate, type TrustFailure } from '../errors.ts';
import type { TlsTrust } from '../target.ts';

/** A chain deeper than this is not followed. */
const MAX_CHAIN = 12;

const WORDS: Readonly<Record<TrustFailure, string>> = {
  'pin-changed': 'it is not the one that was confirmed for this machine',
  'unknown-authority': 'no authority that this system trusts has issued it',
  'wrong-name': 'it is for another name',
  expired: 'it has expired',
  'not-yet-valid': 'it is not valid yet',
  unreadable: 'it cannot be read',
};

let authorities: { readonly pems: readonly string[]; readonly context: SecureContext } | null = null;

/** System, bundled and NODE_EXTRA_CA_CERTS authorities, read once. */
function trustedAuthorities() {
  if (authorities === null) {
    const kinds = ['default', 'system', 'extra'] as const;
    const pems = [...new Set(kinds.flatMap((kind) => getCACertificates(kind)))];
    authorities = { pems, context: createSecureContext({ ca: pems, minVersion: 'TLSv1.2' }) };
  }
  return authorities;
}

/** Options of `tls.connect`: Node verifies the chain but leaves the decision to `judgePeer`. */
export function tlsOptions(host: string) {
  return {
    secureContext: trustedAuthorities().context,
    minVersion: 'TLSv1.2' as const,
    servername: isIP(host) ? '' : host,
    rejectUnauthorized: false,
    // Names are checked below, apart from the chain, so that each failure can be told.
    checkServerIdentity: () => undefined,
  };
}

export interface PeerVerdict {
  readonly chain: readonly PresentedCertificate[];
  readonly failures: readonly TrustFailure[];
  /** The leaf as it came, for the channel binding; null where it is unreadable. */
  readonly leaf: Uint8Array | null;
}

/** Everything that speaks against the peer of a socket after its `secureConnect`. No failures: it is accepted. */
export function judgePeer(socket: TLSSocket, host: string, trust: TlsTrust, now = Date.now()): PeerVerdict {
  const certificates = presentedChain(socket);
  const leaf = certificates[0];
  if (!leaf) return { chain: [], failures: ['unreadable'], leaf: null };
  const chain = certificates.map(describeCertificate);
  if (trust.pin !== null) {
    const isPinned = chain[0]!.sha256 === trust.pin.replaceAll(':', '').toUpperCase();
    return { chain, failures: isPinned ? [] : ['pin-changed'], leaf: leaf.raw };
  }
  const failures: TrustFailure[] = [];
  if (!trust.skipAuthorityCheck && !hasTrustedAuthority(socket, certificates)) failures.push('unknown-authority');
  if (!trust.skipNameCheck && !isForName(leaf, host)) failures.push('wrong-name');
  if (leaf.validToDate.getTime() < now) failures.push('expired');
  if (leaf.validFromDate.getTime() > now) failures.push('not-yet-valid');
  return { chain, failures, leaf: leaf.raw };
}

/** Throws CertificateError where there are failures. */
export function requireTrust(verdict: PeerVerdict, pinned: string | null): void {
  if (verdict.failures.length === 0) return;
  const reasons = verdict.failures.map((failure) => WORDS[failure]).join(', and ');
  throw new CertificateError(`The certificate is not accepted: ${reasons}.`, {
    chain: verdict.chain,
    failures: verdict.failures,
    pinned,
  });
}

/**
 * OpenSSL's verdict on the chain. It tells one error only, and a date may hide the others: then the authority is looked for by hand,
 * for the sake of a complete answer. Whatever it cannot explain counts as unknown.
 */
function hasTrustedAuthority(socket: TLSSocket, certificates: readonly X509Certificate[]): boolean {
  if (socket.authorized) return true;
  const code = String(socket.authorizationError ?? '');
  const isLeafDate =
    (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') && isOutOfDate(certificates[0]!, Date.now());
  return isLeafDate && reachesAuthority(certificates);
}

function isOutOfDate(certificate: X509Certificate, now: number): boolean {
  return certificate.validToDate.getTime() < now || certificate.validFromDate.getTime() > now;
}

function reachesAuthority(certificates: readonly X509Certificate[]): boolean {
  for (let i = 0; i + 1 < certificates.length; i++) {
    const issuer = certificates[i + 1]!;
    const isIssued = certificates[i]!.checkIssued(issuer) && certificates[i]!.verify(issuer.publicKey);
    if (!isIssued || isOutOfDate(issuer, Date.now())) return false;
  }
  const last = certificates.at(-1)!;
  for (const pem of trustedAuthorities().pems) {
    const authority = new X509Certificate(pem);
    if (authority.fingerprint256 === last.fingerprint256) return true;
    if (authority.subject === last.issuer && last.verify(authority.publicKey)) return true;
  }
  return false;
}

/** DNS names and IP addresses of subjectAltName; the CN only where there is no subjectAltName (as OMI and others have it). */
function isForName(certificate: X509Certificate, host: string): boolean {
  if (isIP(host)) {
    if (certificate.checkIP(host) !== undefined) return true;
    return certificate.subjectAltName === undefined && commonName(certificate) === host;
  }
  return (
    certificate.checkHost(host, { subject: certificate.subjectAltName === undefined ? 'always' : 'never' }) !==
    undefined
  );
}

function presentedChain(socket: TLSSocket): X509Certificate[] {
  const certificates: X509Certificate[] = [];
  const seen = new Set<string>();
  try {
    let next: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
    while (next?.raw && certificates.length < MAX_CHAIN && !seen.has(next.fingerprint256)) {
      seen.add(next.fingerprint256);
      certificates.push(new X509Certificate(next.raw));
      next = next.issuerCertificate;
    }
  } catch {
    // OpenSSL took it but Node cannot parse it: what was read so far is shown, an empty chain counts as unreadable.
  }
  return certificates;
}

/** What a user is shown of a certificate. Text in it is the target's: data, not markup. */
function describeCertificate(certificate: X509Certificate): PresentedCertificate {
  return {
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    sha256: certificate.fingerprint256.replaceAll(':', ''),
    sha1: certificate.fingerprint.replaceAll(':', ''),
    validFrom: certificate.validFromDate,
    validTo: certificate.validToDate,
    names: namesOf(certificate),
    selfSigned: isSelfSigned(certificate),
  };
}

/** `checkIssued` would also ask for the right to sign certificates, which a server's self-signed certificate need not have. */
function isSelfSigned(certificate: X509Certificate): boolean {
  try {
    return certificate.subject === certificate.issuer && certificate.verify(certificate.publicKey);
  } catch {
    // A kind of key that OpenSSL does not know.
    return false;
  }
}

function oneLine(distinguishedName: string | undefined): string {
  return (distinguishedName ?? '').split('\n').join(', ');
}

function namesOf(certificate: X509Certificate): string[] {
  const names = [...(certificate.subjectAltName ?? '').matchAll(/(?:DNS|IP Address):("(?:[^"\\]|\\.)*"|[^,]*)/g)].map(
    (match) => match[1]!.replace(/^"|"$/g, '').trim(),
  );
  const name = commonName(certificate);
  return names.length > 0 || name === null ? names : [name];
}

function commonName(certificate: X509Certificate): string | null {
  const line = (certificate.subject ?? '').split('\n').findLast((part) => part.startsWith('CN='));
  return line === undefined ? null : line.slice(3);
}
