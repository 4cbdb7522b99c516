import { expect, test, vi } from 'vitest';
import type { Exchange } from '../wsman/index.ts';
import { createTraceRings } from './trace-ring.ts';

const exchange = (characters: number): Exchange => ({
  startedAt: 1,
  milliseconds: 2,
  host: 'web01',
  port: 5985,
  action: 'Identify',
  resourceUri: null,
  request: 'a'.repeat(characters),
  response: null,
  httpStatus: 200,
  sealed: true,
  mechanism: 'NTLM',
  protection: 'RC4-128',
  timings: { queue: 0, connect: 0, authenticate: 0, server: 1, decode: 0 },
  bytesSent: 1,
  bytesReceived: 1,
  roundTrips: 1,
  legs: [],
  contents: false,
  error: null,
});
const limits = { count: 600, bytes: 10_000_000, bytesOfAll: 100_000_000, message: 1000 };

test('the newest stay, by number', () => {
  const rings = createTraceRings(limits);
  for (let i = 0; i < 2000; i++) rings.add('a', exchange(1));
  const kept = rings.all('a');
  expect(kept).toHaveLength(600);
  expect(kept[0]?.id).toBe(1401);
  expect(kept.at(-1)?.id).toBe(2000);
  expect(rings.dropped('a')).toBe(1400);
  expect(rings.find('a', 1400)).toBeUndefined();
  expect(rings.find('a', 1401)?.id).toBe(1401);
  expect(rings.find('a', 2000)?.id).toBe(2000);
  expect(rings.find('b', 2000)).toBeUndefined();
});

test('the newest stay, by bytes; what is counted is what is there', () => {
  const rings = createTraceRings({ ...limits, bytes: 34_000 });
  for (let i = 0; i < 100; i++) rings.add('a', exchange(800));
  expect(rings.all('a')).toHaveLength(10);
  expect(rings.bytes).toBe(rings.all('a').reduce((sum, { bytes }) => sum + bytes, 0));
  rings.clear('a');
  expect(rings.bytes).toBe(0);
  expect(rings.all('a')).toEqual([]);
});

test('over all machines those with most give way, quiet ones keep what they have', () => {
  const rings = createTraceRings({ ...limits, bytesOfAll: 800_000 });
  for (let i = 0; i < 3; i++) rings.add('quiet', exchange(100));
  for (let i = 0; i < 1000; i++) for (const busy of ['b', 'c', 'd']) rings.add(busy, exchange(100));
  expect(rings.bytes).toBeLessThanOrEqual(800_000);
  expect(rings.all('quiet')).toHaveLength(3);
  const counts = ['b', 'c', 'd'].map((id) => rings.all(id).length);
  expect(Math.max(...counts) - Math.min(...counts)).toBeLessThan(10);
  expect(Math.min(...counts)).toBeGreaterThan(80);
});

test('what somebody looks at gives nothing up to others', () => {
  const rings = createTraceRings({ ...limits, bytesOfAll: 400_000 });
  rings.listen('seen', () => {});
  for (let i = 0; i < 120; i++) rings.add('seen', exchange(100));
  for (let i = 0; i < 500; i++) rings.add('busy', exchange(100));
  expect(rings.all('seen')).toHaveLength(120);
  expect(rings.all('busy').length).toBeLessThan(120);
});

test('a message that is too long is cut, and it is said by how much', () => {
  const rings = createTraceRings(limits);
  rings.add('a', exchange(1234));
  expect(rings.all('a')[0]).toMatchObject({ requestCut: 234 });
  expect(rings.all('a')[0]?.request).toHaveLength(1000);
});

test('listeners hear of their machine, until they are let go', () => {
  const rings = createTraceRings(limits);
  const heard = vi.fn();
  const stop = rings.listen('a', heard);
  rings.add('b', exchange(1));
  rings.add('a', exchange(1));
  rings.clear('a');
  stop();
  rings.add('a', exchange(1));
  expect(heard.mock.calls).toEqual([['added'], ['cleared']]);
});
