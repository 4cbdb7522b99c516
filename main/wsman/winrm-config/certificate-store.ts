/** Certificates of a machine's own store, as the registry holds them: a Blob of properties, one of which is the certificate. */
import { X509Certificate } from 'node:crypto';
import type { WSManClient } from '../client.ts';
import { registryBinary, registryKeys } from './registry.ts';

const storeKey = 'SOFTWARE\\Microsoft\\SystemCertificates\\MY\\Certificates';
/** CERT_CERT_PROP_ID and CERT_KEY_PROV_INFO_PROP_ID of wincrypt.h. */
const certificateProperty = 32;
const keyProperty = 2;
/** More certificates than that are not read: a bound, not a rule. */
const maxCertificates = 200;

export interface StoredCertificate {
  /** SHA-1 in upper-case hex. */
  readonly thumbprint: string;
  readonly subject: string;
  readonly issuer: string;
  readonly names: readonly string[];
  readonly validFromAt: number;
  readonly validToAt: number;
  readonly serverAuthentication: boolean;
  readonly hasPrivateKey: boolean;
  readonly selfSigned: boolean;
  /** Common name of the subject: what Hostname of an HTTPS listener has to be. */
  readonly hostname: string | null;
}

/** Length-prefixed properties, each: id, 1, length, data (all little-endian). What cannot be read ends the list. */
function readBlob(blob: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const properties = new Map<number, Uint8Array>();
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  for (let at = 0; at + 12 <= blob.length; ) {
    const length = view.getUint32(at + 8, true);
    if (at + 12 + length > blob.length) break;
    properties.set(view.getUint32(at, true), blob.subarray(at + 12, at + 12 + length));
    at += 12 + length;
  }
  return properties;
}

/** Null where the blob holds no certificate that can be read. */
function readStoredCertificate(blob: Uint8Array): StoredCertificate | null {
  const properties = readBlob(blob);
  const der = properties.get(certificateProperty);
  if (der === undefined) return null;
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(der);
  } catch {
    return null;
  }
  const { keyUsage, subject, issuer, subjectAltName } = certificate;
  const commonName = /^CN=(.+)$/m.exec(subject)?.[1]?.trim() ?? null;
  const names = [...(subjectAltName ?? '').matchAll(/DNS:"?([^",]+)/g)].map((match) => match[1]!.trim());
  return {
    thumbprint: certificate.fingerprint.replaceAll(':', ''),
    subject: subject.replaceAll('\n', ', '),
    issuer: issuer.replaceAll('\n', ', '),
    names,
    validFromAt: Date.parse(certificate.validFrom),
    validToAt: Date.parse(certificate.validTo),
    // Without the extension a certificate is good for everything (RFC 5280 4.2.1.12).
    serverAuthentication: keyUsage === undefined || keyUsage.includes('1.3.6.1.5.5.7.3.1'),
    hasPrivateKey: properties.has(keyProperty),
    selfSigned: subject === issuer,
    hostname: commonName,
  };
}

/** Why no HTTPS listener can use it, one sentence each; empty: it can (winrm create, 2150859029). */
export function unsuitableFor(certificate: StoredCertificate, now: number): string[] {
  return [
    ...(certificate.serverAuthentication ? [] : ['It is not for server authentication.']),
    ...(certificate.hasPrivateKey ? [] : ['Its private key is not on the machine.']),
    ...(now > certificate.validToAt ? ['It has expired.'] : []),
    ...(now < certificate.validFromAt ? ['It is not valid yet.'] : []),
    ...(certificate.hostname === null ? ['It names no host.'] : []),
  ];
}

export async function readCertificateStore(
  client: WSManClient,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<StoredCertificate[]> {
  const thumbprints = (await registryKeys(client, storeKey, options)) ?? [];
  const found: StoredCertificate[] = [];
  for (const thumbprint of thumbprints.slice(0, maxCertificates)) {
    const blob = await registryBinary(client, `${storeKey}\\${thumbprint}`, 'Blob', options);
    const certificate = blob && readStoredCertificate(blob);
    if (certificate) found.push(certificate);
  }
  return found;
}
