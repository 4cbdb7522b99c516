/**
 * What is asked about before a line runs, since a person sits in front of it: what could cut the connection that carries it, and what changes
 * several machines at once.
 */
import type { Command } from '../winrm-command/command.ts';
import { cutsOffByCommand, riskOf } from '../winrm-command/consent.ts';
import type { WinrsLine } from '../winrm-command/winrs-parse.ts';
import type { Destination } from './command-line-destination.ts';

/** Named one by one; of more machines the rest is counted. */
const namesShown = 6;

/** The question, to be answered by yes or no; null where the line just runs. */
export function questionBefore(command: Command | WinrsLine, destination: Destination): string | null {
  const cut = cutsOff(command);
  if (destination.kind === 'tag' && (cut !== null || changes(command))) {
    const names = destination.machines.map(({ settings }) => settings.name);
    const shown = names.slice(0, namesShown).join(', ');
    const rest = names.length > namesShown ? ` and ${names.length - namesShown} more` : '';
    const where = `${names.length === 1 ? 'one machine' : `${names.length} machines`}: ${shown}${rest}`;
    return `${cut ?? 'This line may change'} ${where}. Run it?`;
  }
  if (cut === null) return null;
  const name = destination.kind === 'machine' ? destination.machine.settings.name : 'the machine';
  return `${cut} ${name}, and nobody may get in by this way any more. Run it?`;
}

const readOnly: ReadonlySet<string> = new Set(['identify', 'get', 'enumerate']);

/** The line may change something on the machine. */
export function changes(command: Command | WinrsLine): boolean {
  if (!('connection' in command)) return false;
  // An access list that is only printed.
  if (command.verb === 'configsddl') return command.sddl !== null;
  return !readOnly.has(command.verb);
}

/** The first words of the question; null where the line does nothing of the kind. */
function cutsOff(command: Command | WinrsLine): string | null {
  if (!('connection' in command)) return null;
  const isWinrs = command.verb === 'winrs';
  const risk = isWinrs ? (cutsOffByCommand(command.commandLine) ? '' : null) : riskOf(command);
  return risk === null ? null : `${risk} This line may cut off the connection to`.trim();
}
