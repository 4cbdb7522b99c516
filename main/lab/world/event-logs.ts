import type { Clock } from './clock.ts';
import { eventTemplates } from './event-templates.ts';
import type { MachinePlan } from './machine-plan.ts';
import { createRandom, type Random } from './random.ts';

/** The event logs of one machine: what has happened before anybody looked, and what goes on happening by the clock. */
export interface LabEvent {
  readonly channel: string;
  /** Whole numbers from 1 within a log; they go on growing when old events are overwritten. */
  readonly recordId: number;
  readonly provider: string;
  readonly eventId: number;
  /** 1 critical to 5 verbose; 0 for audits. */
  readonly level: number;
  /** Of the Security log. */
  readonly audit: 'success' | 'failure' | null;
  readonly task: number;
  readonly taskName: string | null;
  readonly at: number;
  readonly userSid: string | null;
  readonly userName: string | null;
  /** Names are empty for events of classic sources. */
  readonly data: readonly (readonly [name: string, value: string])[];
  readonly message: string;
}

/** What a test writes; what it leaves out is as the template of an ordinary application event has it. */
export interface WrittenEvent {
  readonly log: string;
  readonly provider?: string;
  readonly eventId?: number;
  readonly level?: number;
  readonly message: string;
  readonly data?: readonly (readonly [name: string, value: string])[];
}

export interface LabEventLog {
  readonly name: string;
  /** Classic logs are known to WMI; the others only to the event log service itself. */
  readonly isClassic: boolean;
  readonly path: string;
  readonly maxBytes: number;
  /** Only administrators may read it. */
  readonly isRestricted: boolean;
  /** Oldest first. */
  readonly events: readonly LabEvent[];
}

export interface EventLogs {
  /** All of them, with everything that has happened until now. */
  all(): readonly LabEventLog[];
  find(name: string): LabEventLog | undefined;
  /** When the next event happens by itself, in the lab's time. */
  nextAt(): number;
  write(event: WrittenEvent): LabEvent;
  /** Resolves at the next written event, or after `milliseconds`. */
  wait(milliseconds: number): Promise<void>;
}

interface Growing {
  readonly name: string;
  readonly isClassic: boolean;
  readonly isRestricted: boolean;
  readonly maxBytes: number;
  /** How many it begins with. */
  readonly before: number;
  /** Seconds between two of its events, at least and at most. */
  readonly everySeconds: readonly [number, number];
}

const logs: readonly Growing[] = [
  {
    name: 'Application',
    isClassic: true,
    isRestricted: false,
    maxBytes: 20 << 20,
    before: 1400,
    everySeconds: [9, 70],
  },
  { name: 'System', isClassic: true, isRestricted: false, maxBytes: 20 << 20, before: 1800, everySeconds: [7, 50] },
  { name: 'Security', isClassic: true, isRestricted: true, maxBytes: 128 << 20, before: 2600, everySeconds: [3, 15] },
  { name: 'Setup', isClassic: false, isRestricted: false, maxBytes: 1 << 20, before: 40, everySeconds: [900, 3600] },
  {
    name: 'Microsoft-Windows-PowerShell/Operational',
    isClassic: false,
    isRestricted: false,
    maxBytes: 15 << 20,
    before: 220,
    everySeconds: [30, 200],
  },
];

/** A full log overwrites its oldest events; real ones hold more. */
const maxEvents = 6000;
/** So many events may happen at once when nobody has looked for long; what would have come before them is overwritten already. */
const maxCatchUp = 400;

export function createEventLogs(plan: MachinePlan, clock: Clock): EventLogs {
  const state = logs.map((log, index) => {
    const random = createRandom(plan.seed ^ (0xe7e0 + index));
    return { log, random, events: [] as LabEvent[], lastId: random.between(3, 900) * 100, nextAt: 0 };
  });
  const waiting = new Set<() => void>();

  const append = (entry: (typeof state)[number], event: Omit<LabEvent, 'recordId' | 'channel'>): LabEvent => {
    const made: LabEvent = { ...event, channel: entry.log.name, recordId: ++entry.lastId };
    entry.events.push(made);
    if (entry.events.length > maxEvents) entry.events.splice(0, entry.events.length - maxEvents);
    return made;
  };
  const gapMs = ({ log, random }: (typeof state)[number]): number =>
    random.between(log.everySeconds[0] * 1000, log.everySeconds[1] * 1000);

  const startedAt = clock.now();
  for (const entry of state) {
    let at = startedAt;
    const times: number[] = [];
    for (let count = 0; count < entry.log.before; count++) {
      at -= gapMs(entry) * 6;
      times.push(at);
    }
    for (const time of times.reverse()) append(entry, happens(plan, entry.log.name, time, entry.random));
    entry.nextAt = startedAt + gapMs(entry);
  }

  function catchUp(): void {
    const now = clock.now();
    for (const entry of state) {
      const [least, most] = entry.log.everySeconds;
      const longestAgo = now - ((least + most) / 2) * 1000 * maxCatchUp;
      if (entry.nextAt < longestAgo) entry.nextAt = longestAgo;
      while (entry.nextAt <= now) {
        append(entry, happens(plan, entry.log.name, entry.nextAt, entry.random));
        entry.nextAt += gapMs(entry);
      }
    }
  }
  const view = ({ log, events }: (typeof state)[number]): LabEventLog => ({
    ...log,
    path: `%SystemRoot%\\System32\\Winevt\\Logs\\${log.name.replace('/', '%4')}.evtx`,
    events,
  });

  return {
    all() {
      catchUp();
      return state.map(view);
    },
    find(name) {
      catchUp();
      const found = state.find(({ log }) => log.name.toLowerCase() === name.trim().toLowerCase());
      return found && view(found);
    },
    nextAt: () => Math.min(...state.map(({ nextAt }) => nextAt)),
    write({ log, provider = 'Windeck Lab', eventId = 1000, level = 4, message, data = [] }) {
      catchUp();
      const entry = state.find((candidate) => candidate.log.name.toLowerCase() === log.toLowerCase());
      if (!entry) throw new Error(`There is no log ${log}.`);
      const written = append(entry, {
        provider,
        eventId,
        level,
        audit: entry.log.isRestricted ? 'success' : null,
        task: 0,
        taskName: null,
        at: clock.now(),
        userSid: null,
        userName: null,
        data,
        message,
      });
      for (const wake of [...waiting]) wake();
      return written;
    },
    wait(milliseconds) {
      return new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          waiting.delete(done);
          resolve();
        };
        const timer = setTimeout(done, Math.max(0, milliseconds));
        waiting.add(done);
      });
    },
  };
}

function happens(
  plan: MachinePlan,
  channel: string,
  at: number,
  random: Random,
): Omit<LabEvent, 'recordId' | 'channel'> {
  const templates = eventTemplates[channel]!;
  // The first of a log are the usual ones.
  const index = Math.floor(random.next() ** 2 * templates.length);
  const template = templates[index]!;
  const data = template.data(random, plan);
  let message = template.message;
  for (const [position, [, value]] of data.entries()) message = message.replaceAll(`%${position + 1}`, value);
  return {
    provider: template.provider,
    eventId: template.eventId,
    level: template.level,
    audit: template.audit ?? null,
    task: template.task ?? 0,
    taskName: template.taskName ?? null,
    at,
    userSid: template.bySystem ? 'S-1-5-18' : null,
    userName: template.bySystem ? 'NT AUTHORITY\\SYSTEM' : null,
    data,
    message,
  };
}
