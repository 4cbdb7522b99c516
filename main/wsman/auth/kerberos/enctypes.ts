/**
 * The encryption types of Kerberos that seal here: AES with HMAC-SHA1-96 (RFC 3962, simplified profile of RFC 3961) and AES with HMAC-SHA2
 * (RFC 8009). Ciphertext is always E(confounder | plaintext) | checksum, and E is AES in CBC mode with ciphertext stealing (CBC-CS3).
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto';
import { nFold } from './n-fold.ts';

const BLOCK = 16;
const ZERO_IV = Buffer.alloc(BLOCK);
/** Last octet of the constant that a key is derived with (RFC 3961 5.3). */
const Purpose = { CHECKSUM: 0x99, ENCRYPTION: 0xaa, INTEGRITY: 0x55 } as const;

export interface EncryptionType {
  readonly number: number;
  /** As shown to the user. */
  readonly label: string;
  readonly keyLength: number;
  readonly checksumLength: number;
  readonly digest: 'sha1' | 'sha256' | 'sha384';
  readonly cipher: 'aes-128-cbc' | 'aes-256-cbc';
  /** Length of Ki and Kc, in bytes. */
  readonly integrityKeyLength: number;
  /** RFC 8009 authenticates the ciphertext, RFC 3962 the plaintext. */
  readonly macOver: 'plaintext' | 'ciphertext';
}

/** By number (RFC 3961 8, RFC 8009 7). */
export const ENCRYPTION_TYPES: ReadonlyMap<number, EncryptionType> = new Map(
  [
    aes(17, 'AES128-SHA1', 16, 12, 'sha1', 16, 'plaintext'),
    aes(18, 'AES256-SHA1', 32, 12, 'sha1', 32, 'plaintext'),
    aes(19, 'AES128-SHA256', 16, 16, 'sha256', 16, 'ciphertext'),
    aes(20, 'AES256-SHA384', 32, 24, 'sha384', 24, 'ciphertext'),
  ].map((type) => [type.number, type]),
);

function aes(
  number: number,
  label: string,
  keyLength: 16 | 32,
  checksumLength: number,
  digest: EncryptionType['digest'],
  integrityKeyLength: number,
  macOver: EncryptionType['macOver'],
): EncryptionType {
  const cipher = keyLength === 16 ? 'aes-128-cbc' : 'aes-256-cbc';
  return { number, label, keyLength, checksumLength, digest, cipher, integrityKeyLength, macOver };
}

/** The derived keys of one key usage: Ke and Ki seal, Kc signs. */
export interface UsageKeys {
  readonly type: EncryptionType;
  readonly encryption: KeyObject;
  readonly integrity: KeyObject;
  readonly checksum: KeyObject;
}

/**
 * The keys that `baseKey` has for a key usage number (RFC 3961 5.3, RFC 8009 5), each derived when it is first needed: a session that never
 * signs has no Kc, and deriving costs more than sealing a message.
 */
export function deriveUsageKeys(type: EncryptionType, baseKey: KeyObject, usage: number): UsageKeys {
  const derive = (purpose: number, length: number): KeyObject => {
    const constant = Buffer.alloc(5);
    constant.writeUInt32BE(usage, 0);
    constant[4] = purpose;
    const key =
      type.macOver === 'plaintext' ? deriveKey(type, baseKey, constant) : kdfHmacSha2(type, baseKey, constant, length);
    const object = createSecretKey(key);
    key.fill(0);
    return object;
  };
  let encryption: KeyObject | undefined;
  let integrity: KeyObject | undefined;
  let checksum: KeyObject | undefined;
  return {
    type,
    get encryption() {
      encryption ??= derive(Purpose.ENCRYPTION, type.keyLength);
      return encryption;
    },
    get integrity() {
      integrity ??= derive(Purpose.INTEGRITY, type.integrityKeyLength);
      return integrity;
    },
    get checksum() {
      checksum ??= derive(Purpose.CHECKSUM, type.integrityKeyLength);
      return checksum;
    },
  };
}

/**
 * DK of RFC 3961 5.1 for AES, where random-to-key changes nothing: each block is the encryption of the one before. That is what CBC makes of
 * zeros behind the first block.
 */
function deriveKey(type: EncryptionType, baseKey: KeyObject, constant: Uint8Array): Buffer {
  const blocks = Buffer.alloc(type.keyLength);
  blocks.set(nFold(constant, BLOCK));
  return rawCbc(type, baseKey, blocks);
}

/** KDF-HMAC-SHA2 of RFC 8009 3, with no context. `length` in bytes. */
export function kdfHmacSha2(type: EncryptionType, key: KeyObject, label: Uint8Array, length: number): Buffer {
  const counter = Buffer.of(0, 0, 0, 1);
  const bits = Buffer.alloc(5);
  bits.writeUInt32BE(length * 8, 1);
  const full = createHmac(type.digest, key).update(counter).update(label).update(bits).digest();
  const result = Buffer.from(full.subarray(0, length));
  full.fill(0);
  return result;
}

function rawCbc(type: EncryptionType, key: KeyObject, padded: Uint8Array): Buffer {
  const cipher = createCipheriv(type.cipher, key, ZERO_IV);
  cipher.setAutoPadding(false);
  const first = cipher.update(padded);
  const rest = cipher.final();
  return rest.length === 0 ? first : Buffer.concat([first, rest]);
}

/**
 * CBC-CS3 with a zero IV (RFC 3962 5): the last two blocks change places and the last is cut to the length of the plaintext. `plain` is at
 * least one block long.
 */
export function encryptCts(type: EncryptionType, key: KeyObject, plain: Uint8Array): Buffer {
  const length = plain.length;
  const padded = Math.ceil(length / BLOCK) * BLOCK;
  let input = plain;
  if (padded !== length) {
    input = new Uint8Array(padded);
    input.set(plain);
  }
  const blocks = rawCbc(type, key, input);
  if (padded === BLOCK) return blocks;
  const last = Buffer.from(blocks.subarray(padded - BLOCK));
  blocks.copyWithin(padded - BLOCK, padded - 2 * BLOCK, padded - BLOCK);
  blocks.set(last, padded - 2 * BLOCK);
  return blocks.subarray(0, length);
}

/** The reverse of `encryptCts`. */
export function decryptCts(type: EncryptionType, key: KeyObject, sealed: Uint8Array): Buffer {
  const decipher = createDecipheriv(type.cipher, key, ZERO_IV);
  decipher.setAutoPadding(false);
  const length = sealed.length;
  if (length === BLOCK) return decipher.update(sealed);
  const padded = Math.ceil(length / BLOCK) * BLOCK;
  const lastLength = length - (padded - BLOCK);
  const blocks = Buffer.allocUnsafe(padded);
  blocks.set(sealed.subarray(0, padded - 2 * BLOCK));
  // What is stolen from the block before the last stands at the end of the last one's decryption.
  const final = sealed.subarray(padded - 2 * BLOCK, padded - BLOCK);
  const stolen = decipher.update(final);
  blocks.set(stolen, padded - 2 * BLOCK);
  blocks.set(sealed.subarray(padded - BLOCK), padded - 2 * BLOCK);
  blocks.set(final, padded - BLOCK);
  stolen.fill(0);
  // By the same decipher, which is dear to make: it has chained `final` to the first block, and that is undone.
  const plain = decipher.update(blocks);
  for (let at = 0; at < BLOCK; at++) plain[at]! ^= final[at]!;
  return plain.subarray(0, padded - BLOCK + lastLength);
}

/** E(plain) | checksum, where `plain` begins with its confounder. */
export function encrypt(keys: UsageKeys, plain: Uint8Array): Buffer {
  const sealed = encryptCts(keys.type, keys.encryption, plain);
  return Buffer.concat([sealed, macOf(keys, keys.type.macOver === 'plaintext' ? plain : sealed)]);
}

/** The plaintext with its confounder, or null where the checksum is wrong. */
export function decrypt(keys: UsageKeys, sealed: Uint8Array): Buffer | null {
  const { type } = keys;
  const end = sealed.length - type.checksumLength;
  if (end < BLOCK) return null;
  const body = sealed.subarray(0, end);
  const received = sealed.subarray(end);
  if (type.macOver === 'ciphertext' && !timingSafeEqual(macOf(keys, body), received)) return null;
  const plain = decryptCts(type, keys.encryption, body);
  if (type.macOver === 'plaintext' && !timingSafeEqual(macOf(keys, plain), received)) return null;
  return plain;
}

/** Checksum of RFC 3961 5.4 and RFC 8009 6 over parts that follow one another, under Kc. */
export function checksum(keys: UsageKeys, ...parts: readonly Uint8Array[]): Buffer {
  return hmac(keys.type, keys.checksum, parts);
}

function macOf(keys: UsageKeys, covered: Uint8Array): Buffer {
  // RFC 8009 5: HMAC(Ki, IV | ciphertext).
  return hmac(keys.type, keys.integrity, keys.type.macOver === 'ciphertext' ? [ZERO_IV, covered] : [covered]);
}

function hmac(type: EncryptionType, key: KeyObject, parts: readonly Uint8Array[]): Buffer {
  const mac = createHmac(type.digest, key);
  for (const part of parts) mac.update(part);
  return mac.digest().subarray(0, type.checksumLength);
}
