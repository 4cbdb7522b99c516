import { expect, test } from 'vitest';
import type { EventEntry, EventFilter } from '../../../shared/contract/event-log.ts';
import { parseXml } from '../../wsman/index.ts';
import { idRanges, needsExactLevels, passes, queryList, wqlCondition } from './filter-queries.ts';

const all: EventFilter = { levels: [], source: '', ids: '', withinMs: null, text: '' };
const filter = (change: Partial<EventFilter>): EventFilter => ({ ...all, ...change });
const now = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const entry = (change: Partial<EventEntry>): EventEntry => ({
  log: 'System',
  recordId: 1n,
  level: 'error',
  source: 'disk',
  eventId: 7,
  at: now,
  task: null,
  user: null,
  computer: null,
  message: 'The disk is slow.',
  data: [['Path', 'C:\\Temp']],
  ...change,
});

test('ids and ranges', () => {
  expect(idRanges('4624, 7000-7040 5 - 9')).toEqual([
    [4624, 4624],
    [7000, 7040],
    [5, 9],
  ]);
  expect(idRanges('')).toEqual([]);
});

test('WQL has the whole filter but the text, and quotes what was typed', () => {
  expect(wqlCondition('System', all, now)).toBe("Logfile='System'");
  const wanted = filter({
    levels: ['error', 'critical', 'warning'],
    source: "O'Neil\\x",
    ids: '1, 3-5',
    withinMs: 60_000,
  });
  expect(wqlCondition("a'b", wanted, now, { before: 12n })).toBe(
    "Logfile='a\\'b' AND RecordNumber<12 AND (EventType=1 OR EventType=2) AND SourceName='O\\'Neil\\\\x' AND " +
      "(EventCode=1 OR (EventCode>=3 AND EventCode<=5)) AND TimeGenerated>='20260102030305.678000+000'",
  );
});

test('XPath has it too, escaped as XML, and leaves out what it cannot quote', () => {
  const wanted = filter({ levels: ['information', 'audit-failure'], source: 'A&B', ids: '1-2' });
  const list = parseXml(queryList('Ch<annel', wanted, { before: 9n, sinceAt: now }));
  const select = list.children[0]!.children[0]!;
  expect(select.attributes.map(({ value }) => value)).toEqual(['Ch<annel']);
  expect(select.text).toBe(
    "*[System[EventRecordID<9 and (Level=4 or Level=0 or band(Keywords,4503599627370496)) and Provider[@Name='A&B'] and " +
      "((EventID>=1 and EventID<=2)) and TimeCreated[@SystemTime>='2026-01-02T03:04:05.678Z']]]",
  );
  expect(parseXml(queryList('System', filter({ source: `a"b'c` }))).children[0]!.children[0]!.text).toBe('*');
});

test('XPath leaves out more ids than Windows takes expressions, and they are looked for here', () => {
  const xpathOf = (ids: string): string =>
    parseXml(queryList('System', filter({ ids }), { sinceAt: now })).children[0]!.children[0]!.text;
  const many = (count: number): string => Array.from({ length: count }, (_, index) => `${index * 10}`).join(', ');
  expect(xpathOf(many(15))).toContain('EventID=140');
  expect(xpathOf(many(32))).not.toContain('EventID');
  const ranges = Array.from({ length: 12 }, (_, index) => `${index * 10}-${index * 10 + 5}`).join(', ');
  expect(xpathOf(ranges)).toBe("*[System[TimeCreated[@SystemTime>='2026-01-02T03:04:05.678Z']]]");
  expect(passes(entry({ eventId: 8 }), filter({ ids: ranges }), now, 'subscription')).toBe(false);
  expect(passes(entry({ eventId: 13 }), filter({ ids: ranges }), now, 'subscription')).toBe(true);
});

test('what the queries leave open is decided here', () => {
  expect(passes(entry({}), filter({ text: 'SLOW' }), now, 'wql')).toBe(true);
  expect(passes(entry({ message: null }), filter({ text: 'temp' }), now, 'wql')).toBe(true);
  expect(passes(entry({}), filter({ text: 'fast' }), now, 'wql')).toBe(false);
  expect(passes(entry({}), filter({ source: `a"b'c` }), now, 'subscription')).toBe(false);
  expect(passes(entry({ at: now - 70_000 }), filter({ withinMs: 60_000 }), now, 'wql')).toBe(false);
  // WMI calls critical events errors: by it an error may be what was asked for, by the event log it is not.
  expect(passes(entry({}), filter({ levels: ['critical'] }), now, 'wql')).toBe(true);
  expect(passes(entry({}), filter({ levels: ['critical'] }), now, 'subscription')).toBe(false);
});

test('where WMI would mix levels, the event log itself is asked', () => {
  expect(needsExactLevels(filter({ levels: ['critical'] }))).toBe(true);
  expect(needsExactLevels(filter({ levels: ['error', 'critical'] }))).toBe(false);
  expect(needsExactLevels(filter({ levels: ['information'] }))).toBe(true);
  expect(needsExactLevels(filter({ levels: ['warning'] }))).toBe(false);
  expect(needsExactLevels(all)).toBe(false);
});
