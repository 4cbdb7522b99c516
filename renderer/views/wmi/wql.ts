import type { Problem } from '../../../shared/contract/problem.ts';

/** WQL as far as an editor needs it: what could come next, and where a refusal belongs. The machine's own parser has the last word. */

export interface Completion {
  readonly from: number;
  readonly to: number;
  readonly items: readonly { readonly text: string; readonly kind: 'keyword' | 'class' | 'property' }[];
}

interface Token {
  readonly kind: 'word' | 'text' | 'other';
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

const keywords = ['SELECT', 'FROM', 'WHERE', 'AND', 'OR', 'NOT', 'LIKE', 'IS', 'NULL', 'TRUE', 'FALSE'];
const maxItems = 50;

export function tokensOf(query: string): readonly Token[] {
  const tokens: Token[] = [];
  const pattern = /'(?:[^'\\]|\\.)*'?|"(?:[^"\\]|\\.)*"?|[\p{L}_][\p{L}\p{N}_.]*|[^\s]/gu;
  for (const match of query.matchAll(pattern)) {
    const text = match[0];
    const kind = /^['"]/.test(text) ? 'text' : /^[\p{L}_]/u.test(text) ? 'word' : 'other';
    tokens.push({ kind, text, from: match.index, to: match.index + text.length });
  }
  return tokens;
}

const is = (token: Token | undefined, word: string): boolean =>
  token?.kind === 'word' && token.text.toUpperCase() === word;

/** The class behind FROM; null where there is none yet. */
export function classIn(query: string): string | null {
  const tokens = tokensOf(query);
  const at = tokens.findIndex((token) => is(token, 'FROM'));
  const name = at === -1 ? undefined : tokens[at + 1];
  return name?.kind === 'word' ? name.text : null;
}

export function completeWql(
  query: string,
  caret: number,
  classes: readonly string[],
  propertiesOf: (className: string) => readonly string[],
): Completion {
  const tokens = tokensOf(query);
  const inside = tokens.find(({ from, to }) => from < caret && caret <= to);
  if (inside?.kind === 'text' && (caret < inside.to || !/(['"])$/.test(inside.text) || inside.text.length === 1)) {
    return { from: caret, to: caret, items: [] };
  }
  const word = inside?.kind === 'word' ? inside : undefined;
  const from = word?.from ?? caret;
  const prefix = query.slice(from, caret).toLowerCase();
  const before = tokens.filter(({ to }) => to <= from);
  const last = before.at(-1);
  const className = classIn(query);
  const begins = (text: string): boolean => text.toLowerCase().startsWith(prefix);
  const items: { text: string; kind: 'keyword' | 'class' | 'property' }[] = [];
  const add = (kind: 'keyword' | 'class' | 'property', texts: readonly string[]): void => {
    for (const text of texts) if (begins(text)) items.push({ text, kind });
  };
  if (before.length === 0) add('keyword', ['SELECT']);
  else if (is(last, 'FROM')) add('class', classes);
  else if (is(last, 'IS')) add('keyword', ['NULL', 'NOT NULL']);
  else if (is(last, 'SELECT') || last?.text === ',' || ['WHERE', 'AND', 'OR', 'NOT'].some((one) => is(last, one))) {
    if (className !== null) add('property', propertiesOf(className));
  } else if (last?.kind === 'word' && !keywords.includes(last.text.toUpperCase())) {
    const behindFrom = is(before.at(-2), 'FROM');
    const selecting = !before.some((token) => is(token, 'FROM'));
    add('keyword', behindFrom ? ['WHERE'] : selecting ? ['FROM'] : ['LIKE', 'IS NULL', 'IS NOT NULL', 'AND', 'OR']);
  } else if (last?.text === '*') add('keyword', ['FROM']);
  else if (last?.kind === 'text' || /^\d/.test(last?.text ?? '')) add('keyword', ['AND', 'OR']);
  // What stands there already is no help.
  const useful = items.filter(({ text }) => text.toLowerCase() !== prefix);
  return { from, to: word?.to ?? caret, items: useful.slice(0, maxItems) };
}

export interface Place {
  readonly from: number;
  readonly to: number;
  /** What is wrong there, as far as it can be told from here. */
  readonly why: string;
}

/**
 * Where a refused query is wrong. WMI names no place, so it is looked for: a quote that does not end, a class that the namespace does not list,
 * a property that the class does not have. Null where none of that is it.
 */
export function placeError(
  query: string,
  problem: Problem,
  classes: readonly string[] | null,
  properties: readonly string[] | null,
): Place | null {
  if (problem.fault === undefined) return null;
  const tokens = tokensOf(query);
  const open = tokens.find(({ kind, text }) => kind === 'text' && (text.length < 2 || !text.endsWith(text[0]!)));
  if (open) return { from: open.from, to: open.to, why: 'This text does not end.' };
  const fromAt = tokens.findIndex((token) => is(token, 'FROM'));
  const named = fromAt === -1 ? undefined : tokens[fromAt + 1];
  if (named?.kind !== 'word') {
    return { from: query.length === 0 ? 0 : query.length - 1, to: query.length, why: 'There is no class behind FROM.' };
  }
  const known = (list: readonly string[], name: string): boolean =>
    list.some((one) => one.toLowerCase() === name.toLowerCase());
  if (classes !== null && !known(classes, named.text)) {
    return { from: named.from, to: named.to, why: `The namespace lists no class ${named.text}.` };
  }
  if (properties === null) return null;
  const wrong = tokens.find(({ kind, text }, index) => {
    if (kind !== 'word' || index === fromAt + 1 || keywords.includes(text.toUpperCase()) || text.startsWith('__'))
      return false;
    return !known(properties, text);
  });
  return wrong ? { from: wrong.from, to: wrong.to, why: `${named.text} has no property ${wrong.text}.` } : null;
}
