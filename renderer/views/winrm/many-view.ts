import type { GlyphName } from '../../components/Glyph.tsx';
import { formatCount, plural } from '../../format.ts';
import { type ManyRow, type ManyRun, whyLeft } from '../../stores/winrm-many.ts';
import { phaseWords, runVerdict } from './words.ts';

/** A row in a few words, with its shape. */
export function manyWords(row: ManyRow, machine: string): { readonly glyph: GlyphName; readonly words: string } {
  switch (row.state) {
    case 'asking':
      return { glyph: 'pending', words: 'is asked what would change…' };
    case 'asked': {
      const why = whyLeft(row);
      if (why !== null) {
        const isSame = row.preview !== null && row.preview.lines.length === 0;
        return { glyph: isSame ? 'healthy' : 'denied', words: isSame ? why : `Left out. ${why}` };
      }
      const count = plural(row.preview?.lines.length ?? 0, 'difference');
      return row.preview?.couldCut
        ? { glyph: 'warning', words: `${count}, could cut the connection: under a revert` }
        : { glyph: 'stopped', words: count };
    }
    case 'waiting':
      return { glyph: 'stopped', words: 'waits for its turn' };
    case 'running': {
      const last = row.run?.steps.at(-1);
      return { glyph: 'pending', words: last === undefined ? 'is begun…' : `${phaseWords[last.phase]}: ${last.words}` };
    }
    case 'ended': {
      const verdict = row.run === null ? null : runVerdict(row.run, machine);
      return { glyph: verdict?.glyph ?? 'skipped', words: `${verdict?.words ?? ''} ${verdict?.next ?? ''}`.trim() };
    }
    case 'left':
      return { glyph: 'skipped', words: `Nothing was sent to it. ${row.left ?? ''}`.trim() };
  }
}

/** Those that the changes can be applied to, in their order. */
export const ready = ({ rows }: ManyRun): readonly ManyRow[] => rows.filter((row) => whyLeft(row) === null);

/** How far it is, or what came of it. */
export function manySummary({ rows, phase, isCancelled }: ManyRun): string {
  const applied = rows.filter(({ run }) => run?.result === 'applied').length;
  if (phase === 'asking') {
    return `${formatCount(rows.filter(({ state }) => state !== 'asking').length)} of ${plural(rows.length, 'machine')} answered…`;
  }
  if (phase === 'applying') {
    const all = rows.filter(({ state, preview }) => state !== 'left' && preview !== null).length;
    const cancelled = isCancelled ? ' The one under way is brought to its end, no other is begun.' : '';
    return `Applied to ${formatCount(applied)} of ${plural(all, 'machine')}…${cancelled}`;
  }
  const failed = rows.filter(({ run }) => run !== null && run.result !== 'applied').length;
  const left = rows.filter(({ state }) => state === 'left').length;
  return [
    `${isCancelled ? 'Cancelled. ' : ''}Applied to ${plural(applied, 'machine')}`,
    ...(failed === 0 ? [] : [`not to ${formatCount(failed)}`]),
    ...(left === 0 ? [] : [`${formatCount(left)} left alone`]),
  ].join(', ');
}
