/** What a cmdlet of the lab is, and how its arguments are bound to its parameters. */
import { itemsOf, numberOf, textOf } from '../../wsman/psrp/clixml-plain.ts';
import { type PsValue, psArray } from '../../wsman/psrp/clixml-types.ts';
import type { StepArgument } from './run.ts';
import { ScriptError } from './script-error.ts';
import type { ScriptHost } from './script-host.ts';
import { textFor } from './text-for.ts';

export interface Cmdlet {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** Parameters that take a value; those before `positional` many may come without their name. */
  readonly parameters: readonly string[];
  readonly positional: number;
  readonly switches?: readonly string[];
  /** Arguments beyond the positional ones make the last of them a list. */
  readonly takesRest?: boolean;
  run(context: CmdletContext): AsyncIterable<PsValue>;
}

export interface CmdletContext {
  readonly host: ScriptHost;
  readonly bound: Bound;
  readonly input: AsyncIterable<PsValue>;
  /** A non-terminating error. Throws it where -ErrorAction or the preference says Stop. */
  report(error: ScriptError): Promise<void>;
  /** A preference variable as text. */
  preference(variable: string): string | null;
  evaluateBlock(block: PsValue, current: PsValue): AsyncIterable<PsValue>;
  invoke(script: string): AsyncIterable<PsValue>;
  setVariable(name: string, value: PsValue): void;
  getVariable(name: string): PsValue;
}

export interface Bound {
  has(name: string): boolean;
  value(name: string): PsValue | undefined;
  text(name: string): string | null;
  number(name: string): number | null;
  isOn(name: string): boolean;
  /** Texts of an argument that may be a list. */
  texts(name: string): string[] | null;
}

const common = ['ErrorAction', 'WarningAction', 'InformationAction', 'OutVariable', 'ErrorVariable'];
const commonSwitches = ['Verbose', 'Debug'];

/** Throws ScriptError for a parameter that there is not, and for an argument too many. */
export function bindArguments(cmdlet: Cmdlet, args: readonly StepArgument[], flag: PsValue): Bound {
  const values = new Map<string, PsValue>();
  const positional = cmdlet.parameters.slice(0, cmdlet.positional);
  const rest: PsValue[] = [];
  for (let at = 0; at < args.length; at++) {
    const { name, value } = args[at]!;
    if (name === null) {
      rest.push(value);
      continue;
    }
    const isSwitch = find([...(cmdlet.switches ?? []), ...commonSwitches], name);
    const parameter = find([...cmdlet.parameters, ...common], name);
    if (isSwitch !== null && (parameter === null || isSwitch.length <= parameter.length)) {
      values.set(isSwitch.toLowerCase(), value === flag || value === null ? true : value);
      continue;
    }
    if (parameter === null) throw unknownParameter(cmdlet, name);
    if (value !== flag) values.set(parameter.toLowerCase(), value);
    else {
      const next = args[at + 1];
      if (next === undefined || next.name !== null) throw missingArgument(cmdlet, parameter);
      values.set(parameter.toLowerCase(), next.value);
      at++;
    }
  }
  for (const [index, value] of rest.entries()) {
    const free = positional.find((name) => !values.has(name.toLowerCase()));
    if (free !== undefined) values.set(free.toLowerCase(), value);
    else if (cmdlet.takesRest && positional.length > 0) {
      const last = positional.at(-1)!.toLowerCase();
      const before = values.get(last) ?? null;
      values.set(last, psArray([...(itemsOf(before) ?? [before]), value]));
    } else throw tooMany(cmdlet, rest[index]!);
  }
  return {
    has: (name) => values.has(name.toLowerCase()),
    value: (name) => values.get(name.toLowerCase()),
    text: (name) => {
      const value = values.get(name.toLowerCase());
      return value === undefined ? null : (textOf(value) ?? textFor(value));
    },
    number: (name) => {
      const value = values.get(name.toLowerCase());
      if (value === undefined) return null;
      const number = numberOf(value) ?? Number(textOf(value) ?? Number.NaN);
      return Number.isFinite(number) ? number : null;
    },
    isOn: (name) => values.get(name.toLowerCase()) === true,
    texts: (name) => {
      const value = values.get(name.toLowerCase());
      if (value === undefined || value === null) return null;
      return (itemsOf(value) ?? [value]).map(textFor);
    },
  };
}

/** Whole, or its beginning where that fits one only. */
function find(names: readonly string[], given: string): string | null {
  const lower = given.toLowerCase();
  const whole = names.find((name) => name.toLowerCase() === lower);
  if (whole !== undefined) return whole;
  const beginning = names.filter((name) => name.toLowerCase().startsWith(lower));
  return beginning.length === 1 ? beginning[0]! : null;
}

const bindingException = [
  'System.Management.Automation.ParameterBindingException',
  'System.Management.Automation.RuntimeException',
  'System.SystemException',
  'System.Exception',
];
const classOf = ({ name }: Cmdlet): string => `Microsoft.PowerShell.Commands.${name.replace('-', '')}Command`;

const unknownParameter = (cmdlet: Cmdlet, name: string): ScriptError =>
  new ScriptError({
    message: `A parameter cannot be found that matches parameter name '${name}'.`,
    exception: bindingException,
    id: `NamedParameterNotFound,${classOf(cmdlet)}`,
    category: 'InvalidArgument',
    activity: cmdlet.name,
  });
const missingArgument = (cmdlet: Cmdlet, name: string): ScriptError =>
  new ScriptError({
    message: `Missing an argument for parameter '${name}'. Specify a parameter of type 'System.String' and try again.`,
    exception: bindingException,
    id: `MissingArgument,${classOf(cmdlet)}`,
    category: 'InvalidArgument',
    activity: cmdlet.name,
  });
const tooMany = (cmdlet: Cmdlet, value: PsValue): ScriptError =>
  new ScriptError({
    message: `A positional parameter cannot be found that accepts argument '${textFor(value)}'.`,
    exception: bindingException,
    id: `PositionalParameterNotFound,${classOf(cmdlet)}`,
    category: 'InvalidArgument',
    activity: cmdlet.name,
  });

/** For a cmdlet that puts nothing out. */
export const silently = (work: (context: CmdletContext) => Promise<void>): Cmdlet['run'] =>
  async function* (context) {
    await work(context);
    yield* nothing;
  };
const nothing: readonly PsValue[] = [];
