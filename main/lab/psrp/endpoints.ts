/** Which configurations of PowerShell a machine has (MS-WSMV 2.2.4.22). */
import { LabFault } from '../faults.ts';
import type { SimulatedMachine } from '../simulated-machine.ts';

export const powershellPrefix = 'http://schemas.microsoft.com/powershell/';
/** Of the restricted configuration: a few commands, no script (JEA). */
const restrictedName = 'Windeck.Restricted';

export interface Endpoint {
  /** As Windows writes it, whatever case the client used. */
  readonly resourceUri: string;
  /** Names of the only commands there are, in lower case; null for everything. */
  readonly commands: ReadonlySet<string> | null;
}

const restrictedCommands: ReadonlySet<string> = new Set([
  ...['get-service', 'start-service', 'restart-service', 'get-command', 'get-formatdata', 'get-help', 'measure-object'],
  ...['select-object', 'out-default', 'out-string', 'exit-pssession', 'clear-host'],
]);

/** Throws LabFault where nobody answers this URI: no PowerShell (WinRM 1.1, another make), no such configuration, or one that is off. */
export function findEndpoint(machine: SimulatedMachine, resourceUri: string): Endpoint {
  const name = resourceUri.slice(powershellPrefix.length).toLowerCase();
  const plugin = machine.winrmConfig.plugins.find(
    (candidate) =>
      candidate.fileName.toLowerCase().endsWith('pwrshplugin.dll') && candidate.name.toLowerCase() === name,
  );
  const hasNone = machine.isController || machine.plan.make !== 'windows' || machine.plan.generation.stack === '1.1';
  if (hasNone || plugin === undefined || plugin.attributes.get('Enabled') === 'false') throw new LabFault(2150858752);
  const isRestricted = name === restrictedName.toLowerCase();
  return {
    resourceUri: `${powershellPrefix}${isRestricted ? restrictedName : 'Microsoft.PowerShell'}`,
    commands: isRestricted ? restrictedCommands : null,
  };
}
