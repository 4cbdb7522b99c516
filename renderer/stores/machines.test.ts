import { expect, it } from 'vitest';
import type { Machine } from '../../shared/contract/machines.ts';
import { applyChanges, forgetLive } from './machines.ts';

const machine = (id: string, state: Machine['state'] = 'unknown') => ({ id, state }) as Machine;

it('takes changes in order and keeps the identity of what did not change', () => {
  const [a, b, c] = [machine('a'), machine('b'), machine('c')];
  const first = applyChanges({ list: [], byId: new Map() }, [{ kind: 'all', machines: [a, b] }]);
  expect(first.list).toEqual([a, b]);
  const newer = machine('b', 'online');
  const second = applyChanges(first, [
    { kind: 'changed', machines: [machine('b', 'connecting'), c], removed: [] },
    { kind: 'changed', machines: [newer], removed: ['c'] },
  ]);
  expect(second.list[0]).toBe(a);
  expect(second.list[1]).toBe(newer);
  expect(second.list.length).toBe(2);
  expect(first.list[1]).toBe(b);
});

it('a whole list replaces what was there, also in the middle of a batch', () => {
  const state = applyChanges({ list: [], byId: new Map() }, [
    { kind: 'changed', machines: [machine('old')], removed: [] },
    { kind: 'all', machines: [machine('x')] },
    { kind: 'changed', machines: [machine('y')], removed: [] },
  ]);
  expect(state.list.map((each) => each.id)).toEqual(['x', 'y']);
});

it('without a console no machine is shown as online, and what was known of it stays', () => {
  const seen = {
    ...machine('a', 'online'),
    lastSeenAt: 5,
    security: { mechanism: 'NTLM', protection: 'RC4-128' },
  } as Machine;
  const { list, byId } = forgetLive({ list: [seen] });
  expect(list[0]).toMatchObject({ id: 'a', state: 'unknown', security: null, lastSeenAt: 5 });
  expect(byId.get('a')).toBe(list[0]);
});
