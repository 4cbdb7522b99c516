/**
 * The little of PowerShell's language that the lab understands: statements, pipelines, commands with literal arguments, variables with
 * properties, comparisons, `{ … }` for Where-Object and ForEach-Object, or called by `&`. Anything else is a parse error, said as PowerShell says it.
 */

export type Expression =
  | { readonly kind: 'literal'; readonly value: string | number | bigint | boolean | null }
  /** `"… $name …"`: pieces in order. */
  | { readonly kind: 'text'; readonly parts: readonly (string | Expression)[] }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'property'; readonly of: Expression; readonly name: string }
  | { readonly kind: 'array'; readonly items: readonly Expression[] }
  | { readonly kind: 'range'; readonly from: Expression; readonly to: Expression }
  | { readonly kind: 'block'; readonly script: Script; readonly text: string }
  | { readonly kind: 'pipeline'; readonly script: Script }
  | { readonly kind: 'operation'; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'not'; readonly of: Expression };

export type Argument =
  | { readonly kind: 'value'; readonly value: Expression }
  /** `-Name`, and its value where it was written `-Name:value`. */
  | { readonly kind: 'parameter'; readonly name: string; readonly value: Expression | null };

export interface Place {
  readonly line: number;
  readonly column: number;
  readonly lineText: string;
  readonly length: number;
}

export type Element =
  | { readonly kind: 'command'; readonly name: string; readonly arguments: readonly Argument[]; readonly place: Place }
  /** `& { … }` in a scope of its own, `. { … }` in the one around it. */
  | { readonly kind: 'call'; readonly script: Script; readonly ownScope: boolean; readonly place: Place }
  | { readonly kind: 'expression'; readonly expression: Expression; readonly place: Place };

export interface Statement {
  readonly assignTo: string | null;
  readonly elements: readonly Element[];
}
export interface Script {
  readonly text: string;
  readonly statements: readonly Statement[];
}

export class ParseError extends Error {
  readonly errorId: string;
  readonly place: Place;
  constructor(message: string, errorId: string, place: Place) {
    super(message);
    this.errorId = errorId;
    this.place = place;
  }
}

const longest = 100_000;
const deepest = 40;

/** Throws ParseError. */
export function parseScript(text: string): Script {
  const reader = createReader(text);
  if (text.length > longest) throw reader.error('The script is too long for this lab.', 'ScriptTooLong');
  const script = parseStatements(reader, '', 0);
  return script;
}

interface Reader {
  readonly text: string;
  at: number;
  error(message: string, id: string): ParseError;
  place(from: number): Place;
}

function createReader(text: string): Reader {
  const reader: Reader = {
    text,
    at: 0,
    error: (message, id) =>
      new ParseError(message, id, reader.place(Math.max(0, Math.min(reader.at, text.length - 1)))),
    place(from) {
      const start = text.lastIndexOf('\n', from - 1) + 1;
      const end = text.indexOf('\n', from);
      const lineText = text.slice(start, end < 0 ? undefined : end).replace(/\r$/, '');
      return {
        line: text.slice(0, from).split('\n').length,
        column: from - start + 1,
        lineText,
        length: Math.max(1, Math.min(reader.at, start + lineText.length) - from),
      };
    },
  };
  return reader;
}

function skip(reader: Reader, pattern: RegExp): void {
  const { text } = reader;
  for (;;) {
    pattern.lastIndex = reader.at;
    const match = pattern.exec(text);
    if (match === null || match[0] === '') return;
    reader.at += match[0].length;
  }
}
/** Blanks, a backtick before a line's end, comments. */
const skipBlank = (reader: Reader): void => skip(reader, /[ \t\u00a0]+|`\r?\n|#[^\r\n]*|<#[\s\S]*?#>/y);
const skipLines = (reader: Reader): void => skip(reader, /[\s;]+|#[^\r\n]*|<#[\s\S]*?#>/y);

function match(reader: Reader, pattern: RegExp): RegExpExecArray | null {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text);
  if (found !== null) reader.at += found[0].length;
  return found;
}

function parseStatements(reader: Reader, close: string, depth: number): Script {
  if (depth > deepest) throw reader.error('The script is nested too deep for this lab.', 'ScriptTooDeep');
  const from = reader.at;
  const statements: Statement[] = [];
  for (;;) {
    skipLines(reader);
    const end = reader.at;
    if (reader.at >= reader.text.length) {
      if (close !== '')
        throw reader.error(`Missing closing '${close}' in statement block or type definition.`, 'MissingEndCurlyBrace');
      return { text: reader.text.slice(from, end), statements };
    }
    if (reader.text[reader.at] === close) {
      reader.at++;
      return { text: reader.text.slice(from, end), statements };
    }
    statements.push(parseStatement(reader, depth));
    skipBlank(reader);
    const next = reader.text[reader.at];
    if (next !== undefined && !/[;\r\n]/.test(next) && next !== close) {
      throw reader.error(
        `Unexpected token '${reader.text.slice(reader.at, reader.at + 20).split(/\s/, 1)[0]}' in expression or statement.`,
        'UnexpectedToken',
      );
    }
  }
}

function parseStatement(reader: Reader, depth: number): Statement {
  const assigned = match(reader, /\$([A-Za-z_][\w:]*)[ \t]*=(?!=)\s*/y);
  const elements: Element[] = [];
  for (;;) {
    skipBlank(reader);
    elements.push(parseElement(reader, depth));
    skipBlank(reader);
    if (reader.text[reader.at] !== '|') break;
    reader.at++;
    skip(reader, /\s+/y);
    if (reader.at >= reader.text.length)
      throw reader.error('An empty pipe element is not allowed.', 'EmptyPipeElement');
  }
  return { assignTo: assigned?.[1] ?? null, elements };
}

const startsExpression = /[$"'@({0-9]|-[0-9]/y;

function parseElement(reader: Reader, depth: number): Element {
  const from = reader.at;
  startsExpression.lastIndex = reader.at;
  if (startsExpression.test(reader.text)) {
    const expression = parseExpression(reader, depth);
    return { kind: 'expression', expression, place: reader.place(from) };
  }
  const called = match(reader, /[&.][ \t]*(\{)/y) ?? match(reader, /[&.](?=\s)\s*/y);
  if (called?.[1] !== undefined) {
    const script = parseStatements(reader, '}', depth + 1);
    return { kind: 'call', script, ownScope: called[0].startsWith('&'), place: reader.place(from) };
  }
  const name = match(reader, /[^\s|;(){}'"`$,<>#&=@]+/y)?.[0];
  if (name === undefined) {
    throw reader.error(
      `Unexpected token '${reader.text[reader.at] ?? ''}' in expression or statement.`,
      'UnexpectedToken',
    );
  }
  const args: Argument[] = [];
  for (;;) {
    skipBlank(reader);
    const next = reader.text[reader.at];
    if (next === undefined || /[|;\r\n)}]/.test(next)) break;
    args.push(parseArgument(reader, depth));
  }
  const end = reader.at;
  reader.at = from + reader.text.slice(from, end).trimEnd().length;
  const place = reader.place(from);
  reader.at = end;
  return { kind: 'command', name, arguments: args, place };
}

function parseArgument(reader: Reader, depth: number): Argument {
  const parameter = match(reader, /-([A-Za-z_?][\w?-]*)(:?)/y);
  if (parameter === null) return { kind: 'value', value: parseList(reader, depth) };
  if (parameter[2] === '') return { kind: 'parameter', name: parameter[1]!, value: null };
  skipBlank(reader);
  return { kind: 'parameter', name: parameter[1]!, value: parseList(reader, depth) };
}

/** `a,b,c` where arguments stand: bare words are text. */
function parseList(reader: Reader, depth: number): Expression {
  const items = [parseOne(reader, depth)];
  while (match(reader, /[ \t]*,\s*/y)) items.push(parseOne(reader, depth));
  return items.length === 1 ? items[0]! : { kind: 'array', items };
}

function parseOne(reader: Reader, depth: number): Expression {
  const next = reader.text[reader.at] ?? '';
  if (/[$"'@({]/.test(next)) return parsePrimary(reader, depth);
  const word = match(reader, /[^\s|;(){}'"`,<>&]+/y)?.[0];
  if (word === undefined)
    throw reader.error(`Unexpected token '${next}' in expression or statement.`, 'UnexpectedToken');
  return { kind: 'literal', value: numberIn(word) ?? word };
}

/** `5`, `-1`, `0x1f`, `1.5`, `2KB`; null for a word. */
function numberIn(word: string): number | bigint | null {
  const found = /^(-?)(0x[0-9a-f]+|\d+(?:\.\d+)?)(kb|mb|gb|tb)?$/i.exec(word);
  if (found === null) return null;
  const unit = { kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3, tb: 1024 ** 4 }[found[3]?.toLowerCase() ?? ''] ?? 1;
  const value = (found[1] === '-' ? -1 : 1) * Number(found[2]) * unit;
  if (!Number.isInteger(value) || Math.abs(value) < 2 ** 31) return value;
  return Number.isSafeInteger(value) ? BigInt(value) : null;
}

const operators =
  /-(and|or|[ic]?eq|[ic]?ne|[ic]?gt|[ic]?ge|[ic]?lt|[ic]?le|[ic]?like|[ic]?notlike|[ic]?match|[ic]?notmatch|join|contains|in)\b|[+]/iy;

function parseExpression(reader: Reader, depth: number): Expression {
  let left = parseTerm(reader, depth);
  for (;;) {
    skipBlank(reader);
    const operator = match(reader, operators)?.[0];
    if (operator === undefined) return left;
    skipBlank(reader);
    const name = operator.toLowerCase().replace(/^-[ic](?=eq|ne|gt|ge|lt|le|like|notlike|match|notmatch)/, '-');
    // `and` and `or` bind less than what stands at their right.
    const isLogical = name === '-and' || name === '-or';
    const right = isLogical ? parseExpression(reader, depth) : parseTerm(reader, depth);
    left = { kind: 'operation', operator: name, left, right };
  }
}

function parseTerm(reader: Reader, depth: number): Expression {
  if (match(reader, /(?:-not\b|!)[ \t]*/iy)) return { kind: 'not', of: parseTerm(reader, depth) };
  const first = parsePrimary(reader, depth);
  if (match(reader, /[ \t]*\.\.[ \t]*/y)) return { kind: 'range', from: first, to: parsePrimary(reader, depth) };
  const items = [first];
  while (match(reader, /[ \t]*,\s*/y)) items.push(parsePrimary(reader, depth));
  return items.length === 1 ? first : { kind: 'array', items };
}

function parsePrimary(reader: Reader, depth: number): Expression {
  let value = parseAtom(reader, depth);
  for (let name = match(reader, /\.([A-Za-z_]\w*)/y); name !== null; name = match(reader, /\.([A-Za-z_]\w*)/y)) {
    value = { kind: 'property', of: value, name: name[1]! };
  }
  return value;
}

function parseAtom(reader: Reader, depth: number): Expression {
  const single = match(reader, /'((?:[^']|'')*)'/y);
  if (single !== null) return { kind: 'literal', value: single[1]!.replaceAll("''", "'") };
  const double = match(reader, /"((?:[^"`]|`[\s\S]|"")*)"/y);
  if (double !== null) return interpolated(double[1]!);
  const variable = match(reader, /\$(?:\{([^}]+)\}|([A-Za-z_?][\w:]*|\^|\$))/y);
  if (variable !== null) return variableOf(variable[1] ?? variable[2]!);
  if (match(reader, /@?\(/y)) return { kind: 'pipeline', script: parseStatements(reader, ')', depth + 1) };
  if (match(reader, /\{/y)) {
    const script = parseStatements(reader, '}', depth + 1);
    return { kind: 'block', script, text: script.text };
  }
  const number = match(reader, /-?(?:0x[0-9a-f]+|\d+(?:\.(?!\.)\d+)?)(?:kb|mb|gb|tb)?/iy)?.[0];
  const value = number === undefined ? null : numberIn(number);
  if (value !== null) return { kind: 'literal', value };
  if (/["']/.test(reader.text[reader.at] ?? '')) {
    throw reader.error(
      `The string is missing the terminator: ${reader.text[reader.at]}.`,
      'TerminatorExpectedAtEndOfString',
    );
  }
  throw reader.error(
    `Unexpected token '${reader.text[reader.at] ?? ''}' in expression or statement.`,
    'UnexpectedToken',
  );
}

function variableOf(name: string): Expression {
  switch (name.toLowerCase()) {
    case 'true':
      return { kind: 'literal', value: true };
    case 'false':
      return { kind: 'literal', value: false };
    case 'null':
      return { kind: 'literal', value: null };
    default:
      return { kind: 'variable', name };
  }
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '0': '\0', a: '\u0007', b: '\b' };

function interpolated(raw: string): Expression {
  const parts: (string | Expression)[] = [];
  let plain = '';
  const piece = /`([\s\S])|""|\$([A-Za-z_][\w:]*)|\$\(([^()]*)\)|[\s\S]/gu;
  for (const found of raw.matchAll(piece)) {
    if (found[2] === undefined && found[3] === undefined) {
      plain += found[1] !== undefined ? (escapes[found[1]] ?? found[1]) : found[0] === '""' ? '"' : found[0];
      continue;
    }
    if (plain !== '') parts.push(plain);
    plain = '';
    parts.push(found[2] === undefined ? { kind: 'pipeline', script: parseScript(found[3]!) } : variableOf(found[2]));
  }
  if (parts.length === 0) return { kind: 'literal', value: plain };
  if (plain !== '') parts.push(plain);
  return { kind: 'text', parts };
}
