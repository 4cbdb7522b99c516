import { expect, it } from 'vitest';
import type { EventEntry } from '../../../shared/contract/event-log.ts';
import { fileName, toCsv, toJson } from './event-export.ts';

const entry = (change: Partial<EventEntry>): EventEntry => ({
  log: 'System',
  recordId: 2n ** 60n,
  level: 'error',
  source: 'disk',
  eventId: 7,
  at: Date.UTC(2026, 0, 2, 3, 4, 5),
  task: null,
  user: null,
  computer: 'srv',
  message: 'plain',
  data: [],
  ...change,
});

it.each([['=HYPERLINK("http://x")'], ['+1'], ['-1+2'], ['@SUM(A1)'], ['\t=1'], ['|cmd']])(
  'a spreadsheet does not calculate %j',
  (message) => {
    const csv = toCsv([entry({ message, source: message })]);
    expect(csv).toContain(`"'${message.replaceAll('"', '""')}"`);
    expect(csv).not.toMatch(/(^|,)"[=+\-@\t|]/m);
  },
);
it('quotes, commas and line ends stay in their cell', () => {
  const csv = toCsv([entry({ message: 'a "b", c\nd', data: [['Path', 'C:\\x']] })]);
  const [head, ...rows] = csv.split('\r\n');
  expect(head!.split(',')).toHaveLength(11);
  expect(rows).toEqual([
    `"2026-01-02T03:04:05.000Z","error","disk","7","System","${2n ** 60n}","","","srv","a ""b"", c\nd","Path=C:\\x"`,
    '',
  ]);
});
it('JSON keeps every digit of a record id', () => {
  expect(JSON.parse(toJson([entry({ data: [['', 'x']] })]))[0]).toMatchObject({
    recordId: String(2n ** 60n),
    at: '2026-01-02T03:04:05.000Z',
    data: [{ name: '', value: 'x' }],
  });
});
it('a channel makes no folders', () => {
  expect(fileName('HQ-DC01', 'A/B', Date.UTC(2026, 10, 28, 16, 42), 'csv')).toBe('HQ-DC01 A-B 2026-11-28 1642.csv');
});
