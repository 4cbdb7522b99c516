import { ArrowClockwiseRegular, DismissRegular } from '@fluentui/react-icons';
import { useEffect, useState } from 'react';
import type { OpenRemoteShell } from '../../../shared/contract/open-shells.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { formatBytes, formatDuration, formatTime, missing, plural } from '../../format.ts';
import { machineName } from '../../stores/machines.ts';
import { closeShell, forgetShells, readShells, useOpenShells } from '../../stores/open-shells.ts';
import { useAttempt } from '../../stores/use-attempt.ts';
import { idleOf, kindOf, nameOfShell, oursOf } from './shell-words.ts';
import './open-shells.css';

/** Who else is here: every shell on a machine, whose it is, and a way to end one. */
export function ShellsDialog({ machineId, onClose }: { machineId: string; onClose: () => void }) {
  const { shells, readAt, reading, problem } = useOpenShells();
  const { busy, problem: own, attempt } = useAttempt();
  const [ending, setEnding] = useState<string | null>(null);
  const machine = machineName(machineId);
  useEffect(() => {
    void readShells(machineId);
    return forgetShells;
  }, [machineId]);
  const end = async (shell: OpenRemoteShell) => {
    await attempt(() => closeShell(machineId, shell));
    setEnding(null);
    await readShells(machineId);
  };
  return (
    <Dialog
      title={`Remote shells on ${machine}`}
      width={860}
      busy={busy}
      onClose={onClose}
      note={readAt === null ? undefined : `Read at ${formatTime(readAt)}`}
      actions={
        <>
          <Button
            icon={<ArrowClockwiseRegular />}
            disabled={reading || busy}
            onClick={() => void readShells(machineId)}
          >
            Read again
          </Button>
          <Button onClick={onClose} disabled={busy} data-autofocus="">
            Close
          </Button>
        </>
      }
    >
      {own === null ? null : <ProblemBanner problem={own} />}
      {problem === null ? null : <ProblemBanner problem={problem} />}
      {shells === null ? (
        problem === null ? (
          <p className="t3" role="status">
            Reading…
          </p>
        ) : null
      ) : shells.length === 0 ? (
        <p className="t2" role="status">
          No shell is open on {machine}. Nobody is working there over WinRM.
        </p>
      ) : (
        <ul className="rs-list" aria-label={`Shells on ${machine}`}>
          {shells.map((shell) => (
            <li key={shell.shellId} data-ours={shell.ours ?? undefined}>
              <ShellFacts shell={shell} />
              {ending === shell.shellId ? (
                <span className="rs-question">
                  <span className="t2">
                    End {nameOfShell(shell)}
                    {shell.childProcesses ? ` and ${plural(shell.childProcesses, 'process', 'processes')} in it` : ''}?
                  </span>
                  <Button disabled={busy} onClick={() => setEnding(null)}>
                    Keep it
                  </Button>
                  <Button kind="danger" disabled={busy} onClick={() => void end(shell)}>
                    End this shell
                  </Button>
                </span>
              ) : (
                <IconButton
                  name={
                    shell.resourceUri === null
                      ? 'The machine does not say what this shell is, so it cannot be ended from here'
                      : `End ${nameOfShell(shell)}…`
                  }
                  icon={<DismissRegular fontSize={14} />}
                  disabledFocusable={busy || shell.resourceUri === null}
                  onClick={() => setEnding(shell.shellId)}
                />
              )}
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}

function ShellFacts({ shell }: { shell: OpenRemoteShell }) {
  const ours = oursOf(shell);
  const open = shell.openForMs === null ? null : `open for ${formatDuration(shell.openForMs)}`;
  const load = [
    shell.memoryBytes === null ? null : formatBytes(shell.memoryBytes),
    shell.childProcesses === null ? null : plural(shell.childProcesses, 'process', 'processes'),
    shell.processId === null ? null : `PID ${shell.processId}`,
  ].filter((text) => text !== null);
  return (
    <>
      <span className="col rs-who">
        <span className="row-of">
          <b className="b5 ell">{shell.owner ?? 'owner not said'}</b>
          {ours === null ? null : <span className="rs-ours">{ours}</span>}
        </span>
        <span className="t3 ell">
          {kindOf(shell)}
          {shell.name === null ? '' : ` “${shell.name}”`} from {shell.clientAddress ?? missing}
        </span>
      </span>
      <span className="col rs-when num">
        <span className="ell">idle {idleOf(shell)}</span>
        <span className="t3 ell">{open ?? missing}</span>
      </span>
      <span className="t2 rs-load num ell">{load.length === 0 ? missing : load.join(' · ')}</span>
    </>
  );
}
