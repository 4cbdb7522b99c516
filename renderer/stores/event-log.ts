import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ConsoleClient } from '../../shared/contract/contract.ts';
import type {
  EventDetails,
  EventEntry,
  EventFilter,
  EventLogList,
  EventPage,
  EventTailChange,
  SavedEventFilter,
} from '../../shared/contract/event-log.ts';
import type { Problem } from '../../shared/contract/problem.ts';
import { attach, consoleClient } from '../host/connect.ts';
import { problemOf } from './problem-of.ts';
import { type Attach, standingStreams } from './standing-stream.ts';

export const noFilter: EventFilter = { levels: [], source: '', ids: '', withinMs: null, text: '' };

/** How news comes, as the console said last; null before it has. */
export type TailHow = Extract<EventTailChange, { kind: 'how' }> | null;

export interface MachineEvents {
  readonly list: EventLogList | null;
  readonly listProblem: Problem | null;
  /** Names of all channels; null before somebody has asked for them. */
  readonly channels: readonly string[] | null;
  readonly log: string;
  readonly filter: EventFilter;
  /** Newest first. */
  readonly entries: readonly EventEntry[];
  /** Go on behind this record; null: there is nothing older. */
  readonly before: bigint | null;
  readonly page: Pick<EventPage, 'by' | 'lookedAt' | 'lookedBackTo' | 'query' | 'readAt'> | null;
  readonly reading: 'first' | 'older' | null;
  readonly problem: Problem | null;
  /** The user wants news to come by themselves. */
  readonly live: boolean;
  readonly how: TailHow;
  /** When the tail last gave a sign of life. */
  readonly heardAt: number | null;
  readonly tailProblem: Problem | null;
  readonly gap: string | null;
  /** How many have come in front of the list since it was read. */
  readonly arrived: number;
}

export interface EventLogStore {
  readonly state: StoreApi<Readonly<Record<string, MachineEvents>>>;
  readonly saved: StoreApi<{ readonly filters: readonly SavedEventFilter[]; readonly problem: Problem | null }>;
  /** Somebody looks: reads what was never read, and follows while `live`. */
  watch(machineId: string): () => void;
  refresh(machineId: string): void;
  /** Another log, or another filter: reads its newest page. */
  show(machineId: string, change: { readonly log?: string; readonly filter?: EventFilter }): void;
  older(machineId: string): Promise<void>;
  setLive(machineId: string, live: boolean): void;
  dismissGap(machineId: string): void;
  readChannels(machineId: string): Promise<void>;
  /** Rejects with a ProblemError. */
  details(machineId: string, entry: EventEntry, signal: AbortSignal): Promise<EventDetails>;
  saveFilter(saved: SavedEventFilter): Promise<void>;
  removeFilter(name: string): Promise<void>;
}

/** Most that one list holds: beyond it the oldest are let go, and going back ends. */
export const mostEntries = 5000;

const untouched: MachineEvents = {
  list: null,
  listProblem: null,
  channels: null,
  log: 'System',
  filter: noFilter,
  entries: [],
  before: null,
  page: null,
  reading: null,
  problem: null,
  live: true,
  how: null,
  heardAt: null,
  tailProblem: null,
  gap: null,
  arrived: 0,
};

export function createEventLogStore(attachTo: Attach, client: () => Pick<ConsoleClient, 'eventLog'>): EventLogStore {
  const state = createStore<Readonly<Record<string, MachineEvents>>>(() => ({}));
  const saved = createStore<{ readonly filters: readonly SavedEventFilter[]; readonly problem: Problem | null }>(
    () => ({ filters: [], problem: null }),
  );
  /** How many look at a machine, what of it is being read, and what ends following it. */
  const looking = new Map<
    string,
    {
      holders: number;
      reading: AbortController | null;
      unfollow: (() => void) | null;
      /** What is there was read for another log or filter. */
      isStale: boolean;
    }
  >();
  const lookOf = (machineId: string) => {
    const found = looking.get(machineId) ?? { holders: 0, reading: null, unfollow: null, isStale: false };
    looking.set(machineId, found);
    return found;
  };

  const get = (machineId: string): MachineEvents => state.getState()[machineId] ?? untouched;
  const put = (machineId: string, next: Partial<MachineEvents>): void => {
    state.setState((all) => ({ ...all, [machineId]: { ...(all[machineId] ?? untouched), ...next } }), true);
  };

  const streams = standingStreams<EventTailChange>(attachTo, {
    open(connected, machineId, signal) {
      const { log, filter, entries } = get(machineId);
      return connected.eventLog.tail({ machineId, log, filter, after: entries[0]?.recordId ?? null }, signal);
    },
    onItem: (machineId, change) => put(machineId, afterTail(get(machineId), change)),
    onEnd: (machineId, tailProblem) => put(machineId, { tailProblem, how: null }),
    onRelease: () => {},
  });

  const unfollow = (machineId: string): void => {
    const look = lookOf(machineId);
    look.unfollow?.();
    look.unfollow = null;
    put(machineId, { how: null, heardAt: null, tailProblem: null });
  };
  const follow = (machineId: string): void => {
    const look = lookOf(machineId);
    const { live, page } = get(machineId);
    if (look.unfollow !== null || look.holders === 0 || !live || page === null) return;
    look.unfollow = streams.hold(machineId);
    // One that still lingers has another place or filter.
    streams.reopen(machineId);
  };

  const read = async (machineId: string): Promise<void> => {
    const look = lookOf(machineId);
    look.reading?.abort();
    const mine = new AbortController();
    look.reading = mine;
    unfollow(machineId);
    put(machineId, { reading: 'first', problem: null, gap: null });
    const { log, filter } = get(machineId);
    try {
      const page = await client().eventLog.page({ machineId, log, filter, before: null }, mine.signal);
      if (mine.signal.aborted) return;
      look.isStale = false;
      put(machineId, { entries: page.entries, before: page.before, page, reading: null, arrived: 0 });
      follow(machineId);
    } catch (error) {
      if (!mine.signal.aborted) put(machineId, { problem: problemOf(error), reading: null });
    }
  };
  const readList = async (machineId: string): Promise<void> => {
    try {
      put(machineId, { list: await client().eventLog.logs({ machineId }), listProblem: null });
    } catch (error) {
      put(machineId, { listProblem: problemOf(error) });
    }
  };
  const readSaved = async (work: Promise<readonly SavedEventFilter[]>): Promise<void> => {
    try {
      saved.setState({ filters: await work, problem: null });
    } catch (error) {
      saved.setState({ problem: problemOf(error) });
    }
  };

  return {
    state,
    saved,
    watch(machineId) {
      const look = lookOf(machineId);
      look.holders += 1;
      if (look.holders === 1) {
        void readSaved(client().eventLog.savedFilters({}));
        if (get(machineId).list === null) void readList(machineId);
        if (get(machineId).page === null || look.isStale) void read(machineId);
        else follow(machineId);
      }
      let released = false;
      return () => {
        if (released) return;
        released = true;
        look.holders -= 1;
        if (look.holders > 0) return;
        look.reading?.abort();
        put(machineId, { reading: null });
        unfollow(machineId);
      };
    },
    refresh(machineId) {
      if (lookOf(machineId).holders === 0) return;
      void readList(machineId);
      void read(machineId);
    },
    show(machineId, { log = get(machineId).log, filter = get(machineId).filter }) {
      const before = get(machineId);
      const isOther = log !== before.log;
      // Until it was read for these.
      lookOf(machineId).isStale = true;
      put(machineId, { log, filter, ...(isOther ? { entries: [], page: null, before: null } : {}) });
      void read(machineId);
    },
    async older(machineId) {
      const { log, filter, before, reading, entries: shown } = get(machineId);
      if (before === null || reading !== null || shown.length >= mostEntries) return;
      const look = lookOf(machineId);
      const mine = new AbortController();
      look.reading = mine;
      put(machineId, { reading: 'older', problem: null });
      try {
        const page = await client().eventLog.page({ machineId, log, filter, before }, mine.signal);
        if (mine.signal.aborted) return;
        const now = get(machineId);
        const entries = [...now.entries, ...page.entries];
        put(machineId, {
          ...bounded(entries, page.before),
          page: { ...page, lookedAt: (now.page?.lookedAt ?? 0) + page.lookedAt },
          reading: null,
        });
      } catch (error) {
        if (!mine.signal.aborted) put(machineId, { problem: problemOf(error), reading: null });
      }
    },
    setLive(machineId, live) {
      put(machineId, { live });
      if (live) follow(machineId);
      else unfollow(machineId);
    },
    dismissGap: (machineId) => put(machineId, { gap: null }),
    async readChannels(machineId) {
      if (get(machineId).channels !== null) return;
      try {
        put(machineId, { channels: await client().eventLog.channels({ machineId }) });
      } catch {
        // A name can still be typed; the list is only a help.
        put(machineId, { channels: [] });
      }
    },
    details: (machineId, { log, recordId }, signal) => client().eventLog.details({ machineId, log, recordId }, signal),
    saveFilter: (one) => readSaved(client().eventLog.saveFilter(one)),
    removeFilter: (name) => readSaved(client().eventLog.removeFilter({ name })),
  };
}

/** At most as many as a list holds; the oldest go, and what is older than the rest is asked for behind it. */
function bounded(entries: readonly EventEntry[], before: bigint | null): Pick<MachineEvents, 'entries' | 'before'> {
  if (entries.length <= mostEntries) return { entries, before };
  const kept = entries.slice(0, mostEntries);
  return { entries: kept, before: kept.at(-1)?.recordId ?? before };
}

/** What one word of the tail changes. Pure, so that it can be tested without a console. */
export function afterTail(now: MachineEvents, change: EventTailChange): Partial<MachineEvents> {
  switch (change.kind) {
    case 'how':
      return { how: change, tailProblem: null };
    case 'gap':
      return { gap: change.why, heardAt: change.at };
    case 'problem':
      return { tailProblem: change.problem };
    case 'events': {
      const alive = { heardAt: change.at, tailProblem: null };
      if (change.entries.length === 0) return alive;
      // A page that was read meanwhile may hold some of them already.
      const known = new Set(now.entries.slice(0, 1000).map(({ recordId }) => recordId));
      const fresh = change.entries.filter(({ recordId }) => !known.has(recordId)).toReversed();
      return {
        ...alive,
        ...bounded([...fresh, ...now.entries], now.before),
        arrived: now.arrived + fresh.length,
      };
    }
  }
}

export const eventLogStore: EventLogStore = createEventLogStore(attach, consoleClient);
