import { expect, test } from 'vitest';
import { stopOrder } from './windows-service-model.ts';

const graph = (edges: Record<string, string[]>) => (name: string) => edges[name] ?? [];

test('each dependant comes after everything that depends on it', () => {
  const order = stopOrder('RpcSs', graph({ RpcSs: ['A', 'B'], A: ['C'], B: ['C', 'D'], C: ['E'] }));
  expect(new Set(order)).toEqual(new Set(['A', 'B', 'C', 'D', 'E']));
  const before = (first: string, then: string) => expect(order.indexOf(first)).toBeLessThan(order.indexOf(then));
  before('E', 'C');
  before('C', 'A');
  before('C', 'B');
  before('D', 'B');
});

test('a ring ends, and the service itself is not among its dependants', () => {
  expect(stopOrder('A', graph({ A: ['B'], B: ['C'], C: ['a', 'B'] }))).toEqual(['C', 'B']);
});

test('nothing depends on it', () => {
  expect(stopOrder('A', () => [])).toEqual([]);
});
