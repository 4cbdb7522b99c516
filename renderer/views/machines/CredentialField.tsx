import { Field, Input, Select } from '@fluentui/react-components';
import { type Ref, useState } from 'react';
import type { CredentialSet } from '../../../shared/contract/credentials.ts';
import { invalid } from '../../components/form.tsx';
import { SecretField, type SecretHandle } from '../../components/SecretField.tsx';
import { SourceBadge } from '../../components/SourceBadge.tsx';
import { effectiveCredential, freeName, keptWords, kindWords, setName } from '../../credential-words.ts';
import { saveCredential, useCredentials } from '../../stores/credentials.ts';
import { CredentialDialog } from '../credentials/CredentialDialog.tsx';
import { keepingHint } from '../credentials/vault-words.ts';
import type { CredentialChoice } from './machine-draft.ts';

/**
 * What is inherited, a saved set, or a new one. Its password is read from its field when it is used, and lives nowhere else on this side.
 * @param tags that the machine has or will have; null where that differs from machine to machine
 */
export function CredentialField(props: {
  value: CredentialChoice;
  onChange: (value: CredentialChoice) => void;
  tags: readonly string[] | null;
  password: Ref<SecretHandle>;
  /** A new password makes an earlier test worthless. */
  onPassword?: () => void;
  problem?: string | undefined;
}) {
  const { value, onChange, tags } = props;
  const { sets, vault, assignments } = useCredentials();
  const [making, make] = useState(false);
  const inherited = tags === null ? null : effectiveCredential(assignments, null, tags);
  const shown =
    value.kind === 'inherit'
      ? inherited
      : ({ id: value.kind === 'saved' ? value.id : null, source: 'machine', tag: null } as const);
  return (
    <>
      <Field label="Credential">
        {(field) => (
          <div className="col g4">
            <Select
              {...field}
              value={value.kind === 'saved' ? value.id : value.kind}
              onChange={(_event, data) => {
                if (data.value === 'new') onChange({ kind: 'new', userName: '' });
                else if (data.value === 'other') make(true);
                else if (data.value === 'inherit') onChange({ kind: 'inherit' });
                else onChange({ kind: 'saved', id: data.value });
              }}
            >
              <option value="inherit">
                {inherited === null
                  ? 'Inherit: from its tags, else the global set'
                  : inherited.id === null
                    ? 'Inherit (there is nothing to inherit)'
                    : `Inherit: ${setName(sets, inherited.id)}`}
              </option>
              {sets.map((set) => (
                <option key={set.id} value={set.id}>
                  {credentialLabel(set)}
                </option>
              ))}
              {value.kind === 'saved' && !sets.some((set) => set.id === value.id) ? (
                <option value={value.id}>A set that was removed</option>
              ) : null}
              <option value="new">New user and password…</option>
              <option value="other">New signed-in user or certificate…</option>
            </Select>
            {shown === null ? null : (
              <span className="row g6 credential-source">
                <SourceBadge credential={shown} />
                <span className="t3 ell">
                  {value.kind === 'inherit' && shown.source === 'none'
                    ? 'It cannot be signed in to until it has a credential.'
                    : value.kind === 'inherit'
                      ? 'Inherited; choose another to override it for this machine.'
                      : 'Overrides what its tags and all machines have.'}
                </span>
              </span>
            )}
          </div>
        )}
      </Field>
      {value.kind === 'new' ? (
        <>
          <Field label="User" {...invalid(props.problem)}>
            <Input
              value={value.userName}
              placeholder="DOMAIN\user, user@domain or .\user"
              autoComplete="off"
              spellCheck={false}
              maxLength={256}
              onChange={(_event, data) => onChange({ kind: 'new', userName: data.value })}
            />
          </Field>
          <SecretField
            label="Password"
            secret={props.password}
            hint={keepingHint(vault)}
            {...(props.onPassword === undefined ? {} : { onTyped: props.onPassword })}
          />
        </>
      ) : null}
      {making ? (
        <CredentialDialog
          set={null}
          initialKind="signed-in-user"
          onClose={() => make(false)}
          onSaved={(set) => onChange({ kind: 'saved', id: set.id })}
        />
      ) : null}
    </>
  );
}

export const credentialLabel = (set: CredentialSet): string =>
  `${set.name} (${set.kind === 'password' ? keptWords[set.kept] : kindWords[set.kind].toLowerCase()})`;

/** Which kind of set that is, as far as it is known; null where nothing will be signed in with. */
export function choiceKind(
  sets: readonly CredentialSet[],
  choice: CredentialChoice,
  inheritedId: string | null,
): CredentialSet['kind'] | null {
  if (choice.kind === 'new') return 'password';
  const id = choice.kind === 'saved' ? choice.id : inheritedId;
  return sets.find((set) => set.id === id)?.kind ?? null;
}

/** Most fleets have one administrator: what is inherited, else the first set there is. */
export function firstChoice(): CredentialChoice {
  const { sets, assignments } = useCredentials.getState();
  const [first] = sets;
  if (assignments.global !== null) return { kind: 'inherit' };
  return first === undefined ? { kind: 'new', userName: '' } : { kind: 'saved', id: first.id };
}

/** Keeps what was typed as a set named after its user, and empties the field. Throws ProblemError; the field then stays as it is. */
export async function saveTyped(userName: string, password: SecretHandle | null): Promise<CredentialChoice> {
  const user = userName.trim();
  const saved = await saveCredential({
    id: null,
    name: freeName(useCredentials.getState().sets, user),
    credential: { kind: 'password', userName: user, password: password?.read() || null },
  });
  password?.clear();
  return { kind: 'saved', id: saved.id };
}
