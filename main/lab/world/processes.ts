import type { Clock } from './clock.ts';
import type { MachinePlan } from './machine-plan.ts';
import { createRandom } from './random.ts';
import { signedInPeople } from './sessions.ts';
import type { ProcessHost } from './windows-services.ts';
import type { Workload } from './workload.ts';

/** The process table of one machine. Weights say how much of the machine's CPU time a process takes; System takes what is left. */
export interface LabProcess {
  readonly processId: number;
  readonly parentProcessId: number;
  readonly name: string;
  readonly commandLine: string | null;
  readonly executablePath: string | null;
  readonly sessionId: number;
  readonly startedAt: number;
  readonly workingSetBytes: number;
  readonly threads: number;
  readonly handles: number;
  readonly priority: number;
  /** Share of the machine's busy time, 0 to 1. */
  readonly weight: number;
}

export interface Processes extends ProcessHost {
  all(): readonly LabProcess[];
  find(processId: number): LabProcess | undefined;
  /** Starts a program and returns its process id. */
  create(commandLine: string, at: number): number;
  /** False for those that cannot be ended. */
  terminate(processId: number, at: number): boolean;
  /** Processor time in milliseconds that a process has used; System has what no other accounts for. */
  processorTime(process: LabProcess, at: number): number;
  /** The same for the idle process: what all processors together did not use. */
  idleTime(at: number): number;
  reboot(bootAt: number): void;
}

const megabyte = 1024 ** 2;
const taskEveryMs = 7_000;
const taskLivesMs = 20_000;
const firstTaskId = 24_004;
/** So few numbers that each comes again within a minute or two. */
const taskIds = 12;
const taskNames = ['backgroundTaskHost.exe', 'taskhostw.exe', 'MoUsoCoreWorker.exe', 'dllhost.exe', 'TiWorker.exe'];
/** Windows ends these for nobody: access is denied. */
const protectedNames: ReadonlySet<string> = new Set([
  'registry',
  'smss.exe',
  'csrss.exe',
  'wininit.exe',
  'services.exe',
]);

export function createProcesses(plan: MachinePlan, clock: Clock, workload: Workload, firstBootAt: number): Processes {
  const random = createRandom(plan.seed ^ 0x9c0c);
  const table = new Map<number, LabProcess>();
  const hosts = new Map<string, { processId: number; users: number }>();
  let bootedAt = firstBootAt;
  /** By their running number: the process id. Those that somebody ended do not come back. */
  const tasks = new Map<number, number>();
  const ended = new Set<number>();
  /** Milliseconds used by processes that are gone; keeps System's time from jumping. */
  let endedTime = 0;
  // Where one process takes nearly everything, little is left for the others.
  const thrift = plan.faults.has('high-cpu') ? 0.2 : 1;
  let nextId = 0;
  let servicesId = 0;

  const newId = (): number => {
    nextId += 4 * random.between(1, 9);
    return nextId;
  };
  function add(name: string, details: Partial<LabProcess>): number {
    const processId = details.processId ?? newId();
    table.set(processId, {
      parentProcessId: 0,
      commandLine: null,
      executablePath: null,
      sessionId: 0,
      startedAt: clock.now(),
      workingSetBytes: random.between(4, 40) * megabyte + random.between(0, 200) * 4096,
      threads: random.between(3, 24),
      handles: random.between(80, 900),
      priority: 8,
      weight: random.next() * 0.004 * thrift,
      ...details,
      processId,
      name,
    });
    return processId;
  }

  function boot(bootAt: number): void {
    table.clear();
    hosts.clear();
    tasks.clear();
    ended.clear();
    bootedAt = bootAt;
    endedTime = 0;
    nextId = random.between(60, 90) * 4;
    const at = { startedAt: bootAt };
    add('System Idle Process', {
      ...at,
      processId: 0,
      threads: plan.logicalProcessors,
      handles: 0,
      priority: 0,
      workingSetBytes: 8192,
      weight: 0,
    });
    add('System', { ...at, processId: 4, threads: random.between(110, 240), workingSetBytes: 144 * 1024, weight: 0 });
    if (plan.generation.build >= 17763)
      add('Registry', { ...at, parentProcessId: 4, workingSetBytes: random.between(30, 90) * megabyte });
    const smss = add('smss.exe', { ...at, parentProcessId: 4, workingSetBytes: megabyte, priority: 11 });
    add('csrss.exe', { ...at, parentProcessId: smss, priority: 13 });
    const wininit = add('wininit.exe', { ...at, parentProcessId: smss, priority: 13, ...system32('wininit.exe') });
    servicesId = add('services.exe', { ...at, parentProcessId: wininit, priority: 9, ...system32('services.exe') });
    const lsass = add('lsass.exe', {
      ...at,
      parentProcessId: wininit,
      priority: 9,
      weight: 0.02 * thrift,
      ...system32('lsass.exe'),
    });
    hosts.set('lsass', { processId: lsass, users: 1 });
    add('csrss.exe', { ...at, parentProcessId: smss, sessionId: 1, priority: 13 });
    const winlogon = add('winlogon.exe', {
      ...at,
      parentProcessId: smss,
      sessionId: 1,
      priority: 13,
      ...system32('winlogon.exe'),
    });
    add('dwm.exe', { ...at, parentProcessId: winlogon, sessionId: 1, priority: 13, ...system32('dwm.exe') });
    add('LogonUI.exe', { ...at, parentProcessId: winlogon, sessionId: 1, priority: 13, ...system32('LogonUI.exe') });
    add('WmiPrvSE.exe', {
      ...at,
      parentProcessId: servicesId,
      weight: 0.03 * thrift,
      ...system32('wbem\\wmiprvse.exe'),
    });
    if (plan.faults.has('high-cpu')) {
      add('w3wp.exe', {
        ...at,
        parentProcessId: servicesId,
        weight: 0.78,
        workingSetBytes: 1200 * megabyte,
        ...system32('inetsrv\\w3wp.exe'),
      });
    }
    // After a reboot nobody is signed in.
    const people = bootAt === firstBootAt ? signedInPeople(plan) : [];
    for (const index of people.keys()) {
      const sessionId = index + 2;
      const explorer = add('explorer.exe', {
        ...at,
        sessionId,
        weight: 0.01 * thrift,
        commandLine: 'C:\\Windows\\Explorer.EXE',
        executablePath: 'C:\\Windows\\Explorer.EXE',
      });
      for (const name of ['sihost.exe', 'taskhostw.exe', 'rdpclip.exe', 'ServerManager.exe']) {
        add(name, { ...at, sessionId, parentProcessId: explorer, ...system32(name) });
      }
    }
  }

  /** Short tasks of the system come and go by the clock; their numbers are given out again, as Windows does. */
  function comeAndGo(): void {
    const now = clock.now();
    const newest = Math.floor((now - bootedAt) / taskEveryMs);
    for (const [index, processId] of tasks) {
      const endsAt = bootedAt + index * taskEveryMs + taskLivesMs;
      if (endsAt > now && index <= newest) continue;
      tasks.delete(index);
      const process = table.get(processId);
      if (process === undefined) continue;
      table.delete(processId);
      endedTime += shareOf(process, endsAt);
    }
    for (let index = Math.max(1, newest - Math.ceil(taskLivesMs / taskEveryMs)); index <= newest; index++) {
      const startedAt = bootedAt + index * taskEveryMs;
      const processId = firstTaskId + (index % taskIds) * 4;
      if (tasks.has(index) || startedAt + taskLivesMs <= now || table.has(processId)) continue;
      // Once ended by somebody it does not come back.
      if (ended.has(index)) continue;
      tasks.set(index, processId);
      const name = taskNames[index % taskNames.length]!;
      add(name, {
        processId,
        startedAt,
        parentProcessId: servicesId,
        // Next to nothing: what has ended is no part of _Total any more.
        weight: 0.0001 * thrift,
        workingSetBytes: (6 + (index % 9)) * megabyte,
        ...system32(name),
      });
    }
  }

  const shareOf = (process: LabProcess, at: number): number =>
    process.weight * workload.busy(process.startedAt, Math.max(at, process.startedAt));

  boot(firstBootAt);
  return {
    all() {
      comeAndGo();
      return [...table.values()];
    },
    find(processId) {
      comeAndGo();
      return table.get(processId);
    },
    create(commandLine, at) {
      const path = commandLine.startsWith('"') ? (commandLine.split('"')[1] ?? '') : (commandLine.split(' ')[0] ?? '');
      const name = path.slice(path.lastIndexOf('\\') + 1) || 'cmd.exe';
      return add(name, {
        startedAt: at,
        parentProcessId: servicesId,
        commandLine,
        executablePath: path.includes('\\') ? path : null,
      });
    },
    terminate(processId, at) {
      const process = table.get(processId);
      if (!process || processId <= 4 || protectedNames.has(process.name.toLowerCase())) return false;
      for (const [index, id] of tasks) if (id === processId) ended.add(index);
      table.delete(processId);
      endedTime += shareOf(process, at);
      return true;
    },
    serviceStarted(template, at) {
      const key = template.sharedProcess;
      const shared = key === null ? undefined : hosts.get(key);
      if (shared) {
        shared.users++;
        return shared.processId;
      }
      const path = template.path.startsWith('"') ? template.path.split('"')[1]! : template.path.split(' ')[0]!;
      const heavy = /sqlservr|dns\.exe|DFSRs|engine\.exe|orders\.exe|MsMpEng/i.test(path);
      const processId = add(path.slice(path.lastIndexOf('\\') + 1), {
        startedAt: at,
        parentProcessId: servicesId,
        commandLine: template.path,
        executablePath: path,
        ...(heavy
          ? { weight: (0.05 + random.next() * 0.1) * thrift, workingSetBytes: random.between(200, 1400) * megabyte }
          : {}),
      });
      if (key !== null) hosts.set(key, { processId, users: 1 });
      return processId;
    },
    serviceStopped(template, processId, at) {
      const key = template.sharedProcess;
      if (key !== null) {
        const shared = hosts.get(key);
        if (shared && --shared.users > 0) return;
        hosts.delete(key);
      }
      this.terminate(processId, at);
    },
    processorTime(process, at) {
      if (process.processId === 0) return this.idleTime(at);
      if (process.processId !== 4) return shareOf(process, at);
      let others = endedTime;
      for (const other of table.values()) if (other.processId > 4) others += shareOf(other, at);
      return Math.max(0, workload.busy(bootedAt, at) - others);
    },
    idleTime: (at) => Math.max(0, (at - bootedAt) * plan.logicalProcessors - workload.busy(bootedAt, at)),
    reboot: boot,
  };
}

function system32(file: string): Pick<LabProcess, 'commandLine' | 'executablePath'> {
  const path = `C:\\Windows\\system32\\${file}`;
  return { commandLine: path, executablePath: path };
}
