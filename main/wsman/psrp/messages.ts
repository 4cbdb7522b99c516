/**
 * The data of the messages about a pool (MS-PSRP 2.2.2.1 to 2.2.2.14, 2.2.2.29 to 2.2.2.31), both roles: what is written and what is read.
 * Values in, values out; `serializeClixml` and `message.ts` make octets of them. Those about a pipeline are in `pipeline-messages.ts`, those
 * between server and host in `host-messages.ts`.
 */
import { ProtocolError } from '../errors.ts';
import { itemsOf, numberOf, propertyOf, textOf } from './clixml-plain.ts';
import { isPsObject, type PsObject, type PsValue, psArray, psEnum, psObject, psProperties } from './clixml-types.ts';
import { type HostInfo, hostInfoValue, readHostInfo } from './host-messages.ts';
import { type RunspacePoolState, runspacePoolStates } from './message.ts';
import { baseOf, requiredInteger, requiredLong, requiredObject, requiredText } from './properties.ts';

/** Versions of the protocol, newest first: 2.3 with PowerShell 5, 2.2 with 3 and 4, 2.1 with 2. */
export const protocolVersions = ['2.3', '2.2', '2.1'] as const;
export type ProtocolVersion = (typeof protocolVersions)[number];

const extended = (values: Readonly<Record<string, PsValue>>): PsObject => psObject({ extended: psProperties(values) });
const version = (value: string): PsValue => ({ clixml: 'Version', value });

export interface SessionCapability {
  /** Major and minor: `2.3`. */
  readonly protocolVersion: string;
  readonly psVersion: string;
  readonly serializationVersion: string;
}

/** What every version of PowerShell says of itself here, whatever it is. */
export function sessionCapability(protocolVersion: string): SessionCapability {
  return { protocolVersion, psVersion: '2.0', serializationVersion: '1.1.0.1' };
}

/** SESSION_CAPABILITY (2.2.2.1). The time zone, which may be left out, is a serialised .NET object: it is not written. */
export function sessionCapabilityValue(capability: SessionCapability): PsObject {
  return extended({
    protocolversion: version(capability.protocolVersion),
    PSVersion: version(capability.psVersion),
    SerializationVersion: version(capability.serializationVersion),
  });
}

/** Throws ProtocolError where a version is missing. */
export function readSessionCapability(value: PsValue): SessionCapability {
  const name = 'SESSION_CAPABILITY';
  return {
    protocolVersion: requiredText(value, 'protocolversion', name),
    psVersion: requiredText(value, 'PSVersion', name),
    serializationVersion: requiredText(value, 'SerializationVersion', name),
  };
}

export interface RunspaceCounts {
  readonly minRunspaces: number;
  readonly maxRunspaces: number;
}

export interface InitRunspacePool extends RunspaceCounts {
  readonly hostInfo: HostInfo;
  /** A dictionary of primitives, for whoever configured the endpoint; null for none. */
  readonly applicationArguments: PsValue;
}

/** ApartmentState (2.2.3.7): unknown, which leaves it to the server. */
export const unknownApartment = (): PsObject =>
  psEnum('System.Management.Automation.Runspaces.ApartmentState', 'UNKNOWN', 2);

/** INIT_RUNSPACEPOOL (2.2.2.2). */
export function initRunspacePoolValue(init: InitRunspacePool): PsObject {
  return extended({
    MinRunspaces: init.minRunspaces,
    MaxRunspaces: init.maxRunspaces,
    PSThreadOptions: psEnum('System.Management.Automation.Runspaces.PSThreadOptions', 'Default', 0),
    ApartmentState: unknownApartment(),
    HostInfo: hostInfoValue(init.hostInfo),
    ApplicationArguments: init.applicationArguments,
  });
}

/** Throws ProtocolError where a number or the host is missing. */
export function readInitRunspacePool(value: PsValue): InitRunspacePool {
  const name = 'INIT_RUNSPACEPOOL';
  return {
    minRunspaces: requiredInteger(value, 'MinRunspaces', name),
    maxRunspaces: requiredInteger(value, 'MaxRunspaces', name),
    hostInfo: readHostInfo(propertyOf(value, 'HostInfo') ?? null),
    applicationArguments: propertyOf(value, 'ApplicationArguments') ?? null,
  };
}

/** CONNECT_RUNSPACEPOOL (2.2.2.29): counts to change to, or null for those that the pool has, which is an empty string. */
export function connectRunspacePoolValue(counts: RunspaceCounts | null): PsValue {
  return counts === null ? '' : countsValue(counts);
}

export function readConnectRunspacePool(value: PsValue): RunspaceCounts | null {
  return isPsObject(value) && propertyOf(value, 'MinRunspaces') !== undefined
    ? readCounts(value, 'CONNECT_RUNSPACEPOOL')
    : null;
}

const countsValue = (counts: RunspaceCounts): PsObject =>
  extended({ MinRunspaces: counts.minRunspaces, MaxRunspaces: counts.maxRunspaces });

function readCounts(value: PsValue, name: string): RunspaceCounts {
  return {
    minRunspaces: requiredInteger(value, 'MinRunspaces', name),
    maxRunspaces: requiredInteger(value, 'MaxRunspaces', name),
  };
}

/** RUNSPACEPOOL_INIT_DATA (2.2.2.30): what a pool that was connected to has. */
export const runspacePoolInitDataValue = countsValue;

export function readRunspacePoolInitData(value: PsValue): RunspaceCounts {
  return readCounts(value, 'RUNSPACEPOOL_INIT_DATA');
}

/** PUBLIC_KEY (2.2.2.3); the blob in base64 is of `session-key.ts`. */
export const publicKeyValue = (blob: string): PsObject => extended({ PublicKey: blob });
export const readPublicKeyMessage = (value: PsValue): string => requiredText(value, 'PublicKey', 'PUBLIC_KEY');

/** ENCRYPTED_SESSION_KEY (2.2.2.4). */
export const encryptedSessionKeyValue = (blob: string): PsObject => extended({ EncryptedSessionKey: blob });
export const readEncryptedSessionKey = (value: PsValue): string =>
  requiredText(value, 'EncryptedSessionKey', 'ENCRYPTED_SESSION_KEY');

/** PUBLIC_KEY_REQUEST (2.2.2.5). */
export const publicKeyRequestValue: PsValue = '';

/** Requests of a pool that a RUNSPACE_AVAILABILITY with the same id answers. */
export interface PoolRequest {
  readonly callId: bigint;
  /** With SET_MAX_RUNSPACES and SET_MIN_RUNSPACES (2.2.2.6, 2.2.2.7). */
  readonly count: number | null;
}
export type PoolRequestType =
  | 'SET_MAX_RUNSPACES'
  | 'SET_MIN_RUNSPACES'
  | 'GET_AVAILABLE_RUNSPACES'
  | 'RESET_RUNSPACE_STATE';

const countNames: Readonly<Partial<Record<PoolRequestType, string>>> = {
  SET_MAX_RUNSPACES: 'MaxRunspaces',
  SET_MIN_RUNSPACES: 'MinRunspaces',
};

/** SET_MAX_RUNSPACES, SET_MIN_RUNSPACES, GET_AVAILABLE_RUNSPACES, RESET_RUNSPACE_STATE (2.2.2.6, 2.2.2.7, 2.2.2.11, 2.2.2.31). */
export function poolRequestValue(type: PoolRequestType, request: PoolRequest): PsObject {
  const name = countNames[type];
  const counts: Record<string, PsValue> = name === undefined ? {} : { [name]: request.count };
  return extended({ ...counts, ci: request.callId });
}

/** Throws ProtocolError where the id, or the count that belongs to this type, is missing. */
export function readPoolRequest(type: PoolRequestType, value: PsValue): PoolRequest {
  const name = countNames[type];
  return {
    callId: requiredLong(value, 'ci', type),
    count: name === undefined ? null : requiredInteger(value, name, type),
  };
}

/** RUNSPACE_AVAILABILITY (2.2.2.8): done or refused, or how many runspaces are available. */
export interface RunspaceAvailability {
  readonly callId: bigint;
  readonly response: boolean | bigint;
}

export function runspaceAvailabilityValue(availability: RunspaceAvailability): PsObject {
  return extended({ SetMinMaxRunspacesResponse: availability.response, ci: availability.callId });
}

export function readRunspaceAvailability(value: PsValue): RunspaceAvailability {
  const name = 'RUNSPACE_AVAILABILITY';
  const found = propertyOf(value, 'SetMinMaxRunspacesResponse');
  const response = found === undefined ? undefined : baseOf(found);
  const callId = requiredLong(value, 'ci', name);
  if (typeof response === 'boolean' || typeof response === 'bigint') return { callId, response };
  if (typeof response === 'number') return { callId, response: BigInt(response) };
  throw new ProtocolError(`${name} says neither yes, no nor how many.`);
}

/** RUNSPACEPOOL_STATE (2.2.2.9). */
export interface RunspacePoolStateMessage {
  readonly state: RunspacePoolState;
  /** An ErrorRecord, where an error brought the pool into this state. */
  readonly error: PsValue | null;
}

export function runspacePoolStateValue({ state, error }: RunspacePoolStateMessage): PsObject {
  return extended({
    RunspaceState: runspacePoolStates.indexOf(state),
    ...(error === null ? {} : { ExceptionAsErrorRecord: error }),
  });
}

export function readRunspacePoolState(value: PsValue): RunspacePoolStateMessage {
  const name = 'RUNSPACEPOOL_STATE';
  const number = requiredInteger(value, 'RunspaceState', name);
  const state = runspacePoolStates[number];
  if (state === undefined) throw new ProtocolError(`${name} has the unknown state ${number}.`);
  return { state, error: propertyOf(value, 'ExceptionAsErrorRecord') ?? null };
}

/** APPLICATION_PRIVATE_DATA (2.2.2.13): a dictionary of primitives, from Windows with PSVersionTable in it; or null. */
export const applicationPrivateDataValue = (data: PsValue): PsObject => extended({ ApplicationPrivateData: data });

export function readApplicationPrivateData(value: PsValue): PsValue {
  requiredObject(value, 'APPLICATION_PRIVATE_DATA');
  return propertyOf(value, 'ApplicationPrivateData') ?? null;
}

/** USER_EVENT (2.2.2.12). */
export interface UserEvent {
  readonly eventId: number;
  readonly sourceId: string;
  /** xs:dateTime as it came. */
  readonly timeGenerated: string;
  readonly sender: PsValue;
  readonly sourceArgs: PsValue;
  readonly messageData: PsValue;
  readonly computerName: string | null;
  readonly runspaceId: string;
}

export function userEventValue(event: UserEvent): PsObject {
  return extended({
    'PSEventArgs.EventIdentifier': event.eventId,
    'PSEventArgs.SourceIdentifier': event.sourceId,
    'PSEventArgs.TimeGenerated': { clixml: 'DT', value: event.timeGenerated },
    'PSEventArgs.Sender': event.sender,
    'PSEventArgs.SourceArgs': event.sourceArgs,
    'PSEventArgs.MessageData': event.messageData,
    'PSEventArgs.ComputerName': event.computerName,
    'PSEventArgs.RunspaceId': { clixml: 'G', value: event.runspaceId },
  });
}

export function readUserEvent(value: PsValue): UserEvent {
  const name = 'USER_EVENT';
  const part = (local: string): PsValue => propertyOf(value, `PSEventArgs.${local}`) ?? null;
  return {
    eventId: requiredInteger(value, 'PSEventArgs.EventIdentifier', name),
    sourceId: requiredText(value, 'PSEventArgs.SourceIdentifier', name),
    timeGenerated: requiredText(value, 'PSEventArgs.TimeGenerated', name),
    sender: part('Sender'),
    sourceArgs: part('SourceArgs'),
    messageData: part('MessageData'),
    computerName: textOf(part('ComputerName')),
    runspaceId: requiredText(value, 'PSEventArgs.RunspaceId', name),
  };
}

/** GET_COMMAND_METADATA (2.2.2.14): sent where CREATE_PIPELINE would be. */
export interface CommandMetadataRequest {
  /** Wildcards; null for all. */
  readonly names: readonly string[] | null;
  /** CommandTypes as bits: 1 alias, 2 function, 4 filter, 8 cmdlet, 64 script, 256 workflow. */
  readonly commandTypes: number;
  /** Modules, as wildcards; null for any. */
  readonly namespaces: readonly string[] | null;
  readonly argumentList: readonly PsValue[] | null;
}

/** Aliases, functions, filters and cmdlets. */
export const usualCommandTypes = 15;

export function commandMetadataRequestValue(request: CommandMetadataRequest): PsObject {
  const strings = (list: readonly string[] | null): PsValue =>
    list === null ? null : psArray(list, 'System.String[]');
  const name =
    request.commandTypes === usualCommandTypes ? 'Alias, Function, Filter, Cmdlet' : String(request.commandTypes);
  return extended({
    Name: strings(request.names),
    CommandType: psEnum('System.Management.Automation.CommandTypes', name, request.commandTypes),
    Namespace: strings(request.namespaces),
    ArgumentList: request.argumentList === null ? null : psArray(request.argumentList),
  });
}

export function readCommandMetadataRequest(value: PsValue): CommandMetadataRequest {
  const strings = (name: string): string[] | null =>
    itemsOf(propertyOf(value, name))?.map((item) => textOf(item) ?? '') ?? null;
  return {
    names: strings('Name'),
    commandTypes: numberOf(propertyOf(value, 'CommandType')) ?? usualCommandTypes,
    namespaces: strings('Namespace'),
    argumentList: itemsOf(propertyOf(value, 'ArgumentList')),
  };
}
