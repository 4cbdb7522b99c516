/**
 * Completion of a winrm or winrs line, for the Console view and the completion scripts of shells. Pure: what is known of machines, tags and
 * classes is handed in.
 */
import { className } from '../wsman/index.ts';
import { isSwitch } from './line.ts';
import { verbs } from './parse.ts';
import { type SwitchRule, switchRules, type Verb } from './switches.ts';
import { aliases } from './uri.ts';
import { winrsSwitchRules } from './winrs-switches.ts';

/** What the place that asks knows beside the language itself. */
export interface Known {
  readonly machines: readonly string[];
  /** Offered as targets too, as `@tag`, where the place takes them. */
  readonly tags: readonly string[];
  readonly classes: readonly string[];
  /** Keys and properties of a class, by its name; empty where nothing is known. */
  readonly propertiesOf: (className: string) => readonly string[];
  /** Values of a key behind `resource?`, a resource as it stands in the line; empty where nothing is known. */
  readonly valuesOf: (resource: string, key: string) => readonly KnownValue[];
}

export interface KnownValue {
  readonly value: string;
  /** Whose it is. */
  readonly note: string;
}

export interface CompletionItem {
  /** Stands in the line from `from` to `to`. */
  readonly text: string;
  /** A few words about it; may be empty. */
  readonly note: string;
}

export interface Completion {
  /** The part of the line that an item replaces: offsets in UTF-16 units, `from` inclusive, `to` exclusive. */
  readonly from: number;
  readonly to: number;
  readonly items: readonly CompletionItem[];
}

/**
 * What may stand at the cursor. Never throws, whatever the line is; the items are empty where nothing is known. `from` is the beginning of
 * the part that is being typed, `to` the cursor.
 */
export function complete(line: string, cursor: number, known: Known): Completion {
  const at = Math.max(0, Math.min(cursor, line.length));
  const { words, start } = wordsBefore(line.slice(0, at));
  const isCommand = words[0]?.toLowerCase() === 'windeck';
  const [program = '', ...rest] = isCommand ? words.slice(1) : words;
  const typed = line.slice(start, at);
  const { offset, items } =
    (isCommand ? ofOwnCommands(program.toLowerCase(), typed, known) : null) ??
    candidates(program.toLowerCase(), rest, typed, known);
  const part = typed.slice(offset).toLowerCase();
  return { from: start + offset, to: at, items: items.filter(({ text }) => goesOn(text.toLowerCase(), part)) };
}

/** A quotation mark that has not been typed does not keep a value from being found. */
function goesOn(text: string, part: string): boolean {
  if (text === part) return false;
  return text.startsWith(part) || (text.startsWith('"') && text.startsWith(`"${part}`));
}

/** Whole words before the one under the cursor, and where that one starts. Blanks inside marks and braces do not end a word. */
function wordsBefore(text: string): { words: readonly string[]; start: number } {
  const words: string[] = [];
  let start = 0;
  let quoted = false;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === '"') quoted = !quoted;
    else if (!quoted && character === '{') depth++;
    else if (!quoted && character === '}') depth = Math.max(0, depth - 1);
    else if (!quoted && depth === 0 && /\s/.test(character)) {
      if (at > start) words.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return { words, start };
}

interface Candidates {
  /** How many characters of the word stay before the part that is completed. */
  readonly offset: number;
  readonly items: readonly CompletionItem[];
}
const none: Candidates = { offset: 0, items: [] };

function candidates(program: string, rest: readonly string[], typed: string, known: Known): Candidates {
  switch (program) {
    case '':
      return { offset: 0, items: programs };
    case 'winrm':
    case 'winrm.cmd':
      return rest.length === 0 && !isSwitch(typed) ? { offset: 0, items: operations } : inWinrm(rest, typed, known);
    case 'winrs':
    case 'winrs.exe':
      // From the first word that is no switch on, everything is the remote command.
      return rest.every(isSwitch) && isSwitch(typed) ? inSwitch(winrsSwitches, typed, known) : none;
    case 'completion':
      return rest.length === 0 ? { offset: 0, items: shells } : none;
    default:
      return none;
  }
}

const programs: readonly CompletionItem[] = [
  { text: 'winrm', note: 'reads and changes over WS-Management' },
  { text: 'winrs', note: 'runs a command on a machine' },
  { text: 'help', note: 'help on a topic' },
  { text: 'completion', note: 'a script for your shell' },
];
/** Of the command `windeck`; the Console has rooms for what they do. */
const ownCommands: readonly CompletionItem[] = [
  { text: 'shell', note: 'an interactive PowerShell session, or cmd' },
  { text: 'ps', note: 'runs a script of PowerShell' },
  { text: 'copy', note: 'a file to a machine, or from it' },
  { text: 'diagnose', note: 'why WinRM does not work' },
  { text: 'trace', note: 'reads an exported trace' },
  { text: 'decode', note: 'what is in a token or an envelope' },
];
const ownNames: ReadonlySet<string> = new Set(ownCommands.map(({ text }) => text));

/** Null where the line is none of theirs. Their own switches are in their help; those of the connection are offered. */
function ofOwnCommands(program: string, typed: string, known: Known): Candidates | null {
  if (program === '') return { offset: 0, items: [...programs, ...ownCommands] };
  if (!ownNames.has(program)) return null;
  return isSwitch(typed) && program !== 'trace' && program !== 'decode'
    ? inSwitch(connectionSwitches, typed, known)
    : none;
}

const shells: readonly CompletionItem[] = ['bash', 'zsh', 'powershell'].map((text) => ({ text, note: 'shell' }));

const operations: readonly CompletionItem[] = [
  { text: 'get', note: 'one instance' },
  { text: 'set', note: 'changes properties' },
  { text: 'create', note: 'a new instance' },
  { text: 'delete', note: 'takes an instance away' },
  { text: 'enumerate', note: 'all instances' },
  { text: 'invoke', note: 'calls a method' },
  { text: 'identify', note: 'who answers there' },
  { text: 'id', note: 'who answers there' },
  { text: 'quickconfig', note: 'sets WinRM up' },
  { text: 'configsddl', note: 'who may use the service' },
  { text: 'helpmsg', note: 'what the number of an error means' },
  { text: 'help', note: 'help on a topic' },
];

function inWinrm(rest: readonly string[], typed: string, known: Known): Candidates {
  const verb = verbs.get(rest[0]?.toLowerCase() ?? '');
  if (verb === undefined || verb === 'helpmsg') return none;
  const given = new Set(
    rest
      .slice(1)
      .filter(isSwitch)
      .map((word) => word.slice(1).split(':', 1)[0]!.toLowerCase()),
  );
  if (isSwitch(typed)) return inSwitch(switchesOf(verb, given), typed, known);
  const operands = rest.slice(1).filter((word) => !isSwitch(word) && !/^[@{]/.test(word));
  if (typed.startsWith('@{') || typed.startsWith('{')) {
    const resource = operands.at(-1);
    return resource === undefined ? none : inPairs(typed, className(resource), known);
  }
  if (verb === 'invoke' && operands.length === 0) return { offset: 0, items: methods };
  if (operands.length > (verb === 'invoke' ? 1 : 0) || verb === 'identify' || verb === 'quickconfig') {
    return { offset: 0, items: typed === '' ? switchItems(switchesOf(verb, given)) : [] };
  }
  return inResource(typed, known);
}

const methods: readonly CompletionItem[] = [
  ...['StartService', 'StopService', 'PauseService', 'ResumeService', 'ChangeStartMode'].map((text) => ({
    text,
    note: 'Win32_Service',
  })),
  ...['Reboot', 'Shutdown', 'Win32Shutdown'].map((text) => ({ text, note: 'Win32_OperatingSystem' })),
  ...['Create', 'Terminate'].map((text) => ({ text, note: 'Win32_Process' })),
  { text: 'Restore', note: 'winrm/config' },
];

const switchesOf = (verb: Verb, given: ReadonlySet<string>): readonly SwitchRule[] =>
  switchRules.filter(
    (rule) => (rule.verbs?.includes(verb) ?? true) && !rule.spellings.some((spelling) => given.has(spelling)),
  );

/** A switch of winrm, or of winrs alone. */
type OfferedSwitch = Omit<SwitchRule, 'name' | 'verbs'> & { readonly name: string };

/** Of those that winrs shares with winrm the usual ones. */
const winrsNames: ReadonlySet<string> = new Set([
  ...['remote', 'username', 'password', 'auth', 'certificate', 'unencrypted', 'usessl', 'trusted'],
  ...['skipCNcheck', 'skipCAcheck'],
]);
const connectionSwitches: readonly OfferedSwitch[] = switchRules.filter(({ name }) => winrsNames.has(name));
const winrsSwitches: readonly OfferedSwitch[] = [
  ...connectionSwitches,
  ...winrsSwitchRules.flatMap(({ note, ...rule }) => (note === null ? [] : [{ ...rule, note }])),
];

/** The spelling to offer: the usual short one where winrm's own help uses it. */
const spellingOf = ({ spellings }: OfferedSwitch): string =>
  /^(?:r|u|p|d)$/.test(spellings[0]!) ? spellings[0]! : (spellings.find((s) => s.length > 2) ?? spellings[0]!);

const switchItems = (rules: readonly OfferedSwitch[]): CompletionItem[] =>
  rules.map((rule) => ({ text: `-${spellingOf(rule)}${rule.value === 'none' ? '' : ':'}`, note: rule.note }));

function inSwitch(rules: readonly OfferedSwitch[], typed: string, known: Known): Candidates {
  const colon = typed.indexOf(':');
  if (colon < 0) {
    // Long spellings too, once somebody begins to type one.
    const items = rules.flatMap((rule) => {
      const usual = spellingOf(rule);
      const others = typed.length > 1 ? rule.spellings.filter((s) => s !== usual && s.length > 2) : [];
      return [usual, ...others].map((s) => ({
        text: `${typed[0]}${s}${rule.value === 'none' ? '' : ':'}`,
        note: rule.note,
      }));
    });
    return { offset: 0, items };
  }
  const spelling = typed.slice(1, colon).toLowerCase();
  const rule = rules.find((candidate) => candidate.spellings.includes(spelling));
  if (rule === undefined) return none;
  const offset = colon + 1;
  if (rule.name === 'remote') {
    return {
      offset,
      items: [
        ...known.machines.map((text) => ({ text, note: 'machine' })),
        ...known.tags.map((tag) => ({ text: `@${tag}`, note: 'all machines with this tag' })),
      ],
    };
  }
  return { offset, items: (rule.choices ?? []).map((text) => ({ text, note: rule.note })) };
}

/** Resources that are no classes. */
const configPaths: readonly CompletionItem[] = [
  ['winrm/config', 'all settings of WinRM'],
  ['winrm/config/listener', 'what it listens on'],
  ['winrm/config/client', 'settings of its client'],
  ['winrm/config/client/auth', 'ways in of its client'],
  ['winrm/config/service', 'settings of the service'],
  ['winrm/config/service/auth', 'ways in'],
  ['winrm/config/service/certmapping', 'certificates of users'],
  ['winrm/config/winrs', 'settings of shells'],
  ['winrm/config/plugin', 'plug-ins'],
  ['shell/cmd', 'open shells'],
].map(([text = '', note = '']) => ({ text, note }));

/** `wmicimv2/Win32_Ser`, or behind the question mark the keys. */
function inResource(typed: string, known: Known): Candidates {
  const question = typed.indexOf('?');
  if (question >= 0) {
    const offset = startOfSelector(typed, question + 1);
    const resource = typed.slice(0, question);
    const name = className(resource);
    const isListener = /\/config\/listener$/i.test(resource);
    const equals = typed.indexOf('=', offset);
    if (equals < 0) {
      const keys = isListener ? [...listenerValues.keys()] : known.propertiesOf(name);
      return { offset, items: keys.map((key) => ({ text: `${key}=`, note: name })) };
    }
    const key = typed.slice(offset, equals);
    const values = isListener
      ? (listenerValues.get(key) ?? []).map((value) => ({ value, note: 'listener' }))
      : known.valuesOf(resource, key);
    // Once a mark is typed, every value stands in them.
    const isQuoted = typed[equals + 1] === '"';
    const items = values.flatMap(({ value, note }) => {
      const text = inSelector(value, isQuoted);
      return text === null ? [] : [{ text, note }];
    });
    return { offset: equals + 1, items };
  }
  const slash = typed.lastIndexOf('/');
  const base = typed.slice(0, Math.max(0, slash)).toLowerCase();
  if (base === 'wmicimv2' || base === 'wmi/root/cimv2' || base === 'cimv2' || base === 'cimv2.9') {
    const classes = known.classes.map((text) => ({ text, note: 'class' }));
    return { offset: slash + 1, items: [...classes, { text: '*', note: 'every class, with -filter' }] };
  }
  const heads = [...aliases].map(([name, { unconfirmed }]) => ({
    text: `${name}/`,
    note: unconfirmed ? 'as cimv2; not confirmed' : 'alias',
  }));
  return { offset: 0, items: [...heads, ...configPaths] };
}

/** Keys of a listener, with the values that every machine may have. */
const listenerValues: ReadonlyMap<string, readonly string[]> = new Map([
  ['Address', ['*']],
  ['Transport', ['HTTP', 'HTTPS']],
]);

/** Behind the last `+` that joins; one inside quotation marks belongs to a value. */
function startOfSelector(typed: string, from: number): number {
  let start = from;
  let quoted = false;
  for (let at = from; at < typed.length; at++) {
    if (typed[at] === '"') quoted = !quoted;
    else if (typed[at] === '+' && !quoted) start = at + 1;
  }
  return start;
}

/** A value as a selector of the line has it; null where the line has no way to say it. */
function inSelector(value: string, isQuoted: boolean): string | null {
  if (value === '' || /["\u0000-\u001f\u007f-\u009f\u201c-\u201f\u2033\uff02]/.test(value)) return null;
  return isQuoted || /[^\p{L}\p{N}_.:*\\/-]/u.test(value) ? `"${value}"` : value;
}

/** Names inside `@{…}`, none of those that are there already. */
function inPairs(typed: string, name: string, known: Known): Candidates {
  const open = typed.indexOf('{') + 1;
  const before = typed.slice(open);
  const quotes = before.split('"').length - 1;
  const offset = open + before.lastIndexOf(';') + 1;
  const blank = /^\s*/.exec(typed.slice(offset))![0].length;
  if (quotes % 2 === 1 || typed.slice(offset).includes('=')) return none;
  const taken = new Set([...before.matchAll(/([\w:]+)\s*=/g)].map(([, key]) => key!.toLowerCase()));
  const items = known.propertiesOf(name).filter((property) => !taken.has(property.toLowerCase()));
  return { offset: offset + blank, items: items.map((property) => ({ text: `${property}=`, note: name })) };
}
