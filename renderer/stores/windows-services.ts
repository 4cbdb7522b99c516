import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ConsoleClient } from '../../shared/contract/contract.ts';
import type { Problem, ProblemCode } from '../../shared/contract/problem.ts';
import type {
  ActionProgress,
  ServiceAction,
  WindowsService,
  WindowsServiceState,
  WindowsServicesChange,
} from '../../shared/contract/windows-services.ts';
import { attach, consoleClient } from '../host/connect.ts';
import { problemOf } from './problem-of.ts';
import { type Attach, standingStreams } from './standing-stream.ts';

export type NewStartModeName = 'Auto' | 'Manual' | 'Disabled';

/** One thing that this page asked of one service, from the click to its result. */
export interface ServiceActionRecord {
  readonly id: number;
  readonly name: string;
  readonly displayName: string;
  readonly action: ServiceAction | 'set-start-mode';
  /** The mode that was asked for, with `set-start-mode`. */
  readonly startMode: NewStartModeName | null;
  readonly withDependants: boolean;
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** `unknown`: the answer was lost; what the machine did is not known from it, only from the state that is read back. */
  readonly stage: 'queued' | 'running' | 'done' | 'failed' | 'unknown';
  readonly progress: ActionProgress | null;
  readonly problem: Problem | null;
  /** The user has seen the failure and put it away. It stays among the last actions. */
  readonly dismissed: boolean;
}

export interface MachineServices {
  /** By name; null before the first answer. A service that did not change is the same object as before. */
  readonly services: readonly WindowsService[] | null;
  readonly readAt: number | null;
  readonly live: boolean;
  readonly problem: Problem | null;
  /** Newest first. */
  readonly actions: readonly ServiceActionRecord[];
  /** Since when a service is seen in a pending state, for those that are. */
  readonly pendingSince: ReadonlyMap<string, number>;
}

/** What stops when these services are stopped. */
export interface StopPlan {
  /** Everything that stops, first to last, each once. */
  readonly order: readonly WindowsService[];
  /** Which of them were not chosen but depend on a chosen one. */
  readonly dependants: ReadonlySet<string>;
  /** Chosen services in rounds: those of one round may stop at the same time, the rounds follow each other. */
  readonly rounds: readonly (readonly string[])[];
}

export interface WindowsServicesStore {
  readonly state: StoreApi<Readonly<Record<string, MachineServices>>>;
  watch(machineId: string): () => void;
  refresh(machineId: string): void;
  /** Reads what depends on these services now. Rejects with a ProblemError. */
  planStop(machineId: string, names: readonly string[], signal?: AbortSignal): Promise<StopPlan>;
  related(machineId: string, name: string, signal?: AbortSignal): Promise<RelatedServices>;
  /** Asks for an action on each of them, a few at a time, round after round; a service that is already being acted on is left out. */
  run(machineId: string, rounds: readonly (readonly string[])[], action: ServiceAction, withDependants: boolean): void;
  setStartMode(machineId: string, names: readonly string[], startMode: NewStartModeName): void;
  /** The same again, for a record that failed or whose outcome is unknown. */
  retry(machineId: string, id: number): void;
  dismiss(machineId: string, id: number): void;
  /** Takes back what has not been asked yet. */
  cancelQueued(machineId: string): void;
}

export interface RelatedServices {
  readonly dependencies: readonly WindowsService[];
  readonly dependants: readonly WindowsService[];
}

/** A machine serves few calls at once (MaxConcurrentOperationsPerUser is shared), and its service control manager works one by one. */
const maxAtOnce = 4;
const keptActions = 200;

const untouched: MachineServices = {
  services: null,
  readAt: null,
  live: false,
  problem: null,
  actions: [],
  pendingSince: new Map(),
};

const aimOf: Record<ServiceAction, WindowsServiceState> = {
  start: 'Running',
  stop: 'Stopped',
  restart: 'Running',
  pause: 'Paused',
  resume: 'Running',
};

export const isPending = (state: WindowsServiceState): boolean => state.endsWith('Pending');
export const isActive = (record: ServiceActionRecord | undefined): boolean =>
  record?.stage === 'queued' || record?.stage === 'running';
/** Wants the user's eye: it went wrong and was not put away. */
export const isTrouble = (record: ServiceActionRecord | undefined): boolean =>
  record !== undefined && !record.dismissed && (record.stage === 'failed' || record.stage === 'unknown');

export function createWindowsServicesStore(
  attachTo: Attach,
  client: () => Pick<ConsoleClient, 'windowsServices'>,
  now: () => number = Date.now,
): WindowsServicesStore {
  const state = createStore<Readonly<Record<string, MachineServices>>>(() => ({}));
  const atWork = new Map<string, { running: number; waiting: (() => void)[] }>();
  let lastId = 0;

  const get = (machineId: string): MachineServices => state.getState()[machineId] ?? untouched;
  const put = (machineId: string, next: (before: MachineServices) => MachineServices): void => {
    state.setState((all) => ({ ...all, [machineId]: next(all[machineId] ?? untouched) }), true);
  };
  const changeRecord = (machineId: string, id: number, next: Partial<ServiceActionRecord>): void => {
    put(machineId, (before) => ({
      ...before,
      actions: before.actions.map((record) => (record.id === id ? { ...record, ...next } : record)),
    }));
  };

  const streams = standingStreams<WindowsServicesChange>(attachTo, {
    open: (connected, machineId, signal) => connected.windowsServices.watch({ machineId }, signal),
    onItem: (machineId, change) => put(machineId, (before) => applyChange(before, change, now())),
    onEnd: (machineId, problem) => put(machineId, (before) => ({ ...before, live: false, problem })),
    onRelease: (machineId) => put(machineId, (before) => ({ ...before, live: false })),
  });

  /** Waits for one of the few places of a machine; resolves with the function that gives it back. */
  const takePlace = async (machineId: string): Promise<() => void> => {
    const work = atWork.get(machineId) ?? { running: 0, waiting: [] };
    atWork.set(machineId, work);
    if (work.running >= maxAtOnce) await new Promise<void>((resolve) => work.waiting.push(resolve));
    else work.running += 1;
    return () => {
      const nextOne = work.waiting.shift();
      if (nextOne) nextOne();
      else work.running -= 1;
    };
  };

  const addRecord = (
    machineId: string,
    name: string,
    wanted: Pick<ServiceActionRecord, 'action' | 'startMode' | 'withDependants'>,
  ): ServiceActionRecord | null => {
    const { services, actions } = get(machineId);
    if (isActive(actions.find((record) => record.name === name))) return null;
    lastId += 1;
    const record: ServiceActionRecord = {
      ...wanted,
      id: lastId,
      name,
      displayName: services?.find((one) => one.name === name)?.displayName ?? name,
      startedAt: now(),
      endedAt: null,
      stage: 'queued',
      progress: null,
      problem: null,
      dismissed: false,
    };
    put(machineId, (before) => ({ ...before, actions: [record, ...before.actions].slice(0, keptActions) }));
    return record;
  };

  const perform = async (machineId: string, record: ServiceActionRecord): Promise<void> => {
    const giveBack = await takePlace(machineId);
    try {
      // Cancelled while it waited.
      if (!get(machineId).actions.some((one) => one.id === record.id)) return;
      changeRecord(machineId, record.id, { stage: 'running', startedAt: now() });
      if (record.action === 'set-start-mode') await performStartMode(machineId, record);
      else await performControl(machineId, record, record.action);
    } catch (error) {
      const problem = problemOf(error);
      const asked = get(machineId).actions.find((one) => one.id === record.id)?.progress != null;
      const stage = isUnknown(problem.code, asked) ? 'unknown' : 'failed';
      changeRecord(machineId, record.id, { stage, problem, endedAt: now() });
    } finally {
      giveBack();
    }
  };

  const performStartMode = async (machineId: string, { id, name, startMode }: ServiceActionRecord): Promise<void> => {
    if (startMode === null) throw new Error('A start mode is needed.');
    const service = await client().windowsServices.setStartMode({ machineId, name, startMode });
    put(machineId, (before) => merge(before, [service], [], now()));
    changeRecord(machineId, id, { stage: 'done', endedAt: now() });
  };

  const performControl = async (
    machineId: string,
    { id, name, displayName, withDependants }: ServiceActionRecord,
    action: ServiceAction,
  ): Promise<void> => {
    let last: ActionProgress | null = null;
    for await (const progress of client().windowsServices.control({ machineId, name, action, withDependants })) {
      last = progress;
      put(machineId, (before) => merge(before, [progress.service], [], now()));
      changeRecord(machineId, id, { progress });
    }
    const problem = last?.settled ? missedAim(displayName, action, last.service) : neverSettled(displayName);
    changeRecord(machineId, id, {
      stage: problem === null ? 'done' : problem.code === 'outcome-unknown' ? 'unknown' : 'failed',
      problem,
      endedAt: now(),
    });
  };

  const start = (
    machineId: string,
    rounds: readonly (readonly string[])[],
    wanted: Pick<ServiceActionRecord, 'action' | 'startMode' | 'withDependants'>,
  ): void => {
    const records = rounds.map((names) =>
      names.map((name) => addRecord(machineId, name, wanted)).filter((record) => record !== null),
    );
    void (async () => {
      for (const round of records) await Promise.all(round.map((record) => perform(machineId, record)));
    })();
  };

  return {
    state,
    watch: streams.hold,
    refresh: streams.reopen,
    async planStop(machineId, names, signal) {
      const chosen: { service: WindowsService; dependants: readonly WindowsService[] }[] = [];
      const byName = new Map(get(machineId).services?.map((service) => [service.name, service]));
      for (let index = 0; index < names.length; index += maxAtOnce) {
        const some = names.slice(index, index + maxAtOnce).flatMap((name) => byName.get(name) ?? []);
        chosen.push(
          ...(await Promise.all(
            some.map(async (service) => ({
              service,
              dependants: await client().windowsServices.dependants({ machineId, name: service.name }, signal),
            })),
          )),
        );
      }
      return planOf(chosen);
    },
    async related(machineId, name, signal) {
      const [dependencies, dependants] = await Promise.all([
        client().windowsServices.dependencies({ machineId, name }, signal),
        client().windowsServices.dependants({ machineId, name }, signal),
      ]);
      return { dependencies, dependants };
    },
    run: (machineId, rounds, action, withDependants) =>
      start(machineId, rounds, { action, startMode: null, withDependants }),
    setStartMode: (machineId, names, startMode) =>
      start(machineId, [names], { action: 'set-start-mode', startMode, withDependants: false }),
    retry(machineId, id) {
      const record = get(machineId).actions.find((one) => one.id === id);
      if (!record || isActive(record)) return;
      const { action, startMode, withDependants } = record;
      changeRecord(machineId, id, { dismissed: true });
      start(machineId, [[record.name]], { action, startMode, withDependants });
    },
    dismiss: (machineId, id) => changeRecord(machineId, id, { dismissed: true }),
    cancelQueued: (machineId) =>
      put(machineId, (before) => ({
        ...before,
        actions: before.actions.filter((record) => record.stage !== 'queued'),
      })),
  };
}

/** Puts chosen services and what depends on them into one order in which each stops after everything that needs it. */
export function planOf(
  chosen: readonly { readonly service: WindowsService; readonly dependants: readonly WindowsService[] }[],
): StopPlan {
  const running = chosen.map(({ service, dependants }) => ({
    service,
    dependants: dependants.filter((one) => one.state !== 'Stopped'),
  }));
  // Dependants are transitive, so a service that another one needs has fewer of them than that other one: fewest first is a valid order.
  const inOrder = running.toSorted((a, b) => a.dependants.length - b.dependants.length);
  const chosenNames = new Set(chosen.map(({ service }) => service.name));
  const order = new Map<string, WindowsService>();
  for (const { service, dependants } of inOrder) {
    for (const one of [...dependants, service]) if (!order.has(one.name)) order.set(one.name, one);
  }
  const alone = inOrder.filter((one) => one.dependants.length === 0).map((one) => one.service.name);
  // Two of them may share a dependant, which can be stopped by one only: they go one by one.
  const oneByOne = inOrder.filter((one) => one.dependants.length > 0).map((one) => [one.service.name]);
  return {
    order: [...order.values()],
    dependants: new Set([...order.keys()].filter((name) => !chosenNames.has(name))),
    rounds: alone.length > 0 ? [alone, ...oneByOne] : oneByOne,
  };
}

function applyChange(before: MachineServices, change: WindowsServicesChange, nowAt: number): MachineServices {
  switch (change.kind) {
    case 'all':
      return {
        ...merge({ ...before, services: keepSame(before.services, change.services) }, [], [], nowAt),
        readAt: change.readAt,
        live: change.live,
        problem: null,
      };
    case 'changed':
      return {
        ...merge(before, change.services, change.removed, nowAt),
        readAt: change.readAt,
        live: true,
        problem: null,
      };
    case 'problem':
      return { ...before, live: false, problem: change.problem };
  }
}

const sameService = (a: WindowsService, b: WindowsService): boolean =>
  (Object.keys(b) as (keyof WindowsService)[]).every((key) => a[key] === b[key]);

const byName = (a: WindowsService, b: WindowsService): number =>
  a.name.localeCompare(b.name, 'en', { sensitivity: 'base' });

/** The new list, with the old objects where nothing changed: rows are memoised by identity. */
function keepSame(
  before: readonly WindowsService[] | null,
  after: readonly WindowsService[],
): readonly WindowsService[] {
  const old = new Map(before?.map((service) => [service.name, service]));
  return after
    .map((service) => {
      const known = old.get(service.name);
      return known && sameService(known, service) ? known : service;
    })
    .toSorted(byName);
}

function merge(
  before: MachineServices,
  changed: readonly WindowsService[],
  removed: readonly string[],
  nowAt: number,
): MachineServices {
  // Progress of an action may come before the list; one service is not a list.
  if (before.services === null) return before;
  const all = new Map(before.services.map((service) => [service.name, service]));
  for (const name of removed) all.delete(name);
  for (const service of changed) {
    const known = all.get(service.name);
    if (!known || !sameService(known, service)) all.set(service.name, service);
  }
  const services = [...all.values()].toSorted(byName);
  const pendingSince = new Map(
    services
      .filter((service) => isPending(service.state))
      .map((service) => [service.name, before.pendingSince.get(service.name) ?? nowAt]),
  );
  return { ...before, services, pendingSince };
}

/** Whether a problem leaves open what became of a request. Once it was `asked`, losing the machine says nothing about the service. */
function isUnknown(code: ProblemCode, asked: boolean): boolean {
  if (code === 'outcome-unknown' || code === 'disconnected') return true;
  return asked && code !== 'operation-failed' && code !== 'access-denied' && code !== 'not-found';
}

/** Settled, but not where it was asked to go: the machine accepted the request and the service went elsewhere. */
function missedAim(displayName: string, action: ServiceAction, service: WindowsService): Problem | null {
  if (service.state === aimOf[action]) return null;
  const exit = service.exitCode ? ` It ended with Win32 exit code ${service.exitCode}.` : '';
  return {
    code: 'operation-failed',
    message: `${displayName} took the request and is now in the state ${service.state}.${exit}`,
    advice: ['Look into the System and Application logs of the machine around this time.'],
    retryable: true,
  };
}

function neverSettled(displayName: string): Problem {
  return {
    code: 'outcome-unknown',
    message: `Following ${displayName} ended before it settled.`,
    advice: ['The state in the list is what the machine says now.'],
    retryable: true,
  };
}

export const windowsServicesStore: WindowsServicesStore = createWindowsServicesStore(attach, consoleClient);
