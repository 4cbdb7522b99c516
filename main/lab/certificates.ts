import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { encodeDer } from '../wsman/auth/der.ts';

/** One self-signed certificate for a whole fleet (RFC 5280), with every machine's name and loopback in it. Lives as long as the lab. */
export interface FleetCertificate {
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly der: Uint8Array;
  /** Upper-case hex, without separators. */
  readonly sha256: string;
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

const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'));
const commonName = '550403';
const day = 86_400_000;

/** ECDSA P-256: cheap to make, so that a large fleet starts as fast with it as without. `dnsNames` has at least one. */
export function createFleetCertificate(dnsNames: readonly string[]): FleetCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(
    encodeDer(Tag.SET, sequence(oid(commonName), encodeDer(Tag.UTF8_STRING, Buffer.from(dnsNames[0]!)))),
  );
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x3f) | 0x40;
  const toBeSigned = sequence(
    encodeDer(0xa0, encodeDer(Tag.INTEGER, Buffer.of(2))),
    encodeDer(Tag.INTEGER, serial),
    ecdsaWithSha256,
    name,
    sequence(utcTime(new Date(Date.now() - day)), utcTime(new Date(Date.now() + 365 * day))),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    encodeDer(0xa3, sequence(...extensions(dnsNames))),
  );
  const der = sequence(toBeSigned, ecdsaWithSha256, bitString(sign('sha256', toBeSigned, privateKey)));
  const base64 = Buffer.from(der)
    .toString('base64')
    .match(/.{1,64}/g)!;
  return {
    certificatePem: `-----BEGIN CERTIFICATE-----\n${base64.join('\n')}\n-----END CERTIFICATE-----\n`,
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    der,
    sha256: createHash('sha256').update(der).digest('hex').toUpperCase(),
  };
}

function extensions(dnsNames: readonly string[]): Uint8Array[] {
  const extension = (id: string, critical: boolean, value: Uint8Array): Uint8Array =>
    sequence(
      oid(id),
      ...(critical ? [encodeDer(Tag.BOOLEAN, Buffer.of(0xff))] : []),
      encodeDer(Tag.OCTET_STRING, value),
    );
  const dns = (value: string): Uint8Array => encodeDer(0x82, Buffer.from(value));
  const address = (bytes: Uint8Array): Uint8Array => encodeDer(0x87, bytes);
  const ipv6Loopback = Buffer.concat([Buffer.alloc(15), Buffer.of(1)]);
  return [
    extension('551d0f', true, bitString(Buffer.of(0x80), 7)), // keyUsage: digitalSignature
    extension('551d25', false, sequence(oid('2b06010505070301'))), // extKeyUsage: serverAuth
    extension(
      '551d11',
      false,
      sequence(...dnsNames.map(dns), dns('localhost'), address(Buffer.of(127, 0, 0, 1)), address(ipv6Loopback)),
    ),
  ];
}
