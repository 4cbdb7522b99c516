/**
 * Subscriptions (WS-Eventing as DSP0226 10 and MS-WSMV 3.1.4.6 narrow it), delivered by Pull: this side only ever makes outbound calls. Subscribe,
 * Pull until the reader leaves, Unsubscribe with the e:Identifier.
 *
 * A Pull waits at the target, so it has a connection of its own, as Receive has; the next one goes out when somebody asks for more. That nothing
 * happened within the OperationTimeout (2150858793) is no failure. A subscription is unsubscribed whatever way it is left.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallOptions, WSManClient } from './client.ts';
import { buildPull, readBatch } from './enumeration.ts';
import type { Option } from './envelope.ts';
import {
  CancelledError,
  OutcomeUnknownError,
  SubscriptionNotOfferedError,
  TransportError,
  WSManFault,
} from './errors.ts';
import {
  type Bookmark,
  type EventFilter,
  earliestBookmark,
  identifierHeader,
  readBookmark,
  readSubscribed,
  readSubscriptionEnd,
  type Subscribed,
  subscribeBody,
  unsubscribeBody,
} from './eventing-messages.ts';
import { timedOutCode } from './fault.ts';
import { actions } from './namespaces.ts';
import type { XmlElement } from './xml.ts';

export interface SubscribeOptions {
  /** The event log (`resourceUris.eventLog`), or the all-classes URI of a WMI namespace with a WQL event query. */
  readonly resourceUri: string;
  readonly filter: EventFilter;
  /** Where to begin: behind a bookmark, `earliest` for all that is there, null for what happens from now on. */
  readonly from: Bookmark | 'earliest' | null;
  /** Event log: rendered has the message in the target's words, raw is cheaper. Default: not said, which is the target's choice. */
  readonly contentFormat?: 'RenderedText' | 'Raw' | undefined;
  /** Event log: a channel of the query that cannot be read is left out instead of refusing them all. */
  readonly ignoreChannelError?: boolean | undefined;
  /** After so many milliseconds without an event the target says so. Default 15,000. */
  readonly heartbeatMs?: number | undefined;
  /** Most events of one answer. Default 100. */
  readonly maxElements?: number | undefined;
  /** OperationTimeout of every request, milliseconds. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What one Pull brought. Without events it is a heartbeat: the subscription is alive and nothing happened. */
export interface EventDelivery {
  readonly events: readonly XmlElement[];
  /** Behind the last event of this delivery; null where the source keeps none (WMI indications). */
  readonly bookmark: Bookmark | null;
}

/** Iterate it, once: nothing is pulled otherwise. Leaving the loop unsubscribes; so does `signal`, which ends it with CancelledError. */
export interface Subscription extends AsyncIterable<EventDelivery> {
  readonly identifier: string;
  readonly expiresMs: number | null;
  /** Unsubscribes. Never rejects: a target that does not hear of it ends the subscription when nobody pulls. */
  close(): Promise<void>;
}

const defaultHeartbeatMs = 15_000;
const defaultMaxElements = 100;
/** Unsubscribe is waited for no longer than this. */
const farewellMs = 5_000;
/** A cancelled Subscribe is given so long to say which subscription is to be ended. */
const subscribeGraceMs = 3_000;
/** Answers without news in a row are not asked for faster than this: a target that does not wait must not keep both ends busy. */
const emptyAnswerPauseMs = 200;

/**
 * Subscribes. Rejects with SubscriptionNotOfferedError where this target has no such thing, so that the caller can poll instead; otherwise as
 * a client's calls do: WSManFault 5 where a channel may not be read.
 */
export async function subscribe(client: WSManClient, options: SubscribeOptions): Promise<Subscription> {
  const { resourceUri, signal } = options;
  const { identifier, context, expiresMs } = await begin(client, options);
  const release = client.reserveConnection();
  let closing: Promise<void> | null = null;
  const life = new AbortController();
  const unsubscribe = async (): Promise<void> => {
    life.abort();
    try {
      await client.call({
        action: actions.unsubscribe,
        resource: { resourceUri },
        headers: identifierHeader(identifier),
        body: unsubscribeBody,
        timeoutMs: farewellMs,
      });
    } catch {
      // Gone already, or out of reach: without Pulls it ends by itself.
    } finally {
      release();
    }
  };
  const close = (): Promise<void> => {
    closing ??= unsubscribe();
    return closing;
  };
  if (signal?.aborted) {
    await close();
    throw new CancelledError('Cancelled while it was subscribed; it is unsubscribed again.');
  }
  const pulling = AbortSignal.any([life.signal, ...(signal ? [signal] : [])]);
  const events = pullAll(client, options, context, pulling, close);
  return { identifier, expiresMs, close, [Symbol.asyncIterator]: () => events };
}

async function begin(client: WSManClient, options: SubscribeOptions): Promise<Subscribed> {
  const { signal, from } = options;
  if (signal?.aborted) throw new CancelledError('Cancelled before it was subscribed.');
  // Not the caller's own signal: a subscription nobody knows the identifier of could not be ended.
  const patience = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    timer = setTimeout(() => patience.abort(), subscribeGraceMs);
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const answer = await client.call({
      action: actions.subscribe,
      resource: { resourceUri: options.resourceUri },
      options: optionsOf(options),
      body: subscribeBody({
        filter: options.filter,
        heartbeatMs: options.heartbeatMs ?? defaultHeartbeatMs,
        expiresMs: null,
        bookmark: from === 'earliest' ? earliestBookmark : from,
        locale: 'en-US',
      }),
      timeoutMs: options.timeoutMs,
      signal: patience.signal,
    });
    return readSubscribed(answer.body);
  } catch (error) {
    if (error instanceof WSManFault && isNotOffered(error)) throw new SubscriptionNotOfferedError(error);
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

/** MS-WSMV 3.1.4.1.30.1. */
function optionsOf({ contentFormat, ignoreChannelError, from, filter }: SubscribeOptions): Option[] {
  const set: Option[] = [];
  if (contentFormat !== undefined) set.push({ name: 'ContentFormat', value: contentFormat });
  if (ignoreChannelError) set.push({ name: 'IgnoreChannelError', value: null });
  if (from === 'earliest' && filter.dialect === 'eventquery') set.push({ name: 'ReadExistingEvents', value: 'true' });
  return set;
}

async function* pullAll(
  client: WSManClient,
  options: SubscribeOptions,
  first: string,
  signal: AbortSignal,
  close: () => Promise<void>,
): AsyncGenerator<EventDelivery, void, undefined> {
  let context = first;
  const call: CallOptions = { timeoutMs: options.timeoutMs, signal };
  const resource = { resourceUri: options.resourceUri };
  try {
    for (;;) {
      const askedAt = performance.now();
      try {
        const body = buildPull(context, options.maxElements ?? defaultMaxElements);
        const answer = await client.call({ ...call, action: actions.pull, resource, body });
        if (readSubscriptionEnd(answer.body) !== null) return;
        const batch = readBatch(answer.body);
        const bookmark = readBookmark(answer.headers);
        context = batch.context ?? context;
        yield { events: batch.items, bookmark };
        if (batch.ended) return;
        if (batch.items.length > 0) continue;
      } catch (error) {
        if (!(error instanceof WSManFault) || error.fields.wsmanCode !== timedOutCode) throw error;
        yield { events: [], bookmark: null };
      }
      const early = emptyAnswerPauseMs - (performance.now() - askedAt);
      if (early > 0) await sleep(early, undefined, { signal }).catch(() => {});
      if (signal.aborted) throw new CancelledError('The subscription was cancelled.');
    }
  } finally {
    await close();
  }
}

/** What follows of a subscription that outlives its connection. */
export type FollowedEvents =
  | ({ readonly kind: 'events' } & EventDelivery)
  /** Subscribed (again). `gap`: it was lost and there was no bookmark to go on from, so events may be missing. */
  | { readonly kind: 'subscribed'; readonly again: boolean; readonly gap: boolean };

export interface FollowOptions extends SubscribeOptions {
  /** Before the first new attempt; doubled for each further one, up to half a minute. Default 500 ms. */
  readonly retryMs?: number | undefined;
  /** Attempts in a row that bring nothing, after which the failure is thrown. Default 5. */
  readonly attempts?: number | undefined;
}

const longestPauseMs = 30_000;

/**
 * As `subscribe`, and goes on where it was when the connection, or the target's memory of the subscription, is lost: it subscribes again with
 * the newest bookmark, so that no event is lost and none comes twice. Ends when left or by `signal`; throws what cannot be mended.
 */
export async function* followEvents(
  client: WSManClient,
  options: FollowOptions,
): AsyncGenerator<FollowedEvents, void, undefined> {
  const { retryMs = 500, attempts = 5, ...wanted } = options;
  let from = wanted.from;
  let failures = 0;
  for (let again = false; ; again = true) {
    try {
      const subscription = await subscribe(client, { ...wanted, from });
      try {
        yield { kind: 'subscribed', again, gap: again && from === null };
        for await (const delivery of subscription) {
          failures = 0;
          from = delivery.bookmark ?? from;
          yield { kind: 'events', ...delivery };
        }
      } finally {
        await subscription.close();
      }
    } catch (error) {
      if (wanted.signal?.aborted || !isMendable(error) || failures >= attempts) throw error;
    }
    // The source ended it, or it was lost.
    failures += 1;
    const pause = Math.min(longestPauseMs, retryMs * 2 ** (failures - 1));
    await sleep(pause, undefined, { signal: wanted.signal }).catch(() => {});
    if (wanted.signal?.aborted) throw new CancelledError('The subscription was cancelled.');
    if (failures > attempts)
      throw new TransportError('The target ends every subscription at once.', { reason: 'connection-lost' });
  }
}

/** Invalid context, subscription closed or closing, nobody called within the heartbeat, aborted. */
const forgottenCodes: ReadonlySet<number> = new Set([2150858779, 2150858760, 2150858761, 2150858762, 2150858763, 995]);

/** The connection or the target's memory of it is lost; asking anew is what helps. A lost answer to Subscribe leaves one that nobody pulls. */
function isMendable(error: unknown): boolean {
  if (error instanceof WSManFault) return forgottenCodes.has(error.fields.wsmanCode ?? 0);
  if (error instanceof OutcomeUnknownError) return true;
  return error instanceof TransportError && (error.reason === 'connection-lost' || error.reason === 'response-timeout');
}

/**
 * Not found, action not offered, URI not valid, delivery mode, filtering, dialect, a feature: this target has no subscription of that kind.
 * (MS-WSMV 3.1.4.6, note 112: WMI indications came with Windows 8.)
 */
const notOfferedCodes: ReadonlySet<number> = new Set([
  2150858752, 2150858753, 2150858811, 2150858782, 2150858785, 2150858786, 2150858818, 2150858776, 2150858777,
]);
/** Servers of other makes send no number, OMI not even a subcode of its own: only these then say something else than no. */
const otherSubcodes: ReadonlySet<string> = new Set(['AccessDenied', 'QuotaLimit', 'TimedOut', 'Concurrency']);

function isNotOffered({ fields }: WSManFault): boolean {
  if (fields.wsmanCode !== null) return notOfferedCodes.has(fields.wsmanCode);
  return !otherSubcodes.has(fields.subcode ?? '');
}
