/** The connections to one machine. */
import type { PresentedCertificate } from '../errors.ts';
import type { Target } from '../target.ts';

/** One request as the client hands it over: SOAP text, and what the transport must know about it. */
export interface WireRequest {
  readonly body: string;
  /** wsa:Action, or `Identify`. */
  readonly action: string;
  /** Anonymous Identify (`WSMANIDENTIFY: unauthenticated`): no credentials, no sealing. */
  readonly anonymous: boolean;
  /** It may change the target: an idle connection is renewed before it, and it is never sent where it might run twice. */
  readonly changesTarget: boolean;
  /** How long the whole answer may take from when the request was sent, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** `bodySent` becomes true as soon as any byte of the body may have left. */
  readonly progress: { bodySent: boolean };
}

export interface WireResponse {
  readonly status: number;
  /** Of the SOAP, once unsealed. Empty where there was none. */
  readonly contentType: string;
  /** Unsealed. */
  readonly body: Uint8Array;
  readonly sealed: boolean;
  /** False: an unsealed body in a sealed session. The status is only a hint then, and the body is left empty. */
  readonly trustworthy: boolean;
  readonly mechanism: string | null;
  /** Milliseconds, as in ExchangeTimings. */
  readonly timings: {
    readonly queue: number;
    readonly connect: number;
    readonly authenticate: number;
    readonly server: number;
  };
  /** HTTP round trips, authentication legs included. */
  readonly roundTrips: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/** How the connection is protected, for the user's eyes. */
export interface ConnectionSecurity {
  readonly mechanism: 'NTLM' | 'Basic' | null;
  /** `RC4-128`, `TLS 1.3`, or null for clear text. */
  readonly protection: string | null;
  readonly tlsProtocol: string | null;
  readonly peerCertificate: PresentedCertificate | null;
}

export interface ConnectionPool {
  exchange(request: WireRequest): Promise<WireResponse>;
  /** Of the connection used last; null before the first. */
  security(): ConnectionSecurity | null;
  setMaxConnections(count: number): void;
  /** Destroys every connection and rejects what waits. */
  close(): void;
}

export function createConnectionPool(
  target: Target,
  options: { readonly maxConnections: number; readonly connectTimeoutMs: number },
): ConnectionPool {
  throw new Error(`not yet: ${target.host} ${options.maxConnections}`);
}
