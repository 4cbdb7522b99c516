import type { DriftRow } from '../../../shared/contract/winrm-settings.ts';
import { formatTime, plural } from '../../format.ts';
import type { KnownDrift } from '../../stores/winrm-snapshots.ts';

export interface DriftCounts {
  readonly same: number;
  readonly drifted: number;
  readonly failed: number;
}

export const countDrift = (rows: readonly DriftRow[]): DriftCounts => ({
  same: rows.filter((row) => row.outcome === 'same').length,
  drifted: rows.filter((row) => row.outcome === 'drifted').length,
  failed: rows.filter((row) => row.outcome === 'failed').length,
});

/** Machines that differ in the same way belong together: "44 the same, 3 differ, and 2 of those alike". */
export function groupDrift(rows: readonly DriftRow[]): readonly (readonly DriftRow[])[] {
  const groups = new Map<string, DriftRow[]>();
  for (const row of rows) {
    const key =
      row.outcome === 'failed'
        ? `failed ${row.machineId}`
        : JSON.stringify(row.differences.map(({ subject, left, right }) => [subject, left, right]));
    const group = groups.get(key) ?? [];
    group.push(row);
    groups.set(key, group);
  }
  const rank = { drifted: 0, failed: 1, same: 2 } as const;
  return [...groups.values()].toSorted(
    (a, b) => (rank[a[0]?.outcome ?? 'same'] ?? 2) - (rank[b[0]?.outcome ?? 'same'] ?? 2) || b.length - a.length,
  );
}

/** The rows as CSV, one line per difference. Text from a machine never becomes a formula of a spreadsheet. */
export function driftAsCsv(rows: readonly DriftRow[], nameOf: (machineId: string) => string): string {
  const lines = rows.flatMap((row) => {
    const machine = nameOf(row.machineId);
    if (row.outcome === 'failed') return [[machine, 'failed', '', '', row.problem?.message ?? '']];
    if (row.outcome === 'same') return [[machine, 'same', '', '', '']];
    return row.differences.map((one) => [machine, 'drifted', one.subject, one.left ?? '', one.right ?? '']);
  });
  return [['machine', 'outcome', 'setting', 'expected', 'found'], ...lines]
    .map((cells) => cells.map(csvCell).join(','))
    .join('\r\n');
}

const csvCell = (text: string): string => {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** The last comparison of a machine in a few words, and in a sentence. Null: it was never compared. */
export function driftWords(
  known: KnownDrift | undefined,
): { readonly short: string; readonly sentence: string } | null {
  if (known === undefined) return null;
  const { row, against } = known;
  const at = `read at ${formatTime(row.readAt)}`;
  if (row.outcome === 'failed') return { short: 'not read', sentence: row.problem?.message ?? 'It could not be read.' };
  if (row.outcome === 'same') return { short: 'none', sentence: `Its WinRM settings are those of ${against}, ${at}` };
  const count = row.differences.length;
  return {
    short: plural(count, 'setting'),
    sentence: `${plural(count, 'WinRM setting')} ${count === 1 ? 'differs' : 'differ'} from ${against}, ${at}`,
  };
}

/** Most differences last; a machine that could not be read before those that agree. Null: it was never compared. */
export const driftRank = (known: KnownDrift | undefined): number | null =>
  known === undefined ? null : known.row.outcome === 'failed' ? -1 : known.row.differences.length;
