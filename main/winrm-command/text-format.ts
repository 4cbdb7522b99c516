/**
 * `-format:text`: an element as lines, by the rules of winrm's own style sheet.
 *
 *   four blanks per ancestor
 *   `Name = value` for what has text, `Name = null` for xsi:nil, the bare name for what has neither
 *   `Selector: Key = value` for what carries a Name attribute
 *   same-named neighbours (an array, the selectors of an EPR) on one line, joined by `, `
 *   ` [Source="GPO"]` behind what a policy has set, values and groups alike
 *   the EPR that WinRM 1.1 puts at the end of an instance (cim:Location) is left out
 *
 * Invariant 12: text from a target is data. Control characters and those that turn the direction of writing are shown, not sent to the
 * terminal; a line feed in a value cannot forge a line.
 */
import { attribute, isLocation, isNil, type XmlElement } from '../wsman/index.ts';

/** The lines of one item, each ended by a line feed. */
export function formatText(element: XmlElement): string {
  const lines: string[] = [];
  writeElement(element, '', lines);
  return `${lines.join('\n')}\n`;
}

function writeElement(element: XmlElement, indent: string, lines: string[]): void {
  const value = textOf(element);
  lines.push(
    value === null
      ? indent + printable(element.local) + source(element)
      : indent + label(element) + value + source(element),
  );
  const inner = `${indent}    `;
  const children = element.children.filter((child) => !isLocation(child));
  for (let n = 0; n < children.length; n++) {
    const first = children[n]!;
    const value = leafValue(first);
    if (value === null) {
      writeElement(first, inner, lines);
      continue;
    }
    const values = [value];
    for (; n + 1 < children.length && continues(first, children[n + 1]!); n++) {
      values.push(namedValue(first, children[n + 1]!));
    }
    lines.push(inner + label(first) + values.join(', ') + source(first));
  }
}

/** The text to print behind the equals sign; null for an element that has none and is not nil. */
function textOf(element: XmlElement): string | null {
  if (isNil(element)) return 'null';
  // Windows leaves blanks at the end of texts, others pad every value with line breaks.
  const text = element.text.trim();
  return text === '' ? null : printable(text);
}

const leafValue = (element: XmlElement): string | null => (element.children.length === 0 ? textOf(element) : null);

function continues(first: XmlElement, next: XmlElement): boolean {
  return (
    next.local === first.local &&
    next.namespace === first.namespace &&
    attribute(next, 'Source') === attribute(first, 'Source') &&
    leafValue(next) !== null
  );
}

/** Selectors of an EPR differ in their Name: `Selector: Address = *, Transport = HTTP`. */
function namedValue(first: XmlElement, next: XmlElement): string {
  const name = attribute(next, 'Name');
  const value = leafValue(next)!;
  return name === null || name === attribute(first, 'Name') ? value : `${printable(name)} = ${value}`;
}

function label(element: XmlElement): string {
  const name = attribute(element, 'Name');
  return name === null ? `${printable(element.local)} = ` : `${printable(element.local)}: ${printable(name)} = `;
}

function source(element: XmlElement): string {
  const value = attribute(element, 'Source');
  return value === null ? '' : ` [Source="${printable(value)}"]`;
}

/** DEL, C1, line and paragraph separators, and what sets or overrides the direction of writing: what JSON and XML hold as it is. */
export const hidden = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
/** C0, and all of these. TAB passes. */
const dangerous = new RegExp(`[\\u0000-\\u0008\\u000a-\\u001f]|${hidden.source}`, 'g');

/**
 * The text with every dangerous character shown instead of sent: C0 as its picture (`␛` for ESC, `␊` for LF), others as `<U+202E>`.
 */
export function printable(text: string): string {
  return text.replace(dangerous, (character) => {
    const code = character.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? '\u2421' : `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
  });
}

/** What moves no cursor but along and down the lines; anything else that a machine prints is shown, not obeyed. */
const commanding = /[\u0000-\u0007\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Output of a machine as a terminal here may have it. */
export const shown = (text: string): string => text.replace(commanding, printable);

/** As printable, for prose of several lines (messages of faults): line breaks become blanks first. */
export function printableProse(text: string): string {
  return printable(text.replace(/\s+/g, ' ').trim());
}
