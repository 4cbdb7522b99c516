/** What a message must have: properties of objects that came from the network, of the type they must be of. */
import { ProtocolError } from '../errors.ts';
import { numberOf, propertyOf, textOf } from './clixml-plain.ts';
import { isPsObject, type PsObject, type PsValue } from './clixml-types.ts';

/** The value beneath an object that is a primitive with properties around it, or an enumeration; any other value as it is. */
export function baseOf(value: PsValue): PsValue {
  return isPsObject(value) && value.base !== undefined ? value.base : value;
}

/** True where there is such a property, and it is true. */
export function isTrue(value: PsValue, name: string): boolean {
  const found = propertyOf(value, name);
  return found !== undefined && baseOf(found) === true;
}

/** Entries of a dictionary; null where the value is none. */
export function entriesOf(value: PsValue | undefined): readonly (readonly [key: PsValue, value: PsValue])[] | null {
  if (value === undefined || !isPsObject(value) || value.container?.kind !== 'DCT') return null;
  return value.container.entries;
}

/** The object of a message. Throws ProtocolError where it is none. */
export function requiredObject(value: PsValue, message: string): PsObject {
  if (!isPsObject(value)) throw new ProtocolError(`${message} holds no object.`);
  return value;
}

/** Throws ProtocolError where there is no such whole number. */
export function requiredInteger(value: PsValue, name: string, message: string): number {
  const number = numberOf(propertyOf(value, name));
  if (number === null || !Number.isSafeInteger(number)) throw new ProtocolError(`${message} has no number ${name}.`);
  return number;
}

/** Throws ProtocolError where there is no such text. */
export function requiredText(value: PsValue, name: string, message: string): string {
  const text = textOf(propertyOf(value, name));
  if (text === null) throw new ProtocolError(`${message} has no text ${name}.`);
  return text;
}

/** A number of 64 bits, as the ids of calls are. Throws ProtocolError where there is none. */
export function requiredLong(value: PsValue, name: string, message: string): bigint {
  const found = propertyOf(value, name);
  const base = found === undefined ? undefined : baseOf(found);
  return typeof base === 'bigint' ? base : BigInt(requiredInteger(value, name, message));
}
