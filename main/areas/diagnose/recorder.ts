/** Writes down what becomes of each step, and tells it as it goes. */
import { type DiagnosisStep, type DiagnosisStepName, diagnosisSteps } from '../../../shared/contract/diagnose.ts';
import type { CertificateInfo, Problem, TrustFailure } from '../../../shared/contract/problem.ts';
import { abortable } from '../../sessions/abortable.ts';
import type { Cause } from './cause.ts';

/** What a step came to. `cause` where it failed. */
export interface Outcome {
  readonly state: 'passed' | 'failed' | 'skipped';
  readonly meaning: string;
  readonly evidence?: readonly string[];
  readonly cause?: Cause;
  readonly problem?: Problem;
  readonly chain?: readonly CertificateInfo[];
  readonly trustFailures?: readonly TrustFailure[];
}

export interface Recorder {
  /** Runs a step, no longer than the signal lasts; what it throws becomes a failure by `failed`. */
  run(step: DiagnosisStepName, work: () => Promise<Outcome>): Promise<Outcome>;
  /** One whose outcome another step has brought with it. */
  note(step: DiagnosisStepName, outcome: Outcome): Outcome;
  outcome(step: DiagnosisStepName): Outcome | undefined;
  /** Every step, in order; those that were never tried are skipped with this reason. */
  finish(reason: string): readonly DiagnosisStep[];
}

/** `tell` gets each step as running and as it went, in order; `failed` is what to make of an error. */
export function createRecorder(
  tell: (step: DiagnosisStep) => void,
  failed: (step: DiagnosisStepName, error: unknown) => Outcome,
  signal: AbortSignal,
): Recorder {
  const outcomes = new Map<DiagnosisStepName, Outcome>();
  const steps = new Map<DiagnosisStepName, DiagnosisStep>();
  const put = (step: DiagnosisStepName, outcome: Outcome, milliseconds: number): Outcome => {
    const { state, meaning, evidence = [], cause, problem = null, chain = [], trustFailures = [] } = outcome;
    const told: DiagnosisStep = {
      step,
      state,
      milliseconds,
      evidence,
      meaning,
      fixes: cause?.fixes ?? [],
      problem,
      chain,
      trustFailures,
    };
    outcomes.set(step, outcome);
    steps.set(step, told);
    tell(told);
    return outcome;
  };
  const begin = (step: DiagnosisStepName) =>
    tell({
      step,
      state: 'running',
      milliseconds: 0,
      evidence: [],
      meaning: '',
      fixes: [],
      problem: null,
      chain: [],
      trustFailures: [],
    });
  return {
    async run(step, work) {
      begin(step);
      const startedAt = performance.now();
      const took = () => Math.round(performance.now() - startedAt);
      try {
        signal.throwIfAborted();
        return put(step, await abortable(work(), signal), took());
      } catch (error) {
        return put(step, failed(step, error), took());
      }
    },
    note: (step, outcome) => put(step, outcome, 0),
    outcome: (step) => outcomes.get(step),
    finish(reason) {
      for (const step of diagnosisSteps) if (!outcomes.has(step)) put(step, { state: 'skipped', meaning: reason }, 0);
      return diagnosisSteps.map((step) => steps.get(step)!);
    },
  };
}
