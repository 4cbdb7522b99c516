import { utilityProcess } from 'electron';
import type { SelfTestChild } from '../main/host-environment.ts';

/**
 * Starts the self-test of a Mac's GSS library as a utility process of its own: a library that is not what we take it for ends that process and
 * not the console. `script`: gss-self-test.js beside the main bundle.
 */
export function startGssSelfTest(
  script: string,
  library: string,
  environment: Readonly<Record<string, string>>,
): SelfTestChild {
  return utilityProcess.fork(script, [library], {
    serviceName: 'Windeck Kerberos self-test',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...environment },
  });
}
