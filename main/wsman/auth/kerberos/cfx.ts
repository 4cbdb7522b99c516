/**
 * Per-message tokens of RFC 4121 ("CFX"), which every AES session has: Wrap with confidentiality in the form that WinRM puts on the wire,
 * and GetMIC for SPNEGO's mechListMIC.
 *
 * A sealed token is 16 bytes of header in clear and E(confounder | plaintext | EC filler bytes | header with RRC 0) | checksum, rotated right
 * by RRC bytes. Sent with EC 0 and RRC = 16 + checksum (28, 32, 40 as the encryption type has it), so that everything but the encrypted
 * plaintext stands in front of it: that front part is the signature, and the data is as long as the plaintext (MS-WSMV 2.2.9.1.2.2.2,
 * MS-KILE 3.4.5.4.1). Received: any RRC, any EC, the token cut in two anywhere.
 */
import { createSecretKey, randomFillSync, timingSafeEqual } from 'node:crypto';
import { ProtocolError } from '../../errors.ts';
import { checksum, decrypt, deriveUsageKeys, ENCRYPTION_TYPES, type EncryptionType, encrypt } from './enctypes.ts';
import type { KerberosSession, SessionKeys } from './session.ts';

const HEADER = 16;
const CONFOUNDER = 16;
/** TOK_ID of 4.2.6.2 and 4.2.6.1. */
const WRAP = 0x0504;
const MIC = 0x0404;
const Flag = { SENT_BY_ACCEPTOR: 1, SEALED: 2, ACCEPTOR_SUBKEY: 4 } as const;
/** Key usage numbers of section 2. */
const Usage = { ACCEPTOR_SEAL: 22, ACCEPTOR_SIGN: 23, INITIATOR_SEAL: 24, INITIATOR_SIGN: 25 } as const;

/** Sealing with AES. Throws RangeError for another encryption type or a key of the wrong length. */
export function createCfxSession(keys: SessionKeys): KerberosSession {
  const type = ENCRYPTION_TYPES.get(keys.keyType);
  if (!type || keys.key.length !== type.keyLength) throw new RangeError('not an AES key of Kerberos');
  const base = createSecretKey(keys.key);
  const derive = (usage: number) => deriveUsageKeys(type, base, usage);
  const initiator = { seal: derive(Usage.INITIATOR_SEAL), sign: derive(Usage.INITIATOR_SIGN) };
  const acceptor = { seal: derive(Usage.ACCEPTOR_SEAL), sign: derive(Usage.ACCEPTOR_SIGN) };
  const isInitiator = keys.role === 'initiator';
  let ours: typeof initiator | null = isInitiator ? initiator : acceptor;
  let theirs: typeof initiator | null = isInitiator ? acceptor : initiator;
  let sendSeq = keys.sendSeq;
  let receiveSeq = keys.receiveSeq;
  const subkeyFlag = keys.isAcceptorSubkey ? Flag.ACCEPTOR_SUBKEY : 0;
  const ourFlags = subkeyFlag | (isInitiator ? 0 : Flag.SENT_BY_ACCEPTOR);
  const theirFlags = subkeyFlag | (isInitiator ? Flag.SENT_BY_ACCEPTOR : 0);
  const rrc = HEADER + type.checksumLength;

  const expectSeq = (header: Buffer): void => {
    if (header.readBigUInt64BE(8) !== receiveSeq) throw broken('its sequence number is not the next one');
    receiveSeq = BigInt.asUintN(64, receiveSeq + 1n);
  };

  return {
    label: type.label,
    seal(plain) {
      if (!ours) throw new ProtocolError('This security context is closed.');
      const input = Buffer.allocUnsafe(CONFOUNDER + plain.length + HEADER);
      randomFillSync(input, 0, CONFOUNDER);
      input.set(plain, CONFOUNDER);
      const header = input.subarray(CONFOUNDER + plain.length);
      writeHeader(header, WRAP, ourFlags | Flag.SEALED, sendSeq);
      sendSeq = BigInt.asUintN(64, sendSeq + 1n);
      const sealed = encrypt(ours.seal, input);
      const signature = Buffer.allocUnsafe(HEADER + rrc + CONFOUNDER);
      signature.set(header);
      signature.writeUInt16BE(rrc, 6);
      signature.set(sealed.subarray(sealed.length - rrc), HEADER);
      signature.set(sealed.subarray(0, CONFOUNDER), HEADER + rrc);
      return { signature, data: sealed.subarray(CONFOUNDER, CONFOUNDER + plain.length) };
    },
    unseal(signature, data) {
      if (!theirs) throw new ProtocolError('This security context is closed.');
      const length = signature.length + data.length - HEADER;
      if (length < minimumLength(type)) throw broken('it is too short');
      const header = headerOf(signature, data);
      if (header.readUInt16BE(0) !== WRAP || header[3] !== 0xff) throw broken('it is no Wrap token');
      checkFlags(header[2]!, theirFlags | Flag.SEALED);
      const extraCount = header.readUInt16BE(4);
      const rotation = header.readUInt16BE(6);
      let plain = decrypt(theirs.seal, bodyOf(signature, data, rotation));
      // Windows may rotate by RRC + EC (MS-KILE 3.4.5.4.1).
      if (plain === null && extraCount > 0) {
        plain = decrypt(theirs.seal, bodyOf(signature, data, rotation + extraCount));
      }
      if (plain === null) throw broken('its checksum is wrong');
      const end = plain.length - HEADER - extraCount;
      if (end < CONFOUNDER) throw broken('it is shorter than it says');
      header.writeUInt16BE(0, 6);
      if (!header.equals(plain.subarray(plain.length - HEADER))) throw broken('its header was changed');
      expectSeq(header);
      return plain.subarray(CONFOUNDER, end);
    },
    sign(message) {
      if (!ours) throw new ProtocolError('This security context is closed.');
      const header = Buffer.alloc(HEADER);
      writeHeader(header, MIC, ourFlags, sendSeq);
      sendSeq = BigInt.asUintN(64, sendSeq + 1n);
      return Buffer.concat([header, checksum(ours.sign, message, header)]);
    },
    verify(message, token) {
      if (!theirs || token.length !== HEADER + type.checksumLength) return false;
      const header = Buffer.from(token.subarray(0, HEADER));
      if (header.readUInt16BE(0) !== MIC || header[3] !== 0xff || header.readUInt32BE(4) !== 0xffffffff) return false;
      if (header[2] !== theirFlags || header.readBigUInt64BE(8) !== receiveSeq) return false;
      if (!timingSafeEqual(checksum(theirs.sign, message, header), token.subarray(HEADER))) return false;
      receiveSeq = BigInt.asUintN(64, receiveSeq + 1n);
      return true;
    },
    wipe() {
      // Node frees a KeyObject's secret once nothing refers to it, and wipes it then.
      ours = null;
      theirs = null;
    },
  };
}

const minimumLength = (type: EncryptionType): number => CONFOUNDER + HEADER + type.checksumLength;

/** 4.2.6: for Wrap EC and RRC are zero, for MIC the same four bytes are filler. */
function writeHeader(header: Buffer, tokenId: number, flags: number, seq: bigint): void {
  header.writeUInt16BE(tokenId, 0);
  header[2] = flags;
  header[3] = 0xff;
  header.writeUInt32BE(tokenId === WRAP ? 0 : 0xffffffff, 4);
  header.writeBigUInt64BE(seq, 8);
}

/** Direction and key are part of the flags (4.2.2): a token of our own sent back to us ends here. */
function checkFlags(flags: number, expected: number): void {
  if (((flags ^ expected) & Flag.SENT_BY_ACCEPTOR) !== 0) throw broken('it was sent in the other direction');
  if ((flags & Flag.SEALED) === 0) throw broken('it is signed only, not sealed');
  if (((flags ^ expected) & Flag.ACCEPTOR_SUBKEY) !== 0) throw broken('it uses another key than was agreed on');
}

function headerOf(signature: Uint8Array, data: Uint8Array): Buffer {
  const header = Buffer.alloc(HEADER);
  header.set(signature.subarray(0, HEADER));
  if (signature.length < HEADER) header.set(data.subarray(0, HEADER - signature.length), signature.length);
  return header;
}

/** What follows the header of `signature | data`, rotated left by `count` bytes; copied once. */
function bodyOf(signature: Uint8Array, data: Uint8Array, count: number): Buffer {
  const length = signature.length + data.length - HEADER;
  const body = Buffer.allocUnsafe(length);
  const by = count % length;
  let at = -HEADER;
  for (const part of [signature, data]) {
    const rest = part.subarray(Math.max(0, -at));
    const start = Math.max(0, at);
    // What lies before the turning point goes to the end.
    const turned = Math.max(0, Math.min(rest.length, by - start));
    if (turned > 0) body.set(rest.subarray(0, turned), start - by + length);
    if (turned < rest.length) body.set(rest.subarray(turned), start + turned - by);
    at += part.length;
  }
  return body;
}

function broken(what: string): ProtocolError {
  return new ProtocolError(`A sealed Kerberos message cannot be read: ${what}.`);
}
