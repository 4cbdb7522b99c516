/**
 * Records as they are written (MS-PSRP 2.2.2.20, 2.2.2.22 to 2.2.2.26; 2.2.3.9, 2.2.3.15, 2.2.3.16): by a server in its streams, by a client where
 * its host fails. They are read in `clixml-records.ts`.
 */
import { dateTimeOf } from './clixml-plain.ts';
import { type PsObject, type PsValue, psEnum, psObject, psProperties } from './clixml-types.ts';

/** ErrorCategory (2.2.3.9); the position is the number. */
export const errorCategories = [
  'NotSpecified',
  'OpenError',
  'CloseError',
  'DeviceError',
  'DeadlockDetected',
  'InvalidArgument',
  'InvalidData',
  'InvalidOperation',
  'InvalidResult',
  'InvalidType',
  'MetadataError',
  'NotImplemented',
  'NotInstalled',
  'ObjectNotFound',
  'OperationStopped',
  'OperationTimeout',
  'SyntaxError',
  'ParserError',
  'PermissionDenied',
  'ResourceBusy',
  'ResourceExists',
  'ResourceUnavailable',
  'ReadError',
  'WriteError',
  'FromStdErr',
  'SecurityError',
  'ProtocolError',
  'ConnectionError',
  'AuthenticationError',
  'LimitsExceeded',
  'QuotaExceeded',
  'NotEnabled',
] as const;

export interface ErrorRecordParts {
  readonly message: string;
  readonly fullyQualifiedErrorId: string;
  readonly exceptionType?: string;
  readonly category?: (typeof errorCategories)[number];
  readonly activity?: string;
  readonly reason?: string;
  readonly targetName?: string;
  readonly targetType?: string;
  /** Where it happened, in several lines. */
  readonly positionMessage?: string;
}

/** An ErrorRecord (2.2.3.15) of an exception that has only its type and its words. */
export function errorRecordValue(parts: ErrorRecordParts): PsObject {
  const type = parts.exceptionType ?? 'System.Management.Automation.RuntimeException';
  const category = parts.category ?? 'NotSpecified';
  const reason = parts.reason ?? type.slice(type.lastIndexOf('.') + 1);
  const activity = parts.activity ?? '';
  const target = `(${parts.targetName ?? ''}:${parts.targetType ?? ''})`;
  const invocation = 'System.Management.Automation.InvocationInfo';
  return psObject({
    typeNames: ['System.Management.Automation.ErrorRecord', 'System.Object'],
    text: parts.message,
    extended: psProperties({
      Exception: psObject({
        typeNames: [type, 'System.Exception', 'System.Object'],
        text: `${type}: ${parts.message}`,
        adapted: psProperties({ Message: parts.message, InnerException: null, StackTrace: null, Source: null }),
      }),
      TargetObject: parts.targetName ?? null,
      FullyQualifiedErrorId: parts.fullyQualifiedErrorId,
      InvocationInfo:
        parts.positionMessage === undefined
          ? null
          : psObject({
              typeNames: [invocation, 'System.Object'],
              text: invocation,
              adapted: psProperties({ PositionMessage: parts.positionMessage }),
            }),
      ErrorCategory_Category: errorCategories.indexOf(category),
      ErrorCategory_Activity: activity,
      ErrorCategory_Reason: reason,
      ErrorCategory_TargetName: parts.targetName ?? '',
      ErrorCategory_TargetType: parts.targetType ?? '',
      ErrorCategory_Message: `${category}: ${target} [${activity}], ${reason}`,
      SerializeExtendedInfo: false,
    }),
  });
}

const informationalTypes = { debug: 'DebugRecord', verbose: 'VerboseRecord', warning: 'WarningRecord' } as const;

/** DEBUG_RECORD, VERBOSE_RECORD and WARNING_RECORD (2.2.3.16), without invocation. */
export function informationalRecordValue(kind: keyof typeof informationalTypes, message: string): PsObject {
  const space = 'System.Management.Automation';
  return psObject({
    typeNames: [`${space}.${informationalTypes[kind]}`, `${space}.InformationalRecord`, 'System.Object'],
    text: message,
    extended: psProperties({
      InformationalRecord_Message: message,
      InformationalRecord_SerializeInvocationInfo: false,
    }),
  });
}

export interface ProgressParts {
  readonly activity: string;
  readonly activityId?: number;
  readonly parentActivityId?: number;
  readonly status: string;
  readonly currentOperation?: string;
  readonly percentComplete?: number;
  readonly secondsRemaining?: number;
  readonly isCompleted?: boolean;
}

/** PROGRESS_RECORD (2.2.2.25); -1 stands for numbers that are not known. */
export function progressRecordValue(progress: ProgressParts): PsObject {
  const [name, number] = progress.isCompleted ? (['Completed', 1] as const) : (['Processing', 0] as const);
  return psObject({
    extended: psProperties({
      Activity: progress.activity,
      ActivityId: progress.activityId ?? 0,
      StatusDescription: progress.status,
      CurrentOperation: progress.currentOperation ?? null,
      ParentActivityId: progress.parentActivityId ?? -1,
      PercentComplete: progress.percentComplete ?? -1,
      Type: psEnum('System.Management.Automation.ProgressRecordType', name, number),
      SecondsRemaining: progress.secondsRemaining ?? -1,
    }),
  });
}

export interface InformationParts {
  readonly messageData: PsValue;
  /** What ToString() says of the data. */
  readonly text: string;
  readonly source: string;
  /** Epoch milliseconds. */
  readonly timeGeneratedAt: number;
  readonly tags: readonly string[];
  readonly user: string;
  readonly computer: string;
  readonly processId: number;
}

const stringList =
  'System.Collections.Generic.List`1[[System.String, mscorlib, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089]]';

/** INFORMATION_RECORD (2.2.2.26). */
export function informationRecordValue(record: InformationParts): PsObject {
  return psObject({
    typeNames: ['System.Management.Automation.InformationRecord', 'System.Object'],
    text: record.text,
    adapted: psProperties({
      MessageData: record.messageData,
      Source: record.source,
      TimeGenerated: dateTimeOf(record.timeGeneratedAt),
      Tags: psObject({ typeNames: [stringList, 'System.Object'], container: { kind: 'LST', items: record.tags } }),
      User: record.user,
      Computer: record.computer,
      ProcessId: { clixml: 'U32', value: record.processId },
    }),
    extended: psProperties({ WriteInformationStream: true }),
  });
}
