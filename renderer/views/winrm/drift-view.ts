import type { DriftRow } from '../../../shared/contract/winrm-settings.ts';

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
