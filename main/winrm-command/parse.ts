/**
 * A command line → a typed Command. Pure: nothing is read, asked or sent here. Rules and refusals are those of winrm.cmd; where winrm
 * would do something surprising without a word, the line is refused with a sentence.
 */
import {
  type Command,
  CommandLineError,
  type Format,
  type Fragment,
  formats,
  type Input,
  type InputPair,
} from './command.ts';
import { isSwitch, joinBraces, splitLine, unquote } from './line.ts';
import { parsePairs } from './pairs.ts';
import { parseConnection } from './parse-connection.ts';
import { parseFilter, parseHierarchy, parseReturnType } from './parse-enumeration.ts';
import { checkVerb, type Switches, takeSwitches, type Verb } from './switches.ts';
import { parseResource } from './uri.ts';

/** Every way to write an operation. */
export const verbs: ReadonlyMap<string, Verb | 'helpmsg'> = new Map([
  ['id', 'identify'],
  ['identify', 'identify'],
  ['g', 'get'],
  ['get', 'get'],
  ['s', 'set'],
  ['set', 'set'],
  ['p', 'set'],
  ['put', 'set'],
  ['c', 'create'],
  ['create', 'create'],
  ['d', 'delete'],
  ['delete', 'delete'],
  ['e', 'enumerate'],
  ['enum', 'enumerate'],
  ['enumerate', 'enumerate'],
  ['i', 'invoke'],
  ['invoke', 'invoke'],
  ['qc', 'quickconfig'],
  ['quickconfig', 'quickconfig'],
  ['configsddl', 'configsddl'],
  ['helpmsg', 'helpmsg'],
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
    case 'completion':
      return parseCompletion(operation);
    case 'complete':
      return { verb: 'complete', line: operation[0] ?? '' };
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

function parseCompletion([shell = '']: readonly string[]): Command {
  const name = shell.toLowerCase();
  if (name === 'bash' || name === 'zsh' || name === 'powershell') return { verb: 'completion', shell: name };
  throw new CommandLineError(
    'windeck completion prints a script for bash, zsh or powershell: windeck completion bash.',
  );
}

function parseWinrm(words: readonly string[]): Command {
  const [operation = '', ...rest] = words;
  const name = operation.toLowerCase();
  if (name === '' || name === 'help' || (isSwitch(operation) && /^.(?:\?|help)$/.test(name))) {
    return { verb: 'help', topic: (rest.find((word) => !isSwitch(word)) ?? 'winrm').toLowerCase() };
  }
  const verb = verbs.get(name);
  if (verb === undefined) {
    throw new CommandLineError(
      isSwitch(operation)
        ? 'The operation comes first: winrm get, set, create, delete, enumerate, invoke, id, quickconfig, configsddl or helpmsg; then its switches.'
        : `winrm has no operation "${operation}". It knows get, set, create, delete, enumerate, invoke, id, quickconfig, configsddl and helpmsg.`,
    );
  }
  if (verb === 'helpmsg') return parseHelpmsg(rest);
  const { switches, operands } = takeSwitches(rest);
  if (switches.has('help')) return { verb: 'help', topic: verb };
  checkVerb(switches, verb);
  return parseOperation(verb, operands, switches);
}

function parseOperation(verb: Verb, words: readonly string[], switches: Switches): Command {
  const common = { connection: parseConnection(verb, switches), format: parseFormat(switches.get('format')) };
  const inputs = words.filter(isInput);
  const operands = words.filter((word) => !isInput(word));
  if (inputs.length > 0 && !takesInput.has(verb)) throw new CommandLineError(`winrm ${verb} takes no @{…}.`);
  const ofResource = () => ({
    ...common,
    resource: parseResource(operands[verb === 'invoke' ? 1 : 0]!),
    options: parseOptions(switches),
  });
  switch (verb) {
    case 'identify':
      expectOperands(verb, operands, 0);
      return { verb, ...common };
    case 'get':
      expectOperands(verb, operands, 1);
      return { verb, ...ofResource(), fragment: parseFragment(switches) };
    case 'set': {
      expectOperands(verb, operands, 1);
      const fragment = parseFragment(switches);
      const input = parseInput(verb, inputs, switches);
      if (input.kind === 'pairs' && input.pairs.length === 0) {
        throw new CommandLineError('winrm set needs what to set: @{KEY="VALUE"}, or -file:FILE.');
      }
      return { verb, ...ofResource(), fragment, input };
    }
    case 'create':
      expectOperands(verb, operands, 1);
      return { verb, ...ofResource(), input: parseInput(verb, inputs, switches) };
    case 'delete':
      expectOperands(verb, operands, 1);
      return { verb, ...ofResource() };
    case 'enumerate': {
      expectOperands(verb, operands, 1);
      const locator = ofResource();
      const filter = parseFilter(switches, locator.resource.resourceUri);
      const returnType = parseReturnType(switches);
      return { verb, ...locator, filter, returnType, hierarchy: parseHierarchy(switches) };
    }
    case 'invoke': {
      if (operands.length === 0) throw new CommandLineError('winrm invoke needs an action and a resource URI.');
      expectOperands('invoke ACTION', operands.slice(1), 1);
      const input = parseInput(verb, inputs, switches);
      return { verb, ...ofResource(), method: parseMethod(operands[0]!), input };
    }
    case 'quickconfig': {
      expectOperands(verb, operands, 0);
      const transport = switches.get('transport')?.toLowerCase() ?? 'http';
      if (transport !== 'http' && transport !== 'https') {
        throw new CommandLineError('The transport of quickconfig is http or https.');
      }
      return { verb, ...common, transport, quiet: switches.has('quiet'), force: switches.has('force') };
    }
    case 'configsddl': {
      const [resource = 'default', sddl = null, extra] = operands;
      if (extra !== undefined)
        throw new CommandLineError('winrm configsddl takes a resource URI, or default, and an SDDL.');
      const resourceUri = resource.toLowerCase() === 'default' ? null : parseResource(resource).resourceUri;
      return { verb, ...common, resourceUri, sddl: sddl === null ? null : parseSddl(sddl) };
    }
  }
}

const isInput = (word: string): boolean => word.startsWith('@');
const takesInput: ReadonlySet<Verb> = new Set<Verb>(['set', 'create', 'invoke']);

function expectOperands(what: string, operands: readonly string[], count: 0 | 1): void {
  if (operands.length === count) return;
  if (operands.length < count)
    throw new CommandLineError(`winrm ${what} needs a resource URI, such as wmicimv2/Win32_OperatingSystem.`);
  throw new CommandLineError(
    `winrm ${what} does not know what to do with "${operands[count]}". The value of a switch follows a colon without a blank (-r:web01), and a value with blanks stands in quotation marks.`,
  );
}

function parseInput(verb: 'set' | 'create' | 'invoke', inputs: readonly string[], switches: Switches): Input {
  const path = switches.get('file') ?? null;
  if (inputs.length > 1) throw new CommandLineError(`winrm ${verb} takes one @{…} and no more.`);
  if (path !== null && inputs.length > 0)
    throw new CommandLineError('The input is either @{…} or -file:FILE, not both.');
  if (path !== null) return { kind: 'file', path };
  const pairs = inputs[0] === undefined ? [] : parsePairs(inputs[0], '@{');
  for (const [key] of pairs) {
    // The grammar lets a key hold colons and start with a digit; XML, which it becomes, does not.
    if (!/^[A-Za-z_]\w*$/.test(key)) throw new CommandLineError(`"${key}" cannot be the name of a parameter.`);
  }
  return { kind: 'pairs', pairs };
}

function parseOptions(switches: Switches): readonly InputPair[] {
  const text = switches.get('options') ?? null;
  return text === null ? [] : parsePairs(text, '{');
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
  if (isFormat(format)) return format;
  throw new CommandLineError('The format is text, xml or pretty; or json or table, which winrm does not have.');
}
const isFormat = (text: string): text is Format => (formats as readonly string[]).includes(text);

const xpath = 'http://www.w3.org/tr/1999/rec-xpath-19991116';

function parseFragment(switches: Switches): Fragment | null {
  const path = switches.get('fragment') ?? null;
  const dialect = switches.get('dialect') ?? null;
  if (path === null) {
    if (dialect !== null) {
      throw new CommandLineError('-dialect here says how -fragment is written, and there is no -fragment.');
    }
    return null;
  }
  if (dialect === null || dialect.toLowerCase() === xpath) return { path, dialect: null };
  if (/^[a-z][a-z0-9+.-]*:\S+$/i.test(dialect)) return { path, dialect };
  throw new CommandLineError('The dialect of a fragment is a URI; XPath, when nothing is said.');
}

function parseSddl(text: string): string {
  const sddl = unquote(text);
  if (/^(?:[OG]:[A-Z0-9-]+?)*(?:[DS]:[A-Z]*(?:\([^()]*\))*)+$/i.test(sddl) && !/\s/.test(sddl)) return sddl;
  throw new CommandLineError('This is no security descriptor in SDDL, such as O:NSG:BAD:P(A;;GA;;;BA).');
}

/** `0x80338104`, `2150859012`, `-2144108284`: as unsigned 32 bit. */
function parseHelpmsg(words: readonly string[]): Command {
  const [text = '', extra] = words;
  if (isSwitch(text) && /^.(?:\?|help)$/i.test(text)) return { verb: 'help', topic: 'helpmsg' };
  const number = /^0x[0-9a-f]{1,8}$/i.test(text) || /^-?\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (extra !== undefined || !(number >= -0x8000_0000 && number <= 0xffff_ffff)) {
    throw new CommandLineError(
      'winrm helpmsg takes one number: 0x80338104, 2150859012 or -2144108284, as errors carry them.',
    );
  }
  return { verb: 'helpmsg', code: number >>> 0 };
}
