import { expect, it } from 'vitest';
import { createLiveValues } from './live-values.ts';

/** Frames by hand. */
function frames() {
  const waiting: (() => void)[] = [];
  return {
    schedule: (run: () => void) => void waiting.push(run),
    paint: () => {
      for (const run of waiting.splice(0)) run();
    },
    waiting,
  };
}

it('tells a listener once per frame, with the newest value', () => {
  const { schedule, paint, waiting } = frames();
  const values = createLiveValues<number>(schedule);
  const seen: (number | undefined)[] = [];
  values.subscribe('a', () => seen.push(values.get('a')));
  for (let value = 1; value <= 100; value += 1) values.set('a', value);
  expect(waiting.length).toBe(1);
  expect(values.get('a')).toBeUndefined();
  paint();
  expect(seen).toEqual([100]);
});

it('tells only those whose value changed, and those who listen to all once', () => {
  const { schedule, paint } = frames();
  const values = createLiveValues<string>(schedule);
  const calls: string[] = [];
  values.subscribe('a', () => calls.push('a'));
  values.subscribe('b', () => calls.push('b'));
  values.subscribeAll(() => calls.push('all'));
  values.set('b', 'x');
  values.set('c', 'y');
  paint();
  expect(calls).toEqual(['b', 'all']);
});

it('forgets listeners and values', () => {
  const { schedule, paint } = frames();
  const values = createLiveValues<string>(schedule);
  let calls = 0;
  const stop = values.subscribe('a', () => {
    calls += 1;
  });
  values.set('a', 'x');
  paint();
  stop();
  values.delete('a');
  paint();
  expect(calls).toBe(1);
  expect(values.get('a')).toBeUndefined();
});

it('a listener that leaves while it is told does not disturb the others', () => {
  const { schedule, paint } = frames();
  const values = createLiveValues<number>(schedule);
  const told: string[] = [];
  const stop = values.subscribe('a', () => {
    told.push('first');
    stop();
  });
  values.subscribe('a', () => told.push('second'));
  values.set('a', 1);
  paint();
  values.set('a', 2);
  paint();
  expect(told).toEqual(['first', 'second', 'second']);
});
