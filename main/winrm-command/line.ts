/**
 * A line, as typed or as copied out of a web page, cut into its words.
 *
 * Words keep their quotation marks, since only the place where a word is used says what they mean there (a selector's value, `@{…}`, the
 * value of a switch). What a word processor does to a copied line is undone where it has a role in the syntax, and only there: a dash at
 * the start of a word, quotation marks around a value. Inside a value every character stays as it is.
 */
import { CommandLineError } from './command.ts';

const quotes = '"\u201c\u201d\u201e\u201f\u2033\uff02';
const quoteAtStart = new RegExp(`^[${quotes}]`);

export function isQuote(character: string | undefined): boolean {
  return character !== undefined && character !== '' && quotes.includes(character);
}

/** Hyphens, dashes and the minus sign: what copying makes of `-`. */
const dashes = '-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d';
const switchStart = new RegExp(`^[${dashes}/]`);
const doubledStart = new RegExp(`^(?:[${dashes}]{2}|//)`);

/** True for `-x`, `/x` and their typographic forms. */
export function isSwitch(word: string): boolean {
  return switchStart.test(word);
}

/** True for `--x` and `//x`: meant for the script host there, skipped by winrm. */
export function isDoubledSwitch(word: string): boolean {
  return doubledStart.test(word);
}

/**
 * Cuts a line into words at white space. Quotation marks and braces hold white space together. Throws CommandLineError where a quotation
 * mark or brace is never closed, or text follows a closed value without a blank.
 */
export function splitLine(line: string): string[] {
  const words: string[] = [];
  let at = 0;
  for (;;) {
    while (at < line.length && /\s/.test(line[at]!)) at++;
    if (at >= line.length) return words;
    const end = endOfWord(line, at);
    words.push(line.slice(at, end));
    at = end;
  }
}

function endOfWord(line: string, start: number): number {
  if (line[start] === '{' || line.startsWith('@{', start)) return endOfValue(line, line.indexOf('{', start));
  if (isSwitch(line[start]!)) {
    let at = start;
    while (at < line.length && line[at] !== ':' && !/\s/.test(line[at]!)) at++;
    return line[at] === ':' ? endOfValue(line, at + 1) : at;
  }
  if (isQuote(line[start])) return endOfValue(line, start);
  // A resource URI: marks stand around a selector's value, anywhere in the word.
  let quoted = false;
  let at = start;
  for (; at < line.length && (quoted || !/\s/.test(line[at]!)); at++) {
    if (isQuote(line[at])) quoted = !quoted;
  }
  if (quoted) throw new CommandLineError(`The quotation mark in ${line.slice(start)} is never closed.`);
  return at;
}

/** The end of a value that may be quoted or in braces; any other value ends at white space and may hold quotation marks. */
function endOfValue(line: string, start: number): number {
  const first = line[start];
  if (first === '{') {
    let quoted = false;
    for (let at = start; at < line.length; at++) {
      if (isQuote(line[at])) quoted = !quoted;
      else if (line[at] === '}' && !quoted) return mustEnd(line, at + 1);
    }
    throw new CommandLineError('The brace { is never closed by a }.');
  }
  if (isQuote(first)) {
    for (let at = start + 1; at < line.length; at++) {
      if (line[at] === '\\' && isQuote(line[at + 1])) at++;
      else if (isQuote(line[at])) return mustEnd(line, at + 1);
    }
    throw new CommandLineError('A quotation mark is opened and never closed.');
  }
  let at = start;
  while (at < line.length && !/\s/.test(line[at]!)) at++;
  return at;
}

function mustEnd(line: string, at: number): number {
  if (at < line.length && !/\s/.test(line[at]!)) {
    throw new CommandLineError('A value in quotation marks or braces has to end where its mark is closed.');
  }
  return at;
}

/**
 * Words as a shell hands them over. The shell has done the cutting; only `@{…}` and `{…}` that it took apart at their blanks are joined
 * again.
 */
export function joinBraces(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (let n = 0; n < words.length; n++) {
    let word = words[n]!;
    if (/^@?\{/.test(word) || (isSwitch(word) && /^[^:]*:\{/.test(word))) {
      while (!word.trimEnd().endsWith('}') && n + 1 < words.length) {
        n++;
        word += ` ${words[n]}`;
      }
    }
    joined.push(word);
  }
  return joined;
}

/**
 * The value of a switch or a quoted word: marks around it are taken off, and `\"` inside them means a quotation mark. A value that does
 * not start with one is taken as it is. Throws CommandLineError where a mark is opened and not closed at the end.
 */
export function unquote(value: string): string {
  if (!quoteAtStart.test(value)) return value;
  const inner = value.slice(1, -1);
  if (value.length < 2 || !isQuote(value.at(-1)) || /(?:^|[^\\])\\$/.test(inner)) {
    throw new CommandLineError('A value that starts with a quotation mark has to end with one.');
  }
  return inner.replace(new RegExp(`\\\\([${quotes}])`, 'g'), '$1');
}
