import { Checkbox, Field, Input, Select } from '@fluentui/react-components';
import { ChevronDownRegular, ChevronRightRegular } from '@fluentui/react-icons';
import { useId, useState } from 'react';
import type { CredentialSet } from '../../../shared/contract/credentials.ts';
import type { SignIn } from '../../../shared/contract/machines.ts';
import { Button } from '../../components/Button.tsx';
import { invalid } from '../../components/form.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { Banner } from '../../components/ProblemBanner.tsx';
import {
  asksForClearText,
  asksForTrust,
  type DraftProblems,
  type MachineDraft,
  spnsOf,
  usesKerberos,
} from './machine-draft.ts';
import { policies, policyNotes, policyOf } from './sign-in-words.ts';

interface SignInProps {
  readonly draft: MachineDraft;
  readonly onChange: (draft: MachineDraft) => void;
}

/** The policy, what it means, and at once why it cannot work with the rest of the form. */
export function SignInField({
  draft,
  onChange,
  credential,
}: SignInProps & { credential: CredentialSet['kind'] | null }) {
  const notes = policyNotes(draft, credential);
  return (
    <div>
      <Field label="Sign-in" hint={policyOf(draft.signIn).means}>
        <Select value={draft.signIn} onChange={(_event, data) => onChange({ ...draft, signIn: data.value as SignIn })}>
          {policies.map(({ id, label }) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </Select>
      </Field>
      <div className="policy-notes" aria-live="polite">
        {notes.map(({ kind, words }) => (
          <p key={words} className={kind} data-note={kind}>
            <Glyph name={kind === 'stops' ? 'critical' : 'warning'} size={11} label="" />
            <span>{words}</span>
          </p>
        ))}
      </div>
    </div>
  );
}

/** What most never need: the service principal's name and delegation. Open from the start where something in it is set. */
export function AdvancedFields({ draft, onChange, problems }: SignInProps & { problems: DraftProblems }) {
  const set = draft.spn.serviceClass !== '' || draft.spn.host !== '' || draft.spn.withPort || draft.delegate;
  const [chosen, choose] = useState<boolean | null>(null);
  const region = useId();
  const classes = useId();
  if (!usesKerberos(draft.signIn)) return null;
  const wrong = problems.serviceClass !== undefined || problems.spnHost !== undefined;
  const shown = wrong || (chosen ?? set);
  const names = spnsOf(draft);
  const spn = (change: Partial<MachineDraft['spn']>) => onChange({ ...draft, spn: { ...draft.spn, ...change } });
  return (
    <div className="consent advanced">
      <Button
        kind="ghost"
        icon={shown ? <ChevronDownRegular /> : <ChevronRightRegular />}
        aria-expanded={shown}
        aria-controls={region}
        onClick={() => choose(!shown)}
      >
        Advanced
      </Button>
      {shown ? (
        <div id={region} className="advanced-fields">
          <Field label="SPN class" {...invalid(problems.serviceClass)}>
            <Input
              value={draft.spn.serviceClass}
              placeholder="HTTP, then HOST"
              autoComplete="off"
              spellCheck={false}
              maxLength={64}
              input={{ list: classes }}
              onChange={(_event, data) => spn({ serviceClass: data.value })}
            />
          </Field>
          <datalist id={classes}>
            <option value="HTTP" />
            <option value="HOST" />
            <option value="WSMAN" />
          </datalist>
          <Field label="SPN host" {...invalid(problems.spnHost)}>
            <Input
              value={draft.spn.host}
              placeholder="the address"
              autoComplete="off"
              spellCheck={false}
              maxLength={255}
              onChange={(_event, data) => spn({ host: data.value })}
            />
          </Field>
          <Checkbox
            checked={draft.spn.withPort}
            label="SPN with the port"
            onChange={(_event, data) => spn({ withPort: data.checked === true })}
          />
          <p className="t2 s12 advanced-names">
            {names.length === 0 ? (
              'No ticket can be asked for: there is no host name.'
            ) : (
              <>
                A ticket is asked for <span className="mono">{names[0]}</span>
                {names.length > 1 ? (
                  <>
                    , then for <span className="mono">{names[1]}</span>
                  </>
                ) : null}
                .
              </>
            )}
          </p>
          <Checkbox
            checked={draft.delegate}
            label="Delegate: the machine may act for the user elsewhere"
            onChange={(_event, data) => onChange({ ...draft, delegate: data.checked === true })}
          />
          {draft.delegate ? (
            <Banner tint="warn" glyph="warning">
              <b>Whoever controls this machine can then act as this user everywhere,</b> for as long as the forwarded
              ticket lasts. Only for machines that you trust like a domain controller.
            </Banner>
          ) : null}
        </div>
      ) : null}
    </div>
  );
}

/** What has to be agreed to, machine by machine, before a weaker way in is used. */
export function Consents({ draft, onChange }: SignInProps) {
  return (
    <>
      {asksForTrust(draft) ? (
        <div className="consent">
          <Checkbox
            checked={draft.trusted}
            onChange={(_event, data) => onChange({ ...draft, trusted: data.checked === true })}
            label="I trust this address: sign in with NTLM over plain HTTP"
          />
          <p>
            NTLM proves you to the machine, but not the machine to you: over HTTP another computer on the network could
            answer in its place. What is sent is encrypted all the same. Leave it off where the machine offers HTTPS
            {draft.signIn === 'negotiate' ? '; Kerberos needs no such trust' : ''}.
          </p>
        </div>
      ) : null}
      {asksForClearText(draft) ? (
        <div className="consent">
          <Banner tint="crit" glyph="critical">
            {draft.signIn === 'basic' ? (
              <>
                <b>Basic over HTTP sends the password readable.</b> Anybody on the way can take it, and change what the
                machine says. Use HTTPS.
              </>
            ) : (
              <>
                <b>Digest over HTTP encrypts nothing.</b> Anybody on the way can read and change what is said, and guess
                the password from what they saw. Use HTTPS.
              </>
            )}
            <Checkbox
              checked={draft.allowClearText}
              onChange={(_event, data) => onChange({ ...draft, allowClearText: data.checked === true })}
              label="Allow clear text for this machine all the same"
            />
          </Banner>
        </div>
      ) : null}
    </>
  );
}
