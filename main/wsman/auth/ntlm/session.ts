/**
 * Session security after NTLM has completed (MS-NLMP 3.4, with extended session security): sealing, and the signatures that
 * SPNEGO needs for its mechListMIC. Strictly in order: one RC4 stream and one sequence number per direction.
 */
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { ProtocolError } from '../../errors.ts';
import { sealKey, signKey } from './crypto.ts';
import { applyRc4, createRc4, type Rc4State } from './rc4.ts';

/** NTLMSSP_MESSAGE_SIGNATURE with extended session security (2.2.2.9.2): version 1, checksum 8, sequence number 4. */
const SIGNATURE_LENGTH = 16;

interface Direction {
  readonly signKey: KeyObject;
  readonly initialHandle: Rc4State;
  readonly handle: Rc4State;
  seqNum: number;
}

export interface NtlmSession {
  seal(plain: Uint8Array): { readonly signature: Uint8Array; readonly data: Uint8Array };
  /** Throws ProtocolError where sequence number or signature is wrong. */
  unseal(signature: Uint8Array, data: Uint8Array): Uint8Array;
  /** Signs without sealing, then puts the RC4 handle back (MS-SPNG 3.2.5.1); the sequence number moves on. */
  signMechList(message: Uint8Array): Uint8Array;
  /** The counterpart: false where the signature is wrong. The RC4 handle is put back all the same. */
  verifyMechList(message: Uint8Array, signature: Uint8Array): boolean;
  wipe(): void;
}

export function createNtlmSession(exportedSessionKey: Uint8Array, role: 'initiator' | 'acceptor'): NtlmSession {
  const sending = createDirection(exportedSessionKey, role);
  const receiving = createDirection(exportedSessionKey, role === 'initiator' ? 'acceptor' : 'initiator');

  return {
    seal(plain) {
      // The checksum runs through the same RC4 stream, after the data (3.4.3): order matters.
      const data = new Uint8Array(plain);
      applyRc4(sending.handle, data);
      return { signature: nextSignature(sending, plain), data };
    },
    unseal(signature, data) {
      const plain = new Uint8Array(data);
      applyRc4(receiving.handle, plain);
      if (!isExpected(nextSignature(receiving, plain), signature)) {
        throw new ProtocolError('The signature or the sequence number of a sealed message is wrong.');
      }
      return plain;
    },
    signMechList(message) {
      const signature = nextSignature(sending, message);
      sending.handle.set(sending.initialHandle);
      return signature;
    },
    verifyMechList(message, signature) {
      const expected = nextSignature(receiving, message);
      receiving.handle.set(receiving.initialHandle);
      return isExpected(expected, signature);
    },
    wipe() {
      for (const direction of [sending, receiving]) {
        direction.handle.fill(0);
        direction.initialHandle.fill(0);
      }
    },
  };
}

function createDirection(exportedSessionKey: Uint8Array, sender: 'initiator' | 'acceptor'): Direction {
  const sealingKey = sealKey(exportedSessionKey, sender);
  const signingKey = signKey(exportedSessionKey, sender);
  const handle = createRc4(sealingKey);
  const direction = { signKey: createSecretKey(signingKey), initialHandle: handle.slice(), handle, seqNum: 0 };
  sealingKey.fill(0);
  signingKey.fill(0);
  return direction;
}

/** MAC (3.4.4.2) over the plaintext, with the checksum sealed since key exchange is always negotiated. */
function nextSignature(direction: Direction, plain: Uint8Array): Uint8Array {
  const signature = new Uint8Array(SIGNATURE_LENGTH);
  const view = new DataView(signature.buffer);
  view.setUint32(0, 1, true);
  view.setUint32(12, direction.seqNum, true);
  const digest = createHmac('md5', direction.signKey).update(signature.subarray(12)).update(plain).digest();
  signature.set(digest.subarray(0, 8), 4);
  applyRc4(direction.handle, signature.subarray(4, 12));
  direction.seqNum = (direction.seqNum + 1) >>> 0;
  return signature;
}

function isExpected(expected: Uint8Array, received: Uint8Array): boolean {
  return received.length === SIGNATURE_LENGTH && timingSafeEqual(expected, received);
}
