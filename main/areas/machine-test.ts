import type { ConsoleHandlers } from '../../shared/contract/contract.ts';
import type { DiagnosisStep, DiagnosisStepName } from '../../shared/contract/diagnose.ts';
import type { TestStep, TestStepName } from '../../shared/contract/machines.ts';
import type { AreaContext } from './context.ts';
import { worldOf } from './diagnose/diagnose.ts';
import { diagnose } from './diagnose/engine.ts';
import { openTrial } from './trial.ts';

/** What each step of the test is in a diagnosis. */
const parts: Readonly<Record<TestStepName, readonly DiagnosisStepName[]>> = {
  name: ['name'],
  tcp: ['tcp'],
  certificate: ['tls'],
  identify: ['ws-man', 'schemes', 'identify'],
  'sign-in': ['sign-in', 'signed-in-identify'],
  read: ['wmi'],
};
const order = Object.keys(parts) as readonly TestStepName[];

/**
 * Tries settings that need not be saved: a diagnosis that ends with the first thing read from the machine. No secret leaves before the
 * certificate is accepted, and a password is tried once, by the rules against lock-outs.
 */
export function createMachineTest(context: AreaContext): ConsoleHandlers['machines']['test'] {
  return async ({ settings, credential }, sink) => {
    const signal = AbortSignal.any([sink.signal, context.closing]);
    const trial = openTrial(context, settings, credential);
    const seen = new Map<DiagnosisStepName, DiagnosisStep>();
    let told: Promise<void> = Promise.resolve();
    const tell = (step: DiagnosisStep) => {
      seen.set(step.step, step);
      const name = order.find((each) => parts[each].includes(step.step));
      if (name === undefined) return;
      const test = testStep(
        name,
        parts[name].flatMap((part) => seen.get(part) ?? []),
        step,
      );
      if (test === null) return;
      told = told.then(() => sink.push(test));
      told.catch(() => {});
    };
    try {
      await diagnose(worldOf(context, trial, {}, { after: ['wmi'], other: null }), tell, signal);
      await told;
    } finally {
      trial.close();
    }
  };
}

/** The parts of a step that are known so far, as one; null: nothing new to tell. */
function testStep(name: TestStepName, known: readonly DiagnosisStep[], latest: DiagnosisStep): TestStep | null {
  const milliseconds = known.reduce((sum, step) => sum + step.milliseconds, 0);
  const blank = { step: name, milliseconds, problem: null, chain: latest.chain, trustFailures: latest.trustFailures };
  const failed = known.find(({ state }) => state === 'failed');
  if (failed !== undefined) {
    // What follows a failure inside one step is not told again.
    if (failed !== latest) return null;
    const { problem, meaning } = failed;
    return { ...blank, outcome: 'failed', seen: problem?.message ?? meaning, problem };
  }
  const isLast = latest.step === parts[name].at(-1);
  if (latest.state === 'running' || !isLast) {
    return known.length === 1 && latest.state === 'running' ? { ...blank, outcome: 'running', seen: '' } : null;
  }
  const offered = known.find(({ step, state }) => step === 'schemes' && state === 'passed')?.meaning;
  const seen =
    name === 'sign-in' ? known[0]!.meaning : [latest.meaning, ...(offered === undefined ? [] : [offered])].join(' ');
  return { ...blank, outcome: latest.state, seen };
}
