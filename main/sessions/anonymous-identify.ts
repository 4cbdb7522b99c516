import {
  AuthenticationError,
  type Identity,
  TransportError,
  type TransportReason,
  type WSManClient,
  WSManFault,
} from '../wsman/index.ts';

/**
 * How long the answer to an anonymous Identify is awaited, from when it was sent. OMI keeps the socket open and never answers a request that
 * brings no Authorization, so this is what such a machine costs, once.
 */
export const anonymousLimitMs = 3_000;

export type AnonymousAnswer =
  | { readonly kind: 'identified'; readonly identity: Identity }
  /** It answered, but tells nothing before a sign-in: 401, 404, 500, a fault. */
  | { readonly kind: 'refused' }
  /** Not a word, or the connection was closed without one. Whether anybody is there only a sign-in tells. */
  | { readonly kind: 'silent' };

const silences: ReadonlySet<TransportReason> = new Set(['response-timeout', 'connection-lost']);

/**
 * Asks who is there before any secret is at stake. Throws what keeps a sign-in from being tried at all: nobody there, a certificate that is
 * not accepted, an answer that breaks the protocol.
 */
export async function identifyAnonymously(client: WSManClient, signal: AbortSignal): Promise<AnonymousAnswer> {
  try {
    const identity = await client.identify({ anonymous: true, signal, timeoutMs: anonymousLimitMs });
    return { kind: 'identified', identity };
  } catch (error) {
    if (error instanceof AuthenticationError || error instanceof WSManFault) return { kind: 'refused' };
    if (error instanceof TransportError && error.reason === 'http') return { kind: 'refused' };
    if (error instanceof TransportError && silences.has(error.reason)) return { kind: 'silent' };
    throw error;
  }
}
