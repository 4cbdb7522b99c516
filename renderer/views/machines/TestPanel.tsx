import { ArrowSyncRegular, PinRegular } from '@fluentui/react-icons';
import { useEffect, useRef, useState } from 'react';
import { type DiagnosisStep, diagnosisStepTitles } from '../../../shared/contract/diagnose.ts';
import { Button } from '../../components/Button.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { cornerCode, ProblemBanner } from '../../components/ProblemBanner.tsx';
import { formatDuration } from '../../format.ts';
import { Candidates, Fixes } from '../diagnose/Remedies.tsx';
import { outcomeLooks, stepLooks } from '../diagnose/words.ts';
import { CertificateChain, Thumbprint } from './CertificateChain.tsx';
import type { TestRun } from './use-machine-test.ts';
import '../diagnose/remedies.css';

/** A diagnosis inside the form: the way to the machine step by step, then the cause and what to do. */
export function TestPanel(props: { run: TestRun; onAgain: () => void; onPin: (sha256: string) => void }) {
  const { run } = props;
  const panel = useRef<HTMLElement>(null);
  // What the user has to read or to answer must be on the screen, also where the dialog has to scroll.
  useEffect(() => {
    const inside = (selector: string) => panel.current?.querySelector(selector);
    const wanted = inside('.trust-question') ?? inside('.test-step.failed') ?? inside('.test-broken') ?? panel.current;
    if (run.phase !== 'idle') wanted?.scrollIntoView({ block: 'nearest' });
    // The button that ran the test has gone with it: the keyboard goes on from the result, and Esc still closes the dialog.
    const now = document.activeElement;
    if (run.phase !== 'idle' && (now === null || now === document.body)) panel.current?.focus({ preventScroll: true });
  }, [run]);
  if (run.phase === 'idle') return null;
  // Nobody is asked here for the way back.
  const steps = run.steps.filter(({ step }) => step !== 'way-back');
  const failed = run.phase === 'failed' ? steps.findIndex(({ state }) => state === 'failed') : -1;
  // A step that was not needed says so in its place; what a failure kept from being tried is one line.
  const reached = failed < 0 ? steps : steps.slice(0, failed + 1);
  const notReached = failed < 0 ? [] : steps.slice(failed + 1);
  const milliseconds = run.diagnosis?.milliseconds ?? 0;
  const cause = run.diagnosis?.cause ?? null;
  return (
    <section
      ref={panel}
      className="test-panel"
      tabIndex={-1}
      aria-label="Test"
      aria-busy={run.phase === 'running'}
      data-test={run.phase}
    >
      <header>
        <h2 className="h2">Test</h2>
        <span className="t2 grow" role="status">
          {run.phase === 'running'
            ? 'running…'
            : run.phase === 'passed'
              ? `passed in ${formatDuration(milliseconds)}`
              : failed >= 0
                ? `stopped at ${diagnosisStepTitles[steps[failed]?.step ?? 'name']}, ${formatDuration(milliseconds)}`
                : 'stopped'}
        </span>
        {run.phase === 'running' ? null : (
          <Button kind="ghost" icon={<ArrowSyncRegular />} onClick={props.onAgain}>
            Test again
          </Button>
        )}
      </header>
      {cause === null || run.phase === 'running' ? null : (
        <div className={`test-verdict ${outcomeLooks[cause.outcome].tint}`} data-cause={cause.id}>
          <Glyph name={outcomeLooks[cause.outcome].glyph} label={outcomeLooks[cause.outcome].word} />
          <div className="grow" role={cause.outcome === 'works' ? undefined : 'alert'}>
            <b>{cause.sentence}</b>
            {cause.detail === '' ? null : <p className="t2">{cause.detail}</p>}
          </div>
        </div>
      )}
      {reached.map((step) => (
        <Step key={step.step} step={step} onPin={props.onPin} />
      ))}
      {run.problem === null ? null : (
        <div className="test-broken">
          <ProblemBanner problem={run.problem} />
        </div>
      )}
      {notReached.length === 0 ? null : (
        <div className="test-step skipped">
          <Glyph name="skipped" label="" />
          <span className="grow">
            {notReached.map((step) => diagnosisStepTitles[step.step]).join(', ')}: not reached
          </span>
        </div>
      )}
      {cause === null || cause.candidates.length + cause.fixes.length === 0 ? null : (
        <div className="test-remedies">
          {cause.candidates.length === 0 ? null : (
            <>
              <h3 className="h2">One of these, which look alike from here</h3>
              <Candidates candidates={cause.candidates} />
            </>
          )}
          {cause.fixes.length === 0 ? null : (
            <>
              <h3 className="h2">Fix it</h3>
              <Fixes fixes={cause.fixes} />
            </>
          )}
        </div>
      )}
    </section>
  );
}

function Step({ step, onPin }: { step: DiagnosisStep; onPin: (sha256: string) => void }) {
  const { state, problem } = step;
  const failed = state === 'failed';
  const look = stepLooks[state];
  const chain = step.chain.length > 0 && (failed || step.trustFailures.length > 0);
  return (
    <>
      <div
        className={`test-step ${state === 'passed' || state === 'running' ? '' : state}`}
        data-step={step.step}
        data-state={state}
      >
        <Glyph name={look.glyph} label={look.word} />
        <span className="test-title">{diagnosisStepTitles[step.step]}</span>
        <div className="grow">
          <div className={failed ? 'b5' : undefined}>{step.meaning}</div>
          {/* A chain says what its lines would. */}
          {(failed && !chain) || step.step === 'sign-in'
            ? step.evidence.map((line) => (
                <div key={line} className="t2">
                  {line}
                </div>
              ))
            : null}
        </div>
        {failed && problem !== null && cornerCode(problem) !== undefined ? (
          <span className="mono t2">{cornerCode(problem)}</span>
        ) : null}
        <span className="t2 num test-time">{state === 'running' ? '' : formatDuration(step.milliseconds)}</span>
      </div>
      {chain ? <CertificateChain chain={step.chain} failures={step.trustFailures} /> : null}
      {chain && failed ? <TrustQuestion step={step} onPin={onPin} /> : null}
    </>
  );
}

/** Whether to trust what was presented. A certificate that took the place of a pinned one is another question than a new one. */
function TrustQuestion({ step, onPin }: { step: DiagnosisStep; onPin: (sha256: string) => void }) {
  const [sure, setSure] = useState(false);
  const leaf = step.chain[0];
  const pinned = step.problem?.certificate?.pinned ?? null;
  if (leaf === undefined || step.trustFailures.includes('unreadable')) return null;
  if (step.trustFailures.includes('pin-changed')) {
    return (
      <div className="trust-question changed">
        <div className="grow">
          <b>This is not the certificate that was pinned.</b>
          <dl className="kv">
            <dt>Pinned</dt>
            <dd>{pinned === null ? 'another one' : <Thumbprint value={pinned} />}</dd>
            <dt>Presented</dt>
            <dd>
              <Thumbprint value={leaf.sha256} />
            </dd>
          </dl>
          <p className="t2">
            Either the machine was given a new certificate, or another computer answers in its place. Windeck has
            stopped here and sent nothing. Ask whoever looks after this machine before you go on.
          </p>
          <label className="inline-check">
            <input
              type="checkbox"
              className="check"
              checked={sure}
              onChange={(event) => setSure(event.target.checked)}
            />
            I have checked that the new certificate belongs to this machine
          </label>
        </div>
        <Button kind="danger" icon={<PinRegular />} disabled={!sure} onClick={() => onPin(leaf.sha256)}>
          Pin the new one
        </Button>
      </div>
    );
  }
  return (
    <div className="trust-question">
      <div className="grow">
        <b>Is this the certificate you expect?</b>
        <p className="t2">
          Compare the thumbprint with the machine’s own:{' '}
          <span className="mono">winrm enumerate winrm/config/listener</span> there shows its SHA-1. A pinned
          certificate is accepted from this machine only, whoever signed it.
        </p>
      </div>
      <Button kind="primary" icon={<PinRegular />} onClick={() => onPin(leaf.sha256)}>
        Pin this certificate
      </Button>
    </div>
  );
}
