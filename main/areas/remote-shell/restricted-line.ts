/**
 * A line for an endpoint that takes no scripts (JEA): commands with their arguments, joined by `|`, as PowerShell's own client makes them of what
 * is typed there. No variables, no blocks: those need a language that such an endpoint does not have.
 */
import { type PsCommand, type PsParameter, psArray, psCommand } from '../../wsman/index.ts';

/** Null where the line is more than commands with plain arguments. */
export function restrictedCommands(line: string): readonly PsCommand[] | null {
  const commands: PsCommand[] = [];
  for (const part of splitAt(line)) {
    const words = wordsOf(part);
    if (words === null) return null;
    const [name, ...rest] = words;
    if (name === undefined || name.isQuoted || /[$(){}@;&]/.test(name.text)) return null;
    const parameters: PsParameter[] = [];
    for (let at = 0; at < rest.length; at++) {
      const word = rest[at]!;
      // A comma at an edge joins the next word, which may be quoted: a list that needs the language.
      if (!word.isQuoted && /[$(){}@;&]|^,|,,|,$/.test(word.text)) return null;
      const given = word.isQuoted ? null : /^-([A-Za-z]\w*):?(.*)$/.exec(word.text);
      if (given === null) {
        parameters.push({ name: null, value: argumentOf(word) });
        continue;
      }
      const next = rest[at + 1];
      if (given[2] !== '')
        parameters.push({ name: given[1]!, value: argumentOf({ text: given[2]!, isQuoted: false }) });
      else if (next === undefined || (!next.isQuoted && /^-[A-Za-z]/.test(next.text))) {
        parameters.push({ name: given[1]!, value: true });
      } else {
        parameters.push({ name: given[1]!, value: argumentOf(next) });
        at++;
      }
    }
    commands.push(psCommand(name.text, { parameters }));
  }
  return commands.length === 0 ? null : commands;
}

interface Word {
  readonly text: string;
  readonly isQuoted: boolean;
}

/** A number is one, a list with commas is the texts of it. */
function argumentOf({ text, isQuoted }: Word): PsParameter['value'] {
  if (!isQuoted && /^-?\d{1,9}$/.test(text)) return Number(text);
  if (!isQuoted && text.includes(',')) return psArray(text.split(','), 'System.String[]');
  return text;
}

function splitAt(line: string): readonly string[] {
  const parts = [''];
  let quote = '';
  for (const character of line) {
    if (quote === '' && (character === '"' || character === "'")) quote = character;
    else if (character === quote) quote = '';
    if (character === '|' && quote === '') parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}

/** Null where a quotation mark is left open. */
function wordsOf(part: string): readonly Word[] | null {
  const words: Word[] = [];
  const pattern = /\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+))/y;
  let at = 0;
  while (part.slice(at).trim() !== '') {
    pattern.lastIndex = at;
    const found = pattern.exec(part);
    if (found === null) return null;
    at = pattern.lastIndex;
    const quoted = found[1] ?? found[2];
    words.push(quoted === undefined ? { text: found[3]!, isQuoted: false } : { text: quoted, isQuoted: true });
  }
  return words;
}
