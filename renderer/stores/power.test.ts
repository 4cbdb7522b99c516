import { describe, expect, test, vi } from 'vitest';
import { type ConsoleClient, contract } from '../../shared/contract/contract.ts';
import type { PowerPhase, PowerProgress } from '../../shared/contract/power.ts';
import { ProblemError } from '../../shared/contract/problem.ts';
import { connectClient } from '../../shared/rpc/client.ts';
import type { Sink } from '../../shared/rpc/endpoint.ts';
import { memoryPortPair } from '../../shared/rpc/memory-port.ts';
import { serveContract } from '../../shared/rpc/server.ts';
import { createPowerStore } from './power.ts';
import { problemOf } from './problem-of.ts';

const step = (phase: PowerPhase): PowerProgress => ({
  phase,
  elapsedMs: 1000,
  limitMs: 600_000,
  bootBeforeAt: 1,
  bootAfterAt: phase === 'done' ? 2 : null,
  words: phase,
});

function open(run: (machineId: string, sink: Sink<PowerProgress>) => Promise<void>) {
  const [mine, theirs] = memoryPortPair();
  const handlers = {
    power: { run: (input: { machineId: string }, sink: Sink<PowerProgress>) => run(input.machineId, sink) },
  };
  serveContract(theirs, { power: contract.power }, handlers as never, problemOf);
  const client = connectClient(mine, contract) as ConsoleClient;
  return { store: createPowerStore(() => client), close: () => mine.close('gone') };
}

const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve())));

describe('restart and shut down', () => {
  test('each machine is followed on its own to its end state', async () => {
    const { store } = open(async (machineId, sink) => {
      await sink.push(step('asked'));
      await sink.push(step('down'));
      await sink.push(step(machineId === 'a' ? 'done' : 'did-not-come-back'));
    });
    store.run(['a', 'b'], 'restart', true);
    await vi.waitFor(() =>
      expect(Object.values(store.state.getState()).map((run) => run.stage)).toEqual(['ended', 'ended']),
    );
    expect(store.state.getState()['a']).toMatchObject({
      action: 'restart',
      force: true,
      problem: null,
      progress: { phase: 'done' },
    });
    expect(store.state.getState()['b']).toMatchObject({ problem: null, progress: { phase: 'did-not-come-back' } });
    store.dismiss('a');
    expect(Object.keys(store.state.getState())).toEqual(['b']);
  });

  test('a refusal is kept with its code; one machine is not asked twice while it is followed', async () => {
    let asked = 0;
    const { store } = open(async (machineId, sink) => {
      asked += 1;
      if (machineId === 'a') {
        const operation = { method: 'Win32Shutdown', returnValue: 1314, meaning: 'a required privilege is not held' };
        throw new ProblemError({
          code: 'operation-failed',
          message: 'refused',
          advice: [],
          retryable: false,
          operation,
        });
      }
      await sink.push(step('going-down'));
      await untilAborted(sink.signal);
    });
    store.run(['a', 'b'], 'restart', false);
    await vi.waitFor(() => expect(store.state.getState()['a']?.stage).toBe('ended'));
    await vi.waitFor(() => expect(store.state.getState()['b']?.progress?.phase).toBe('going-down'));
    expect(store.state.getState()['a']?.problem?.operation?.returnValue).toBe(1314);
    store.run(['b'], 'shut-down', false);
    store.dismiss('b');
    expect(store.state.getState()['b']).toMatchObject({ action: 'restart', stage: 'following' });
    expect(asked).toBe(2);
    store.stopFollowing('b');
    await vi.waitFor(() => expect(store.state.getState()['b']).toBeUndefined());
  });

  test('a stream that ends early or a lost console is no success', async () => {
    const { store, close } = open(async (machineId, sink) => {
      await sink.push(step('asked'));
      if (machineId === 'b') await untilAborted(sink.signal);
    });
    store.run(['a', 'b'], 'restart', false);
    await vi.waitFor(() => expect(store.state.getState()['a']?.problem?.code).toBe('outcome-unknown'));
    close();
    await vi.waitFor(() => expect(store.state.getState()['b']?.problem?.code).toBe('disconnected'));
  });

  test('a fleet is asked 32 at a time, the rest waits and is asked as places become free', async () => {
    const ids = Array.from({ length: 40 }, (_, index) => `m${index}`);
    const finish: (() => void)[] = [];
    const { store } = open(async (_machineId, sink) => {
      await new Promise<void>((resolve) => finish.push(resolve));
      await sink.push(step('done'));
    });
    store.run(ids, 'restart', false);
    await vi.waitFor(() => expect(finish).toHaveLength(32));
    expect(Object.values(store.state.getState()).filter((run) => run.stage === 'queued')).toHaveLength(8);
    store.stopFollowing('m39');
    finish[0]?.();
    await vi.waitFor(() => expect(finish).toHaveLength(33));
    for (let next = 1; next < 39; next += 1) {
      await vi.waitFor(() => expect(finish.length).toBeGreaterThan(next));
      finish[next]?.();
    }
    await vi.waitFor(() =>
      expect(Object.values(store.state.getState()).every((run) => run.stage === 'ended')).toBe(true),
    );
    expect(finish).toHaveLength(39);
  });
});
