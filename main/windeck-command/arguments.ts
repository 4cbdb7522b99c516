/** The arguments of our own commands: the switches of a connection as winrm has them, those of the command, and operands. Pure. */
import { CommandLineError, type Connection } from '../winrm-command/command.ts';
import { isDoubledSwitch, isSwitch, unquote } from '../winrm-command/line.ts';
import { parseConnection } from '../winrm-command/parse-connection.ts';
import { checkVerb, takeSwitches } from '../winrm-command/switches.ts';

export interface OwnSwitch<Name extends string> {
  readonly name: Name;
  /** Lower case, without the dash. */
  readonly spellings: readonly string[];
  readonly value: 'required' | 'none';
}

export interface OwnArguments<Name extends string> {
  /** What stands behind the dashes that winrm knows: `-r -u -p -auth -usessl …`. */
  readonly connection: Connection;
  readonly operands: readonly string[];
  /** Values as typed, without their quotation marks; the empty text for a switch without a value. */
  readonly own: ReadonlyMap<Name, string>;
  /** `-?` or `-help`. */
  readonly help: boolean;
}

/**
 * Reads the arguments of a command of ours. Its switches win over winrm's of the same spelling. A dash alone is an operand, and so is a word behind
 * `--`, whatever it looks like. Throws CommandLineError with exit code 2; it never repeats the value of a switch, which may be a password.
 */
export function parseOwnArguments<Name extends string>(
  args: readonly string[],
  rules: readonly OwnSwitch<Name>[],
): OwnArguments<Name> {
  try {
    return parse(args, rules);
  } catch (error) {
    // What winrm's own rules refuse ends winrm with 1; our commands tell wrong usage from failure.
    throw error instanceof CommandLineError ? new CommandLineError(error.message, 2) : error;
  }
}

function parse<Name extends string>(args: readonly string[], rules: readonly OwnSwitch<Name>[]): OwnArguments<Name> {
  const own = new Map<Name, string>();
  const shared: string[] = [];
  const end = args.indexOf('--');
  const words = end < 0 ? args : args.slice(0, end);
  for (const word of words) {
    if (word === '-') continue;
    const colon = word.indexOf(':');
    const typed = isSwitch(word) && !isDoubledSwitch(word) ? word.slice(1, colon < 0 ? undefined : colon) : '';
    const rule = rules.find(({ spellings }) => spellings.includes(typed.toLowerCase()));
    if (rule === undefined) {
      shared.push(word);
      continue;
    }
    const value = colon < 0 ? '' : unquote(word.slice(colon + 1));
    if (rule.value === 'required' && value === '')
      throw new CommandLineError(`The switch -${typed} needs a value: -${typed}:VALUE.`);
    if (rule.value === 'none' && colon >= 0) throw new CommandLineError(`The switch -${typed} takes no value.`);
    if (own.has(rule.name)) throw new CommandLineError(`The switch -${typed} is given twice.`);
    own.set(rule.name, value);
  }
  const { switches, operands } = takeSwitches(shared);
  checkVerb(switches, 'identify');
  return {
    connection: parseConnection('invoke', switches),
    operands: [...operands, ...words.filter((word) => word === '-'), ...(end < 0 ? [] : args.slice(end + 1))],
    own,
    help: switches.has('help'),
  };
}
