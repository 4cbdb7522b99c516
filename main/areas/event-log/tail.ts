import type { EventEntry, EventFilter, EventTailChange } from '../../../shared/contract/event-log.ts';
import type { Sink } from '../../../shared/rpc/endpoint.ts';
import type { Session } from '../../sessions/session.ts';
import {
  type Bookmark,
  bookmarkAfter,
  decodeInstance,
  followEvents,
  isWindowsEvent,
  readWindowsEvent,
  resourceUris,
  SubscriptionNotOfferedError,
  type WSManClient,
  wql,
} from '../../wsman/index.ts';
import { type AreaContext, requireStill, sleep } from '../context.ts';
import { isAccessDenied, select } from '../query.ts';
import { deniedLog } from './denied.ts';
import { entryOfEvent, entryOfWmi, logEventSchema } from './entries.ts';
import { passes, queryList, wqlCondition } from './filter-queries.ts';

export interface TailRequest {
  readonly log: string;
  readonly filter: EventFilter;
  readonly after: bigint | null;
}

/** Of a machine that offers no subscription. Each question is a query through the end of the log. */
export const pollEveryMs = 5000;
/** Most events of one poll; what is more comes with the next one. */
const pollItems = 200;
const firstRetryMs = 1000;
const longestRetryMs = 30_000;
/** The target says so often that it is there. */
const heartbeatMs = 10_000;

/**
 * Follows a log until the reader goes: by subscription, or by asking every few seconds where there is none. Where it stopped is kept, so that a
 * lost connection loses nothing; where it cannot be known, the gap is said. Nothing is read ahead of the reader.
 */
export async function followLog(
  context: AreaContext,
  session: Session,
  { log, filter, after }: TailRequest,
  sink: Sink<EventTailChange>,
): Promise<void> {
  const place: Place = {
    bookmark: after === null ? null : bookmarkAfter(log, after),
    recordId: after,
    polls: null,
    seenAny: false,
  };
  let wait = firstRetryMs;
  for (;;) {
    requireStill(context, session);
    const work = place.polls === null ? bySubscription : byPolling;
    try {
      await session.run(
        (client, within) =>
          work(
            client,
            log,
            filter,
            place,
            within,
            async (change) => {
              wait = firstRetryMs;
              await sink.push(change);
            },
            context.now,
          ),
        { signal: sink.signal, urgent: !place.seenAny },
      );
    } catch (error) {
      sink.signal.throwIfAborted();
      if (error instanceof SubscriptionNotOfferedError && place.polls === null) {
        place.polls = error.message;
        continue;
      }
      const problem = isAccessDenied(error)
        ? deniedLog(context, session.id, log, error).problem
        : context.toProblem(error, session.id);
      await sink.push({ kind: 'problem', problem });
    }
    await sleep(wait, sink.signal);
    wait = Math.min(longestRetryMs, wait * 2);
  }
}

interface Place {
  bookmark: Bookmark | null;
  recordId: bigint | null;
  /** Why it is polled. */
  polls: string | null;
  /** It was followed before: whoever goes on without a place has a gap. */
  seenAny: boolean;
}

type Push = (change: EventTailChange) => Promise<void>;

async function bySubscription(
  client: WSManClient,
  log: string,
  filter: EventFilter,
  place: Place,
  signal: AbortSignal,
  push: Push,
  now: () => number,
): Promise<void> {
  const following = followEvents(client, {
    resourceUri: resourceUris.eventLog,
    filter: { dialect: 'eventquery', queryList: queryList(log, filter) },
    from: place.bookmark,
    contentFormat: 'RenderedText',
    heartbeatMs,
    timeoutMs: heartbeatMs * 2,
    signal,
  });
  for await (const each of following) {
    if (each.kind === 'subscribed') {
      const isGap = each.gap || (!each.again && place.seenAny && place.bookmark === null);
      await push({ kind: 'how', by: 'subscription' });
      if (isGap)
        await push({
          kind: 'gap',
          at: now(),
          why: 'The connection was lost before the machine had said where it was.',
        });
      place.seenAny = true;
      continue;
    }
    const entries: EventEntry[] = [];
    for (const item of each.events) {
      if (!isWindowsEvent(item)) continue;
      const entry = entryOfEvent(log, readWindowsEvent(item));
      if (entry !== null && passes(entry, filter, now(), 'subscription')) entries.push(entry);
    }
    await push({ kind: 'events', entries, at: now() });
    // Only what the reader has got is behind us.
    place.bookmark = each.bookmark ?? place.bookmark;
  }
}

const newestSchema = { RecordNumber: 'uint32' } as const;

async function byPolling(
  client: WSManClient,
  log: string,
  filter: EventFilter,
  place: Place,
  signal: AbortSignal,
  push: Push,
  now: () => number,
): Promise<void> {
  await push({ kind: 'how', by: 'polling', everyMs: pollEveryMs, why: place.polls ?? '' });
  if (place.recordId === null && place.seenAny) {
    await push({ kind: 'gap', at: now(), why: 'It is not known which event came last.' });
  }
  place.seenAny = true;
  for (;;) {
    // The newest record is the place to begin at.
    if (place.recordId === null) {
      const text = `SELECT RecordNumber FROM Win32_NTLogEvent WHERE ${wqlCondition(log, anything, now())}`;
      const [newest] = await firstRows(client, text, 1, signal);
      const recordId = newest ? decodeInstance(newest, newestSchema).RecordNumber : null;
      place.recordId = BigInt(recordId ?? 0);
    }
    const after = place.recordId;
    const text = select(logEventSchema, 'Win32_NTLogEvent', wqlCondition(log, anything, now(), { after }));
    const rows = await firstRows(client, text, pollItems + 1, signal);
    const fresh = rows
      .map((row) => entryOfWmi(log, decodeInstance(row, logEventSchema)))
      .filter((entry) => entry !== null)
      .sort((a, b) => (a.recordId < b.recordId ? -1 : 1));
    // Newest first is how they come: what does not fit is in the middle, and lost to the eye.
    const isTooMuch = fresh.length > pollItems;
    if (isTooMuch) {
      fresh.splice(0, fresh.length - pollItems);
      await push({ kind: 'gap', at: now(), why: `More than ${pollItems} events came at once; these are the newest.` });
    }
    await push({
      kind: 'events',
      entries: fresh.filter((entry) => passes(entry, filter, now(), 'wql')),
      at: now(),
    });
    place.recordId = fresh.at(-1)?.recordId ?? after;
    await sleep(pollEveryMs, signal);
  }
}

const anything: EventFilter = { levels: [], source: '', ids: '', withinMs: null, text: '' };

async function firstRows(client: WSManClient, text: string, most: number, signal: AbortSignal) {
  const rows = [];
  const filter = { dialect: 'wql', text } as const;
  for await (const batch of client.enumerate(
    { resourceUri: wql() },
    { filter, maxElements: Math.min(most, 100), signal },
  )) {
    for (const row of batch) {
      rows.push(row);
      if (rows.length >= most) return rows;
    }
  }
  return rows;
}
