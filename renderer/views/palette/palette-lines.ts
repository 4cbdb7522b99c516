import { type FuzzyMatch, fuzzyMatch } from '../../fuzzy.ts';
import { type Best, bestOf } from './best-of.ts';
import type { PaletteAnswer, PaletteItem, PaletteSources } from './palette-item.ts';

/** A secret that was masked when the line was kept has to be typed again, in the prompt. */
const isComplete = (line: string): boolean => !line.includes('••••');

function lineItem(line: string, run: boolean, note: string, ranges: FuzzyMatch['ranges'] = []): PaletteItem {
  return {
    id: `line:${run ? 'run' : 'put'}:${line}`,
    name: line,
    ranges,
    note,
    glyph: null,
    icon: 'line',
    keys: null,
    choice: { kind: 'line', line, run },
  };
}

export function findLines(words: readonly string[], { history }: PaletteSources): Best {
  const best = bestOf(4);
  for (const line of history.toReversed()) {
    const lower = line.toLowerCase();
    if (!words.every((word) => lower.includes(word))) continue;
    const match = fuzzyMatch(words, lower);
    // Behind everything that has a name of its own.
    if (match !== null) {
      best.add(Math.min(match.score, 40), () =>
        // Never at once: it was typed for another machine, perhaps.
        lineItem(line, false, 'from the history, into the prompt', match.ranges),
      );
    }
  }
  return best.result();
}

const verbs =
  /^(g|get|s|set|c|create|d|delete|e|enum|enumerate|i|invoke|id|identity|qc|quickconfig|help|helpmsg|configsddl|[-/].*)$/i;

/** A whole line for the Console; a verb of winrm is short for nothing else. */
export function isLine(text: string): boolean {
  const [program = '', operation] = text.split(/\s+/);
  if (operation === undefined || !/^win(rm|rs)(\.cmd|\.exe)?$/i.test(program)) return false;
  return /^winrs/i.test(program) || verbs.test(operation);
}

/** The line that is being typed, and those from before that begin like it. */
export function linesFor(line: string, { history, open }: PaletteSources): Pick<PaletteAnswer, 'groups' | 'found'> {
  const where = open === null || /\s-(r|remote):/i.test(line) ? '' : `on ${open.settings.name}, `;
  const lower = line.toLowerCase();
  const before = history
    .toReversed()
    .filter((each) => each !== line && each.toLowerCase().includes(lower))
    .slice(0, 8);
  const items = [
    isComplete(line) ? lineItem(line, true, `${where}runs in the Console`) : null,
    lineItem(line, false, 'into the prompt of the Console'),
    ...before.map((each) => {
      const at = each.toLowerCase().indexOf(lower);
      return lineItem(each, false, 'from the history, into the prompt', [[at, at + line.length]]);
    }),
  ].filter((item) => item !== null);
  return { groups: [{ title: 'Command line', items }], found: items.length };
}
