import { create } from 'zustand';
import type { NtlmVerdict } from '../../shared/contract/credentials.ts';
import type { Problem } from '../../shared/contract/problem.ts';
import { attach } from '../host/connect.ts';
import { problemOf } from './problem-of.ts';

/** Would these machines survive NTLM being switched off? One run at a time; it goes on while other rooms are open. */
export interface SurveyRun {
  readonly machineIds: readonly string[];
  /** In the order in which they came. */
  readonly verdicts: readonly NtlmVerdict[];
  readonly phase: 'running' | 'done' | 'stopped' | 'failed';
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** Why it ended before its end. */
  readonly problem: Problem | null;
}

export const useSurvey = create<{ run: SurveyRun | null }>(() => ({ run: null }));

/** Verdicts are taken in together, this often. */
const gatherMs = 120;

let stop: ((phase: 'stopped') => void) | null = null;

/** Begins anew with these machines; a run that is under way ends. */
export function startSurvey(machineIds: readonly string[]): void {
  stop?.('stopped');
  useSurvey.setState({
    run: { machineIds, verdicts: [], phase: 'running', startedAt: Date.now(), endedAt: null, problem: null },
  });
  const abort = new AbortController();
  let waiting: NtlmVerdict[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let begun = false;
  const take = (change: Partial<SurveyRun> = {}) => {
    clearTimeout(timer);
    timer = undefined;
    const batch = waiting;
    waiting = [];
    useSurvey.setState(({ run }) =>
      run === null ? { run } : { run: { ...run, ...change, verdicts: withVerdicts(run.verdicts, batch) } },
    );
  };
  const finish = (phase: SurveyRun['phase'], problem: Problem | null = null) => {
    if (stop !== end) return;
    stop = null;
    abort.abort();
    detach();
    take({ phase, problem, endedAt: Date.now() });
  };
  const end = (phase: 'stopped') => finish(phase);
  stop = end;
  // Streams end with the connection: a survey is not begun again by itself, since it signs in.
  const detach = attach((client, connection) => {
    if (begun) return;
    begun = true;
    connection.addEventListener('abort', () => abort.abort());
    void (async () => {
      try {
        const answers = client.credentials.surveyNtlm({ machineIds: [...machineIds] }, abort.signal);
        for await (const verdict of answers) {
          waiting.push(verdict);
          timer ??= setTimeout(take, gatherMs);
        }
        finish(abort.signal.aborted ? 'stopped' : 'done');
      } catch (error) {
        finish('failed', problemOf(error));
      }
    })();
  });
}

/** Ends it; what is known stays. */
export const stopSurvey = (): void => stop?.('stopped');

/** A machine's newer verdict replaces the older one. */
export function withVerdicts(before: readonly NtlmVerdict[], fresh: readonly NtlmVerdict[]): readonly NtlmVerdict[] {
  if (fresh.length === 0) return before;
  const again = new Set(fresh.map((verdict) => verdict.machineId));
  return [...before.filter((verdict) => !again.has(verdict.machineId)), ...fresh];
}
