import { type FailedOperation, ProblemError } from '../../shared/contract/problem.ts';

/** What the methods of Win32_Service return (their documentation lists the same numbers for all of them). */
const serviceCodes: readonly string[] = [
  'The request was accepted.',
  'The request is not supported.',
  'The account does not have the rights that this needs.',
  'The service cannot be stopped because other services that are running depend on it.',
  'The requested control code is not valid, or the service does not accept it.',
  'The service cannot accept this control in its present state.',
  'The service has not been started.',
  'The service did not respond to the start request in time.',
  'Unknown failure when starting the service.',
  'The path of the service executable was not found.',
  'The service is already running.',
  'The service database is locked.',
  'A service that this one depends on has been removed.',
  'A service that this one depends on could not be found or did not start.',
  'The service is disabled.',
  'The account of the service could not be signed in.',
  'The service is marked for deletion.',
  'The service has no execution thread.',
  'The service has circular dependencies when it starts.',
  'A service of that name is already running.',
  'The name of the service holds characters that are not valid.',
  'Invalid parameters were passed to the service.',
  'The account of the service is not valid, or lacks the right to run it.',
  'The service is already in the database.',
  'The service is paused already.',
];
const serviceAdvice: ReadonlyMap<number, string> = new Map([
  [2, 'Use an account with administrator rights on this machine.'],
  [3, 'Stop the services that depend on it first, or together with it.'],
  [7, 'See its entries in the System event log; it may still come up.'],
  [10, 'Refresh the list: somebody else may have started it.'],
  [13, 'Start the services that it depends on first.'],
  [14, 'Change its start mode first.'],
  [15, 'Check account and password under "Log on" of the service.'],
  [16, 'Close programs that hold it open, such as the Services console, or restart the machine.'],
]);

/** Win32 errors that Reboot and Win32Shutdown return. */
const shutdownCodes: ReadonlyMap<number, string> = new Map([
  [5, 'The account may not do this on that machine.'],
  [21, 'The machine is not ready.'],
  [1115, 'A shutdown is already in progress.'],
  [1116, 'There was no shutdown to abort.'],
  [1190, 'A shutdown is already scheduled.'],
  [1191, 'Users are signed in.'],
  [1271, 'The machine is locked and cannot be shut down without force.'],
  [1314, 'The account lacks the privilege to shut this machine down remotely.'],
]);
const shutdownAdvice: ReadonlyMap<number, string> = new Map([
  [5, 'Use an account with administrator rights on this machine.'],
  [1115, 'Wait for it, or follow the machine in the list.'],
  [1191, 'Ask them to sign out, or use force: they lose what is not saved.'],
  [1271, 'Use force.'],
  [1314, 'Give the account the right "Force shutdown from a remote system" (SeRemoteShutdownPrivilege).'],
]);

export function serviceMeaning(returnValue: number): string {
  return serviceCodes[returnValue] ?? `The machine returned ${returnValue}, which has no documented meaning.`;
}

export function shutdownMeaning(returnValue: number): string {
  return shutdownCodes.get(returnValue) ?? `The machine returned the Windows error ${returnValue}.`;
}

/** The product's main failure: the call succeeded and the machine said no. `what` names the thing on the machine. */
export function serviceRefusal(what: string, method: string, returnValue: number): ProblemError {
  return refusal(what, { method, returnValue, meaning: serviceMeaning(returnValue) }, serviceAdvice.get(returnValue));
}

export function shutdownRefusal(method: string, returnValue: number): ProblemError {
  const operation = { method, returnValue, meaning: shutdownMeaning(returnValue) };
  return refusal('Windows', operation, shutdownAdvice.get(returnValue));
}

export function refusal(what: string, operation: FailedOperation, advice: string | undefined): ProblemError {
  const { method, returnValue, meaning } = operation;
  return new ProblemError({
    code: 'operation-failed',
    message: `${what} refused ${method}: ${meaning}`,
    advice: advice === undefined ? [] : [advice],
    retryable: true,
    technical: String(returnValue),
    operation,
  });
}

/** What Win32_Process.Create and Terminate return. */
const processCodes: ReadonlyMap<number, string> = new Map([
  [2, 'Access was denied.'],
  [3, 'The account lacks a privilege that this needs.'],
  [8, 'Unknown failure.'],
  [9, 'The path was not found.'],
  [21, 'A parameter is not valid.'],
]);

/** Windows errors that methods of many classes return. */
const commonErrors: ReadonlyMap<number, string> = new Map([
  [1, 'The function is not correct, or not supported.'],
  [2, 'The file or key was not found.'],
  [3, 'The path was not found.'],
  [5, 'Access was denied.'],
  [87, 'A parameter is not valid.'],
  [0x80041001, 'WMI failed without saying why.'],
  [0x80041003, 'Access was denied.'],
  [0x80041005, 'The type does not fit.'],
  [0x80041008, 'A parameter is not valid.'],
  [0x80070057, 'A parameter is not valid.'],
  [0x800700b7, 'It exists already.'],
]);

/**
 * What a ReturnValue means: what the class's own declaration says of it (`declared`: ValueMap to Values), else what its documentation says, else
 * what Windows calls that number. Zero is success everywhere.
 */
export function methodMeaning(
  className: string,
  method: string,
  returnValue: number,
  declared: ReadonlyMap<string, string>,
): string {
  const said = declared.get(String(returnValue));
  if (said !== undefined) return said;
  if (returnValue === 0) return 'It succeeded.';
  if (/^Win32_(Service|SystemDriver|BaseService|TerminalService)$/i.test(className)) return serviceMeaning(returnValue);
  if (/^Win32_OperatingSystem$/i.test(className)) return shutdownMeaning(returnValue);
  const known = /^Win32_Process$/i.test(className) ? processCodes.get(returnValue) : undefined;
  const common = known ?? commonErrors.get(returnValue >>> 0);
  if (common !== undefined) return common;
  const hex = `0x${(returnValue >>> 0).toString(16).toUpperCase()}`;
  return `${method} returned ${returnValue} (${hex}); what that means is in the documentation of ${className}.`;
}

/** The refusal of a method of any class. */
export function methodRefusal(className: string, method: string, returnValue: number, meaning: string): ProblemError {
  const advice = /^Win32_(Service|SystemDriver)$/i.test(className) ? serviceAdvice.get(returnValue) : undefined;
  return refusal(className, { method, returnValue, meaning }, advice);
}
