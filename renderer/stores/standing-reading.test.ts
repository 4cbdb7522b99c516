import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { standingReading } from './standing-reading.ts';
import type { Attach } from './standing-stream.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A reading that ends when the test says so, or a moment after it was called off. */
function slowReading() {
  const begun: { readonly signal: AbortSignal; readonly done: () => void; ended: boolean }[] = [];
  let atOnce = 0;
  let mostAtOnce = 0;
  const read = async (signal: AbortSignal) => {
    mostAtOnce = Math.max(mostAtOnce, ++atOnce);
    await new Promise<void>((resolve) => {
      begun.push({ signal, done: resolve, ended: false });
      signal.addEventListener('abort', () => setTimeout(resolve, 10));
    });
    atOnce -= 1;
    begun.find((one) => one.signal === signal)!.ended = true;
  };
  return { begun, read, most: () => mostAtOnce };
}

/** A link that a test connects and loses. */
function testLink() {
  let run: Parameters<Attach>[0] | null = null;
  let lost = new AbortController();
  const attach: Attach = (given) => {
    run = given;
    given(null as never, lost.signal);
    return () => lost.abort();
  };
  const reconnect = () => {
    lost.abort();
    lost = new AbortController();
    run?.(null as never, lost.signal);
  };
  return { attach, reconnect, lose: () => lost.abort() };
}

test('a reading slower than the period comes to its end; the next begins at the first tick after it', async () => {
  const { begun, read, most } = slowReading();
  const reading = standingReading(testLink().attach, read, 1000);
  await vi.advanceTimersByTimeAsync(3500);
  expect(begun).toHaveLength(1);
  expect(begun[0]!.signal.aborted).toBe(false);
  begun[0]!.done();
  await vi.advanceTimersByTimeAsync(400);
  expect(begun).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(100);
  expect(begun).toHaveLength(2);
  expect(most()).toBe(1);
  reading.end();
});

test('who asks for it now calls off the one under way, and a new one begins when that has ended', async () => {
  const { begun, read, most } = slowReading();
  const reading = standingReading(testLink().attach, read, 1000);
  reading.readNow();
  reading.readNow();
  expect(begun).toHaveLength(1);
  expect(begun[0]!.signal.aborted).toBe(true);
  await vi.advanceTimersByTimeAsync(10);
  expect(begun[0]!.ended).toBe(true);
  expect(begun).toHaveLength(2);
  expect(begun[1]!.signal.aborted).toBe(false);
  expect(most()).toBe(1);
  reading.end();
});

test('after a reconnect it is read anew; without a connection and after the end nothing is', async () => {
  const { begun, read, most } = slowReading();
  const link = testLink();
  const reading = standingReading(link.attach, read, 1000);
  link.reconnect();
  await vi.advanceTimersByTimeAsync(10);
  expect(begun).toHaveLength(2);
  link.lose();
  await vi.advanceTimersByTimeAsync(2000);
  reading.readNow();
  expect(begun).toHaveLength(2);
  link.reconnect();
  expect(begun).toHaveLength(3);
  reading.readNow();
  reading.end();
  await vi.advanceTimersByTimeAsync(5000);
  expect(begun).toHaveLength(3);
  expect(begun.every(({ ended }) => ended)).toBe(true);
  expect(most()).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
});
