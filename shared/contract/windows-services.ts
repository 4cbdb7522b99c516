import * as v from 'valibot';
import { call, of, stream } from '../rpc/endpoint.ts';
import { MachineId } from './machines.ts';
import type { Problem } from './problem.ts';

export const ServiceName = v.pipe(v.string(), v.minLength(1), v.maxLength(256));

export type WindowsServiceState =
  | 'Stopped'
  | 'Start Pending'
  | 'Stop Pending'
  | 'Running'
  | 'Continue Pending'
  | 'Pause Pending'
  | 'Paused'
  | 'Unknown';
/** Win32_Service.StartMode as WMI writes it, and `Auto` with DelayedAutoStart told apart. */
export type StartMode = 'Boot' | 'System' | 'Auto' | 'Auto (delayed)' | 'Manual' | 'Disabled' | 'Unknown';

export interface WindowsService {
  readonly name: string;
  readonly displayName: string;
  readonly description: string | null;
  readonly state: WindowsServiceState;
  readonly startMode: StartMode;
  readonly account: string | null;
  readonly processId: number | null;
  readonly path: string | null;
  readonly acceptStop: boolean;
  readonly acceptPause: boolean;
  /** Why it last stopped, where that was not by request: Win32 exit code. */
  readonly exitCode: number | null;
}

export type WindowsServicesChange =
  | {
      readonly kind: 'all';
      readonly services: readonly WindowsService[];
      readonly readAt: number;
      readonly live: boolean;
    }
  | {
      readonly kind: 'changed';
      readonly services: readonly WindowsService[];
      readonly removed: readonly string[];
      readonly readAt: number;
    }
  /** The newest reading failed; what was sent before is from `readAt`. */
  | { readonly kind: 'problem'; readonly problem: Problem };

export const ServiceAction = v.picklist(['start', 'stop', 'restart', 'pause', 'resume']);
export type ServiceAction = v.InferOutput<typeof ServiceAction>;
export const NewStartMode = v.picklist(['Auto', 'Manual', 'Disabled']);

/** One step of an action being followed. The last item has `settled` true; a refusal rejects the stream with `operation-failed`. */
export interface ActionProgress {
  readonly service: WindowsService;
  readonly elapsedMs: number;
  readonly limitMs: number;
  readonly settled: boolean;
  /** What is happening, in words: `asked to stop`, `Stop pending`, `Running`. */
  readonly words: string;
}

export const windowsServices = {
  /** The list, then what changes (about every 5 s, at once around actions of this console), until cancelled. */
  watch: stream(v.object({ machineId: MachineId }), of<WindowsServicesChange>()),
  /** What depends on it (Win32_DependentService), running ones first to stop first: transitive, in the order in which they must stop. */
  dependants: call(v.object({ machineId: MachineId, name: ServiceName }), of<readonly WindowsService[]>()),
  /** What it depends on, one level. */
  dependencies: call(v.object({ machineId: MachineId, name: ServiceName }), of<readonly WindowsService[]>()),
  /** Asks, then follows the state until it settles. With `withDependants`, running dependants are stopped first. */
  control: stream(
    v.object({ machineId: MachineId, name: ServiceName, action: ServiceAction, withDependants: v.boolean() }),
    of<ActionProgress>(),
  ),
  setStartMode: call(
    v.object({ machineId: MachineId, name: ServiceName, startMode: NewStartMode }),
    of<WindowsService>(),
  ),
};
