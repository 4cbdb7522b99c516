/** The connections to one machine: as many as it allows, a first-come queue before them, idle ones closed. */
import { type Mechanisms, systemMechanisms } from '../auth/initiator.ts';
import type { NegotiateForm } from '../auth/negotiate.ts';
import { refuseByPolicy } from '../auth/policy.ts';
import {
  AuthenticationError,
  CancelledError,
  type PresentedCertificate,
  refusesSecret,
  TransportError,
} from '../errors.ts';
import type { HttpLeg } from '../exchange.ts';
import type { Target } from '../target.ts';
import { type Connection, createConnection } from './connection.ts';
import type { Learned } from './sign-in.ts';

/** One request as the client hands it over: SOAP text, and what the transport must know about it. */
export interface WireRequest {
  readonly body: string;
  /** wsa:Action, or `Identify`. */
  readonly action: string;
  /** Anonymous Identify (`WSMANIDENTIFY: unauthenticated`): no credentials, no sealing. */
  readonly anonymous: boolean;
  /** It may change the target: an idle connection is renewed before it, and it is never sent where it might run twice. */
  readonly changesTarget: boolean;
  /** Not over a connection that was used before: the request is a second try, and the other connections may be as dead as the first. */
  readonly fresh?: boolean;
  /** How long the whole answer may take from when the request was sent, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** How the body is written. Default UTF-8. */
  readonly charset?: 'UTF-8' | 'UTF-16';
  readonly progress: WireProgress;
}

/** How far a request came, written while it is under way. */
export interface WireProgress {
  /** Becomes true as soon as any byte of the body may have left. */
  bodySent: boolean;
  /** Where each HTTP round trip is noted; absent: it is not. */
  readonly legs?: HttpLeg[];
  /** How far it came where it failed on a connection. */
  failed?: Pick<WireResponse, 'timings' | 'roundTrips' | 'bytesSent' | 'bytesReceived'>;
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
  readonly mechanism: 'NTLM' | 'Kerberos' | 'Basic' | 'Digest' | 'Certificate' | null;
  /** Kerberos key type or NTLM cipher, `AES256-SHA1` or `RC4-128`; null where there is none. */
  readonly cipher: string | null;
  /** The SPN of the Kerberos ticket; null with other mechanisms. */
  readonly spn: string | null;
  /** `SPNEGO` where the mechanism was carried in it. */
  readonly inside: 'SPNEGO' | null;
  /** Subject and end of the client certificate that was shown. */
  readonly clientCertificate: { readonly subject: string; readonly validTo: Date } | null;
  /** `RC4-128`, `AES256-SHA1`, `TLS 1.3`, or null for clear text. */
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

export interface PoolOptions {
  readonly maxConnections: number;
  /** For name, TCP and TLS together. */
  readonly connectTimeoutMs: number;
  /** How NTLM alone goes under `Negotiate`; `raw` (the default) falls back to `spnego` by itself. */
  readonly negotiateForm?: NegotiateForm;
  /** Default: those of this system. */
  readonly mechanisms?: Mechanisms;
  /** A connection idle for longer is renewed before a request that changes something. HTTP.sys gives up after two minutes. */
  readonly renewAfterIdleMs?: number;
  /** A connection idle for longer is closed. */
  readonly closeAfterIdleMs?: number;
}

/** A target may refuse a form or a scheme, drop the riding body and lose a context; whatever comes after that is an error. */
const MAX_ATTEMPTS = 5;

interface Waiting {
  readonly request: WireRequest;
  readonly since: number;
  readonly resolve: (response: WireResponse) => void;
  readonly reject: (error: Error) => void;
  readonly onAbort: () => void;
}
interface Slot {
  connection: Connection;
  busy: boolean;
  idleSince: number;
}

/**
 * Throws, from `exchange`: AuthenticationError, CertificateError, TransportError, ProtocolError, CancelledError. Nothing is sent before
 * the rules of the target allow it. A rejected password is never tried again by itself, and fails whatever waits with the same one.
 */
export function createConnectionPool(target: Target, options: PoolOptions): ConnectionPool {
  const learned: Learned = {
    form: options.negotiateForm ?? 'raw',
    scheme: 'Negotiate',
    spn: null,
    withoutKerberos: null,
    digestChallenge: null,
    bodyRides: null,
    affinityCookie: null,
  };
  const renewAfterIdleMs = options.renewAfterIdleMs ?? 60_000;
  const closeAfterIdleMs = options.closeAfterIdleMs ?? 110_000;
  const slots: Slot[] = [];
  const queue: Waiting[] = [];
  let maxConnections = options.maxConnections;
  let security: ConnectionSecurity | null = null;
  /** Until a first connection has authenticated no second one tries: two wrong passwords at once lock accounts. */
  let isProven = false;
  let isClosed = false;
  let idleTimer: NodeJS.Timeout | null = null;

  function newSlot(): Slot {
    const slot: Slot = { connection: newConnection(() => slot), busy: false, idleSince: 0 };
    slots.push(slot);
    return slot;
  }

  function newConnection(slot: () => Slot): Connection {
    const connection = createConnection({
      target,
      learned,
      mechanisms: options.mechanisms ?? systemMechanisms,
      connectTimeoutMs: options.connectTimeoutMs,
      onClosed: () => {
        // A busy slot is looked after by `serve`; one that dies while idle just goes.
        const owner = slot();
        if (owner.connection === connection && !owner.busy) drop(owner);
      },
    });
    return connection;
  }

  function drop(slot: Slot): void {
    const at = slots.indexOf(slot);
    if (at >= 0) slots.splice(at, 1);
  }

  /** A free slot for the request, or null where it must wait. */
  function findSlot(request: WireRequest): Slot | null {
    const idle = slots.filter((slot) => !slot.busy);
    const fitting = request.anonymous
      ? idle.find((slot) => !slot.connection.authenticated)
      : (idle.find((slot) => slot.connection.authenticated) ?? idle[0]);
    if (fitting) return fitting;
    const isSecondFirst = !request.anonymous && !isProven && slots.some((slot) => slot.busy);
    if (isSecondFirst) return null;
    if (slots.length < maxConnections) return newSlot();
    const spare = idle[0];
    if (!spare) return null;
    // Anonymous Identify on a connection that is somebody's would not be anonymous: it takes that one's place.
    spare.connection.destroy(replaced());
    return newSlot();
  }

  function pump(): void {
    while (queue.length > 0) {
      const slot = findSlot(queue[0]!.request);
      if (!slot) return;
      const waiting = queue.shift()!;
      waiting.request.signal?.removeEventListener('abort', waiting.onAbort);
      slot.busy = true;
      serve(slot, waiting).then(waiting.resolve, waiting.reject);
    }
  }

  async function serve(slot: Slot, { request, since }: Waiting): Promise<WireResponse> {
    const queuedMs = performance.now() - since;
    const renew = () => {
      slot.connection = newConnection(() => slot);
    };
    try {
      const isStale = request.changesTarget && performance.now() - slot.idleSince >= renewAfterIdleMs;
      if (slot.idleSince > 0 && (isStale || request.fresh)) {
        const idle = slot.connection;
        renew();
        idle.destroy(replaced());
      }
      const seen = new Set<string>();
      for (let attempt = 1; ; attempt++) {
        const outcome = await slot.connection.exchange(request, queuedMs);
        if (!outcome.again) {
          security = slot.connection.security;
          if (slot.connection.authenticated) isProven = true;
          return outcome.response;
        }
        if (isClosed) throw closed();
        if (seen.has(outcome.again) || attempt === MAX_ATTEMPTS) {
          throw new TransportError('The target keeps losing the security context.', {
            reason: 'http',
            httpStatus: 401,
          });
        }
        seen.add(outcome.again);
        renew();
      }
    } catch (cause) {
      if (cause instanceof AuthenticationError && !request.anonymous) {
        // What keeps the first connection from signing in keeps the others too; asking a KDC that is down for each of them takes minutes.
        if (cause.reason === 'rejected' || refusesSecret(cause)) isProven = false;
        if (!isProven) failQueue((waiting) => (waiting.request.anonymous ? null : cause));
      }
      throw cause;
    } finally {
      release(slot);
    }
  }

  function release(slot: Slot): void {
    slot.busy = false;
    slot.idleSince = performance.now();
    if (!slot.connection.usable) drop(slot);
    else if (isClosed || slots.length > maxConnections) slot.connection.destroy(replaced());
    else idleTimer ??= setTimeout(closeIdle, closeAfterIdleMs).unref();
    pump();
  }

  function closeIdle(): void {
    idleTimer = null;
    const now = performance.now();
    const idle = slots.filter((slot) => !slot.busy);
    // The timer may be a hair early by this clock.
    for (const slot of idle) if (now - slot.idleSince >= closeAfterIdleMs - 2) slot.connection.destroy(replaced());
    const oldest = Math.min(...slots.filter((slot) => !slot.busy).map((slot) => slot.idleSince));
    if (Number.isFinite(oldest)) idleTimer = setTimeout(closeIdle, closeAfterIdleMs - (now - oldest)).unref();
  }

  /** Rejects those of the waiting for which there is an error. */
  function failQueue(errorFor: (waiting: Waiting) => Error | null): void {
    for (const waiting of [...queue]) {
      const error = errorFor(waiting);
      if (!error) continue;
      queue.splice(queue.indexOf(waiting), 1);
      waiting.request.signal?.removeEventListener('abort', waiting.onAbort);
      waiting.reject(error);
    }
  }

  return {
    exchange: (request) =>
      new Promise((resolve, reject) => {
        const refusal = isClosed ? closed() : request.signal?.aborted ? cancelled() : refuseByRules(target, request);
        if (refusal) {
          reject(refusal);
          return;
        }
        const onAbort = () => failQueue((candidate) => (candidate === waiting ? cancelled() : null));
        const waiting: Waiting = { request, since: performance.now(), resolve, reject, onAbort };
        request.signal?.addEventListener('abort', onAbort);
        queue.push(waiting);
        pump();
      }),
    security: () => security,
    setMaxConnections(count) {
      maxConnections = Math.max(1, count);
      const idle = slots.filter((slot) => !slot.busy);
      for (const slot of idle.slice(0, Math.max(0, slots.length - maxConnections))) slot.connection.destroy(replaced());
      pump();
    },
    close() {
      isClosed = true;
      if (idleTimer) clearTimeout(idleTimer);
      idleTimer = null;
      failQueue(() => closed());
      for (const slot of [...slots]) slot.connection.destroy(closed());
    },
  };
}

/** What must not be sent to this target at all. */
function refuseByRules(target: Target, request: WireRequest): AuthenticationError | null {
  return request.anonymous ? null : refuseByPolicy(target);
}

function replaced(): CancelledError {
  return new CancelledError('The connection is replaced.');
}

function closed(): CancelledError {
  return new CancelledError('The client was closed.');
}

function cancelled(): CancelledError {
  return new CancelledError('The request was cancelled.');
}
