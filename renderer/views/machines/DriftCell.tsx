import type { Machine } from '../../../shared/contract/machines.ts';
import { missing } from '../../format.ts';
import { useDrift } from '../../stores/winrm-snapshots.ts';
import { driftWords } from '../winrm/drift-view.ts';

/** What the last comparison of its WinRM settings found. */
export function DriftCell({ machine }: { machine: Machine }) {
  const known = useDrift((state) => state.known.get(machine.id));
  const words = driftWords(known);
  if (known === undefined || words === null)
    return (
      <span className="t3" title="Not compared yet: select machines, then Compare WinRM…">
        {missing}
      </span>
    );
  const { outcome } = known.row;
  return (
    <span
      className={outcome === 'drifted' ? 'ell b5 c-warn' : outcome === 'failed' ? 'ell t3' : 'ell'}
      title={words.sentence}
    >
      {words.short}
    </span>
  );
}
