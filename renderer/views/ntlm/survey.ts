import { startSurvey } from '../../stores/ntlm-survey.ts';
import { openSettings } from '../../stores/router.ts';

/** Checks these machines and shows what comes of it. */
export function surveyNtlm(machineIds: readonly string[]): void {
  startSurvey(machineIds);
  openSettings('ntlm');
}
