/**
 * What could cut the way to the machine that the line itself uses. On a terminal it is asked for first; in a script it is done, as winrm does.
 * Judged by the line alone: what the machine is like is not known yet.
 */
import { className, resourceUris } from '../wsman/index.ts';
import { CommandLineError, type WinrmCommand } from './command.ts';
import type { CommandEnvironment } from './run.ts';

/** Throws CommandLineError where somebody was asked and said no. */
export async function refuseByRisk(
  command: WinrmCommand,
  environment: Pick<CommandEnvironment, 'confirm'>,
): Promise<void> {
  const risk = riskOf(command);
  if (risk !== null) await agreeTo(risk, command.connection.endpoint.host, environment);
}

/** As refuseByRisk, for a command line that is run there. */
export async function refuseByCommand(
  commandLine: string,
  host: string,
  environment: Pick<CommandEnvironment, 'confirm'>,
): Promise<void> {
  if (cutsOffByCommand(commandLine)) await agreeTo(commandRisk, host, environment);
}

const commandRisk = 'This command ends WinRM, or changes what lets it in.';

async function agreeTo(risk: string, host: string, environment: Pick<CommandEnvironment, 'confirm'>): Promise<void> {
  if (environment.confirm === undefined) return;
  if (!(await environment.confirm(`${risk} It could cut the way to ${host}. Go on [y/n]? `))) {
    throw new CommandLineError('Nothing was changed.');
  }
}

/** One sentence, or null where nothing is known to be at stake. */
export function riskOf(command: WinrmCommand): string | null {
  if (command.verb === 'configsddl') {
    return command.sddl === null ? null : 'This decides who may use the service.';
  }
  if (!('resource' in command)) return null;
  const path = configPath(command.resource.resourceUri);
  switch (command.verb) {
    case 'delete':
      return path === 'listener' ? 'This takes a listener away.' : null;
    case 'set':
      if (path === 'listener') return 'This changes a listener.';
      if (path === 'plugin') return 'This changes a plug-in, without which its operations end.';
      if (path === '' || path?.startsWith('service') || path === 'winrs') return ofSettings(command);
      return null;
    case 'invoke':
      if (path !== null && /^restore$/i.test(className(command.method))) {
        return 'This puts every setting of WinRM back to its default, and removes listeners.';
      }
      if (stopsService(command)) return 'This ends the WinRM service.';
      return startsCommand(command) ? commandRisk : null;
    default:
      return null;
  }
}

/** Settings that decide who gets in, and how; the others only set limits. */
const decisive: ReadonlySet<string> = new Set([
  ...['rootsddl', 'allowunencrypted', 'ipv4filter', 'ipv6filter', 'maxconnections', 'certificatethumbprint'],
  ...[
    'allowremoteaccess',
    'basic',
    'kerberos',
    'negotiate',
    'certificate',
    'credssp',
    'cbthardeninglevel',
    'http',
    'https',
  ],
  ...['enablecompatibilityhttplistener', 'enablecompatibilityhttpslistener', 'allowremoteshellaccess'],
]);

function ofSettings({ input }: Extract<WinrmCommand, { verb: 'set' }>): string | null {
  if (input.kind === 'file') return 'This replaces settings of the service.';
  const names = input.pairs.map(([name]) => name).filter((name) => decisive.has(name.toLowerCase()));
  return names.length === 0 ? null : `${names.join(', ')} decide${names.length === 1 ? 's' : ''} who gets in.`;
}

function stopsService({ resource, method }: Extract<WinrmCommand, { verb: 'invoke' }>): boolean {
  if (!/\/win32_service$/i.test(resource.resourceUri)) return false;
  const name = resource.selectors?.find(([key]) => key.toLowerCase() === 'name')?.[1];
  return name?.toLowerCase() === 'winrm' && /^(?:stopservice|pauseservice|delete)$/i.test(className(method));
}

function startsCommand({ resource, method, input }: Extract<WinrmCommand, { verb: 'invoke' }>): boolean {
  if (!/\/win32_process$/i.test(resource.resourceUri) || !/^create$/i.test(className(method))) return false;
  if (input.kind === 'file') return false;
  return input.pairs.some(([name, value]) => name.toLowerCase() === 'commandline' && cutsOffByCommand(value ?? ''));
}

/** The usual ways in a command prompt. What a script of the machine does nobody can tell from here. */
export function cutsOffByCommand(line: string): boolean {
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

/** Below winrm/config, lower case; null for anything else. */
function configPath(resourceUri: string): string | null {
  const uri = resourceUri.toLowerCase();
  if (uri === resourceUris.config) return '';
  return uri.startsWith(`${resourceUris.config}/`) ? uri.slice(resourceUris.config.length + 1) : null;
}
