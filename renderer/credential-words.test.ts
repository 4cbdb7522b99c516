import { describe, expect, it } from 'vitest';
import type { Assignments, CredentialSet, Vault } from '../shared/contract/credentials.ts';
import type { EffectiveCredential, Machine } from '../shared/contract/machines.ts';
import {
  credentialPrompts,
  effectiveCredential,
  expiryOf,
  freeName,
  promptKey,
  sourceLabel,
} from './credential-words.ts';

const assignments: Assignments = {
  global: 'g',
  tags: [
    { tag: 'sql', credentialId: 's' },
    { tag: 'web', credentialId: 'w' },
  ],
};
const nothing: Assignments = { global: null, tags: [] };

describe('what a machine signs in with', () => {
  it.each<[string, Assignments, string | null, readonly string[], EffectiveCredential, string]>([
    ['its own before all', assignments, 'o', ['web'], { id: 'o', source: 'machine', tag: null }, 'own'],
    ['a tag', assignments, null, ['lab', 'web'], { id: 'w', source: 'tag', tag: 'web' }, 'from tag web'],
    ['its first tag', assignments, null, ['web', 'sql'], { id: 'w', source: 'tag', tag: 'web' }, 'from tag web'],
    ['the global one', assignments, null, ['lab'], { id: 'g', source: 'global', tag: null }, 'global'],
    ['nothing', nothing, null, ['web'], { id: null, source: 'none', tag: null }, 'none'],
    ['a tag is compared whole', assignments, null, ['WEB', 'web2'], { id: 'g', source: 'global', tag: null }, 'global'],
  ])('%s', (_, rules, own, tags, expected, label) => {
    const effective = effectiveCredential(rules, own, tags);
    expect(effective).toEqual(expected);
    expect(sourceLabel(effective)).toBe(label);
  });
});

const now = Date.UTC(2026, 10, 22);
const day = 86_400_000;

it.each([
  [31 * day, 'ok', /^valid until 23 Dec 2026$/],
  [30 * day, 'soon', /^expires in 30 days$/],
  [1.5 * day, 'soon', /^expires in 1 day$/],
  [5 * 3_600_000, 'soon', /^expires in 5 h$/],
  [0, 'expired', /^expired on 22 Nov 2026$/],
  [-400 * day, 'expired', /^expired on 18 Oct 2025$/],
])('a certificate that ends in %d ms', (left, level, words) => {
  const expiry = expiryOf(now + left, now);
  expect(expiry.level).toBe(level);
  expect(expiry.words).toMatch(words);
});

const set = (name: string, more: Partial<CredentialSet> = {}): CredentialSet => ({
  id: name,
  name,
  kind: 'password',
  userName: name,
  certificate: null,
  kept: 'keychain',
  refusal: null,
  ...more,
});
const refusal = {
  machineId: 'm0',
  atMs: 1,
  problem: { code: 'authentication-failed', message: 'No.', advice: [], retryable: false },
} as const;
const machines = (...ids: (string | null)[]): readonly Machine[] =>
  ids.map((id, index) => ({ id: `m${index}`, credential: { id, source: 'global', tag: null } }) as unknown as Machine);
const keychain: Vault = { kind: 'keychain', locked: false };
const locked: Vault = { kind: 'sealed-file', locked: true };

describe('what the user is asked for', () => {
  it('is asked once per set, however many machines wait', () => {
    const sets = [set('b', { kept: 'missing' }), set('a', { refusal }), set('fine')];
    const prompts = credentialPrompts(sets, keychain, machines('b', 'b', 'b', 'a', 'fine', null));
    expect(prompts.map(({ kind, machines: count }) => [kind, count])).toEqual([
      ['refused', 1],
      ['missing', 3],
    ]);
  });

  it('is asked once for the sealed file, not for each set in it', () => {
    const sets = [set('a', { kept: 'locked' }), set('b', { kept: 'locked' })];
    const prompts = credentialPrompts(sets, locked, machines('a', 'b', 'b'));
    expect(prompts).toHaveLength(1);
    expect(prompts[0]).toMatchObject({ kind: 'unlock', machines: 3 });
  });

  it('is asked nothing for what nobody uses', () => {
    const sets = [set('a', { kept: 'locked' }), set('b', { kept: 'missing' }), set('c', { refusal })];
    expect(credentialPrompts(sets, locked, machines(null))).toEqual([]);
  });

  it('put off, a refusal comes back when it happens again', () => {
    const key = (atMs: number) =>
      promptKey({ kind: 'refused', set: set('a', { refusal: { ...refusal, atMs } }), machines: 1 });
    expect(key(1)).toBe(key(1));
    expect(key(1)).not.toBe(key(2));
  });
});

it('two sets do not have one name', () => {
  const sets = [set('adm'), set('adm (2)')];
  expect([freeName([], 'adm'), freeName(sets, 'ADM'), freeName(sets, 'other')]).toEqual(['adm', 'ADM (3)', 'other']);
});
