/**
 * Characters in CLIXML (MS-PSRP 2.2.5.3.2): what XML cannot carry, and more, is written `_xHHHH_`, one UTF-16 unit each. Windows does so for
 * control characters and for both halves of every surrogate pair; an underscore before an `x` is written `_x005F_`, so that it means itself.
 */

const needsCode = /[\u0000-\u001f\u007f-\u009f\ud800-\udfff\ufffe\uffff]|_(?=[xX])/g;
/** The same without a position of its own, to ask first: most texts need nothing. */
const hasUnit = new RegExp(needsCode.source);
const code = /_x([0-9A-Fa-f]{4})_/g;

/** Text as it stands in an element or attribute, before XML's own escaping. */
export function encodeClixmlText(text: string): string {
  if (!hasUnit.test(text)) return text;
  return text.replace(needsCode, (unit) => `_x${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`);
}

export function decodeClixmlText(text: string): string {
  if (!text.includes('_x')) return text;
  return text.replace(code, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
