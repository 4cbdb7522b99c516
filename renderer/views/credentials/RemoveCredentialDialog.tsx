import type { CredentialSet } from '../../../shared/contract/credentials.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { effectiveCredential, secretIs, setName } from '../../credential-words.ts';
import { listNames, plural } from '../../format.ts';
import { removeCredential, useCredentials } from '../../stores/credentials.ts';
import { useMachines } from '../../stores/machines.ts';
import { notify } from '../../stores/notices.ts';
import { useAttempt } from '../../stores/use-attempt.ts';

/** Says what the machines that have it will sign in with afterwards. */
export function RemoveCredentialDialog({ set, onClose }: { set: CredentialSet; onClose: () => void }) {
  const { sets, assignments } = useCredentials();
  const machines = useMachines((state) => state.list);
  const { busy, problem, attempt } = useAttempt();
  const users = machines.filter((machine) => machine.credential.id === set.id);
  const without = {
    global: assignments.global === set.id ? null : assignments.global,
    tags: assignments.tags.filter((rule) => rule.credentialId !== set.id),
  };
  const after = new Map<string | null, string[]>();
  for (const { settings } of users) {
    const own = settings.credentialId === set.id ? null : settings.credentialId;
    const { id } = effectiveCredential(without, own, settings.tags);
    after.set(id, [...(after.get(id) ?? []), settings.name]);
  }
  const remove = () =>
    attempt(async () => {
      await removeCredential(set.id);
      notify({ kind: 'done', words: `Removed ${set.name}.` });
      onClose();
    });
  const orphans = after.get(null) ?? [];
  return (
    <Dialog
      title={`Remove ${set.name}?`}
      alert
      busy={busy}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose} disabled={busy}>
            Cancel
          </Button>
          <Button kind="danger" onClick={() => void remove()} disabled={busy}>
            Remove {set.name}
          </Button>
        </>
      }
    >
      <p className="t2 credential-text">
        {set.kind === 'signed-in-user' ? 'Nothing was stored for it.' : `Its ${secretIs(set.kind)} forgotten.`}{' '}
        {users.length === 0 ? 'No machine uses it.' : null}
        {orphans.length > 0
          ? `${plural(orphans.length, 'machine')} can then not be signed in to until another credential is chosen for ${orphans.length === 1 ? 'it' : 'them'}: ${listNames(orphans, 8)}.`
          : null}
      </p>
      {[...after].map(([id, names]) =>
        id === null ? null : (
          <p key={id} className="t2 credential-text">
            {plural(names.length, 'machine')} will sign in with {setName(sets, id)} instead: {listNames(names, 8)}.
          </p>
        ),
      )}
      {problem === null ? null : <ProblemBanner problem={problem} />}
    </Dialog>
  );
}
