/**
 * What is asked about before a line runs, since a person sits in front of it: what could cut the connection that carries it, and what changes
 * several machines at once.
 */
import type { Command } from '../winrm-command/command.ts';
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

const readOnly: ReadonlySet<string> = new Set(['identify', 'get', 'enumerate', 'quickconfig']);

function changes(command: Command | WinrsLine): boolean {
  if (!('connection' in command)) return false;
  // An access list that is only printed.
  if ((command.verb as string) === 'configsddl') return 'sddl' in command && command.sddl !== null;
  return !readOnly.has(command.verb);
}

const cutting = 'This line may cut off the connection to';
const configUri = /^http:\/\/schemas\.microsoft\.com\/wbem\/wsman\/1\/config(?:\/|$)/i;
/** Services without which nobody gets in: WinRM itself, the firewall whose stop closes every port, what HTTP stands on. */
const carriers = /^(?:winrm|mpssvc|sharedaccess|bfe|http)$/i;
const stopping = /(?:stop|pause|delete)service$|changestartmode$|(?:^|\/)change$/i;

/** The first words of the question; null where the line does nothing of the kind. */
function cutsOff(command: Command | WinrsLine): string | null {
  if (command.verb === 'winrs') return cutsOffByCommand(command.commandLine) ? cutting : null;
  const verb: string = command.verb;
  if (verb === 'configsddl') return changes(command) ? cutting : null;
  if (!('resource' in command) || verb === 'get' || verb === 'enumerate') return null;
  const { resourceUri, selectors = [] } = command.resource;
  if (configUri.test(resourceUri)) return cutting;
  const isService = /\/Win32_(?:System|Terminal|Base)?(?:Service|Driver)$/i.test(resourceUri);
  const name = selectors.find(([key]) => key.toLowerCase() === 'name')?.[1];
  if (!isService || typeof name !== 'string' || !carriers.test(name)) return null;
  return verb === 'delete' || ('method' in command && stopping.test(command.method)) ? cutting : null;
}

/** The usual ways in a command prompt. What a script of the machine does nobody can tell from here. */
function cutsOffByCommand(line: string): boolean {
  return (
    /\b(?:net1?|sc(?:\.exe)?)\s+(?:\\\\\S+\s+)?(?:stop|pause|delete|config)\s+"?(?:winrm|mpssvc|bfe|http)\b/i.test(
      line,
    ) ||
    /\b(?:stop|restart|suspend|set)-service\b.*\b(?:winrm|mpssvc)\b/i.test(line) ||
    /\bwinrm(?:\.cmd)?"?\s+(?:set|s|put|p|delete|d|create|c|invoke|i)\b.*\bwinrm\/config/i.test(line) ||
    /\bdisable-psremoting\b/i.test(line) ||
    /\bnetsh(?:\.exe)?\s+(?:advfirewall|firewall|interface|int)\b.*\b(?:set|delete|add|reset)\b/i.test(line)
  );
}
