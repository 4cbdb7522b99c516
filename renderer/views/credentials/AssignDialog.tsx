import { Field, Select } from '@fluentui/react-components';
import { useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { effectiveCredential, setName } from '../../credential-words.ts';
import { listNames, plural } from '../../format.ts';
import { assignToMachines, useCredentials } from '../../stores/credentials.ts';
import { machineName, useMachines } from '../../stores/machines.ts';
import { notify } from '../../stores/notices.ts';
import { useAttempt } from '../../stores/use-attempt.ts';
import './credentials.css';

const inherit = 'inherit';

/** A set of their own for these machines, or what they inherit. */
export function AssignDialog({ machineIds, onClose }: { machineIds: readonly string[]; onClose: () => void }) {
  const { sets, assignments } = useCredentials();
  const machines = useMachines((state) => state.byId);
  const chosen = machineIds.flatMap((id) => machines.get(id) ?? []);
  const own = new Set(chosen.map((machine) => machine.settings.credentialId));
  const [value, setValue] = useState<string>(() => (own.size === 1 ? ([...own][0] ?? inherit) : inherit));
  const { busy, problem, attempt } = useAttempt();
  const what = machineIds.length === 1 ? machineName(machineIds[0] ?? '') : plural(machineIds.length, 'machine');

  const inherited = new Map<string | null, number>();
  for (const { settings } of chosen) {
    const { id } = effectiveCredential(assignments, null, settings.tags);
    inherited.set(id, (inherited.get(id) ?? 0) + 1);
  }
  const save = () =>
    attempt(async () => {
      await assignToMachines(machineIds, value === inherit ? null : value);
      notify({
        kind: 'done',
        words:
          value === inherit
            ? `${what} ${machineIds.length === 1 ? 'inherits its' : 'inherit their'} credential.`
            : `${what} ${machineIds.length === 1 ? 'signs' : 'sign'} in with ${setName(sets, value)}.`,
      });
      onClose();
    });
  return (
    <Dialog
      title={`Credential of ${what}`}
      busy={busy}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose} disabled={busy}>
            Cancel
          </Button>
          <Button kind="primary" onClick={() => void save()} disabled={busy}>
            Change credential of {what}
          </Button>
        </>
      }
    >
      <div className="col g12">
        {machineIds.length > 1 ? <p className="t2">{listNames(machineIds.map(machineName), 8)}</p> : null}
        <Field
          label="Credential"
          hint={
            value === inherit
              ? `Inherited: ${[...inherited].map(([id, count]) => `${setName(sets, id)}${inherited.size > 1 ? ` for ${count}` : ''}`).join(', ')}.`
              : 'Overrides what their tags and all machines have.'
          }
        >
          <Select value={value} onChange={(_event, data) => setValue(data.value)}>
            <option value={inherit}>Inherit: from its tags, else the global one</option>
            {sets.map((set) => (
              <option key={set.id} value={set.id}>
                {set.name}
              </option>
            ))}
          </Select>
        </Field>
        {problem === null ? null : <ProblemBanner problem={problem} />}
      </div>
    </Dialog>
  );
}
