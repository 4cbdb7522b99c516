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
/** When nothing more comes for so long, all that was there has been delivered. */
const quietMs = 1000;

/**
 * The newest events of a channel. The event log delivers its existing events oldest first, so it is asked for a day, then a month, then for
 * everything, until a page is full. Throws SubscriptionNotOfferedError where it offers no subscription.
 */
export async function pageBySubscription(
  client: WSManClient,
  log: string,
  filter: EventFilter,
  before: bigint | null,
  now: number,
  signal: AbortSignal,
): Promise<EventPage> {
  const limitAt = filter.withinMs === null ? null : now - filter.withinMs;
  for (const span of spansMs) {
    const spanAt = span === null ? null : now - span;
    const isLast = spanAt === null || (limitAt !== null && spanAt <= limitAt);
    const sinceAt = limitAt === null ? spanAt : Math.max(limitAt, spanAt ?? limitAt);
    const { entries, lookedAt, dropped } = await readAll(client, log, filter, { before, sinceAt }, now, signal);
    if (!isLast && entries.length < pageSize) continue;
    const oldest = entries.at(-1) ?? null;
    const isWhole = isLast && !dropped;
    return {
      entries,
      before: isWhole || oldest === null ? null : oldest.recordId,
      lookedAt,
      lookedBackTo: isWhole ? null : (oldest?.at ?? sinceAt),
      by: 'subscription',
      query: queryList(log, filter, { before, sinceAt }),
      readAt: now,
    };
  }
  throw new Error('The last span looks at everything.');
}

/** Everything that is there, of which the newest page is kept. */
async function readAll(
  client: WSManClient,
  log: string,
  filter: EventFilter,
  bounds: { readonly before: bigint | null; readonly sinceAt: number | null },
  now: number,
  signal: AbortSignal,
): Promise<{ entries: EventEntry[]; lookedAt: number; dropped: boolean }> {
  const kept: EventEntry[] = [];
  let lookedAt = 0;
  let dropped = false;
  const subscription = await subscribe(client, {
    resourceUri: resourceUris.eventLog,
    filter: { dialect: 'eventquery', queryList: queryList(log, filter, bounds) },
    from: 'earliest',
    contentFormat: 'RenderedText',
    heartbeatMs: quietMs,
    timeoutMs: quietMs * 5,
    maxElements: batchItems,
    signal,
  });
  for await (const { events } of subscription) {
    if (events.length === 0) break;
    for (const item of events) {
      if (!isWindowsEvent(item)) continue;
      const entry = entryOfEvent(log, readWindowsEvent(item));
      lookedAt += 1;
      if (entry !== null && passes(entry, filter, now, 'subscription')) kept.push(entry);
    }
    if (kept.length > pageSize) {
      kept.sort(newestFirst);
      kept.length = pageSize;
      dropped = true;
    }
  }
  return { entries: kept.sort(newestFirst), lookedAt, dropped };
}

const newestFirst = (a: EventEntry, b: EventEntry): number =>
  a.recordId < b.recordId ? 1 : a.recordId > b.recordId ? -1 : 0;
