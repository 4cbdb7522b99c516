/** ErrorRecord as a client writes it where its host fails (MS-PSRP 2.2.3.9, 2.2.3.15). It is read in `clixml-records.ts`. */
import { type PsObject, psObject, psProperties } from './clixml-types.ts';

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
