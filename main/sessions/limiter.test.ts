import { expect, test } from 'vitest';
import { createLimiter } from './limiter.ts';

const never = new AbortController().signal;

test('never more at once than allowed, and all get their turn', async () => {
  const limiter = createLimiter(3);
  let running = 0;
  let most = 0;
  const task = async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
  };
  await Promise.all(Array.from({ length: 20 }, () => limiter.run(never, task)));
  expect(most).toBe(3);
});

test('whoever aborts leaves the line, and a failure frees its place', async () => {
  const limiter = createLimiter(1);
  let end = () => {};
  const first = limiter.run(never, () => new Promise<void>((resolve) => (end = resolve)));
  const abort = new AbortController();
  const second = limiter.run(abort.signal, async () => 'second');
  const third = limiter.run(never, async () => {
    throw new Error('third');
  });
  const fourth = limiter.run(never, async () => 'fourth');
  abort.abort(new Error('left'));
  await expect(second).rejects.toThrow('left');
  end();
  await first;
  await expect(third).rejects.toThrow('third');
  await expect(fourth).resolves.toBe('fourth');
});
