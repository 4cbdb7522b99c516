/** What goes wrong in a script, and the ErrorRecord it becomes (MS-PSRP 2.2.3.15, in the shape that Windows sends). */
import { type PsObject, type PsValue, psObject, psProperties } from '../../wsman/psrp/clixml-types.ts';
import type { Place } from './language.ts';

/** Numbers of ErrorCategory (2.2.3.9). */
const categories = {
  NotSpecified: 0,
  OpenError: 1,
  InvalidArgument: 5,
  InvalidData: 6,
  InvalidOperation: 7,
  InvalidResult: 8,
  NotInstalled: 12,
  ObjectNotFound: 13,
  OperationStopped: 14,
  ParserError: 17,
  PermissionDenied: 18,
  ResourceUnavailable: 22,
  WriteError: 23,
  SecurityError: 26,
} as const;

export interface ScriptErrorParts {
  readonly message: string;
  /** Full name of the exception and of what it derives from. */
  readonly exception?: readonly string[];
  readonly id?: string;
  readonly category?: keyof typeof categories;
  /** Cmdlet that failed. */
  readonly activity?: string;
  readonly targetName?: string;
  readonly targetType?: string;
  readonly targetObject?: PsValue;
}

/**
 * `statement`: the rest of the statement is not run, the script goes on. `script`: nothing more is run (throw, -ErrorAction Stop, a command
 * that is no script).
 */
export class ScriptError extends Error {
  readonly parts: ScriptErrorParts;
  ends: 'statement' | 'script';
  place: Place | null = null;
  /** Text of the script, or the command. */
  command = '';
  constructor(parts: ScriptErrorParts, ends: 'statement' | 'script' = 'statement') {
    super(parts.message);
    this.parts = parts;
    this.ends = ends;
  }
}

/** $host.SetShouldExit, exit: the rest is not run, and that is no failure. */
export class ScriptExit extends Error {
  readonly exitCode: number;
  constructor(exitCode: number) {
    super('exit');
    this.exitCode = exitCode;
  }
}

const dictionary =
  'System.Collections.Generic.Dictionary`2[[System.String, mscorlib, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089],[System.Object, mscorlib, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089]]';
const objectList =
  'System.Collections.Generic.List`1[[System.Object, mscorlib, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089]]';

const shortName = (type: string): string => type.slice(type.lastIndexOf('.') + 1);

/** `At line:1 char:5` and the two lines under it. */
function positionOf(place: Place): string {
  const blanks = ' '.repeat(place.column - 1);
  return `At line:${place.line} char:${place.column}\r\n+ ${place.lineText}\r\n+ ${blanks}${'~'.repeat(place.length)}`;
}

const categoryMessageOf = (error: ScriptError): string => {
  const { category = 'NotSpecified', targetName = '', targetType = '', activity = '' } = error.parts;
  return `${category}: (${targetName}:${targetType}) [${activity}], ${reasonOf(error)}`;
};
const typesOf = (error: ScriptError): readonly string[] =>
  error.parts.exception ?? [
    'System.Management.Automation.RuntimeException',
    'System.SystemException',
    'System.Exception',
  ];
const reasonOf = (error: ScriptError): string => shortName(typesOf(error)[0]!);

/** As ERROR_RECORD, the ExceptionAsErrorRecord of a state, and a merged record of PIPELINE_OUTPUT have it. */
export function errorRecordValue(error: ScriptError): PsObject {
  const { parts, place } = error;
  const types = typesOf(error);
  const exception = psObject({
    typeNames: [...types, 'System.Object'],
    text: `${types[0]}: ${parts.message}`,
    adapted: psProperties({
      Message: parts.message,
      Data: psObject({
        typeNames: ['System.Collections.ListDictionaryInternal', 'System.Object'],
        container: { kind: 'DCT', entries: [] },
      }),
      InnerException: null,
      TargetSite: null,
      StackTrace: null,
      HelpLink: null,
      Source: null,
      HResult: -2146233087,
    }),
  });
  const invocation = psObject({
    typeNames: ['System.Management.Automation.InvocationInfo', 'System.Object'],
    text: 'System.Management.Automation.InvocationInfo',
    adapted: psProperties({
      MyCommand: error.command,
      BoundParameters: psObject({ typeNames: [dictionary, 'System.Object'], container: { kind: 'DCT', entries: [] } }),
      UnboundArguments: psObject({ typeNames: [objectList, 'System.Object'], container: { kind: 'LST', items: [] } }),
      ScriptLineNumber: place?.line ?? 0,
      OffsetInLine: place?.column ?? 0,
      HistoryId: 1n,
      ScriptName: '',
      Line: place?.lineText ?? '',
      PositionMessage: place === null ? '' : positionOf(place),
      PSScriptRoot: '',
      PSCommandPath: null,
      InvocationName: '',
      PipelineLength: 0,
      PipelinePosition: 0,
      ExpectingInput: false,
      CommandOrigin: 'Internal',
      DisplayScriptPosition: null,
    }),
  });
  return psObject({
    typeNames: ['System.Management.Automation.ErrorRecord', 'System.Object'],
    text: parts.message,
    extended: psProperties({
      Exception: exception,
      TargetObject: parts.targetObject ?? null,
      FullyQualifiedErrorId: parts.id ?? types[0]!,
      InvocationInfo: invocation,
      ErrorCategory_Category: categories[parts.category ?? 'NotSpecified'],
      ErrorCategory_Activity: parts.activity ?? '',
      ErrorCategory_Reason: reasonOf(error),
      ErrorCategory_TargetName: parts.targetName ?? '',
      ErrorCategory_TargetType: parts.targetType ?? '',
      ErrorCategory_Message: categoryMessageOf(error),
      SerializeExtendedInfo: false,
      ErrorDetails_ScriptStackTrace: place === null ? '' : `at <ScriptBlock>, <No file>: line ${place.line}`,
    }),
  });
}

/** The lines that powershell.exe prints of an error. */
export function errorText(error: ScriptError): string {
  const id = error.parts.id ?? typesOf(error)[0]!;
  const activity = error.parts.activity ?? '';
  const head = activity === '' ? error.parts.message : `${activity} : ${error.parts.message}`;
  const position = error.place === null ? '' : `${positionOf(error.place)}\r\n`;
  return `${head}\r\n${position}    + CategoryInfo          : ${categoryMessageOf(error)}\r\n    + FullyQualifiedErrorId : ${id}\r\n \r\n`;
}
