/** The switches of winrm: spellings, what value each takes, which operations have it, and which of them are not in this version. */
import { CommandLineError, type WinrmCommand } from './command.ts';
import { isDoubledSwitch, isSwitch, unquote } from './line.ts';

export type Verb = WinrmCommand['verb'];

export type SwitchName =
  | 'remote'
  | 'username'
  | 'password'
  | 'auth'
  | 'certificate'
  | 'SPNPort'
  | 'defaultCreds'
  | 'unencrypted'
  | 'usessl'
  | 'trusted'
  | 'skipCNcheck'
  | 'skipCAcheck'
  | 'timeout'
  | 'format'
  | 'fragment'
  | 'filter'
  | 'dialect'
  | 'help';

interface SwitchRule {
  readonly name: SwitchName;
  /** Lower case; the first one is used in messages. */
  readonly spellings: readonly string[];
  readonly value: 'required' | 'optional' | 'none';
  /** Absent: all. */
  readonly verbs?: readonly Verb[];
}

const rules: readonly SwitchRule[] = [
  { name: 'remote', spellings: ['r', 'remote', 'machine'], value: 'optional' },
  { name: 'username', spellings: ['u', 'username'], value: 'required' },
  { name: 'password', spellings: ['p', 'password'], value: 'optional' },
  { name: 'auth', spellings: ['a', 'auth', 'authentication'], value: 'required' },
  { name: 'certificate', spellings: ['c', 'certificate'], value: 'required' },
  { name: 'SPNPort', spellings: ['spnport'], value: 'none' },
  { name: 'defaultCreds', spellings: ['defaultcreds'], value: 'none' },
  { name: 'unencrypted', spellings: ['un', 'unencrypted'], value: 'none' },
  { name: 'usessl', spellings: ['usessl', 'ssl'], value: 'none' },
  { name: 'trusted', spellings: ['trusted'], value: 'none' },
  { name: 'skipCNcheck', spellings: ['skipcncheck'], value: 'none' },
  { name: 'skipCAcheck', spellings: ['skipcacheck'], value: 'none' },
  { name: 'timeout', spellings: ['timeout'], value: 'required' },
  { name: 'format', spellings: ['f', 'format'], value: 'required' },
  { name: 'fragment', spellings: ['fragment'], value: 'required', verbs: ['get'] },
  { name: 'filter', spellings: ['filter'], value: 'required', verbs: ['enumerate'] },
  { name: 'dialect', spellings: ['dialect'], value: 'required', verbs: ['enumerate', 'get'] },
  { name: 'help', spellings: ['?', 'help'], value: 'none' },
];

const bySpelling: ReadonlyMap<string, SwitchRule> = new Map(
  rules.flatMap((rule) => rule.spellings.map((spelling) => [spelling, rule] as const)),
);

/** Switches that winrm has and this version has not, lower case. */
const later: ReadonlySet<string> = new Set([
  ...['skiprevocationcheck', 'encoding'],
  ...['pac', 'proxyaccess', 'pa', 'proxyauth', 'pu', 'proxyusername', 'pp', 'proxypassword'],
  ...['file', 'options', 'returntype', 'shallow', 'basepropertiesonly', 'associations'],
  ...['q', 'quiet', 'transport', 'force'],
]);

/** The switches of one line: value as typed without its quotation marks, null where there is none. */
export type Switches = ReadonlyMap<SwitchName, string | null>;

const isKnown = (spelling: string): boolean => bySpelling.has(spelling) || later.has(spelling);

/**
 * Takes the switches out of a line. What is left are the operands, in order. winrm wants operands first; here they may stand anywhere,
 * since no line changes its meaning by that. Throws CommandLineError on a switch that is unknown, not in this version, repeated, without
 * the value it needs or with one that it does not take.
 */
export function takeSwitches(words: readonly string[]): { switches: Switches; operands: readonly string[] } {
  const switches = new Map<SwitchName, string | null>();
  const operands: string[] = [];
  for (const word of words) {
    if (!isSwitch(word)) operands.push(word);
    else if (isDoubledSwitch(word)) refuseKnown(word);
    else takeSwitch(word, switches);
  }
  return { switches, operands };
}

function takeSwitch(word: string, switches: Map<SwitchName, string | null>): void {
  const colon = word.indexOf(':');
  // Only the name is ever repeated in a message: the value may be a password.
  const typed = word.slice(1, colon < 0 ? undefined : colon);
  const value = colon < 0 ? null : unquote(word.slice(colon + 1));
  const spelling = typed.toLowerCase();
  const rule = bySpelling.get(spelling);
  if (rule === undefined) {
    if (later.has(spelling)) throw new CommandLineError(`The switch -${typed} is not in this version of Windeck.`);
    throw new CommandLineError(
      typed === ''
        ? 'A switch needs a name after its dash.'
        : `winrm has no switch -${printable(typed)}.${nearMiss(spelling)}`,
    );
  }
  if (switches.has(rule.name)) throw new CommandLineError(`The switch -${typed} is given twice.`);
  if (rule.value === 'none' && value !== null) throw new CommandLineError(`The switch -${typed} takes no value.`);
  if (rule.value === 'required' && (value === null || value === '')) {
    throw new CommandLineError(`The switch -${typed} needs a value: -${typed}:VALUE.`);
  }
  switches.set(rule.name, value);
}

/** `-pSECRET` and the like: the name is cut short so that a secret typed without its colon is not shown. */
const printable = (name: string): string =>
  /^[\w?]{1,20}$/.test(name) && !/^p\w{1,}$/i.test(name) ? name : `${name[0]}…`;

function nearMiss(spelling: string): string {
  return /^(?:r|u|p|a|f)./.test(spelling) ? ` A value follows a colon: -${spelling[0]}:VALUE.` : '';
}

/** winrm skips `--x` without a word. For a switch that exists this would drop it silently (`--usessl`), so that is refused instead. */
function refuseKnown(word: string): void {
  const spelling = word.slice(2).split(':', 1)[0]!.toLowerCase();
  if (isKnown(spelling)) {
    throw new CommandLineError(`Write -${spelling} with one dash: winrm skips what starts with two.`);
  }
}

/** Throws CommandLineError for a switch that the operation does not have. */
export function checkVerb(switches: Switches, verb: Verb): void {
  for (const rule of rules) {
    if (rule.verbs !== undefined && switches.has(rule.name) && !rule.verbs.includes(verb)) {
      throw new CommandLineError(
        `The switch -${rule.name} does not go with ${verb}; it belongs to ${rule.verbs.join(' and ')}.`,
      );
    }
  }
}
