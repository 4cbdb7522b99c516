import { expect, test } from 'vitest';
import { createGate } from './gate.ts';

test('at most so many at a time, in the order they came', async () => {
  const gate = createGate(2);
  const order: number[] = [];
  let running = 0;
  let most = 0;
  const task = (n: number) => async () => {
    order.push(n);
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    if (n === 3) throw new Error('three');
    return n;
  };
  const results = await Promise.allSettled([1, 2, 3, 4, 5].map((n) => gate(task(n))));
  expect(most).toBe(2);
  expect(order).toEqual([1, 2, 3, 4, 5]);
  expect(results.map((result) => result.status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
  ]);
});

test('nobody waits for a task that nobody wants any more, and its place is not lost', async () => {
  const gate = createGate(1);
  const { promise, resolve: release } = Promise.withResolvers<void>();
  const first = gate(() => promise);
  const limit = new AbortController();
  let ran = false;
  const second = gate(async () => {
    ran = true;
  }, limit.signal);
  const third = gate(async () => 'third');
  limit.abort(new Error('too late'));
  release();
  await first;
  await expect(second).rejects.toThrow('too late');
  expect(await third).toBe('third');
  expect(ran).toBe(false);
});
