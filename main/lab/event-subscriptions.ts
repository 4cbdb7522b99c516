import { randomUUID } from 'node:crypto';
import { isDialect } from '../wsman/association.ts';
import { readDuration, writeDuration } from '../wsman/envelope.ts';
import { deliveryModes, earliestBookmark } from '../wsman/eventing-messages.ts';
import { actions, ns, resourceUris } from '../wsman/namespaces.ts';
import { attribute, child, childText, escapeXml, type XmlElement } from '../wsman/xml.ts';
import type { Account } from './authentication/accounts.ts';
import { type EventQuery, readEventQuery } from './event-query.ts';
import { writeEvent } from './event-xml.ts';
import { LabFault } from './faults.ts';
import type { LabRequest, OperationResult } from './operation.ts';
import type { SimulatedMachine } from './simulated-machine.ts';
import { type Indications, readIndicationQuery } from './wmi-indications.ts';
import type { LabEvent } from './world/event-logs.ts';

/**
 * Subscriptions with Pull delivery (DSP0226 10; MS-WSMV 3.1.4.1.30, 3.1.4.6): on the event log, and on WMI indications where this Windows has them.
 * What was delivered is behind the cursor at once, whether it arrived or not: that is what bookmarks are for.
 */
interface Subscription {
  readonly identifier: string;
  readonly resourceUri: string;
  readonly heartbeatMs: number;
  readonly source: EventLogSource | Indications;
  /** Changes with every Pull. */
  context: string;
  isPulled: boolean;
  lastPullAt: number;
}

interface EventLogSource {
  readonly kind: 'event-log';
  readonly query: EventQuery;
  readonly isRendered: boolean;
  /** By channel in lower case: the newest record that was looked at. */
  readonly behind: Map<string, number>;
}

const subscriptions = new WeakMap<SimulatedMachine, Map<string, Subscription>>();
/** A subscription that nobody pulls is over after so many heartbeats. */
const patienceInHeartbeats = 4;
/** Room for the envelope and the bookmark around a batch, in octets. */
const envelopeRoom = 4096;
const maxSubscriptions = 64;

function openOf(machine: SimulatedMachine): Map<string, Subscription> {
  const open = subscriptions.get(machine) ?? new Map<string, Subscription>();
  subscriptions.set(machine, open);
  const now = machine.clock.now();
  for (const [id, each] of open) {
    const patience = Math.max(60_000, each.heartbeatMs * patienceInHeartbeats);
    if (!each.isPulled && now - each.lastPullAt > patience) open.delete(id);
  }
  return open;
}

export const countSubscriptions = (machine: SimulatedMachine): number => openOf(machine).size;
export const forgetSubscriptions = (machine: SimulatedMachine): void => void subscriptions.delete(machine);

/** True for Subscribe, Unsubscribe, Renew, and for Pulls of a context that is a subscription's. */
export function isEventingRequest(machine: SimulatedMachine, request: LabRequest): boolean {
  if (request.action.startsWith(`${ns.eventing}/`)) return true;
  if (request.action !== actions.pull && request.action !== actions.release) return false;
  return (
    request.resourceUri.toLowerCase() === resourceUris.eventLog.toLowerCase() ||
    subscriptionOf(machine, request) !== null
  );
}

export async function answerEventing(
  machine: SimulatedMachine,
  account: Account,
  request: LabRequest,
): Promise<readonly ['eventing' | 'enumeration', OperationResult]> {
  switch (request.action) {
    case actions.subscribe:
      return ['eventing', subscribe(machine, account, request)];
    case actions.unsubscribe:
      return ['eventing', unsubscribe(machine, request)];
    case actions.pull:
      return ['enumeration', await pull(machine, request)];
    default:
      // Renew: MS-WSMV 3.1.4.6 has none.
      throw new LabFault(2150858753);
  }
}

function subscribe(machine: SimulatedMachine, account: Account, request: LabRequest): OperationResult {
  const { body } = request;
  if (body?.local !== 'Subscribe' || body.namespace !== ns.eventing) throw new LabFault(2150858789);
  const delivery = child(body, 'Delivery', ns.eventing);
  const mode = (delivery && attribute(delivery, 'Mode')) ?? deliveryModes.push;
  const known: readonly string[] = Object.values(deliveryModes);
  // Push needs a listener, and the lab opens no connections of its own.
  if (mode !== deliveryModes.pull || !known.includes(mode)) throw new LabFault(2150858782);
  const open = openOf(machine);
  if (open.size >= maxSubscriptions) throw new LabFault(2150859174);
  const heartbeats = delivery && childText(delivery, 'Heartbeats', ns.wsman);
  const heartbeatMs = (heartbeats && readDuration(heartbeats)) || 60_000;
  const source = isEventLog(request)
    ? eventLogSource(machine, account, request, body)
    : readIndicationQuery(machine, request, child(body, 'Filter', ns.wsman));
  const subscription: Subscription = {
    identifier: randomUUID().toUpperCase(),
    resourceUri: request.resourceUri,
    heartbeatMs,
    source,
    context: newContext(),
    isPulled: false,
    lastPullAt: machine.clock.now(),
  };
  open.set(subscription.identifier, subscription);
  const expires = childText(body, 'Expires', ns.eventing) ?? writeDuration(365 * 86_400_000);
  const address = `${machine.transport}://${machine.plan.name}:${machine.port}/wsman`;
  return {
    body:
      `<e:SubscribeResponse><e:SubscriptionManager><a:Address>${escapeXml(address)}</a:Address><a:ReferenceProperties>` +
      `<w:ResourceURI>${escapeXml(request.resourceUri)}</w:ResourceURI><e:Identifier>${subscription.identifier}</e:Identifier>` +
      `</a:ReferenceProperties></e:SubscriptionManager><e:Expires>${escapeXml(expires)}</e:Expires>` +
      `<n:EnumerationContext>${subscription.context}</n:EnumerationContext></e:SubscribeResponse>`,
  };
}

const newContext = (): string => `uuid:${randomUUID().toUpperCase()}`;
const isEventLog = ({ resourceUri }: LabRequest): boolean =>
  resourceUri.toLowerCase() === resourceUris.eventLog.toLowerCase();

function eventLogSource(
  machine: SimulatedMachine,
  account: Account,
  request: LabRequest,
  body: XmlElement,
): EventLogSource {
  const filter = child(body, 'Filter', ns.wsman);
  const dialect = filter && attribute(filter, 'Dialect');
  if (dialect && !isDialect(dialect, 'eventQuery')) throw new LabFault(2150858786);
  const query = readEventQuery(filter);
  const option = (name: string) => request.options.find((each) => each.name.toLowerCase() === name.toLowerCase());
  const isLenient = option('IgnoreChannelError') !== undefined;
  const readable: string[] = [];
  for (const channel of query.channels) {
    const log = machine.eventLogs.find(channel);
    const isDenied = log?.isRestricted === true && !account.isAdministrator;
    if (log && !isDenied) readable.push(channel);
    else if (!isLenient) throw new LabFault(isDenied ? 5 : channelNotFound);
  }
  if (readable.length === 0) throw new LabFault(5);
  const bookmark = child(body, 'Bookmark', ns.wsman);
  // Collectors write the option with a value, or as nil.
  const existing = option('ReadExistingEvents');
  const isFromEarliest =
    bookmark?.text.trim() === earliestBookmark || (existing !== undefined && !/^false$/i.test(existing.value ?? ''));
  const marks = new Map<string, number>();
  for (const mark of bookmark?.children[0]?.children ?? []) {
    const recordId = Number(attribute(mark, 'RecordId'));
    if (mark.local !== 'Bookmark' || !Number.isInteger(recordId)) throw new LabFault(2150858808);
    marks.set((attribute(mark, 'Channel') ?? '').toLowerCase(), recordId);
  }
  const behind = new Map<string, number>();
  for (const channel of readable) {
    const key = channel.toLowerCase();
    const newest = machine.eventLogs.find(channel)!.events.at(-1)?.recordId ?? 0;
    behind.set(key, marks.get(key) ?? (isFromEarliest ? 0 : newest));
  }
  const isRendered = option('ContentFormat')?.value !== 'Raw';
  return { kind: 'event-log', query, isRendered, behind };
}

/** ERROR_EVT_CHANNEL_NOT_FOUND. */
const channelNotFound = 15007;

function unsubscribe(machine: SimulatedMachine, request: LabRequest): OperationResult {
  const header = request.headers.find(({ local, namespace }) => local === 'Identifier' && namespace === ns.eventing);
  const identifier = header?.text.trim().toUpperCase() ?? '';
  const open = openOf(machine);
  const found = open.get(identifier);
  if (!found || found.resourceUri.toLowerCase() !== request.resourceUri.toLowerCase()) throw new LabFault(2150858789);
  open.delete(identifier);
  return { body: '' };
}

function subscriptionOf(machine: SimulatedMachine, { body }: LabRequest): Subscription | null {
  const context = body && childText(body, 'EnumerationContext', ns.enumeration);
  return [...openOf(machine).values()].find((each) => each.context === context) ?? null;
}

async function pull(machine: SimulatedMachine, request: LabRequest): Promise<OperationResult> {
  const { body } = request;
  const found = subscriptionOf(machine, request);
  if (body?.local !== 'Pull' || body.namespace !== ns.enumeration || !found) throw new LabFault(2150858779);
  if (found.isPulled) throw new LabFault(2150858891);
  const wanted = Number(childText(body, 'MaxElements', ns.enumeration) ?? 1);
  const most = Math.min(Math.max(1, wanted || 1), machine.winrmConfig.number('MaxBatchItems'));
  const startedAt = machine.clock.now();
  const timeoutMs = Math.min(request.operationTimeoutMs ?? 60_000, machine.winrmConfig.number('MaxTimeoutms'));
  found.isPulled = true;
  try {
    for (;;) {
      if (!openOf(machine).has(found.identifier)) throw new LabFault(2150858760);
      const items = take(machine, found, most, request.limit - envelopeRoom);
      const waited = machine.clock.now() - startedAt;
      if (items.length > 0 || waited >= found.heartbeatMs) return delivery(found, items);
      if (waited >= timeoutMs) throw new LabFault(2150858793);
      const until = Math.min(found.heartbeatMs, timeoutMs) - waited;
      const nextMs =
        found.source.kind === 'event-log' ? machine.eventLogs.nextAt() - machine.clock.now() : found.source.everyMs;
      await machine.eventLogs.wait(Math.min(until, Math.max(20, nextMs), wakeUpMs));
    }
  } finally {
    found.isPulled = false;
    found.lastPullAt = machine.clock.now();
  }
}

/** Somebody may have unsubscribed meanwhile, or the machine gone down. */
const wakeUpMs = 1_000;

function take(machine: SimulatedMachine, { source }: Subscription, most: number, room: number): string[] {
  if (source.kind === 'indications') return source.take(most);
  const now = machine.clock.now();
  const fresh: LabEvent[] = [];
  for (const [channel, behind] of source.behind) {
    const events = machine.eventLogs.find(channel)?.events ?? [];
    for (const event of events) if (event.recordId > behind) fresh.push(event);
  }
  fresh.sort((a, b) => a.at - b.at || a.recordId - b.recordId);
  const items: string[] = [];
  let left = room;
  for (const event of fresh) {
    if (items.length >= most) break;
    if (source.query.matches(event, now)) {
      const item = writeEvent(machine, event, source.isRendered);
      left -= Buffer.byteLength(item);
      if (left < 0 && items.length > 0) break;
      items.push(item);
    }
    source.behind.set(event.channel.toLowerCase(), event.recordId);
  }
  return items;
}

function delivery(subscription: Subscription, items: readonly string[]): OperationResult {
  subscription.context = newContext();
  const { source } = subscription;
  const marks =
    source.kind === 'event-log'
      ? [...source.behind].map(
          ([channel, recordId], index) =>
            `<Bookmark Channel="${escapeXml(channel)}" RecordId="${recordId}"${index === 0 ? ' IsCurrent="true"' : ''}/>`,
        )
      : [];
  return {
    ...(marks.length > 0 ? { headers: `<w:Bookmark><BookmarkList>${marks.join('')}</BookmarkList></w:Bookmark>` } : {}),
    body: `<n:PullResponse><n:EnumerationContext>${subscription.context}</n:EnumerationContext><n:Items>${items.join('')}</n:Items></n:PullResponse>`,
  };
}
