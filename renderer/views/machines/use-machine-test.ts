import { useCallback, useEffect, useRef, useState } from 'react';
import type { NewCredential } from '../../../shared/contract/credentials.ts';
import type { MachineSettings, TestStep } from '../../../shared/contract/machines.ts';
import type { Problem } from '../../../shared/contract/problem.ts';
import { testMachine } from '../../stores/machines.ts';
import { problemOf } from '../../stores/problem-of.ts';

export interface TestRun {
  readonly phase: 'idle' | 'running' | 'passed' | 'failed';
  readonly steps: readonly TestStep[];
  /** The test itself broke down. */
  readonly problem: Problem | null;
}

const idle: TestRun = { phase: 'idle', steps: [], problem: null };

/** One test at a time; a new one, a change of the settings or leaving ends the one before. */
export function useMachineTest() {
  const [run, setRun] = useState<TestRun>(idle);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  const stop = useCallback(() => {
    running.current?.abort();
    running.current = null;
    setRun(idle);
  }, []);

  const start = useCallback(async (settings: MachineSettings, credential: NewCredential | null) => {
    running.current?.abort();
    const abort = new AbortController();
    running.current = abort;
    setRun({ phase: 'running', steps: [], problem: null });
    let steps: readonly TestStep[] = [];
    let problem: Problem | null = null;
    try {
      for await (const step of testMachine(settings, credential, abort.signal)) {
        if (abort.signal.aborted) return;
        steps = putStep(steps, step);
        setRun({ phase: 'running', steps, problem: null });
      }
    } catch (error) {
      problem = problemOf(error);
    }
    if (abort.signal.aborted) return;
    running.current = null;
    const failed = problem !== null || steps.length === 0 || steps.some((step) => step.outcome === 'failed');
    setRun({ phase: failed ? 'failed' : 'passed', steps, problem });
  }, []);

  return { run, start, stop };
}

/** A step first says that it runs, then how it went: the newer word replaces the older. */
export function putStep(steps: readonly TestStep[], step: TestStep): readonly TestStep[] {
  return steps.some((each) => each.step === step.step)
    ? steps.map((each) => (each.step === step.step ? step : each))
    : [...steps, step];
}
