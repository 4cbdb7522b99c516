/**
 * The data of CREATE_PIPELINE and PIPELINE_STATE (MS-PSRP 2.2.2.10, 2.2.2.21; the pipeline in it 2.2.3.11 to 2.2.3.13), both roles. Input and
 * output are any value, and END_OF_PIPELINE_INPUT is empty, so nothing is to be said of them here; records are in `records.ts`.
 */
import { ProtocolError } from '../errors.ts';
import { itemsOf, numberOf, propertyOf, textOf } from './clixml-plain.ts';
import { isPsObject, type PsObject, type PsValue, psEnum, psObject, psProperties } from './clixml-types.ts';
import { type HostInfo, hostInfoValue, readHostInfo } from './host-messages.ts';
import { type PipelineState, pipelineStates } from './message.ts';
import { unknownApartment } from './messages.ts';
import { baseOf, isTrue, requiredInteger, requiredText } from './properties.ts';

/** An argument: with a name a parameter of that name, without one the next by position. A switch has the value null, or a boolean. */
export interface PsParameter {
  readonly name: string | null;
  readonly value: PsValue;
}

/** Streams of a command that can be merged into its output (2.2.3.31). */
export type MergedStream = 'error' | 'warning' | 'verbose' | 'debug' | 'information';

export interface PsCommand {
  /** Name of a command, or the text of a script. */
  readonly text: string;
  readonly isScript: boolean;
  readonly parameters: readonly PsParameter[];
  /** Null leaves it to PowerShell. */
  readonly useLocalScope: boolean | null;
  /** Which of its streams come out as output. Targets older than protocol 2.2 know only `error`, those older than 2.3 no `information`. */
  readonly merge: readonly MergedStream[];
  /** It takes errors and output of the commands before it, where nobody else does: as Out-Default does at the end. */
  readonly mergePrevious: boolean;
}

/** A command as most are: nothing merged. */
export function psCommand(text: string, parts: Partial<Omit<PsCommand, 'text'>> = {}): PsCommand {
  return { text, isScript: false, parameters: [], useLocalScope: null, merge: [], mergePrevious: false, ...parts };
}

/** Commands with a pipe between them. */
export type PsStatement = readonly PsCommand[];

export interface CreatePipeline {
  /** One after the other. More than one needs protocol 2.2. */
  readonly statements: readonly PsStatement[];
  /** False: PIPELINE_INPUT follows, up to END_OF_PIPELINE_INPUT. */
  readonly noInput: boolean;
  readonly addToHistory: boolean;
  /** It runs inside another one that waits (EnterNestedPrompt). */
  readonly isNested: boolean;
  readonly hostInfo: HostInfo;
}

const listType = [
  'System.Collections.Generic.List`1[[System.Management.Automation.PSObject, System.Management.Automation, Version=1.0.0.0, Culture=neutral, PublicKeyToken=31bf3856ad364e35]]',
  'System.Object',
];
const list = (items: readonly PsValue[]): PsObject =>
  psObject({ typeNames: listType, container: { kind: 'LST', items } });
const extended = (values: Readonly<Record<string, PsValue>>): PsObject => psObject({ extended: psProperties(values) });

const resultType = 'System.Management.Automation.Runspaces.PipelineResultTypes';
const none = (): PsObject => psEnum(resultType, 'None', 0);
const output = (): PsObject => psEnum(resultType, 'Output', 1);
const error = (): PsObject => psEnum(resultType, 'Error', 2);
const outputAndError = 3;

/** CREATE_PIPELINE (2.2.2.10). Throws RangeError without a command, and for several statements where the version has no place for them. */
export function createPipelineValue(pipeline: CreatePipeline, protocolVersion: string): PsObject {
  const [first] = pipeline.statements;
  if (first === undefined || pipeline.statements.some((statement) => statement.length === 0)) {
    throw new RangeError('A pipeline has at least one command, and so has each of its statements.');
  }
  const severalAllowed = protocolVersion !== '2.1';
  if (pipeline.statements.length > 1 && !severalAllowed) {
    throw new RangeError('PowerShell of protocol 2.1 takes one statement at a time.');
  }
  const commands = (statement: PsStatement): PsObject =>
    list(statement.map((command) => commandValue(command, protocolVersion)));
  // All of them stand in ExtraCmds, the first one in Cmds too, for whoever reads only that.
  const extra =
    pipeline.statements.length > 1
      ? list(pipeline.statements.map((statement) => extended({ Cmds: commands(statement) })))
      : null;
  return extended({
    NoInput: pipeline.noInput,
    ApartmentState: unknownApartment(),
    RemoteStreamOptions: psEnum('System.Management.Automation.Runspaces.RemoteStreamOptions', 'AddInvocationInfo', 15),
    AddToHistory: pipeline.addToHistory,
    HostInfo: hostInfoValue(pipeline.hostInfo),
    PowerShell: extended({
      IsNested: pipeline.isNested,
      ...(severalAllowed ? { ExtraCmds: extra } : {}),
      Cmds: commands(first),
      History: null,
      RedirectShellErrorOutputPipe: false,
    }),
    IsNested: pipeline.isNested,
  });
}

/** Where each stream's merging stands, with the version that has a place for it. */
const mergeProperties: readonly (readonly [stream: MergedStream, property: string, since: string])[] = [
  ['error', 'MergeError', '2.2'],
  ['warning', 'MergeWarning', '2.2'],
  ['verbose', 'MergeVerbose', '2.2'],
  ['debug', 'MergeDebug', '2.2'],
  ['information', 'MergeInformation', '2.3'],
];

function commandValue(command: PsCommand, protocolVersion: string): PsObject {
  const mergesError = command.merge.includes('error');
  const merges: Record<string, PsValue> = {};
  for (const [stream, property, since] of mergeProperties) {
    if (since > protocolVersion) continue;
    merges[property] = command.merge.includes(stream) ? output() : none();
  }
  return extended({
    Cmd: command.text,
    IsScript: command.isScript,
    UseLocalScope: command.useLocalScope,
    MergeMyResult: mergesError ? error() : none(),
    MergeToResult: mergesError ? output() : none(),
    MergePreviousResults: command.mergePrevious ? psEnum(resultType, 'Output, Error', outputAndError) : none(),
    Args: list(command.parameters.map(({ name, value }) => extended({ N: name, V: value }))),
    ...merges,
  });
}

/** Throws ProtocolError where there is no command to run. */
export function readCreatePipeline(value: PsValue): CreatePipeline {
  const powerShell = propertyOf(value, 'PowerShell');
  if (powerShell === undefined) throw new ProtocolError('CREATE_PIPELINE holds no pipeline.');
  const extra = itemsOf(propertyOf(powerShell, 'ExtraCmds')) ?? [];
  const statements = (extra.length > 0 ? extra : [powerShell]).map((statement) =>
    (itemsOf(propertyOf(statement, 'Cmds')) ?? []).map(readCommand),
  );
  if (statements.some((statement) => statement.length === 0)) {
    throw new ProtocolError('CREATE_PIPELINE holds no command.');
  }
  return {
    statements,
    noInput: isTrue(value, 'NoInput'),
    addToHistory: isTrue(value, 'AddToHistory'),
    isNested: isTrue(value, 'IsNested') || isTrue(powerShell, 'IsNested'),
    hostInfo: readHostInfo(propertyOf(value, 'HostInfo') ?? null),
  };
}

function readCommand(value: PsValue): PsCommand {
  const local = propertyOf(value, 'UseLocalScope');
  const isOutput = (name: string): boolean => numberOf(propertyOf(value, name)) === 1;
  const merge = mergeProperties.filter(([, property]) => isOutput(property)).map(([stream]) => stream);
  // Protocol 2.1 says it of errors in this way only.
  if (!merge.includes('error') && numberOf(propertyOf(value, 'MergeMyResult')) === 2 && isOutput('MergeToResult')) {
    merge.unshift('error');
  }
  return {
    text: requiredText(value, 'Cmd', 'A command'),
    isScript: isTrue(value, 'IsScript'),
    parameters: (itemsOf(propertyOf(value, 'Args')) ?? []).map((argument) => ({
      name: textOf(propertyOf(argument, 'N')),
      value: propertyOf(argument, 'V') ?? null,
    })),
    useLocalScope: local === undefined || local === null ? null : baseOf(local) === true,
    merge,
    mergePrevious: (numberOf(propertyOf(value, 'MergePreviousResults')) ?? 0) !== 0,
  };
}

/** PIPELINE_STATE (2.2.2.21). */
export interface PipelineStateMessage {
  readonly state: PipelineState;
  /** An ErrorRecord: why it failed or was stopped; null where there is none. */
  readonly error: PsValue | null;
}

export function pipelineStateValue({ state, error: record }: PipelineStateMessage): PsObject {
  return extended({
    PipelineState: pipelineStates.indexOf(state),
    ...(record === null ? {} : { ExceptionAsErrorRecord: record }),
  });
}

export function readPipelineState(value: PsValue): PipelineStateMessage {
  const number = requiredInteger(value, 'PipelineState', 'PIPELINE_STATE');
  const state = pipelineStates[number];
  if (state === undefined) throw new ProtocolError(`PIPELINE_STATE has the unknown state ${number}.`);
  const record = propertyOf(value, 'ExceptionAsErrorRecord');
  return { state, error: record !== undefined && isPsObject(record) ? record : null };
}
