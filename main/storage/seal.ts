import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { StorageError } from './storage-error.ts';

/** AES-256-GCM with a random 96-bit nonce for each sealing (NIST SP 800-38D 8.2.2). A key seals far fewer than 2^32 times in its life. */
const nonceBytes = 12;
const tagBytes = 16;
export const keyBytes = 32;

export interface Sealed {
  /** Base64. */
  readonly nonce: string;
  /** Base64: ciphertext, then tag. */
  readonly sealed: string;
}

/** A sealed file is not as it was written: cut short, changed, or another's. */
export class SealDamagedError extends StorageError {
  override readonly name = 'SealDamagedError';
}

/** `header` is not hidden, but a change of it is noticed too. */
export function seal(key: Uint8Array, header: string, text: string): Sealed {
  const nonce = randomBytes(nonceBytes);
  const plain = Buffer.from(text, 'utf8');
  try {
    const cipher = createCipheriv('aes-256-gcm', key, nonce);
    cipher.setAAD(Buffer.from(header, 'utf8'));
    const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    return { nonce: nonce.toString('base64'), sealed: sealed.toString('base64') };
  } finally {
    plain.fill(0);
  }
}

/** Throws SealDamagedError where key, header, nonce or text do not belong together. `what` names the file in its sentence. */
export function unseal(key: Uint8Array, header: string, { nonce, sealed }: Sealed, what: string): string {
  const bytes = Buffer.from(sealed, 'base64');
  let plain: Buffer | null = null;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64'), { authTagLength: tagBytes });
    decipher.setAAD(Buffer.from(header, 'utf8'));
    decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes));
    plain = Buffer.concat([decipher.update(bytes.subarray(0, Math.max(0, bytes.length - tagBytes))), decipher.final()]);
    return plain.toString('utf8');
  } catch (cause) {
    throw damaged(what, cause);
  } finally {
    plain?.fill(0);
  }
}

export function damaged(what: string, cause?: unknown): SealDamagedError {
  return new SealDamagedError(`${what} is damaged or was changed, so nothing in it was used.`, {
    advice: ['Restore it from a backup, or remove it and enter the secrets anew.'],
    cause,
  });
}
