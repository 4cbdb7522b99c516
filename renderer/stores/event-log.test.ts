import { describe, expect, test } from 'vitest';
import type { ConsoleClient } from '../../shared/contract/contract.ts';
import type { EventEntry, EventPage, EventTailChange } from '../../shared/contract/event-log.ts';
import { afterTail, createEventLogStore, type MachineEvents, mostEntries } from './event-log.ts';
import type { Attach } from './standing-stream.ts';

const entry = (id: number): EventEntry => ({
  log: 'System',
  recordId: BigInt(id),
  level: 'error',
  source: 's',
  eventId: 1,
  at: id,
  task: null,
  user: null,
  computer: null,
  message: `m${id}`,
  data: [],
});
const page = (ids: readonly number[], before: number | null): EventPage => ({
  entries: ids.map(entry),
  before: before === null ? null : BigInt(before),
  lookedAt: ids.length,
  lookedBackTo: null,
  by: 'wql',
  query: 'q',
  readAt: 1,
});
const idsOf = (view: { entries?: readonly EventEntry[] } | undefined): number[] =>
  (view?.entries ?? []).map(({ recordId }) => Number(recordId));

/** A console that answers as the test says, and remembers what it was asked. */
function consoleOf(answers: { page: (before: bigint | null) => Promise<EventPage> }) {
  const asked: string[] = [];
  const tails: { after: bigint | null; push: (change: EventTailChange) => void; ended: boolean }[] = [];
  const eventLog = {
    logs: async () => ({ logs: [], readAt: 1, offersChannels: true }),
    savedFilters: async () => [],
    page: ({ log, before }: { log: string; before: bigint | null }) => {
      asked.push(`${log} ${before}`);
      return answers.page(before);
    },
    tail: ({ after }: { after: bigint | null }, signal: AbortSignal) => {
      const queue: EventTailChange[] = [];
      let wake = () => {};
      const tail = {
        after,
        ended: false,
        push: (change: EventTailChange) => {
          queue.push(change);
          wake();
        },
      };
      tails.push(tail);
      signal.addEventListener('abort', () => {
        tail.ended = true;
        wake();
      });
      return (async function* () {
        while (!signal.aborted) {
          yield* queue.splice(0);
          if (!signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
        }
      })();
    },
  };
  const client = { eventLog } as unknown as ConsoleClient;
  const attach: Attach = (run) => {
    const lost = new AbortController();
    run(client, lost.signal);
    return () => lost.abort();
  };
  return { asked, tails, store: createEventLogStore(attach, () => client) };
}
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

describe('the list of a machine', () => {
  test('follows behind its newest, and takes what comes in front', async () => {
    const { store, tails } = consoleOf({ page: async () => page([5, 4, 3], 3) });
    const leave = store.watch('a');
    await settled();
    expect(tails.filter(({ ended }) => !ended).map(({ after }) => after)).toEqual([5n]);
    tails.at(-1)!.push({ kind: 'how', by: 'subscription' });
    tails.at(-1)!.push({ kind: 'events', entries: [entry(6), entry(7)], at: 99 });
    await settled();
    expect(idsOf(store.state.getState()['a'])).toEqual([7, 6, 5, 4, 3]);
    expect(store.state.getState()['a']).toMatchObject({ arrived: 2, heardAt: 99, how: { by: 'subscription' } });
    leave();
  });

  test('goes back behind the oldest, once at a time', async () => {
    const { store, asked } = consoleOf({
      page: async (before) => (before === null ? page([5, 4], 4) : page([3, 2], null)),
    });
    const leave = store.watch('a');
    await settled();
    await Promise.all([store.older('a'), store.older('a')]);
    expect(idsOf(store.state.getState()['a'])).toEqual([5, 4, 3, 2]);
    await store.older('a');
    expect(asked).toEqual(['System null', 'System 4']);
    leave();
  });

  test('the answer for a log that was left is not shown', async () => {
    const waiting: ((answer: EventPage) => void)[] = [];
    const { store } = consoleOf({ page: () => new Promise((resolve) => waiting.push(resolve)) });
    const leave = store.watch('a');
    store.show('a', { log: 'Application' });
    waiting[1]!(page([9], null));
    await settled();
    waiting[0]!(page([1], null));
    await settled();
    expect(store.state.getState()['a']).toMatchObject({ log: 'Application', reading: null });
    expect(idsOf(store.state.getState()['a'])).toEqual([9]);
    leave();
  });
});

describe('what the tail brings', () => {
  const view = (ids: readonly number[]): MachineEvents =>
    ({ entries: ids.map(entry), before: 1n, arrived: 0 }) as unknown as MachineEvents;

  test('an event that is there already comes no second time', () => {
    const after = afterTail(view([5, 4]), { kind: 'events', entries: [entry(5), entry(6)], at: 1 });
    expect(idsOf(after)).toEqual([6, 5, 4]);
    expect(after.arrived).toBe(1);
  });
  test('a sign of life changes no list', () => {
    expect(afterTail(view([5]), { kind: 'events', entries: [], at: 7 })).toEqual({ heardAt: 7, tailProblem: null });
  });
  test('beyond the limit the oldest go, and going back begins behind the rest', () => {
    const full = Array.from({ length: mostEntries }, (_, index) => mostEntries - index + 10);
    const after = afterTail(view(full), { kind: 'events', entries: [entry(99_999)], at: 1 });
    expect(after.entries).toHaveLength(mostEntries);
    expect(idsOf(after)[0]).toBe(99_999);
    expect(after.before).toBe(after.entries!.at(-1)!.recordId);
  });
});
