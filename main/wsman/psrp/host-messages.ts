/**
 * Messages between server and host (MS-PSRP 2.2.2.15, 2.2.2.16, 2.2.2.27, 2.2.2.28), HostInfo (2.2.3.14) and the methods of a host (2.2.3.17), both
 * roles. How their parameters and results are encoded is in `host-values.ts`; who answers is in `host-calls.ts`.
 */
import { ProtocolError } from '../errors.ts';
import { itemsOf, numberOf, propertyOf, textOf } from './clixml-plain.ts';
import { isPsObject, type PsObject, type PsValue, psEnum, psObject, psProperties } from './clixml-types.ts';
import { entriesOf, isTrue, requiredInteger, requiredLong } from './properties.ts';

export interface HostSize {
  readonly width: number;
  readonly height: number;
}
export interface HostCoordinates {
  readonly x: number;
  readonly y: number;
}

/** Console of a host as it is when a pool or pipeline is created. Sizes in character cells; colours by number (2.2.3.3). */
export interface HostWindow {
  readonly foregroundColor: number;
  readonly backgroundColor: number;
  readonly cursorPosition: HostCoordinates;
  readonly windowPosition: HostCoordinates;
  /** Percent of a cell. */
  readonly cursorSize: number;
  readonly bufferSize: HostSize;
  readonly windowSize: HostSize;
  readonly maxWindowSize: HostSize;
  readonly maxPhysicalWindowSize: HostSize;
  readonly windowTitle: string;
}

/** HostInfo (2.2.3.14). */
export interface HostInfo {
  readonly isHostNull: boolean;
  readonly isHostUiNull: boolean;
  readonly isHostRawUiNull: boolean;
  /** Of a pipeline: the host of its pool is used. */
  readonly useRunspaceHost: boolean;
  readonly window: HostWindow | null;
}

/** Nobody there. For a pipeline: as its pool has it. */
export const noHost: HostInfo = {
  isHostNull: true,
  isHostUiNull: true,
  isHostRawUiNull: true,
  useRunspaceHost: true,
  window: null,
};

const extended = (values: Readonly<Record<string, PsValue>>): PsObject => psObject({ extended: psProperties(values) });

const typed = (type: string, value: PsValue): PsObject => extended({ T: type, V: value });
const size = ({ width, height }: HostSize): PsObject =>
  typed('System.Management.Automation.Host.Size', extended({ width, height }));
const coordinates = ({ x, y }: HostCoordinates): PsObject =>
  typed('System.Management.Automation.Host.Coordinates', extended({ x, y }));
const color = (value: number): PsObject => typed('System.ConsoleColor', value);

export function hostInfoValue(info: HostInfo): PsObject {
  const w = info.window;
  const data =
    w === null
      ? {}
      : {
          _hostDefaultData: extended({
            data: psObject({
              typeNames: ['System.Collections.Hashtable', 'System.Object'],
              container: {
                kind: 'DCT',
                entries: [
                  [0, color(w.foregroundColor)],
                  [1, color(w.backgroundColor)],
                  [2, coordinates(w.cursorPosition)],
                  [3, coordinates(w.windowPosition)],
                  [4, typed('System.Int32', w.cursorSize)],
                  [5, size(w.bufferSize)],
                  [6, size(w.windowSize)],
                  [7, size(w.maxWindowSize)],
                  [8, size(w.maxPhysicalWindowSize)],
                  [9, typed('System.String', w.windowTitle)],
                ],
              },
            }),
          }),
        };
  return extended({
    ...data,
    _isHostNull: info.isHostNull,
    _isHostUINull: info.isHostUiNull,
    _isHostRawUINull: info.isHostRawUiNull,
    _useRunspaceHost: info.useRunspaceHost,
  });
}

/** Throws ProtocolError where it is no object. The console is null where any of its values is missing. */
export function readHostInfo(value: PsValue): HostInfo {
  if (!isPsObject(value)) throw new ProtocolError('HostInfo is no object.');
  const flag = (name: string): boolean => isTrue(value, name);
  return {
    isHostNull: flag('_isHostNull'),
    isHostUiNull: flag('_isHostUINull'),
    isHostRawUiNull: flag('_isHostRawUINull'),
    useRunspaceHost: flag('_useRunspaceHost'),
    window: readWindow(propertyOf(value, '_hostDefaultData') ?? null),
  };
}

function readWindow(value: PsValue): HostWindow | null {
  const entries = entriesOf(propertyOf(value, 'data'));
  if (entries === null) return null;
  const at = (key: number): PsValue => {
    const entry = entries.find(([candidate]) => numberOf(candidate) === key);
    return (entry && propertyOf(entry[1], 'V')) ?? null;
  };
  const number = (key: number): number => numberOf(at(key)) ?? Number.NaN;
  const pair = (key: number, a: string, b: string): [number, number] => [
    numberOf(propertyOf(at(key), a)) ?? Number.NaN,
    numberOf(propertyOf(at(key), b)) ?? Number.NaN,
  ];
  const sizeAt = (key: number): HostSize => {
    const [width, height] = pair(key, 'width', 'height');
    return { width, height };
  };
  const coordinatesAt = (key: number): HostCoordinates => {
    const [x, y] = pair(key, 'x', 'y');
    return { x, y };
  };
  const window: HostWindow = {
    foregroundColor: number(0),
    backgroundColor: number(1),
    cursorPosition: coordinatesAt(2),
    windowPosition: coordinatesAt(3),
    cursorSize: number(4),
    bufferSize: sizeAt(5),
    windowSize: sizeAt(6),
    maxWindowSize: sizeAt(7),
    maxPhysicalWindowSize: sizeAt(8),
    windowTitle: textOf(at(9)) ?? '',
  };
  const numbers = Object.values(window).flatMap((part): number[] =>
    typeof part === 'number' ? [part] : typeof part === 'string' ? [] : Object.values(part as Record<string, number>),
  );
  return numbers.every((part) => Number.isInteger(part)) ? window : null;
}

/** Host Method Identifier (2.2.3.17), those that return a value; all others return none and are not answered. */
const answered = {
  GetName: 1,
  GetVersion: 2,
  GetInstanceId: 3,
  GetCurrentCulture: 4,
  GetCurrentUICulture: 5,
  ReadLine: 11,
  ReadLineAsSecureString: 12,
  Prompt: 23,
  PromptForCredential1: 24,
  PromptForCredential2: 25,
  PromptForChoice: 26,
  GetForegroundColor: 27,
  GetBackgroundColor: 29,
  GetCursorPosition: 31,
  GetWindowPosition: 33,
  GetCursorSize: 35,
  GetBufferSize: 37,
  GetWindowSize: 39,
  GetWindowTitle: 41,
  GetMaxWindowSize: 43,
  GetMaxPhysicalWindowSize: 44,
  GetKeyAvailable: 45,
  ReadKey: 46,
  GetBufferContents: 50,
  GetIsRunspacePushed: 54,
  GetRunspace: 55,
  PromptForChoiceMultipleSelection: 56,
} as const;
const unanswered = {
  SetShouldExit: 6,
  EnterNestedPrompt: 7,
  ExitNestedPrompt: 8,
  NotifyBeginApplication: 9,
  NotifyEndApplication: 10,
  Write1: 13,
  Write2: 14,
  WriteLine1: 15,
  WriteLine2: 16,
  WriteLine3: 17,
  WriteErrorLine: 18,
  WriteDebugLine: 19,
  WriteProgress: 20,
  WriteVerboseLine: 21,
  WriteWarningLine: 22,
  SetForegroundColor: 28,
  SetBackgroundColor: 30,
  SetCursorPosition: 32,
  SetWindowPosition: 34,
  SetCursorSize: 36,
  SetBufferSize: 38,
  SetWindowSize: 40,
  SetWindowTitle: 42,
  FlushInputBuffer: 47,
  SetBufferContents1: 48,
  SetBufferContents2: 49,
  ScrollBufferContents: 51,
  PushRunspace: 52,
  PopRunspace: 53,
} as const;

export type AnsweredHostMethod = keyof typeof answered;
export type HostMethod = AnsweredHostMethod | keyof typeof unanswered;

export const hostMethods: Readonly<Record<HostMethod, number>> = { ...answered, ...unanswered };
const methodNames: ReadonlyMap<number, HostMethod> = new Map(
  Object.entries(hostMethods).map(([name, number]) => [number, name as HostMethod]),
);

/** True for a method whose caller waits for a response. */
export function isAnswered(method: HostMethod): method is AnsweredHostMethod {
  return method in answered;
}

/** RUNSPACEPOOL_HOST_CALL and PIPELINE_HOST_CALL (2.2.2.15, 2.2.2.27). */
export interface HostCall {
  readonly callId: bigint;
  readonly method: HostMethod;
  readonly parameters: readonly PsValue[];
}

const methodValue = (method: HostMethod): PsObject =>
  psEnum('System.Management.Automation.Remoting.RemoteHostMethodId', method, hostMethods[method]);

export function hostCallValue(call: HostCall): PsObject {
  return extended({
    ci: call.callId,
    mi: methodValue(call.method),
    mp: arrayList(call.parameters),
  });
}

/** A list as hosts and servers send them. */
export function arrayList(items: readonly PsValue[]): PsObject {
  return psObject({
    typeNames: ['System.Collections.ArrayList', 'System.Object'],
    container: { kind: 'LST', items },
  });
}

/** Throws ProtocolError for a method that has no name, and where the id or the list of parameters is missing. */
export function readHostCall(value: PsValue): HostCall {
  const parameters = itemsOf(propertyOf(value, 'mp'));
  if (parameters === null) throw new ProtocolError('A host call has no parameters.');
  return { callId: requiredLong(value, 'ci', 'A host call'), method: readMethod(value), parameters };
}

function readMethod(value: PsValue): HostMethod {
  const number = requiredInteger(value, 'mi', 'A host call');
  const method = methodNames.get(number);
  if (method === undefined) throw new ProtocolError(`A host call names the unknown method ${number}.`);
  return method;
}

/** RUNSPACEPOOL_HOST_RESPONSE and PIPELINE_HOST_RESPONSE (2.2.2.16, 2.2.2.28): what the method returned, or the ErrorRecord it failed with. */
export interface HostResponse {
  readonly callId: bigint;
  readonly method: HostMethod;
  readonly result: { readonly value: PsValue } | { readonly error: PsValue };
}

export function hostResponseValue(response: HostResponse): PsObject {
  return extended({
    ...('error' in response.result ? { me: response.result.error } : { mr: response.result.value }),
    ci: response.callId,
    mi: methodValue(response.method),
  });
}

/** Throws ProtocolError where id or method is missing. Without a result the method returned null. */
export function readHostResponse(value: PsValue): HostResponse {
  const error = propertyOf(value, 'me');
  return {
    callId: requiredLong(value, 'ci', 'A host response'),
    method: readMethod(value),
    result: error !== undefined && error !== null ? { error } : { value: propertyOf(value, 'mr') ?? null },
  };
}
