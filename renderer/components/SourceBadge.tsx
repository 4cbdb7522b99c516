import type { EffectiveCredential } from '../../shared/contract/machines.ts';
import { sourceLabel, sourceSentence } from '../credential-words.ts';

/** Whether a machine's credential set is its own or inherited, and from where. */
export function SourceBadge({ credential }: { credential: EffectiveCredential }) {
  return (
    <span className={`source-badge ${credential.source}`} title={sourceSentence(credential)}>
      {sourceLabel(credential)}
    </span>
  );
}
