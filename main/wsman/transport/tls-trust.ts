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
import type { UsableClientCertificate } from '../auth/client-certificate.ts';
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
let authorityCertificates: readonly X509Certificate[] | null = null;

/** System, bundled and NODE_EXTRA_CA_CERTS authorities, read once. */
function trustedAuthorities() {
  if (authorities === null) {
    const kinds = ['default', 'system', 'extra'] as const;
    const pems = [...new Set(kinds.flatMap((kind) => getCACertificates(kind)))];
    authorities = { pems, context: createSecureContext({ ca: pems, minVersion: 'TLSv1.2' }) };
  }
  return authorities;
}

/** Authorities take long to load (50 ms and more): one context for all connections that show the same certificate. */
const clientContexts = new WeakMap<UsableClientCertificate, SecureContext>();

/**
 * A context that can show `client`, TLS 1.2 at most. Windows (HTTP.sys, unless `clientcertnegotiation` is enabled for the port) asks for
 * the certificate only after it has seen the request: by renegotiation in TLS 1.2, which OpenSSL follows by itself, and by post-handshake
 * authentication in TLS 1.3, which Node does not offer. BoringSSL, and with it Electron, refuses renegotiation too: there the target has
 * to ask in the first handshake.
 */
function clientContext(client: UsableClientCertificate): SecureContext {
  let context = clientContexts.get(client);
  if (context === undefined) {
    const ca = [...trustedAuthorities().pems];
    context = createSecureContext({ ...client.tls, ca, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' });
    clientContexts.set(client, context);
  }
  return context;
}

/** Options of `tls.connect`: Node verifies the chain but leaves the decision to `judgePeer`. `client`: what to show, or null. */
export function tlsOptions(host: string, client: UsableClientCertificate | null) {
  return {
    secureContext: client ? clientContext(client) : trustedAuthorities().context,
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

/**
 * Everything that speaks against the peer of a socket, after its `secureConnect` or in the middle of the handshake, once the peer's
 * certificate has come. No failures: it is accepted. `client` is what was given to `tlsOptions`.
 */
export function judgePeer(
  socket: TLSSocket,
  host: string,
  trust: TlsTrust,
  client: UsableClientCertificate | null,
): PeerVerdict {
  const certificates = presentedChain(socket);
  const leaf = certificates[0];
  if (!leaf) return { chain: [], failures: ['unreadable'], leaf: null };
  const chain = certificates.map(describeCertificate);
  if (trust.pin !== null) {
    const isPinned = chain[0]!.sha256 === trust.pin.replaceAll(':', '').toUpperCase();
    return { chain, failures: isPinned ? [] : ['pin-changed'], leaf: leaf.raw };
  }
  const failures: TrustFailure[] = [];
  if (!trust.skipAuthorityCheck && !hasTrustedAuthority(socket, certificates, client))
    failures.push('unknown-authority');
  if (!trust.skipNameCheck && !isForName(leaf, host)) failures.push('wrong-name');
  const now = Date.now();
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
 *
 * Node also makes the authorities inside a client's PFX file trusted for that context. Whoever made that file is not who says which
 * targets are genuine: with one, the chain must end at a system authority as well.
 */
function hasTrustedAuthority(
  socket: TLSSocket,
  certificates: readonly X509Certificate[],
  client: UsableClientCertificate | null,
): boolean {
  const code = chainError(socket);
  if (code === null) return client === null || !('pfx' in client.tls) || reachesAuthority(certificates);
  const isLeafDate = (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') && isOutOfDate(certificates[0]!);
  return isLeafDate && reachesAuthority(certificates);
}

/** OpenSSL's code for what is wrong with the chain; null where nothing is. */
function chainError(socket: TLSSocket): string | null {
  if (socket.authorized) return null;
  if (socket.authorizationError) return String(socket.authorizationError);
  // In the middle of the handshake only Node's own handle knows. Without it nothing is known to be right.
  const { _handle: handle } = socket as unknown as {
    readonly _handle?: { verifyError?(): { readonly code?: string } | null | undefined } | null;
  };
  if (!handle?.verifyError) return 'UNSPECIFIED';
  const error = handle.verifyError();
  return error ? (error.code ?? 'UNSPECIFIED') : null;
}

function isOutOfDate(certificate: X509Certificate): boolean {
  const now = Date.now();
  return certificate.validToDate.getTime() < now || certificate.validFromDate.getTime() > now;
}

/** Whether the chain, followed upwards, meets a system authority: by each certificate's issuer, signature and dates. */
function reachesAuthority(certificates: readonly X509Certificate[]): boolean {
  authorityCertificates ??= trustedAuthorities().pems.map((pem) => new X509Certificate(pem));
  const known = authorityCertificates;
  for (const [index, certificate] of certificates.entries()) {
    if (index > 0) {
      const below = certificates[index - 1]!;
      const isIssuer = below.checkIssued(certificate) && below.verify(certificate.publicKey);
      if (!isIssuer || isOutOfDate(certificate)) return false;
    }
    const isMet = known.some(
      (authority) =>
        authority.fingerprint256 === certificate.fingerprint256 ||
        (authority.subject === certificate.issuer && certificate.verify(authority.publicKey)),
    );
    if (isMet) return true;
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
