/**
 * What the ReturnValue of a method means. An Invoke that was answered is a success for winrm whatever the method said; here its meaning is
 * said beside. Numbers from the reference pages of the classes (Win32_Service, Win32_OperatingSystem, Win32_Process).
 */

const serviceControl: ReadonlyMap<number, string> = new Map([
  [1, 'the service does not support this request'],
  [2, 'access is denied'],
  [3, 'running services depend on it; stop them first'],
  [4, 'the service does not understand this request'],
  [5, 'the service cannot take this request in its present state'],
  [6, 'the service is not running'],
  [7, 'the service did not answer the start request in time'],
  [8, 'unknown failure when starting the service'],
  [9, "the path of the service's program was not found"],
  [10, 'the service is already running'],
  [11, 'the database of services is locked'],
  [12, 'something that this service depends on has been removed'],
  [13, 'a service that this one depends on could not be started'],
  [14, 'the service is disabled'],
  [15, 'the service cannot sign in with its account'],
  [16, 'the service is marked for deletion'],
  [17, 'the service has no thread to run in'],
  [18, 'services depend on each other in a circle'],
  [19, 'a service of this name exists already'],
  [20, 'the name of the service holds characters that are not allowed'],
  [21, 'a parameter is not valid'],
  [22, 'the account is not valid, or may not run the service'],
  [23, 'a service of this name exists in the database'],
  [24, 'the service is already paused'],
]);

const processControl: ReadonlyMap<number, string> = new Map([
  [2, 'access is denied'],
  [3, 'a privilege is missing'],
  [8, 'unknown failure'],
  [9, 'the path was not found'],
  [21, 'a parameter is not valid'],
]);

/** Errors of Windows itself, which other methods (Reboot, Shutdown) hand on. */
const windowsErrors: ReadonlyMap<number, string> = new Map([
  [5, 'access is denied'],
  [21, 'the device is not ready'],
  [50, 'the request is not supported'],
  [87, 'a parameter is not valid'],
  [1114, 'an initialization routine failed'],
  [1115, 'a shutdown is in progress already'],
  [1116, 'no shutdown was in progress'],
  [1190, 'a shutdown has been scheduled already'],
  [1191, 'other users are signed in'],
  [1314, 'the account lacks the privilege to do this from remote'],
]);

/** In words what a return value other than 0 of a method of that class means; null where nobody has written it down. */
export function returnValueMeaning(resourceUri: string, returnValue: number): string | null {
  const className = resourceUri.slice(resourceUri.lastIndexOf('/') + 1).toLowerCase();
  if (/^win32_(?:base|terminal)?service$|^win32_systemdriver$/.test(className))
    return serviceControl.get(returnValue) ?? null;
  if (className === 'win32_process') return processControl.get(returnValue) ?? null;
  return windowsErrors.get(returnValue) ?? null;
}
