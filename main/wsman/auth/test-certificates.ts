/** For tests only: certificates of every kind that targets show (RFC 5280), made on the spot. */
import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { encodeDer } from './der.ts';

export interface TestCertificate {
  readonly key: string;
  /** PEM, the issuers after the leaf. */
  readonly cert: string;
  readonly der: Uint8Array;
  readonly commonName: string;
  readonly algorithm: SignatureAlgorithm;
}
export interface TestCertificateOptions {
  readonly commonName?: string;
  /** DNS names and IPv4 addresses. Null: no subjectAltName at all. */
  readonly names?: readonly string[] | null;
  /** Days from now. */
  readonly validFrom?: number;
  readonly validTo?: number;
  readonly issuer?: TestCertificate;
  readonly isAuthority?: boolean;
  readonly algorithm?: SignatureAlgorithm;
}

const sequence = (...parts: readonly Uint8Array[]) => encodeDer(0x30, ...parts);
const oid = (hex: string) => encodeDer(0x06, Buffer.from(hex, 'hex'));
const NULL = Uint8Array.of(5, 0);
/** RSASSA-PSS-params with their hash in [0]; [1] and [2] as a verifier needs them (RFC 4055 3.1). */
const pss = (hash: string, salt: number) =>
  sequence(
    oid('2a864886f70d01010a'),
    sequence(
      encodeDer(0xa0, sequence(oid(hash))),
      encodeDer(0xa1, sequence(oid('2a864886f70d010108'), sequence(oid(hash)))),
      encodeDer(0xa2, encodeDer(0x02, Uint8Array.of(salt))),
    ),
  );

/** Identifier (DER), kind of key, hash to sign with (null: the key's own). */
const ALGORITHMS = {
  'rsa-md5': [sequence(oid('2a864886f70d010104'), NULL), 'rsa', 'md5'],
  'rsa-sha1': [sequence(oid('2a864886f70d010105'), NULL), 'rsa', 'sha1'],
  'rsa-sha256': [sequence(oid('2a864886f70d01010b'), NULL), 'rsa', 'sha256'],
  'rsa-sha384': [sequence(oid('2a864886f70d01010c'), NULL), 'rsa', 'sha384'],
  'rsa-sha512': [sequence(oid('2a864886f70d01010d'), NULL), 'rsa', 'sha512'],
  'pss-sha256': [pss('608648016503040201', 32), 'rsa', 'sha256'],
  'pss-sha384': [pss('608648016503040202', 48), 'rsa', 'sha384'],
  'ecdsa-sha1': [sequence(oid('2a8648ce3d0401')), 'ec', 'sha1'],
  'ecdsa-sha256': [sequence(oid('2a8648ce3d040302')), 'ec', 'sha256'],
  'ecdsa-sha384': [sequence(oid('2a8648ce3d040303')), 'ec', 'sha384'],
  ed25519: [sequence(oid('2b6570')), 'ed25519', null],
} as const;
export type SignatureAlgorithm = keyof typeof ALGORITHMS;
export const SIGNATURE_ALGORITHMS = Object.keys(ALGORITHMS) as SignatureAlgorithm[];

let rsaKeys: { publicKey: KeyObject; privateKey: KeyObject } | null = null;
function newKeys(kind: 'rsa' | 'ec' | 'ed25519') {
  if (kind === 'ec') return generateKeyPairSync('ec', { namedCurve: 'P-256' });
  if (kind === 'ed25519') return generateKeyPairSync('ed25519');
  // Slow to make, and one is as good as another here.
  rsaKeys ??= generateKeyPairSync('rsa', { modulusLength: 2048 });
  return rsaKeys;
}

let serial = 0x100000;

export function makeCertificate(options: TestCertificateOptions = {}): TestCertificate {
  const algorithm = options.algorithm ?? 'ecdsa-sha256';
  const commonName = options.commonName ?? 'test';
  const keys = newKeys(ALGORITHMS[algorithm][1]);
  const key = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const [identifier, , hash] = ALGORITHMS[options.issuer?.algorithm ?? algorithm];
  const tbs = sequence(
    encodeDer(0xa0, encodeDer(0x02, Uint8Array.of(2))),
    encodeDer(0x02, Buffer.from((serial++).toString(16), 'hex')),
    identifier,
    distinguishedName(options.issuer?.commonName ?? commonName),
    sequence(utcTime(options.validFrom ?? -1), utcTime(options.validTo ?? 30)),
    distinguishedName(commonName),
    new Uint8Array(keys.publicKey.export({ type: 'spki', format: 'der' })),
    encodeDer(0xa3, sequence(...extensions(options))),
  );
  const isPss = (options.issuer?.algorithm ?? algorithm).startsWith('pss');
  const signer = options.issuer?.key ?? key;
  const signature = sign(
    hash,
    tbs,
    isPss
      ? { key: signer, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      : signer,
  );
  const der = sequence(tbs, identifier, encodeDer(0x03, Uint8Array.of(0), signature));
  const pem = `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE-----\n`;
  return { key, cert: pem + (options.issuer?.cert ?? ''), der, commonName, algorithm };
}

function extensions({ names = ['127.0.0.1'], isAuthority = false }: TestCertificateOptions): Uint8Array[] {
  const critical = encodeDer(0x01, Uint8Array.of(0xff));
  const constraints = sequence(...(isAuthority ? [encodeDer(0x01, Uint8Array.of(0xff))] : []));
  const all = [sequence(oid('551d13'), critical, encodeDer(0x04, constraints))];
  if (names) {
    const encoded = names.map((name) =>
      /^[\d.]+$/.test(name)
        ? encodeDer(0x87, Uint8Array.from(name.split('.').map(Number)))
        : encodeDer(0x82, Buffer.from(name, 'latin1')),
    );
    all.push(sequence(oid('551d11'), encodeDer(0x04, sequence(...encoded))));
  }
  return all;
}

function distinguishedName(commonName: string): Uint8Array {
  return sequence(encodeDer(0x31, sequence(oid('550403'), encodeDer(0x0c, Buffer.from(commonName)))));
}

function utcTime(days: number): Uint8Array {
  const text = new Date(Date.now() + days * 86_400_000).toISOString().replace(/[-:T]/g, '').slice(2, 14);
  return encodeDer(0x17, Buffer.from(`${text}Z`));
}
