import { expect, it } from 'vitest';
import { sortKey } from './sort-key.ts';

it('orders names as people do: without case, numbers by value', () => {
  const names = ['SRV10', 'srv2', 'SRV02', 'Alpha', 'beta', 'SRV', '10.0.0.9', '10.0.0.10', 'a007b', 'a7a'];
  const sorted = [...names].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : sortKey(a) > sortKey(b) ? 1 : 0));
  expect(sorted).toEqual(['10.0.0.9', '10.0.0.10', 'a7a', 'a007b', 'Alpha', 'beta', 'SRV', 'srv2', 'SRV02', 'SRV10']);
});
it('takes a name of nothing but digits for text', () => {
  expect(() => sortKey('9'.repeat(500))).not.toThrow();
});
