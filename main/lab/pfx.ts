import { createHash, createHmac, type KeyObject, randomBytes } from 'node:crypto';
import { encodeDer } from '../wsman/auth/der.ts';

/** Writes a PKCS #12 file (RFC 7292) as Windows exports one: certificates in clear, the key under PBES2, the whole under a SHA-256 MAC. */

const sequence = (...parts: readonly Uint8Array[]): Uint8Array => encodeDer(0x30, ...parts);
const set = (...parts: readonly Uint8Array[]): Uint8Array => encodeDer(0x31, ...parts);
const oid = (hex: string): Uint8Array => encodeDer(0x06, Buffer.from(hex, 'hex'));
const octets = (bytes: Uint8Array): Uint8Array => encodeDer(0x04, bytes);
const explicit = (bytes: Uint8Array): Uint8Array => encodeDer(0xa0, bytes);
const integer = (value: number): Uint8Array => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  const start = bytes.findIndex((byte) => byte !== 0);
  const digits = bytes.subarray(start < 0 ? 3 : start);
  return encodeDer(0x02, digits[0]! & 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits);
};
/** BMPString: UTF-16, big-endian. */
const bmp = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();

const data = oid('2a864886f70d010701');
const shroudedKeyBag = oid('2a864886f70d010c0a0102');
const certBag = oid('2a864886f70d010c0a0103');
const x509Certificate = oid('2a864886f70d01091601');
const friendlyNameAttribute = oid('2a864886f70d010914');
const localKeyIdAttribute = oid('2a864886f70d010915');
const sha256 = sequence(oid('608648016503040201'), encodeDer(0x05));
const MAC_ITERATIONS = 2048;

/** `certificates`: DER, the key's own first, then its issuers. */
export function createPfx(options: {
  readonly certificates: readonly Uint8Array[];
  readonly key: KeyObject;
  readonly friendlyName: string;
  readonly passphrase: string;
}): Uint8Array {
  const { certificates, key, friendlyName, passphrase } = options;
  // What joins key and certificate.
  const attributes = set(
    sequence(localKeyIdAttribute, set(octets(createHash('sha1').update(certificates[0]!).digest()))),
    sequence(friendlyNameAttribute, set(encodeDer(0x1e, bmp(friendlyName)))),
  );
  const certificateBags = certificates.map((der, index) =>
    sequence(certBag, explicit(sequence(x509Certificate, explicit(octets(der)))), ...(index === 0 ? [attributes] : [])),
  );
  // EncryptedPrivateKeyInfo is what PKCS #8 with a passphrase is.
  const shrouded = key.export({ type: 'pkcs8', format: 'der', cipher: 'aes-256-cbc', passphrase });
  const keyBag = sequence(shroudedKeyBag, explicit(shrouded), attributes);
  const contentOf = (...bags: readonly Uint8Array[]): Uint8Array => sequence(data, explicit(octets(sequence(...bags))));
  const authenticatedSafe = sequence(contentOf(...certificateBags), contentOf(keyBag));

  const salt = randomBytes(16);
  const mac = createHmac('sha256', macKey(passphrase, salt)).update(authenticatedSafe).digest();
  return sequence(
    integer(3),
    sequence(data, explicit(octets(authenticatedSafe))),
    sequence(sequence(sha256, octets(mac)), octets(salt), integer(MAC_ITERATIONS)),
  );
}

/** RFC 7292 B.2 for a MAC key (ID 3) of 32 bytes with SHA-256: one block is all that is needed. */
function macKey(passphrase: string, salt: Uint8Array): Uint8Array {
  const blockLength = 64;
  const fill = (bytes: Uint8Array): Uint8Array => {
    const filled = Buffer.alloc(Math.ceil(bytes.length / blockLength) * blockLength);
    for (let at = 0; at < filled.length; at++) filled[at] = bytes[at % bytes.length]!;
    return filled;
  };
  let key: Uint8Array = Buffer.concat([
    Buffer.alloc(blockLength, 3),
    fill(salt),
    fill(Buffer.concat([bmp(passphrase), Buffer.alloc(2)])),
  ]);
  for (let round = 0; round < MAC_ITERATIONS; round++) key = createHash('sha256').update(key).digest();
  return key;
}
