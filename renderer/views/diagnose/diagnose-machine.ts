import { diagnoseStore } from '../../stores/diagnose.ts';
import { openDiagnosis } from '../../stores/router.ts';

/** Opens the room and begins; one that is under way goes on. */
export function diagnoseMachine(machineId: string): void {
  diagnoseStore.run(machineId);
  openDiagnosis(machineId);
}
