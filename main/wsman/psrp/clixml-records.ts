/**
 * The records of PowerShell's streams as they come in messages: ErrorRecord (MS-PSRP 2.2.3.15), InformationalRecord (2.2.3.16: Debug, Verbose,
 * Warning), Progress (2.2.2.25), InformationRecord (2.2.2.26), and the errors that powershell.exe writes to stderr. A field that a record
 * lacks is null: PowerShell 2.0 sends fewer, and other programs send what they like.
 */
import { epochMsOf, itemsOf, numberOf, propertyOf, textOf } from './clixml-plain.ts';
import { isPsObject, type PsValue } from './clixml-types.ts';

export interface PsErrorRecord {
  /** What is shown: of ErrorDetails where there are any, else of the exception. */
  readonly message: string;
  readonly exceptionType: string | null;
  readonly exceptionMessage: string | null;
  readonly fullyQualifiedErrorId: string | null;
  /** Number of ErrorCategory. */
  readonly category: number | null;
  /** `ObjectNotFound: (x:String) [Get-Service], ServiceCommandException`. */
  readonly categoryMessage: string | null;
  readonly activity: string | null;
  readonly reason: string | null;
  readonly targetName: string | null;
  readonly targetType: string | null;
  readonly targetObject: PsValue;
  readonly recommendedAction: string | null;
  readonly scriptStackTrace: string | null;
  readonly invocation: PsInvocation | null;
}

/** Where a record comes from. */
export interface PsInvocation {
  /** The command, or the text of the script. */
  readonly command: string | null;
  /** 1-based; null where it was not in a script. */
  readonly line: number | null;
  readonly column: number | null;
  readonly lineText: string | null;
  readonly positionMessage: string | null;
  readonly scriptName: string | null;
}

/** A record of an ERROR_RECORD or the ExceptionAsErrorRecord of a PIPELINE_STATE. Never throws: what is missing is null. */
export function readErrorRecord(value: PsValue): PsErrorRecord {
  const text = (name: string): string | null => textOf(propertyOf(value, name));
  const exception = propertyOf(value, 'Exception');
  const exceptionMessage = textOf(propertyOf(exception, 'Message'));
  return {
    message: text('ErrorDetails_Message') ?? exceptionMessage ?? textOf(value) ?? textOf(exception) ?? '',
    exceptionType: typeNameOf(exception),
    exceptionMessage,
    fullyQualifiedErrorId: text('FullyQualifiedErrorId'),
    category: numberOf(propertyOf(value, 'ErrorCategory_Category')),
    categoryMessage: text('ErrorCategory_Message'),
    activity: text('ErrorCategory_Activity'),
    reason: text('ErrorCategory_Reason'),
    targetName: text('ErrorCategory_TargetName'),
    targetType: text('ErrorCategory_TargetType'),
    targetObject: propertyOf(value, 'TargetObject') ?? null,
    recommendedAction: text('ErrorDetails_RecommendedAction'),
    scriptStackTrace: text('ErrorDetails_ScriptStackTrace'),
    invocation: readInvocation(propertyOf(value, 'InvocationInfo')) ?? readFlatInvocation(value),
  };
}

/** The nearest type, without the mark that it was deserialised before. */
function typeNameOf(value: PsValue | undefined): string | null {
  if (value === undefined || !isPsObject(value)) return null;
  return value.typeNames[0]?.replace(/^(Deserialized\.)+/, '') ?? null;
}

function readInvocation(value: PsValue | undefined): PsInvocation | null {
  if (value === undefined || !isPsObject(value)) return null;
  return invocationOf((name) => propertyOf(value, name));
}

/** InvocationInfo spread over the record itself (2.2.3.15.1). */
function readFlatInvocation(value: PsValue): PsInvocation | null {
  if (propertyOf(value, 'InvocationInfo_ScriptLineNumber') === undefined) return null;
  return invocationOf((name) =>
    propertyOf(value, name === 'MyCommand' ? 'CommandInfo_Name' : `InvocationInfo_${name}`),
  );
}

function invocationOf(field: (name: string) => PsValue | undefined): PsInvocation {
  const text = (name: string): string | null => textOf(field(name)) || null;
  const position = (name: string): number | null => numberOf(field(name)) || null;
  return {
    command: text('MyCommand'),
    line: position('ScriptLineNumber'),
    column: position('OffsetInLine'),
    lineText: text('Line'),
    positionMessage: text('PositionMessage'),
    scriptName: text('ScriptName'),
  };
}

/** A record of DEBUG_RECORD, VERBOSE_RECORD or WARNING_RECORD. */
export interface PsInformationalRecord {
  readonly message: string;
  readonly invocation: PsInvocation | null;
}

export function readInformationalRecord(value: PsValue): PsInformationalRecord {
  return {
    message:
      textOf(propertyOf(value, 'InformationalRecord_Message')) ??
      textOf(propertyOf(value, 'Message')) ??
      textOf(value) ??
      '',
    invocation: readFlatInvocation(value),
  };
}

export interface PsProgressRecord {
  readonly activity: string;
  readonly activityId: number;
  readonly parentActivityId: number | null;
  readonly status: string;
  readonly currentOperation: string | null;
  /** 0 to 100; null where nobody knows. */
  readonly percentComplete: number | null;
  readonly secondsRemaining: number | null;
  readonly isCompleted: boolean;
}

/** The object of a PROGRESS_RECORD, or a PR of a document. */
export function readProgressRecord(value: PsValue): PsProgressRecord {
  if (typeof value === 'object' && value !== null && 'clixml' in value && value.clixml === 'PR') {
    return {
      activity: value.activity,
      activityId: value.activityId,
      parentActivityId: known(value.parentActivityId),
      status: value.statusDescription.trim(),
      currentOperation: value.currentOperation,
      percentComplete: known(value.percentComplete),
      secondsRemaining: known(value.secondsRemaining),
      isCompleted: value.type === 'Completed',
    };
  }
  const number = (name: string): number | null => known(numberOf(propertyOf(value, name)));
  return {
    activity: textOf(propertyOf(value, 'Activity')) ?? '',
    activityId: number('ActivityId') ?? 0,
    parentActivityId: number('ParentActivityId'),
    status: textOf(propertyOf(value, 'StatusDescription'))?.trim() ?? '',
    currentOperation: textOf(propertyOf(value, 'CurrentOperation')),
    percentComplete: number('PercentComplete'),
    secondsRemaining: number('SecondsRemaining'),
    // ProgressRecordType: 0 Processing, 1 Completed.
    isCompleted: numberOf(propertyOf(value, 'Type')) === 1,
  };
}

const known = (number: number | null): number | null => (number === null || number < 0 ? null : number);

export interface PsInformationRecord {
  /** As text; of Write-Host its message. */
  readonly message: string;
  readonly messageData: PsValue;
  /** Of Write-Host: numbers of ConsoleColor; null where none was chosen. */
  readonly foregroundColor: number | null;
  readonly backgroundColor: number | null;
  readonly noNewLine: boolean;
  readonly source: string | null;
  readonly timeGeneratedAt: number | null;
  /** `PSHOST` for what Write-Host has written, which was shown by a host call already where there is a host. */
  readonly tags: readonly string[];
  readonly user: string | null;
  readonly computer: string | null;
  readonly processId: number | null;
}

export function readInformationRecord(value: PsValue): PsInformationRecord {
  const data = propertyOf(value, 'MessageData') ?? null;
  const isHostMessage = propertyOf(data, 'Message') !== undefined && propertyOf(data, 'NoNewLine') !== undefined;
  const text = (name: string): string | null => textOf(propertyOf(value, name));
  return {
    message: (isHostMessage ? textOf(propertyOf(data, 'Message')) : textOf(data)) ?? textOf(value) ?? '',
    messageData: data,
    foregroundColor: isHostMessage ? numberOf(propertyOf(data, 'ForegroundColor')) : null,
    backgroundColor: isHostMessage ? numberOf(propertyOf(data, 'BackgroundColor')) : null,
    noNewLine: isHostMessage && propertyOf(data, 'NoNewLine') === true,
    source: text('Source'),
    timeGeneratedAt: epochMsOf(propertyOf(value, 'TimeGenerated')),
    tags: (itemsOf(propertyOf(value, 'Tags')) ?? []).map((tag) => textOf(tag) ?? '').filter((tag) => tag !== ''),
    user: text('User'),
    computer: text('Computer'),
    processId: numberOf(propertyOf(value, 'ProcessId')),
  };
}
