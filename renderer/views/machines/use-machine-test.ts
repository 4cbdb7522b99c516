import { useCallback, useEffect, useRef, useState } from 'react';
import type { NewCredential } from '../../../shared/contract/credentials.ts';
import type { Diagnosis, DiagnosisStep } from '../../../shared/contract/diagnose.ts';
import type { MachineSettings } from '../../../shared/contract/machines.ts';
import type { Problem } from '../../../shared/contract/problem.ts';
import { afterItem, diagnoseSettings } from '../../stores/diagnose.ts';
import { problemOf } from '../../stores/problem-of.ts';

export interface TestRun {
  /** `passed`: it can be managed, at least in part. */
  readonly phase: 'idle' | 'running' | 'passed' | 'failed';
  readonly steps: readonly DiagnosisStep[];
  readonly diagnosis: Diagnosis | null;
  /** The test itself broke down. */
  readonly problem: Problem | null;
}

const idle: TestRun = { phase: 'idle', steps: [], diagnosis: null, problem: null };

/** A diagnosis of settings that need not be saved. One at a time; a new one, a change of the settings or leaving ends the one before. */
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
    let now: TestRun = { ...idle, phase: 'running' };
    setRun(now);
    let problem: Problem | null = null;
    try {
      for await (const item of diagnoseSettings(settings, credential, abort.signal)) {
        if (abort.signal.aborted) return;
        const { steps = now.steps, diagnosis = now.diagnosis } = afterItem(now.steps, item);
        now = { ...now, steps, diagnosis };
        setRun(now);
      }
    } catch (error) {
      problem = problemOf(error);
    }
    if (abort.signal.aborted) return;
    running.current = null;
    const passed = problem === null && now.diagnosis !== null && now.diagnosis.cause.outcome !== 'fails';
    setRun({ ...now, phase: passed ? 'passed' : 'failed', problem });
  }, []);

  return { run, start, stop };
}
