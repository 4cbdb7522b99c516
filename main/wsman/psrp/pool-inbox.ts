/**
 * What a pool is told by its server (MS-PSRP 3.1.5.4), message by message: its state, its private data, answers to its requests, events, the key
 * for SecureStrings, questions to its host.
 */
import { ProtocolError } from '../errors.ts';
import { deserializeClixml, serializeClixml } from './clixml.ts';
import { readErrorRecord } from './clixml-records.ts';
import type { PsValue } from './clixml-types.ts';
import { createReassembler } from './fragment.ts';
import type { HostSession } from './host-calls.ts';
import { hostResponseValue, readHostCall } from './host-messages.ts';
import { type Link, untilAborted } from './link.ts';
import { decodeMessage, type MessageType, type PsrpMessage } from './message.ts';
import {
  type PoolRequestType,
  poolRequestValue,
  publicKeyValue,
  type RunspaceCounts,
  readApplicationPrivateData,
  readEncryptedSessionKey,
  readRunspaceAvailability,
  readRunspacePoolInitData,
  readRunspacePoolState,
  readSessionCapability,
  readUserEvent,
  type SessionCapability,
  type UserEvent,
} from './messages.ts';
import { SessionLostError } from './psrp-errors.ts';
import { createKeyPair, readSessionKey, type SessionKeyPair, writePublicKey } from './session-key.ts';

export interface PoolInbox {
  /** Settles with the first RUNSPACEPOOL_STATE that says Opened. */
  readonly opened: Promise<void>;
  /** Resolves when the server's SESSION_CAPABILITY is there. */
  capability(): SessionCapability | null;
  applicationPrivateData(): PsValue;
  counts(): RunspaceCounts | null;
  /** Packets of a Create or Connect answer, or of a Receive. Throws ProtocolError and SessionLostError: the pool is broken then. */
  accept(packet: Uint8Array): void;
  /** Something was lost in between. */
  forget(): void;
  /** A request that a RUNSPACE_AVAILABILITY answers. Rejects after a minute without an answer. */
  request(type: PoolRequestType, count: number | null): Promise<boolean | bigint>;
  /** The key for SecureStrings, exchanged the first time (3.1.4.8). */
  sessionKey(): Promise<Uint8Array>;
}

export interface InboxOptions {
  readonly link: Link;
  readonly poolId: string;
  readonly life: AbortSignal;
  readonly host: HostSession;
  readonly onEvent: ((event: UserEvent) => void) | undefined;
}

/** SessionKeyTransferTimeoutms (3.1.1.2.8), and as long for the answer to any other request. */
const answerWithinMs = 60_000;
/** Questions to the host of a pool that wait for their turn; nobody asks so many. */
const maxHostCalls = 64;

export function createPoolInbox({ link, poolId, life, host, onEvent }: InboxOptions): PoolInbox {
  const reassembler = createReassembler();
  const opened = Promise.withResolvers<void>();
  opened.promise.catch(() => {});
  const requests = new Map<bigint, (response: boolean | bigint) => void>();
  let capability: SessionCapability | null = null;
  let privateData: PsValue = null;
  let counts: RunspaceCounts | null = null;
  let nextCallId = 1n;
  let key: Promise<Uint8Array> | null = null;
  let pair: Promise<SessionKeyPair> | null = null;
  let encryptedKey: PromiseWithResolvers<string> | null = null;
  let hostCalls = 0;
  let answering: Promise<void> = Promise.resolve();

  const send = (stream: 'stdin' | 'pr', type: MessageType, value: PsValue): Promise<void> => {
    const message = { destination: 'server', type, runspacePoolId: poolId, pipelineId: null } as const;
    const fragments = link.fragmentsOf({ ...message, data: serializeClixml(value) });
    return link.send(null, stream, link.packetsOf(fragments), life);
  };

  async function exchangeKey(): Promise<Uint8Array> {
    pair ??= createKeyPair();
    const keys = await pair;
    encryptedKey = Promise.withResolvers();
    encryptedKey.promise.catch(() => {});
    await send('stdin', 'PUBLIC_KEY', publicKeyValue(writePublicKey(keys.publicKey)));
    const within = AbortSignal.any([life, AbortSignal.timeout(answerWithinMs)]);
    return readSessionKey(await untilAborted(encryptedKey.promise, within), keys);
  }

  function sessionKey(): Promise<Uint8Array> {
    key ??= exchangeKey();
    // A failed exchange may be tried again by whoever needs the key next.
    key.catch(() => {
      key = null;
    });
    return key;
  }

  function tell(event: UserEvent): void {
    try {
      onEvent?.(event);
    } catch {
      // Listeners are guests.
    }
  }

  function take(message: PsrpMessage): void {
    const value = deserializeClixml(message.data);
    switch (message.type) {
      case 'SESSION_CAPABILITY':
        capability = readSessionCapability(value);
        return;
      case 'APPLICATION_PRIVATE_DATA':
        privateData = readApplicationPrivateData(value);
        return;
      case 'RUNSPACEPOOL_INIT_DATA':
        counts = readRunspacePoolInitData(value);
        return;
      case 'RUNSPACEPOOL_STATE': {
        const { state, error } = readRunspacePoolState(value);
        if (state === 'Opened') opened.resolve();
        if (state !== 'Broken' && state !== 'Closed') return;
        const words = error === null ? '' : ` ${readErrorRecord(error).message}`;
        throw new SessionLostError('broken', `PowerShell says that the session is ${state.toLowerCase()}.${words}`);
      }
      case 'RUNSPACE_AVAILABILITY': {
        const { callId, response } = readRunspaceAvailability(value);
        requests.get(callId)?.(response);
        return;
      }
      case 'PUBLIC_KEY_REQUEST':
        sessionKey().catch(() => {});
        return;
      case 'ENCRYPTED_SESSION_KEY':
        encryptedKey?.resolve(readEncryptedSessionKey(value));
        return;
      case 'USER_EVENT':
        tell(readUserEvent(value));
        return;
      case 'RUNSPACEPOOL_HOST_CALL': {
        if (++hostCalls > maxHostCalls) throw new ProtocolError('The target asks more than anybody could answer.');
        const call = readHostCall(value);
        // Beside what else the pool is told: the answer may need a key that comes by the same way.
        answering = answering.then(async () => {
          const response = await host.answer(call, life);
          hostCalls--;
          if (response !== null && !life.aborted) {
            await send('pr', 'RUNSPACEPOOL_HOST_RESPONSE', hostResponseValue(response));
          }
        });
        answering = answering.catch(() => {});
        return;
      }
      default:
        throw new ProtocolError(`A pool was sent ${message.type}, which is not for pools.`);
    }
  }

  return {
    opened: opened.promise,
    capability: () => capability,
    applicationPrivateData: () => privateData,
    counts: () => counts,
    accept(packet) {
      for (const bytes of reassembler.accept(packet)) take(decodeMessage(bytes));
    },
    forget: () => reassembler.forget(),
    async request(type, count) {
      const callId = nextCallId++;
      const answer = Promise.withResolvers<boolean | bigint>();
      requests.set(callId, answer.resolve);
      try {
        await send('stdin', type, poolRequestValue(type, { callId, count }));
        return await untilAborted(answer.promise, AbortSignal.any([life, AbortSignal.timeout(answerWithinMs)]));
      } finally {
        requests.delete(callId);
      }
    },
    sessionKey,
  };
}
