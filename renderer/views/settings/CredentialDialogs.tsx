import { Field, Input } from '@fluentui/react-components';
import { useEffect, useRef, useState } from 'react';
import type { CredentialSet } from '../../../shared/contract/credentials.ts';
import type { Problem } from '../../../shared/contract/problem.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { plural } from '../../format.ts';
import { removeCredential, saveCredential } from '../../stores/credentials.ts';
import { notify } from '../../stores/notices.ts';
import { problemOf } from '../../stores/problem-of.ts';

/** A new credential, or a new password for one. The password is in its field and nowhere else. */
export function PasswordDialog({ credential, onClose }: { credential: CredentialSet | null; onClose: () => void }) {
  const [userName, setUserName] = useState(credential?.userName ?? '');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const password = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const field = password.current;
    return () => {
      if (field !== null) field.value = '';
    };
  }, []);
  const save = async () => {
    if (userName.trim() === '' || busy) return;
    setBusy(true);
    try {
      await saveCredential({
        id: credential?.id ?? null,
        name: credential?.name ?? userName.trim(),
        credential: { kind: 'password', userName: userName.trim(), password: password.current?.value ?? '' },
      });
      notify({
        kind: 'done',
        words:
          credential === null
            ? `Saved ${userName.trim()}.`
            : `Replaced. Machines that refused ${userName.trim()} are asked again.`,
      });
      onClose();
    } catch (error) {
      setProblem(problemOf(error));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={credential === null ? 'New credential' : `Password of ${credential.userName}`}
      width={420}
      busy={busy}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose} disabled={busy}>
            Cancel
          </Button>
          <Button kind="primary" onClick={() => void save()} disabled={busy || userName.trim() === ''}>
            {credential === null ? 'Save credential' : 'Replace password'}
          </Button>
        </>
      }
    >
      <form
        className="col g12"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Field label="User">
          <Input
            value={userName}
            autoFocus={credential === null}
            placeholder="DOMAIN\user, user@domain or .\user"
            autoComplete="off"
            spellCheck={false}
            onChange={(_event, data) => setUserName(data.value)}
          />
        </Field>
        <Field label={credential === null ? 'Password' : 'New password'}>
          <Input
            type="password"
            autoFocus={credential !== null}
            autoComplete="new-password"
            input={{ ref: password }}
          />
        </Field>
        {problem === null ? null : <ProblemBanner problem={problem} />}
        <button type="submit" hidden tabIndex={-1} aria-hidden="true">
          Save
        </button>
      </form>
    </Dialog>
  );
}

export function RemoveCredentialDialog({
  credential,
  users,
  onClose,
}: {
  credential: CredentialSet;
  users: number;
  onClose: () => void;
}) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const remove = async () => {
    setBusy(true);
    try {
      await removeCredential(credential.id);
      notify({ kind: 'done', words: `Removed ${credential.userName} and its password.` });
      onClose();
    } catch (error) {
      setProblem(problemOf(error));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={`Remove ${credential.userName}?`}
      alert
      busy={busy}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose} disabled={busy}>
            Cancel
          </Button>
          <Button kind="danger" onClick={() => void remove()} disabled={busy}>
            Remove {credential.userName}
          </Button>
        </>
      }
    >
      <p className="t2">
        Its password is forgotten.{' '}
        {users === 0
          ? 'No machine uses it.'
          : `${plural(users, 'machine')} can then not be signed in to until another credential is chosen for ${users === 1 ? 'it' : 'them'}.`}
      </p>
      {problem === null ? null : <ProblemBanner problem={problem} />}
    </Dialog>
  );
}
