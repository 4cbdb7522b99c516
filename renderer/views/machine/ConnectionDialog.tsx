import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { useMachine } from '../../stores/machines.ts';
import { ConnectionDetails } from './ConnectionDetails.tsx';

/** From the list: what the header of the machine's page shows of its connection. */
export function ConnectionDialog({ machineId, onClose }: { machineId: string; onClose: () => void }) {
  const machine = useMachine(machineId);
  if (machine === undefined) return null;
  return (
    <Dialog
      title={`Connection to ${machine.settings.name}`}
      width={520}
      onClose={onClose}
      actions={
        <Button kind="primary" onClick={onClose}>
          Close
        </Button>
      }
    >
      <ConnectionDetails machine={machine} />
    </Dialog>
  );
}
