import { afterEach, describe, expect, test, vi } from 'vitest';
import { type ConsoleClient, contract } from '../../shared/contract/contract.ts';
import type { OverviewChange, Section } from '../../shared/contract/overview.ts';
import { ProblemError } from '../../shared/contract/problem.ts';
import { connectClient } from '../../shared/rpc/client.ts';
import type { Sink } from '../../shared/rpc/endpoint.ts';
import { memoryPortPair } from '../../shared/rpc/memory-port.ts';
import { serveContract } from '../../shared/rpc/server.ts';
import { createOverviewStore, memoryPercent, sumRates } from './overview.ts';
import { problemOf } from './problem-of.ts';

const live = <T>(value: T, readAt: number): Section<T> => ({ value, readAt, live: true, problem: null });
const cpu = (totalPercent: number | null, readAt: number) =>
  live({ totalPercent, perProcessorPercent: [], queueLength: 0, logicalProcessors: 4, speedMHz: 2900 }, readAt);

/** A console behind a memory port whose overview is written by the test. */
function consoleWith(watch: (machineId: string, sink: Sink<OverviewChange>) => Promise<void>) {
  const [mine, theirs] = memoryPortPair();
  const handlers = {
    overview: { watch: (input: { machineId: string }, sink: Sink<OverviewChange>) => watch(input.machineId, sink) },
  };
  serveContract(theirs, { overview: contract.overview }, handlers as never, problemOf);
  const client = connectClient(mine, contract) as ConsoleClient;
  const attach = (run: (client: ConsoleClient, signal: AbortSignal) => void) => {
    const stop = new AbortController();
    run(client, stop.signal);
    return () => stop.abort();
  };
  return createOverviewStore(attach);
}

const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve())));

afterEach(() => vi.useRealTimers());

describe('overview store', () => {
  test('keeps every section apart and writes live counters into their histories', async () => {
    const store = consoleWith(async (_machineId, sink) => {
      await sink.push({ cpu: { ...cpu(80, 500), live: false }, users: live([], 900) });
      await sink.push({ cpu: cpu(10, 1000) });
      await sink.push({ cpu: cpu(null, 3000) });
      await sink.push({ cpu: cpu(30, 5000) });
      await untilAborted(sink.signal);
    });
    const release = store.watch('m1');
    await vi.waitFor(() => expect(store.state.getState()['m1']?.sections.cpu?.readAt).toBe(5000));
    expect(store.history('m1', 'cpu').columns(0).series[0]).toEqual([10, null, 30]);
    expect(store.state.getState()['m1']?.sections.users?.value).toEqual([]);
    expect(store.history('m2', 'cpu').columns(0).times).toEqual([]);
    release();
  });

  test('nothing stays live when the stream fails, and it is opened again', async () => {
    let opened = 0;
    const store = consoleWith(async (_machineId, sink) => {
      opened += 1;
      await sink.push({ cpu: cpu(10 * opened, opened * 1000) });
      if (opened === 1) throw new ProblemError({ code: 'unreachable', message: 'gone', advice: [], retryable: true });
      await untilAborted(sink.signal);
    });
    const release = store.watch('m1');
    await vi.waitFor(() => expect(store.state.getState()['m1']?.problem?.code).toBe('unreachable'));
    expect(store.state.getState()['m1']?.sections.cpu).toMatchObject({ live: false, value: { totalPercent: 10 } });
    await vi.waitFor(() => expect(store.state.getState()['m1']?.sections.cpu?.live).toBe(true), 5000);
    expect(opened).toBe(2);
    expect(store.state.getState()['m1']?.problem).toBeNull();
    release();
  });

  test('one stream for any number of watchers; it ends after the last one, and its values are not live then', async () => {
    let open = 0;
    let opened = 0;
    const store = consoleWith(async (_machineId, sink) => {
      open += 1;
      opened += 1;
      await sink.push({ cpu: cpu(50, 1000) });
      await untilAborted(sink.signal);
      open -= 1;
    });
    const first = store.watch('m1');
    const second = store.watch('m1');
    await vi.waitFor(() => expect(store.state.getState()['m1']?.sections.cpu?.live).toBe(true));
    first();
    first();
    // Left and entered at once, as StrictMode does: the stream stays.
    second();
    const third = store.watch('m1');
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect({ open, opened }).toEqual({ open: 1, opened: 1 });
    third();
    await vi.waitFor(() => expect(open).toBe(0));
    expect(store.state.getState()['m1']?.sections.cpu?.live).toBe(false);
  });

  test('refresh opens the stream anew', async () => {
    let opened = 0;
    const store = consoleWith(async (_machineId, sink) => {
      opened += 1;
      await sink.push({ cpu: cpu(50, opened * 1000) });
      await untilAborted(sink.signal);
    });
    const release = store.watch('m1');
    await vi.waitFor(() => expect(opened).toBe(1));
    store.refresh('m1');
    await vi.waitFor(() => expect(store.state.getState()['m1']?.sections.cpu?.readAt).toBe(2000));
    release();
  });
});

describe('a console that goes away', () => {
  test('leaves nothing live, and is watched again when it is back', async () => {
    const consoles: { lose: () => void }[] = [];
    let runs: ((client: ConsoleClient, signal: AbortSignal) => void)[] = [];
    const connect = () => {
      const [mine, theirs] = memoryPortPair();
      const watch = async (_input: unknown, sink: Sink<OverviewChange>) => {
        await sink.push({ cpu: cpu(10, 1000 * (consoles.length + 1)) });
        await untilAborted(sink.signal);
      };
      serveContract(theirs, { overview: contract.overview }, { overview: { watch } } as never, problemOf);
      const client = connectClient(mine, contract) as ConsoleClient;
      const lost = new AbortController();
      consoles.push({ lose: () => lost.abort() });
      for (const run of runs) run(client, lost.signal);
    };
    const store = createOverviewStore((run) => {
      runs.push(run);
      return () => {
        runs = runs.filter((one) => one !== run);
      };
    });
    const release = store.watch('m1');
    connect();
    const live = () => store.state.getState()['m1']?.sections.cpu?.live;
    await vi.waitFor(() => expect(live()).toBe(true));
    consoles[0]?.lose();
    await vi.waitFor(() => expect(live()).toBe(false));
    expect(store.state.getState()['m1']?.problem?.code).toBe('disconnected');
    connect();
    await vi.waitFor(() => expect(live()).toBe(true));
    release();
    await vi.waitFor(() => expect(runs).toEqual([]));
  });
});

test('memory in use is a share of the total, and unknown without one', () => {
  expect(memoryPercent({ totalBytes: 200n, availableBytes: 50n })).toBe(75);
  expect(memoryPercent({ totalBytes: 0n, availableBytes: 0n })).toBeNull();
});

test('rates of adapters add up; unknown only where none is known', () => {
  expect(sumRates([1, null, 2])).toBe(3);
  expect(sumRates([null, null])).toBeNull();
  expect(sumRates([])).toBeNull();
});
