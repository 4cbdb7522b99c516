/**
 * The session key that SecureStrings are encrypted with (MS-PSRP 2.2.2.3, 2.2.2.4, 2.2.5.1.24, 3.1.4.8): the client offers an RSA public key of
 * 2048 bits, the server answers with an AES key of 256 bits encrypted with it. Both travel in blobs of CryptoAPI, numbers little-endian.
 *
 * It protects only what the session's own sealing protects already; what it does is that a SecureString never stands as text in a message.
 */
import {
  constants,
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import { promisify } from 'node:util';
import { ProtocolError } from '../errors.ts';

const modulusBytes = 256;
const sessionKeyBytes = 32;
/** PUBLICKEYBLOB, version 2, CALG_RSA_KEYX, `RSA1`, 2048 bits. */
const publicKeyHeader = Buffer.from('0602000000a400005253413100080000', 'hex');
/** SIMPLEBLOB, version 2, CALG_AES_256, encrypted with CALG_RSA_KEYX. */
const sessionKeyHeader = Buffer.from('010200001066000000a40000', 'hex');

export interface SessionKeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** Client role: a pair for the exchange of one pool. */
export async function createKeyPair(): Promise<SessionKeyPair> {
  return await promisify(generateKeyPair)('rsa', { modulusLength: modulusBytes * 8, publicExponent: 0x10001 });
}

/** Client role: the PublicKey of a PUBLIC_KEY message, in base64. Throws TypeError for a key that is no RSA key of 2048 bits. */
export function writePublicKey(publicKey: KeyObject): string {
  const { n, e } = publicKey.export({ format: 'jwk' });
  const modulus = Buffer.from(n ?? '', 'base64url');
  const exponent = Buffer.from(e ?? '', 'base64url');
  if (modulus.length !== modulusBytes || exponent.length === 0 || exponent.length > 4) {
    throw new TypeError('PSRP takes an RSA key of 2048 bits.');
  }
  const number = Buffer.alloc(4);
  exponent.reverse().copy(number);
  return Buffer.concat([publicKeyHeader, number, modulus.reverse()]).toString('base64');
}

/** Server role: the key of a PUBLIC_KEY message. Throws ProtocolError where the blob is not of that form. */
export function readPublicKey(text: string): KeyObject {
  const blob = readBlob(text, publicKeyHeader, 4 + modulusBytes, 'PUBLIC_KEY');
  const exponent = Buffer.from(blob.subarray(0, 4)).reverse();
  const modulus = Buffer.from(blob.subarray(4)).reverse();
  try {
    return createPublicKey({
      key: { kty: 'RSA', n: modulus.toString('base64url'), e: withoutZeros(exponent).toString('base64url') },
      format: 'jwk',
    });
  } catch (error) {
    throw new ProtocolError('PUBLIC_KEY holds no RSA key.', { cause: error });
  }
}

function withoutZeros(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? bytes.subarray(-1) : bytes.subarray(first);
}

/** Server role: a new AES key. */
export function createSessionKey(): Uint8Array {
  return randomBytes(sessionKeyBytes);
}

/** Server role: the EncryptedSessionKey of an ENCRYPTED_SESSION_KEY message, in base64. */
export function writeSessionKey(sessionKey: Uint8Array, publicKey: KeyObject): string {
  const encrypted = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, sessionKey);
  return Buffer.concat([sessionKeyHeader, encrypted.reverse()]).toString('base64');
}

/** Client role: the AES key of an ENCRYPTED_SESSION_KEY message. Throws ProtocolError where it is none for this pair. */
export function readSessionKey(text: string, pair: SessionKeyPair): Uint8Array {
  const encrypted = Buffer.from(readBlob(text, sessionKeyHeader, modulusBytes, 'ENCRYPTED_SESSION_KEY')).reverse();
  let key: Uint8Array;
  try {
    key = privateDecrypt({ key: pair.privateKey, padding: constants.RSA_PKCS1_PADDING }, encrypted);
  } catch (error) {
    throw new ProtocolError('ENCRYPTED_SESSION_KEY cannot be read.', { cause: error });
  }
  if (key.length !== sessionKeyBytes) throw new ProtocolError('ENCRYPTED_SESSION_KEY holds no AES key of 256 bits.');
  return key;
}

function readBlob(text: string, header: Buffer, bytes: number, name: string): Buffer {
  const blob = Buffer.from(text, 'base64');
  if (blob.length !== header.length + bytes || !blob.subarray(0, header.length).equals(header)) {
    throw new ProtocolError(`${name} holds a blob of another form.`);
  }
  return blob.subarray(header.length);
}

/** AES-256-CBC over UTF-16LE. The IV is zero, as the protocol has it: the key is of one session, and no message is secret from its own end. */
const zeroIv = Buffer.alloc(16);

/** Content of a SecureString, encrypted. */
export function encryptSecureString(plain: string, sessionKey: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-cbc', sessionKey, zeroIv);
  return Buffer.concat([cipher.update(Buffer.from(plain, 'utf16le')), cipher.final()]);
}

/** Throws ProtocolError where it was not encrypted with this key. */
export function decryptSecureString(encrypted: Uint8Array, sessionKey: Uint8Array): string {
  try {
    const decipher = createDecipheriv('aes-256-cbc', sessionKey, zeroIv);
    const bytes = Buffer.concat([decipher.update(encrypted), decipher.final()]);
    if (bytes.length % 2 !== 0) throw new ProtocolError('A SecureString is no UTF-16.');
    return bytes.toString('utf16le');
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    throw new ProtocolError('A SecureString cannot be decrypted with the key of this session.', { cause: error });
  }
}
