/**
 * What a client proves itself with in TLS (`-auth:certificate`; CertMapping on the target): read from PEM or PKCS#12 (PFX, RFC 7292) into
 * what node:tls takes, and judged before anything is sent. Keys and passphrases never enter an error.
 *
 * The files are decrypted by the TLS library of this process: OpenSSL under Node, BoringSSL in Electron. OpenSSL 3 refuses the RC2 of old
 * PFX exports, which BoringSSL still reads; the words of other failures differ between them, so that only codes and own checks decide here.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { AuthenticationError } from '../errors.ts';
import type { ClientCertificate } from '../target.ts';
import { oidText, readDer, readDerList } from './der.ts';

const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2';
const ANY_EXTENDED_KEY_USAGE = '2.5.29.37.0';
const SUBJECT_ALT_NAME = '2.5.29.17';
const USER_PRINCIPAL_NAME = '1.3.6.1.4.1.311.20.2.3';

/** The leaf, for the user's eyes and for the mapping on the target. Fingerprints are upper-case hex without separators. */
export interface ClientCertificateLeaf {
  readonly subject: string;
  readonly issuer: string;
  readonly sha256: string;
  readonly sha1: string;
  /** Of the direct issuer, which a CertMapping's `Issuer` names; null where it is not in the file. */
  readonly issuerSha1: string | null;
  readonly validFrom: Date;
  readonly validTo: Date;
  /** UPN of subjectAltName, which a CertMapping's `Subject` is compared with. */
  readonly userPrincipalName: string | null;
  /** Extended key usage allows client authentication, or does not restrict. Windows refuses a certificate without. */
  readonly forClientAuthentication: boolean;
}

export interface UsableClientCertificate {
  /** For `tls.createSecureContext`. */
  readonly tls:
    | { readonly cert: string; readonly key: string; readonly passphrase?: string }
    | { readonly pfx: Buffer; readonly passphrase?: string };
  readonly leaf: ClientCertificateLeaf;
}

/**
 * Reads and judges a client certificate. Throws AuthenticationError `certificate-unusable`, whose sentence says what to do, where it cannot
 * be read, its passphrase or key is wrong, or `now` (epoch milliseconds) is outside its dates.
 */
export function readClientCertificate(given: ClientCertificate, now = Date.now()): UsableClientCertificate {
  const { tls, leaf, issuer } = given.format === 'pem' ? readPem(given) : readPfx(given);
  const described = describe(leaf, issuer);
  if (described.validTo.getTime() < now) {
    throw unusable(`The client certificate expired on ${day(described.validTo)}. Renew it and choose the new one.`);
  }
  if (described.validFrom.getTime() > now) {
    throw unusable(
      `The client certificate is not valid before ${day(described.validFrom)}. Is this computer's clock right?`,
    );
  }
  return { tls, leaf: described };
}

/** Whether it cannot be read without a passphrase that it does not have yet. Of a file that cannot be read at all: false. */
export function needsPassphrase(given: ClientCertificate): boolean {
  if (given.passphrase !== null) return false;
  if (given.format === 'pem') return ENCRYPTED_KEY.test(given.key);
  try {
    createSecureContext({ pfx: asBuffer(given.bytes) });
    return false;
  } catch (cause) {
    return isPfx(given.bytes) && isWrongPassphrase(cause);
  }
}

interface Read {
  readonly tls: UsableClientCertificate['tls'];
  readonly leaf: X509Certificate;
  readonly issuer: X509Certificate | null;
}

function readPem({ certificates, key, passphrase }: Extract<ClientCertificate, { format: 'pem' }>): Read {
  const blocks = certificates.match(/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END [^-]*-----/g) ?? [];
  if (blocks.length === 0) {
    throw unusable(
      'There is no certificate in the PEM text: it needs a block that starts with -----BEGIN CERTIFICATE-----.',
    );
  }
  const chain = blocks.map((block) => {
    try {
      return { block, certificate: new X509Certificate(block) };
    } catch (cause) {
      throw unusable('A certificate in the PEM text is damaged. Export it again.', cause);
    }
  });
  const privateKey = readKey(key, passphrase);
  // Leaf first is what TLS sends; files are not always in that order.
  const own = chain.find(({ certificate }) => certificate.checkPrivateKey(privateKey));
  if (own === undefined) {
    throw unusable('The private key belongs to another certificate. Give the key that the certificate was made for.');
  }
  const others = chain.filter((one) => one !== own);
  const cert = [own, ...others].map(({ block }) => `${block}\n`).join('');
  const tls = { cert, key, ...(passphrase === null ? {} : { passphrase }) };
  takeByTls(tls);
  const issuer = others.find(({ certificate }) => own.certificate.checkIssued(certificate));
  return { tls, leaf: own.certificate, issuer: issuer?.certificate ?? null };
}

const ENCRYPTED_KEY = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m;

function readKey(key: string, passphrase: string | null): KeyObject {
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(key)) {
    throw unusable(
      'There is no private key in the PEM text: it needs a block that starts with -----BEGIN PRIVATE KEY----- or the like.',
    );
  }
  const isEncrypted = ENCRYPTED_KEY.test(key);
  if (isEncrypted && passphrase === null) {
    throw unusable('The private key of the client certificate is encrypted. Give its passphrase.');
  }
  try {
    return createPrivateKey({ key, format: 'pem', ...(passphrase === null ? {} : { passphrase }) });
  } catch (cause) {
    if (!isEncrypted) throw unusable('The private key of the client certificate is damaged. Export it again.', cause);
    if (isUnsupported(cause)) {
      throw unusable(
        'The private key is encrypted with a cipher that is no longer supported here. Convert it: openssl pkcs8 -topk8 -in OLD.pem -out NEW.pem (with -provider legacy -provider default where it refuses).',
        cause,
      );
    }
    throw unusable('The passphrase of the client certificate is wrong, or its private key is damaged.', cause);
  }
}

function readPfx({ bytes, passphrase }: Extract<ClientCertificate, { format: 'pfx' }>): Read {
  const tls = { pfx: asBuffer(bytes), ...(passphrase === null ? {} : { passphrase }) };
  const context = takeByTls(tls);
  const leaf = context.getCertificate();
  if (!leaf) throw unusable('The PFX file holds no certificate beside its key. Export both together.');
  const certificate = new X509Certificate(leaf);
  const issuer = context.getIssuer();
  return { tls, leaf: certificate, issuer: issuer ? new X509Certificate(issuer) : null };
}

/**
 * Node's own handle of a SecureContext, undocumented: it alone gives the certificate out of a PFX (DER). As old as Node's TLS, and in
 * Electron as well; a Node without it fails in the unit test.
 */
interface ContextHandle {
  getCertificate(): Buffer | null;
  getIssuer(): Buffer | null;
}

/** Whether TLS takes certificate and key; without authorities, which take long to load. */
function takeByTls(tls: UsableClientCertificate['tls']): ContextHandle {
  try {
    return createSecureContext(tls).context as ContextHandle;
  } catch (cause) {
    throw 'pfx' in tls ? pfxFailure(tls, cause) : pemFailure(cause);
  }
}

function pemFailure(cause: unknown): AuthenticationError {
  return unusable(
    `TLS does not take the client certificate (${reasonOf(cause)}). A key of at least 2048 bits and a SHA-256 signature are needed.`,
    cause,
  );
}

function pfxFailure(tls: { readonly pfx: Buffer; readonly passphrase?: string }, cause: unknown): AuthenticationError {
  if (!isPfx(tls.pfx)) return unusable('This is not a PFX file (PKCS#12), or it is damaged. Export it again.', cause);
  if (isUnsupported(cause)) {
    return unusable(
      'The PFX file is encrypted the old way (RC2-40), which is no longer supported here. Export it again with AES-256 (Export-PfxCertificate -CryptoAlgorithmOption AES256_SHA256), or convert it: openssl pkcs12 -legacy -in OLD.pfx -nodes | openssl pkcs12 -export -out NEW.pfx.',
      cause,
    );
  }
  const message = cause instanceof Error ? cause.message : '';
  if (isWrongPassphrase(cause)) {
    return unusable(
      tls.passphrase === undefined
        ? 'The PFX file is protected. Give its passphrase.'
        : 'The passphrase of the PFX file is wrong.',
      cause,
    );
  }
  if (/private key/i.test(message)) {
    return unusable('The PFX file holds no private key. Export it again with its private key.', cause);
  }
  if (/load certificate/i.test(message)) {
    return unusable('The PFX file holds no certificate beside its key. Export both together.', cause);
  }
  return unusable(`The PFX file cannot be used (${reasonOf(cause)}). Export it again with its private key.`, cause);
}

/** The same bytes, as node:tls wants them. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** PFX ::= SEQUENCE { version INTEGER 3, … } (RFC 7292 section 4), perhaps of indefinite length. */
function isPfx(bytes: Uint8Array): boolean {
  return bytes[0] === 0x30 && Buffer.from(bytes.subarray(1, 10)).includes(Buffer.of(2, 1, 3));
}

/** OpenSSL's words, and BoringSSL's. */
function isWrongPassphrase(cause: unknown): boolean {
  return cause instanceof Error && /mac verify|incorrect.password|bad.decrypt/i.test(cause.message);
}

const UNSUPPORTED: ReadonlySet<string> = new Set([
  'ERR_CRYPTO_UNSUPPORTED_OPERATION',
  'ERR_OSSL_EVP_UNSUPPORTED',
  'ERR_OSSL_UNSUPPORTED',
  'ERR_OSSL_UNSUPPORTED_ALGORITHM',
]);

function isUnsupported(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && UNSUPPORTED.has(String(cause.code));
}

/** OpenSSL's reason in words: `ee key too small`. It names no content. */
function reasonOf(cause: unknown): string {
  if (cause instanceof Error && 'reason' in cause && typeof cause.reason === 'string') return cause.reason;
  return cause instanceof Error ? cause.message.replace(/^error:[0-9A-F]+:/, '') : 'unknown reason';
}

function unusable(message: string, cause?: unknown): AuthenticationError {
  return new AuthenticationError(message, {
    reason: 'certificate-unusable',
    evidence: { mechanism: 'Certificate' },
    cause,
  });
}

function describe(leaf: X509Certificate, issuer: X509Certificate | null): ClientCertificateLeaf {
  const usages: readonly string[] | undefined = leaf.keyUsage;
  return {
    subject: oneLine(leaf.subject),
    issuer: oneLine(leaf.issuer),
    sha256: leaf.fingerprint256.replaceAll(':', ''),
    sha1: leaf.fingerprint.replaceAll(':', ''),
    issuerSha1: issuer?.fingerprint.replaceAll(':', '') ?? null,
    validFrom: leaf.validFromDate,
    validTo: leaf.validToDate,
    userPrincipalName: userPrincipalNameOf(leaf.raw),
    forClientAuthentication:
      usages === undefined || usages.includes(CLIENT_AUTHENTICATION) || usages.includes(ANY_EXTENDED_KEY_USAGE),
  };
}

const oneLine = (distinguishedName: string | undefined): string => (distinguishedName ?? '').split('\n').join(', ');
const day = (date: Date): string => date.toISOString().slice(0, 10);

/**
 * The user principal name in a certificate's subjectAltName (RFC 5280 4.2.1.6: otherName; the UTF8String that Microsoft puts there), or
 * null. A certificate whose names cannot be read has none.
 */
export function userPrincipalNameOf(certificate: Uint8Array): string | null {
  try {
    // Certificate ::= SEQUENCE { tbsCertificate ::= SEQUENCE { …, [3] { extensions } }, … }
    const toBeSigned = readDerList(readDerList(readDer(certificate).value)[0]?.value ?? new Uint8Array(0));
    const extensions = toBeSigned.find(({ tag }) => tag === 0xa3);
    if (!extensions) return null;
    for (const extension of readDerList(readDer(extensions.value).value)) {
      const fields = readDerList(extension.value);
      const [id, content] = [fields[0], fields.at(-1)];
      if (!id || !content || oidText(id.value) !== SUBJECT_ALT_NAME) continue;
      for (const name of readDerList(readDer(content.value).value)) {
        if (name.tag !== 0xa0) continue;
        const [type, value] = readDerList(name.value);
        if (type && value && oidText(type.value) === USER_PRINCIPAL_NAME) {
          return Buffer.from(readDer(value.value).value).toString('utf8');
        }
      }
    }
    return null;
  } catch (cause) {
    if (cause instanceof RangeError) return null;
    throw cause;
  }
}
