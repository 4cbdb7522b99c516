/** Select-, Sort-, Where-, ForEach-, Measure-Object and what becomes text: Out-String, Out-Default, Format-Table, Format-List. */
import { itemsOf, numberOf, propertyOf } from '../../../wsman/psrp/clixml-plain.ts';
import { isPsObject, type PsProperty, type PsValue, psObject, psProperties } from '../../../wsman/psrp/clixml-types.ts';
import { type Cmdlet, type CmdletContext, silently } from '../cmdlet.ts';
import { compare, isEqual, isTrue, order } from '../compare.ts';
import { formatAsList, formatAsTable, formatDefault } from '../format.ts';
import { member } from '../member.ts';
import { customObject } from '../objects.ts';
import { textFor } from '../text-for.ts';
import { argumentOrInput } from './output.ts';

/** A name, or `{ … }` over $_. */
async function pick(context: CmdletContext, by: PsValue, value: PsValue): Promise<PsValue> {
  if (typeof by !== 'object' || by === null || !('clixml' in by) || by.clixml !== 'SBK')
    return member(value, textFor(by));
  let found: PsValue = null;
  for await (const one of context.evaluateBlock(by, value)) found = one;
  return found;
}

const listOf = (value: PsValue | undefined): readonly PsValue[] =>
  value === undefined ? [] : (itemsOf(value) ?? [value]);

const propertiesOf = (value: PsValue): readonly PsProperty[] =>
  isPsObject(value) ? [...value.adapted, ...value.extended] : [];

function selected(value: PsValue, names: readonly string[]): PsValue {
  const properties: PsProperty[] = [];
  for (const name of names) {
    if (name.includes('*')) {
      const pattern = name.toLowerCase().replaceAll('*', '');
      const seen = new Set(properties.map((property) => property.name.toLowerCase()));
      properties.push(
        ...propertiesOf(value).filter(
          ({ name: own }) => own.toLowerCase().includes(pattern) && !seen.has(own.toLowerCase()),
        ),
      );
      continue;
    }
    const own = propertiesOf(value).find((property) => property.name.toLowerCase() === name.toLowerCase());
    properties.push({ name: own?.name ?? name, value: member(value, name) });
  }
  const type = isPsObject(value) ? value.typeNames[0] : undefined;
  return customObject(properties, type === undefined ? null : `Selected.${type}`);
}

const selectObject: Cmdlet = {
  name: 'Select-Object',
  aliases: ['select'],
  parameters: ['Property', 'First', 'Last', 'Skip', 'ExpandProperty'],
  positional: 1,
  switches: ['Unique'],
  async *run({ bound, input }) {
    const names = bound.texts('Property');
    const expand = bound.text('ExpandProperty');
    const first = bound.number('First') ?? Number.POSITIVE_INFINITY;
    const last = bound.number('Last');
    let skip = bound.number('Skip') ?? 0;
    let given = 0;
    const tail: PsValue[] = [];
    const seen: PsValue[] = [];
    if (first <= 0) return;
    for await (const value of input) {
      if (skip > 0) {
        skip--;
        continue;
      }
      const chosen = expand !== null ? member(value, expand) : names !== null ? selected(value, names) : value;
      if (bound.isOn('Unique')) {
        if (seen.some((other) => textFor(other) === textFor(chosen) && isEqual(other, chosen))) continue;
        seen.push(chosen);
      }
      if (last !== null) {
        tail.push(chosen);
        if (tail.length > last) tail.shift();
        continue;
      }
      yield* expand === null ? [chosen] : (itemsOf(chosen) ?? [chosen]);
      // What stands before is stopped, as PowerShell 3.0 and later do.
      if (++given >= first) return;
    }
    yield* tail;
  },
};

const sortObject: Cmdlet = {
  name: 'Sort-Object',
  aliases: ['sort'],
  parameters: ['Property'],
  positional: 1,
  switches: ['Descending', 'Unique'],
  async *run(context) {
    const { bound, input } = context;
    const by = listOf(bound.value('Property'));
    const rows: { readonly value: PsValue; readonly keys: readonly PsValue[] }[] = [];
    for await (const value of input) {
      const keys: PsValue[] = [];
      for (const one of by) keys.push(await pick(context, one, value));
      rows.push({ value, keys: by.length === 0 ? [value] : keys });
    }
    const sign = bound.isOn('Descending') ? -1 : 1;
    rows.sort((a, b) => {
      for (const [index, key] of a.keys.entries()) {
        const difference = order(key, b.keys[index]!);
        if (difference !== 0) return difference * sign;
      }
      return 0;
    });
    for (const [index, row] of rows.entries()) {
      const before = rows[index - 1];
      const isSame = before !== undefined && row.keys.every((key, n) => order(key, before.keys[n]!) === 0);
      if (!(bound.isOn('Unique') && isSame)) yield row.value;
    }
  },
};

const comparisons = ['EQ', 'NE', 'GT', 'GE', 'LT', 'LE', 'Like', 'NotLike', 'Match', 'NotMatch', 'Contains', 'In'];

const whereObject: Cmdlet = {
  name: 'Where-Object',
  aliases: ['where', '?'],
  parameters: ['FilterScript', 'Value', ...comparisons],
  positional: 2,
  async *run(context) {
    const { bound, input } = context;
    const filter = bound.value('FilterScript') ?? null;
    const operator = comparisons.find((name) => bound.has(name));
    for await (const value of input) {
      const found = await pick(context, filter, value);
      const keep =
        operator === undefined ? found : compare(`-${operator.toLowerCase()}`, found, bound.value(operator)!);
      if (isTrue(keep)) yield value;
    }
  },
};

const forEachObject: Cmdlet = {
  name: 'ForEach-Object',
  aliases: ['foreach', '%'],
  parameters: ['Process'],
  positional: 1,
  async *run(context) {
    const by = context.bound.value('Process') ?? null;
    const isBlock = typeof by === 'object' && by !== null && 'clixml' in by && by.clixml === 'SBK';
    for await (const value of context.input) {
      context.host.signal.throwIfAborted();
      if (isBlock) yield* context.evaluateBlock(by, value);
      else yield member(value, textFor(by));
    }
  },
};

const measureObject: Cmdlet = {
  name: 'Measure-Object',
  aliases: ['measure'],
  parameters: ['Property'],
  positional: 1,
  switches: ['Sum', 'Average', 'Maximum', 'Minimum'],
  async *run({ bound, input }) {
    const name = bound.text('Property');
    let count = 0;
    const numbers: number[] = [];
    for await (const value of input) {
      count++;
      const number = numberOf(name === null ? value : (propertyOf(value, name) ?? null));
      if (number !== null) numbers.push(number);
    }
    const double = (value: number): PsValue => ({ clixml: 'Db', value });
    const sum = numbers.reduce((a, b) => a + b, 0);
    const when = (on: string, value: () => number): PsValue =>
      bound.isOn(on) && numbers.length > 0 ? double(value()) : null;
    yield psObject({
      typeNames: [
        'Microsoft.PowerShell.Commands.GenericMeasureInfo',
        'Microsoft.PowerShell.Commands.MeasureInfo',
        'System.Object',
      ],
      text: 'Microsoft.PowerShell.Commands.GenericMeasureInfo',
      adapted: psProperties({
        Count: count,
        Average: when('Average', () => sum / numbers.length),
        Sum: when('Sum', () => sum),
        Maximum: when('Maximum', () => numbers.reduce((a, b) => Math.max(a, b))),
        Minimum: when('Minimum', () => numbers.reduce((a, b) => Math.min(a, b))),
        Property: name,
      }),
    });
  },
};

/** Text that a Format-* cmdlet has made: an object of its own, so that Out-String does not format it again. */
const formatted = (lines: readonly string[]): PsValue =>
  psObject({ typeNames: ['Windeck.Lab.FormattedText', 'System.Object'], text: lines.join('\r\n') });

const formatter = (name: string, aliases: readonly string[], layOut: typeof formatAsTable): Cmdlet => ({
  name,
  aliases,
  parameters: ['Property'],
  positional: 1,
  switches: ['AutoSize', 'HideTableHeaders', 'Wrap'],
  async *run(context) {
    const values: PsValue[] = [];
    for await (const value of context.input) values.push(value);
    yield formatted(layOut(values, context.bound.texts('Property')));
  },
});

async function linesOf(context: CmdletContext): Promise<string[]> {
  const values: PsValue[] = [];
  for await (const value of argumentOrInput(context, 'InputObject')) values.push(value);
  return formatDefault(values, context.bound.number('Width') ?? undefined);
}

const outString: Cmdlet = {
  name: 'Out-String',
  parameters: ['InputObject', 'Width'],
  positional: 0,
  switches: ['Stream'],
  async *run(context) {
    const lines = await linesOf(context);
    if (context.bound.isOn('Stream')) yield* lines;
    else yield lines.map((line) => `${line}\r\n`).join('');
  },
};

const outDefault = (name: string, aliases: readonly string[]): Cmdlet => ({
  name,
  aliases,
  parameters: ['InputObject'],
  positional: 0,
  switches: ['Transcript'],
  run: silently(async (context) => {
    let waiting: PsValue[] = [];
    const flush = async (): Promise<void> => {
      for (const line of formatDefault(waiting, context.host.width)) await context.host.writeLine(line);
      waiting = [];
    };
    for await (const value of argumentOrInput(context, 'InputObject')) {
      // Text goes out at once; rows of a table wait for each other.
      if (isPsObject(value)) waiting.push(value);
      else {
        await flush();
        for (const line of formatDefault([value])) await context.host.writeLine(line);
      }
      if (waiting.length >= 300) await flush();
    }
    await flush();
  }),
});

const outNull: Cmdlet = {
  name: 'Out-Null',
  parameters: ['InputObject'],
  positional: 0,
  run: silently(async ({ input }) => {
    for await (const _ of input);
  }),
};

export const objectCmdlets: readonly Cmdlet[] = [
  selectObject,
  sortObject,
  whereObject,
  forEachObject,
  measureObject,
  formatter('Format-Table', ['ft'], formatAsTable),
  formatter('Format-List', ['fl'], formatAsList),
  outString,
  outDefault('Out-Default', []),
  outDefault('Out-Host', ['oh']),
  outNull,
];
