/**
 * Per-message tokens of RFC 4757 (RC4-HMAC), as Windows sends them over WinRM: the one byte of padding that the RFC wants is not there, because
 * WinRM gives SSPI no buffer for it. The frame's length counts token and data (MS-KILE 3.4.5.4.1). Received: with or without the byte, and
 * whatever the frame's length counts. Proven against MIT both ways, which pads what it sends; not seen with a real Windows.
 */
import { createHash, createHmac, createSecretKey, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import { ProtocolError } from '../../errors.ts';
import { derHeader } from '../der.ts';
import { rc4 } from '../ntlm/rc4.ts';
import type { KerberosSession, SessionKeys } from './session.ts';

const RC4_HMAC = 23;
const KEY_LENGTH = 16;
/** Tag of the frame (RFC 2743 3.1). */
const FRAME = 0x60;
const OID = Buffer.from('06092a864886f712010202', 'hex');
/** TOK_ID, SGN_ALG (HMAC), SEAL_ALG (RC4 or none), filler (7.2, 7.3). */
const WRAP_HEADER = Buffer.from('020111001000ffff', 'hex');
const MIC_HEADER = Buffer.from('01011100ffffffff', 'hex');
const HEADER = 8;
const SEQ = 8;
const CHECKSUM = 8;
const CONFOUNDER = 8;
/** Message types that are hashed in front (7.2, 7.3). */
const Salt = { SEAL: 13, SIGN: 15 } as const;
const PAD = 1;

/** Sealing with RC4. Throws RangeError for another key. */
export function createRc4HmacSession(keys: SessionKeys): KerberosSession {
  if (keys.keyType !== RC4_HMAC || keys.key.length !== KEY_LENGTH) throw new RangeError('not an RC4 key of Kerberos');
  let derived: DerivedKeys | null = deriveKeys(keys.key);
  let sendSeq = Number(BigInt.asUintN(32, keys.sendSeq));
  let receiveSeq = Number(BigInt.asUintN(32, keys.receiveSeq));
  const ourDirection = keys.role === 'initiator' ? 0x00 : 0xff;
  const theirDirection = ourDirection ^ 0xff;
  const open = (): DerivedKeys => {
    if (!derived) throw new ProtocolError('This security context is closed.');
    return derived;
  };

  return {
    label: 'RC4-HMAC',
    seal(plain) {
      const own = open();
      const seq = sequence(sendSeq, ourDirection);
      sendSeq = (sendSeq + 1) >>> 0;
      const confounder = randomBytes(CONFOUNDER);
      const sum = checksum(own, Salt.SEAL, WRAP_HEADER, confounder, plain);
      const sealed = rc4(sealKey(own, seq), Buffer.concat([confounder, plain]));
      const token = Buffer.concat([OID, WRAP_HEADER, rc4(seqKey(own, sum), seq), sum, sealed.subarray(0, CONFOUNDER)]);
      const frame = derHeader(FRAME, token.length + plain.length);
      return { signature: Buffer.concat([frame, token]), data: sealed.subarray(CONFOUNDER) };
    },
    unseal(signature, data) {
      const own = open();
      const token = afterFrame(Buffer.concat([signature, data]));
      if (token.length < HEADER + SEQ + CHECKSUM + CONFOUNDER) throw broken('it is too short');
      if (!token.subarray(0, HEADER).equals(WRAP_HEADER)) throw broken('it is not sealed with RC4');
      const sum = token.subarray(HEADER + SEQ, HEADER + SEQ + CHECKSUM);
      const seq = rc4(seqKey(own, sum), token.subarray(HEADER, HEADER + SEQ));
      const sealed = rc4(sealKey(own, seq), token.subarray(HEADER + SEQ + CHECKSUM));
      const confounder = sealed.subarray(0, CONFOUNDER);
      const plain = sealed.subarray(CONFOUNDER);
      if (!timingSafeEqual(checksum(own, Salt.SEAL, WRAP_HEADER, confounder, plain), sum))
        throw broken('its checksum is wrong');
      if (!isNext(seq)) throw broken('its sequence number is not the next one');
      // SOAP ends with no such character: it is the padding of a library that keeps to the RFC.
      return plain.at(-1) === PAD ? plain.subarray(0, -1) : plain;
    },
    sign(message) {
      const own = open();
      const seq = sequence(sendSeq, ourDirection);
      sendSeq = (sendSeq + 1) >>> 0;
      const sum = checksum(own, Salt.SIGN, MIC_HEADER, message);
      const token = Buffer.concat([OID, MIC_HEADER, rc4(seqKey(own, sum), seq), sum]);
      return Buffer.concat([derHeader(FRAME, token.length), token]);
    },
    verify(message, signature) {
      if (!derived) return false;
      let token: Buffer;
      try {
        token = afterFrame(Buffer.from(signature));
      } catch {
        return false;
      }
      if (token.length !== HEADER + SEQ + CHECKSUM || !token.subarray(0, HEADER).equals(MIC_HEADER)) return false;
      const sum = token.subarray(HEADER + SEQ);
      if (!timingSafeEqual(checksum(derived, Salt.SIGN, MIC_HEADER, message), sum)) return false;
      return isNext(rc4(seqKey(derived, sum), token.subarray(HEADER, HEADER + SEQ)));
    },
    wipe() {
      derived = null;
    },
  };

  function isNext(seq: Uint8Array): boolean {
    if (!timingSafeEqual(seq, sequence(receiveSeq, theirDirection))) return false;
    receiveSeq = (receiveSeq + 1) >>> 0;
    return true;
  }
}

interface DerivedKeys {
  readonly sign: KeyObject;
  /** HMAC(Kss, 0) and HMAC(Kss xor F0, 0): what the keys of each message are made from. */
  readonly seq: KeyObject;
  readonly seal: KeyObject;
}

function deriveKeys(key: Uint8Array): DerivedKeys {
  const local = Buffer.from(key.map((byte) => byte ^ 0xf0));
  const zero = Buffer.alloc(4);
  const secret = (bytes: Buffer) => {
    const object = createSecretKey(bytes);
    bytes.fill(0);
    return object;
  };
  const derived = {
    sign: secret(createHmac('md5', key).update('signaturekey\0').digest()),
    seq: secret(createHmac('md5', key).update(zero).digest()),
    seal: secret(createHmac('md5', local).update(zero).digest()),
  };
  local.fill(0);
  return derived;
}

const seqKey = (keys: DerivedKeys, sum: Uint8Array) => createHmac('md5', keys.seq).update(sum).digest();
const sealKey = (keys: DerivedKeys, seq: Uint8Array) =>
  createHmac('md5', keys.seal).update(seq.subarray(0, 4)).digest();

function checksum(keys: DerivedKeys, salt: number, ...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('md5').update(Buffer.of(salt, 0, 0, 0));
  for (const part of parts) hash.update(part);
  return createHmac('md5', keys.sign).update(hash.digest()).digest().subarray(0, CHECKSUM);
}

/** SND_SEQ: the number big-endian, then four bytes of direction. */
function sequence(seq: number, direction: number): Buffer {
  const bytes = Buffer.alloc(SEQ, direction);
  bytes.writeUInt32BE(seq, 0);
  return bytes;
}

/** What follows the frame and the mechanism's OID. The length is not believed: it may or may not count the data. */
function afterFrame(token: Buffer): Buffer {
  if (token[0] !== FRAME) throw broken('it is no token of GSS-API');
  const long = token[1]! >= 0x80 ? token[1]! & 0x7f : 0;
  const at = 2 + long;
  if (long > 4 || !token.subarray(at, at + OID.length).equals(OID)) throw broken('it is not of Kerberos');
  return token.subarray(at + OID.length);
}

function broken(what: string): ProtocolError {
  return new ProtocolError(`A sealed Kerberos message cannot be read: ${what}.`);
}
