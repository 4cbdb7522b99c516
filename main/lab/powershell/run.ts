/** Runs what language.ts has read: values flow through a pipeline one by one, so that long ones need no room. */

import { itemsOf, numberOf, textOf } from '../../wsman/psrp/clixml-plain.ts';
import { type PsValue, psArray } from '../../wsman/psrp/clixml-types.ts';
import { bindArguments, type Cmdlet } from './cmdlet.ts';
import { findCmdlet } from './cmdlets/all.ts';
import { compare, isTrue } from './compare.ts';
import { playTransfer, transferOf } from './file-transfer.ts';
import { type Argument, type Element, type Expression, ParseError, parseScript, type Script } from './language.ts';
import { member } from './member.ts';
import { ScriptError } from './script-error.ts';
import type { ScriptHost } from './script-host.ts';
import { textFor } from './text-for.ts';
import { builtInVariable } from './variables.ts';

/** Variables by lower-case name. */
export type Scope = Map<string, PsValue>;

/** One element of a pipeline as it is run: a command with values, or a script. */
export type Step =
  | { readonly kind: 'command'; readonly name: string; readonly arguments: readonly StepArgument[] }
  | { readonly kind: 'script'; readonly text: string; readonly arguments?: readonly StepArgument[] };
export interface StepArgument {
  readonly name: string | null;
  readonly value: PsValue;
}

export interface Runner {
  readonly host: ScriptHost;
  readonly scope: Scope;
}

/** A pipeline of commands and scripts; what it puts out is passed on by the caller. Throws ScriptError, ScriptExit, Interruption. */
export async function* runSteps(
  runner: Runner,
  steps: readonly Step[],
  input: AsyncIterable<PsValue>,
): AsyncIterable<PsValue> {
  let values: AsyncIterable<PsValue> = input;
  for (const step of steps) {
    values =
      step.kind === 'script'
        ? runScriptText(runner, step.text, values, step.arguments)
        : runCommand(runner, step.name, step.arguments, values, (error) => {
            error.ends = 'script';
          });
  }
  yield* values;
}

export async function* runScriptText(
  runner: Runner,
  text: string,
  input: AsyncIterable<PsValue>,
  given: readonly StepArgument[] = [],
): AsyncIterable<PsValue> {
  if (runner.host.allowed !== null) {
    const parts = {
      message: 'The syntax is not supported by this runspace. This can occur if the runspace is in no-language mode.',
      exception: ['System.Management.Automation.RuntimeException', 'System.SystemException', 'System.Exception'],
      id: 'ScriptsNotAllowed',
      category: 'ParserError',
    } as const;
    throw new ScriptError(parts, 'script');
  }
  const transfer = transferOf(text);
  yield* transfer === null ? runScript(runner, parse(text), input) : playTransfer(runner, transfer, given, input);
}

export function parse(text: string): Script {
  try {
    return parseScript(text);
  } catch (cause) {
    if (!(cause instanceof ParseError)) throw cause;
    const error = new ScriptError(
      {
        message: `At line:${cause.place.line} char:${cause.place.column}\r\n+ ${cause.place.lineText}\r\n${cause.message}`,
        exception: [
          'System.Management.Automation.ParseException',
          'System.Management.Automation.RuntimeException',
          'System.SystemException',
          'System.Exception',
        ],
        id: cause.errorId,
        category: 'ParserError',
      },
      'script',
    );
    error.place = cause.place;
    error.command = text;
    throw error;
  }
}

export async function* runScript(
  runner: Runner,
  script: Script,
  input: AsyncIterable<PsValue>,
): AsyncIterable<PsValue> {
  const blocks = blocksOf(script);
  if (blocks !== null) {
    yield* runBlocks(runner, script, blocks, input);
    return;
  }
  for (const { assignTo, elements } of script.statements) {
    const values = runElements(runner, script, elements, input);
    try {
      if (assignTo === null) yield* values;
      else runner.scope.set(assignTo.toLowerCase(), await collect(values));
    } catch (error) {
      if (!(error instanceof ScriptError) || error.ends === 'script' || stopsOnError(runner)) throw asScriptEnd(error);
      await runner.host.error(error);
    }
  }
}

type Blocks = ReadonlyMap<string, Script>;

/** `begin { … } process { … } end { … }`: null where the script is not made of these. */
function blocksOf(script: Script): Blocks | null {
  const blocks = new Map<string, Script>();
  for (const { assignTo, elements } of script.statements) {
    const [element] = elements;
    if (assignTo !== null || elements.length !== 1 || element?.kind !== 'command') return null;
    const name = element.name.toLowerCase();
    const [argument] = element.arguments;
    if (!['begin', 'process', 'end'].includes(name) || argument?.kind !== 'value') return null;
    if (argument.value.kind !== 'block') return null;
    blocks.set(name, argument.value.script);
  }
  return blocks.size === 0 ? null : blocks;
}

async function* runBlocks(
  runner: Runner,
  whole: Script,
  blocks: Blocks,
  input: AsyncIterable<PsValue>,
): AsyncIterable<PsValue> {
  const run = (name: string, values: AsyncIterable<PsValue>): AsyncIterable<PsValue> => {
    const block = blocks.get(name);
    return block === undefined ? noInput() : runScript(runner, { ...block, text: whole.text }, values);
  };
  yield* run('begin', noInput());
  if (blocks.has('process')) {
    for await (const value of input) {
      runner.scope.set('_', value);
      yield* run('process', one(value));
    }
    runner.scope.delete('_');
  }
  yield* run('end', noInput());
}

async function* one(value: PsValue): AsyncIterable<PsValue> {
  yield value;
}

const asScriptEnd = (error: unknown): unknown => {
  if (error instanceof ScriptError) error.ends = 'script';
  return error;
};
const stopsOnError = ({ scope }: Runner): boolean =>
  textOf(scope.get('erroractionpreference') ?? null)?.toLowerCase() === 'stop';

/** None is null, one is that one, several are an array. */
export async function collect(values: AsyncIterable<PsValue>): Promise<PsValue> {
  const all: PsValue[] = [];
  for await (const value of values) all.push(value);
  return all.length === 0 ? null : all.length === 1 ? all[0]! : psArray(all);
}

async function* runElements(
  runner: Runner,
  script: Script,
  elements: readonly Element[],
  input: AsyncIterable<PsValue>,
): AsyncIterable<PsValue> {
  let values = input;
  for (const [index, element] of elements.entries()) {
    if (element.kind === 'expression') {
      if (index > 0)
        throw new ScriptError(
          {
            message: 'Expressions are only allowed as the first element of a pipeline.',
            id: 'ExpressionsMustBeFirstInPipeline',
            category: 'ParserError',
          },
          'script',
        );
      const { expression } = element;
      const isInput = expression.kind === 'variable' && expression.name.toLowerCase() === 'input';
      values = breathing(runner.host.signal, isInput ? values : unroll(evaluate(runner, expression)));
      continue;
    }
    if (element.kind === 'call') {
      const scope = element.ownScope ? new Map(runner.scope) : runner.scope;
      values = runScript({ ...runner, scope }, { ...element.script, text: script.text }, values);
      continue;
    }
    const args = await evaluateArguments(runner, element.arguments);
    const place = (error: ScriptError): void => {
      error.place ??= element.place;
      error.command ||= script.text;
    };
    values = breathing(runner.host.signal, runCommand(runner, element.name, args, values, place));
  }
  yield* values;
}

const valuesPerBreath = 500;

/** Long pipelines let others have their turn, and notice that they are stopped. */
async function* breathing(signal: AbortSignal, values: AsyncIterable<PsValue>): AsyncIterable<PsValue> {
  let count = 0;
  for await (const value of values) {
    if (++count % valuesPerBreath === 0) {
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
    }
    yield value;
  }
}

/** What a pipeline makes of a value: the items of an array, everything else as it is, nothing of $null from a variable. */
async function* unroll(value: Promise<PsValue>): AsyncIterable<PsValue> {
  const found = await value;
  const items = itemsOf(found);
  if (items === null) yield found;
  else yield* items;
}

async function evaluateArguments(runner: Runner, args: readonly Argument[]): Promise<StepArgument[]> {
  const values: StepArgument[] = [];
  for (const argument of args) {
    if (argument.kind === 'value') values.push({ name: null, value: await evaluate(runner, argument.value) });
    else {
      const value = argument.value === null ? flag : await evaluate(runner, argument.value);
      values.push({ name: argument.name, value });
    }
  }
  return values;
}
/** A parameter without a value of its own; the next argument may be its value. */
export const flag: PsValue = { clixml: 'SBK', value: '\u0000flag' };

async function* runCommand(
  runner: Runner,
  name: string,
  args: readonly StepArgument[],
  input: AsyncIterable<PsValue>,
  place: (error: ScriptError) => void,
): AsyncIterable<PsValue> {
  const { host } = runner;
  try {
    const cmdlet = findCmdlet(name);
    if (cmdlet === null || (host.allowed !== null && !host.allowed.has(cmdlet.name.toLowerCase()))) {
      throw commandNotFound(name);
    }
    yield* invoke(runner, cmdlet, args, input, place);
  } catch (error) {
    if (error instanceof ScriptError) place(error);
    throw error;
  }
}

const commandNotFound = (name: string): ScriptError =>
  new ScriptError({
    message: `The term '${name}' is not recognized as the name of a cmdlet, function, script file, or operable program. Check the spelling of the name, or if a path was included, verify that the path is correct and try again.`,
    exception: [
      'System.Management.Automation.CommandNotFoundException',
      'System.Management.Automation.RuntimeException',
      'System.SystemException',
      'System.Exception',
    ],
    id: 'CommandNotFoundException',
    category: 'ObjectNotFound',
    targetName: name,
    targetType: 'String',
    targetObject: name,
  });

async function* invoke(
  runner: Runner,
  cmdlet: Cmdlet,
  args: readonly StepArgument[],
  input: AsyncIterable<PsValue>,
  place: (error: ScriptError) => void,
): AsyncIterable<PsValue> {
  const { host, scope } = runner;
  const bound = bindArguments(cmdlet, args, flag);
  const wanted = bound.text('ErrorAction') ?? textOf(scope.get('erroractionpreference') ?? null) ?? 'Continue';
  const action = wanted.toLowerCase();
  yield* cmdlet.run({
    host,
    bound,
    input,
    report: async (error) => {
      place(error);
      if (action === 'stop') {
        error.ends = 'script';
        throw error;
      }
      if (action !== 'silentlycontinue' && action !== 'ignore') await host.error(error);
    },
    preference: (variable) => textOf(scope.get(variable.toLowerCase()) ?? null),
    evaluateBlock: (block, current) => runBlock(runner, block, current),
    invoke: (text) => runScriptText(runner, text, noInput()),
    setVariable: (variable, value) => void scope.set(variable.toLowerCase(), value),
    getVariable: (variable) => scope.get(variable.toLowerCase()) ?? null,
  });
}

/** A block for each value, which is $_ in there. */
async function* runBlock(runner: Runner, block: PsValue, current: PsValue): AsyncIterable<PsValue> {
  const text =
    typeof block === 'object' && block !== null && 'clixml' in block && block.clixml === 'SBK' ? block.value : '';
  const inner: Runner = { host: runner.host, scope: new Map(runner.scope).set('_', current) };
  yield* runScript(inner, parsedBlock(text), noInput());
}

/** Blocks run once per value; a few are kept as they were read. */
const blocksRead = new Map<string, Script>();
const mostBlocks = 64;

function parsedBlock(text: string): Script {
  const known = blocksRead.get(text);
  if (known !== undefined) return known;
  const script = parse(text);
  if (blocksRead.size >= mostBlocks) blocksRead.clear();
  blocksRead.set(text, script);
  return script;
}

export async function* noInput(): AsyncIterable<PsValue> {}

const mostInRange = 1_000_000;

async function evaluate(runner: Runner, expression: Expression): Promise<PsValue> {
  switch (expression.kind) {
    case 'literal':
      return typeof expression.value === 'number' && !isInt32(expression.value)
        ? { clixml: 'Db', value: expression.value }
        : expression.value;
    case 'text': {
      let text = '';
      for (const part of expression.parts) {
        text += typeof part === 'string' ? part : textFor(await evaluate(runner, part));
      }
      return text;
    }
    case 'variable':
      return (
        runner.scope.get(expression.name.toLowerCase()) ?? builtInVariable(runner.host, expression.name.toLowerCase())
      );
    case 'property':
      return member(await evaluate(runner, expression.of), expression.name);
    case 'array': {
      const items: PsValue[] = [];
      for (const item of expression.items) items.push(await evaluate(runner, item));
      return psArray(items);
    }
    case 'range': {
      const from = numberOf(await evaluate(runner, expression.from)) ?? 0;
      const to = numberOf(await evaluate(runner, expression.to)) ?? 0;
      if (Math.abs(to - from) > mostInRange) throw new ScriptError({ message: 'The range is too long for this lab.' });
      const step = to < from ? -1 : 1;
      return psArray(Array.from({ length: Math.abs(to - from) + 1 }, (_, n) => from + n * step));
    }
    case 'block':
      return { clixml: 'SBK', value: expression.text };
    case 'pipeline':
      return collect(runScript(runner, expression.script, noInput()));
    case 'not':
      return !isTrue(await evaluate(runner, expression.of));
    case 'operation': {
      const left = await evaluate(runner, expression.left);
      if (expression.operator === '-and' && !isTrue(left)) return false;
      if (expression.operator === '-or' && isTrue(left)) return true;
      return compare(expression.operator, left, await evaluate(runner, expression.right));
    }
  }
}

const isInt32 = (value: number): boolean => Number.isInteger(value) && Math.abs(value) < 2 ** 31;
