import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';
import { encodeDer } from '../wsman/auth/der.ts';
import { createPfx } from './pfx.ts';

/**
 * The certificates of a fleet (RFC 5280), made when it starts and gone when it ends: one self-signed server certificate with every
 * machine's name and loopback in it, and an authority whose client certificates the machines know.
 */
export interface FleetCertificate {
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly der: Uint8Array;
  /** Upper-case hex, without separators. */
  readonly sha256: string;
}

/** A client certificate as people are given one: PEM, and the same as PFX. */
export interface LabClientCertificate {
  /** User principal name in its subjectAltName: what a mapping's Subject is compared with. */
  readonly userPrincipalName: string;
  readonly certificatePem: string;
  /** PKCS #8, not encrypted. */
  readonly keyPem: string;
  /** PKCS #12 in base64: certificate, issuer and key, under `passphrase`. */
  readonly pfx: string;
  readonly passphrase: string;
}

export interface ClientAuthority {
  readonly certificatePem: string;
  /** SHA-1 of the certificate in upper-case hex: the Issuer of a mapping. */
  readonly thumbprint: string;
  issue(
    userPrincipalName: string,
    validity?: { readonly fromDays: number; readonly toDays: number },
  ): LabClientCertificate;
}

const Tag = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  OID: 0x06,
  UTF8_STRING: 0x0c,
  UTC_TIME: 0x17,
  SEQUENCE: 0x30,
  SET: 0x31,
} as const;

const sequence = (...parts: readonly Uint8Array[]): Uint8Array => encodeDer(Tag.SEQUENCE, Buffer.concat(parts));
const oid = (hex: string): Uint8Array => encodeDer(Tag.OID, Buffer.from(hex, 'hex'));
const bitString = (bytes: Uint8Array, unusedBits = 0): Uint8Array =>
  encodeDer(Tag.BIT_STRING, Buffer.concat([Buffer.of(unusedBits), bytes]));
const utcTime = (date: Date): Uint8Array =>
  encodeDer(Tag.UTC_TIME, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`));
const dnsName = (value: string): Uint8Array => encodeDer(0x82, Buffer.from(value));
const ipAddress = (bytes: Uint8Array): Uint8Array => encodeDer(0x87, bytes);

const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'));
const commonName = '550403';
const userPrincipalNameOid = '2b060104018237140203';
const day = 86_400_000;

const extension = (id: string, critical: boolean, value: Uint8Array): Uint8Array =>
  sequence(oid(id), ...(critical ? [encodeDer(Tag.BOOLEAN, Buffer.of(0xff))] : []), encodeDer(Tag.OCTET_STRING, value));
const digitalSignature = extension('551d0f', true, bitString(Buffer.of(0x80), 7));
const keyCertSign = extension('551d0f', true, bitString(Buffer.of(0x04), 2));
const isAuthority = extension('551d13', true, sequence(encodeDer(Tag.BOOLEAN, Buffer.of(0xff))));
const purpose = (keyPurposeOid: string): Uint8Array => extension('551d25', false, sequence(oid(keyPurposeOid)));
const serverAuth = purpose('2b06010505070301');
const clientAuth = purpose('2b06010505070302');
const alternativeNames = (...names: readonly Uint8Array[]): Uint8Array =>
  extension('551d11', false, sequence(...names));

interface Issued {
  readonly der: Uint8Array;
  readonly certificatePem: string;
  readonly privateKey: KeyObject;
  readonly subject: string;
}

/** ECDSA P-256: cheap to make, so that a large fleet starts as fast with it as without. Self-signed without an issuer. */
function issue(options: {
  readonly subject: string;
  readonly issuer?: Issued;
  readonly extensions: readonly Uint8Array[];
  readonly fromDays?: number;
  readonly toDays?: number;
}): Issued {
  const { subject, issuer, extensions, fromDays = -1, toDays = 365 } = options;
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = (text: string): Uint8Array =>
    sequence(encodeDer(Tag.SET, sequence(oid(commonName), encodeDer(Tag.UTF8_STRING, Buffer.from(text)))));
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x3f) | 0x40;
  const toBeSigned = sequence(
    encodeDer(0xa0, encodeDer(Tag.INTEGER, Buffer.of(2))),
    encodeDer(Tag.INTEGER, serial),
    ecdsaWithSha256,
    name(issuer?.subject ?? subject),
    sequence(utcTime(new Date(Date.now() + fromDays * day)), utcTime(new Date(Date.now() + toDays * day))),
    name(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    encodeDer(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', toBeSigned, issuer?.privateKey ?? privateKey);
  const der = sequence(toBeSigned, ecdsaWithSha256, bitString(signature));
  return { der, certificatePem: new X509Certificate(der).toString(), privateKey, subject };
}

const pkcs8 = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

/** `dnsNames` has at least one. */
export function createFleetCertificate(dnsNames: readonly string[]): FleetCertificate {
  const ipv6Loopback = Buffer.concat([Buffer.alloc(15), Buffer.of(1)]);
  const { der, certificatePem, privateKey } = issue({
    subject: dnsNames[0]!,
    extensions: [
      digitalSignature,
      serverAuth,
      alternativeNames(
        ...dnsNames.map(dnsName),
        dnsName('localhost'),
        ipAddress(Buffer.of(127, 0, 0, 1)),
        ipAddress(ipv6Loopback),
      ),
    ],
  });
  return {
    certificatePem,
    keyPem: pkcs8(privateKey),
    der,
    sha256: createHash('sha256').update(der).digest('hex').toUpperCase(),
  };
}

/** Self-signed, for one host name: what a machine has in its own store. */
export function issueServerCertificate(options: {
  readonly commonName: string;
  readonly fromDays?: number;
  readonly toDays?: number;
  /** For client authentication instead. */
  readonly forClients?: boolean;
}): FleetCertificate {
  const { commonName: subject, forClients = false, ...validity } = options;
  const { der, certificatePem, privateKey } = issue({
    subject,
    ...validity,
    extensions: [digitalSignature, forClients ? clientAuth : serverAuth, alternativeNames(dnsName(subject))],
  });
  const sha256 = createHash('sha256').update(der).digest('hex').toUpperCase();
  return { certificatePem, keyPem: pkcs8(privateKey), der, sha256 };
}

export function createClientAuthority(): ClientAuthority {
  const authority = issue({ subject: 'Windeck lab clients', extensions: [isAuthority, keyCertSign] });
  return {
    certificatePem: authority.certificatePem,
    thumbprint: createHash('sha1').update(authority.der).digest('hex').toUpperCase(),
    issue(userPrincipalName, { fromDays, toDays } = { fromDays: -1, toDays: 365 }) {
      const principal = encodeDer(0xa0, encodeDer(Tag.UTF8_STRING, Buffer.from(userPrincipalName)));
      const leaf = issue({
        subject: userPrincipalName.split('@', 1)[0]!,
        issuer: authority,
        fromDays,
        toDays,
        extensions: [
          digitalSignature,
          clientAuth,
          alternativeNames(encodeDer(0xa0, Buffer.concat([oid(userPrincipalNameOid), principal]))),
        ],
      });
      const passphrase = randomBytes(9).toString('base64url');
      const pfx = createPfx({
        certificates: [leaf.der, authority.der],
        key: leaf.privateKey,
        friendlyName: userPrincipalName,
        passphrase,
      });
      return {
        userPrincipalName,
        certificatePem: leaf.certificatePem,
        keyPem: pkcs8(leaf.privateKey),
        pfx: Buffer.from(pfx).toString('base64'),
        passphrase,
      };
    },
  };
}
