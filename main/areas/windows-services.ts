import type { ConsoleHandlers } from '../../shared/contract/contract.ts';
import type { Problem } from '../../shared/contract/problem.ts';
import type { WindowsService, WindowsServicesChange } from '../../shared/contract/windows-services.ts';
import type { Session } from '../sessions/session.ts';
import { type AreaContext, onMachine, requireStill, sleep } from './context.ts';
import { type Bell, createBell, pump, together } from './pump.ts';
import { changeStartMode, controlService, readDependants } from './service-control.ts';
import { readDependencies, readServices, refreshStates } from './windows-service-model.ts';

const intervalMs = 5000;
const readingLimitMs = 30_000;
const topic = 'services';

/** What one window has not been told yet. */
interface Watcher {
  readonly bell: Bell;
  everything: boolean;
  changed: Set<string>;
  removed: Set<string>;
  problem: Problem | null;
}

/** The services of one machine while somebody watches them: one reader, however many windows. */
interface Monitor {
  readonly watchers: Set<Watcher>;
  readonly poke: Bell;
  /** Ends the reader: with the last watcher, not with the first. */
  readonly end: AbortController;
  /** Rejects where reading cannot go on at all: the machine was removed. */
  reading: Promise<void>;
  services: Map<string, WindowsService>;
  readAt: number;
  live: boolean;
}

export function createWindowsServices(context: AreaContext): ConsoleHandlers['windowsServices'] {
  const monitors = new Map<string, Monitor>();

  /** Takes a newer list; tells what is different. */
  function take(machineId: string, monitor: Monitor, list: readonly WindowsService[]): void {
    const before = monitor.services;
    const services = new Map(list.map((windowsService) => [windowsService.name, windowsService]));
    const changed = list.filter((windowsService) => !same(before.get(windowsService.name), windowsService));
    const removed = [...before.keys()].filter((name) => !services.has(name));
    for (const { name } of list) {
      const old = before.get(name);
      if (old !== undefined && same(old, services.get(name)!)) services.set(name, old);
    }
    const wasLive = monitor.live;
    Object.assign(monitor, { services, readAt: context.now(), live: true });
    if (changed.length > 0 || removed.length > 0 || !wasLive) {
      context.store.lastKnown.put(machineId, topic, [...services.values()], monitor.readAt);
    }
    for (const watcher of monitor.watchers) {
      if (!wasLive) watcher.everything = true;
      for (const { name } of changed) watcher.changed.add(name);
      for (const name of removed) watcher.removed.add(name);
      watcher.problem = null;
      watcher.bell.ring();
    }
  }

  /** One service was seen on the way of an action. */
  function note(machineId: string, windowsService: WindowsService): void {
    const monitor = monitors.get(machineId);
    if (monitor === undefined || !monitor.live) return;
    const before = monitor.services.get(windowsService.name);
    if (same(before, windowsService)) return;
    monitor.services.set(windowsService.name, windowsService);
    for (const watcher of monitor.watchers) {
      watcher.changed.add(windowsService.name);
      watcher.bell.ring();
    }
  }

  function fail(monitor: Monitor, problem: Problem): void {
    monitor.live = false;
    for (const watcher of monitor.watchers) {
      watcher.problem = problem;
      watcher.bell.ring();
    }
  }

  async function keepReading(session: Session, monitor: Monitor, signal: AbortSignal): Promise<void> {
    let lastError: unknown = null;
    for (let first = true; ; first = false) {
      requireStill(context, session);
      const limit = AbortSignal.any([signal, AbortSignal.timeout(readingLimitMs)]);
      try {
        const known = monitor.services;
        const list = await session.run(
          async (client, within) =>
            (monitor.live ? await refreshStates(client, known, within) : null) ?? (await readServices(client, within)),
          { signal: limit, urgent: first },
        );
        take(session.id, monitor, list);
        lastError = null;
      } catch (error) {
        signal.throwIfAborted();
        if (error !== lastError) fail(monitor, context.toProblem(error, session.id));
        lastError = error;
      }
      await monitor.poke.wait(signal, intervalMs);
    }
  }

  function changeFor(monitor: Monitor, watcher: Watcher): WindowsServicesChange | null {
    const { services, readAt, live } = monitor;
    if (watcher.everything) {
      watcher.everything = false;
      watcher.changed = new Set();
      watcher.removed = new Set();
      if (watcher.problem !== null) watcher.bell.ring();
      return { kind: 'all', services: [...services.values()], readAt, live };
    }
    if (watcher.changed.size > 0 || watcher.removed.size > 0) {
      const changed = [...watcher.changed].map((name) => services.get(name)).filter((entry) => entry !== undefined);
      const removed = [...watcher.removed].filter((name) => !services.has(name));
      watcher.changed = new Set();
      watcher.removed = new Set();
      if (watcher.problem !== null) watcher.bell.ring();
      return { kind: 'changed', services: changed, removed, readAt };
    }
    const { problem } = watcher;
    watcher.problem = null;
    return problem && { kind: 'problem', problem };
  }

  /** The first window's watch starts the reader, the last one's end stops it. */
  function join(session: Session, watcher: Watcher): { monitor: Monitor; leave: () => void } {
    let monitor = monitors.get(session.id);
    if (monitor === undefined) {
      const known = context.store.lastKnown.get(session.id, topic);
      const list = (known?.value ?? []) as readonly WindowsService[];
      const services = new Map(list.map((windowsService) => [windowsService.name, windowsService]));
      const end = new AbortController();
      const made: Monitor = {
        watchers: new Set(),
        poke: createBell(),
        end,
        reading: Promise.resolve(),
        services,
        readAt: known?.at ?? 0,
        live: false,
      };
      made.reading = keepReading(session, made, AbortSignal.any([end.signal, context.closing]));
      // Whoever watches sees it fail; with nobody there, nobody needs to.
      made.reading.catch(() => {});
      monitor = made;
      monitors.set(session.id, made);
    }
    // Where nothing was ever read, there is nothing to show before the first answer.
    watcher.everything = monitor.live || monitor.services.size > 0;
    monitor.watchers.add(watcher);
    const joined = monitor;
    return {
      monitor,
      leave() {
        joined.watchers.delete(watcher);
        if (joined.watchers.size > 0) return;
        joined.end.abort();
        if (monitors.get(session.id) === joined) monitors.delete(session.id);
      },
    };
  }

  return {
    watch: ({ machineId }, sink) =>
      onMachine(context, machineId, async (session) => {
        const bell = createBell();
        const watcher: Watcher = { bell, everything: false, changed: new Set(), removed: new Set(), problem: null };
        const { monitor, leave } = join(session, watcher);
        try {
          await together(
            sink.signal,
            (signal) => pump(sink, bell, () => changeFor(monitor, watcher), signal),
            (signal) => untilAborted(monitor.reading, signal),
          );
        } finally {
          leave();
        }
      }),

    dependants: ({ machineId, name }, signal) =>
      onMachine(context, machineId, (session) => readDependants(session, name, signal)),

    dependencies: ({ machineId, name }, signal) =>
      onMachine(context, machineId, (session) =>
        session.run(
          async (client, within) => {
            const names = (await readDependencies(client, within)).dependenciesOf(name);
            const wanted = new Set(names.map((needed) => needed.toLowerCase()));
            return (await readServices(client, within)).filter((entry) => wanted.has(entry.name.toLowerCase()));
          },
          { signal, urgent: true },
        ),
      ),

    control: ({ machineId, name, action, withDependants }, sink) =>
      onMachine(context, machineId, async (session) => {
        try {
          await controlService({
            session,
            name,
            action,
            withDependants,
            signal: sink.signal,
            now: context.now,
            sleep,
            seen: (windowsService) => note(machineId, windowsService),
            push: (progress) => sink.push(progress),
          });
        } finally {
          monitors.get(machineId)?.poke.ring();
        }
      }),

    setStartMode: ({ machineId, name, startMode }, signal) =>
      onMachine(context, machineId, async (session) => {
        const windowsService = await changeStartMode(session, name, startMode, signal);
        note(machineId, windowsService);
        return windowsService;
      }),
  };
}

/** As the promise, or rejected when the signal aborts. */
function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    promise.then(resolve, reject);
  });
}

function same(a: WindowsService | undefined, b: WindowsService): boolean {
  if (a === undefined) return false;
  return (Object.keys(b) as (keyof WindowsService)[]).every((key) => a[key] === b[key]);
}
