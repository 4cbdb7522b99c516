/** Operators of comparison, `+` and -join: on text without regard to case, on numbers where both sides are numbers. */
import { epochMsOf, itemsOf, numberOf, textOf } from '../../wsman/psrp/clixml-plain.ts';
import { type PsValue, psArray } from '../../wsman/psrp/clixml-types.ts';
import { ScriptError } from './script-error.ts';
import { textFor } from './text-for.ts';

export function isTrue(value: PsValue): boolean {
  if (value === null || value === false || value === '') return false;
  const number = numberOf(value);
  if (number !== null && typeof value !== 'object') return number !== 0;
  const items = itemsOf(value);
  return items === null || items.length > 1 || (items.length === 1 && isTrue(items[0]!));
}

/** A number, where the value is one or its text reads as one. */
function asNumber(value: PsValue): number | null {
  const number = numberOf(value);
  if (number !== null) return number;
  const time = epochMsOf(value);
  if (time !== null) return time;
  const text = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  return Number.isNaN(text) ? null : text;
}

/** Below, at or above 0, as Sort-Object and -lt see two values. */
export function order(left: PsValue, right: PsValue): number {
  const a = typeof left === 'string' ? null : asNumber(left);
  const b = asNumber(right);
  if (a !== null && b !== null) return a - b;
  if (left === null || right === null) return Number(left !== null) - Number(right !== null);
  const texts = [textFor(left).toLowerCase(), textFor(right).toLowerCase()] as const;
  return texts[0] < texts[1] ? -1 : texts[0] > texts[1] ? 1 : 0;
}

export function isEqual(left: PsValue, right: PsValue): boolean {
  if (typeof left === 'boolean') return left === isTrue(right);
  return order(left, right) === 0;
}

/** `*` and `?` of PowerShell's wildcards, the whole text, without regard to case. */
export function wildcard(pattern: string): RegExp {
  const source = pattern
    .replace(/[\\^$.+()|{}]/g, '\\$&')
    .replaceAll('*', '[\\s\\S]*')
    .replaceAll('?', '[\\s\\S]');
  try {
    return new RegExp(`^${source}$`, 'i');
  } catch {
    return new RegExp(`^${pattern.replace(/[\\^$.*+?()[\]|{}]/g, '\\$&')}$`, 'i');
  }
}

export function compare(operator: string, left: PsValue, right: PsValue): PsValue {
  const items = itemsOf(left);
  const filters = ['-eq', '-ne', '-gt', '-ge', '-lt', '-le', '-like', '-notlike', '-match', '-notmatch'];
  if (items !== null && filters.includes(operator)) {
    return psArray(items.filter((item) => compare(operator, item, right) === true));
  }
  switch (operator) {
    case '-and':
    case '-or':
      return isTrue(right);
    case '-eq':
      return isEqual(left, right);
    case '-ne':
      return !isEqual(left, right);
    case '-gt':
      return order(left, right) > 0;
    case '-ge':
      return order(left, right) >= 0;
    case '-lt':
      return order(left, right) < 0;
    case '-le':
      return order(left, right) <= 0;
    case '-like':
      return wildcard(textFor(right)).test(textFor(left));
    case '-notlike':
      return !wildcard(textFor(right)).test(textFor(left));
    // Regular expressions of others are not run here: the pattern is looked for as the text it is.
    case '-match':
      return textFor(left).toLowerCase().includes(textFor(right).toLowerCase());
    case '-notmatch':
      return !textFor(left).toLowerCase().includes(textFor(right).toLowerCase());
    case '-contains':
      return (items ?? [left]).some((item) => isEqual(item, right));
    case '-in':
      return (itemsOf(right) ?? [right]).some((item) => isEqual(item, left));
    case '-join':
      return (items ?? [left]).map(textFor).join(textFor(right));
    case '+':
      return plus(left, right);
    default:
      throw new ScriptError(
        { message: `The operator ${operator} is not known here.`, category: 'ParserError' },
        'script',
      );
  }
}

function plus(left: PsValue, right: PsValue): PsValue {
  const items = itemsOf(left);
  if (items !== null) return psArray([...items, ...(itemsOf(right) ?? [right])]);
  const [a, b] = [numberOf(left), asNumber(right)];
  if (a === null || b === null) return (textOf(left) ?? textFor(left)) + textFor(right);
  const sum = a + b;
  if (Number.isInteger(sum) && Math.abs(sum) < 2 ** 31) return sum;
  return Number.isSafeInteger(sum) ? BigInt(sum) : { clixml: 'Db', value: sum };
}
