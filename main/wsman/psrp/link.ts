/**
 * One shell of PowerShell on the wire: Send in turn, Receive again and again, and the gate that closes while the session is disconnected.
 *
 * A Send is never repeated. A Receive that was answered with "nothing yet" is followed by the next; one whose answer was lost with its line
 * is reported as a gap once the session was taken up again, since what it carried may be lost.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallOptions, WSManClient } from '../client.ts';
import type { ReceivedResponse } from '../envelope.ts';
import { CancelledError, OutcomeUnknownError, TransportError, WSManFault } from '../errors.ts';
import { timedOutCode } from '../fault.ts';
import { actions } from '../namespaces.ts';
import { readShellId, shellActions } from '../shell-messages.ts';
import { packFragments, splitMessage } from './fragment.ts';
import { encodeMessage, type PsrpMessage } from './message.ts';
import { SessionLostError } from './psrp-errors.ts';
import { outputBody, packetBody, readPackets } from './shell-bodies.ts';

export interface LinkAddress {
  readonly resourceUri: string;
  /** p:SessionId: the same in everything that is said about this shell. */
  readonly sessionId: string;
  /** OperationTimeout, milliseconds; default the client's. */
  readonly timeoutMs?: number | undefined;
  /** Octets of the largest envelope that the target takes. */
  readonly maxEnvelopeSize: number;
}

export interface Incoming {
  readonly packets: readonly Uint8Array[];
  readonly isDone: boolean;
  /** Something that came before this may be missing: the line was lost with an answer on it. */
  readonly gap: Error | null;
}

export interface Link {
  /** Selector of the shell: the one we chose, or what the target has made of it. */
  shellId(): string;
  /** Create, which makes the shell. Targets of stack 2.0 give it an id of their own. */
  create(body: string, options: CallOptions): Promise<void>;
  /** One operation on the shell. Not held back by the gate. */
  ask(action: string, body: string, options?: CallOptions): Promise<ReceivedResponse>;
  /** Fragments of a message under the next ObjectId; none is longer than one packet. */
  fragmentsOf(message: PsrpMessage): Uint8Array[];
  packetsOf(fragments: readonly Uint8Array[]): Uint8Array[];
  /** Packets to the pool or one of its pipelines, after all that was given before, while the session is connected. */
  send(
    commandId: string | null,
    stream: 'stdin' | 'pr',
    packets: readonly Uint8Array[],
    signal: AbortSignal,
  ): Promise<void>;
  /** Octets that a packet has room for. */
  readonly packetBytes: number;
  receive(commandId: string | null, signal: AbortSignal): Promise<Incoming>;
  /** Closes the gate, and waits for what is on its way out. */
  suspend(): Promise<void>;
  /**
   * Behind a closed gate: lets Receives that are outstanding come home with what they have, for so long, and ends the rest. `lost`: the line
   * that went under one of them; the others then report a gap too, for what was on its way to them may be lost as well.
   */
  dropReceives(graceMs: number, lost?: Error): Promise<void>;
  /** Opens the gate. */
  resume(): void;
}

/** Answers without news in a row are not asked for faster than this: a target that does not wait must not keep both ends busy. */
const emptyAnswerPauseMs = 200;
/** Of an envelope, for everything but the fragments: headers, selectors, a long address. */
const envelopeOverhead = 4096;
/** Nobody lets us send more at once, whatever it says of itself. */
const maxUsefulEnvelope = 512_000;

/** ERROR_WSMAN_UNEXPECTED_SELECTORS and SHELL_ALREADY_CLOSED: the shell is gone. */
const goneCodes: ReadonlySet<number> = new Set([2150858843, 2150859082]);
/** ERROR_WSMAN_SERVICE_STREAM_DISCONNECTED, ERROR_WINRS_SHELL_CONNECTED_TO_DIFFERENT_CLIENT, ERROR_WINRS_SHELL_CLIENTSESSIONID_MISMATCH. */
const takenCodes: ReadonlySet<number> = new Set([2150859230, 2150859213, 2150859206]);

export function isGone(error: unknown): boolean {
  return error instanceof WSManFault && goneCodes.has(error.fields.wsmanCode ?? 0);
}

/** The line, not the target: nothing is known of what became of the request. */
export function isLineLost(error: unknown): boolean {
  const cause = error instanceof OutcomeUnknownError ? error.cause : error;
  return cause instanceof TransportError && (cause.reason === 'connection-lost' || cause.reason === 'response-timeout');
}

/** `takeUp` is called when the line was lost under a Receive; it resolves when the session is connected again. */
export function createLink(
  client: WSManClient,
  chosenShellId: string,
  address: LinkAddress,
  takeUp: (lost: Error) => Promise<void>,
): Link {
  let shellId = chosenShellId;
  const room = Math.min(address.maxEnvelopeSize, maxUsefulEnvelope) - envelopeOverhead;
  const packetBytes = Math.max(1024, Math.floor((room * 3) / 4 / 3) * 3);
  // What a shell that can be disconnected is told apart by (MS-WSMV 3.1.4.1.37).
  const sessionHeader = `<p:SessionId s:mustUnderstand="false">uuid:${address.sessionId}</p:SessionId>`;
  let nextObjectId = 1n;
  let sending: Promise<unknown> = Promise.resolve();
  let inFlight: Promise<unknown> = Promise.resolve();
  let gate: PromiseWithResolvers<void> | null = null;
  let suspension = new AbortController();
  const outstanding = new Set<Promise<void>>();

  const common = { timeoutMs: address.timeoutMs, headers: sessionHeader };
  const ask = (action: string, body: string, options: CallOptions = {}): Promise<ReceivedResponse> =>
    client.call({
      ...common,
      ...options,
      action,
      resource: { resourceUri: address.resourceUri, selectors: [['ShellId', shellId]] },
      body,
    });

  function track(asked: Promise<unknown>): void {
    const settled: Promise<void> = asked.then(
      () => void outstanding.delete(settled),
      () => void outstanding.delete(settled),
    );
    outstanding.add(settled);
  }

  async function connected(signal: AbortSignal): Promise<void> {
    while (gate !== null) await untilAborted(gate.promise, signal);
    if (signal.aborted) throw cancelled();
  }

  async function receive(commandId: string | null, signal: AbortSignal): Promise<Incoming> {
    const options = [{ name: 'WSMAN_CMDSHELL_OPTION_KEEPALIVE', value: 'TRUE' }];
    for (;;) {
      await connected(signal);
      const { signal: ended } = suspension;
      const askedAt = performance.now();
      try {
        const during = AbortSignal.any([signal, ended]);
        const asked = ask(shellActions.receive, outputBody(commandId), { options, signal: during });
        track(asked);
        const answer = await asked;
        const received = readPackets(answer.body, commandId);
        if (received.packets.length > 0 || received.isDone) return { ...received, gap: null };
      } catch (error) {
        if (signal.aborted) throw cancelled();
        const lost = lossUnder(error, ended);
        if (lost !== null && (gate !== null || ended.aborted)) {
          await connected(signal);
          return { packets: [], isDone: false, gap: lost };
        }
        if (gate !== null || ended.aborted) continue;
        if (isLineLost(error)) {
          await takeUp(error as Error);
          return { packets: [], isDone: false, gap: error as Error };
        }
        if (!(error instanceof WSManFault) || error.fields.wsmanCode !== timedOutCode) throw asLoss(error);
      }
      const early = emptyAnswerPauseMs - (performance.now() - askedAt);
      if (early > 0) await sleep(early, undefined, { signal }).catch(() => {});
    }
  }

  return {
    shellId: () => shellId,
    async create(body, options) {
      const resource = { resourceUri: address.resourceUri };
      const answer = await client.call({ ...common, ...options, action: actions.create, resource, body });
      shellId = readShellId(answer.body);
    },
    ask,
    packetBytes,
    fragmentsOf: (message) => splitMessage(nextObjectId++, encodeMessage(message), packetBytes),
    packetsOf: (fragments) => packFragments(fragments, packetBytes),
    send(commandId, stream, packets, signal) {
      const turn = sending.then(async () => {
        for (const packet of packets) {
          await connected(signal);
          const sent = ask(shellActions.send, packetBody(stream, commandId, packet), { signal });
          inFlight = sent.catch(() => {});
          await sent;
        }
      });
      sending = turn.catch(() => {});
      return turn;
    },
    receive,
    async suspend() {
      gate ??= Promise.withResolvers();
      await inFlight;
    },
    async dropReceives(graceMs, lost) {
      if (graceMs > 0) await Promise.race([Promise.all(outstanding), sleep(graceMs, undefined, { ref: false })]);
      suspension.abort(lost ?? deliberate);
    },
    resume() {
      suspension = new AbortController();
      const opened = gate;
      gate = null;
      opened?.resolve();
    },
  };
}

const cancelled = (): CancelledError => new CancelledError('The session was left, or what ran in it.');

/** Why Receives are ended when the session is disconnected of our own will: the target keeps what they would have brought. */
const deliberate = Symbol('deliberate');

/** The lost line under a Receive of a session that is being disconnected; null where nothing went with it. */
function lossUnder(error: unknown, ended: AbortSignal): Error | null {
  if (ended.aborted) return ended.reason === deliberate ? null : (ended.reason as Error);
  return isLineLost(error) ? (error as Error) : null;
}

/** What a fault under a Receive or Reconnect means for the session. */
export function asLoss(error: unknown): unknown {
  if (isGone(error)) return new SessionLostError('gone', 'The target no longer has this PowerShell session.', error);
  if (error instanceof WSManFault && takenCodes.has(error.fields.wsmanCode ?? 0)) {
    const message = 'Another client has disconnected the PowerShell session, or is connected to it.';
    return new SessionLostError('taken', message, error);
  }
  return error;
}

/** Settles with the promise, or rejects when the signal comes first. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) throw cancelled();
  const stop = Promise.withResolvers<never>();
  const onAbort = (): void => stop.reject(cancelled());
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, stop.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
