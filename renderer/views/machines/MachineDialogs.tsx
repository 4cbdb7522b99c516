import { closeDialog, useDialogs } from '../../stores/dialogs.ts';
import { useMachines } from '../../stores/machines.ts';
import { PowerDialog } from '../machine/PowerDialog.tsx';
import { ImportDialog } from './ImportDialog.tsx';
import { MachineDialog } from './MachineDialog.tsx';
import { RemoveDialog } from './RemoveDialog.tsx';
import { TagDialog } from './TagDialog.tsx';

/** The dialog that is open, whatever room it was opened from. */
export function MachineDialogs() {
  const dialog = useDialogs((state) => state.dialog);
  switch (dialog?.kind) {
    case undefined:
      return null;
    case 'add-machine':
      return <MachineDialog machine={null} onClose={closeDialog} />;
    case 'edit-machine':
      return <EditDialog machineId={dialog.machineId} test={dialog.test ?? false} />;
    case 'remove-machines':
      return <RemoveDialog machineIds={dialog.machineIds} onClose={closeDialog} />;
    case 'tag-machines':
      return <TagDialog machineIds={dialog.machineIds} onClose={closeDialog} />;
    case 'restart-machines':
      return <PowerDialog machineIds={dialog.machineIds} action="restart" onClose={closeDialog} />;
    case 'import':
      return <ImportDialog onClose={closeDialog} />;
  }
}

/** Looks the machine up once: what the machine does meanwhile must not change the form under the user's hands. */
function EditDialog({ machineId, test }: { machineId: string; test: boolean }) {
  const machine = useMachines.getState().byId.get(machineId);
  return machine === undefined ? null : <MachineDialog machine={machine} test={test} onClose={closeDialog} />;
}
