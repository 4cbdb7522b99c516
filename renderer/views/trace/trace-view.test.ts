import { expect, test } from 'vitest';
import type { TraceRow } from '../../../shared/contract/trace.ts';
import { barOf, fileNameOf, filterTrace, fullBar, msText, phaseText } from './trace-view.ts';

const row = (change: Partial<TraceRow>): TraceRow => ({
  id: 1,
  startedAt: 0,
  milliseconds: 10,
  action: 'Get',
  resource: 'Win32_Service?Name=Spooler',
  httpStatus: 200,
  failed: false,
  error: null,
  bytesSent: 1,
  bytesReceived: 1,
  timings: { queue: 0, connect: 0, authenticate: 0, server: 9, decode: 1 },
  roundTrips: 1,
  ...change,
});
const rows = [
  row({ id: 1 }),
  row({ id: 2, action: 'Invoke StopService', milliseconds: 1500 }),
  row({ id: 3, action: 'Identify', resource: '', httpStatus: 500, failed: true, error: 'Access is denied.' }),
];
const ids = (text: string, filter: Parameters<typeof filterTrace>[2] = 'all') =>
  filterTrace(rows, text, filter).map(({ id }) => id);

test('every word has to be there; a column is named, a word is taken out', () => {
  expect(ids('')).toEqual([1, 2, 3]);
  expect(ids('spooler')).toEqual([1, 2]);
  expect(ids('spooler stop')).toEqual([2]);
  expect(ids('denied')).toEqual([3]);
  expect(ids('action:get')).toEqual([1]);
  expect(ids('status:500')).toEqual([3]);
  expect(ids('resource:spooler -action:get')).toEqual([2]);
  expect(ids('-')).toEqual([1, 2, 3]);
  expect(ids('', 'failed')).toEqual([3]);
  expect(ids('', 'slow')).toEqual([2]);
});

test('phases: shares of the bar, and words for what did not happen', () => {
  expect(barOf({ queue: 0.1, connect: 5, authenticate: 0, server: 40, decode: 5 }, 50)).toEqual([
    ['connect', 0.1],
    ['server', 0.8],
    ['decode', 0.1],
  ]);
  expect(phaseText(rows[0]!, 'connect')).toBe('reused');
  expect(phaseText(rows[0]!, 'authenticate')).toBe('session');
  expect(phaseText(row({ roundTrips: 3, timings: { ...rows[0]!.timings, authenticate: 12 } }), 'authenticate')).toBe(
    '12.0 ms',
  );
  expect([msText(0.42), msText(5.6), msText(1204)]).toEqual(['0.4', '6', '1,204']);
});

test('the scale of the bars takes powers of two, holds nine of ten, and hardly ever changes', () => {
  const lasting = (...times: number[]) => times.map((milliseconds) => row({ milliseconds }));
  expect(fullBar([], 0)).toBe(1);
  expect(fullBar(lasting(0.2), 0)).toBe(1);
  expect(fullBar(lasting(16), 0)).toBe(16);
  expect(fullBar(lasting(16.1), 0)).toBe(32);
  // One of ten may be longer than its bar.
  expect(fullBar(lasting(...Array.from({ length: 10 }, () => 10), 5000), 0)).toBe(16);
  // It grows at once, and shrinks only when it is eight times too long; nothing that is shown says nothing about it.
  expect(fullBar(lasting(100), 16)).toBe(128);
  expect(fullBar(lasting(17), 128)).toBe(128);
  expect(fullBar(lasting(16), 128)).toBe(16);
  expect(fullBar([], 128)).toBe(128);

  // Exchanges that arrive one by one, between 5 and 300 ms: each step is to a larger power, and there are few of them.
  let full = 0;
  const scales = new Set<number>();
  const arrived: TraceRow[] = [];
  for (let n = 0; n < 500; n++) {
    arrived.push(row({ milliseconds: 5 + ((n * 7919) % 296) }));
    const next = fullBar(arrived, full);
    expect(next).toBeGreaterThanOrEqual(full);
    full = next;
    scales.add(full);
  }
  expect(full).toBe(512);
  expect(scales.size).toBeLessThanOrEqual(3);
});

test('a file name has nothing in it that a file system refuses', () => {
  expect(fileNameOf('a/b\\c:d', 0)).toBe('trace-a_b_c_d.json');
  expect(fileNameOf('web01', Date.UTC(2026, 0, 2, 3, 4, 5))).toBe('trace-web01-2026-01-02030405.json');
});
