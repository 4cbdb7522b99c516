import * as v from 'valibot';
import { call, of, stream } from '../rpc/endpoint.ts';
import { MachineId } from './machines.ts';
import type { Problem } from './problem.ts';

/** The event logs of one machine: which there are, what is in them, and what comes. Every text of an event is the machine's: data. */

export const EventLogName = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(256));
/** The level of an event, or what an audit says. `information` is also what carries no level at all. */
export const EventLevel = v.picklist([
  'critical',
  'error',
  'warning',
  'information',
  'verbose',
  'audit-success',
  'audit-failure',
]);
export type EventLevel = v.InferOutput<typeof EventLevel>;

/** Single ids and ranges: `4624`, `7000-7040`, separated by commas or blanks. */
const idList = /^\s*(\d{1,5}(\s*-\s*\d{1,5})?([\s,]+|$))*$/;
export const EventFilter = v.object({
  /** None: all of them. */
  levels: v.pipe(v.array(EventLevel), v.maxLength(7)),
  /** The whole name of a source (provider), empty for all. */
  source: v.pipe(v.string(), v.maxLength(256)),
  ids: v.pipe(v.string(), v.maxLength(256), v.regex(idList, 'Event ids are numbers and ranges: 4624, 7000-7040')),
  /** Only what happened in so many milliseconds before now; null for no such limit. */
  withinMs: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(60_000), v.maxValue(3660 * 86_400_000))),
  /** In message, source or data; looked for by Windeck itself, since no machine can. */
  text: v.pipe(v.string(), v.maxLength(256)),
});
export type EventFilter = v.InferOutput<typeof EventFilter>;

export const SavedEventFilter = v.object({
  name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(80)),
  /** The log that it belongs to; null for any. */
  log: v.nullable(EventLogName),
  filter: EventFilter,
});
export type SavedEventFilter = v.InferOutput<typeof SavedEventFilter>;
export const maxSavedEventFilters = 100;

export interface EventLogInfo {
  readonly name: string;
  /** A classic log is known to WMI; a channel only to the event log service, which answers subscriptions alone. */
  readonly kind: 'log' | 'channel';
  readonly records: number | null;
  readonly sizeBytes: bigint | null;
  readonly maxBytes: bigint | null;
  readonly lastWrittenAt: number | null;
}

export interface EventLogList {
  readonly logs: readonly EventLogInfo[];
  readonly readAt: number;
  /** False where this machine offers no subscription to its event log: channels are out of reach then. */
  readonly offersChannels: boolean;
}

/** One event, as much of it as a list needs. */
export interface EventEntry {
  readonly log: string;
  /** Whole number within its log. */
  readonly recordId: bigint;
  readonly level: EventLevel;
  readonly source: string;
  readonly eventId: number;
  /** WMI knows whole seconds, the event log itself more. */
  readonly at: number;
  readonly task: string | null;
  readonly user: string | null;
  readonly computer: string | null;
  /** Null: the machine has no words for it, only the values in `data`. */
  readonly message: string | null;
  /** Values without names where only WMI was asked. */
  readonly data: readonly (readonly [name: string, value: string])[];
}

export interface EventPage {
  /** Newest first. */
  readonly entries: readonly EventEntry[];
  /** Go on behind this record with the next page; null: there is nothing older, as far as the filter goes. */
  readonly before: bigint | null;
  /** Events that were looked at on this side to fill the page: more than shown where a text is looked for. */
  readonly lookedAt: number;
  /** The oldest moment that was looked at, where the page ends before the log does. */
  readonly lookedBackTo: number | null;
  /** Which way it was read. */
  readonly by: 'wql' | 'subscription';
  /** What the machine was asked: WQL, or a QueryList. */
  readonly query: string;
  readonly readAt: number;
}

export type EventTailChange =
  /** How news comes. `why` is the machine's reason where it offers no subscription. */
  | { readonly kind: 'how'; readonly by: 'subscription' }
  | { readonly kind: 'how'; readonly by: 'polling'; readonly everyMs: number; readonly why: string }
  /** Oldest first. An empty list is a sign of life. */
  | { readonly kind: 'events'; readonly entries: readonly EventEntry[]; readonly at: number }
  /** Something may be missing before what comes next. */
  | { readonly kind: 'gap'; readonly at: number; readonly why: string }
  /** It is tried again by itself. */
  | { readonly kind: 'problem'; readonly problem: Problem };

export interface EventDetails {
  /** The whole document; null where the machine gives out none. */
  readonly xml: string | null;
  /** Why there is no document. */
  readonly why: string | null;
  /** As the document says, which tells critical events from errors; null where there is none. */
  readonly level: EventLevel | null;
  readonly message: string | null;
  readonly data: readonly (readonly [name: string, value: string])[];
  readonly facts: readonly (readonly [name: string, value: string])[];
}

const Wanted = { machineId: MachineId, log: EventLogName, filter: EventFilter };
const RecordId = v.pipe(v.bigint(), v.minValue(0n));

export const eventLog = {
  logs: call(v.object({ machineId: MachineId }), of<EventLogList>()),
  /** Names of all channels that this machine knows, from its registry; empty where it does not say. */
  channels: call(v.object({ machineId: MachineId }), of<readonly string[]>()),
  /** A bounded page, newest first; `before`: only older records than this one. */
  page: call(v.object({ ...Wanted, before: v.nullable(RecordId) }), of<EventPage>()),
  /** What comes from now on; `after`: or what came behind this record. */
  tail: stream(v.object({ ...Wanted, after: v.nullable(RecordId) }), of<EventTailChange>()),
  details: call(v.object({ machineId: MachineId, log: EventLogName, recordId: RecordId }), of<EventDetails>()),
  savedFilters: call(v.object({}), of<readonly SavedEventFilter[]>()),
  /** One of the same name is replaced. */
  saveFilter: call(SavedEventFilter, of<readonly SavedEventFilter[]>()),
  removeFilter: call(v.object({ name: v.string() }), of<readonly SavedEventFilter[]>()),
};
