import type { NtlmVerdict } from '../../../shared/contract/credentials.ts';
import type { GlyphName } from '../../components/Glyph.tsx';
import { formatCount, plural } from '../../format.ts';

export type Verdict = NtlmVerdict['verdict'];

export const verdictWords: Readonly<
  Record<Verdict, { readonly words: string; readonly glyph: GlyphName; readonly rank: number }>
> = {
  'would-fail': { words: 'Would fail', glyph: 'critical', rank: 0 },
  'not-known': { words: 'Not known', glyph: 'unreachable', rank: 1 },
  survives: { words: 'Survives', glyph: 'healthy', rank: 2 },
};

export function countVerdicts(verdicts: readonly NtlmVerdict[]): Readonly<Record<Verdict, number>> {
  const counts = { 'would-fail': 0, 'not-known': 0, survives: 0 };
  for (const { verdict } of verdicts) counts[verdict] += 1;
  return counts;
}

/** The whole in one sentence. */
export function verdictSentence(counts: Readonly<Record<Verdict, number>>): string {
  const total = counts['would-fail'] + counts['not-known'] + counts.survives;
  if (total === 0) return 'No machine was checked.';
  if (counts.survives === total) return `All ${plural(total, 'machine')} would survive.`;
  if (counts['not-known'] === total)
    return `Not known of ${total === 1 ? 'the one machine' : `any of the ${formatCount(total)} machines`}.`;
  const parts = [
    counts['would-fail'] > 0 ? `${plural(counts['would-fail'], 'machine')} would fail` : '',
    counts.survives > 0 ? `${formatCount(counts.survives)} would survive` : '',
    counts['not-known'] > 0 ? `${formatCount(counts['not-known'])} not known` : '',
  ].filter((part) => part !== '');
  return `${parts.join(', ')}.`;
}

/** A row as it is shown and exported. */
export interface VerdictRow {
  readonly verdict: NtlmVerdict;
  readonly name: string;
  readonly address: string;
}

/** What to do about it, in the problem's own words. */
export const adviceOf = ({ problem }: NtlmVerdict): string => problem?.advice.join(' ') ?? '';

/** `text` somewhere in name, address or what was said. */
export function matchesVerdict(row: VerdictRow, shown: Verdict | 'all', text: string): boolean {
  if (shown !== 'all' && row.verdict.verdict !== shown) return false;
  const wanted = text.trim().toLowerCase();
  return (
    wanted === '' ||
    [row.name, row.address, row.verdict.seen, adviceOf(row.verdict)].some((part) => part.toLowerCase().includes(wanted))
  );
}

/** The table for a file. What begins like a formula is written so that no spreadsheet computes it. */
export async function verdictsAsCsv(rows: readonly VerdictRow[]): Promise<string> {
  const { default: Papa } = await import('papaparse');
  const text = Papa.unparse(
    {
      fields: ['name', 'address', 'verdict', 'seen', 'advice', 'code'],
      data: rows.map(({ name, address, verdict }) => [
        name,
        address,
        verdict.verdict,
        verdict.seen,
        adviceOf(verdict),
        verdict.problem?.technical ?? '',
      ]),
    },
    { escapeFormulae: true },
  );
  return `${text}\r\n`;
}
