/** The lines that were run, oldest first, without secrets. Kept for this run of the window. */

export const maxHistory = 500;

/** Repeating a line keeps one of it, at the end. */
export function remember(history: readonly string[], line: string): readonly string[] {
  const kept = line.trim();
  if (kept === '') return history;
  return [...history.filter((before) => before !== kept), kept].slice(-maxHistory);
}

/** The lines that hold every word of the query, newest first. */
export function searchHistory(history: readonly string[], query: string, limit = 50): readonly string[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found: string[] = [];
  for (let n = history.length - 1; n >= 0 && found.length < limit; n--) {
    const line = history[n]!;
    const lower = line.toLowerCase();
    if (words.every((word) => lower.includes(word))) found.push(line);
  }
  return found;
}

/** One step through the history; `at` null is the line being typed. Returns null behind the newest, and stays at the oldest. */
export function step(history: readonly string[], at: number | null, direction: 'older' | 'newer'): number | null {
  if (history.length === 0) return null;
  if (direction === 'older') return Math.max(0, (at ?? history.length) - 1);
  return at === null || at + 1 >= history.length ? null : at + 1;
}

/** What a paste of several lines would run: without empty lines, comments and the prompt of a copied window. */
export function pastedLines(text: string): readonly string[] {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => line.replace(/^\s*(?:[A-Za-z]:\\[^>]*>|PS [^>]*>|>|\$)\s*/, '').trim())
    .filter((line) => line !== '' && !/^(?:#|rem\b|::)/i.test(line));
}
