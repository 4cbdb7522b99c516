/** A command line in its parts, for the eye only: what each means is the parser's business. */
export interface LineWord {
  readonly text: string;
  readonly look: 'program' | 'verb' | 'switch' | 'value' | 'string';
}

const parts = /\s+|@?\{[^}]*\}?|[-/\u2010-\u2015][A-Za-z?]+:?|"[^"]*"?|[^\s"]+/g;

/** All of the line, in order: the texts joined are the line again. */
export function wordsOf(line: string): readonly LineWord[] {
  let words = 0;
  let isWinrs = false;
  let isCommand = false;
  return (line.match(parts) ?? []).map((text): LineWord => {
    if (/^\s/.test(text)) return { text, look: 'value' };
    words += 1;
    if (words === 1) {
      isWinrs = /^winrs/i.test(text);
      return { text, look: 'program' };
    }
    if (words === 2 && !isWinrs && /^[a-z]+$/i.test(text)) return { text, look: 'verb' };
    const isSwitch = /^[-/\u2010-\u2015][A-Za-z?]/.test(text);
    if (isWinrs && !isSwitch && words > 2) isCommand ||= true;
    if (isCommand) return { text, look: 'value' };
    if (isSwitch) return { text, look: 'switch' };
    return { text, look: /^["@{]/.test(text) ? 'string' : 'value' };
  });
}
