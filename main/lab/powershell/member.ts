import { entryOf, itemsOf, propertyOf } from '../../wsman/psrp/clixml-plain.ts';
import { isPsObject, type PsValue, psArray } from '../../wsman/psrp/clixml-types.ts';

/** A property; of a dictionary an entry; of an array that property of every item. */
export function member(value: PsValue, name: string): PsValue {
  const own = propertyOf(value, name) ?? entryOf(value, name);
  if (own !== undefined) return own;
  const items = itemsOf(value);
  if (items !== null) {
    if (/^(count|length)$/i.test(name)) return items.length;
    return psArray(items.map((item) => member(item, name)));
  }
  if (typeof value === 'string' && /^length$/i.test(name)) return value.length;
  if (isPsObject(value) && value.base !== undefined && /^value__$/i.test(name)) return value.base;
  return null;
}
