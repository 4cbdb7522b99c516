/** What a target answered with, as rows of one table over machines. */
import type { LineRow } from '../../shared/contract/command-lines.ts';
import { printable } from '../winrm-command/text-format.ts';
import { isNil, type XmlElement } from '../wsman/index.ts';

/** No table of this breadth is read by anybody. */
const maxColumns = 200;
/** A value that fills more than a screen is shown by -format. */
const maxLength = 2000;

/**
 * An instance, an output or a fragment as path of names → text, without its own name. What stands several times under one name (an array) is
 * joined by `, `; nil is empty. Text from a target is data: what would move a cursor or turn the direction of writing is spelled out.
 */
export function toRow(element: XmlElement): LineRow {
  const row = new Map<string, string>();
  const put = (path: string, text: string): void => {
    const before = row.get(path);
    if (before === undefined && row.size >= maxColumns) return;
    const whole = before === undefined ? text : `${before}, ${text}`;
    row.set(path, whole.length > maxLength ? `${whole.slice(0, maxLength)}…` : whole);
  };
  if (element.children.length === 0) put(printable(element.local), textOf(element));
  for (const child of element.children) write(child, '', put);
  return Object.fromEntries(row);
}

function write(element: XmlElement, prefix: string, put: (path: string, text: string) => void): void {
  // The reference that WinRM 1.1 puts at the end of an instance.
  if (element.local === 'Location' && element.children.length > 0) return;
  const path = prefix + printable(element.local);
  const [only, ...others] = element.children;
  if (only === undefined) put(path, textOf(element));
  // DSP0230: a moment or a length of time is an element of its own.
  else if (
    others.length === 0 &&
    /^(datetime|interval|date|time|CIM_DateTime)$/i.test(only.local) &&
    only.children.length === 0
  )
    put(path, textOf(only));
  else for (const child of element.children) write(child, `${path}.`, put);
}

const textOf = (element: XmlElement): string => (isNil(element) ? '' : printable(element.text.trim()));
