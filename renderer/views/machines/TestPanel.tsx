import { ArrowSyncRegular, PinRegular } from '@fluentui/react-icons';
import { useEffect, useRef, useState } from 'react';
import type { TestStep, TestStepName } from '../../../shared/contract/machines.ts';
import { Button } from '../../components/Button.tsx';
import { Glyph, type GlyphName } from '../../components/Glyph.tsx';
import { cornerCode, Evidence, ProblemBanner, problemLook } from '../../components/ProblemBanner.tsx';
import { formatDuration } from '../../format.ts';
import { CertificateChain, Thumbprint } from './CertificateChain.tsx';
import type { TestRun } from './use-machine-test.ts';

const titles: Readonly<Record<TestStepName, string>> = {
  name: 'Name',
  tcp: 'TCP',
  certificate: 'Certificate',
  identify: 'Identify',
  'sign-in': 'Sign-in',
  read: 'Read',
};
const glyphs: Readonly<Record<TestStep['outcome'], GlyphName>> = {
  running: 'pending',
  passed: 'healthy',
  failed: 'critical',
  skipped: 'skipped',
};

/** The way to the machine, step by step, with what was seen at each. A failed step says why and what to do. */
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
  const failed = run.steps.findIndex((step) => step.outcome === 'failed');
  // A step that was not needed says so in its place; what a failure kept from being tried is one line.
  const reached = failed < 0 ? run.steps : run.steps.slice(0, failed + 1);
  const notReached = failed < 0 ? [] : run.steps.slice(failed + 1);
  const milliseconds = run.steps.reduce((sum, step) => sum + step.milliseconds, 0);
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
                ? `stopped at ${titles[run.steps[failed]?.step ?? 'name']}, ${formatDuration(milliseconds)}`
                : 'stopped'}
        </span>
        {run.phase === 'running' ? null : (
          <Button kind="ghost" icon={<ArrowSyncRegular />} onClick={props.onAgain}>
            Test again
          </Button>
        )}
      </header>
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
          <span className="grow">{notReached.map((step) => titles[step.step]).join(', ')}: not reached</span>
        </div>
      )}
    </section>
  );
}

function Step({ step, onPin }: { step: TestStep; onPin: (sha256: string) => void }) {
  const failed = step.outcome === 'failed';
  const problem = step.problem;
  const chain = step.chain.length > 0 && (failed || step.trustFailures.length > 0);
  return (
    <>
      <div
        className={`test-step ${step.outcome === 'passed' || step.outcome === 'running' ? '' : step.outcome}`}
        data-step={step.step}
        data-outcome={step.outcome}
        role={failed ? 'alert' : undefined}
      >
        <Glyph
          name={glyphs[step.outcome]}
          label={{ running: 'Running', passed: 'Passed', failed: 'Failed', skipped: 'Skipped' }[step.outcome]}
        />
        <span className="test-title">{titles[step.step]}</span>
        <div className="grow">
          {problem === null ? (
            <span>{step.seen}</span>
          ) : (
            <>
              <b>{problem.message}</b>{' '}
              {problem.advice.length <= 1 ? (
                <span className="t2">{problem.advice[0] ?? problemLook(problem.code).why}</span>
              ) : null}
              {step.seen !== '' && !problem.message.includes(step.seen) ? <div className="t2">{step.seen}</div> : null}
              {problem.advice.length > 1 ? (
                <ul>
                  {problem.advice.map((line) => (
                    <li key={line}>{line}</li>
                  ))}
                </ul>
              ) : null}
              <Evidence lines={problem.evidence} />
            </>
          )}
        </div>
        {failed && problem !== null && cornerCode(problem) !== undefined ? (
          <span className="mono t2">{cornerCode(problem)}</span>
        ) : null}
        <span className="t2 num test-time">{step.outcome === 'running' ? '' : formatDuration(step.milliseconds)}</span>
      </div>
      {chain ? <CertificateChain chain={step.chain} failures={step.trustFailures} /> : null}
      {chain && failed ? <TrustQuestion step={step} onPin={onPin} /> : null}
    </>
  );
}

/** Whether to trust what was presented. A certificate that took the place of a pinned one is another question than a new one. */
function TrustQuestion({ step, onPin }: { step: TestStep; onPin: (sha256: string) => void }) {
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
