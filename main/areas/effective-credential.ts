import type { EffectiveCredential, MachineSettings } from '../../shared/contract/machines.ts';
import type { InventoryData, StoredCredential } from '../storage/inventory-format.ts';

/** What decides which set a machine signs in with. */
type Inherited = Pick<InventoryData, 'credentials' | 'assignments'>;

/**
 * Which set a machine signs in with: its own, else that of the first of its own tags (in its order) that is listed, else the global one.
 * An entry that names a set which is not there counts as none.
 */
export function effectiveCredential(
  { credentialId, tags }: Pick<MachineSettings, 'credentialId' | 'tags'>,
  { credentials, assignments }: Inherited,
): EffectiveCredential {
  if (credentialId !== null && credentials.has(credentialId)) return { id: credentialId, source: 'machine', tag: null };
  for (const tag of tags) {
    const listed = assignments.tags.find((entry) => entry.tag === tag);
    if (listed !== undefined && credentials.has(listed.credentialId)) {
      return { id: listed.credentialId, source: 'tag', tag };
    }
  }
  const { global } = assignments;
  if (global !== null && credentials.has(global)) return { id: global, source: 'global', tag: null };
  return { id: null, source: 'none', tag: null };
}

/** The set itself, or null where there is none. */
export function credentialOf(
  settings: Pick<MachineSettings, 'credentialId' | 'tags'>,
  inherited: Inherited,
): StoredCredential | null {
  const { id } = effectiveCredential(settings, inherited);
  return id === null ? null : (inherited.credentials.get(id) ?? null);
}
