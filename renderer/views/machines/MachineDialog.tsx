import { Field, Input, Select } from '@fluentui/react-components';
import { useEffect, useRef, useState } from 'react';
import type { Machine } from '../../../shared/contract/machines.ts';
import type { Problem } from '../../../shared/contract/problem.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { invalid, SubmitByEnter } from '../../components/form.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import type { SecretHandle } from '../../components/SecretField.tsx';
import { effectiveCredential } from '../../credential-words.ts';
import { useCredentials } from '../../stores/credentials.ts';
import { addMachine, updateMachine } from '../../stores/machines.ts';
import { problemOf } from '../../stores/problem-of.ts';
import { Thumbprint } from './CertificateChain.tsx';
import { CredentialField, choiceKind, firstChoice, saveTyped } from './CredentialField.tsx';
import {
  draftOf,
  draftProblems,
  emptyDraft,
  type MachineDraft,
  settingsOf,
  settleAddress,
  withAddress,
  withTransport,
} from './machine-draft.ts';
import { AdvancedFields, Consents, SignInField } from './SignInFields.tsx';
import { TagsField } from './TagsField.tsx';
import { TestPanel } from './TestPanel.tsx';
import { useMachineTest } from './use-machine-test.ts';
import './machine-dialog.css';

const ports = [
  ['5985', 'HTTP'],
  ['5986', 'HTTPS'],
  ['80', 'HTTP, WinRM 1.1'],
  ['443', 'HTTPS, WinRM 1.1'],
] as const;

/** Adds a machine, or changes one. `test`: begins by testing what is there. */
export function MachineDialog({
  machine,
  onClose,
  test = false,
}: {
  machine: Machine | null;
  onClose: () => void;
  test?: boolean;
}) {
  const [draft, setDraft] = useState<MachineDraft>(() =>
    machine === null ? emptyDraft(firstChoice()) : draftOf(machine),
  );
  const [checked, setChecked] = useState(false);
  const [saving, setSaving] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const password = useRef<SecretHandle>(null);
  const { run, start, stop } = useMachineTest();

  const { sets, assignments } = useCredentials();
  const kind = choiceKind(sets, draft.credential, effectiveCredential(assignments, null, draft.tags).id);
  const problems = draftProblems(draft);
  const sound = Object.keys(problems).length === 0;
  const shown = checked ? problems : {};

  /** Whatever is changed, an earlier test was about something else. */
  const change = (next: MachineDraft) => {
    setDraft(next);
    setProblem(null);
    stop();
  };

  const runTest = (tested: MachineDraft) => {
    setChecked(true);
    const settled = settleAddress(tested);
    setDraft(settled);
    if (Object.keys(draftProblems(settled)).length > 0) return;
    const { credential } = settled;
    void start(
      settingsOf(settled),
      credential.kind === 'new'
        ? { kind: 'password', userName: credential.userName.trim(), password: password.current?.read() ?? '' }
        : null,
    );
  };

  const save = async () => {
    setChecked(true);
    if (!sound) return;
    setSaving(true);
    setProblem(null);
    try {
      let saved = draft;
      if (draft.credential.kind === 'new') {
        // Kept even if the next call fails: the next attempt uses it instead of making another one.
        saved = { ...draft, credential: await saveTyped(draft.credential.userName, password.current) };
        setDraft(saved);
      }
      if (machine === null) await addMachine(settingsOf(saved));
      else await updateMachine(machine.id, settingsOf(saved));
      onClose();
    } catch (error) {
      setProblem(problemOf(error));
      setSaving(false);
    }
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when it opens
  useEffect(() => {
    if (test) runTest(draft);
  }, []);

  const passed = run.phase === 'passed';
  const pinQuestion =
    run.phase === 'failed' && run.steps.some((step) => step.state === 'failed' && step.chain.length > 0);
  const saveWords = machine === null ? (passed ? 'Add machine' : 'Add anyway, untested') : 'Save changes';
  const savePrimary = machine === null ? passed : passed || !pinQuestion;
  return (
    <Dialog
      title={machine === null ? 'Add a machine' : `Settings of ${machine.settings.name}`}
      width={760}
      busy={saving}
      onClose={onClose}
      note={run.phase === 'idle' || run.phase === 'running' ? undefined : passwordWords(run)}
      actions={
        <>
          <Button onClick={onClose} disabled={saving}>
            Cancel
          </Button>
          <Button
            kind={savePrimary ? 'primary' : 'plain'}
            onClick={() => void save()}
            disabled={saving || run.phase === 'running'}
          >
            {saveWords}
          </Button>
          {run.phase === 'idle' ? (
            <Button kind={machine === null ? 'primary' : 'plain'} onClick={() => runTest(draft)} disabled={saving}>
              Test
            </Button>
          ) : run.phase === 'running' ? (
            <Button onClick={stop}>Stop the test</Button>
          ) : null}
        </>
      }
    >
      <form
        className="machine-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (run.phase === 'running' || saving) return;
          if (passed) void save();
          else runTest(draft);
        }}
      >
        <Field label="Name or address" {...invalid(shown.address)}>
          <Input
            value={draft.addressText}
            placeholder="HQ-DC01, hq-dc01.corp.example, 10.0.0.7, fe80::1"
            autoFocus={machine === null}
            autoComplete="off"
            spellCheck={false}
            onChange={(_event, data) => change(withAddress(draft, data.value))}
            onBlur={() => setDraft(settleAddress)}
          />
        </Field>
        <Field className="quarter" label="Transport">
          <Select
            value={draft.transport}
            onChange={(_event, data) => change(withTransport(draft, data.value as 'http' | 'https'))}
          >
            <option value="http">HTTP</option>
            <option value="https">HTTPS</option>
          </Select>
        </Field>
        <Field className="quarter" label="Port" {...invalid(shown.port)}>
          <Input
            value={draft.portText}
            inputMode="numeric"
            autoComplete="off"
            input={{ list: 'winrm-ports' }}
            onChange={(_event, data) => change({ ...draft, portText: data.value.trim(), portTouched: true })}
          />
        </Field>
        <datalist id="winrm-ports">
          {ports.map(([port, words]) => (
            <option key={port} value={port}>
              {words}
            </option>
          ))}
        </datalist>
        <CredentialField
          value={draft.credential}
          onChange={(credential) => change({ ...draft, credential })}
          tags={draft.tags}
          password={password}
          onPassword={stop}
          problem={shown.credential}
        />
        <SignInField draft={draft} onChange={change} credential={kind} />
        <Field label="Shown as">
          <Input
            value={draft.name}
            placeholder="its address"
            autoComplete="off"
            spellCheck={false}
            maxLength={255}
            onChange={(_event, data) => setDraft({ ...draft, name: data.value })}
          />
        </Field>
        <TagsField tags={draft.tags} onChange={(tags) => setDraft({ ...draft, tags })} />
        <Consents draft={draft} onChange={change} />
        <AdvancedFields draft={draft} onChange={change} problems={shown} />
        {draft.pin !== null ? (
          <div className="consent pin">
            <span className="t3" title="SHA-256 of the only certificate that is accepted">
              Pinned
            </span>
            <Thumbprint value={draft.pin} />
            <Button kind="ghost" onClick={() => change({ ...draft, pin: null })}>
              Forget the pin
            </Button>
          </div>
        ) : null}
        <SubmitByEnter />
      </form>
      {problem === null ? null : (
        <div className="form-problem">
          <ProblemBanner problem={problem} />
        </div>
      )}
      <TestPanel
        run={run}
        onAgain={() => runTest(draft)}
        onPin={(pin) => {
          const pinned = { ...draft, pin };
          setDraft(pinned);
          runTest(pinned);
        }}
      />
    </Dialog>
  );
}

/** Whether the password has left this computer: only a test that came as far as signing in sends a proof of it. */
function passwordWords(run: ReturnType<typeof useMachineTest>['run']): string | undefined {
  const signIn = run.steps.find((step) => step.step === 'sign-in');
  return signIn === undefined || signIn.state === 'skipped' ? 'No password left this computer.' : undefined;
}
