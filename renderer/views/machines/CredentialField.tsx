import { Field, Input, Select } from '@fluentui/react-components';
import type { RefObject } from 'react';
import type { CredentialSet } from '../../../shared/contract/credentials.ts';
import { useCredentials } from '../../stores/credentials.ts';
import { useSettings } from '../../stores/settings.ts';
import type { CredentialChoice } from './machine-draft.ts';

/** A saved credential, or a new one. The password is read from its field when it is used, and lives nowhere else on this side. */
export function CredentialField(props: {
  value: CredentialChoice;
  onChange: (value: CredentialChoice) => void;
  password: RefObject<HTMLInputElement | null>;
  /** A new password makes an earlier test worthless. */
  onPassword?: () => void;
  problem?: string | undefined;
  noneLabel: string;
}) {
  const { value, onChange } = props;
  const credentials = useCredentials((state) => state.sets);
  const keychain = useSettings((state) => state.info?.keychain ?? true);
  return (
    <>
      <Field label="Credential">
        <Select
          value={value.kind === 'saved' ? value.id : value.kind}
          onChange={(_event, data) => {
            if (data.value === 'new') onChange({ kind: 'new', userName: '' });
            else if (data.value === 'inherit') onChange({ kind: 'inherit' });
            else onChange({ kind: 'saved', id: data.value });
          }}
        >
          {credentials.map((credential) => (
            <option key={credential.id} value={credential.id}>
              {credentialLabel(credential)}
            </option>
          ))}
          {value.kind === 'saved' && !credentials.some((credential) => credential.id === value.id) ? (
            <option value={value.id}>A credential that was removed</option>
          ) : null}
          <option value="new">New user and password…</option>
          <option value="inherit">{props.noneLabel}</option>
        </Select>
      </Field>
      {value.kind === 'new' ? (
        <>
          <Field
            label="User"
            {...(props.problem === undefined
              ? {}
              : { validationMessage: props.problem, validationState: 'error' as const })}
          >
            <Input
              value={value.userName}
              placeholder="DOMAIN\user, user@domain or .\user"
              autoComplete="off"
              spellCheck={false}
              onChange={(_event, data) => onChange({ kind: 'new', userName: data.value })}
            />
          </Field>
          <Field
            label="Password"
            hint={keychain ? 'Kept in this computer’s keychain.' : 'No keychain answers here: kept for this run only.'}
          >
            <Input
              type="password"
              autoComplete="new-password"
              input={{ ref: props.password }}
              onChange={() => props.onPassword?.()}
            />
          </Field>
        </>
      ) : null}
    </>
  );
}

export const credentialLabel = (set: CredentialSet): string =>
  `${set.name} (${{ keychain: 'saved', 'sealed-file': 'saved', 'this-run': 'this run only', missing: 'password missing', locked: 'locked', 'nothing-to-keep': 'no password' }[set.kept]})`;

/** Empties the field, also in the browser's own undo memory as far as it can be reached. */
export function wipe(field: HTMLInputElement | null): void {
  if (field !== null) field.value = '';
}
