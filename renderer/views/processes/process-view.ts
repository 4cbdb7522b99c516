import { processKeyText, type WindowsProcess } from '../../../shared/contract/processes.ts';
import type { Sorting } from '../../components/DataTable.tsx';
import { sortKey } from '../../components/sort-key.ts';

/** One line of the table: a process where it stands in the tree. The same object until something of it changes. */
export interface ProcessRow {
  readonly key: string;
  readonly process: WindowsProcess;
  /** 0 for those without a parent; always 0 in the flat list. */
  readonly depth: number;
  readonly children: number;
  readonly isClosed: boolean;
}

export const rowId = (row: ProcessRow): string => row.key;

type Value = string | number | bigint | null;
/** What a column sorts by. */
export const sortValues: Readonly<Record<string, (process: WindowsProcess) => Value>> = {
  name: ({ name }) => sortKey(name),
  processId: ({ processId }) => processId,
  // What nobody uses is no work.
  cpu: ({ cpuPercent, processId }) => (processId === 0 ? null : cpuPercent),
  memory: ({ workingSetBytes }) => workingSetBytes,
  private: ({ privateBytes }) => privateBytes,
  threads: ({ threads }) => threads,
  session: ({ sessionId }) => sessionId,
  startedAt: ({ createdAt }) => createdAt,
  commandLine: ({ commandLine }) => (commandLine === null ? null : sortKey(commandLine)),
};

/**
 * Parents by key. A process is the parent only where it was there first: a number that was given out again is another process, and the real
 * parent is gone.
 */
export function parentsOf(processes: ReadonlyMap<string, WindowsProcess>): ReadonlyMap<string, string | null> {
  const byId = new Map<number, WindowsProcess>();
  for (const process of processes.values()) byId.set(process.processId, process);
  const parents = new Map<string, string | null>();
  for (const [key, process] of processes) {
    const parent = process.parentProcessId === null ? undefined : byId.get(process.parentProcessId);
    const isParent =
      parent !== undefined &&
      parent !== process &&
      parent.processId !== 0 &&
      (parent.createdAt === null || process.createdAt === null || parent.createdAt <= process.createdAt);
    parents.set(key, isParent ? processKeyText(parent) : null);
  }
  return parents;
}

/** All that descend from these, nearest first; a loop, which no machine should report, ends it. */
export function descendantsOf(
  processes: ReadonlyMap<string, WindowsProcess>,
  keys: ReadonlySet<string>,
): readonly WindowsProcess[] {
  return descendantsIn(childrenByParent(parentsOf(processes)), [...keys]).flatMap((key) => processes.get(key) ?? []);
}

function descendantsIn(children: ReadonlyMap<string, readonly string[]>, keys: readonly string[]): readonly string[] {
  const seen = new Set(keys);
  const queue = [...keys];
  for (const key of queue) {
    for (const child of children.get(key) ?? []) {
      if (seen.has(child)) continue;
      seen.add(child);
      queue.push(child);
    }
  }
  return queue.slice(keys.length);
}

function childrenByParent(parents: ReadonlyMap<string, string | null>): ReadonlyMap<string, readonly string[]> {
  const children = new Map<string, string[]>();
  for (const [key, parent] of parents) {
    if (parent === null) continue;
    const all = children.get(parent) ?? [];
    all.push(key);
    children.set(parent, all);
  }
  return children;
}

export interface ViewOptions {
  readonly isTree: boolean;
  readonly sorting: Sorting;
  readonly text: string;
  readonly closed: ReadonlySet<string>;
}

/** Words that must all occur in name, number or command line. */
export function matchesText({ name, processId, commandLine }: WindowsProcess, text: string): boolean {
  const hay = `${name}\n${processId}\n${commandLine ?? ''}`.toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => hay.includes(word));
}

/** The rows in their order. In the tree brothers are sorted among themselves, and a filter keeps the parents of what it finds. */
export function orderProcesses(
  processes: ReadonlyMap<string, WindowsProcess>,
  { isTree, sorting, text, closed }: ViewOptions,
  before: ReadonlyMap<string, ProcessRow> = new Map(),
): readonly ProcessRow[] {
  const value = sortValues[sorting?.id ?? 'name'] ?? sortValues['name']!;
  const direction = sorting?.desc ? -1 : 1;
  const compare = (a: string, b: string): number => {
    const left = value(processes.get(a)!);
    const right = value(processes.get(b)!);
    if (left === right) return processes.get(a)!.processId - processes.get(b)!.processId;
    // What is not known comes last in both directions.
    if (left === null || right === null) return left === null ? 1 : -1;
    return (left < right ? -1 : 1) * direction;
  };
  const found = new Set<string>();
  for (const [key, process] of processes) if (text.trim() === '' || matchesText(process, text)) found.add(key);

  const rows: ProcessRow[] = [];
  const add = (key: string, depth: number, children: number): void => {
    const process = processes.get(key)!;
    const isClosed = children > 0 && closed.has(key);
    const old = before.get(key);
    const isSame =
      old?.process === process && old.depth === depth && old.children === children && old.isClosed === isClosed;
    rows.push(isSame ? old : { key, process, depth, children, isClosed });
  };
  if (!isTree) {
    for (const key of [...found].sort(compare)) add(key, 0, 0);
    return rows;
  }
  const parents = parentsOf(processes);
  const shown = new Set(found);
  for (const key of found) {
    for (let parent = parents.get(key); parent != null && !shown.has(parent); parent = parents.get(parent)) {
      shown.add(parent);
    }
  }
  const children = childrenByParent(parents);
  const placed = new Set<string>();
  const place = (key: string, depth: number): void => {
    if (placed.has(key)) return;
    placed.add(key);
    const own = (children.get(key) ?? []).filter((child) => shown.has(child));
    add(key, depth, own.length);
    if (own.length > 0 && closed.has(key)) return;
    for (const child of own.sort(compare)) place(child, depth + 1);
  };
  const roots = [...shown].filter((key) => parents.get(key) == null);
  for (const key of roots.sort(compare)) place(key, 0);
  // Parents in a loop have no root; hidden they must not be. What stands below a closed one is placed with it.
  const hidden = new Set(
    descendantsIn(
      children,
      rows.filter(({ isClosed }) => isClosed).map(({ key }) => key),
    ),
  );
  for (const key of shown) if (!placed.has(key) && !hidden.has(key)) place(key, 0);
  return rows;
}

/** Ending one of these ends Windows, or whoever is signed in. Lower case. */
const vital: ReadonlyMap<string, string> = new Map([
  ['system', 'the kernel'],
  ['registry', 'the registry'],
  ['smss.exe', 'the session manager'],
  ['csrss.exe', 'the subsystem of Windows: the machine stops with a blue screen'],
  ['wininit.exe', 'the start of Windows: the machine stops with a blue screen'],
  ['winlogon.exe', 'signing in: that session ends'],
  ['services.exe', 'the service control manager: the machine stops with a blue screen'],
  ['lsass.exe', 'signing in: the machine restarts within a minute'],
  ['svchost.exe', 'one or more services of Windows, which stop with it'],
]);

/** What hangs on a process that should better not be ended; null for ordinary ones. */
export function vitalPart({ name, commandLine }: WindowsProcess): string | null {
  if (/\bwinrm\b/i.test(commandLine ?? '')) return 'this very connection';
  return vital.get(name.toLowerCase()) ?? null;
}
