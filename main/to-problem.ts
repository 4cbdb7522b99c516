import { type Problem, ProblemError } from '../shared/contract/problem.ts';
import { wireProblem } from './areas/wire-problem.ts';
import { DataFolderInUseError, StorageError } from './storage/storage-error.ts';
import type { FailurePlace } from './wsman/index.ts';

/**
 * The only map from what is thrown to what the renderer is told. Every class of wsman/errors.ts and of storage has its line; anything else is
 * a mistake of ours and becomes `internal-error`, without its stack and without its words (they might hold anything). Give the machine where
 * there is one, and where it is and who signs in there, for the sentences and commands that name them.
 */
export function toProblem(error: unknown, machineId?: string, place: FailurePlace = {}): Problem {
  const problem = error instanceof ProblemError ? error.problem : inWords(error, place);
  return machineId === undefined || problem.machineId !== undefined ? problem : { ...problem, machineId };
}

function inWords(error: unknown, place: FailurePlace): Problem {
  const onTheWay = wireProblem(error, place);
  if (onTheWay !== null) return onTheWay;
  if (error instanceof StorageError) {
    const retryable = !(error instanceof DataFolderInUseError);
    return { code: 'internal-error', message: error.message, advice: error.advice, retryable };
  }
  return {
    code: 'internal-error',
    message: 'Windeck made a mistake.',
    advice: ['Try again. If it stays, report it with the log.'],
    retryable: true,
    technical: error instanceof Error ? error.name : typeof error,
  };
}
