import type { ServiceAction, StartMode, WindowsService } from '../../../shared/contract/windows-services.ts';
import type { GlyphName } from '../../components/Glyph.tsx';
import { isActive, isPending, isTrouble, type ServiceActionRecord } from '../../stores/windows-services.ts';

/** How start modes are written for people; WMI says `Auto`. */
export const startModeWords: Readonly<Record<StartMode, string>> = {
  Boot: 'Boot',
  System: 'System',
  Auto: 'Automatic',
  'Auto (delayed)': 'Automatic (delayed)',
  Manual: 'Manual',
  Disabled: 'Disabled',
  Unknown: 'Unknown',
};

export const actionWords: Readonly<Record<ServiceAction | 'set-start-mode', string>> = {
  start: 'Start',
  stop: 'Stop',
  restart: 'Restart',
  pause: 'Pause',
  resume: 'Resume',
  'set-start-mode': 'Start mode',
};

/** The CIM method behind an action; a restart is a stop and then a start. */
export const methodOf: Readonly<Record<ServiceAction, string>> = {
  start: 'StartService',
  stop: 'StopService',
  restart: 'StopService',
  pause: 'PauseService',
  resume: 'ResumeService',
};

const accounts: ReadonlyMap<string, string> = new Map(
  Object.entries({
    localsystem: 'LocalSystem',
    'nt authority\\system': 'LocalSystem',
    'nt authority\\localservice': 'LocalService',
    'nt authority\\local service': 'LocalService',
    'nt authority\\networkservice': 'NetworkService',
    'nt authority\\network service': 'NetworkService',
  }),
);

/** Built-in accounts by their short names, all others as they are. */
export const accountWords = (account: string | null): string =>
  account === null ? '' : (accounts.get(account.toLowerCase()) ?? account);

/** Stopped although it should run: automatic, and a delayed one only if it ended with an error, since many of those stop by design. */
export function shouldRun(service: WindowsService): boolean {
  if (service.state !== 'Stopped') return false;
  if (service.startMode === 'Auto') return true;
  return service.startMode === 'Auto (delayed)' && Boolean(service.exitCode);
}

export interface ServiceLook {
  readonly glyph: GlyphName;
  readonly words: string;
  readonly tone: 'quiet' | 'plain' | 'warn' | 'crit' | 'pending';
}

/** Shape, word and tone of a service's state, an action of ours first. */
export function serviceLook(service: WindowsService, record: ServiceActionRecord | undefined): ServiceLook {
  if (record && isActive(record)) {
    return { glyph: 'pending', words: progressWords(record), tone: 'pending' };
  }
  if (record && isTrouble(record)) {
    const action = actionWords[record.action];
    if (record.stage === 'unknown') return { glyph: 'warning', words: `${action}: outcome unknown`, tone: 'warn' };
    const code = record.problem?.operation?.returnValue;
    return { glyph: 'critical', words: `${action} failed${code === undefined ? '' : ` (${code})`}`, tone: 'crit' };
  }
  if (isPending(service.state)) return { glyph: 'pending', words: sentence(service.state), tone: 'pending' };
  switch (service.state) {
    case 'Running':
      return { glyph: 'healthy', words: 'Running', tone: 'plain' };
    case 'Paused':
      return { glyph: 'maintenance', words: 'Paused', tone: 'plain' };
    case 'Stopped':
      return shouldRun(service)
        ? { glyph: 'warning', words: 'Stopped', tone: 'warn' }
        : { glyph: 'stopped', words: 'Stopped', tone: 'quiet' };
    default:
      return { glyph: 'skipped', words: 'Unknown', tone: 'quiet' };
  }
}

/** What an action of ours is doing. A state of WMI is written as in the list, all other words stay as they came. */
export function progressWords({ action, progress, stage }: ServiceActionRecord): string {
  if (stage === 'queued') return `${actionWords[action]} waiting`;
  if (!progress) return `${actionWords[action]} asked`;
  return progress.words === progress.service.state ? sentence(progress.words) : progress.words;
}

const sentence = (words: string): string => words.charAt(0) + words.slice(1).toLowerCase();

/** What needs the eye comes first: failures, then what moves, then what should run and does not. */
export function attentionRank(service: WindowsService, record: ServiceActionRecord | undefined): number {
  if (isTrouble(record)) return 0;
  if (isActive(record) || isPending(service.state)) return 1;
  if (shouldRun(service)) return 2;
  if (service.state === 'Stopped' && service.startMode.startsWith('Auto')) return 3;
  return 4;
}

/** Whether this action makes sense now. The machine has the last word. */
export function canDo(
  action: ServiceAction,
  service: WindowsService,
  record: ServiceActionRecord | undefined,
): boolean {
  if (isActive(record) || isPending(service.state)) return false;
  switch (action) {
    case 'start':
      return service.state === 'Stopped';
    case 'stop':
      return service.state !== 'Stopped' && service.acceptStop;
    case 'restart':
      return service.state === 'Running' && service.acceptStop;
    case 'pause':
      return service.state === 'Running' && service.acceptPause;
    case 'resume':
      return service.state === 'Paused';
  }
}

/** Why it cannot be done, for the tooltip of a disabled button; null where it can. */
export function whyNot(action: ServiceAction, services: readonly WindowsService[]): string | null {
  if (services.length === 0) return 'Select a service first';
  if (services.length > 1) return null;
  const [service] = services;
  if (!service) return null;
  if (isPending(service.state)) return `${service.name} is ${service.state.toLowerCase()}`;
  if (action === 'stop' || action === 'restart') {
    if (service.state === 'Stopped') return `${service.name} is stopped`;
    if (!service.acceptStop) return `${service.name} does not accept a stop`;
  }
  if (action === 'start' && service.state !== 'Stopped') return `${service.name} is ${service.state.toLowerCase()}`;
  if (action === 'pause' && service.state === 'Running' && !service.acceptPause) {
    return `${service.name} cannot be paused`;
  }
  return null;
}

/** Services without which this console loses the machine, with the reason. Lower-case names; a map, since names come from the machine. */
const lifelines: ReadonlyMap<string, string> = new Map(
  Object.entries({
    winrm: 'Windeck talks to the machine through it, and cannot start it again from here.',
    http: 'WinRM listens through it, so this connection ends and cannot be opened again from here.',
    rpcss: 'WMI and WinRM work through it; Windows itself does not run without it.',
    rpceptmapper: 'RPC, and with it WMI, is not found without it.',
    dcomlaunch: 'It launches WMI and much of Windows.',
    winmgmt: 'Everything on this page is read and done through it.',
    netlogon: 'On a domain member it validates domain accounts, so nobody may be able to sign in anew.',
    samss: 'It validates local accounts, so nobody may be able to sign in anew.',
    bfe: 'The firewall rests on it; without it the ports that WinRM needs may be blocked.',
    mpssvc: 'It is the firewall; while it is stopped, connections may be blocked or left open.',
    dhcp: 'A machine whose address comes from DHCP may lose that address.',
    nsi: 'It serves the network stack: the machine may drop off the network.',
    tcpip: 'It is the network stack.',
  }),
);
/** After stopping these the connection is cut for certain, not only perhaps. */
const certain = new Set(['winrm', 'http', 'rpcss', 'rpceptmapper', 'dcomlaunch', 'winmgmt', 'tcpip']);

export interface Lifeline {
  readonly name: string;
  readonly why: string;
  readonly certain: boolean;
}

/** Those of these services that carry this connection. */
export function lifelinesAmong(names: readonly string[]): Lifeline[] {
  return names.flatMap((name) => {
    const why = lifelines.get(name.toLowerCase());
    return why === undefined ? [] : [{ name, why, certain: certain.has(name.toLowerCase()) }];
  });
}
