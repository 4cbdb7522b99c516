import { describe, expect, test } from 'vitest';
import { fuzzyMatch, wordsOf } from './fuzzy.ts';

/** The text with what is marked in brackets. */
function marked(query: string, text: string, more = ''): string | null {
  const match = fuzzyMatch(wordsOf(query), text.toLowerCase(), more);
  if (match === null) return null;
  let at = 0;
  let shown = '';
  for (const [from, to] of match.ranges) {
    shown += `${text.slice(at, from)}[${text.slice(from, to)}]`;
    at = to;
  }
  return shown + text.slice(at);
}
const score = (query: string, text: string): number =>
  fuzzyMatch(wordsOf(query), text.toLowerCase())?.score ?? Number.NEGATIVE_INFINITY;

describe('what is found', () => {
  test.each([
    ['hq-sql', 'HQ-SQL01', '[HQ-SQL]01'],
    ['sql', 'HQ-SQL01', 'HQ-[SQL]01'],
    ['hqs', 'HQ-SQL01', '[HQ]-[S]QL01'],
    ['hqs01', 'HQ-SQL01', '[HQ]-[S]QL[01]'],
    ['spool restart', 'Restart Print Spooler…', '[Restart] Print [Spool]er…'],
    ['rest art', 'Restart', '[Restart]'],
    ['ps', 'Print Spooler', '[P]rint [S]pooler'],
  ])('%s in %s', (query, text, shown) => {
    expect(marked(query, text)).toBe(shown);
  });

  test.each([
    ['xyz', 'HQ-SQL01'],
    ['hq-sql09', 'HQ-SQL01'],
    // Letters strewn over the text are chance.
    ['atrs', 'administrators of the estate'],
    ['sql web', 'HQ-SQL01'],
    // One letter is not looked for in the middle of words that do not have it as it stands.
    ['z', 'HQ-SQL01'],
  ])('%s not in %s', (query, text) => {
    expect(marked(query, text)).toBeNull();
  });

  test('no words match everything, and mark nothing', () => {
    expect(marked('   ', 'HQ-SQL01')).toBe('HQ-SQL01');
  });

  test('words beside the name count as they stand, and are not marked', () => {
    expect(marked('hq production', 'HQ-SQL01', '10.0.2.31\nproduction')).toBe('[HQ]-SQL01');
    expect(marked('hq prdctn', 'HQ-SQL01', '10.0.2.31\nproduction')).toBeNull();
  });
});

test('the whole before the beginning, before the beginning of a part, before the middle, before letters', () => {
  const order = ['sql', 'SQL01', 'HQ-SQL01', 'MYSQL01', 'S-Q-L'];
  const scores = order.map((text) => score('sql', text));
  expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  expect(new Set(scores).size).toBe(order.length);
});

test('a text of nothing but the first letter does not cost more than its length', () => {
  const text = 'a'.repeat(5000);
  expect(marked('aaab', text)).toBeNull();
  expect(marked('ab', `${text}b`)).toMatch(/\[ab\]$/);
});
