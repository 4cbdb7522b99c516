/**
 * Messages of the PowerShell Remoting Protocol (MS-PSRP 2.2.1): the header in front of the CLIXML, little-endian, and the numbers of states
 * (2.2.3.4, 2.2.3.5). What the data of each message holds is in `messages.ts`, `pipeline-messages.ts` and `host-messages.ts`.
 */
import { ProtocolError } from '../errors.ts';

/** Every MessageType (2.2.1). */
export const messageTypes = {
  SESSION_CAPABILITY: 0x0001_0002,
  INIT_RUNSPACEPOOL: 0x0001_0004,
  PUBLIC_KEY: 0x0001_0005,
  ENCRYPTED_SESSION_KEY: 0x0001_0006,
  PUBLIC_KEY_REQUEST: 0x0001_0007,
  CONNECT_RUNSPACEPOOL: 0x0001_0008,
  SET_MAX_RUNSPACES: 0x0002_1002,
  SET_MIN_RUNSPACES: 0x0002_1003,
  RUNSPACE_AVAILABILITY: 0x0002_1004,
  RUNSPACEPOOL_STATE: 0x0002_1005,
  CREATE_PIPELINE: 0x0002_1006,
  GET_AVAILABLE_RUNSPACES: 0x0002_1007,
  USER_EVENT: 0x0002_1008,
  APPLICATION_PRIVATE_DATA: 0x0002_1009,
  GET_COMMAND_METADATA: 0x0002_100a,
  RUNSPACEPOOL_INIT_DATA: 0x0002_100b,
  RESET_RUNSPACE_STATE: 0x0002_100c,
  RUNSPACEPOOL_HOST_CALL: 0x0002_1100,
  RUNSPACEPOOL_HOST_RESPONSE: 0x0002_1101,
  PIPELINE_INPUT: 0x0004_1002,
  END_OF_PIPELINE_INPUT: 0x0004_1003,
  PIPELINE_OUTPUT: 0x0004_1004,
  ERROR_RECORD: 0x0004_1005,
  PIPELINE_STATE: 0x0004_1006,
  DEBUG_RECORD: 0x0004_1007,
  VERBOSE_RECORD: 0x0004_1008,
  WARNING_RECORD: 0x0004_1009,
  PROGRESS_RECORD: 0x0004_1010,
  INFORMATION_RECORD: 0x0004_1011,
  PIPELINE_HOST_CALL: 0x0004_1100,
  PIPELINE_HOST_RESPONSE: 0x0004_1101,
} as const;

export type MessageType = keyof typeof messageTypes;

const typeNames: ReadonlyMap<number, MessageType> = new Map(
  Object.entries(messageTypes).map(([name, value]) => [value, name as MessageType]),
);

export interface PsrpMessage {
  readonly destination: 'client' | 'server';
  readonly type: MessageType;
  /** RPID: GUID of the pool, in capitals. All zero in the SESSION_CAPABILITY of Windows. */
  readonly runspacePoolId: string;
  /** PID: GUID of the pipeline, in capitals; null where the message is about the pool. */
  readonly pipelineId: string | null;
  /** CLIXML of one value, without a byte order mark; empty with END_OF_PIPELINE_INPUT. */
  readonly data: string;
}

const headerBytes = 40;
export const nilGuid = '00000000-0000-0000-0000-000000000000';

/** A message as octets, ready to be split. Throws TypeError for what is no GUID. */
export function encodeMessage(message: PsrpMessage): Uint8Array {
  const data = Buffer.from(message.data, 'utf8');
  const bytes = new Uint8Array(headerBytes + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, message.destination === 'client' ? 1 : 2, true);
  view.setUint32(4, messageTypes[message.type], true);
  bytes.set(guidToBytes(message.runspacePoolId), 8);
  bytes.set(guidToBytes(message.pipelineId ?? nilGuid), 24);
  bytes.set(data, headerBytes);
  return bytes;
}

/** Throws ProtocolError for a header that is too short, names no known type or destination, and for text that is no UTF-8. */
export function decodeMessage(bytes: Uint8Array): PsrpMessage {
  if (bytes.length < headerBytes) throw new ProtocolError('A PSRP message is shorter than its header.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const destination = view.getUint32(0, true);
  if (destination !== 1 && destination !== 2)
    throw new ProtocolError('A PSRP message is for neither client nor server.');
  const number = view.getUint32(4, true);
  const type = typeNames.get(number);
  if (type === undefined) throw new ProtocolError(`A PSRP message has the unknown type 0x${number.toString(16)}.`);
  const pipelineId = guidFromBytes(bytes.subarray(24, 40));
  let data: string;
  try {
    // A byte order mark in front, as Windows writes it, is dropped by the decoder.
    data = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(headerBytes));
  } catch (error) {
    throw new ProtocolError('A PSRP message holds text that is no UTF-8.', { cause: error });
  }
  return {
    destination: destination === 1 ? 'client' : 'server',
    type,
    runspacePoolId: guidFromBytes(bytes.subarray(8, 24)),
    pipelineId: pipelineId === nilGuid ? null : pipelineId,
    data,
  };
}

const guidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isGuid(text: string): boolean {
  return guidPattern.test(text);
}

/** A GUID in the order of .NET: the first three parts little-endian, the rest as written. */
export function guidToBytes(guid: string): Uint8Array {
  if (!isGuid(guid)) throw new TypeError('This is no GUID.');
  const bytes = Buffer.from(guid.replaceAll('-', ''), 'hex');
  return swapGuid(bytes);
}

/** The GUID of 16 octets, in capitals. */
export function guidFromBytes(bytes: Uint8Array): string {
  const hex = Buffer.from(swapGuid(bytes)).toString('hex').toUpperCase();
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

const guidOrder = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15] as const;

function swapGuid(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(guidOrder, (at) => bytes[at]!);
}

/** RunspacePoolState (2.2.3.4); the position is the number. */
export const runspacePoolStates = [
  'BeforeOpen',
  'Opening',
  'Opened',
  'Closed',
  'Closing',
  'Broken',
  'NegotiationSent',
  'NegotiationSucceeded',
  'Connecting',
  'Disconnected',
] as const;
export type RunspacePoolState = (typeof runspacePoolStates)[number];

/** PSInvocationState (2.2.3.5); the position is the number. */
export const pipelineStates = [
  'NotStarted',
  'Running',
  'Stopping',
  'Stopped',
  'Completed',
  'Failed',
  'Disconnected',
] as const;
export type PipelineState = (typeof pipelineStates)[number];
