/** The language of cmd.exe as far as the lab speaks it: variables, `&`, `&&`, `||`, `|`, redirections, quotation marks and carets. */
import type { LabEnvironment } from './program.ts';

export interface Redirection {
  /** 0 standard input, 1 standard output, 2 standard error. */
  readonly from: 0 | 1 | 2;
  /** Another stream, or the name of a file (`nul` included). */
  readonly to: 1 | 2 | { readonly file: string; readonly append: boolean };
}
export interface SimpleCommand {
  /** Without the redirections; what was around them stays, blanks included. */
  readonly text: string;
  readonly redirections: readonly Redirection[];
}
export interface Step {
  /** When this step runs: always, or by the exit code of the one before. */
  readonly when: 'always' | 'success' | 'failure';
  /** More than one where `|` joins them. */
  readonly pipeline: readonly SimpleCommand[];
}

/** Only known variables are replaced: the others stay as they were typed, as they do behind `cmd /c`. */
export function expandVariables(line: string, environment: LabEnvironment): string {
  return line.replace(/%([^%\s]+)%/g, (whole, name: string) => environment.get(name) ?? whole);
}

/** Null where the line makes no sense to cmd.exe (an operator without a command on one of its sides). */
export function parseCmdLine(line: string): readonly Step[] | null {
  const steps: { when: Step['when']; pipeline: SimpleCommand[] }[] = [{ when: 'always', pipeline: [] }];
  let text = '';
  let redirections: Redirection[] = [];
  let quoted = false;
  let at = 0;
  const finish = (): boolean => {
    const isEmpty = text.trim() === '' && redirections.length === 0;
    if (!isEmpty) steps.at(-1)!.pipeline.push({ text, redirections });
    text = '';
    redirections = [];
    return !isEmpty;
  };
  while (at < line.length) {
    const character = line[at]!;
    if (character === '"') quoted = !quoted;
    if (quoted || !/[&|<>^]/.test(character)) {
      text += character;
      at++;
    } else if (character === '^') {
      text += line[at + 1] ?? '';
      at += 2;
    } else if (character === '<' || character === '>') {
      const end = redirect(line, at, text, redirections);
      if (end === null) return null;
      text = end.text;
      at = end.at;
    } else {
      if (!finish()) return null;
      const isDouble = line[at + 1] === character;
      at += isDouble ? 2 : 1;
      if (character === '&') steps.push({ when: isDouble ? 'success' : 'always', pipeline: [] });
      else if (isDouble) steps.push({ when: 'failure', pipeline: [] });
      else if (line.slice(at).trim() === '') return null;
    }
  }
  finish();
  const last = steps.at(-1)!;
  // A line may end in & alone; behind && and || something must come.
  if (last.pipeline.length === 0 && steps.length > 1) return last.when === 'always' ? steps.slice(0, -1) : null;
  return steps;
}

/** Reads `>file`, `2>>file`, `>&2`, `<file` at `at`, and takes a stream's digit off the text before it. */
function redirect(
  line: string,
  at: number,
  text: string,
  redirections: Redirection[],
): { text: string; at: number } | null {
  const digit = /(?:^|\s)([012])$/.exec(text)?.[1];
  const left = digit === undefined ? text : text.slice(0, -1);
  const input = line[at] === '<';
  const from = (digit === undefined ? (input ? 0 : 1) : Number(digit)) as Redirection['from'];
  const append = line[at + 1] === line[at];
  const rest = line.slice(at + (append ? 2 : 1));
  const duplicate = /^&([12])/.exec(rest);
  if (duplicate) {
    redirections.push({ from, to: Number(duplicate[1]) as 1 | 2 });
    return { text: left, at: line.length - rest.length + 2 };
  }
  const file = /^\s*(?:"([^"]*)"|([^\s&|<>]+))/.exec(rest);
  if (!file) return null;
  redirections.push({ from, to: { file: file[1] ?? file[2]!, append } });
  return { text: left, at: line.length - rest.length + file[0].length };
}
