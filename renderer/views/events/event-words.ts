import type { EventEntry, EventFilter, EventLevel } from '../../../shared/contract/event-log.ts';
import type { GlyphName } from '../../components/Glyph.tsx';
import { plural } from '../../format.ts';

interface LevelLook {
  readonly word: string;
  /** Only what wants the eye has a shape. */
  readonly glyph: GlyphName | null;
  readonly tone: string;
}

export const levelLooks: Readonly<Record<EventLevel, LevelLook>> = {
  critical: { word: 'Critical', glyph: 'critical', tone: 'c-crit b6' },
  error: { word: 'Error', glyph: 'critical', tone: 'c-crit' },
  warning: { word: 'Warning', glyph: 'warning', tone: 'c-warn' },
  information: { word: 'Information', glyph: null, tone: 't2' },
  verbose: { word: 'Verbose', glyph: null, tone: 't3' },
  'audit-success': { word: 'Audit success', glyph: null, tone: 't2' },
  'audit-failure': { word: 'Audit failure', glyph: 'denied', tone: 'c-crit' },
};
export const levels = Object.keys(levelLooks) as readonly EventLevel[];

export const spans: readonly (readonly [withinMs: number | null, words: string])[] = [
  [null, 'Any time'],
  [3_600_000, 'Last hour'],
  [86_400_000, 'Last 24 hours'],
  [7 * 86_400_000, 'Last 7 days'],
  [30 * 86_400_000, 'Last 30 days'],
];

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const dayAndMonth = new Intl.DateTimeFormat('en-GB', { day: '2-digit', month: 'short' });
const full = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

/** `28 Nov 16:42:10`: to the second, since events of one second belong together. */
export const formatMoment = (at: number): string => `${dayAndMonth.format(at)} ${clock.format(at)}`;
export const formatFull = (at: number): string => full.format(at);

/** The first line of a message, or of its values where the machine has no words. */
export function headline({ message, data }: EventEntry): string {
  if (message !== null) return message.split('\n', 1)[0] ?? '';
  return data.map(([name, value]) => (name === '' ? value : `${name}: ${value}`)).join(' · ');
}

export const isFiltering = ({ levels: chosen, source, ids, withinMs, text }: EventFilter): boolean =>
  chosen.length > 0 || source !== '' || ids !== '' || withinMs !== null || text !== '';

/** `errors, warnings · from disk · 7000-7040`: what a filter lets through, in words. */
export function filterWords(filter: EventFilter): string {
  const parts: string[] = [];
  if (filter.levels.length > 0)
    parts.push(filter.levels.map((level) => levelLooks[level].word.toLowerCase()).join(', '));
  if (filter.source !== '') parts.push(`from ${filter.source}`);
  if (filter.ids.trim() !== '') parts.push(filter.ids.trim());
  const span = spans.find(([withinMs]) => withinMs === filter.withinMs);
  if (filter.withinMs !== null)
    parts.push((span?.[1] ?? `last ${plural(Math.round(filter.withinMs / 60_000), 'minute')}`).toLowerCase());
  if (filter.text !== '') parts.push(`“${filter.text}”`);
  return parts.length === 0 ? 'everything' : parts.join(' · ');
}

/** What the machine is asked for events by; checked here too, so that the box can say so while it is typed. */
export const isIdList = (ids: string): boolean => /^\s*(\d{1,5}(\s*-\s*\d{1,5})?([\s,]+|$))*$/.test(ids);
