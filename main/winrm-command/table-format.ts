/**
 * `-format:table`: instances as rows, their properties as columns; one instance alone as two columns, property and value. For reading: what is
 * nested is joined into one cell, and a long value is cut, which `…` shows.
 */
import { attribute, isLocation, isNil, readItem, type XmlElement } from '../wsman/index.ts';
import { printable } from './text-format.ts';

const widestCell = 60;

export interface Table {
  /** The lines of these rows. The first call decides on columns and widths, and begins with the heading. */
  rows(elements: readonly XmlElement[]): string;
}

/** Columns come from the first batch; a property that only comes later has none, which the last line of its batch then says. */
export function createTable(): Table {
  let columns: readonly { readonly name: string; readonly width: number }[] | null = null;
  return {
    rows(elements) {
      const rows = elements.map(cellsOf);
      const isFirst = columns === null;
      columns ??= columnsOf(rows);
      const lines = isFirst && rows.length > 0 ? headingOf(columns) : [];
      const known = new Set(columns.map(({ name }) => name));
      for (const row of rows) lines.push(line(columns.map(({ name, width }) => [row.get(name) ?? '', width])));
      const left = new Set(rows.flatMap((row) => [...row.keys()].filter((name) => !known.has(name))));
      if (left.size > 0) lines.push(`(not shown: ${[...left].map(printable).join(', ')})`);
      if (isFirst && rows.length === 0) columns = null;
      return lines.map((text) => `${text}\n`).join('');
    },
  };
}

/** One instance: a line per property. */
export function formatProperties(element: XmlElement): string {
  const cells = [...cellsOf(element)];
  const names = Math.max(8, ...cells.map(([name]) => widthOf(name)));
  const lines = [
    line([
      ['Property', names],
      ['Value', 5],
    ]),
    `${'-'.repeat(names)}  -----`,
  ];
  for (const [name, value] of cells)
    lines.push(
      line([
        [name, names],
        [value, 0],
      ]),
    );
  return lines.map((text) => `${text}\n`).join('');
}

function cellsOf(element: XmlElement): ReadonlyMap<string, string> {
  const cells = new Map<string, string>();
  const { object, epr } = readItem(element);
  if (epr !== null) {
    // What tells one address from another; the rest is the same in all of them.
    for (const [name, value] of object === null ? [] : cellsOf(object)) cells.set(name, value);
    if (object === null) cells.set('ResourceURI', printable(epr.resourceUri));
    for (const [name, value] of epr.selectors) {
      if (!cells.has(printable(name)))
        cells.set(printable(name), typeof value === 'string' ? printable(value) : printable(value.resourceUri));
    }
    return cells;
  }
  const properties = element.children.length > 0 ? element.children.filter((child) => !isLocation(child)) : [element];
  for (const property of properties) {
    const name = printable(property.local);
    const earlier = cells.get(name);
    const value = cellOf(property);
    cells.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return cells;
}

function cellOf(element: XmlElement): string {
  if (isNil(element)) return '';
  const name = attribute(element, 'Name');
  const inner = element.children.map(cellOf).filter((text) => text !== '');
  const text = [printable(element.text.trim()), ...inner].filter((part) => part !== '').join(' ');
  return name === null ? text : `${printable(name)}=${text}`;
}

function columnsOf(rows: readonly ReadonlyMap<string, string>[]): { name: string; width: number }[] {
  const widths = new Map<string, number>();
  for (const row of rows) {
    for (const [name, value] of row) {
      const width = Math.min(widestCell, Math.max(widthOf(name), widthOf(value)));
      widths.set(name, Math.max(widths.get(name) ?? 0, width));
    }
  }
  return [...widths].map(([name, width]) => ({ name, width }));
}

const headingOf = (columns: readonly { readonly name: string; readonly width: number }[]): string[] => [
  line(columns.map(({ name, width }) => [name, width])),
  columns.map(({ width }) => '-'.repeat(width)).join('  '),
];

/** Cells filled up to their widths; a width of 0 leaves the cell as it is. */
function line(cells: readonly (readonly [text: string, width: number])[]): string {
  return cells
    .map(([text, width]) => (width === 0 ? text : fitted(text, width)))
    .join('  ')
    .trimEnd();
}

function fitted(text: string, width: number): string {
  const characters = [...text];
  if (characters.length > width) return `${characters.slice(0, width - 1).join('')}…`;
  return text + ' '.repeat(width - characters.length);
}

const widthOf = (text: string): number => [...text].length;
