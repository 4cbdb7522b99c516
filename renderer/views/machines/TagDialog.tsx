import { useMemo, useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { listNames, plural } from '../../format.ts';
import { machineName, tagMachines, useMachines } from '../../stores/machines.ts';
import { notify } from '../../stores/notices.ts';
import { useAttempt } from '../../stores/use-attempt.ts';
import { TagsField } from './TagsField.tsx';
import './machine-dialog.css';

/** Adds tags to many machines at once, and takes away those they have. */
export function TagDialog({ machineIds, onClose }: { machineIds: readonly string[]; onClose: () => void }) {
  const byId = useMachines((state) => state.byId);
  const [add, setAdd] = useState<readonly string[]>([]);
  const [remove, setRemove] = useState<ReadonlySet<string>>(new Set());
  const { busy, problem, attempt } = useAttempt();
  const present = useMemo(() => {
    const counts = new Map<string, number>();
    for (const id of machineIds)
      for (const tag of byId.get(id)?.settings.tags ?? []) counts.set(tag, (counts.get(tag) ?? 0) + 1);
    return [...counts].sort(([a], [b]) => a.localeCompare(b));
  }, [byId, machineIds]);
  const what = machineIds.length === 1 ? machineName(machineIds[0] ?? '') : plural(machineIds.length, 'machine');
  const save = () =>
    attempt(async () => {
      await tagMachines(machineIds, add, [...remove]);
      notify({ kind: 'done', words: `Changed the tags of ${what}.` });
      onClose();
    });
  return (
    <Dialog
      title={`Tags of ${what}`}
      busy={busy}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose} disabled={busy}>
            Cancel
          </Button>
          <Button kind="primary" onClick={() => void save()} disabled={busy || (add.length === 0 && remove.size === 0)}>
            Change tags of {what}
          </Button>
        </>
      }
    >
      {machineIds.length > 1 ? <p className="t2">{listNames(machineIds.map(machineName), 8)}</p> : null}
      <div className="form-problem">
        <TagsField tags={add} onChange={setAdd} label="Add" />
      </div>
      {present.length > 0 ? (
        <fieldset className="tag-removals">
          <legend className="s12">Take away</legend>
          {present.map(([tag, count]) => (
            <label key={tag} className="inline-check">
              <input
                type="checkbox"
                className="check"
                checked={remove.has(tag)}
                onChange={() =>
                  setRemove(
                    (before) =>
                      new Set(before.has(tag) ? [...before].filter((each) => each !== tag) : [...before, tag]),
                  )
                }
              />
              {tag}
              <span className="t3">{machineIds.length > 1 ? `on ${count} of ${machineIds.length}` : ''}</span>
            </label>
          ))}
        </fieldset>
      ) : null}
      {problem === null ? null : <ProblemBanner problem={problem} />}
    </Dialog>
  );
}
