import { create } from 'zustand';
import type { NtlmVerdict } from '../../shared/contract/credentials.ts';
import { begunRun, createRunner, type FleetRun } from './fleet-run.ts';

/** Would these machines survive NTLM being switched off? */
export interface SurveyRun extends FleetRun {
  /** In the order in which they came. */
  readonly verdicts: readonly NtlmVerdict[];
}

export const useSurvey = create<{ run: SurveyRun | null }>(() => ({ run: null }));

const runner = createRunner<NtlmVerdict>();

/** Begins anew with these machines; a run that is under way ends. */
export function startSurvey(machineIds: readonly string[]): void {
  runner.stop();
  useSurvey.setState({ run: { ...begunRun(machineIds), verdicts: [] } });
  runner.start(
    (client, signal) => client.credentials.surveyNtlm({ machineIds: [...machineIds] }, signal),
    (fresh, change) =>
      useSurvey.setState(({ run }) => ({
        run: run === null ? null : { ...run, ...change, verdicts: withVerdicts(run.verdicts, fresh) },
      })),
  );
}

/** Ends it; what is known stays. */
export const stopSurvey = (): void => runner.stop();

/** A machine's newer verdict replaces the older one. */
export function withVerdicts(before: readonly NtlmVerdict[], fresh: readonly NtlmVerdict[]): readonly NtlmVerdict[] {
  if (fresh.length === 0) return before;
  const again = new Set(fresh.map((verdict) => verdict.machineId));
  return [...before.filter((verdict) => !again.has(verdict.machineId)), ...fresh];
}
