/**
 * The seam between authentication and everything else (GSS-API, RFC 2743): HTTP moves the tokens, a SecurityContext makes and reads them.
 * One context belongs to one socket and dies with it. Both roles live in one family: the lab accepts what the client initiates.
 */
/** What can stand behind a security context. CredSSP has its place here once it is built. */
export type MechanismName = 'NTLM' | 'Kerberos';

/** A sealed message in the two parts that MS-WSMV 2.2.9.1 frames: what stands in front, and the data. */
export interface SealedMessage {
  readonly signature: Uint8Array;
  readonly data: Uint8Array;
}

export interface SecurityContext {
  readonly mechanism: MechanismName;
  /** Key type and cipher in words, once complete: `RC4-128`, `AES256-SHA1`. */
  readonly cipher: string;
  /** No further token is needed from the other side. */
  readonly complete: boolean;
  /**
   * Takes the peer's token (null at the start, for an initiator) and returns the next one to send, or null where there is none.
   * Throws AuthenticationError on a token that is malformed, wrong, or weaker than required.
   */
  step(token: Uint8Array | null): Promise<Uint8Array | null>;
  /**
   * Seals one message (GSS_Wrap with confidentiality). Order matters: the sequence number advances. A promise only where the system's own
   * library does it (SSPI); calls must not overlap.
   */
  wrap(plain: Uint8Array): SealedMessage | Promise<SealedMessage>;
  /** Opens one message from the peer, in order. Throws ProtocolError where signature or sequence number is wrong. */
  unwrap(signature: Uint8Array, data: Uint8Array): Uint8Array | Promise<Uint8Array>;
  /** Wipes the keys. The context is of no use afterwards; called when its socket is gone. */
  dispose(): void;
}

/** A context that seals in our own code, at once. */
export interface OwnContext extends SecurityContext {
  wrap(plain: Uint8Array): SealedMessage;
  unwrap(signature: Uint8Array, data: Uint8Array): Uint8Array;
}

/** A mechanism that SPNEGO can carry: it can sign the list of mechanisms (RFC 4178 section 5). */
export interface MechContext extends OwnContext {
  /** Dotted object identifier. */
  readonly oid: string;
  signMechList(mechTypes: Uint8Array): Uint8Array;
  /** False where the signature is wrong. */
  verifyMechList(mechTypes: Uint8Array, signature: Uint8Array): boolean;
}
