import { Checkbox } from '@fluentui/react-components';
import { useState } from 'react';
import type { Machine } from '../../../shared/contract/machines.ts';
import type { WindowsProcess } from '../../../shared/contract/processes.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Banner } from '../../components/ProblemBanner.tsx';
import { plural } from '../../format.ts';
import { vitalPart } from './process-view.ts';

interface EndDialogProps {
  readonly machine: Machine;
  readonly chosen: readonly WindowsProcess[];
  /** What descends from them, nearest first. */
  readonly descendants: readonly WindowsProcess[];
  readonly onEnd: (processes: readonly WindowsProcess[]) => void;
  readonly onClose: () => void;
}

/** Before processes end: which, what was started by them, and what hangs on them. */
export function EndDialog({ machine, chosen, descendants, onEnd, onClose }: EndDialogProps) {
  const [withChildren, setWithChildren] = useState(false);
  const host = machine.settings.name;
  const [first] = chosen;
  // Children first: a parent that watches them would start them again.
  const all = withChildren ? [...descendants.toReversed(), ...chosen] : chosen;
  const subject =
    chosen.length === 1 && first ? `${first.name} (${first.processId})` : plural(chosen.length, 'process', 'processes');
  const warnings = all.flatMap((process) => {
    const part = vitalPart(process);
    return part === null ? [] : [[process, part] as const];
  });
  return (
    <Dialog
      alert
      width={560}
      title={`End ${subject} on ${host}?`}
      onClose={onClose}
      actions={
        <>
          <Button data-autofocus onClick={onClose}>
            Cancel
          </Button>
          <Button kind="danger" onClick={() => onEnd(all)}>
            End {all.length === 1 && first ? first.name : plural(all.length, 'process', 'processes')} on {host}
          </Button>
        </>
      }
    >
      <p className="mp-dialog-text">
        {chosen.length === 1 ? 'It is' : 'They are'} ended at once, without being asked: what was not saved is lost.
      </p>
      {chosen.length > 1 ? <List processes={chosen} /> : null}
      {descendants.length > 0 ? (
        <>
          <p className="mp-dialog-text">
            {descendants.length === 1 ? 'One process was' : `${descendants.length} processes were`} started by{' '}
            {chosen.length === 1 ? 'it' : 'them'} and {descendants.length === 1 ? 'goes' : 'go'} on running:
          </p>
          <List processes={descendants} />
          <Checkbox
            label={descendants.length === 1 ? 'End it too, first' : `End these ${descendants.length} too, first`}
            checked={withChildren}
            onChange={(_event, data) => setWithChildren(data.checked === true)}
          />
        </>
      ) : null}
      {warnings.length > 0 ? (
        <Banner tint="crit" glyph="critical">
          <b>{warnings.length === 1 ? 'Windows needs this process.' : `Windows needs ${warnings.length} of these.`}</b>
          <ul>
            {warnings.slice(0, 6).map(([process, part]) => (
              <li key={process.processId}>
                {process.name} ({process.processId}): {part}.
              </li>
            ))}
          </ul>
        </Banner>
      ) : null}
    </Dialog>
  );
}

function List({ processes }: { processes: readonly WindowsProcess[] }) {
  return (
    <ul className="pr-order">
      {processes.map((process) => (
        <li key={process.processId}>
          <span className="name t1 ell">{process.name}</span>
          <span className="num t3">{process.processId}</span>
          <span className="mono t2 ell" title={process.commandLine ?? ''}>
            {process.commandLine ?? ''}
          </span>
        </li>
      ))}
    </ul>
  );
}
