import { CancelledError, OutcomeUnknownError, WSManFault } from '../wsman/index.ts';
import { isAccessDenied } from './query.ts';

/** What came of a change that threw, as the audit file has it. */
export function outcomeOf(error: unknown): string {
  if (error instanceof OutcomeUnknownError) return 'unknown';
  if (error instanceof CancelledError) return 'cancelled';
  if (isAccessDenied(error)) return 'denied';
  return error instanceof WSManFault ? 'refused' : 'failed';
}
