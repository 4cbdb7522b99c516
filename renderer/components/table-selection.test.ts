import { describe, expect, it } from 'vitest';
import { keepOnly, type Selection, selectOnly, selectRange, toggle, toggleAll } from './table-selection.ts';

const order = ['a', 'b', 'c', 'd', 'e'];
const sorted = (selection: Selection) => [...selection.ids].sort();

describe('selecting rows', () => {
  it('toggles one and makes it the anchor of the next range', () => {
    const one = toggle({ ids: new Set(), anchor: null }, 'b');
    expect(one).toEqual({ ids: new Set(['b']), anchor: 'b' });
    expect(sorted(selectRange(one, order, 'd', false))).toEqual(['b', 'c', 'd']);
    expect(toggle(one, 'b').ids.size).toBe(0);
  });
  it('reaches backwards, and a second range starts from the same anchor', () => {
    const first = selectRange(selectOnly('c'), order, 'a', false);
    expect(sorted(first)).toEqual(['a', 'b', 'c']);
    expect(sorted(selectRange(first, order, 'd', false))).toEqual(['c', 'd']);
  });
  it('adds a range to what is selected elsewhere when asked to', () => {
    const before: Selection = { ids: new Set(['a']), anchor: 'd' };
    expect(sorted(selectRange(before, order, 'e', true))).toEqual(['a', 'd', 'e']);
  });
  it('begins anew when the anchor is not shown any more', () => {
    expect(selectRange({ ids: new Set(['x']), anchor: 'x' }, order, 'b', false)).toEqual({
      ids: new Set(['b']),
      anchor: 'b',
    });
  });
  it('selects all that is shown and leaves what the filter hides alone', () => {
    const all = toggleAll({ ids: new Set(['hidden', 'a']), anchor: null }, order);
    expect(sorted(all)).toEqual(['a', 'b', 'c', 'd', 'e', 'hidden']);
    expect(sorted(toggleAll(all, order))).toEqual(['hidden']);
  });
  it('forgets what is gone, and keeps the set itself when nothing is', () => {
    const ids = new Set(['a', 'b']);
    expect(keepOnly(ids, () => true)).toBe(ids);
    expect([...keepOnly(ids, (id) => id === 'b')]).toEqual(['b']);
  });
});
