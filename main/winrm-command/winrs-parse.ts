/**
 * A winrs line → a typed command. Switches come first, `-` or `/`; from the first word that is none on, everything is the remote command and
 * stays as it was typed. Where to and as whom is said with the switches of winrm.
 */
import { CommandLineError, type Connection } from './command.ts';
import { isDoubledSwitch, isQuote, isSwitch, unquote } from './line.ts';
import { parseConnection } from './parse-connection.ts';
import { takeSwitches } from './switches.ts';
import { refusedSpellings, type WinrsSwitchRule, winrsSwitchRules } from './winrs-switches.ts';

export interface WinrsCommand {
  readonly verb: 'winrs';
  readonly connection: Connection;
  /** What cmd.exe gets there. */
  readonly commandLine: string;
  readonly directory: string | null;
  readonly environment: readonly (readonly [name: string, value: string])[];
  /** `-noecho`: what is typed here is not shown. */
  readonly noEcho: boolean;
  readonly noProfile: boolean;
  /** `-allowdelegate`: the Kerberos ticket may be used onward by the machine. */
  readonly allowDelegate: boolean;
  /** `-compression` was given; it is accepted and does nothing. */
  readonly compression: boolean;
  /** `-timeout` was given; it is accepted and does nothing, as in winrs itself. */
  readonly timeout: boolean;
  readonly codePage: number;
}
export type WinrsLine = WinrsCommand | { readonly verb: 'winrs-help' };

const bySpelling: ReadonlyMap<string, WinrsSwitchRule> = new Map(
  winrsSwitchRules.flatMap((rule) => rule.spellings.map((spelling) => [spelling, rule] as const)),
);

/** True where the line, cut into words or not, is one for winrs. */
export function isWinrsLine(line: string | readonly string[]): boolean {
  const words = typeof line === 'string' ? line.trim().split(/\s+/, 3) : line;
  const [first = '', second = '', third = ''] = words.map((word) => word.toLowerCase());
  const [program, operand] = first === 'windeck' ? [second, third] : [first, second];
  return /^winrs(\.exe)?$/.test(program) || (/^(help|-h|-\?|\/\?|--help)$/.test(program) && operand === 'winrs');
}

/** Reads a whole line: `winrs -r:web01 dir "C:\Program Files"`. Throws CommandLineError. */
export function parseWinrsLine(line: string): WinrsLine {
  let at = 0;
  const switches: string[] = [];
  for (let skip = true; ; ) {
    while (at < line.length && /\s/.test(line[at]!)) at++;
    const end = endOfWord(line, at);
    const word = line.slice(at, end);
    // The name of the program, behind `windeck` or not.
    if (skip && /^(windeck|help|--help|-h|winrs(\.exe)?)$/i.test(word)) {
      at = end;
      if (/^winrs/i.test(word)) skip = false;
      if (/help|-h/i.test(word)) return { verb: 'winrs-help' };
      continue;
    }
    if (word === '' || !isSwitch(word)) break;
    switches.push(word);
    at = end;
  }
  return build(switches, line.slice(at).trimEnd());
}

/** The end of a switch: quotation marks hold blanks together, anywhere behind its colon. */
function endOfWord(line: string, start: number): number {
  let quoted = false;
  let at = start;
  for (; at < line.length && (quoted || !/\s/.test(line[at]!)); at++) if (isQuote(line[at])) quoted = !quoted;
  if (quoted && isSwitch(line.slice(start, start + 1))) {
    throw new CommandLineError('A quotation mark is opened and never closed.');
  }
  return at;
}

/**
 * Reads the arguments of a process. A shell has taken the quotation marks away: one word is the command as it is; of several, those with blanks
 * get theirs back. Throws CommandLineError.
 */
export function parseWinrsArguments(args: readonly string[]): WinrsLine {
  const rest = args[0]?.toLowerCase() === 'windeck' ? args.slice(1) : args;
  if (!/^winrs/i.test(rest[0] ?? '')) return { verb: 'winrs-help' };
  const words = rest.slice(1);
  const first = words.findIndex((word) => !isSwitch(word));
  const command = first < 0 ? [] : words.slice(first);
  return build(first < 0 ? words : words.slice(0, first), joinCommand(command));
}

function joinCommand(words: readonly string[]): string {
  if (words.length < 2) return words[0] ?? '';
  return words.map((word) => (word === '' || (/\s/.test(word) && !word.includes('"')) ? `"${word}"` : word)).join(' ');
}

function build(words: readonly string[], commandLine: string): WinrsLine {
  const own = new Map<WinrsSwitchRule['name'], string>();
  const environment: (readonly [string, string])[] = [];
  const shared: string[] = [];
  for (const word of words) {
    const colon = word.indexOf(':');
    const typed = word.slice(1, colon < 0 ? undefined : colon);
    const rule = isDoubledSwitch(word) ? undefined : bySpelling.get(typed.toLowerCase());
    if (rule === undefined) {
      if (refusedSpellings.has(typed.toLowerCase())) throw new CommandLineError(`winrs has no switch -${typed}.`);
      shared.push(word);
      continue;
    }
    const value = colon < 0 ? null : word.slice(colon + 1);
    if (rule.value === 'required' && (value === null || value === '')) {
      throw new CommandLineError(`The switch -${typed} needs a value: -${typed}:VALUE.`);
    }
    if (rule.value === 'none' && value !== null) throw new CommandLineError(`The switch -${typed} takes no value.`);
    if (rule.name === 'environment') environment.push(parseVariable(value!));
    else if (own.has(rule.name)) throw new CommandLineError(`The switch -${typed} is given twice.`);
    else own.set(rule.name, value === null ? '' : unquote(value));
  }
  if (own.has('help')) return { verb: 'winrs-help' };
  const { switches } = takeSwitches(shared);
  if (switches.has('help')) return { verb: 'winrs-help' };
  if (commandLine === '') {
    throw new CommandLineError(
      'winrs needs a command to run there: winrs -r:web01 ipconfig /all. "winrs -?" says more.',
    );
  }
  return {
    verb: 'winrs',
    connection: parseConnection('invoke', switches),
    commandLine,
    directory: own.get('directory') ?? null,
    environment,
    noEcho: own.has('noEcho'),
    noProfile: own.has('noProfile'),
    allowDelegate: own.has('allowDelegate'),
    compression: own.has('compression'),
    timeout: own.has('timeout'),
    codePage: parseCodePage(own.get('codePage')),
  };
}

/** `NAME=VALUE`, quotation marks around all of it or around the value. */
function parseVariable(text: string): readonly [name: string, value: string] {
  const whole = unquote(text);
  const equals = whole.indexOf('=');
  if (equals < 1) throw new CommandLineError('-environment takes NAME=VALUE: -env:STAGE=test.');
  return [whole.slice(0, equals), unquote(whole.slice(equals + 1))];
}

function parseCodePage(text: string | undefined): number {
  if (text === undefined) return 65001;
  const codePage = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (codePage < 1 || codePage > 65535)
    throw new CommandLineError('-codepage takes the number of a Windows code page: -codepage:850.');
  return codePage;
}
