import { describe, expect, it } from 'vitest';
import { parseXml } from '../wsman/xml.ts';
import { readEventQuery } from './event-query.ts';
import { LabFault } from './faults.ts';
import type { LabEvent } from './world/event-logs.ts';

const event = (change: Partial<LabEvent>): LabEvent => ({
  channel: 'System',
  recordId: 7,
  provider: 'disk',
  eventId: 153,
  level: 3,
  audit: null,
  task: 0,
  taskName: null,
  at: Date.UTC(2026, 0, 2, 3, 4, 5),
  userSid: null,
  userName: null,
  data: [],
  message: '',
  ...change,
});
const query = (list: string) => readEventQuery(parseXml(`<Filter>${list}</Filter>`));
const select = (xpath: string) =>
  query(`<QueryList><Query Id="0"><Select Path="System">${xpath.replaceAll('<', '&lt;')}</Select></Query></QueryList>`);
const matches = (xpath: string, change: Partial<LabEvent> = {}): boolean =>
  select(xpath).matches(event(change), Date.UTC(2026, 0, 2, 4, 0, 0));

describe('XPath of the event log', () => {
  it.each([
    ['*', true],
    ['*[System[Level=3]]', true],
    ['*[System[(Level=1 or Level=2)]]', false],
    ["*[System[Provider[@Name='disk'] and (EventID=153 or EventID=7)]]", true],
    ['*[System[EventID>=150 and EventID<153]]', false],
    ["*[System[TimeCreated[@SystemTime>='2026-01-02T03:04:05.000Z']]]", true],
    ['*[System[TimeCreated[timediff(@SystemTime) <= 60000]]]', false],
    ['*[System[band(Keywords,4503599627370496)]]', false],
  ])('%s', (xpath, expected) => {
    expect(matches(xpath)).toBe(expected);
  });
  it('tells audits apart', () => {
    expect(matches('*[System[band(Keywords,4503599627370496)]]', { audit: 'failure' })).toBe(true);
    expect(matches('*[System[band(Keywords,9007199254740992)]]', { audit: 'failure' })).toBe(false);
  });
  it.each(['', 'System', '*[EventData]', '*[System[Level]]', '*[System[Level=x]]', `*[System[${'('.repeat(5000)}]]`])(
    'refuses %j',
    (xpath) => {
      expect(() => select(xpath)).toThrow(LabFault);
    },
  );
});

it('suppresses, and keeps channels apart', () => {
  const both = query(
    '<QueryList><Query Id="0" Path="System"><Select>*</Select><Select Path="Setup">*</Select><Suppress>*[System[EventID=1]]</Suppress></Query></QueryList>',
  );
  expect(both.channels).toEqual(['System', 'Setup']);
  expect([both.matches(event({}), 0), both.matches(event({ eventId: 1 }), 0)]).toEqual([true, false]);
  expect(both.matches(event({ eventId: 1, channel: 'Setup' }), 0)).toBe(true);
  expect(both.matches(event({ channel: 'Application' }), 0)).toBe(false);
});
