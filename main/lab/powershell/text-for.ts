import { isPsObject, type PsValue } from '../../wsman/psrp/clixml-types.ts';

/** A value inside a string, in the invariant culture: what ToString() of PowerShell says. */
export function textFor(value: PsValue): string {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return [...value].join(' ');
  if (isPsObject(value)) {
    if (value.text !== null) return value.text;
    if (value.base !== undefined) return textFor(value.base);
    if (value.container !== null && value.container.kind !== 'DCT') return value.container.items.map(textFor).join(' ');
    const properties = [...value.adapted, ...value.extended];
    if (value.typeNames.some((name) => /PSCustomObject$/.test(name))) {
      return `@{${properties.map((property) => `${property.name}=${textFor(property.value)}`).join('; ')}}`;
    }
    return value.typeNames[0] ?? '';
  }
  if (value.clixml === 'SS') return 'System.Security.SecureString';
  if (value.clixml === 'DT') return dateText(value.value);
  if (value.clixml === 'PR' || value.clixml === 'Ref') return '';
  return String(value.value);
}

/** `03/14/2026 15:09:26`, of an xs:dateTime as its digits stand there. */
function dateText(text: string): string {
  const found = /^(\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d:\d\d)/.exec(text);
  return found === null ? text : `${found[2]}/${found[3]}/${found[1]} ${found[4]}`;
}
