import { expect, test } from 'vitest';
import type { StoredCredential } from '../storage/inventory-format.ts';
import { credentialOf, effectiveCredential } from './effective-credential.ts';

const sets = ['own', 'web', 'db', 'all'].map((id): StoredCredential => ({ id, name: id, kind: 'signed-in-user' }));
const inherited = {
  credentials: new Map(sets.map((set) => [set.id, set])),
  assignments: {
    global: 'all',
    tags: [
      { tag: 'web', credentialId: 'web' },
      { tag: 'db', credentialId: 'db' },
      { tag: 'old', credentialId: 'removed' },
    ],
  },
};
const of = (credentialId: string | null, ...tags: string[]) => effectiveCredential({ credentialId, tags }, inherited);

test('the machine’s own set comes first', () => {
  expect(of('own', 'web')).toEqual({ id: 'own', source: 'machine', tag: null });
});

test('then that of the first of its own tags, in its order and not that of the list', () => {
  expect(of(null, 'db', 'web')).toEqual({ id: 'db', source: 'tag', tag: 'db' });
  expect(of(null, 'other', 'web', 'db')).toEqual({ id: 'web', source: 'tag', tag: 'web' });
});

test('then the global one, then none', () => {
  expect(of(null, 'other')).toEqual({ id: 'all', source: 'global', tag: null });
  const without = { ...inherited, assignments: { ...inherited.assignments, global: null } };
  expect(effectiveCredential({ credentialId: null, tags: [] }, without)).toEqual({
    id: null,
    source: 'none',
    tag: null,
  });
  expect(credentialOf({ credentialId: null, tags: [] }, without)).toBeNull();
});

test('a set that is not there counts as none, wherever it is named', () => {
  expect(of('removed', 'old', 'web')).toEqual({ id: 'web', source: 'tag', tag: 'web' });
  const gone = { ...inherited, assignments: { global: 'removed', tags: [] } };
  expect(effectiveCredential({ credentialId: 'removed', tags: [] }, gone).source).toBe('none');
});
