import { useRef, useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { SubmitByEnter } from '../../components/form.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { SecretField, type SecretHandle } from '../../components/SecretField.tsx';
import { createVault, unlockVault } from '../../stores/credentials.ts';
import { notify } from '../../stores/notices.ts';
import { useAttempt } from '../../stores/use-attempt.ts';
import { minPassphraseLength, passphraseProblem } from './vault-words.ts';
import './credentials.css';

/** Opens the sealed file for this run. */
export function UnlockDialog({ onClose }: { onClose: () => void }) {
  const passphrase = useRef<SecretHandle>(null);
  const { busy, problem, attempt } = useAttempt();
  const unlock = async () => {
    if (busy) return;
    const unlocked = await attempt(async () => {
      await unlockVault(passphrase.current?.read() ?? '');
      notify({ kind: 'done', words: 'Unlocked. Machines that waited for it are asked now.' });
      onClose();
    });
    if (unlocked) return;
    passphrase.current?.clear();
    passphrase.current?.focus();
  };
  return (
    <Dialog
      title="Unlock the sealed file"
      width={440}
      busy={busy}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose} disabled={busy}>
            Cancel
          </Button>
          <Button kind="primary" onClick={() => void unlock()} disabled={busy}>
            {busy ? 'Unlocking…' : 'Unlock'}
          </Button>
        </>
      }
    >
      <form
        className="col g12"
        onSubmit={(event) => {
          event.preventDefault();
          void unlock();
        }}
      >
        <p className="t2 credential-text">
          The passwords of your credential sets are in a file that your passphrase seals. It is asked for once per run.
        </p>
        <SecretField label="Passphrase" secret={passphrase} autoFocus />
        {problem === null ? null : <ProblemBanner problem={problem} />}
        <SubmitByEnter />
      </form>
    </Dialog>
  );
}

/** Starts the sealed file where no keychain answers. */
export function CreateVaultDialog({ onClose }: { onClose: () => void }) {
  const first = useRef<SecretHandle>(null);
  const second = useRef<SecretHandle>(null);
  const { busy, problem, attempt } = useAttempt();
  const [fault, setFault] = useState<'short' | 'different' | null>(null);
  const create = async () => {
    if (busy) return;
    const wrong = passphraseProblem(
      first.current?.read().length ?? 0,
      first.current?.read() === second.current?.read(),
    );
    setFault(wrong);
    if (wrong !== null) {
      if (wrong === 'different') second.current?.clear();
      (wrong === 'short' ? first : second).current?.focus();
      return;
    }
    const created = await attempt(async () => {
      await createVault(first.current?.read() ?? '');
      notify({ kind: 'done', words: 'Passwords are kept in a sealed file from now on, also those of this run.' });
      onClose();
    });
    if (created) return;
    first.current?.clear();
    second.current?.clear();
  };
  return (
    <Dialog
      title="Seal the passwords in a file"
      width={460}
      busy={busy}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose} disabled={busy}>
            Cancel
          </Button>
          <Button kind="primary" onClick={() => void create()} disabled={busy}>
            {busy ? 'Sealing…' : 'Set the passphrase'}
          </Button>
        </>
      }
    >
      <form
        className="col g12"
        onSubmit={(event) => {
          event.preventDefault();
          void create();
        }}
      >
        <p className="t2 credential-text">
          No keychain answers on this computer, so passwords would last for this run only. With a passphrase they are
          kept in an encrypted file in the data folder, and you are asked for the passphrase once per run. Nobody can
          recover it: if it is lost, the passwords have to be typed again.
        </p>
        <SecretField
          label="New passphrase"
          secret={first}
          autoFocus
          hint={`At least ${minPassphraseLength} characters; several words are better.`}
          problem={fault === 'short' ? `Too short: at least ${minPassphraseLength} characters.` : undefined}
        />
        <SecretField
          label="The same again"
          secret={second}
          problem={fault === 'different' ? 'This is not the same passphrase.' : undefined}
        />
        {problem === null ? null : <ProblemBanner problem={problem} />}
        <SubmitByEnter />
      </form>
    </Dialog>
  );
}
