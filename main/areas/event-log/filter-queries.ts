import type { EventEntry, EventFilter, EventLevel } from '../../../shared/contract/event-log.ts';
import { wqlText } from '../query.ts';

/** A filter as WQL and as XPath, as far as these can say it, and the rest of it in our own words. */

/** Win32_NTLogEvent.EventType. WMI has no critical level and no verbose one: those come as errors and information. */
const eventTypes: Readonly<Record<EventLevel, readonly number[]>> = {
  critical: [1],
  error: [1],
  warning: [2],
  information: [3, 0],
  verbose: [3],
  'audit-success': [4],
  'audit-failure': [5],
};

/** Level, or Keywords, in the document of an event. The event log's XPath has `band` for bits. */
const xpaths: Readonly<Record<EventLevel, string>> = {
  critical: 'Level=1',
  error: 'Level=2',
  warning: 'Level=3',
  information: 'Level=4 or Level=0',
  verbose: 'Level=5',
  'audit-success': 'band(Keywords,9007199254740992)',
  'audit-failure': 'band(Keywords,4503599627370496)',
};

/** True where WMI would mix what the filter keeps apart. */
export function needsExactLevels({ levels }: EventFilter): boolean {
  const has = (level: EventLevel): boolean => levels.includes(level);
  if (levels.length === 0) return false;
  return has('critical') !== has('error') || has('verbose') !== has('information');
}

/** `4624, 7000-7040` as ranges, both ends included. */
export function idRanges(ids: string): readonly (readonly [from: number, to: number])[] {
  return [...ids.matchAll(/(\d+)(?:\s*-\s*(\d+))?/g)].map(([, from, to]) => [Number(from), Number(to ?? from)]);
}

/** What stands behind WHERE, the log's name included. */
export function wqlCondition(
  log: string,
  filter: EventFilter,
  now: number,
  bounds: { readonly before?: bigint | null; readonly after?: bigint | null } = {},
): string {
  const parts = [`Logfile=${wqlText(log)}`];
  if (bounds.before != null) parts.push(`RecordNumber<${bounds.before}`);
  if (bounds.after != null) parts.push(`RecordNumber>${bounds.after}`);
  const types = [...new Set(filter.levels.flatMap((level) => eventTypes[level]))];
  if (types.length > 0) parts.push(anyOf(types.map((type) => `EventType=${type}`)));
  if (filter.source !== '') parts.push(`SourceName=${wqlText(filter.source)}`);
  const ids = idRanges(filter.ids).map(([from, to]) =>
    from === to ? `EventCode=${from}` : `(EventCode>=${from} AND EventCode<=${to})`,
  );
  if (ids.length > 0) parts.push(anyOf(ids));
  if (filter.withinMs !== null) parts.push(`TimeGenerated>='${dmtf(now - filter.withinMs)}'`);
  return parts.join(' AND ');
}

const anyOf = (parts: readonly string[], or = ' OR '): string =>
  parts.length === 1 ? parts[0]! : `(${parts.join(or)})`;

/** UTC, as DSP0004 5.2.4 writes it. */
function dmtf(at: number): string {
  return `${new Date(at).toISOString().replace(/[-:TZ]/g, '')}000+000`.replace(/\.(\d{3})000/, '.$1000');
}

/** Windows takes 32 expressions in a Select, and is not exact in how it counts them. */
const mostExpressions = 20;

/** One QueryList for one channel. `sinceAt`: only what was made then or later. What it leaves out, `passes` decides. */
export function queryList(
  log: string,
  filter: EventFilter,
  bounds: { readonly before?: bigint | null; readonly recordId?: bigint; readonly sinceAt?: number | null } = {},
): string {
  const parts: string[] = [];
  if (bounds.recordId !== undefined) parts.push(`EventRecordID=${bounds.recordId}`);
  if (bounds.before != null) parts.push(`EventRecordID<${bounds.before}`);
  const levels = filter.levels.map((level) => xpaths[level]);
  if (levels.length > 0) parts.push(`(${levels.join(' or ')})`);
  // XPath 1.0 has no way to quote both kinds of quotation marks; such a source is looked for on our side.
  if (filter.source !== '' && !/['"]/.test(filter.source)) parts.push(`Provider[@Name='${filter.source}']`);
  const ranges = idRanges(filter.ids);
  const ids = ranges.map(([from, to]) => (from === to ? `EventID=${from}` : `(EventID>=${from} and EventID<=${to})`));
  // Information is two levels.
  const others = parts.length + levels.length + 1 + (bounds.sinceAt == null ? 0 : 1);
  const ofIds = ranges.reduce((sum, [from, to]) => sum + (from === to ? 1 : 2), 0);
  // Too many for the event log to take are looked for on our side.
  if (ids.length > 0 && others + ofIds <= mostExpressions) parts.push(`(${ids.join(' or ')})`);
  if (bounds.sinceAt != null) parts.push(`TimeCreated[@SystemTime>='${new Date(bounds.sinceAt).toISOString()}']`);
  const xpath = parts.length === 0 ? '*' : `*[System[${parts.join(' and ')}]]`;
  const path = attributeText(log);
  return `<QueryList><Query Id="0" Path="${path}"><Select Path="${path}">${attributeText(xpath)}</Select></Query></QueryList>`;
}

const attributeText = (text: string): string => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

/** The whole filter, on this side: what WMI mixes, what XPath cannot say, and the text. */
export function passes(entry: EventEntry, filter: EventFilter, now: number, by: 'wql' | 'subscription'): boolean {
  const { levels, source, withinMs, text } = filter;
  if (levels.length > 0 && !levels.some((level) => isOfLevel(entry.level, level, by))) return false;
  if (source !== '' && entry.source.toLowerCase() !== source.toLowerCase()) return false;
  const ranges = idRanges(filter.ids);
  if (ranges.length > 0 && !ranges.some(([from, to]) => entry.eventId >= from && entry.eventId <= to)) return false;
  // WMI knows whole seconds.
  if (withinMs !== null && entry.at < now - withinMs - 1000) return false;
  if (text === '') return true;
  const wanted = text.toLowerCase();
  const has = (where: string | null): boolean => where?.toLowerCase().includes(wanted) === true;
  return has(entry.message) || has(entry.source) || entry.data.some(([name, value]) => has(value) || has(name));
}

function isOfLevel(actual: EventLevel, wanted: EventLevel, by: 'wql' | 'subscription'): boolean {
  if (actual === wanted) return true;
  if (by === 'subscription') return false;
  return (wanted === 'critical' && actual === 'error') || (wanted === 'verbose' && actual === 'information');
}
