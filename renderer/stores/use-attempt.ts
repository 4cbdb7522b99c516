import { useState } from 'react';
import type { Problem } from '../../shared/contract/problem.ts';
import { problemOf } from './problem-of.ts';

/** What a dialog waits for: one call at a time, and why the last one failed. */
export function useAttempt() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  /** True where it succeeded. Not begun while another one lasts. */
  const attempt = async (work: () => Promise<unknown>): Promise<boolean> => {
    if (busy) return false;
    setBusy(true);
    setProblem(null);
    try {
      await work();
      return true;
    } catch (error) {
      setProblem(problemOf(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem, attempt, forget: () => setProblem(null) };
}
