import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ShellEvent } from '../../../shared/contract/remote-shell.ts';
import { createGatherer } from './gather.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function window(credit: Promise<void> = Promise.resolve()) {
  const items: string[] = [];
  const sink = {
    push(item: Uint8Array | ShellEvent) {
      items.push(item instanceof Uint8Array ? new TextDecoder().decode(item) : `<${item.kind}>`);
      return credit;
    },
    ready: true,
    signal: new AbortController().signal,
  };
  return { items, gatherer: createGatherer(sink, () => Date.now()) };
}

test('the first bytes go at once, those within five milliseconds together, in order with streams and events', () => {
  const { items, gatherer } = window();
  void gatherer.text('stdout', 'a');
  expect(items).toEqual(['a']);
  void gatherer.text('stdout', 'b');
  void gatherer.text('stdout', 'c');
  expect(items).toEqual(['a']);
  vi.advanceTimersByTime(5);
  expect(items).toEqual(['a', 'bc']);
  void gatherer.text('stdout', 'd');
  void gatherer.text('stderr', 'e');
  void gatherer.event({ kind: 'exit', exitCode: 1 });
  expect(items).toEqual(['a', 'bc', 'd', '<stream>', 'e', '<exit>']);
});

test('much is not held back for more', () => {
  const { items, gatherer } = window();
  void gatherer.text('stdout', 'a');
  void gatherer.text('stdout', 'x'.repeat(70_000));
  expect(items.map(({ length }) => length)).toEqual([1, 70_000]);
});

test('what is awaited is the credit of the window', async () => {
  const credit = Promise.withResolvers<void>();
  const { gatherer } = window(credit.promise);
  let isTaken = false;
  const taken = gatherer.text('stdout', 'a').then(() => {
    isTaken = true;
  });
  await vi.advanceTimersByTimeAsync(100);
  expect(isTaken).toBe(false);
  credit.resolve();
  await taken;
  expect(isTaken).toBe(true);
});
