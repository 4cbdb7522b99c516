import type {
  Diagnosis,
  DiagnosisCause,
  DiagnosisItem,
  DiagnosisStep,
  DiagnosisSubject,
} from '../../../shared/contract/diagnose.ts';
import { type DiagnosisWorld, diagnose } from './engine.ts';
import { diagnosisMarkdown } from './report.ts';
import type { Verdict } from './verdict.ts';

/** Runs a diagnosis and tells it as the contract has it, `end` last. Throws only when the signal aborts. */
export async function tellDiagnosis(
  world: DiagnosisWorld,
  subject: DiagnosisSubject,
  now: () => number,
  push: (item: DiagnosisItem) => Promise<void>,
  signal: AbortSignal,
): Promise<Diagnosis> {
  const startedAt = now();
  // Steps come side by side; each is told in its turn, and a slow reader does not hold the machine up.
  let told = push({ kind: 'begin', subject, startedAt });
  const tell = (step: DiagnosisStep) => {
    told = told.then(() => push({ kind: 'step', step }));
    told.catch(() => {});
  };
  const { steps, verdict, milliseconds } = await diagnose(world, tell, signal);
  await told;
  const without = { subject, startedAt, milliseconds, steps, cause: causeInWords(verdict) };
  const diagnosis = { ...without, markdown: diagnosisMarkdown(without) };
  await push({ kind: 'end', diagnosis });
  return diagnosis;
}

function causeInWords({ cause, outcome, step }: Verdict): DiagnosisCause {
  const { id, sentence, detail = '', candidates = [], fixes = [] } = cause;
  return { id, outcome, step, sentence, detail, candidates, fixes };
}
