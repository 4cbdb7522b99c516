/** What an exchange was: one request and its answer, for whoever listens (Trace, counters, benchmarks). */

/** Milliseconds of each phase; zero where a phase did not happen. */
export interface ExchangeTimings {
  /** Waiting for a free connection. */
  readonly queue: number;
  /** DNS, TCP and TLS. */
  readonly connect: number;
  /** All legs before the one that carried the body. */
  readonly authenticate: number;
  /** From the last byte sent to the last byte received. */
  readonly server: number;
  /** Unsealing, XML and CIM. */
  readonly decode: number;
}

export interface Exchange {
  readonly startedAt: number;
  readonly host: string;
  readonly port: number;
  /** wsa:Action, or `Identify`. */
  readonly action: string;
  readonly resourceUri: string | null;
  /** SOAP as text, secrets masked before it leaves the library. Null where nothing was sent or received. */
  readonly request: string | null;
  readonly response: string | null;
  readonly httpStatus: number | null;
  readonly sealed: boolean;
  readonly mechanism: string | null;
  readonly timings: ExchangeTimings;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** HTTP round trips, authentication legs included. */
  readonly roundTrips: number;
  /** Name and message of the error it ended with. */
  readonly error: { readonly name: string; readonly message: string } | null;
}

export type ExchangeListener = (exchange: Exchange) => void;
