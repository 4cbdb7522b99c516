import { ProblemError } from '../../../shared/contract/problem.ts';
import type { AreaContext } from '../context.ts';

/** What is refused is the log, not WMI as a whole: the general advice for a denied namespace would lead astray. */
export function deniedLog(context: AreaContext, machineId: string, log: string, error: unknown): ProblemError {
  const problem = context.toProblem(error, machineId);
  return new ProblemError(
    {
      ...problem,
      code: 'access-denied',
      message: `The account may not read the log ${log}.`,
      advice: [
        'Use an account with administrator rights there, or make it a member of Event Log Readers on that machine.',
      ],
    },
    { cause: error },
  );
}
