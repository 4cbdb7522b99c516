import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Element, type Expression, ParseError, parseScript } from './language.ts';

const elementsOf = (text: string): readonly Element[] => parseScript(text).statements[0]!.elements;
const command = (text: string): Extract<Element, { kind: 'command' }> => {
  const [element] = elementsOf(text);
  if (element?.kind !== 'command') throw new Error('This is no command.');
  return element;
};
const expression = (text: string): Expression => {
  const [element] = elementsOf(text);
  if (element?.kind !== 'expression') throw new Error('This is no expression.');
  return element.expression;
};
const literal = (value: unknown) => ({ kind: 'literal', value });

describe('the language of the lab', () => {
  test('has statements and pipelines', () => {
    const script = parseScript('$a = Get-Service -Name winrm; $a | Sort-Object Name\n# nothing\n"end"');
    expect(script.statements.map(({ assignTo, elements }) => [assignTo, elements.length])).toEqual([
      ['a', 1],
      [null, 2],
      [null, 1],
    ]);
  });

  test('has arguments: names, values, lists, blocks', () => {
    expect(command("Get-Service -Name 'a b','c' -Force:$true 5 10MB").arguments).toEqual([
      { kind: 'parameter', name: 'Name', value: null },
      { kind: 'value', value: { kind: 'array', items: [literal('a b'), literal('c')] } },
      { kind: 'parameter', name: 'Force', value: literal(true) },
      { kind: 'value', value: literal(5) },
      { kind: 'value', value: literal(10 * 1024 ** 2) },
    ]);
    expect(command('Where-Object { $_.Name -like "a*" }').arguments[0]).toMatchObject({
      value: { kind: 'block', text: ' $_.Name -like "a*" ' },
    });
  });

  test('has numbers of both sizes, and words that only look like one', () => {
    expect(
      command('a 2147483647 2147483648 -1 0x10 1.5 1.2.3').arguments.map((a) => a.kind === 'value' && a.value),
    ).toEqual(
      [2147483647, 2147483648n, -1, 16, 1.5, '1.2.3'].map((value) => (value === -1 ? literal(-1) : literal(value))),
    );
  });

  test('has operators, ranges and properties', () => {
    expect(expression('$_.Status -ieq "Running" -and 1 -lt 2')).toMatchObject({
      kind: 'operation',
      operator: '-and',
      left: { operator: '-eq', left: { kind: 'property', name: 'Status' } },
      right: { operator: '-lt' },
    });
    expect(expression('1..5')).toEqual({ kind: 'range', from: literal(1), to: literal(5) });
    expect(expression('(Get-Date).Year')).toMatchObject({ kind: 'property', of: { kind: 'pipeline' } });
  });

  test('calls a block, in a scope of its own or in the one around it', () => {
    expect(elementsOf('& { Get-Date; 5 }')).toMatchObject([
      { kind: 'call', ownScope: true, script: { statements: [{}, {}] }, place: { length: 17 } },
    ]);
    expect(elementsOf('.{ 5 } | Out-Null')).toMatchObject([{ kind: 'call', ownScope: false }, { name: 'Out-Null' }]);
    expect(() => parseScript('& { 5')).toThrow(expect.objectContaining({ errorId: 'MissingEndCurlyBrace' }));
  });

  test('puts values into double quotation marks, and none into single ones', () => {
    expect(expression('"a $b `n $(1)"')).toMatchObject({
      kind: 'text',
      parts: ['a ', { kind: 'variable', name: 'b' }, ' \n ', { kind: 'pipeline' }],
    });
    expect(expression("'a $b `n ''c'''")).toEqual(literal("a $b `n 'c'"));
  });

  test('says where a command stands', () => {
    expect(parseScript('"x"; \n  Get-Thing -A b | Out-Null').statements[1]!.elements[0]).toMatchObject({
      place: { line: 2, column: 3, lineText: '  Get-Thing -A b | Out-Null', length: 14 },
    });
  });

  test.each([
    ["'open", 'TerminatorExpectedAtEndOfString'],
    ['{ open', 'MissingEndCurlyBrace'],
    ['a |', 'EmptyPipeElement'],
    ['"a" "b"', 'UnexpectedToken'],
    ['a < b', 'UnexpectedToken'],
    [`${'('.repeat(60)}1${')'.repeat(60)}`, 'ScriptTooDeep'],
    ['x'.repeat(200_000), 'ScriptTooLong'],
  ])('refuses %.20s', (text, errorId) => {
    expect(() => parseScript(text)).toThrow(expect.objectContaining({ errorId }));
  });

  test('ends with every input, by a script or by a ParseError', () => {
    const piece = fc.constantFrom(
      '$a',
      '{',
      '}',
      '(',
      ')',
      '"',
      "'",
      '|',
      ';',
      '\n',
      ' ',
      '-eq',
      'Get-X',
      '1..2',
      ',',
      '=',
      '`',
      '#',
      '<#',
      '@',
      '&',
      '5',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece, { maxLength: 30 }).map((parts) => parts.join('')),
        ),
        (text) => {
          try {
            parseScript(text);
          } catch (error) {
            expect(error).toBeInstanceOf(ParseError);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
