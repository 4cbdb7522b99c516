import { useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { plural } from '../../format.ts';
import { machineName, removeMachines, useMachines } from '../../stores/machines.ts';
import { notify } from '../../stores/notices.ts';
import { openMachines, useRouter } from '../../stores/router.ts';
import { useAttempt } from '../../stores/use-attempt.ts';

/** Takes machines out of the inventory, after naming them. Nothing changes on the machines. */
export function RemoveDialog({ machineIds, onClose }: { machineIds: readonly string[]; onClose: () => void }) {
  const [names] = useState(() => machineIds.map(machineName));
  const { busy, problem, attempt } = useAttempt();
  const what = names.length === 1 ? (names[0] ?? '') : plural(names.length, 'machine');
  const remove = () =>
    attempt(async () => {
      const present = machineIds.filter((id) => useMachines.getState().byId.has(id));
      await removeMachines(present);
      const { route } = useRouter.getState();
      if (route.view === 'machine' && machineIds.includes(route.machineId)) openMachines();
      notify({ kind: 'done', words: `Removed ${what} from the inventory.` });
      onClose();
    });
  return (
    <Dialog
      title={`Remove ${what}?`}
      alert
      busy={busy}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose} disabled={busy}>
            Cancel
          </Button>
          <Button kind="danger" onClick={() => void remove()} disabled={busy}>
            Remove {what}
          </Button>
        </>
      }
    >
      <p className="t2">
        {names.length === 1 ? 'It leaves' : 'They leave'} Windeck’s inventory with{' '}
        {names.length === 1 ? 'its' : 'their'} settings, pin and last known state. Nothing changes on the{' '}
        {names.length === 1 ? 'machine' : 'machines'}, and credentials are kept.
      </p>
      {names.length > 1 ? (
        <ul className="remove-names name">
          {names.slice(0, 200).map((name, index) => (
            <li key={machineIds[index]}>{name}</li>
          ))}
          {names.length > 200 ? <li>and {plural(names.length - 200, 'more machine')}</li> : null}
        </ul>
      ) : null}
      {problem === null ? null : <ProblemBanner problem={problem} />}
    </Dialog>
  );
}
