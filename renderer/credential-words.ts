import type { Assignments, CredentialSet, Vault } from '../shared/contract/credentials.ts';
import type { EffectiveCredential, Machine } from '../shared/contract/machines.ts';
import { formatAge, formatDay, plural } from './format.ts';

export const kindWords: Readonly<Record<CredentialSet['kind'], string>> = {
  password: 'User and password',
  'signed-in-user': 'Signed-in user',
  certificate: 'Client certificate',
};

/** Where the secret is, behind the name of the set. */
export const keptWords: Readonly<Record<CredentialSet['kept'], string>> = {
  keychain: 'in the keychain',
  'sealed-file': 'in the sealed file',
  'this-run': 'for this run only',
  missing: 'missing',
  locked: 'sealed, not unlocked',
  'nothing-to-keep': 'nothing to keep',
};

/** What is secret about a set of that kind. */
export const secretWord = (kind: CredentialSet['kind']): string =>
  kind === 'certificate' ? 'certificate and key' : 'password';

/** `its password is`, `its certificate and key are`. */
export const secretIs = (kind: CredentialSet['kind']): string =>
  `${secretWord(kind)} ${kind === 'certificate' ? 'are' : 'is'}`;

/** A name that no other set has: `CORP\\adm`, then `CORP\\adm (2)`. */
export function freeName(sets: readonly CredentialSet[], wanted: string): string {
  const taken = (name: string) => sets.some((set) => set.name.toLowerCase() === name.toLowerCase());
  let name = wanted;
  for (let number = 2; taken(name); number += 1) name = `${wanted} (${number})`;
  return name;
}

/** Which set a machine with these tags signs in with: its own, else that of the first of its tags that has one, else the global one. */
export function effectiveCredential(
  assignments: Assignments,
  ownId: string | null,
  tags: readonly string[],
): EffectiveCredential {
  if (ownId !== null) return { id: ownId, source: 'machine', tag: null };
  for (const tag of tags) {
    const rule = assignments.tags.find((each) => each.tag === tag);
    if (rule !== undefined) return { id: rule.credentialId, source: 'tag', tag };
  }
  if (assignments.global !== null) return { id: assignments.global, source: 'global', tag: null };
  return { id: null, source: 'none', tag: null };
}

/** The badge: why it is this set. */
export function sourceLabel({ source, tag }: EffectiveCredential): string {
  switch (source) {
    case 'machine':
      return 'own';
    case 'tag':
      return `from tag ${tag ?? ''}`.trimEnd();
    case 'global':
      return 'global';
    case 'none':
      return 'none';
  }
}

/** The same as a sentence, for the tooltip. */
export function sourceSentence({ source, tag }: EffectiveCredential): string {
  switch (source) {
    case 'machine':
      return 'Chosen for this machine itself; what its tags and all machines have does not count for it.';
    case 'tag':
      return `Inherited: every machine with the tag ${tag} has it, unless it has one of its own.`;
    case 'global':
      return 'Inherited: every machine has it, unless a tag or the machine itself says otherwise.';
    case 'none':
      return 'Neither the machine nor its tags have a credential set, and there is no global one.';
  }
}

/** As people look for them. */
export const sortSets = (sets: readonly CredentialSet[]): readonly CredentialSet[] =>
  [...sets].sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));

/** The name of the set, as it is in the list now. */
export const setName = (sets: readonly CredentialSet[], id: string | null): string =>
  id === null ? 'no credential' : (sets.find((set) => set.id === id)?.name ?? 'a set that was removed');

/** How many machines sign in with each set at the moment. */
export function countUsers(machines: readonly Machine[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { credential } of machines) {
    if (credential.id !== null) counts.set(credential.id, (counts.get(credential.id) ?? 0) + 1);
  }
  return counts;
}

/** Certificates that end within this time are worth a warning. */
export const expiryWarningMs = 30 * 86_400_000;

export interface Expiry {
  readonly level: 'ok' | 'soon' | 'expired';
  readonly words: string;
}
export function expiryOf(validToAt: number, nowMs: number): Expiry {
  const left = validToAt - nowMs;
  if (left <= 0) return { level: 'expired', words: `expired on ${formatDay(validToAt)}` };
  if (left > expiryWarningMs) return { level: 'ok', words: `valid until ${formatDay(validToAt)}` };
  const days = Math.floor(left / 86_400_000);
  return { level: 'soon', words: `expires in ${days === 0 ? formatAge(left) : plural(days, 'day')}` };
}

/** What the user is asked for: once for the sealed file, once per set, however many machines wait for it. */
export type CredentialPrompt =
  | { readonly kind: 'unlock'; readonly sets: readonly CredentialSet[]; readonly machines: number }
  | { readonly kind: 'missing' | 'refused'; readonly set: CredentialSet; readonly machines: number };

/** Only what machines wait for; a set that nobody uses is no hurry. Stable order: the sealed file, then sets by name. */
export function credentialPrompts(
  sets: readonly CredentialSet[],
  vault: Vault,
  machines: readonly Machine[],
): readonly CredentialPrompt[] {
  const users = countUsers(machines);
  const used = sets.filter((set) => users.has(set.id));
  const sum = (some: readonly CredentialSet[]) => some.reduce((total, set) => total + (users.get(set.id) ?? 0), 0);
  const locked = used.filter((set) => set.kept === 'locked');
  const prompts: CredentialPrompt[] = [];
  if (vault.locked && locked.length > 0) prompts.push({ kind: 'unlock', sets: locked, machines: sum(locked) });
  for (const set of sortSets(used)) {
    const count = users.get(set.id) ?? 0;
    if (set.kept === 'missing') prompts.push({ kind: 'missing', set, machines: count });
    else if (set.refusal !== null) prompts.push({ kind: 'refused', set, machines: count });
  }
  return prompts;
}

/** The key by which a prompt is told from another, also when its numbers change. */
export const promptKey = (prompt: CredentialPrompt): string =>
  prompt.kind === 'unlock'
    ? 'unlock'
    : prompt.kind === 'missing'
      ? `missing ${prompt.set.id}`
      : `refused ${prompt.set.id} ${prompt.set.refusal?.atMs}`;
