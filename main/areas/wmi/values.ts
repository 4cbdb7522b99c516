import { ProblemError } from '../../../shared/contract/problem.ts';
import type { WmiInput, WmiScalarType } from '../../../shared/contract/wmi.ts';
import { type CimInput, type InputParameter, parseXml, toCimXml } from '../../wsman/index.ts';
import { parseObjectPath } from './object-path.ts';

/** What somebody typed, as values of CIM, and back into XML. */

export function invalidInput(message: string, advice: readonly string[] = []): ProblemError {
  return new ProblemError({ code: 'invalid-input', message, advice, retryable: false });
}

/** Throws ProblemError `invalid-input`, naming the value, where a text is not of its type. `namespace`: of references without one. */
export function toParameter({ name, type, value }: WmiInput, namespace: string): InputParameter {
  const isArray = type.endsWith('[]');
  const scalar = (isArray ? type.slice(0, -2) : type) as WmiScalarType;
  if (value === null) return { name, type, value: null };
  if (!isArray && typeof value !== 'string') throw invalidInput(`${name} is one value, not several.`);
  if (!isArray) return { name, type, value: toInput(name, scalar, value as string, namespace) };
  const items = typeof value === 'string' ? [value] : value;
  if (items.length === 0) {
    throw invalidInput(`${name} cannot be sent as an empty array.`, [
      'CIM over XML has no form for an array without elements. Use null, which the machine takes as no value.',
    ]);
  }
  return { name, type, value: items.map((item) => toInput(name, scalar, item, namespace)) };
}

/** XML of the values, each in an element of its name under the prefix `m`. Throws as toParameter. */
export function toXml(inputs: readonly WmiInput[], namespace: string): string {
  return inputs.map((input) => xmlOf(toParameter(input, namespace))).join('');
}

function xmlOf(parameter: InputParameter): string {
  try {
    return toCimXml(parameter, 'm');
  } catch (error) {
    throw ofTypeError(error);
  }
}

/** Messages of toCimXml name the value and say what is wrong. */
export function ofTypeError(error: unknown): unknown {
  return error instanceof TypeError || error instanceof RangeError ? invalidInput(error.message) : error;
}

function toInput(name: string, type: WmiScalarType, text: string, namespace: string): Exclude<CimInput, null> {
  switch (type) {
    case 'string':
      return text;
    case 'real32':
    case 'real64':
      return toReal(name, text);
    case 'reference': {
      const reference = parseObjectPath(text, namespace);
      if (reference !== null) return reference;
      throw invalidInput(`${name} is no object path.`, ['Write it as in Win32_Service.Name="Spooler".']);
    }
    case 'instance':
      try {
        return parseXml(text);
      } catch {
        throw invalidInput(`${name} is no XML.`, ['Write an embedded instance as the XML element of its class.']);
      }
    default:
      return text.trim();
  }
}

function toReal(name: string, text: string): number {
  const trimmed = text.trim();
  const special = new Map([
    ['inf', Number.POSITIVE_INFINITY],
    ['-inf', Number.NEGATIVE_INFINITY],
    ['nan', Number.NaN],
  ]).get(trimmed.toLowerCase());
  if (special !== undefined) return special;
  const number = Number(trimmed);
  if (trimmed === '' || !Number.isFinite(number)) throw invalidInput(`The value of ${name} is not a number.`);
  return number;
}
