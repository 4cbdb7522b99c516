import * as v from 'valibot';
import { call, of, stream } from '../rpc/endpoint.ts';
import { MachineId } from './machines.ts';
import type { Problem } from './problem.ts';

/** A process, and not another one that got its number later: Windows gives process ids out again. */
export const ProcessKey = v.object({
  processId: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff)),
  /** Epoch milliseconds; null where Windows keeps none (the idle process and System, on some generations). */
  createdAt: v.nullable(v.number()),
});
export type ProcessKey = v.InferOutput<typeof ProcessKey>;
export const processKeyText = ({ processId, createdAt }: ProcessKey): string => `${processId}@${createdAt ?? ''}`;

export interface WindowsProcess extends ProcessKey {
  readonly parentProcessId: number | null;
  readonly name: string;
  readonly commandLine: string | null;
  readonly path: string | null;
  readonly sessionId: number | null;
  readonly threads: number | null;
  readonly handles: number | null;
  /** Share of all logical processors together, 0 to 100; null before there are two samples. */
  readonly cpuPercent: number | null;
  readonly workingSetBytes: bigint | null;
  /** Committed memory that is this process's alone. */
  readonly privateBytes: bigint | null;
}

/** Where `cpuPercent` comes from: raw counters with a clock of their own, or processor times over this computer's clock. */
export type ProcessCpuSource = 'counters' | 'times';

export type ProcessesChange =
  | {
      readonly kind: 'all';
      readonly processes: readonly WindowsProcess[];
      readonly readAt: number;
      readonly cpuSource: ProcessCpuSource;
      readonly logicalProcessors: number | null;
    }
  | {
      readonly kind: 'changed';
      readonly processes: readonly WindowsProcess[];
      /** Keys as `processKeyText` writes them. */
      readonly removed: readonly string[];
      readonly cpuSource: ProcessCpuSource;
      readonly readAt: number;
    }
  /** The newest reading failed; what was sent before is as old as it is. */
  | { readonly kind: 'problem'; readonly problem: Problem };

/** Who a process belongs to. */
export type ProcessOwner =
  | { readonly kind: 'known'; readonly name: string }
  /** The machine would not say: of another session, say, or protected. */
  | { readonly kind: 'withheld'; readonly why: string }
  | { readonly kind: 'gone' };

export const maxOwnersAtOnce = 40;

export const processes = {
  /** The table, then what changes every 2 s, until cancelled. Nothing is read while nobody watches. */
  watch: stream(v.object({ machineId: MachineId }), of<ProcessesChange>()),
  /** By `processKeyText`. GetOwner is one call per process, so ask for what is seen; answers are kept as long as the process lives. */
  owners: call(
    v.object({ machineId: MachineId, keys: v.pipe(v.array(ProcessKey), v.maxLength(maxOwnersAtOnce)) }),
    of<Readonly<Record<string, ProcessOwner>>>(),
  ),
  /** Terminate, after a look whether it is still this process. Rejects with `operation-failed` where Windows says no. */
  end: call(v.object({ machineId: MachineId, key: ProcessKey }), of<{ readonly name: string }>()),
  /** Win32_Process.Create: without a window, in session 0, as the account that is signed in. Sent once, whatever comes of it. */
  start: call(
    v.object({
      machineId: MachineId,
      commandLine: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(8191)),
      directory: v.nullable(v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(1024))),
    }),
    of<{ readonly processId: number }>(),
  ),
};
