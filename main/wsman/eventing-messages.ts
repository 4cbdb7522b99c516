/**
 * The bodies and headers of WS-Eventing as WS-Man narrows it (DSP0226 10; MS-WSMV 3.1.4.1.30, 3.1.4.6; examples 4.4 and 4.6): what a
 * subscriber writes, and what it reads of the answers. How they follow each other is in `eventing.ts`.
 */
import { readDuration, writeDuration } from './envelope.ts';
import { addressingChild } from './epr.ts';
import { ProtocolError } from './errors.ts';
import { dialects, ns } from './namespaces.ts';
import { child, childText, escapeAttribute, escapeXml, serializeXml, type XmlElement } from './xml.ts';

/** DSP0226 10.2.9. Only Pull needs no listener on this side. */
export const deliveryModes = {
  push: `${ns.eventing}/DeliveryModes/Push`,
  pushWithAck: 'http://schemas.dmtf.org/wbem/wsman/1/wsman/PushWithAck',
  events: 'http://schemas.dmtf.org/wbem/wsman/1/wsman/Events',
  pull: 'http://schemas.dmtf.org/wbem/wsman/1/wsman/Pull',
} as const;

/** Stands for "from the oldest event that there is" (DSP0226 10.2.6). */
export const earliestBookmark = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/bookmark/earliest';

/** What is subscribed to. `eventquery`: one QueryList, as XML text. `wql`: an event query, for WMI indications. */
export type EventFilter =
  | { readonly dialect: 'eventquery'; readonly queryList: string }
  | { readonly dialect: 'wql'; readonly text: string };

/** The place in the stream of events, as XML content of w:Bookmark. Only who wrote it can read it; it goes back as it came. */
export type Bookmark = string;

export interface SubscribeDescription {
  readonly filter: EventFilter;
  /** After so many milliseconds without an event the source answers with an empty delivery. */
  readonly heartbeatMs: number;
  /** How long the subscription may live, in milliseconds; null leaves it to the source. */
  readonly expiresMs: number | null;
  /** Where to begin; null: with the next event that happens. */
  readonly bookmark: Bookmark | null;
  readonly locale: string;
}

/** e:Subscribe with Pull delivery. The prefixes s, w of the envelope are bound where it is put. */
export function subscribeBody(description: SubscribeDescription): string {
  const { filter, bookmark, expiresMs } = description;
  const expires = expiresMs === null ? '' : `<e:Expires>${writeDuration(expiresMs)}</e:Expires>`;
  const content =
    filter.dialect === 'wql'
      ? `Dialect="${dialects.wql}">${escapeXml(filter.text)}`
      : `Dialect="${dialects.eventQuery}">${filter.queryList}`;
  return (
    `<e:Subscribe xmlns:e="${ns.eventing}"><e:Delivery Mode="${deliveryModes.pull}">` +
    `<w:Heartbeats>${writeDuration(description.heartbeatMs)}</w:Heartbeats>` +
    `<w:Locale xml:lang="${escapeAttribute(description.locale)}"/><w:ContentEncoding>UTF-8</w:ContentEncoding></e:Delivery>` +
    `${expires}<w:Filter ${content}</w:Filter>` +
    `${bookmark === null ? '' : `<w:Bookmark>${bookmark}</w:Bookmark>`}<w:SendBookmarks/></e:Subscribe>`
  );
}

/** The header by which Unsubscribe names its subscription. */
export function identifierHeader(identifier: string): string {
  return `<e:Identifier xmlns:e="${ns.eventing}">${escapeXml(identifier)}</e:Identifier>`;
}

export const unsubscribeBody = `<e:Unsubscribe xmlns:e="${ns.eventing}"/>`;

/** What SubscribeResponse says. */
export interface Subscribed {
  /** Empty where the source gives none: then it cannot be unsubscribed by name. */
  readonly identifier: string;
  /** The context to pull with, as XML content. */
  readonly context: string;
  /** How long it lives, in milliseconds; null where nothing is said, or a point in time that cannot be read as a span. */
  readonly expiresMs: number | null;
}

/** Reads SubscribeResponse of a Pull subscription (DSP0226 10.2.9.5). Throws ProtocolError where it is none, or names no context. */
export function readSubscribed(body: XmlElement | null): Subscribed {
  if (body?.local !== 'SubscribeResponse' || body.namespace !== ns.eventing) {
    throw new ProtocolError('The answer to Subscribe is no SubscribeResponse.');
  }
  const manager = child(body, 'SubscriptionManager', ns.eventing);
  const context = child(body, 'EnumerationContext', ns.enumeration);
  if (context === undefined) throw new ProtocolError('The answer to Subscribe names no context to pull with.');
  const expires = childText(body, 'Expires', ns.eventing);
  return {
    identifier: (manager && identifierIn(manager)) ?? '',
    context: context.children.length > 0 ? inner(context) : escapeXml(context.text.trim()),
    expiresMs: expires === null ? null : readDuration(expires),
  };
}

/** The e:Identifier of an endpoint's reference properties or parameters. */
function identifierIn(reference: XmlElement): string | null {
  for (const local of ['ReferenceProperties', 'ReferenceParameters']) {
    const parameters = addressingChild(reference, local);
    const identifier = parameters && childText(parameters, 'Identifier', ns.eventing);
    if (identifier) return identifier;
  }
  return null;
}

/** w:Bookmark of a PullResponse's or a delivery's header; null where there is none. */
export function readBookmark(headers: readonly XmlElement[]): Bookmark | null {
  const header = headers.find(({ local, namespace }) => local === 'Bookmark' && namespace === ns.wsman);
  if (header === undefined) return null;
  const content = header.children.length > 0 ? inner(header) : escapeXml(header.text.trim());
  return content === '' ? null : content;
}

/** Where a subscription that begins behind this record of one channel starts (the form that Windows writes into its bookmarks). */
export function bookmarkAfter(channel: string, recordId: bigint): Bookmark {
  return (
    '<BookmarkList><Bookmark ' +
    `Channel="${escapeAttribute(channel)}" RecordId="${recordId}" IsCurrent="true"/></BookmarkList>`
  );
}

/** Why a source ended a subscription: the last step of wse:Status, `SourceShuttingDown` say. Null where the body is no SubscriptionEnd. */
export function readSubscriptionEnd(
  body: XmlElement | null,
): { readonly status: string; readonly reason: string | null; readonly identifier: string | null } | null {
  if (body?.local !== 'SubscriptionEnd' || body.namespace !== ns.eventing) return null;
  const status = childText(body, 'Status', ns.eventing) ?? childText(body, 'Code', ns.eventing) ?? '';
  const manager = child(body, 'SubscriptionManager', ns.eventing);
  return {
    status: status.slice(status.lastIndexOf('/') + 1),
    reason: childText(body, 'Reason', ns.eventing),
    identifier: manager ? identifierIn(manager) : null,
  };
}

/** A batch of delivery mode Events (DSP0226 10.2.9.4), as a source pushes it. Throws ProtocolError where the body is none. */
export function readEventBatch(
  body: XmlElement | null,
): readonly { readonly action: string; readonly content: XmlElement | null; readonly text: string }[] {
  if (body?.local !== 'Events' || body.namespace !== ns.wsman) throw new ProtocolError('This is no batch of events.');
  return body.children.map((event) => ({
    action: event.attributes.find(({ local }) => local === 'Action')?.value ?? '',
    content: event.children[0] ?? null,
    text: event.text.trim(),
  }));
}

function inner(element: XmlElement): string {
  return element.children.map((each) => serializeXml(each)).join('');
}
