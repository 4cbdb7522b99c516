/** The functions of MS-NLMP 3.3.2, 3.4.4 and 3.4.5, under the names they have there. */
import { createHash, createHmac, createSecretKey } from 'node:crypto';
import { md4 } from './md4.ts';

export function hmacMd5(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  // A key that is bytes costs Node some 15 µs; as an object it costs 4.
  const hmac = createHmac('md5', createSecretKey(key));
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

export function md5(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

export function utf16(text: string): Uint8Array {
  return Buffer.from(text, 'utf16le');
}

/** NTOWFv1: MD4 of the password in UTF-16LE. As good as the password itself: wipe it after use. */
export function ntowfV1(password: string): Uint8Array {
  const encoded = utf16(password);
  const hash = md4(encoded);
  encoded.fill(0);
  return hash;
}

/** NTOWFv2 (3.3.2), from the hash so that the password itself need not be kept until the challenge is there. */
export function ntowfV2(passwordHash: Uint8Array, userName: string, domainName: string): Uint8Array {
  return hmacMd5(passwordHash, utf16(upperCase(userName) + domainName));
}

/**
 * As Windows' own table has it: one UTF-16 unit to one. JavaScript would make `SS` of `ß`; and no letter from outside ASCII becomes one
 * inside there (dotless `ı`, long `ſ`), or two names would be one.
 */
function upperCase(text: string): string {
  return Array.from(text, (character) => {
    const upper = character.toUpperCase();
    const isKept = character.length > 1 || upper.length > 1 || (character > '\u007f' && upper <= '\u007f');
    return isKept ? character : upper;
  }).join('');
}

/** `temp` of 3.3.2: what NTProofStr covers, and what follows it in the NtChallengeResponse. */
export function clientChallengeBlob(time: Uint8Array, clientChallenge: Uint8Array, avPairs: Uint8Array): Uint8Array {
  const blob = new Uint8Array(28 + avPairs.length + 4);
  blob[0] = 1;
  blob[1] = 1;
  blob.set(time, 8);
  blob.set(clientChallenge, 16);
  blob.set(avPairs, 28);
  return blob;
}

export function ntProofStr(responseKeyNt: Uint8Array, serverChallenge: Uint8Array, temp: Uint8Array): Uint8Array {
  return hmacMd5(responseKeyNt, serverChallenge, temp);
}

const magic = (direction: string, purpose: string) =>
  Buffer.from(`session key to ${direction} ${purpose} key magic constant\0`, 'latin1');
const MAGIC = {
  initiator: {
    sign: magic('client-to-server', 'signing'),
    seal: magic('client-to-server', 'sealing'),
  },
  acceptor: {
    sign: magic('server-to-client', 'signing'),
    seal: magic('server-to-client', 'sealing'),
  },
} as const;

/** SIGNKEY (3.4.5.2) of what `sender` sends. */
export function signKey(exportedSessionKey: Uint8Array, sender: 'initiator' | 'acceptor'): Uint8Array {
  return md5(exportedSessionKey, MAGIC[sender].sign);
}

/** SEALKEY (3.4.5.3), always of the full 128 bits: a peer that agreed to less was refused before. */
export function sealKey(exportedSessionKey: Uint8Array, sender: 'initiator' | 'acceptor'): Uint8Array {
  return md5(exportedSessionKey, MAGIC[sender].seal);
}

/** MIC of the AUTHENTICATE_MESSAGE (3.1.5.1.2): over all three messages, the third with its MIC field zeroed. */
export function messageIntegrityCode(
  exportedSessionKey: Uint8Array,
  negotiate: Uint8Array,
  challenge: Uint8Array,
  authenticateWithZeroMic: Uint8Array,
): Uint8Array {
  return hmacMd5(exportedSessionKey, negotiate, challenge, authenticateWithZeroMic);
}
