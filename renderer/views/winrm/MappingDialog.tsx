import { Checkbox, Field, Input } from '@fluentui/react-components';
import { useState } from 'react';
import type { CertificateMapping } from '../../../shared/contract/winrm-settings.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { invalid, SubmitByEnter } from '../../components/form.tsx';
import type { DraftChange } from '../../stores/winrm-draft.ts';
import { type MappingKeys, mappingProblems } from './mapping-form.ts';

/** Which account a client certificate signs in as. The password of that account is typed when the changes are applied, not here. */
export function MappingDialog(props: {
  machine: string;
  /** Null: a new one. */
  mapping: CertificateMapping | null;
  taken: readonly MappingKeys[];
  onDraft: (change: DraftChange) => void;
  onClose: () => void;
}) {
  const { mapping } = props;
  const [issuer, setIssuer] = useState(mapping?.issuer ?? '');
  const [subject, setSubject] = useState(mapping?.subject ?? '');
  const [uri, setUri] = useState(mapping?.uri ?? '*');
  const [userName, setUserName] = useState(mapping?.userName ?? '');
  const [enabled, setEnabled] = useState(mapping?.enabled ?? true);
  const [newPassword, setNewPassword] = useState(mapping === null);
  const [asked, setAsked] = useState(false);
  const print = issuer.replace(/[\s:]/g, '').toUpperCase();
  const problems = mappingProblems({ print, subject, uri, userName }, mapping === null ? props.taken : []);
  const shown: Partial<typeof problems> = asked ? problems : {};
  const save = () => {
    setAsked(true);
    if (Object.values(problems).some((words) => words !== undefined)) return;
    props.onDraft({
      kind: mapping === null ? 'create-mapping' : 'edit-mapping',
      issuer: print,
      subject: subject.trim(),
      uri: uri.trim(),
      userName: userName.trim(),
      enabled,
      newPassword,
    });
    props.onClose();
  };
  return (
    <Dialog
      title={
        mapping === null ? `New certificate mapping on ${props.machine}` : `Certificate mapping of ${props.machine}`
      }
      width={560}
      onClose={props.onClose}
      note="The password is asked for when you apply."
      actions={
        <>
          <Button onClick={props.onClose}>Cancel</Button>
          <Button kind="primary" onClick={save}>
            {mapping === null ? 'Add to the changes' : 'Take into the changes'}
          </Button>
        </>
      }
    >
      <form
        className="wr-fields one"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <SubmitByEnter />
        <Field
          label="Issuer"
          hint="Thumbprint of the authority that issued the client certificates"
          {...invalid(shown.issuer)}
        >
          <Input
            value={issuer}
            disabled={mapping !== null}
            spellCheck={false}
            autoComplete="off"
            className="mono"
            data-autofocus={mapping === null ? '' : undefined}
            onChange={(_event, data) => setIssuer(data.value)}
          />
        </Field>
        <Field
          label="Subject"
          hint="User principal name, DNS name or *@realm in the certificate"
          {...invalid(shown.subject)}
        >
          <Input
            value={subject}
            disabled={mapping !== null}
            spellCheck={false}
            autoComplete="off"
            onChange={(_event, data) => setSubject(data.value)}
          />
        </Field>
        <Field label="For" hint="Resource URI prefix that it may be used for; * for everything" {...invalid(shown.uri)}>
          <Input
            value={uri}
            disabled={mapping !== null}
            spellCheck={false}
            autoComplete="off"
            onChange={(_event, data) => setUri(data.value)}
          />
        </Field>
        <Field label="Signs in as" {...invalid(shown.userName)}>
          <Input
            value={userName}
            data-autofocus={mapping === null ? undefined : ''}
            spellCheck={false}
            autoComplete="off"
            onChange={(_event, data) => setUserName(data.value)}
          />
        </Field>
        <Checkbox checked={enabled} label="Enabled" onChange={(_event, data) => setEnabled(data.checked === true)} />
        {mapping === null ? null : (
          <Checkbox
            checked={newPassword}
            label="Give a new password"
            onChange={(_event, data) => setNewPassword(data.checked === true)}
          />
        )}
      </form>
    </Dialog>
  );
}
