import { Button } from '../../components/Button.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { Banner, ProblemBanner } from '../../components/ProblemBanner.tsx';
import { useNow } from '../../components/useNow.ts';
import { formatClock } from '../../format.ts';
import type { ApplyRun } from '../../stores/winrm-settings.ts';
import { phaseWords, runVerdict, stepGlyph } from './words.ts';

/** Each step as it runs, the countdown of the planted revert, and at the end what is true now. */
export function ApplySteps({ run, machine }: { run: ApplyRun; machine: string }) {
  const verdict = runVerdict(run, machine);
  return (
    <div className="col g12">
      <ol className="wr-steps" aria-label="Steps">
        {run.steps.map((step) => (
          <li key={step.phase} data-outcome={step.outcome}>
            <Glyph name={stepGlyph(step.outcome)} size={12} label={step.outcome} />
            <div className="grow">
              <b className="b6">{phaseWords[step.phase]}</b> <span className="t2">{step.words}</span>
              {step.problem === null ? null : <ProblemBanner problem={step.problem} />}
            </div>
            {step.outcome === 'running' && step.revertAt !== null ? <Countdown at={step.revertAt} /> : null}
          </li>
        ))}
        {run.steps.length === 0 && verdict === null ? (
          <li>
            <Glyph name="pending" size={12} label="" />
            <span className="t2">{machine} is being asked…</span>
          </li>
        ) : null}
      </ol>
      <div role="status">
        {verdict === null ? null : (
          <Banner tint={verdict.tint} glyph={verdict.glyph}>
            <b>{verdict.words}</b> {verdict.next}
          </Banner>
        )}
      </div>
      {run.problem === null ? null : <ProblemBanner problem={run.problem} />}
    </div>
  );
}

function Countdown({ at }: { at: number }) {
  const now = useNow(1000);
  return (
    <span className="t2 num nowrap" role="timer" aria-live="off">
      {at > now ? `taken back in ${formatClock(at - now)}` : 'the revert is due'}
    </span>
  );
}

/** In the room, while the dialog is closed: how far it is, or what came of it. */
export function RunBanner(props: { run: ApplyRun; machine: string; onShow: () => void; onDismiss: () => void }) {
  const { run, machine } = props;
  const verdict = runVerdict(run, machine);
  const last = run.steps.at(-1);
  return (
    <Banner
      tint={verdict?.tint ?? 'info'}
      glyph={verdict?.glyph ?? 'pending'}
      actions={
        verdict === null ? (
          <Button onClick={props.onShow}>Show the steps…</Button>
        ) : (
          <Button onClick={props.onDismiss}>Put away</Button>
        )
      }
    >
      {verdict === null ? (
        <>
          <b>Changes to {machine} are being applied.</b>{' '}
          {last === undefined ? '' : `${phaseWords[last.phase]}: ${last.words}`}
        </>
      ) : (
        <>
          <b>{verdict.words}</b> {verdict.next}
        </>
      )}
    </Banner>
  );
}
