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

export type HeaderLines = readonly (readonly [name: string, value: string])[];

/** One HTTP round trip of an exchange: a leg of signing in, or the request itself. Tokens, passwords and cookies are described, not shown. */
export interface HttpLeg {
  /** From the first byte sent to the last byte received, or to the failure. */
  readonly milliseconds: number;
  /** As it was sent: `POST /wsman HTTP/1.1`. */
  readonly requestLine: string;
  readonly requestHeaders: HeaderLines;
  /** Octets of the body, as sealed. */
  readonly requestBytes: number;
  /** Null where no answer came. */
  readonly status: number | null;
  /** Names in lower case. */
  readonly responseHeaders: HeaderLines;
  readonly responseBytes: number;
}

/** What a recorder wants of the exchanges of a client. */
export interface ExchangeRecording {
  /**
   * Are command lines and what goes through streams kept? Asked at each exchange. Without it they are; secrets that can be known are masked
   * in either case.
   */
  contents(): boolean;
  /** Told of the text that was masked in a request because of its name, so that it can be masked elsewhere too. */
  onSecret(secret: string): void;
}

export interface Exchange {
  readonly startedAt: number;
  /** All of it, waiting for a connection included. */
  readonly milliseconds: number;
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
  /** What protects the connection: `RC4-128`, `AES256-SHA1`, `TLS 1.3`; null for clear text, and where nothing was received. */
  readonly protection: string | null;
  readonly timings: ExchangeTimings;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** HTTP round trips, authentication legs included. */
  readonly roundTrips: number;
  /** Those round trips, also of an attempt whose connection was then replaced. */
  readonly legs: readonly HttpLeg[];
  /** False: command lines and contents of streams were left out. */
  readonly contents: boolean;
  /** Name and message of the error it ended with. */
  readonly error: { readonly name: string; readonly message: string } | null;
}

export type ExchangeListener = (exchange: Exchange) => void;
