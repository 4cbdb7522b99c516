/** Runspace pools of a machine (MS-PSRP 3.1): one per shell of PowerShell, with its messages, its pipelines and its session key. */

import { ProtocolError } from '../../wsman/errors.ts';
import { deserializeClixml, serializeClixml } from '../../wsman/psrp/clixml.ts';
import { numberOf, propertyOf, textOf } from '../../wsman/psrp/clixml-plain.ts';
import { type PsValue, psObject, psProperties } from '../../wsman/psrp/clixml-types.ts';
import { createReassembler, type Reassembler } from '../../wsman/psrp/fragment.ts';
import { decodeMessage, type MessageType, nilGuid, type PsrpMessage } from '../../wsman/psrp/message.ts';
import { createSessionKey, readPublicKey, writeSessionKey } from '../../wsman/psrp/session-key.ts';
import { LabFault } from '../faults.ts';
import { dictionaryTypes, powershellOf, version, versionTable } from '../powershell/version.ts';
import { createBell } from '../shell/pipe.ts';
import type { LabShell } from '../shell/shells.ts';
import type { SimulatedMachine } from '../simulated-machine.ts';
import type { Endpoint } from './endpoints.ts';
import { createMessageQueue, type MessageQueue } from './message-queue.ts';
import type { LabPipeline } from './pipeline.ts';

export interface LabPool {
  readonly machine: SimulatedMachine;
  readonly shell: LabShell;
  readonly endpoint: Endpoint;
  readonly queue: MessageQueue;
  readonly pipelines: Map<string, LabPipeline>;
  /** Variables of its scripts: all of them are of one session. */
  readonly variables: Map<string, PsValue>;
  /** SessionId of the client that it is, or was last, connected to (MS-WSMV 3.1.4.1.37); null where it says none. */
  clientSession: string | null;
  /** RPID of the client. */
  poolId: string;
  /** What both sides speak. */
  protocolVersion: string;
  /** HostInfo of INIT_RUNSPACEPOOL. */
  hostInfo: PsValue;
  sessionKey: Uint8Array | null;
  nextObjectId(): bigint;
  send(type: MessageType, value: PsValue): void;
  /** A runspace of the pool, once one is free; the returned function gives it back. */
  takeRunspace(signal: AbortSignal): Promise<() => void>;
  /** The session key, after the client was asked for its public key if it has not sent one. */
  requireSessionKey(signal: AbortSignal): Promise<Uint8Array>;
  /** Packets of Create and of Send to the shell. */
  accept(packet: Uint8Array): void;
  /** Octets for connectResponseXml. */
  connect(packet: Uint8Array): PsrpMessage[];
  end(): void;
}

const extended = (values: Readonly<Record<string, PsValue>>): PsValue => psObject({ extended: psProperties(values) });

/** Throws LabFault where the messages of the client are none. */
export function createPool(machine: SimulatedMachine, shell: LabShell, endpoint: Endpoint): LabPool {
  const own = powershellOf(machine.plan);
  let objectId = 0n;
  const nextObjectId = (): bigint => ++objectId;
  let reassembler: Reassembler = createReassembler();
  const changed = createBell();
  let minRunspaces = 1;
  let maxRunspaces = 1;
  let busy = 0;
  let isOpen = false;

  function read(packet: Uint8Array): PsrpMessage[] {
    try {
      return reassembler.accept(packet).map(decodeMessage);
    } catch (error) {
      if (error instanceof ProtocolError) throw new LabFault(87, { powershellPlugin: true });
      throw error;
    }
  }

  const pool: LabPool = {
    machine,
    shell,
    endpoint,
    queue: createMessageQueue(nextObjectId),
    pipelines: new Map(),
    variables: new Map(),
    clientSession: null,
    poolId: shell.shellId,
    protocolVersion: own.protocolVersion,
    hostInfo: null,
    sessionKey: null,
    nextObjectId,
    send(type, value) {
      const runspacePoolId = type === 'SESSION_CAPABILITY' ? nilGuid : pool.poolId;
      pool.queue.put({ type, runspacePoolId, pipelineId: null, data: serializeClixml(value) });
    },
    async takeRunspace(signal) {
      while (busy >= maxRunspaces) await changed.wait(signal);
      busy++;
      return () => {
        busy--;
        changed.ring();
      };
    },
    async requireSessionKey(signal) {
      if (pool.sessionKey === null) pool.send('PUBLIC_KEY_REQUEST', '');
      while (pool.sessionKey === null) await changed.wait(signal);
      return pool.sessionKey;
    },
    accept(packet) {
      for (const message of read(packet)) {
        // The message says which pipeline it is for, whatever Send was sent to (3.2.5.1). One that is gone has no use for it.
        if (message.type.includes('PIPELINE_') && message.pipelineId !== null) {
          pool.pipelines.get(message.pipelineId)?.handle(message);
        } else handle(message);
      }
    },
    connect(packet) {
      // Another client counts its messages from the start.
      reassembler = createReassembler();
      const messages = read(packet);
      const [capability, connection] = messages;
      if (capability?.type !== 'SESSION_CAPABILITY' || connection?.type !== 'CONNECT_RUNSPACEPOOL') {
        throw new LabFault(87, { powershellPlugin: true });
      }
      agree(capability);
      // The state as recorded, the data by 3.2.5.4.29.
      pool.send('RUNSPACEPOOL_STATE', extended({ RunspaceState: 2 }));
      pool.send('APPLICATION_PRIVATE_DATA', privateData(machine));
      const message = (type: MessageType, value: PsValue): PsrpMessage => ({
        destination: 'client',
        type,
        runspacePoolId: pool.poolId,
        pipelineId: null,
        data: `\ufeff${serializeClixml(value)}`,
      });
      return [
        message('SESSION_CAPABILITY', ownCapability()),
        message('RUNSPACEPOOL_INIT_DATA', extended({ MinRunspaces: minRunspaces, MaxRunspaces: maxRunspaces })),
      ];
    },
    end() {
      for (const pipeline of pool.pipelines.values()) pipeline.kill();
      pool.pipelines.clear();
      pool.queue.fail(new LabFault(995, { powershellPlugin: true }));
    },
  };

  const ownCapability = (): PsValue =>
    extended({
      protocolversion: version(pool.protocolVersion),
      PSVersion: version('2.0'),
      SerializationVersion: version('1.1.0.1'),
    });

  /** The older of both protocol versions is spoken (3.1.5.4.1.2). */
  function agree(message: PsrpMessage): void {
    const theirs = textOf(propertyOf(deserializeClixml(message.data), 'protocolversion')) ?? '';
    if (!/^2\.[0-9]{1,2}$/.test(theirs)) throw new LabFault(87, { powershellPlugin: true });
    pool.protocolVersion = theirs < own.protocolVersion ? theirs : own.protocolVersion;
    if (message.runspacePoolId !== nilGuid) pool.poolId = message.runspacePoolId;
  }

  function handle(message: PsrpMessage): void {
    const value = message.data === '' ? null : deserializeClixml(message.data);
    const callId = propertyOf(value, 'ci') ?? 0n;
    switch (message.type) {
      case 'SESSION_CAPABILITY':
        agree(message);
        pool.send('SESSION_CAPABILITY', ownCapability());
        return;
      case 'INIT_RUNSPACEPOOL':
        minRunspaces = numberOf(propertyOf(value, 'MinRunspaces')) ?? 1;
        maxRunspaces = numberOf(propertyOf(value, 'MaxRunspaces')) ?? 1;
        pool.hostInfo = propertyOf(value, 'HostInfo') ?? null;
        if (minRunspaces < 1 || maxRunspaces < minRunspaces) throw new LabFault(87, { powershellPlugin: true });
        isOpen = true;
        pool.send('APPLICATION_PRIVATE_DATA', privateData(machine));
        pool.send('RUNSPACEPOOL_STATE', extended({ RunspaceState: 2 }));
        return;
      case 'PUBLIC_KEY': {
        const key = readPublicKey(textOf(propertyOf(value, 'PublicKey')) ?? '');
        pool.sessionKey = createSessionKey();
        pool.send('ENCRYPTED_SESSION_KEY', extended({ EncryptedSessionKey: writeSessionKey(pool.sessionKey, key) }));
        changed.ring();
        return;
      }
      case 'SET_MAX_RUNSPACES': {
        const wanted = numberOf(propertyOf(value, 'MaxRunspaces')) ?? 0;
        const isTaken = isOpen && wanted >= minRunspaces;
        if (isTaken) maxRunspaces = wanted;
        answerRequest(callId, isTaken);
        changed.ring();
        return;
      }
      case 'SET_MIN_RUNSPACES': {
        const wanted = numberOf(propertyOf(value, 'MinRunspaces')) ?? 0;
        const isTaken = isOpen && wanted >= 1 && wanted <= maxRunspaces;
        if (isTaken) minRunspaces = wanted;
        answerRequest(callId, isTaken);
        return;
      }
      case 'GET_AVAILABLE_RUNSPACES':
        answerRequest(callId, BigInt(Math.max(0, maxRunspaces - busy)));
        return;
      case 'RESET_RUNSPACE_STATE':
        answerRequest(callId, resetState());
        return;
      case 'RUNSPACEPOOL_HOST_RESPONSE':
        return;
      default:
        throw new LabFault(87, { powershellPlugin: true });
    }
  }

  /** The variables are as in a new session; of several runspaces none can be meant. */
  function resetState(): boolean {
    if (maxRunspaces > 1 || busy > 0) return false;
    pool.variables.clear();
    return true;
  }

  function answerRequest(callId: PsValue, answer: PsValue): void {
    pool.send('RUNSPACE_AVAILABILITY', extended({ SetMinMaxRunspacesResponse: answer, ci: callId }));
  }
  return pool;
}

function privateData(machine: SimulatedMachine): PsValue {
  return extended({
    ApplicationPrivateData: psObject({
      typeNames: dictionaryTypes,
      container: { kind: 'DCT', entries: [['PSVersionTable', versionTable(machine)]] },
    }),
  });
}
