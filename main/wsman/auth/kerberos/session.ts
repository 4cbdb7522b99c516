/** What seals after a Kerberos context is complete, whichever encryption type it has. */
import type { SealedMessage } from '../security-context.ts';

/** Key material and sequence numbers of a complete context, exported from the library. Who takes it, wipes it. */
export interface SessionKeys {
  readonly role: 'initiator' | 'acceptor';
  readonly sendSeq: bigint;
  readonly receiveSeq: bigint;
  /** Encryption type number (RFC 3961 8). */
  readonly keyType: number;
  readonly key: Uint8Array;
  /** The acceptor chose this key in its AP-REP (AcceptorSubkey, RFC 4121 2). */
  readonly isAcceptorSubkey: boolean;
}

export interface KerberosSession {
  /** Key type in words: `AES256-SHA1`. */
  readonly label: string;
  seal(plain: Uint8Array): SealedMessage;
  /** Throws ProtocolError where token, checksum, direction or sequence number is wrong. */
  unseal(signature: Uint8Array, data: Uint8Array): Uint8Array;
  /** GSS_GetMIC; takes a sequence number. */
  sign(message: Uint8Array): Uint8Array;
  /** GSS_VerifyMIC: false where it is wrong. */
  verify(message: Uint8Array, token: Uint8Array): boolean;
  wipe(): void;
}
