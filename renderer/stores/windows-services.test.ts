import { describe, expect, test, vi } from 'vitest';
import { type ConsoleClient, contract } from '../../shared/contract/contract.ts';
import { ProblemError } from '../../shared/contract/problem.ts';
import type {
  ActionProgress,
  ServiceAction,
  WindowsService,
  WindowsServicesChange,
} from '../../shared/contract/windows-services.ts';
import { connectClient } from '../../shared/rpc/client.ts';
import type { Sink } from '../../shared/rpc/endpoint.ts';
import { memoryPortPair } from '../../shared/rpc/memory-port.ts';
import { serveContract } from '../../shared/rpc/server.ts';
import { problemOf } from './problem-of.ts';
import { createWindowsServicesStore, planOf, type WindowsServicesStore } from './windows-services.ts';

const service = (name: string, change: Partial<WindowsService> = {}): WindowsService => ({
  name,
  displayName: `${name} service`,
  description: null,
  state: 'Running',
  startMode: 'Auto',
  account: 'LocalSystem',
  processId: 100,
  path: null,
  acceptStop: true,
  acceptPause: false,
  exitCode: 0,
  ...change,
});

const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve())));

interface Fake {
  watch?: (sink: Sink<WindowsServicesChange>) => Promise<void>;
  control?: (
    input: { name: string; action: ServiceAction; withDependants: boolean },
    sink: Sink<ActionProgress>,
  ) => Promise<void>;
  dependants?: (input: { name: string }) => Promise<readonly WindowsService[]>;
  setStartMode?: (input: { name: string; startMode: string }) => Promise<WindowsService>;
}

async function open(list: readonly WindowsService[], fake: Fake) {
  const [mine, theirs] = memoryPortPair();
  const handlers = {
    windowsServices: {
      ...fake,
      watch: async (_input: unknown, sink: Sink<WindowsServicesChange>) => {
        await sink.push({ kind: 'all', services: list, readAt: 1, live: true });
        await (fake.watch ?? ((each) => untilAborted(each.signal)))(sink);
      },
    },
  };
  serveContract(theirs, { windowsServices: contract.windowsServices }, handlers as never, problemOf);
  const client = connectClient(mine, contract) as ConsoleClient;
  const store = createWindowsServicesStore(
    (run) => {
      const stop = new AbortController();
      run(client, stop.signal);
      return () => stop.abort();
    },
    () => client,
  );
  store.watch('m1');
  await vi.waitFor(() => expect(view(store).services).toHaveLength(list.length));
  return { store, closePort: () => mine.close('gone') };
}

const view = (store: WindowsServicesStore) => store.state.getState()['m1'] ?? expect.fail('not watched');
const records = (store: WindowsServicesStore) => view(store).actions;
const ended = (store: WindowsServicesStore) =>
  vi.waitFor(() => expect(records(store).every((record) => record.endedAt !== null)).toBe(true));

const settle = (one: WindowsService): ActionProgress => ({
  service: one,
  elapsedMs: 1000,
  limitMs: 30_000,
  settled: true,
  words: one.state,
});

describe('the list', () => {
  test('is sorted by name and keeps the objects of what did not change', async () => {
    const { store } = await open([service('Spooler'), service('appinfo')], {
      watch: async (sink) => {
        await sink.push({
          kind: 'changed',
          services: [service('Spooler', { state: 'Stopped' })],
          removed: [],
          readAt: 2,
        });
        await untilAborted(sink.signal);
      },
    });
    const before = view(store).services?.[0];
    await vi.waitFor(() => expect(view(store).readAt).toBe(2));
    expect(view(store).services?.map(({ name, state }) => [name, state])).toEqual([
      ['appinfo', 'Running'],
      ['Spooler', 'Stopped'],
    ]);
    expect(view(store).services?.[0]).toBe(before);
  });

  test('is not live after a problem, and keeps what it has', async () => {
    const { store } = await open([service('Spooler')], {
      watch: async (sink) => {
        const problem = { code: 'timeout', message: 'slow', advice: [], retryable: true } as const;
        await sink.push({ kind: 'problem', problem });
        await untilAborted(sink.signal);
      },
    });
    await vi.waitFor(() => expect(view(store).problem?.code).toBe('timeout'));
    expect(view(store)).toMatchObject({ live: false, readAt: 1 });
    expect(view(store).services).toHaveLength(1);
  });
});

describe('actions', () => {
  test('a stop is followed: pending in the list and in its record, then done', async () => {
    const { store } = await open([service('Spooler')], {
      control: async (_input, sink) => {
        const pending = service('Spooler', { state: 'Stop Pending' });
        await sink.push({ service: pending, elapsedMs: 0, limitMs: 30_000, settled: false, words: 'Stop pending' });
        await vi.waitFor(() => expect(view(store).pendingSince.get('Spooler')).toBeGreaterThan(0));
        await sink.push(settle(service('Spooler', { state: 'Stopped', processId: null })));
      },
    });
    store.run('m1', [['Spooler']], 'stop', false);
    expect(records(store)[0]).toMatchObject({ name: 'Spooler', displayName: 'Spooler service', action: 'stop' });
    await ended(store);
    expect(records(store)[0]).toMatchObject({ stage: 'done', problem: null });
    expect(view(store).services?.[0]?.state).toBe('Stopped');
    expect(view(store).pendingSince.size).toBe(0);
  });

  test('a refusal keeps code and meaning, can be retried and put away', async () => {
    let asked = 0;
    const { store } = await open([service('Spooler')], {
      control: async (_input, sink) => {
        asked += 1;
        if (asked > 1) return sink.push(settle(service('Spooler')));
        throw new ProblemError({
          code: 'operation-failed',
          message: 'Spooler did not start.',
          advice: [],
          retryable: true,
          operation: { method: 'StartService', returnValue: 10, meaning: 'already running' },
        });
      },
    });
    store.run('m1', [['Spooler']], 'start', false);
    await ended(store);
    const [refused] = records(store);
    expect(refused).toMatchObject({ stage: 'failed', dismissed: false, problem: { operation: { returnValue: 10 } } });
    store.retry('m1', refused?.id ?? -1);
    await ended(store);
    expect(records(store).map(({ stage, dismissed }) => ({ stage, dismissed }))).toEqual([
      { stage: 'done', dismissed: false },
      { stage: 'failed', dismissed: true },
    ]);
  });

  test('a lost answer is an unknown outcome, not a failure; so is a lost console', async () => {
    const { store, closePort } = await open([service('A'), service('B')], {
      control: async ({ name }, sink) => {
        if (name === 'A') {
          throw new ProblemError({ code: 'outcome-unknown', message: 'lost', advice: [], retryable: true });
        }
        await untilAborted(sink.signal);
      },
    });
    store.run('m1', [['A', 'B']], 'stop', false);
    await vi.waitFor(() => expect(records(store).find(({ name }) => name === 'A')?.stage).toBe('unknown'));
    closePort();
    await ended(store);
    expect(records(store).map(({ stage }) => stage)).toEqual(['unknown', 'unknown']);
  });

  test('losing the machine after it took the request leaves the outcome open; before that it is a failure', async () => {
    const unreachable = new ProblemError({ code: 'unreachable', message: 'no answer', advice: [], retryable: true });
    const { store } = await open([service('A'), service('B')], {
      control: async ({ name }, sink) => {
        if (name === 'A') {
          const pending = service('A', { state: 'Stop Pending' });
          await sink.push({ service: pending, elapsedMs: 0, limitMs: 30_000, settled: false, words: 'Stop Pending' });
        }
        throw unreachable;
      },
    });
    store.run('m1', [['A', 'B']], 'stop', false);
    await ended(store);
    expect(records(store).map(({ name, stage }) => [name, stage])).toEqual([
      ['B', 'failed'],
      ['A', 'unknown'],
    ]);
  });

  test('settled somewhere else than asked is a failure that names the state and the exit code', async () => {
    const { store } = await open([service('Spooler', { state: 'Stopped' })], {
      control: (_input, sink) => sink.push(settle(service('Spooler', { state: 'Stopped', exitCode: 1067 }))),
    });
    store.run('m1', [['Spooler']], 'start', false);
    await ended(store);
    expect(records(store)[0]?.stage).toBe('failed');
    expect(records(store)[0]?.problem?.message).toContain('1067');
  });

  test('a stream that ends before the service settled leaves the outcome unknown', async () => {
    const { store } = await open([service('Spooler')], { control: async () => {} });
    store.run('m1', [['Spooler']], 'stop', false);
    await ended(store);
    expect(records(store)[0]?.stage).toBe('unknown');
  });

  test('many are run four at a time, each once, and what waits can be taken back', async () => {
    const names = Array.from({ length: 10 }, (_, index) => `S${index}`);
    let running = 0;
    let most = 0;
    const finish: (() => void)[] = [];
    const { store } = await open(
      names.map((name) => service(name)),
      {
        control: async ({ name }, sink) => {
          running += 1;
          most = Math.max(most, running);
          await new Promise<void>((resolve) => finish.push(resolve));
          running -= 1;
          await sink.push(settle(service(name, { state: 'Stopped' })));
        },
      },
    );
    store.run('m1', [names], 'stop', false);
    store.run('m1', [['S0', 'S1']], 'stop', false);
    expect(records(store)).toHaveLength(10);
    await vi.waitFor(() => expect(finish).toHaveLength(4));
    finish[0]?.();
    await vi.waitFor(() => expect(finish).toHaveLength(5));
    expect(most).toBe(4);
    store.cancelQueued('m1');
    expect(records(store).map(({ name }) => name)).toEqual(['S4', 'S3', 'S2', 'S1', 'S0']);
    for (const each of finish) each();
    await ended(store);
    expect(finish).toHaveLength(5);
    expect(most).toBe(4);
  });

  test('rounds follow each other', async () => {
    const order: string[] = [];
    const { store } = await open([service('A'), service('B'), service('C')], {
      control: async ({ name }, sink) => {
        order.push(`ask ${name}`);
        await sink.push(settle(service(name, { state: 'Stopped' })));
        order.push(`done ${name}`);
      },
    });
    store.run('m1', [['B'], ['A'], ['C']], 'stop', true);
    await ended(store);
    expect(order.filter((step) => step.startsWith('ask'))).toEqual(['ask B', 'ask A', 'ask C']);
    expect(records(store).every(({ withDependants }) => withDependants)).toBe(true);
  });

  test('a start mode is set and shown at once', async () => {
    const { store } = await open([service('Spooler')], {
      setStartMode: async ({ name }) => service(name, { startMode: 'Disabled' }),
    });
    store.setStartMode('m1', ['Spooler'], 'Disabled');
    await ended(store);
    expect(records(store)[0]).toMatchObject({ action: 'set-start-mode', startMode: 'Disabled', stage: 'done' });
    expect(view(store).services?.[0]?.startMode).toBe('Disabled');
  });
});

describe('what stops with what', () => {
  const chain = {
    rpc: service('RpcSs'),
    lanman: service('LanmanWorkstation'),
    netlogon: service('Netlogon'),
    session: service('SessionEnv', { state: 'Stopped' }),
    spooler: service('Spooler'),
  };

  test('dependants come before what they need, each once; stopped ones do not appear', () => {
    const plan = planOf([
      { service: chain.rpc, dependants: [chain.netlogon, chain.session, chain.lanman, chain.spooler] },
      { service: chain.lanman, dependants: [chain.netlogon, chain.session] },
      { service: chain.spooler, dependants: [] },
    ]);
    expect(plan.order.map(({ name }) => name)).toEqual(['Spooler', 'Netlogon', 'LanmanWorkstation', 'RpcSs']);
    expect([...plan.dependants]).toEqual(['Netlogon']);
    expect(plan.rounds).toEqual([['Spooler'], ['LanmanWorkstation'], ['RpcSs']]);
  });

  test('services that nothing depends on stop side by side', () => {
    const plan = planOf([
      { service: chain.spooler, dependants: [] },
      { service: chain.netlogon, dependants: [chain.session] },
    ]);
    expect(plan.rounds).toEqual([['Spooler', 'Netlogon']]);
    expect(plan.dependants.size).toBe(0);
  });

  test('is read from the machine for every chosen service', async () => {
    const { store } = await open([chain.lanman, chain.netlogon], {
      dependants: async ({ name }) => (name === 'LanmanWorkstation' ? [chain.netlogon] : []),
    });
    const plan = await store.planStop('m1', ['LanmanWorkstation']);
    expect(plan.order.map(({ name }) => name)).toEqual(['Netlogon', 'LanmanWorkstation']);
    await expect(store.related('m1', 'Netlogon')).rejects.toBeInstanceOf(ProblemError);
  });
});
