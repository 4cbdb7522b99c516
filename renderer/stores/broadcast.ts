import { create } from 'zustand';
import type { BroadcastResult, ShellKind } from '../../shared/contract/remote-shell.ts';
import { begunRun, createRunner, type FleetRun } from './fleet-run.ts';
import { askBeforeLeaving } from './leaving.ts';

/** One line on many machines, with what they said so far. */
export interface Broadcast extends FleetRun {
  readonly kind: ShellKind;
  readonly line: string;
  readonly results: readonly BroadcastResult[];
  /** What they said, without those that failed. */
  readonly groups: readonly OutputGroup[];
}

/** One at a time; it goes on while its dialog is closed. */
export const useBroadcast = create<{ run: Broadcast | null }>(() => ({ run: null }));

const isRunning = (): boolean => useBroadcast.getState().run?.phase === 'running';
askBeforeLeaving(isRunning);

const runner = createRunner<BroadcastResult>();

export function startBroadcast(machineIds: readonly string[], kind: ShellKind, line: string): void {
  if (isRunning()) return;
  useBroadcast.setState({ run: { ...begunRun(machineIds), kind, line, results: [], groups: [] } });
  const group = outputGrouping();
  runner.start(
    (client, signal) => client.remoteShell.broadcast({ machineIds: [...machineIds], kind, line }, signal),
    (results, change) => {
      const { run } = useBroadcast.getState();
      if (run === null) return;
      const groups = results.length === 0 ? run.groups : group(results);
      useBroadcast.setState({ run: { ...run, ...change, results: [...run.results, ...results], groups } });
    },
  );
}

export const stopBroadcast = (): void => runner.stop();

/** Machines that answered with the same text and exit code. */
export interface OutputGroup {
  readonly exitCode: number | null;
  readonly text: string;
  readonly machineIds: readonly string[];
}

/**
 * Takes results in as they come, and looks at each text once: with every batch only at what is new. A group that nobody joined stays the
 * same object. The largest group first: what most of them say is what the others differ from. Line ends and blanks at the ends of lines do
 * not count.
 */
export function outputGrouping(): (results: readonly BroadcastResult[]) => readonly OutputGroup[] {
  const groups: OutputGroup[] = [];
  /** By exit code, then text: where in `groups` it is. */
  const places = new Map<number | null, Map<string, number>>();
  return (results) => {
    for (const { problem, exitCode, text, machineId } of results) {
      if (problem !== null) continue;
      const byText = places.get(exitCode) ?? new Map<string, number>();
      places.set(exitCode, byText);
      const plain = plainText(text);
      const at = byText.get(plain) ?? groups.length;
      byText.set(plain, at);
      const known = groups[at] ?? { exitCode, text: plain, machineIds: [] };
      groups[at] = { ...known, machineIds: [...known.machineIds, machineId] };
    }
    return groups.toSorted((a, b) => b.machineIds.length - a.machineIds.length);
  };
}

const plainText = (text: string): string =>
  text
    .replace(/\r+\n/g, '\n')
    .replace(/[ \t]+$/gm, '')
    .replace(/\n+$/, '');

export interface DiffLine {
  readonly kind: 'same' | 'less' | 'more';
  readonly text: string;
}

/** Beyond this no lines are matched: the two stand one behind the other. */
const mostCompared = 1_000;

/** What `other` has instead of `usual`, line by line, by their longest common sequence. */
export function diffOf(usual: string, other: string): readonly DiffLine[] {
  const a = usual.split('\n');
  const b = other.split('\n');
  if (a.length > mostCompared || b.length > mostCompared) {
    return [
      ...a.map((text): DiffLine => ({ kind: 'less', text })),
      ...b.map((text): DiffLine => ({ kind: 'more', text })),
    ];
  }
  // lengths[i][j]: of the longest sequence that a from i and b from j have in common.
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i]![j] = a[i] === b[j] ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
    }
  }
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ kind: 'same', text: a[i++]! });
      j++;
    } else if (j < b.length && (i === a.length || lengths[i]![j + 1]! > lengths[i + 1]![j]!)) {
      lines.push({ kind: 'more', text: b[j++]! });
    } else lines.push({ kind: 'less', text: a[i++]! });
  }
  return lines;
}
