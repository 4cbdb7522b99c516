/**
 * `@{KEY="VALUE";KEY=$null}` of an Invoke, and `{KEY="VALUE"}` of a selector filter: the grammar of winrm, exactly. The whole text has to
 * match; a value cannot hold a quotation mark.
 */
import { CommandLineError, type InputPair } from './command.ts';

const pair =
  /\s*([\w:]+)\s*=\s*(?:(\$null)(?![\w:])|"([^"]*)"|[\u201c\u201d\u201e\u201f]([^"\u201c\u201d\u201e\u201f]*)[\u201c\u201d])\s*(;|$)/iy;

const forms = {
  '@{': 'The input has to be of the form @{KEY="VALUE";KEY="VALUE"}, or KEY=$null for no value.',
  '{': 'It has to be of the form {KEY="VALUE";KEY="VALUE"}, or KEY=$null for no value.',
} as const;
const shellHint =
  'A shell takes quotation marks off: give it the whole line as one string, windeck \'winrm … @{KEY="VALUE"}\'.';

/** Reads the pairs in their order. Throws CommandLineError on anything else, and on a key that comes twice (keys compare without case). */
export function parsePairs(text: string, opening: '@{' | '{'): InputPair[] {
  const trimmed = text.trim();
  if (!trimmed.startsWith(opening) || !trimmed.endsWith('}')) throw new CommandLineError(forms[opening]);
  const inner = trimmed.slice(opening.length, -1);
  if (inner.trim() === '') return [];
  const pairs: InputPair[] = [];
  const seen = new Set<string>();
  pair.lastIndex = 0;
  for (;;) {
    const match = pair.exec(inner);
    if (match === null) {
      const unquoted = /=\s*[^"\s\u201c\u201d$]/.test(inner) && !/["\u201c\u201d]/.test(inner);
      throw new CommandLineError(unquoted ? `${forms[opening]} ${shellHint}` : forms[opening]);
    }
    const key = match[1]!;
    if (seen.has(key.toLowerCase())) throw new CommandLineError(`The key ${key} is given twice.`);
    seen.add(key.toLowerCase());
    pairs.push([key, match[2] === undefined ? (match[3] ?? match[4] ?? '') : null]);
    if (match[5] !== ';') return pairs;
  }
}
