import type { Clock } from './clock.ts';
import type { MachinePlan } from './machine-plan.ts';
import { createRandom } from './random.ts';
import { isSystemDriver, templatesFor, type WindowsServiceTemplate } from './windows-service-templates.ts';

/**
 * The service control manager of one machine. No timers: a pending state carries the moment at which it ends, and every look settles
 * what is due. Return codes are those of Win32_Service (CIMWin32 documentation of StartService and its siblings).
 */

export type LabServiceState =
  | 'Stopped'
  | 'Start Pending'
  | 'Stop Pending'
  | 'Running'
  | 'Continue Pending'
  | 'Pause Pending'
  | 'Paused';
export type LabStartMode = 'Auto' | 'Manual' | 'Disabled' | 'Boot' | 'System';

const returnCodes = {
  accepted: 0,
  notSupported: 1,
  accessDenied: 2,
  dependentServicesRunning: 3,
  invalidControl: 4,
  cannotAcceptControl: 5,
  notActive: 6,
  startTimeout: 7,
  alreadyRunning: 10,
  dependencyFailure: 13,
  disabled: 14,
  invalidParameter: 21,
  alreadyPaused: 24,
} as const;

/** Win32 exit codes that a stopped service shows. */
const neverStarted = 1077;
/** Services that were there when the lab started had been started this long after the boot. */
const bootDelayMs = 20_000;
const noResponse = 1053;
const terminatedUnexpectedly = 1067;

interface Transition {
  readonly to: 'Running' | 'Stopped' | 'Paused';
  readonly endsAt: number;
  readonly startedAt: number;
}

export interface WindowsServiceRecord {
  readonly template: WindowsServiceTemplate;
  state: LabServiceState;
  startMode: LabStartMode;
  delayed: boolean;
  exitCode: number;
  processId: number;
  transition: Transition | null;
  /** Starts by itself at this time, after a boot. */
  startsAt: number | null;
  failsToStart: boolean;
}

export interface ProcessHost {
  /** A process for this service, shared where the template says so. */
  serviceStarted(template: WindowsServiceTemplate, at: number): number;
  serviceStopped(template: WindowsServiceTemplate, processId: number, at: number): void;
}

export interface WindowsServices {
  all(): readonly WindowsServiceRecord[];
  find(name: string): WindowsServiceRecord | undefined;
  start(name: string): number;
  stop(name: string): number;
  pause(name: string): number;
  resume(name: string): number;
  interrogate(name: string): number;
  changeStartMode(name: string, mode: string): number;
  dependentsOf(name: string): readonly WindowsServiceRecord[];
  /** How long a start that fails with a timeout keeps the caller waiting, in milliseconds. */
  readonly pendingMs: number;
  checkPoint(record: WindowsServiceRecord): number;
  waitHint(record: WindowsServiceRecord): number;
  /** Everything is stopped; automatic services start again through their pending states. */
  reboot(at: number): void;
}

export function createWindowsServices(
  plan: MachinePlan,
  clock: Clock,
  pendingMs: number,
  processes: ProcessHost,
  bootAt: number,
): WindowsServices {
  const records = new Map<string, WindowsServiceRecord>();
  const dependents = new Map<string, WindowsServiceRecord[]>();
  const faulty = seededTroubles(plan);

  for (const template of templatesFor(plan)) {
    const troubled = faulty.get(template.name);
    const runs = template.runs && troubled === undefined;
    records.set(template.name.toLowerCase(), {
      template,
      state: runs ? 'Running' : 'Stopped',
      startMode: template.startMode,
      delayed: template.delayed,
      exitCode: runs ? 0 : firstExitCode(template, troubled),
      processId: runs ? processes.serviceStarted(template, bootAt + bootDelayMs) : 0,
      transition: null,
      startsAt: null,
      failsToStart: troubled === 'fails',
    });
  }
  for (const record of records.values()) {
    for (const name of record.template.dependsOn) {
      if (isSystemDriver(name)) continue;
      const key = name.toLowerCase();
      dependents.set(key, [...(dependents.get(key) ?? []), record]);
    }
  }

  function settle(record: WindowsServiceRecord): WindowsServiceRecord {
    const now = clock.now();
    if (record.startsAt !== null && record.startsAt <= now) {
      const at = record.startsAt;
      record.startsAt = null;
      if (record.state === 'Stopped') beginStart(record, at);
    }
    const { transition } = record;
    if (!transition || transition.endsAt > now) return record;
    record.transition = null;
    if (transition.to === 'Stopped') becomeStopped(record, record.failsToStart ? noResponse : 0, transition.endsAt);
    else record.state = transition.to;
    return record;
  }

  function becomeStopped(record: WindowsServiceRecord, exitCode: number, at: number): void {
    record.state = 'Stopped';
    record.exitCode = exitCode;
    if (record.processId !== 0) processes.serviceStopped(record.template, record.processId, at);
    record.processId = 0;
  }

  function begin(record: WindowsServiceRecord, state: LabServiceState, to: Transition['to'], at: number): void {
    record.state = state;
    record.transition = { to, startedAt: at, endsAt: at + pendingMs };
    settle(record);
  }
  function beginStart(record: WindowsServiceRecord, at: number): void {
    record.exitCode = 0;
    record.processId = processes.serviceStarted(record.template, at);
    begin(record, 'Start Pending', record.failsToStart ? 'Stopped' : 'Running', at);
  }

  const dependentsOf = (name: string): WindowsServiceRecord[] => (dependents.get(name.toLowerCase()) ?? []).map(settle);

  /** Starts what it depends on first, as the service control manager does. */
  function startWithDependencies(record: WindowsServiceRecord): number {
    if (record.startMode === 'Disabled') return returnCodes.disabled;
    for (const name of record.template.dependsOn) {
      const needed = records.get(name.toLowerCase());
      if (!needed) continue;
      const state = settle(needed).state;
      if (state === 'Running' || state === 'Start Pending' || state === 'Paused') continue;
      if (state !== 'Stopped' || needed.failsToStart || startWithDependencies(needed) !== 0)
        return returnCodes.dependencyFailure;
    }
    beginStart(record, clock.now());
    return returnCodes.accepted;
  }

  /** Looks the service up and applies the rules that all controls share. */
  function controlled(name: string, act: (record: WindowsServiceRecord) => number): number {
    const record = records.get(name.toLowerCase());
    if (!record) return returnCodes.invalidParameter;
    settle(record);
    if (record.template.protected) return returnCodes.accessDenied;
    return act(record);
  }

  function startsAtBoot({ template, startMode }: WindowsServiceRecord): boolean {
    // A manual service that ran was started by something, which will start it again.
    if (startMode === 'Manual') return template.runs;
    if (startMode !== 'Auto' || faulty.get(template.name) === 'stopped') return false;
    // Some automatic services end by themselves when they have nothing to do; one that was made automatic here does not.
    return template.runs || template.startMode !== 'Auto';
  }

  return {
    pendingMs,
    all: () => Array.from(records.values(), settle),
    find: (name) => {
      const record = records.get(name.toLowerCase());
      return record && settle(record);
    },
    dependentsOf,
    start: (name) =>
      controlled(name, (record) => {
        if (record.state === 'Stop Pending') return returnCodes.cannotAcceptControl;
        if (record.state !== 'Stopped') return returnCodes.alreadyRunning;
        const code = startWithDependencies(record);
        return code === 0 && record.failsToStart ? returnCodes.startTimeout : code;
      }),
    stop: (name) =>
      controlled(name, (record) => {
        if (record.state !== 'Running' && record.state !== 'Paused') return returnCodes.cannotAcceptControl;
        if (!record.template.acceptStop) return returnCodes.invalidControl;
        if (dependentsOf(name).some((dependent) => dependent.state !== 'Stopped'))
          return returnCodes.dependentServicesRunning;
        begin(record, 'Stop Pending', 'Stopped', clock.now());
        return returnCodes.accepted;
      }),
    pause: (name) =>
      controlled(name, (record) => {
        if (record.state === 'Stopped') return returnCodes.notActive;
        if (record.state === 'Paused') return returnCodes.alreadyPaused;
        if (record.state !== 'Running' || !record.template.acceptPause) return returnCodes.cannotAcceptControl;
        begin(record, 'Pause Pending', 'Paused', clock.now());
        return returnCodes.accepted;
      }),
    resume: (name) =>
      controlled(name, (record) => {
        if (record.state === 'Stopped') return returnCodes.notActive;
        if (record.state === 'Running') return returnCodes.alreadyRunning;
        if (record.state !== 'Paused') return returnCodes.cannotAcceptControl;
        begin(record, 'Continue Pending', 'Running', clock.now());
        return returnCodes.accepted;
      }),
    interrogate: (name) =>
      controlled(name, (record) => (record.state === 'Stopped' ? returnCodes.notActive : returnCodes.accepted)),
    changeStartMode: (name, mode) =>
      controlled(name, (record) => {
        const wanted = startModes[mode.toLowerCase()];
        if (!wanted) return returnCodes.invalidParameter;
        // Boot and System are for drivers.
        if (wanted === 'Boot' || wanted === 'System') return returnCodes.invalidParameter;
        record.startMode = wanted;
        record.delayed = false;
        return returnCodes.accepted;
      }),
    checkPoint: ({ transition }) =>
      transition ? 1 + Math.floor(Math.max(0, clock.now() - transition.startedAt) / Math.max(1, pendingMs / 4)) : 0,
    waitHint: ({ transition }) => (transition ? pendingMs * 2 : 0),
    reboot: (at) => {
      let order = 0;
      for (const record of records.values()) {
        record.transition = null;
        becomeStopped(record, neverStarted, at);
        record.startsAt = null;
        if (!startsAtBoot(record)) continue;
        const essential = record.template.name === 'WinRM' || !record.template.acceptStop;
        // A tenth of a pending time apart; delayed ones come last, as after two minutes on a real machine.
        record.startsAt = essential
          ? at
          : at + (record.delayed ? pendingMs * 5 : 0) + (order++ % 20) * (pendingMs / 10);
        if (essential) {
          beginStart(record, at);
          record.transition = null;
          record.state = 'Running';
          record.startsAt = null;
        }
      }
    },
  };
}

const startModes: Readonly<Record<string, LabStartMode | undefined>> = {
  __proto__: null as never,
  boot: 'Boot',
  system: 'System',
  automatic: 'Auto',
  auto: 'Auto',
  manual: 'Manual',
  disabled: 'Disabled',
};

function firstExitCode(template: WindowsServiceTemplate, troubled: 'stopped' | 'fails' | undefined): number {
  if (troubled === 'stopped') return terminatedUnexpectedly;
  if (troubled === 'fails') return noResponse;
  // An automatic service that is stopped without trouble had nothing to do and ended by itself.
  return template.startMode === 'Auto' ? 0 : neverStarted;
}

/** Which services are in trouble on this machine: an automatic one that has died, one that never answers its start. */
function seededTroubles(plan: MachinePlan): ReadonlyMap<string, 'stopped' | 'fails'> {
  const troubles = new Map<string, 'stopped' | 'fails'>();
  const byRole: Record<string, readonly string[]> = {
    DC: ['DFSR'],
    SQL: ['SQLSERVERAGENT'],
    FS: ['SrmSvc'],
    WEB: ['NorthwindWeb'],
    APP: ['ContosoBilling', 'ContosoOrders'],
    PRN: ['LPDSVC'],
    BAK: ['NorthwindCatalog'],
    RDS: ['TermServLicensing'],
  };
  const names = byRole[plan.role]!;
  const random = createRandom(plan.seed ^ 0x5e1f);
  if (plan.faults.has('service-fails-to-start')) troubles.set(names[0]!, 'fails');
  if (plan.faults.has('automatic-service-stopped')) {
    const candidates = ['Spooler', 'MSDTC', 'RemoteRegistry', ...names].filter((name) => !troubles.has(name));
    troubles.set(random.pick(candidates), 'stopped');
  }
  return troubles;
}
