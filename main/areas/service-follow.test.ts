import { expect, test } from 'vitest';
import type { WindowsService, WindowsServiceState } from '../../shared/contract/windows-services.ts';
import { followLimitMs, followService } from './service-follow.ts';

const service = (state: WindowsServiceState, exitCode: number | null = null): WindowsService => ({
  name: 'Spooler',
  displayName: 'Print Spooler',
  description: null,
  state,
  startMode: 'Auto',
  account: null,
  processId: null,
  path: null,
  acceptStop: true,
  acceptPause: false,
  exitCode,
});

/** A machine whose service is in the state that `at` gives for the elapsed time; the clock runs only while the follower sleeps. */
function world(at: (elapsedMs: number) => WindowsServiceState | Error) {
  let clock = 0;
  const shown: string[] = [];
  let reads = 0;
  return {
    shown,
    reads: () => reads,
    read: async () => {
      reads++;
      const state = at(clock);
      if (state instanceof Error) throw state;
      return service(state);
    },
    now: () => clock,
    sleep: async (milliseconds: number) => {
      clock += milliseconds;
    },
    progress: async ({ state }: WindowsService) => {
      shown.push(state);
    },
  };
}

test('pending is followed until it settles, and every state on the way is shown', async () => {
  const w = world((t) => (t < 300 ? 'Running' : t < 2500 ? 'Stop Pending' : 'Stopped'));
  const outcome = await followService('Running', 'Stopped', w);
  expect(outcome).toMatchObject({ kind: 'settled', windowsService: { state: 'Stopped' } });
  expect(new Set(w.shown)).toEqual(new Set(['Running', 'Stop Pending']));
});

test('a service that starts and ends again has not started', async () => {
  const w = world((t) => (t < 1000 ? 'Start Pending' : 'Stopped'));
  expect(await followService('Stopped', 'Running', w)).toMatchObject({
    kind: 'other-state',
    windowsService: { state: 'Stopped' },
  });
  expect(w.now()).toBeLessThan(3000);
});

test('a service that shows its old state at first is given a moment, and no more', async () => {
  const slow = world((t) => (t < 3000 ? 'Running' : 'Stopped'));
  expect(await followService('Running', 'Stopped', slow)).toMatchObject({ kind: 'settled' });
  const never = world(() => 'Running');
  expect(await followService('Running', 'Stopped', never)).toMatchObject({ kind: 'other-state' });
  expect(never.now()).toBeLessThan(7000);
});

test('a service that stays pending runs into the limit, no earlier', async () => {
  const w = world(() => 'Start Pending');
  expect(await followService('Stopped', 'Running', w)).toMatchObject({ kind: 'time-over' });
  expect(w.now()).toBeGreaterThanOrEqual(followLimitMs);
  expect(w.now()).toBeLessThan(followLimitMs + 2000);
  expect(w.reads()).toBeLessThan(120);
});

test('readings that are lost now and then do not end it, three in a row do', async () => {
  let n = 0;
  const flaky = world((t) => (++n % 3 === 0 ? (t < 3000 ? 'Stop Pending' : 'Stopped') : new Error('lost')));
  expect(await followService('Running', 'Stopped', flaky)).toMatchObject({ kind: 'settled' });
  const dead = world(() => new Error('gone'));
  await expect(followService('Running', 'Stopped', dead)).rejects.toThrow('gone');
});

test('already there: settled at once', async () => {
  const w = world(() => 'Paused');
  expect(await followService('Running', 'Paused', w)).toMatchObject({ kind: 'settled' });
  expect(w.reads()).toBe(1);
});
