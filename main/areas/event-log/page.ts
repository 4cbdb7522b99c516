import type { EventEntry, EventFilter, EventPage } from '../../../shared/contract/event-log.ts';
import {
  decodeInstance,
  isWindowsEvent,
  readWindowsEvent,
  resourceUris,
  subscribe,
  type WSManClient,
  wql,
} from '../../wsman/index.ts';
import { select } from '../query.ts';
import { entryOfEvent, entryOfWmi, logEventSchema } from './entries.ts';
import { passes, queryList, wqlCondition } from './filter-queries.ts';

/** Entries of a page. */
export const pageSize = 200;
/** A text that hardly occurs is not looked for through a whole log at once: going on is the user's choice. */
const mostLookedAt = 4000;
/** Items of one answer: messages are long, and an envelope holds 150 KiB on older stacks. */
const batchItems = 100;

/**
 * The newest events of a classic log by WQL on Win32_NTLogEvent, whose provider reads backwards; the enumeration is left as soon as the page
 * is full. Throws as a client's calls do.
 */
export async function pageByWql(
  client: WSManClient,
  log: string,
  filter: EventFilter,
  before: bigint | null,
  now: number,
  signal: AbortSignal,
): Promise<EventPage> {
  const text = select(logEventSchema, 'Win32_NTLogEvent', wqlCondition(log, filter, now, { before }));
  const entries: EventEntry[] = [];
  let lookedAt = 0;
  let oldest: EventEntry | null = null;
  const batches = client.enumerate(
    { resourceUri: wql() },
    { filter: { dialect: 'wql', text }, maxElements: batchItems, signal },
  );
  let isWhole = true;
  reading: for await (const batch of batches) {
    for (const element of batch) {
      const entry = entryOfWmi(log, decodeInstance(element, logEventSchema));
      if (entry === null) continue;
      if (entries.length >= pageSize || lookedAt >= mostLookedAt) {
        isWhole = false;
        break reading;
      }
      lookedAt += 1;
      oldest = oldest === null || entry.recordId < oldest.recordId ? entry : oldest;
      if (passes(entry, filter, now, 'wql')) entries.push(entry);
    }
  }
  entries.sort(newestFirst);
  return {
    entries,
    before: isWhole || oldest === null ? null : oldest.recordId,
    lookedAt,
    lookedBackTo: isWhole || oldest === null ? null : oldest.at,
    by: 'wql',
    query: text,
    readAt: now,
  };
}

/** How far back each attempt looks until a page is full; the last one looks at everything. */
const spansMs = [86_400_000, 31 * 86_400_000, null] as const;
/** The target says so often that there is nothing more. */
const quietMs = 1000;
/** After so many empty deliveries in a row all that was there has been delivered: one may only say that the target is still looking. */
const quietTimes = 3;
/** Reading a page takes no longer, whatever the channel still delivers. */
const longestMs = 30_000;

/**
 * The newest events of a channel. The event log delivers its existing events oldest first, so it is asked for a day, then a month, then for
 * everything, until a page is full. A page that was cut short, by time or by the target, says that it is not whole.
 * Throws SubscriptionNotOfferedError where it offers no subscription.
 */
export async function pageBySubscription(
  client: WSManClient,
  log: string,
  filter: EventFilter,
  before: bigint | null,
  now: number,
  signal: AbortSignal,
  withinMs = longestMs,
): Promise<EventPage> {
  const limitAt = filter.withinMs === null ? null : now - filter.withinMs;
  const patience = AbortSignal.timeout(withinMs);
  let narrower: EventPage | null = null;
  for (const span of spansMs) {
    const spanAt = span === null ? null : now - span;
    const isLast = spanAt === null || (limitAt !== null && spanAt <= limitAt);
    const sinceAt = limitAt === null ? spanAt : Math.max(limitAt, spanAt ?? limitAt);
    const bounds = { before, sinceAt };
    const { entries, lookedAt, dropped, cut } = await readAll(
      client,
      log,
      filter,
      bounds,
      isLast,
      now,
      signal,
      patience,
    );
    // What comes first is the oldest: a wider look that was cut short lacks the newest, which the narrower one has.
    if (cut && narrower !== null) return narrower;
    const oldest = entries.at(-1) ?? null;
    const isWhole = isLast && !dropped && !cut;
    const page: EventPage = {
      entries,
      before: isWhole || oldest === null ? null : oldest.recordId,
      lookedAt,
      lookedBackTo: isWhole ? null : (oldest?.at ?? sinceAt ?? now),
      by: 'subscription',
      query: queryList(log, filter, bounds),
      readAt: now,
    };
    if (isLast || cut || entries.length >= pageSize) return page;
    narrower = page;
  }
  throw new Error('The last span looks at everything.');
}

/**
 * Everything that is there, of which the newest page is kept. `cut`: it ended, or `patience` did, before all that was there had come. What
 * happens meanwhile is delivered too; the first of it ends a page, unless there is more behind it: then it is the target's clock that is ahead.
 */
async function readAll(
  client: WSManClient,
  log: string,
  filter: EventFilter,
  bounds: { readonly before: bigint | null; readonly sinceAt: number | null },
  isLast: boolean,
  now: number,
  signal: AbortSignal,
  patience: AbortSignal,
): Promise<{ entries: EventEntry[]; lookedAt: number; dropped: boolean; cut: boolean }> {
  const kept: EventEntry[] = [];
  let lookedAt = 0;
  let dropped = false;
  let cut = true;
  let quiet = 0;
  const subscription = await subscribe(client, {
    resourceUri: resourceUris.eventLog,
    filter: { dialect: 'eventquery', queryList: queryList(log, filter, bounds) },
    from: 'earliest',
    contentFormat: 'RenderedText',
    heartbeatMs: quietMs,
    timeoutMs: quietMs * 3,
    maxElements: batchItems,
    signal,
  });
  for await (const { events } of subscription) {
    quiet = events.length === 0 ? quiet + 1 : 0;
    let isPast = false;
    for (const item of events) {
      if (!isWindowsEvent(item)) continue;
      const entry = entryOfEvent(log, readWindowsEvent(item));
      lookedAt += 1;
      if (entry === null) continue;
      isPast ||= entry.at > now;
      if (passes(entry, filter, now, 'subscription')) kept.push(entry);
    }
    if (kept.length > pageSize) {
      kept.sort(newestFirst);
      kept.length = pageSize;
      dropped = true;
    }
    // What a look that is followed by a wider one has missed comes with that one.
    const enough = isLast || dropped || kept.length >= pageSize ? quietTimes : 1;
    cut = quiet < enough && !(isPast && events.length < batchItems);
    if (!cut || patience.aborted) break;
  }
  return { entries: kept.sort(newestFirst), lookedAt, dropped, cut };
}

const newestFirst = (a: EventEntry, b: EventEntry): number =>
  a.recordId < b.recordId ? 1 : a.recordId > b.recordId ? -1 : 0;
