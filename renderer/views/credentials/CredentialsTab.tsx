import { AddRegular } from '@fluentui/react-icons';
import { Button } from '../../components/Button.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { countUsers, sortSets } from '../../credential-words.ts';
import { useCredentials } from '../../stores/credentials.ts';
import { openDialog } from '../../stores/dialogs.ts';
import { useMachines } from '../../stores/machines.ts';
import { Inheritance } from './Inheritance.tsx';
import { SetRow } from './SetRow.tsx';
import { VaultLine } from './VaultLine.tsx';
import './credentials.css';

/** Credential sets: where their secrets are, how each stands, and who signs in with which. */
export function CredentialsTab() {
  const { sets, vault, loaded, problem } = useCredentials();
  const machines = useMachines((state) => state.list);
  const users = countUsers(machines);
  const sorted = sortSets(sets);
  return (
    <>
      {problem === null ? null : <ProblemBanner problem={problem} />}
      <section aria-label="Where secrets are kept">
        <h2>Where secrets are kept</h2>
        {loaded ? <VaultLine vault={vault} /> : <p className="t3 s12">Not connected.</p>}
      </section>
      <section aria-label="Credential sets">
        <div className="row">
          <h2 className="grow">Credential sets</h2>
          <Button
            kind="primary"
            icon={<AddRegular />}
            onClick={() => openDialog({ kind: 'credential', credentialId: null })}
          >
            New credential set
          </Button>
        </div>
        {loaded && sets.length === 0 && problem === null ? (
          <p className="t3 s12">
            None yet. A set is a user with a password, whoever is signed in here, or a client certificate. Machines,
            tags or the whole fleet then sign in with it.
          </p>
        ) : null}
        {sets.length === 0 ? null : (
          <ul className="credential-list">
            {sorted.map((set) => (
              <SetRow key={set.id} set={set} users={users.get(set.id) ?? 0} />
            ))}
          </ul>
        )}
      </section>
      {sets.length === 0 ? null : <Inheritance />}
    </>
  );
}
