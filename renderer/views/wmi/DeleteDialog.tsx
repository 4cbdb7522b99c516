import type { CimReference } from '../../../shared/contract/cim-value.ts';
import { classOf, writeObjectPath } from '../../../shared/contract/object-path.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { useAttempt } from '../../stores/use-attempt.ts';
import { wmiStore } from '../../stores/wmi.ts';

/** Asks, by name, before an instance is deleted. */
export function DeleteDialog(props: {
  machineId: string;
  machine: string;
  reference: CimReference;
  onClose: () => void;
}) {
  const { busy, problem, attempt } = useAttempt();
  const { reference, machine } = props;
  return (
    <Dialog
      alert
      title={`Delete this ${classOf(reference)} on ${machine}?`}
      busy={busy}
      onClose={props.onClose}
      actions={
        <>
          <Button
            kind="danger"
            disabled={busy}
            onClick={() =>
              void attempt(() => wmiStore.delete(props.machineId, reference)).then((done) => {
                if (done) props.onClose();
              })
            }
          >
            {`Delete ${classOf(reference)}`}
          </Button>
          <Button data-autofocus disabled={busy} onClick={props.onClose}>
            Cancel
          </Button>
        </>
      }
    >
      <p className="mp-dialog-text mono wm-path">{writeObjectPath(reference)}</p>
      <p className="mp-dialog-text">What deleting it does is up to its provider. It cannot be taken back from here.</p>
      {problem ? <ProblemBanner problem={problem} /> : null}
    </Dialog>
  );
}
