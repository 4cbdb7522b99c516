/** The switches of winrm: spellings, what value each takes, which operations have it. */
import { CommandLineError, formats, schemes, type WinrmCommand } from './command.ts';
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
  | 'skipRevocationcheck'
  | 'timeout'
  | 'encoding'
  | 'proxyaccess'
  | 'proxyauth'
  | 'proxyusername'
  | 'proxypassword'
  | 'format'
  | 'fragment'
  | 'filter'
  | 'dialect'
  | 'file'
  | 'options'
  | 'returntype'
  | 'shallow'
  | 'basepropertiesonly'
  | 'associations'
  | 'quiet'
  | 'transport'
  | 'force'
  | 'help';

export interface SwitchRule {
  readonly name: SwitchName;
  /** Lower case. */
  readonly spellings: readonly string[];
  readonly value: 'required' | 'optional' | 'none';
  /** Absent: all. */
  readonly verbs?: readonly Verb[];
  /** A few words, for completion. */
  readonly note: string;
  /** Values that completion offers. */
  readonly choices?: readonly string[];
}

const ofResources: readonly Verb[] = ['get', 'set', 'create', 'delete', 'enumerate', 'invoke'];

export const switchRules: readonly SwitchRule[] = [
  { name: 'remote', spellings: ['r', 'remote', 'machine'], value: 'optional', note: 'machine' },
  { name: 'username', spellings: ['u', 'username'], value: 'required', note: 'user' },
  { name: 'password', spellings: ['p', 'password'], value: 'optional', note: 'password; left out: asked for' },
  {
    name: 'auth',
    spellings: ['a', 'auth', 'authentication'],
    value: 'required',
    note: 'how to sign in',
    choices: schemes,
  },
  { name: 'certificate', spellings: ['c', 'certificate'], value: 'required', note: 'file of a client certificate' },
  { name: 'SPNPort', spellings: ['spnport'], value: 'none', note: 'Kerberos: the port in the name' },
  { name: 'defaultCreds', spellings: ['defaultcreds'], value: 'none', note: 'who is signed in here' },
  { name: 'unencrypted', spellings: ['un', 'unencrypted'], value: 'none', note: 'allow clear text' },
  { name: 'usessl', spellings: ['usessl', 'ssl'], value: 'none', note: 'HTTPS' },
  { name: 'trusted', spellings: ['trusted'], value: 'none', note: 'allow NTLM over HTTP' },
  { name: 'skipCNcheck', spellings: ['skipcncheck'], value: 'none', note: 'accept another name' },
  { name: 'skipCAcheck', spellings: ['skipcacheck'], value: 'none', note: 'accept an unknown authority' },
  {
    name: 'skipRevocationcheck',
    spellings: ['skiprevocationcheck'],
    value: 'none',
    note: 'accepted; revocation is not checked',
  },
  { name: 'timeout', spellings: ['timeout'], value: 'required', note: 'milliseconds' },
  {
    name: 'encoding',
    spellings: ['encoding'],
    value: 'required',
    note: 'of requests',
    choices: ['utf-8', 'utf-16'],
  },
  {
    name: 'proxyaccess',
    spellings: ['pac', 'proxyaccess'],
    value: 'required',
    note: 'only no_proxy',
    choices: ['no_proxy'],
  },
  { name: 'proxyauth', spellings: ['pa', 'proxyauth'], value: 'required', note: 'proxies are not used' },
  { name: 'proxyusername', spellings: ['pu', 'proxyusername'], value: 'required', note: 'proxies are not used' },
  { name: 'proxypassword', spellings: ['pp', 'proxypassword'], value: 'required', note: 'proxies are not used' },
  {
    name: 'format',
    spellings: ['f', 'format'],
    value: 'required',
    note: 'of the output',
    choices: formats,
  },
  { name: 'fragment', spellings: ['fragment'], value: 'required', verbs: ['get', 'set'], note: 'one property' },
  { name: 'filter', spellings: ['filter'], value: 'required', verbs: ['enumerate'], note: 'only some instances' },
  {
    name: 'dialect',
    spellings: ['dialect'],
    value: 'required',
    verbs: ['get', 'set', 'enumerate'],
    note: 'how the filter is written',
    choices: ['wql', 'selector', 'association'],
  },
  {
    name: 'file',
    spellings: ['file'],
    value: 'required',
    verbs: ['set', 'create', 'invoke'],
    note: 'XML that is sent as it is',
  },
  {
    name: 'options',
    spellings: ['options'],
    value: 'required',
    verbs: ofResources,
    note: '{KEY="VALUE"} for the provider',
  },
  {
    name: 'returntype',
    spellings: ['returntype'],
    value: 'required',
    verbs: ['enumerate'],
    note: 'instances, where they are, or both',
    choices: ['object', 'epr', 'objectandepr'],
  },
  { name: 'shallow', spellings: ['shallow'], value: 'none', verbs: ['enumerate'], note: 'no subclasses' },
  {
    name: 'basepropertiesonly',
    spellings: ['basepropertiesonly'],
    value: 'none',
    verbs: ['enumerate'],
    note: "only the class's own properties",
  },
  {
    name: 'associations',
    spellings: ['associations'],
    value: 'none',
    verbs: ['enumerate'],
    note: 'the links, not what they lead to',
  },
  { name: 'quiet', spellings: ['q', 'quiet'], value: 'none', verbs: ['quickconfig'], note: 'do not ask' },
  {
    name: 'transport',
    spellings: ['transport'],
    value: 'required',
    verbs: ['quickconfig'],
    note: 'of the listener',
    choices: ['http', 'https'],
  },
  { name: 'force', spellings: ['force'], value: 'none', verbs: ['quickconfig'], note: 'also on public networks' },
  { name: 'help', spellings: ['?', 'help'], value: 'none', note: 'help on the operation' },
];

const bySpelling: ReadonlyMap<string, SwitchRule> = new Map(
  switchRules.flatMap((rule) => rule.spellings.map((spelling) => [spelling, rule] as const)),
);

/** The switches of one line: value as typed without its quotation marks, null where there is none. */
export type Switches = ReadonlyMap<SwitchName, string | null>;

/**
 * Takes the switches out of a line. What is left are the operands, in order. winrm wants operands first; here they may stand anywhere,
 * since no line changes its meaning by that. Throws CommandLineError on a switch that is unknown, repeated, without the value
 * it needs or with one that it does not take.
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
  if (bySpelling.has(spelling)) {
    throw new CommandLineError(`Write -${spelling} with one dash: winrm skips what starts with two.`);
  }
}

/** Throws CommandLineError for a switch that the operation does not have. */
export function checkVerb(switches: Switches, verb: Verb): void {
  for (const rule of switchRules) {
    if (rule.verbs !== undefined && switches.has(rule.name) && !rule.verbs.includes(verb)) {
      throw new CommandLineError(
        `The switch -${rule.name} does not go with ${verb}; it belongs to ${listed(rule.verbs)}.`,
      );
    }
  }
}

const listed = (verbs: readonly Verb[]): string =>
  verbs.length === 1 ? verbs[0]! : `${verbs.slice(0, -1).join(', ')} and ${verbs.at(-1)}`;
