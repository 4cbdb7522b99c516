/** Where a text matches, as `[from, to)` in ascending order, and how well; higher is better. */
export interface FuzzyMatch {
  readonly score: number;
  readonly ranges: readonly (readonly [from: number, to: number])[];
}

/** The words of a query, in lower case. */
export const wordsOf = (query: string): readonly string[] =>
  query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');

/**
 * Every word must be found, in any order: as it stands (best at the beginning, then at the beginning of a part), else its letters one
 * after another (`hqs1` in `HQ-SQL01`). `more` is text that also counts where a word stands in it as it is, and is not marked.
 * `lower` and `more` are in lower case. Null where a word is not found. No words match everything, without marks.
 */
export function fuzzyMatch(words: readonly string[], lower: string, more = ''): FuzzyMatch | null {
  let score = 0;
  let found: (readonly [number, number])[] | null = null;
  for (const word of words) {
    const at = bestPlace(word, lower);
    if (at >= 0) {
      score += at === 0 ? (lower.length === word.length ? 120 : 100) : beginsPart(lower, at) ? 80 : 50;
      found ??= [];
      found.push([at, at + word.length]);
      continue;
    }
    if (more !== '' && more.includes(word)) {
      score += 20;
      continue;
    }
    const letters = lettersOf(word, lower);
    if (letters === null) return null;
    score += letters.score;
    found ??= [];
    found.push(...letters.ranges);
  }
  // Of two that match alike the shorter one is nearer to what was typed.
  return { score: score - Math.min(lower.length, 100) / 100, ranges: found === null ? nowhere : merged(found) };
}

const nowhere: FuzzyMatch['ranges'] = [];

const isPart = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code > 127 || code === 95;

/** The first letter of a part: at the beginning, behind a sign, or where digits begin. */
function beginsPart(text: string, at: number): boolean {
  if (at === 0) return true;
  const before = text.charCodeAt(at - 1);
  const here = text.charCodeAt(at);
  return !isPart(before) || (here >= 48 && here <= 57 && !(before >= 48 && before <= 57));
}

/** Where the word stands as it is: the first place where it begins a part, else the first of all; -1 for nowhere. */
function bestPlace(word: string, text: string): number {
  const first = text.indexOf(word);
  for (let at = first; at >= 0; at = text.indexOf(word, at + 1)) if (beginsPart(text, at)) return at;
  return first;
}

/** Thousands of texts are looked through at each key, and most have not even the letters. */
function hasInOrder(word: string, text: string): boolean {
  let at = -1;
  for (let n = 0; n < word.length; n += 1) {
    at = text.indexOf(word.charAt(n), at + 1);
    if (at < 0) return false;
  }
  return true;
}

/** Single letters are found as they stand, or not at all: scattered ones would match nearly everything. */
function lettersOf(word: string, text: string): FuzzyMatch | null {
  if (word.length < 2 || word.length > text.length || !hasInOrder(word, text)) return null;
  return scattered(word, text, true) ?? scattered(word, text, false);
}

/** `byParts`: a letter that does not go on from the one before is looked for at the beginning of a part first. */
function scattered(word: string, text: string, byParts: boolean): FuzzyMatch | null {
  const ranges: [number, number][] = [];
  let at = -1;
  let begins = 0;
  for (const letter of word) {
    const last = ranges.at(-1);
    if (last !== undefined && text[last[1]] === letter) {
      last[1] += 1;
      at = last[1] - 1;
      continue;
    }
    let next = text.indexOf(letter, at + 1);
    if (next < 0) return null;
    if (byParts) {
      let part = next;
      while (part >= 0 && !beginsPart(text, part)) part = text.indexOf(letter, part + 1);
      if (part >= 0) next = part;
    }
    if (beginsPart(text, next)) begins += 1;
    ranges.push([next, next + 1]);
    at = next;
  }
  // More pieces than this is chance, not what somebody meant.
  if (ranges.length > Math.max(2, Math.ceil(word.length / 2))) return null;
  if (begins === 0) return null;
  return { score: 30 - 5 * (ranges.length - begins) - ranges.length, ranges };
}

function merged(ranges: readonly (readonly [number, number])[]): FuzzyMatch['ranges'] {
  if (ranges.length === 1) return ranges;
  const joined: [number, number][] = [];
  for (const [from, to] of ranges.toSorted((a, b) => a[0] - b[0] || a[1] - b[1])) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  return joined;
}
