import { Checkbox } from '@fluentui/react-components';
import { useEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import type { Machine } from '../../../shared/contract/machines.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { Banner } from '../../components/ProblemBanner.tsx';
import { Tag } from '../../components/Tag.tsx';
import { plural } from '../../format.ts';
import { machineHealth } from '../../machine-health.ts';
import { useMachines } from '../../stores/machines.ts';
import { type PowerActionName, powerStore } from '../../stores/power.ts';
import { isProduction } from './machine-view.ts';
import { PowerProgressRow } from './PowerProgressRow.tsx';
import { powerLook, powerTitle, powerVerb } from './power-words.ts';
import { type SignedIn, useSignedIn } from './use-signed-in.ts';
import './machine.css';
import './power.css';

export interface PowerDialogProps {
  readonly machineIds: readonly string[];
  readonly action: PowerActionName;
  readonly onClose: () => void;
}

/** Names what is about to go down and who works there, then follows each machine. Closing it does not stop the following. */
export function PowerDialog({ machineIds, action, onClose }: PowerDialogProps) {
  const [asked, setAsked] = useState<readonly string[] | null>(null);
  // Two dialogs follow each other; the second one was opened from a button of the first, which is gone when the focus has to go back.
  const [opener] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      requestAnimationFrame(() => {
        const lost = document.activeElement === null || document.activeElement === document.body;
        if (lost && opener instanceof HTMLElement && opener.isConnected) opener.focus();
      });
    },
    [opener],
  );
  return asked === null ? (
    <Confirm
      machineIds={machineIds}
      action={action}
      onClose={onClose}
      onConfirm={(ids, force) => {
        powerStore.run(ids, action, force);
        setAsked(ids);
      }}
    />
  ) : (
    <Follow machineIds={asked} action={action} onClose={onClose} />
  );
}

interface ConfirmProps extends PowerDialogProps {
  readonly onConfirm: (machineIds: readonly string[], force: boolean) => void;
}

function Confirm({ machineIds, action, onClose, onConfirm }: ConfirmProps) {
  const [force, setForce] = useState(false);
  const byId = useMachines((state) => state.byId);
  const machines = machineIds.flatMap((id) => byId.get(id) ?? []);
  const ready = machines.filter((machine) => machine.state === 'online');
  // The machines that answered when the dialog opened: a change of state afterwards must not ask them all again.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once per dialog
  const asking = useMemo(() => ready.map((machine) => machine.id), [machineIds]);
  const signedIn = useSignedIn(asking);
  const busy = ready.filter((machine) => hasUsers(signedIn.get(machine.id)));
  const names = ready.map((machine) => machine.settings.name);
  const title = ready.length === 0 ? `${powerVerb[action]}: no machine answers` : `${powerTitle(action, names)}?`;
  return (
    <Dialog
      alert
      width={560}
      title={title}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="danger"
            disabled={ready.length === 0}
            onClick={() =>
              onConfirm(
                ready.map((machine) => machine.id),
                force,
              )
            }
          >
            {ready.length === 0 ? powerVerb[action] : powerTitle(action, names)}
          </Button>
        </>
      }
    >
      <p className="mp-dialog-text">
        {action === 'restart'
          ? 'Windeck asks Windows to restart and follows it until it answers again with a new boot time.'
          : 'Windeck asks Windows to shut down. It cannot be switched on again from here.'}
      </p>
      <ul className="mp-power-list">
        {machines.map((machine) => (
          <ConfirmRow key={machine.id} machine={machine} signedIn={signedIn.get(machine.id)} />
        ))}
      </ul>
      {busy.length > 0 && (
        <Banner tint="warn" glyph="warning">
          <b>
            {busy.length === 1 ? 'People are signed in' : `People are signed in on ${plural(busy.length, 'machine')}`}.
          </b>{' '}
          Their sessions end{force ? ', and what they have not saved is lost.' : '; unsaved work can hold it up.'}
        </Banner>
      )}
      <Checkbox
        className="mp-force"
        checked={force}
        onChange={(_event, data) => setForce(data.checked === true)}
        label={
          <>
            Force it: close programs that do not end by themselves
            <span className="mp-hint">
              Without this, a program with unsaved work or one that hangs can hold it up. With it, such work is lost.
            </span>
          </>
        }
      />
    </Dialog>
  );
}

const hasUsers = (answer: SignedIn | undefined): boolean => answer?.kind === 'users' && answer.users.length > 0;

function ConfirmRow({ machine, signedIn }: { machine: Machine; signedIn: SignedIn | undefined }) {
  const health = machineHealth(machine);
  return (
    <li>
      <Glyph name={health.glyph} label={health.word} />
      <span className="name b5 mp-power-name">{machine.settings.name}</span>
      {isProduction(machine) && <Tag name="production" />}
      <span className="mp-power-words">
        {machine.state === 'online' ? <Users answer={signedIn} /> : `${health.word}; left out`}
      </span>
    </li>
  );
}

function Users({ answer }: { answer: SignedIn | undefined }) {
  if (answer === undefined || answer.kind === 'asking') return <span className="t3">Asking who is signed in…</span>;
  if (answer.kind === 'problem') {
    return (
      <span className="c-warn" title={[answer.problem.message, ...answer.problem.advice].join(' ')}>
        {answer.problem.code === 'access-denied'
          ? 'Who is signed in may not be read with this credential'
          : `Who is signed in is not known: ${answer.problem.message}`}
      </span>
    );
  }
  if (answer.users.length === 0) return <span className="t3">Nobody is signed in</span>;
  return (
    <>
      {answer.users.map((user) => (
        <span key={`${user.account} ${user.kind} ${user.sinceAt}`} className="mp-power-user">
          <span className="t1">{user.account}</span> <span className="t3">{user.kind}</span>
        </span>
      ))}
    </>
  );
}

function Follow({ machineIds, action, onClose }: PowerDialogProps) {
  const runs = useStore(powerStore.state);
  const byId = useMachines((state) => state.byId);
  const mine = machineIds.flatMap((id) => runs[id] ?? []);
  const moving = mine.filter((run) => !powerLook(run).ended).length;
  const done = mine.filter((run) => run.progress?.phase === 'done' && !run.problem).length;
  const names = machineIds.map((id) => byId.get(id)?.settings.name ?? id);
  const subject = names.length === 1 ? names[0] : plural(names.length, 'machine');
  const title =
    moving > 0
      ? `${action === 'restart' ? 'Restarting' : 'Shutting down'} ${subject}`
      : `${action === 'restart' ? 'Restart' : 'Shut-down'} of ${subject}`;
  return (
    <Dialog
      width={560}
      title={title}
      onClose={onClose}
      note={
        moving > 0
          ? 'You can close this: it is followed all the same, and the page of the machine shows it.'
          : `${done} of ${plural(machineIds.length, 'machine')} ${action === 'restart' ? 'back' : 'down'}`
      }
      actions={
        <Button kind={moving > 0 ? 'plain' : 'primary'} onClick={onClose}>
          Close
        </Button>
      }
    >
      <ul className="mp-power-list following">
        {machineIds.map((id) => {
          const run = runs[id];
          return run === undefined ? null : (
            <li key={id}>
              <PowerProgressRow run={run} name={byId.get(id)?.settings.name ?? id} />
            </li>
          );
        })}
      </ul>
      <p className="visually-hidden" aria-live="polite">
        {moving === 0 ? `All ended. ${done} of ${machineIds.length} succeeded.` : ''}
      </p>
    </Dialog>
  );
}
