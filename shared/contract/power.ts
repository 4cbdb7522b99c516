import * as v from 'valibot';
import { call, of, stream } from '../rpc/endpoint.ts';
import { MachineId } from './machines.ts';
import type { SignedInUser } from './overview.ts';

export const PowerAction = v.picklist(['restart', 'shut-down']);

export type PowerPhase =
  | 'asked'
  /** Still answers with the old boot time. */
  | 'going-down'
  | 'down'
  /** Answers again and its boot time has changed. */
  | 'back'
  /** Automatic services are still starting. */
  | 'settling'
  /** End states. */
  | 'done'
  | 'did-not-go-down'
  | 'did-not-come-back';

export interface PowerProgress {
  readonly phase: PowerPhase;
  readonly elapsedMs: number;
  readonly limitMs: number;
  readonly bootBeforeAt: number | null;
  readonly bootAfterAt: number | null;
  readonly words: string;
}

export const power = {
  /** Who is signed in, read now: what the confirmation shows. */
  signedIn: call(v.object({ machineId: MachineId }), of<readonly SignedInUser[]>()),
  /** Asks the machine and follows it; the last item has an end state. Cancelling stops following, not the machine. */
  run: stream(v.object({ machineId: MachineId, action: PowerAction, force: v.boolean() }), of<PowerProgress>()),
};
