import { useState } from 'react';
import type { CredentialSet } from '../../../shared/contract/credentials.ts';
import { useCredentials } from '../../stores/credentials.ts';
import { closeDialog, useDialogs } from '../../stores/dialogs.ts';
import { useMachines } from '../../stores/machines.ts';
import { AssignDialog } from '../credentials/AssignDialog.tsx';
import { CredentialDialog } from '../credentials/CredentialDialog.tsx';
import { RemoveCredentialDialog } from '../credentials/RemoveCredentialDialog.tsx';
import { CreateVaultDialog, UnlockDialog } from '../credentials/VaultDialogs.tsx';
import { ConnectionDialog } from '../machine/ConnectionDialog.tsx';
import { PowerDialog } from '../machine/PowerDialog.tsx';
import { ShellsDialog } from '../open-shells/ShellsDialog.tsx';
import { BroadcastDialog } from '../shell/BroadcastDialog.tsx';
import { DriftDialog } from '../winrm/DriftDialog.tsx';
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
    case 'shut-down-machines':
      return <PowerDialog machineIds={dialog.machineIds} action="shut-down" onClose={closeDialog} />;
    case 'broadcast':
      return <BroadcastDialog machineIds={dialog.machineIds} onClose={closeDialog} />;
    case 'import':
      return <ImportDialog onClose={closeDialog} />;
    case 'credential':
      return dialog.credentialId === null ? (
        <CredentialDialog set={null} onClose={closeDialog} />
      ) : (
        <WithSet id={dialog.credentialId} show={(set) => <CredentialDialog set={set} onClose={closeDialog} />} />
      );
    case 'remove-credential':
      return (
        <WithSet id={dialog.credentialId} show={(set) => <RemoveCredentialDialog set={set} onClose={closeDialog} />} />
      );
    case 'assign-credential':
      return <AssignDialog machineIds={dialog.machineIds} onClose={closeDialog} />;
    case 'connection':
      return <ConnectionDialog machineId={dialog.machineId} onClose={closeDialog} />;
    case 'winrm-drift':
      return <DriftDialog machineIds={dialog.machineIds} onClose={closeDialog} />;
    case 'open-shells':
      return <ShellsDialog machineId={dialog.machineId} onClose={closeDialog} />;
    case 'create-vault':
      return <CreateVaultDialog onClose={closeDialog} />;
    case 'unlock-vault':
      return <UnlockDialog onClose={closeDialog} />;
  }
}

/** Looks the machine up once: what the machine does meanwhile must not change the form under the user's hands. */
function EditDialog({ machineId, test }: { machineId: string; test: boolean }) {
  const machine = useMachines.getState().byId.get(machineId);
  return machine === undefined ? null : <MachineDialog machine={machine} test={test} onClose={closeDialog} />;
}

/** The same for a credential set: as it was when its dialog was opened. */
function WithSet({ id, show }: { id: string; show: (set: CredentialSet) => React.JSX.Element }) {
  const [set] = useState(() => useCredentials.getState().sets.find((each) => each.id === id));
  return set === undefined ? null : show(set);
}
