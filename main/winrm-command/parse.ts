/**
 * A command line → a typed Command. Pure: nothing is read, asked or sent here. Rules and refusals are those of winrm.cmd; where winrm
 * would do something surprising without a word, the line is refused with a sentence.
 */
import { parseAuthentication } from './authentication.ts';
import {
  type Command,
  CommandLineError,
  type Connection,
  type EnumerationFilter,
  type Format,
  type InputPair,
  type PasswordSource,
} from './command.ts';
import { isSwitch, joinBraces, splitLine, unquote } from './line.ts';
import { parsePairs } from './pairs.ts';
import { parseRemote } from './remote.ts';
import { checkVerb, type Switches, takeSwitches, type Verb } from './switches.ts';
import { parseResource } from './uri.ts';

const verbs: ReadonlyMap<string, Verb> = new Map([
  ['id', 'identify'],
  ['identify', 'identify'],
  ['g', 'get'],
  ['get', 'get'],
  ['e', 'enumerate'],
  ['enum', 'enumerate'],
  ['enumerate', 'enumerate'],
  ['i', 'invoke'],
  ['invoke', 'invoke'],
]);

const laterVerbs: ReadonlySet<string> = new Set([
  ...['s', 'set', 'p', 'put', 'c', 'create', 'd', 'delete'],
  ...['qc', 'quickconfig', 'configsddl', 'helpmsg'],
]);

/** Reads a whole line: `winrm get winrm/config -r:web01`. A leading `windeck` is allowed. Throws CommandLineError. */
export function parseLine(line: string): Command {
  return parseWords(splitLine(line));
}

/** Reads the arguments of a process, cut into words by a shell. Throws CommandLineError. */
export function parseArguments(args: readonly string[]): Command {
  return parseWords(joinBraces(args));
}

function parseWords(words: readonly string[]): Command {
  const rest = words[0]?.toLowerCase() === 'windeck' ? words.slice(1) : words;
  const [program = '', ...operation] = rest;
  switch (program.toLowerCase()) {
    case 'winrm':
    case 'winrm.cmd':
      return parseWinrm(operation);
    case 'winrs':
    case 'winrs.exe':
      // The `windeck` command takes such lines apart itself: they need its standard input and its Ctrl-C.
      throw new CommandLineError('winrs runs as a command of its own: windeck winrs -r:MACHINE COMMAND.');
    case '':
      return { verb: 'help', topic: 'windeck' };
    case 'help':
    case '-h':
    case '-?':
    case '/?':
    case '--help':
      return { verb: 'help', topic: (operation[0] ?? 'windeck').toLowerCase() };
    case 'version':
    case '--version':
      return { verb: 'version' };
    default:
      throw new CommandLineError(
        `Windeck has no command "${program}": a line starts with winrm. "windeck help" says more.`,
        2,
      );
  }
}

function parseWinrm(words: readonly string[]): Command {
  const [operation = '', ...rest] = words;
  const name = operation.toLowerCase();
  if (name === '' || name === 'help' || (isSwitch(operation) && /^.(?:\?|help)$/.test(name))) {
    return { verb: 'help', topic: (rest.find((word) => !isSwitch(word)) ?? 'winrm').toLowerCase() };
  }
  const verb = verbs.get(name);
  if (verb === undefined) {
    if (laterVerbs.has(name)) throw new CommandLineError(`winrm ${operation} is not in this version of Windeck.`);
    throw new CommandLineError(
      isSwitch(operation)
        ? 'The operation comes first: winrm id, get, enumerate or invoke, then its switches.'
        : `winrm has no operation "${operation}". This version knows id, get, enumerate and invoke.`,
    );
  }
  const { switches, operands } = takeSwitches(rest);
  if (switches.has('help')) return { verb: 'help', topic: verb };
  checkVerb(switches, verb);
  return parseOperation(verb, operands, switches);
}

function parseOperation(verb: Verb, operands: readonly string[], switches: Switches): Command {
  const connection = parseConnection(verb, switches);
  const format = parseFormat(switches.get('format'));
  switch (verb) {
    case 'identify':
      expectOperands(verb, operands, 0);
      return { verb, connection, format };
    case 'get': {
      expectOperands(verb, operands, 1);
      const resource = parseResource(operands[0]!);
      return { verb, connection, format, resource, fragment: parseFragment(switches) };
    }
    case 'enumerate': {
      expectOperands(verb, operands, 1);
      const resource = parseResource(operands[0]!);
      return { verb, connection, format, resource, filter: parseFilter(switches) };
    }
    case 'invoke': {
      const isInput = (word: string): boolean => word.startsWith('@');
      const input = operands.filter(isInput);
      if (input.length > 1) throw new CommandLineError('winrm invoke takes one @{…} and no more.');
      const [method, ...resources] = operands.filter((word) => !isInput(word));
      if (method === undefined) throw new CommandLineError('winrm invoke needs an action and a resource URI.');
      expectOperands('invoke ACTION', resources, 1);
      return {
        verb,
        connection,
        format,
        resource: parseResource(resources[0]!),
        method: parseMethod(method),
        input: input[0] === undefined ? [] : parseInput(input[0]),
      };
    }
  }
}

function expectOperands(what: string, operands: readonly string[], count: 0 | 1): void {
  if (operands.length === count) return;
  if (operands.length < count)
    throw new CommandLineError(`winrm ${what} needs a resource URI, such as wmicimv2/Win32_OperatingSystem.`);
  const extra = operands[count]!;
  if (extra.startsWith('@')) throw new CommandLineError(`winrm ${what} takes no @{…}.`);
  throw new CommandLineError(
    `winrm ${what} does not know what to do with "${extra}". The value of a switch follows a colon without a blank (-r:web01), and a value with blanks stands in quotation marks.`,
  );
}

/** The grammar lets a key hold colons and start with a digit; XML, which it becomes, does not. */
function parseInput(text: string): readonly InputPair[] {
  const pairs = parsePairs(text, '@{');
  for (const [key] of pairs) {
    if (!/^[A-Za-z_]\w*$/.test(key)) throw new CommandLineError(`"${key}" cannot be the name of a parameter.`);
  }
  return pairs;
}

/** A method name as typed (targets do not mind its case), or the full URI of an action. */
function parseMethod(text: string): string {
  const method = unquote(text);
  // Its last step becomes the name of an element.
  if (/^[A-Za-z_][\w-]*$/.test(method) || /^[a-z][a-z0-9+.-]*:\S*\/[A-Za-z_][\w-]*$/i.test(method)) return method;
  throw new CommandLineError(
    `"${method}" cannot be an action: it is a method name such as StartService, or a full action URI.`,
  );
}

function parseFormat(value: string | null | undefined): Format {
  // winrm strips a leading # too; nobody knows why, lines that have it work.
  const format = (value ?? 'text').replace(/^#/, '').toLowerCase();
  if (format === 'text' || format === 'xml' || format === 'pretty') return format;
  if (format === 'json' || format === 'table')
    throw new CommandLineError(`-format:${format} is not in this version of Windeck.`);
  throw new CommandLineError('The format is text, xml or pretty.');
}

const xpath = 'http://www.w3.org/tr/1999/rec-xpath-19991116';

function parseFragment(switches: Switches): string | null {
  const dialect = switches.get('dialect');
  const fragment = switches.get('fragment') ?? null;
  if (dialect !== undefined && dialect !== null) {
    if (fragment === null)
      throw new CommandLineError('-dialect on a get says how -fragment is written, and there is no -fragment.');
    if (dialect.toLowerCase() !== xpath)
      throw new CommandLineError('The only fragment dialect of this version is XPath 1.0.');
  }
  return fragment;
}

const wqlDialect = 'http://schemas.microsoft.com/wbem/wsman/1/wql';
const selectorDialect = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/selectorfilter';
const associationDialect = 'http://schemas.dmtf.org/wbem/wsman/1/cimbinding/associationfilter';

function parseFilter(switches: Switches): EnumerationFilter | null {
  const text = switches.get('filter') ?? null;
  const dialect = switches.get('dialect')?.toLowerCase() ?? 'wql';
  if (dialect === 'association' || dialect === associationDialect) {
    throw new CommandLineError('Association filters are not in this version of Windeck.');
  }
  const isWql = dialect === 'wql' || dialect === wqlDialect;
  if (!isWql && dialect !== 'selector' && dialect !== selectorDialect) {
    throw new CommandLineError('The filter dialect is wql, selector, or the full URI of one of them.');
  }
  if (text === null) {
    if (switches.has('dialect'))
      throw new CommandLineError('-dialect says how -filter is written, and there is no -filter.');
    return null;
  }
  if (isWql) return { dialect: 'wql', text: straighten(text) };
  const selectors = parsePairs(text, '{').map(([name, value]): [string, string] => {
    if (value === null) throw new CommandLineError('A selector filter compares with values; $null is none.');
    return [name, value];
  });
  if (selectors.length === 0) throw new CommandLineError('A selector filter needs at least one {KEY="VALUE"}.');
  return { dialect: 'selector', selectors };
}

/** WQL copied from a page: typographic marks around literals become those of the language, unless the text has straight ones already. */
function straighten(wql: string): string {
  if (/['"]/.test(wql)) return wql;
  return wql.replace(/[\u2018\u2019]/g, "'").replace(/[\u201c\u201d]/g, '"');
}

/** Where to, and as whom: the switches that every operation has. Throws CommandLineError. */
export function parseConnection(verb: Verb, switches: Switches): Connection {
  const remote = switches.has('remote');
  for (const name of ['unencrypted', 'usessl'] as const) {
    if (switches.has(name) && !remote) throw new CommandLineError(`-${name} needs -remote.`);
  }
  const endpoint = parseRemote(switches.get('remote') ?? '', switches.has('usessl'));
  const unencrypted = switches.has('unencrypted');
  if (unencrypted && endpoint.transport === 'https')
    throw new CommandLineError('-unencrypted goes with HTTP; TLS always encrypts.');

  const userName = switches.get('username') ?? null;
  const authentication = parseAuthentication(verb, switches, endpoint);
  if (verb === 'identify' && authentication.scheme === 'none' && !remote) {
    throw new CommandLineError(
      'An Identify without authentication needs -remote: name the machine, even if it is -r:localhost.',
    );
  }
  return {
    endpoint,
    remote,
    authentication,
    userName,
    password: userName === null ? null : parsePassword(switches.get('password')),
    unencrypted,
    trusted: switches.has('trusted'),
    skipNameCheck: switches.has('skipCNcheck'),
    skipAuthorityCheck: switches.has('skipCAcheck'),
    timeoutMs: parseTimeout(switches.get('timeout')),
  };
}

function parsePassword(value: string | null | undefined): PasswordSource {
  if (value === undefined || value === null) return { kind: 'ask' };
  return value === '-' ? { kind: 'standard-input' } : { kind: 'given', value };
}

function parseTimeout(value: string | null | undefined): number | null {
  if (value === undefined || value === null) return null;
  const milliseconds = /^\d{1,10}$/.test(value) ? Number(value) : 0;
  if (milliseconds < 1 || milliseconds > 0x7fffffff) {
    throw new CommandLineError('-timeout takes milliseconds, a whole number greater than 0: -timeout:60000.');
  }
  return milliseconds;
}
