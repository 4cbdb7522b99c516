import { type DiagnosisStep, diagnosisStepTitles } from '../../../shared/contract/diagnose.ts';
import { Glyph } from '../../components/Glyph.tsx';
import { formatDuration } from '../../format.ts';
import { CertificateChain } from '../machines/CertificateChain.tsx';
import { stepLooks } from './words.ts';

/** Layer by layer on a rail: the state, what was seen, what it means, how long it took. */
export function StepRail({ steps }: { steps: readonly DiagnosisStep[] }) {
  return (
    <ol className="steps" aria-label="Steps">
      {steps.map((step) => (
        <Step key={step.step} step={step} />
      ))}
    </ol>
  );
}

/** Of a step that passed, so many lines are enough; the rest is one key away. */
const shortEvidence = 3;

function Step({ step }: { step: DiagnosisStep }) {
  const { state, meaning, evidence } = step;
  const look = stepLooks[state];
  const isFailed = state === 'failed';
  return (
    <li className={`step ${state}`} data-step={step.step} data-state={state}>
      <Glyph name={look.glyph} label={look.word} />
      <span className="step-name">{diagnosisStepTitles[step.step]}</span>
      <div className="step-seen">
        {state === 'running' ? (
          'running…'
        ) : isFailed ? (
          <>
            <div className="b5">{meaning}</div>
            <Lines lines={evidence} className="mono" />
          </>
        ) : (
          <>
            <div>{evidence[0] ?? meaning}</div>
            <Lines lines={evidence.slice(1, shortEvidence)} className="t3" />
            {evidence.length === 0 ? null : <div className="t3">{meaning}</div>}
            {evidence.length > shortEvidence ? (
              <details>
                <summary className="t3">{evidence.length - shortEvidence} more</summary>
                <Lines lines={evidence.slice(shortEvidence)} className="t3" />
              </details>
            ) : null}
          </>
        )}
        {step.chain.length > 0 && (isFailed || step.trustFailures.length > 0) ? (
          <CertificateChain chain={step.chain} failures={step.trustFailures} />
        ) : null}
      </div>
      <span className="step-time num">
        {state === 'running' || state === 'skipped' ? '' : formatDuration(step.milliseconds)}
      </span>
    </li>
  );
}

const Lines = ({ lines, className }: { lines: readonly string[]; className: string }) =>
  lines.map((line) => (
    <div key={line} className={className}>
      {line}
    </div>
  ));
