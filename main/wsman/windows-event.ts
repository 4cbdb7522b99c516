/**
 * One record of the Windows event log as its own document, `<Event>` (MS-EVEN6 2.2.13), as Pull delivers it: rendered (RenderingInfo) or raw,
 * as elements or, with the option CDATA, as text.
 */
import { ProtocolError } from './errors.ts';
import { ns } from './namespaces.ts';
import { attribute, child, childrenOf, childText, parseXml, serializeXml, type XmlElement } from './xml.ts';

/** What stands in the record. Text is the machine's own: data, never markup. Null: not said. */
export interface WindowsEvent {
  readonly provider: string;
  readonly eventId: number;
  /** The upper half of what Win32_NTLogEvent calls EventIdentifier; 0 for events of manifests. */
  readonly qualifiers: number | null;
  /** 1 critical, 2 error, 3 warning, 4 information, 5 verbose; 0 is for audits and whatever is always logged. */
  readonly level: number;
  readonly task: number | null;
  readonly opcode: number | null;
  /** 64 bits; 0x10000000000000 is an audit failure, 0x20000000000000 an audit success. */
  readonly keywords: bigint | null;
  /** Epoch milliseconds. */
  readonly createdAt: number | null;
  readonly recordId: bigint | null;
  readonly channel: string;
  readonly computer: string | null;
  readonly processId: number | null;
  readonly threadId: number | null;
  readonly userSid: string | null;
  readonly activityId: string | null;
  /** Of RenderingInfo; null where the event is raw or its publisher is not known there. */
  readonly message: string | null;
  readonly levelName: string | null;
  readonly taskName: string | null;
  readonly opcodeName: string | null;
  /** EventData or UserData, in order; the name is empty for classic events. */
  readonly data: readonly (readonly [name: string, value: string])[];
  /** The whole document. */
  readonly xml: string;
}

/** True for what is, or holds as text, an event of the Windows event log. */
export function isWindowsEvent(item: XmlElement): boolean {
  return documentOf(item) !== null;
}

/** Reads an item of a delivery. Throws ProtocolError where it is no event of the event log. */
export function readWindowsEvent(item: XmlElement): WindowsEvent {
  const event = documentOf(item);
  const system = event && child(event, 'System');
  if (!event || !system) throw new ProtocolError('This is no event of the Windows event log.');
  const eventId = child(system, 'EventID');
  const execution = child(system, 'Execution');
  const correlation = child(system, 'Correlation');
  const rendering = child(event, 'RenderingInfo');
  const created = Date.parse(attributeOf(system, 'TimeCreated', 'SystemTime') ?? '');
  return {
    provider: attributeOf(system, 'Provider', 'Name') ?? attributeOf(system, 'Provider', 'EventSourceName') ?? '',
    eventId: whole(eventId?.text) ?? 0,
    qualifiers: eventId ? whole(attribute(eventId, 'Qualifiers')) : null,
    level: whole(childText(system, 'Level')) ?? 0,
    task: whole(childText(system, 'Task')),
    opcode: whole(childText(system, 'Opcode')),
    keywords: big(childText(system, 'Keywords')),
    createdAt: Number.isNaN(created) ? null : created,
    recordId: big(childText(system, 'EventRecordID')),
    channel: childText(system, 'Channel') ?? '',
    computer: childText(system, 'Computer'),
    processId: execution ? whole(attribute(execution, 'ProcessID')) : null,
    threadId: execution ? whole(attribute(execution, 'ThreadID')) : null,
    userSid: attributeOf(system, 'Security', 'UserID'),
    activityId: correlation ? attribute(correlation, 'ActivityID') : null,
    message: rendering ? emptyToNull(childText(rendering, 'Message')) : null,
    levelName: rendering ? emptyToNull(childText(rendering, 'Level')) : null,
    taskName: rendering ? emptyToNull(childText(rendering, 'Task')) : null,
    opcodeName: rendering ? emptyToNull(childText(rendering, 'Opcode')) : null,
    data: dataOf(event),
    xml: serializeXml(event),
  };
}

function documentOf(item: XmlElement): XmlElement | null {
  if (item.local === 'Event' && item.namespace === ns.event) return item;
  const [only] = item.children;
  if (item.children.length === 1 && only) return only.local === 'Event' && only.namespace === ns.event ? only : null;
  const text = item.children.length === 0 ? item.text.trim() : '';
  if (!text.startsWith('<Event')) return null;
  // With the option CDATA an event comes as text; what is in it is read by the same rules as everything from the network.
  const parsed = parseXml(text);
  return parsed.local === 'Event' && parsed.namespace === ns.event ? parsed : null;
}

function dataOf(event: XmlElement): (readonly [string, string])[] {
  const eventData = child(event, 'EventData');
  if (eventData) {
    return eventData.children.map((part) => [
      part.local === 'Data' ? (attribute(part, 'Name') ?? '') : part.local,
      part.text.trim(),
    ]);
  }
  const [userData] = childrenOf(event, 'UserData')[0]?.children ?? [];
  return userData ? userData.children.map((part) => [part.local, part.text.trim()]) : [];
}

function attributeOf(parent: XmlElement, local: string, name: string): string | null {
  const element = child(parent, local);
  return element ? emptyToNull(attribute(element, name)) : null;
}

function whole(text: string | null | undefined): number | null {
  return text != null && /^\s*\d{1,10}\s*$/.test(text) ? Number(text) : null;
}

function big(text: string | null): bigint | null {
  return text !== null && /^(0x[0-9a-f]{1,16}|\d{1,20})$/i.test(text) ? BigInt(text) : null;
}

function emptyToNull(text: string | null): string | null {
  return text === null || text === '' ? null : text;
}
