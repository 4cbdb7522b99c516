import type { CimRow, LabScalar, LabValue } from './cim-class.ts';

/**
 * WQL as WMI takes it in queries for data (WMI's SQL subset): SELECT, FROM, WHERE with and / or / not, parentheses, comparison, LIKE and
 * IS NULL. Names and text are compared without regard to case. Invariant: no input makes it loop or recurse without bound.
 */
export interface WqlQuery {
  /** Null for `*`. */
  readonly properties: readonly string[] | null;
  readonly className: string;
  readonly where: WqlCondition | null;
}
export type WqlCondition =
  | { readonly kind: 'and'; readonly left: WqlCondition; readonly right: WqlCondition }
  | { readonly kind: 'or'; readonly left: WqlCondition; readonly right: WqlCondition }
  | { readonly kind: 'not'; readonly condition: WqlCondition }
  | { readonly kind: 'null'; readonly property: string; readonly negated: boolean }
  | { readonly kind: 'like'; readonly property: string; readonly pattern: RegExp }
  | {
      readonly kind: 'compare';
      readonly property: string;
      readonly operator: WqlOperator;
      readonly literal: WqlLiteral;
    };
export type WqlOperator = '=' | '<>' | '<' | '<=' | '>' | '>=';
export type WqlLiteral = string | number | bigint | boolean | null;

/** What is wrong with a query, in words. */
export class WqlError extends Error {}

type Token =
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'symbol'; readonly text: string };

const maxLength = 16_384;
const maxDepth = 64;
const flipped: Readonly<Record<WqlOperator, WqlOperator>> = {
  '=': '=',
  '<>': '<>',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

export function parseWql(text: string): WqlQuery {
  if (text.length > maxLength) throw new WqlError('The query is too long.');
  const tokens = tokenize(text);
  let at = 0;

  const peek = (): Token | undefined => tokens[at];
  const isWord = (word: string): boolean => peek()?.kind === 'word' && peek()!.text.toLowerCase() === word;
  const isSymbol = (symbol: string): boolean => peek()?.kind === 'symbol' && peek()!.text === symbol;
  const take = (test: boolean): boolean => {
    if (test) at++;
    return test;
  };
  const expectWord = (word: string): void => {
    if (!take(isWord(word))) throw new WqlError(`${word.toUpperCase()} is missing.`);
  };
  const name = (): string => {
    const token = peek();
    if (token?.kind !== 'word') throw new WqlError('A name is missing.');
    at++;
    return token.text;
  };

  function disjunction(depth: number): WqlCondition {
    let left = conjunction(depth);
    while (take(isWord('or'))) left = { kind: 'or', left, right: conjunction(depth) };
    return left;
  }
  function conjunction(depth: number): WqlCondition {
    let left = negation(depth);
    while (take(isWord('and'))) left = { kind: 'and', left, right: negation(depth) };
    return left;
  }
  function negation(depth: number): WqlCondition {
    if (depth > maxDepth) throw new WqlError('The query is nested too deeply.');
    if (take(isWord('not'))) return { kind: 'not', condition: negation(depth + 1) };
    if (take(isSymbol('('))) {
      const inner = disjunction(depth + 1);
      if (!take(isSymbol(')'))) throw new WqlError('A parenthesis is not closed.');
      return inner;
    }
    return predicate();
  }
  function predicate(): WqlCondition {
    // `5 < Name` is as good as `Name > 5`.
    if (peek()?.kind === 'string' || peek()?.kind === 'number') {
      const value = literal();
      const operator = comparison();
      return { kind: 'compare', property: name(), operator: flipped[operator], literal: value };
    }
    const property = name();
    if (take(isWord('is'))) {
      const negated = take(isWord('not'));
      expectWord('null');
      return { kind: 'null', property, negated };
    }
    const negated = isWord('not') && take(true);
    if (take(isWord('like'))) {
      const token = peek();
      if (token?.kind !== 'string') throw new WqlError('LIKE needs a string.');
      at++;
      const like: WqlCondition = { kind: 'like', property, pattern: likePattern(token.text) };
      return negated ? { kind: 'not', condition: like } : like;
    }
    if (negated) throw new WqlError('NOT is in the wrong place.');
    return { kind: 'compare', property, operator: comparison(), literal: literal() };
  }
  function comparison(): WqlOperator {
    const token = peek();
    if (token?.kind !== 'symbol' || !/^(=|<>|!=|<=|>=|<|>)$/.test(token.text))
      throw new WqlError('An operator is missing.');
    at++;
    return token.text === '!=' ? '<>' : (token.text as WqlOperator);
  }
  function literal(): WqlLiteral {
    const token = peek();
    at++;
    if (token?.kind === 'string') return token.text;
    if (token?.kind === 'number') return numberOf(token.text);
    const word = token?.kind === 'word' ? token.text.toLowerCase() : '';
    if (word === 'true') return true;
    if (word === 'false') return false;
    if (word === 'null') return null;
    throw new WqlError('A value is missing.');
  }

  expectWord('select');
  let properties: string[] | null = null;
  if (!take(isSymbol('*'))) {
    properties = [name()];
    while (take(isSymbol(','))) properties.push(name());
  }
  expectWord('from');
  const className = name();
  const where = take(isWord('where')) ? disjunction(0) : null;
  if (at < tokens.length) throw new WqlError('There is something behind the end of the query.');
  return { properties, className, where };
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern =
    /\s+|([A-Za-z_][\w.]*)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(0x[\dA-Fa-f]+|[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(<=|>=|<>|!=|[=<>(),*])/y;
  while (pattern.lastIndex < text.length) {
    const position = pattern.lastIndex;
    const match = pattern.exec(text);
    if (!match) throw new WqlError(`The character at position ${position + 1} is not expected.`);
    const [, word, string, number, symbol] = match;
    if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else if (string !== undefined) tokens.push({ kind: 'string', text: string.slice(1, -1).replace(/\\(.)/gs, '$1') });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (symbol !== undefined) tokens.push({ kind: 'symbol', text: symbol });
  }
  return tokens;
}

function numberOf(text: string): number | bigint {
  if (/^[+-]?\d+$/.test(text) && text.length > 15) return BigInt(text.replace('+', ''));
  return Number(text);
}

/** `%` any text, `_` one character, `[a-f]` and `[^a-f]` sets. */
function likePattern(pattern: string): RegExp {
  // What stands between the `%`; runs of them leave empty pieces.
  const pieces = [''];
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at]!;
    const end = character === '[' ? pattern.indexOf(']', at + 1) : -1;
    let source = character.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
    if (character === '%') {
      pieces.push('');
      continue;
    }
    if (character === '_') source = '.';
    else if (end > at + 1) {
      const negated = pattern[at + 1] === '^';
      const members = pattern
        .slice(at + (negated ? 2 : 1), end)
        .replace(/[\\\]^[]/g, '\\$&')
        .replace(/=/g, '-');
      if (members === '') throw new WqlError('A set is empty.');
      source = `[${negated ? '^' : ''}${members}]`;
      at = end;
    }
    pieces[pieces.length - 1] += source;
  }
  const [first = '', ...rest] = pieces;
  const last = rest.pop();
  // The leftmost place of each piece is always good enough: a lookahead that is not entered again keeps many `%` from backtracking.
  const middle = rest.filter((piece) => piece !== '').map((piece, index) => `(?=(.*?${piece}))\\${index + 1}`);
  try {
    return new RegExp(last === undefined ? `^${first}$` : `^${first}${middle.join('')}.*${last}$`, 'isu');
  } catch {
    throw new WqlError('The pattern of LIKE is not valid.');
  }
}

export type PropertyLookUp = (name: string) => string | undefined;

/** Names in the query that the class does not have. */
export function unknownProperty(query: WqlQuery, find: PropertyLookUp): string | undefined {
  const inCondition = (condition: WqlCondition | null): string | undefined => {
    if (!condition) return undefined;
    if (condition.kind === 'and' || condition.kind === 'or')
      return inCondition(condition.left) ?? inCondition(condition.right);
    if (condition.kind === 'not') return inCondition(condition.condition);
    return find(condition.property) === undefined ? condition.property : undefined;
  };
  return (
    query.properties?.find((name) => !name.startsWith('__') && find(name) === undefined) ?? inCondition(query.where)
  );
}

/** True where the row satisfies the condition. A comparison with null is false either way, as in SQL. */
export function matches(condition: WqlCondition | null, row: CimRow, find: PropertyLookUp): boolean {
  if (!condition) return true;
  switch (condition.kind) {
    case 'and':
      return matches(condition.left, row, find) && matches(condition.right, row, find);
    case 'or':
      return matches(condition.left, row, find) || matches(condition.right, row, find);
    case 'not':
      return !matches(condition.condition, row, find);
    case 'null':
      return (cellOf(condition.property, row, find) === null) !== condition.negated;
    case 'like': {
      const text = comparable(cellOf(condition.property, row, find));
      return typeof text === 'string' && condition.pattern.test(text);
    }
    case 'compare':
      return compare(cellOf(condition.property, row, find), condition.operator, condition.literal);
  }
}

function cellOf(property: string, row: CimRow, find: PropertyLookUp): LabValue {
  const name = find(property);
  return name === undefined ? null : (row[name] ?? null);
}

function compare(value: LabValue, operator: WqlOperator, literal: WqlLiteral): boolean {
  // WMI takes `= NULL` and `<> NULL` for IS NULL and IS NOT NULL.
  if (literal === null) return operator === '=' ? value === null : operator === '<>' ? value !== null : false;
  const left = comparable(value);
  if (left === null) return false;
  const order = orderOf(left, literal);
  if (order === null) return operator === '<>';
  switch (operator) {
    case '=':
      return order === 0;
    case '<>':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

type Comparable = string | number | bigint | boolean;

function comparable(value: LabValue): Comparable | null {
  if (value === null || Array.isArray(value)) return null;
  const scalar = value as LabScalar;
  if (typeof scalar !== 'object') return scalar;
  if ('dateTime' in scalar) return cimDateTime(scalar.dateTime, scalar.offsetMinutes);
  if ('className' in scalar)
    return `${scalar.className}.${Object.entries(scalar.keys)
      .map(([key, text]) => `${key}="${text}"`)
      .join(',')}`;
  return null;
}

/** `20260102030405.000000+060`, the text form that queries compare with. */
function cimDateTime(epochMs: number, offsetMinutes: number): string {
  const digits = new Date(Math.floor(epochMs) + offsetMinutes * 60_000).toISOString().replace(/[-:TZ]/g, '');
  return `${digits}000${offsetMinutes < 0 ? '-' : '+'}${String(Math.abs(offsetMinutes)).padStart(3, '0')}`;
}

/** Epoch milliseconds of a CIM datetime in its text form: two of them are compared as points in time, whatever their offsets. */
function instantOf(text: string): number | null {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)\.(\d{3})\d{3}([+-]\d{3})$/.exec(text);
  if (!match) return null;
  const [year, month, day, hours, minutes, seconds, milliseconds, offset] = match.slice(1).map(Number);
  return Date.UTC(year!, month! - 1, day, hours, minutes, seconds, milliseconds) - offset! * 60_000;
}

/** Negative, zero or positive; null where the two cannot be compared. */
function orderOf(left: Comparable, right: Exclude<WqlLiteral, null>): number | null {
  if (typeof left === 'boolean') {
    const truth = typeof right === 'string' ? /^(true|1|-1)$/i.test(right) : Boolean(right);
    return Number(left) - Number(truth);
  }
  if (typeof left === 'string') {
    if (typeof right === 'boolean') return null;
    const times = [instantOf(left), instantOf(String(right))];
    if (times[0] !== null && times[1] !== null) return times[0]! - times[1]!;
    const a = left.toLowerCase();
    const b = String(right).toLowerCase();
    return a < b ? -1 : a > b ? 1 : 0;
  }
  const number =
    typeof right === 'string'
      ? /^\s*[+-]?\d+(\.\d+)?\s*$/.test(right)
        ? Number(right)
        : null
      : typeof right === 'boolean'
        ? Number(right)
        : right;
  if (number === null) return null;
  return left < number ? -1 : left > number ? 1 : 0;
}
