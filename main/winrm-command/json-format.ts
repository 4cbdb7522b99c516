/**
 * `-format:json`: an element as JSON. XML does not say which property is a number, so values are texts, to the last digit; null is what the
 * machine marks as nil. What comes several times is an array; what has both text and attributes is an object with `#text` and `@name`.
 * Written as text, never made into an object: names come from the network.
 */
import { isNil, type XmlElement } from '../wsman/index.ts';
import { hidden } from './text-format.ts';

/** One line for a leaf; nested ones indented by two blanks per level below `indent`. */
export function formatJson(element: XmlElement, indent = ''): string {
  if (isNil(element)) return 'null';
  const attributes = element.attributes.filter(({ namespace }) => namespace === '');
  const wrapped = wrappedTime(element);
  if (wrapped !== null) return quoted(wrapped);
  if (element.children.length === 0 && attributes.length === 0) return quoted(element.text.trim());
  const members = attributes.map(({ local, value }) => member(`@${local}`, quoted(value), indent));
  const text = element.text.trim();
  if (text !== '') members.push(member('#text', quoted(text), indent));
  for (const [name, group] of groupsOf(element.children)) {
    const values = group.map((child) => formatJson(child, `${indent}  ${group.length > 1 ? '  ' : ''}`));
    const value =
      values.length === 1 ? values[0]! : `[\n${values.map((v) => `${indent}    ${v}`).join(',\n')}\n${indent}  ]`;
    members.push(member(name, value, indent));
  }
  return members.length === 0 ? '{}' : `{\n${members.join(',\n')}\n${indent}}`;
}

const member = (name: string, value: string, indent: string): string => `${indent}  ${quoted(name)}: ${value}`;

/** Control characters and those that turn the direction of writing as escapes: harmless on a terminal, the same to a parser. */
const quoted = (text: string): string =>
  JSON.stringify(text).replace(hidden, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** cim:Datetime and its like only say the type of the one value that they hold. */
function wrappedTime({ children, text }: XmlElement): string | null {
  const [only] = children;
  if (children.length !== 1 || text.trim() !== '' || only!.children.length > 0) return null;
  return /^(?:Datetime|Date|Time|Interval|CIM_DateTime)$/.test(only!.local) ? only!.text.trim() : null;
}

/** By local name, in the order in which each comes first. */
function groupsOf(children: readonly XmlElement[]): ReadonlyMap<string, readonly XmlElement[]> {
  const groups = new Map<string, XmlElement[]>();
  for (const child of children) {
    const group = groups.get(child.local);
    if (group) group.push(child);
    else groups.set(child.local, [child]);
  }
  return groups;
}
