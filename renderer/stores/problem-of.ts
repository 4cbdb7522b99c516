import { type Problem, ProblemError } from '../../shared/contract/problem.ts';

/** Whatever was thrown, as a Problem that can be shown. Our own mistakes are called internal errors, never hidden. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof DOMException && error.name === 'AbortError') {
    return { code: 'cancelled', message: 'Cancelled.', advice: [], retryable: true };
  }
  return {
    code: 'internal-error',
    message: `Windeck itself failed: ${error instanceof Error ? error.message : String(error)}.`,
    advice: ['This is a mistake in Windeck. What you did was not necessarily done: look before you repeat it.'],
    retryable: false,
  };
}
