import * as v from 'valibot';
import { call, of, stream } from '../rpc/endpoint.ts';
import { MachineId } from './machines.ts';

/** Milliseconds of each phase; zero where it did not happen. */
export interface TraceTimings {
  readonly queue: number;
  readonly connect: number;
  readonly authenticate: number;
  readonly server: number;
  readonly decode: number;
}

/** One exchange as a row of the list. */
export interface TraceRow {
  /** Counts up within a run of the console, over all machines. */
  readonly id: number;
  readonly startedAt: number;
  readonly milliseconds: number;
  /** `Get`, `Invoke StopService`, `Receive`: wsa:Action in a word or two. */
  readonly action: string;
  /** The resource in short: `Win32_Service?Name=Spooler`, `winrm/config`. Empty for Identify. */
  readonly resource: string;
  readonly httpStatus: number | null;
  /** It ended with a fault, or without an answer that can be used. */
  readonly failed: boolean;
  /** Why, in a sentence; null where it did not fail. */
  readonly error: string | null;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly timings: TraceTimings;
  /** HTTP round trips, those of signing in included. */
  readonly roundTrips: number;
}

export type TraceHeaders = readonly (readonly [name: string, value: string])[];

/** One HTTP round trip. Tokens, passwords and cookies are described, not shown. */
export interface TraceLeg {
  readonly milliseconds: number;
  readonly requestLine: string;
  readonly requestHeaders: TraceHeaders;
  readonly requestBytes: number;
  readonly status: number | null;
  readonly responseHeaders: TraceHeaders;
  readonly responseBytes: number;
}

/** What a message went through on the machine, as far as the answer lets one infer it. */
export interface TraceLayers {
  /** From the network inwards: `HTTP.sys`, `WinRM service`, `WsmWmiPl.dll`. */
  readonly passed: readonly string[];
  /** The one of them that answered; null where that cannot be said. */
  readonly answered: string | null;
  /** What this was inferred from. */
  readonly because: string;
}

/** One exchange with its messages. Secrets were taken out before it was kept. */
export interface TraceExchange extends TraceRow {
  readonly host: string;
  readonly port: number;
  /** wsa:Action, or `Identify`. */
  readonly actionUri: string;
  readonly resourceUri: string | null;
  /** SOAP as it was, not laid out anew; null where nothing was sent or received. */
  readonly request: string | null;
  readonly response: string | null;
  /** Characters that were cut off behind what is kept. */
  readonly requestCut: number;
  readonly responseCut: number;
  readonly sealed: boolean;
  readonly mechanism: string | null;
  /** `RC4-128`, `AES256-SHA1`, `TLS 1.3`. */
  readonly protection: string | null;
  readonly legs: readonly TraceLeg[];
  /** Command lines and contents of streams were kept. */
  readonly contents: boolean;
  readonly errorName: string | null;
  readonly layers: TraceLayers;
}

export type TraceChange =
  /** First, and after the trace was emptied: all that is kept, oldest first. */
  | { readonly kind: 'all'; readonly rows: readonly TraceRow[]; readonly contents: boolean; readonly dropped: number }
  | {
      readonly kind: 'added';
      readonly rows: readonly TraceRow[];
      /** Exchanges with a lower id are no longer kept. */
      readonly oldestId: number;
      /** How many of this machine were dropped in this run, since what is kept is bounded. */
      readonly dropped: number;
    }
  | { readonly kind: 'contents'; readonly contents: boolean };

/** The file that an export is: JSON that says itself what it is. `windeck trace FILE` reads it. */
export interface TraceFile {
  readonly format: 'windeck-trace';
  readonly version: 1;
  /** For whoever opens it with something else. */
  readonly about: string;
  readonly exportedAt: number;
  readonly application: string;
  readonly machine: { readonly name: string; readonly address: string; readonly operatingSystem: string | null };
  readonly exchanges: readonly TraceExchange[];
}

const ExchangeId = v.pipe(v.number(), v.integer(), v.minValue(1));

export const trace = {
  /** What is kept of a machine, then what is added, until cancelled. */
  watch: stream(v.object({ machineId: MachineId }), of<TraceChange>()),
  /** One exchange with its messages; `not-found` where it is no longer kept. */
  exchange: call(v.object({ machineId: MachineId, id: ExchangeId }), of<TraceExchange>()),
  /** Whether command lines and contents of streams are kept from now on. Until the console ends; off where it was never switched on. */
  keepContents: call(v.object({ machineId: MachineId, keep: v.boolean() }), of<void>()),
  clear: call(v.object({ machineId: MachineId }), of<void>()),
  /** A TraceFile as JSON text in pieces, of these exchanges or of all that are kept. */
  export: stream(
    v.object({ machineId: MachineId, ids: v.nullable(v.pipe(v.array(ExchangeId), v.maxLength(5000))) }),
    of<string>(),
  ),
};
