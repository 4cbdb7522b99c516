import type { LabShell } from '../shell/shells.ts';
import type { LabPipeline } from './pipeline.ts';
import type { LabPool } from './pool.ts';

/** The pool of each shell of PowerShell. */
export const openPools = new WeakMap<LabShell, LabPool>();

/** Pipelines of a shell that were not terminated, for Enumerate on .../windows/shell/Command. */
export function pipelinesOf(shell: LabShell): readonly LabPipeline[] {
  return [...(openPools.get(shell)?.pipelines.values() ?? [])];
}
