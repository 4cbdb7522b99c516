import { Field, Input } from '@fluentui/react-components';
import { BranchCompareRegular, DeleteRegular } from '@fluentui/react-icons';
import { useEffect, useState } from 'react';
import type { ConfigurationSide, SnapshotInfo } from '../../../shared/contract/winrm-settings.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { SubmitByEnter } from '../../components/form.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { formatDate, formatDay } from '../../format.ts';
import { useAttempt } from '../../stores/use-attempt.ts';
import { readSnapshots, removeSnapshot, saveSnapshot, useSnapshots } from '../../stores/winrm-snapshots.ts';

/** Named snapshots: this machine's settings as they are now, kept; any of them compared with now, or removed. */
export function SnapshotsDialog(props: {
  machineId: string;
  machine: string;
  onCompare: (side: ConfigurationSide) => void;
  onClose: () => void;
}) {
  const { list, problem } = useSnapshots();
  const [name, setName] = useState(() => `${props.machine} ${formatDay(Date.now())}`);
  const { busy, problem: own, attempt } = useAttempt();
  const [removing, setRemoving] = useState<SnapshotInfo | null>(null);
  useEffect(() => void readSnapshots(), []);
  return (
    <Dialog
      title="Snapshots of WinRM settings"
      width={680}
      busy={busy}
      onClose={props.onClose}
      actions={
        <Button onClick={props.onClose} disabled={busy}>
          Close
        </Button>
      }
    >
      <form
        className="wr-save"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== '') void attempt(() => saveSnapshot(props.machineId, name.trim()));
        }}
      >
        <Field label={`Name of a new snapshot of ${props.machine}`}>
          <Input value={name} maxLength={100} data-autofocus="" onChange={(_event, data) => setName(data.value)} />
        </Field>
        <SubmitByEnter />
        <Button
          kind="primary"
          disabled={busy || name.trim() === ''}
          onClick={() => void attempt(() => saveSnapshot(props.machineId, name.trim()))}
        >
          Save snapshot
        </Button>
      </form>
      {own === null ? null : <ProblemBanner problem={own} />}
      {problem === null ? null : <ProblemBanner problem={problem} />}
      {list === null ? null : list.length === 0 ? (
        <p className="t2">None yet. A snapshot holds the settings, listeners and plug-ins, and no secret.</p>
      ) : (
        <ul className="wr-snapshots" aria-label="Snapshots">
          {list.map((one) => (
            <li key={one.id}>
              <span className="col grow">
                <b className="b5 ell">{one.name}</b>
                <span className="t3 ell">
                  {one.machineName}, {formatDate(one.takenAt)}
                  {one.stack === null ? '' : `, ${one.stack}`}
                </span>
              </span>
              {removing?.id === one.id ? (
                <>
                  <span className="t2">Remove it for good?</span>
                  <Button disabled={busy} onClick={() => setRemoving(null)}>
                    Keep
                  </Button>
                  <Button
                    kind="danger"
                    disabled={busy}
                    onClick={() => void attempt(() => removeSnapshot(one.id)).then(() => setRemoving(null))}
                  >
                    Remove {one.name}
                  </Button>
                </>
              ) : (
                <>
                  <Button
                    kind="ghost"
                    icon={<BranchCompareRegular />}
                    aria-label={`Compare ${one.name} with now`}
                    onClick={() => props.onCompare({ kind: 'snapshot', id: one.id })}
                  >
                    Compare with now
                  </Button>
                  <Button
                    kind="ghost"
                    icon={<DeleteRegular />}
                    aria-label={`Remove ${one.name}`}
                    onClick={() => setRemoving(one)}
                  >
                    Remove
                  </Button>
                </>
              )}
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}
