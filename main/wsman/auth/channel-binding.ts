/** Channel bindings of the kind tls-server-end-point (RFC 5929 section 4), for NTLM (MsvAvChannelBindings) and for GSS-API. */
import { createHash } from 'node:crypto';
import { type DerElement, oidText, readDer, readDerList } from './der.ts';

/** Hash function of a certificate's signature algorithm; null where it has none of its own (Ed25519: the binding is undefined). */
const HASH_OF_SIGNATURE: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.4': 'md5',
  '1.2.840.113549.1.1.5': 'sha1',
  '1.3.14.3.2.29': 'sha1',
  '1.2.840.10040.4.3': 'sha1',
  '1.2.840.10045.4.1': 'sha1',
  '1.2.840.113549.1.1.14': 'sha224',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.1': 'sha224',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '2.16.840.1.101.3.4.3.1': 'sha224',
  '2.16.840.1.101.3.4.3.2': 'sha256',
};
const RSASSA_PSS = '1.2.840.113549.1.1.10';
const HASH: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.5': 'md5',
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.4': 'sha224',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/**
 * MD5 over gss_channel_bindings (MS-NLMP 2.2.2.1, RFC 4121 4.1.1.2) with the hash of the server's certificate in it: 16 bytes.
 * Null where the certificate cannot be read or its algorithm leaves the binding undefined: then none is sent, never zeros.
 */
export function channelBindingOf(certificate: Uint8Array): Uint8Array | null {
  const hash = certificateHash(certificate);
  return hash === null ? null : channelBindingOfHash(hash);
}

/** The application data of the binding, as GSS-API libraries want it: prefix and hash (RFC 5929 section 4). Null as above. */
export function channelBindingData(certificate: Uint8Array): Uint8Array | null {
  const hash = certificateHash(certificate);
  return hash === null ? null : applicationData(hash);
}

/** `channelBindingOf` from the certificate's hash. */
export function channelBindingOfHash(hash: Uint8Array): Uint8Array {
  const data = applicationData(hash);
  // Initiator and acceptor address: type and length, all zero.
  const header = Buffer.alloc(20);
  header.writeUInt32LE(data.length, 16);
  return createHash('md5').update(header).update(data).digest();
}

function applicationData(hash: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from('tls-server-end-point:', 'latin1'), hash]);
}

/** Hash of the certificate (DER): by the hash of its own signature, SHA-256 in place of MD5 and SHA-1 (RFC 5929 4.1). */
export function certificateHash(certificate: Uint8Array): Uint8Array | null {
  const signed = signatureHash(certificate);
  if (signed === null) return null;
  const name = signed === 'md5' || signed === 'sha1' ? 'sha256' : signed;
  return createHash(name).update(certificate).digest();
}

function signatureHash(certificate: Uint8Array): string | null {
  try {
    // Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }
    const algorithm = readDerList(readDer(certificate).value)[1];
    if (!algorithm) return null;
    const [oid, parameters] = readDerList(algorithm.value);
    if (!oid) return null;
    const name = oidText(oid.value);
    return name === RSASSA_PSS ? pssHash(parameters) : (HASH_OF_SIGNATURE[name] ?? null);
  } catch (cause) {
    if (cause instanceof RangeError) return null;
    throw cause;
  }
}

/** RSASSA-PSS-params (RFC 4055 3.1): hashAlgorithm in [0], SHA-1 where it is left out. */
function pssHash(parameters: DerElement | undefined): string | null {
  if (!parameters || parameters.value.length === 0) return 'sha1';
  const hash = readDerList(parameters.value).find((field) => field.tag === 0xa0);
  if (!hash) return 'sha1';
  const oid = readDerList(readDer(hash.value).value)[0];
  return oid ? (HASH[oidText(oid.value)] ?? null) : null;
}
