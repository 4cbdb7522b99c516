/**
 * The seam between authentication and everything else (GSS-API, RFC 2743): HTTP moves the tokens, a SecurityContext makes and reads them.
 * One context belongs to one socket and dies with it. Both roles live in one family: the lab accepts what the client initiates.
 */
export interface SecurityContext {
  /** What protects the connection, in words: `NTLM`. */
  readonly mechanism: 'NTLM';
  /** No further token is needed from the other side. */
  readonly complete: boolean;
  /**
   * Takes the peer's token (null at the start, for an initiator) and returns the next one to send, or null where there is none.
   * Throws AuthenticationError on a token that is malformed, wrong, or weaker than required.
   */
  step(token: Uint8Array | null): Promise<Uint8Array | null>;
  /** Seals one message (GSS_Wrap with confidentiality). Order matters: the sequence number advances. */
  wrap(plain: Uint8Array): { readonly signature: Uint8Array; readonly data: Uint8Array };
  /** Opens one message from the peer, in order. Throws ProtocolError where signature or sequence number is wrong. */
  unwrap(signature: Uint8Array, data: Uint8Array): Uint8Array;
  /** Wipes the keys. The context is of no use afterwards; called when its socket is gone. */
  dispose(): void;
}

/** A mechanism that SPNEGO can carry: it can sign the list of mechanisms (RFC 4178 section 5). */
export interface MechContext extends SecurityContext {
  signMechList(mechTypes: Uint8Array): Uint8Array;
  /** False where the signature is wrong. */
  verifyMechList(mechTypes: Uint8Array, signature: Uint8Array): boolean;
}
