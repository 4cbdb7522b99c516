import { Radio, RadioGroup } from '@fluentui/react-components';
import { LockClosedFilled } from '@fluentui/react-icons';
import { useEffect, useId, useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import type { Machine } from '../../../shared/contract/machines.ts';
import type { Problem } from '../../../shared/contract/problem.ts';
import type { ChangePreview } from '../../../shared/contract/winrm-settings.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { Banner, ProblemBanner } from '../../components/ProblemBanner.tsx';
import { SecretField, type SecretHandle } from '../../components/SecretField.tsx';
import { plural } from '../../format.ts';
import { problemOf } from '../../stores/problem-of.ts';
import { changeKey, type Draft, needsPassword, passwordForPreview, toChanges } from '../../stores/winrm-draft.ts';
import { whyOnlyHere } from '../../stores/winrm-many.ts';
import { isUnderWay, winrmSettingsStore } from '../../stores/winrm-settings.ts';
import { ApplySteps } from './ApplySteps.tsx';
import { PreviewLines } from './DiffLines.tsx';
import { applyWords, keptByPolicy, mappingName } from './words.ts';

const revertBy = {
  'scheduled-task': 'a scheduled task',
  'scheduled-job': 'a scheduled job',
  process: 'a process',
} as const;
type Consent = 'protected' | 'unprotected' | null;

/** What would change on which machine, what could cut the connection, the consent to the revert; then the steps as they run. */
export function ApplyDialog(props: {
  machine: Machine;
  draft: Draft;
  /** The same for other machines; without it they are not offered. */
  onApplyTo?: (() => void) | undefined;
  onClose: () => void;
}) {
  const { machine, draft } = props;
  const machineId = machine.id;
  const { name } = machine.settings;
  const run = useStore(winrmSettingsStore.state, (all) => all[machineId]?.run ?? null);
  const configuration = useStore(winrmSettingsStore.state, (all) => all[machineId]?.configuration ?? null);
  // A run that was begun here; one that was under way when the dialog opened is shown as it is.
  const [began, setBegan] = useState(() => isUnderWay(run));
  const [preview, setPreview] = useState<ChangePreview | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [attempt, setAttempt] = useState(0);
  const [consent, setConsent] = useState<Consent>(null);
  const [seconds, setSeconds] = useState('60');
  const [typed, setTyped] = useState(0);
  const secrets = useRef(new Map<string, SecretHandle>());
  const passwords = useMemo(() => draft.filter(needsPassword), [draft]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` asks once more
  useEffect(() => {
    if (began) return;
    const stop = new AbortController();
    setProblem(null);
    winrmSettingsStore.preview(machineId, toChanges(draft, passwordForPreview), stop.signal).then(
      (made) => {
        if (!stop.signal.aborted) setPreview(made);
      },
      (error: unknown) => {
        if (!stop.signal.aborted) setProblem(problemOf(error));
      },
    );
    return () => stop.abort();
  }, [machineId, draft, attempt, began]);

  const refused = preview?.lines.some((line) => line.refusal !== null) ?? false;
  const wait = /^\d+$/.test(seconds) && Number(seconds) >= 5 && Number(seconds) <= 3600 ? Number(seconds) : null;
  const passwordsThere =
    passwords.length === 0 ||
    (typed > 0 && passwords.every((change) => (secrets.current.get(changeKey(change))?.read() ?? '') !== ''));
  const why =
    preview === null
      ? 'The machine is asked first'
      : refused
        ? 'The machine would refuse a line'
        : preview.lines.length === 0
          ? 'Nothing would change'
          : preview.couldCut && consent === null
            ? 'Choose whether a revert is planted'
            : wait === null
              ? 'The revert waits 5 to 3600 seconds'
              : passwordsThere
                ? null
                : 'Give the password';
  const apply = () => {
    if (why !== null || preview === null || wait === null) return;
    const started = winrmSettingsStore.apply(
      machineId,
      {
        // Read in the expression that sends it; nothing here keeps a password.
        changes: toChanges(draft, (key) => secrets.current.get(key)?.read() ?? ''),
        fingerprint: preview.fingerprint,
        protect: preview.couldCut ? consent === 'protected' : true,
        revertAfterSeconds: wait,
        follow: preview.follow,
      },
      draft,
    );
    for (const secret of secrets.current.values()) secret.clear();
    if (started) setBegan(true);
  };

  if (began && run !== null) {
    const going = isUnderWay(run);
    return (
      <Dialog
        title={going ? `Applying ${plural(run.count, 'change')} to ${name}` : `Changes to ${name}`}
        width={640}
        onClose={props.onClose}
        note={going ? 'You can close this: it is followed all the same, and the room shows it.' : undefined}
        actions={
          <Button
            kind={going ? 'plain' : 'primary'}
            onClick={() => {
              winrmSettingsStore.dismiss(machineId);
              props.onClose();
            }}
          >
            Close
          </Button>
        }
      >
        <ApplySteps run={run} machine={name} />
      </Dialog>
    );
  }
  const restoring = draft.some((change) => change.kind === 'restore');
  const kept = configuration === null ? null : keptByPolicy(draft, configuration);
  const count = preview?.lines.length ?? draft.length;
  const restored = draft.some((change) => change.kind === 'restore' && change.what === 'plugins')
    ? 'the plug-ins'
    : 'winrm/config';
  const onlyHere = whyOnlyHere(draft);
  const label = restoring ? `Restore ${restored} of ${name}` : applyWords(draft.length, name);
  return (
    <Dialog
      alert
      title={restoring ? `${label} to the defaults?` : `${label}?`}
      width={680}
      onClose={props.onClose}
      note={why === null || preview === null ? undefined : why}
      actions={
        <>
          {props.onApplyTo === undefined ? null : (
            <Button disabled={onlyHere !== null} title={onlyHere ?? undefined} onClick={props.onApplyTo}>
              Apply to…
            </Button>
          )}
          <Button data-autofocus="" onClick={props.onClose}>
            Cancel
          </Button>
          <Button kind={preview?.couldCut ? 'danger' : 'primary'} disabled={why !== null} onClick={apply}>
            {label}
          </Button>
        </>
      }
    >
      {problem !== null ? (
        <ProblemBanner
          problem={problem}
          actions={problem.retryable ? <Button onClick={() => setAttempt(attempt + 1)}>Ask again</Button> : null}
        />
      ) : preview === null ? (
        <p className="row g8 t2" role="status">
          <Glyph name="pending" label="" /> {name} is asked what this would change…
        </p>
      ) : (
        <div className="col g12">
          {count === 0 ? (
            <p className="t2">Nothing would change: {name} is like this already.</p>
          ) : (
            <PreviewLines lines={preview.lines} settings={configuration?.settings ?? []} />
          )}
          {preview.follow === null ? null : (
            <Banner tint="info">
              <b>The connection moves.</b> Windeck goes on over{' '}
              <span className="mono">
                {preview.follow.transport} {preview.follow.port} /{preview.follow.path}
              </span>{' '}
              and keeps that in the inventory once it is confirmed.
            </Banner>
          )}
          {passwords.map((change) => (
            <SecretField
              key={changeKey(change)}
              label={`Password of ${change.userName} on ${name}`}
              hint={`${mappingName(change)}. It is sent to the machine and kept nowhere here.`}
              secret={(handle) => {
                if (handle === null) secrets.current.delete(changeKey(change));
                else secrets.current.set(changeKey(change), handle);
              }}
              onTyped={() => setTyped((before) => before + 1)}
            />
          ))}
          {kept === null ? null : (
            <p className="row g6 t2">
              <LockClosedFilled fontSize={12} aria-hidden="true" /> {kept}
            </p>
          )}
          {preview.couldCut && !refused ? (
            <Protection
              name={name}
              isOne={draft.length === 1}
              preview={preview}
              consent={consent}
              onConsent={setConsent}
              seconds={seconds}
              onSeconds={setSeconds}
              wrong={wait === null}
            />
          ) : null}
        </div>
      )}
    </Dialog>
  );
}

/** Why a revert cannot be planted: something in the changes could not be put back, or the machine has no means for one. */
const whyNoRevert = ({ revertGaps }: ChangePreview): string =>
  revertGaps.length === 0
    ? 'No way was found to plant one on this machine.'
    : `Not for these changes. ${revertGaps.join(' ')}`;

/** The consent: a revert on the machine first, shown line by line, or knowingly none. Nothing is chosen beforehand. */
function Protection(props: {
  name: string;
  /** There is one change only. */
  isOne: boolean;
  preview: ChangePreview;
  consent: Consent;
  onConsent: (consent: Consent) => void;
  seconds: string;
  onSeconds: (text: string) => void;
  wrong: boolean;
}) {
  const { name, preview } = props;
  const heading = useId();
  return (
    <section className="wr-protection" aria-labelledby={heading}>
      <h3 className="row g8" id={heading}>
        <Glyph name="warning" size={13} label="" /> This could cut the connection to {name}.
      </h3>
      <RadioGroup
        aria-labelledby={heading}
        value={props.consent ?? ''}
        onChange={(_event, data) => props.onConsent(data.value as Consent)}
      >
        <Radio
          value="protected"
          disabled={preview.revertBy === null}
          label={
            <>
              Plant a revert on {name} first
              <span className="mp-hint">
                {preview.revertBy === null
                  ? whyNoRevert(preview)
                  : `As ${revertBy[preview.revertBy]}. It takes the change back unless a fresh connection confirms it in time, and is removed afterwards.`}
              </span>
            </>
          }
        />
        <Radio
          value="unprotected"
          label={
            <>
              Apply without a revert
              <span className="mp-hint">
                Have another way to the machine at hand: its own console, or a remote desktop.
              </span>
            </>
          }
        />
      </RadioGroup>
      {preview.revertGaps.length > 0 && !props.isOne ? (
        <p className="t2">
          To be safe, take {preview.revertGaps.length === 1 ? 'that' : 'those'} out, apply the others protected, and
          make {preview.revertGaps.length === 1 ? 'it' : 'them'} afterwards.
        </p>
      ) : null}
      {props.consent === 'protected' ? (
        <>
          <label className="row g8 wr-seconds">
            Takes the change back after
            <input
              className="wr-input num"
              value={props.seconds}
              inputMode="numeric"
              aria-invalid={props.wrong}
              onChange={(event) => props.onSeconds(event.target.value.trim())}
            />
            seconds
            {props.wrong ? <span className="c-crit">5 to 3600</span> : null}
          </label>
          <details>
            <summary>What the revert runs on {name}</summary>
            <pre className="mono">{preview.revertLines.join('\n')}</pre>
          </details>
        </>
      ) : null}
    </section>
  );
}
