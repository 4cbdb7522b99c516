/** Objects as the text that a console shows: tables and lists. Simple and honest, not the formatting of PowerShell; widths of a console of 120 unless said otherwise. */
import { propertyOf } from '../../wsman/psrp/clixml-plain.ts';
import { isPsObject, type PsObject, type PsProperty, type PsValue } from '../../wsman/psrp/clixml-types.ts';
import { textFor } from './text-for.ts';

const usualWidth = 120;

interface Column {
  readonly title: string;
  readonly name: string;
  readonly width: number | null;
  readonly isRight?: boolean;
  readonly text?: (value: PsValue) => string;
}

const kilobytes = (value: PsValue): string => (Number(textFor(value)) / 1024).toFixed(0);
const twoDigits = (value: PsValue): string => (value === null ? '' : Number(textFor(value)).toFixed(2));

/** Views that Windows brings, by type. */
const views: ReadonlyMap<string, readonly Column[]> = new Map([
  [
    'System.ServiceProcess.ServiceController',
    [
      { title: 'Status', name: 'Status', width: 8 },
      { title: 'Name', name: 'Name', width: 18 },
      { title: 'DisplayName', name: 'DisplayName', width: 38 },
    ],
  ],
  [
    'System.Diagnostics.Process',
    [
      { title: 'Handles', name: 'Handles', width: 7, isRight: true },
      { title: 'NPM(K)', name: 'NPM', width: 7, isRight: true, text: kilobytes },
      { title: 'PM(K)', name: 'PM', width: 8, isRight: true, text: kilobytes },
      { title: 'WS(K)', name: 'WS', width: 10, isRight: true, text: kilobytes },
      { title: 'CPU(s)', name: 'CPU', width: 10, isRight: true, text: twoDigits },
      { title: 'Id', name: 'Id', width: 6, isRight: true },
      { title: 'SI', name: 'SI', width: 3, isRight: true },
      { title: 'ProcessName', name: 'ProcessName', width: null },
    ],
  ],
]);

/** Lines of what the values look like, as Out-Default shows them. */
export function formatDefault(values: readonly PsValue[], consoleWidth: number = usualWidth): string[] {
  const lines: string[] = [];
  for (let at = 0; at < values.length; ) {
    const value = values[at]!;
    if (!isPsObject(value) || isPlain(value)) {
      lines.push(...simpleLines(value));
      at++;
      continue;
    }
    const key = shapeOf(value);
    let end = at + 1;
    while (end < values.length && isSameShape(values[end]!, key)) end++;
    const group = values.slice(at, end);
    const isTable = views.has(value.typeNames[0] ?? '') || shown(value).length <= 4;
    lines.push(...(isTable ? formatAsTable(group, null, consoleWidth) : formatAsList(group, null)));
    at = end;
  }
  return lines;
}

const isSameShape = (value: PsValue, key: string): boolean =>
  isPsObject(value) && !isPlain(value) && shapeOf(value) === key;
const shapeOf = (value: PsObject): string =>
  views.has(value.typeNames[0] ?? '')
    ? value.typeNames[0]!
    : `${value.typeNames[0]}|${shown(value).map(({ name }) => name)}`;

/** Shown as one text: a primitive with properties, an enumeration, text of a Format-* cmdlet, an object without properties. */
const isPlain = (value: PsObject): boolean =>
  value.base !== undefined || value.container !== null || value.adapted.length + value.extended.length === 0;

const hidden = /^(__|PSComputerName$|CimClass$|CimInstanceProperties$)/;
const shown = (value: PsObject): readonly PsProperty[] =>
  [...value.adapted, ...value.extended].filter(({ name }) => !hidden.test(name));

function simpleLines(value: PsValue): string[] {
  if (value === null) return [];
  if (isPsObject(value) && value.container !== null) {
    if (value.container.kind !== 'DCT') return formatDefault(value.container.items);
    const rows = value.container.entries.map(([key, entry]) => `${textFor(key).padEnd(30)} ${cell(entry)}`.trimEnd());
    return ['', `${'Name'.padEnd(30)} Value`, `${'----'.padEnd(30)} -----`, ...rows, '', ''];
  }
  const date = isPsObject(value) ? propertyOf(value, 'DateTime') : undefined;
  if (date !== undefined) return ['', textFor(date), '', ''];
  return textFor(value).split(/\r?\n/);
}

/** A value inside a table or list: a list in braces, no line breaks. */
function cell(value: PsValue): string {
  if (isPsObject(value) && value.container !== null && value.container.kind !== 'DCT') {
    const items = value.container.items.slice(0, 4).map(textFor);
    return `{${items.join(', ')}${value.container.items.length > 4 ? '...' : ''}}`;
  }
  return textFor(value).replace(/[\r\n]+/g, ' ');
}

const cut = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(1, width - 3))}...`.slice(0, width);

export function formatAsTable(
  values: readonly PsValue[],
  names: readonly string[] | null,
  consoleWidth: number = usualWidth,
): string[] {
  const [first] = values;
  if (first === undefined) return [];
  const view = names === null && isPsObject(first) ? views.get(first.typeNames[0] ?? '') : undefined;
  const wanted = view ?? columnsOf(values, names);
  const text = (column: Column, value: PsValue): string => {
    const found = propertyOf(value, column.name) ?? null;
    return column.text === undefined ? cell(found) : column.text(found);
  };
  const widths = wanted.map(
    (column) =>
      column.width ??
      Math.min(
        60,
        values.reduce<number>((most, value) => Math.max(most, text(column, value).length), column.title.length),
      ),
  );
  // What has no room any more is left out, the last that has some is cut.
  let room = Math.max(1, consoleWidth);
  const fitted: number[] = [];
  for (const width of widths) {
    if (room <= 0) break;
    fitted.push(Math.min(width, room));
    room -= width + 1;
  }
  const columns = wanted.slice(0, fitted.length);
  const line = (texts: readonly string[]): string =>
    texts
      .map((one, index) =>
        columns[index]!.isRight
          ? cut(one, fitted[index]!).padStart(fitted[index]!)
          : cut(one, fitted[index]!).padEnd(fitted[index]!),
      )
      .join(' ');
  const titles = columns.map(({ title }) => title);
  return [
    '',
    line(titles),
    line(titles.map((title, index) => '-'.repeat(Math.min(title.length, fitted[index]!)))),
    ...values.map((value) => line(columns.map((column) => text(column, value)))),
    '',
    '',
  ];
}

function columnsOf(values: readonly PsValue[], names: readonly string[] | null): readonly Column[] {
  const [first] = values;
  const own = names ?? (first !== undefined && isPsObject(first) ? shown(first).map(({ name }) => name) : []);
  return own.map((name) => {
    const value = propertyOf(first, name);
    const actual =
      first !== undefined && isPsObject(first)
        ? [...first.adapted, ...first.extended].find((p) => p.name.toLowerCase() === name.toLowerCase())
        : undefined;
    const isNumber =
      typeof value === 'number' ||
      typeof value === 'bigint' ||
      (typeof value === 'object' &&
        value !== null &&
        'clixml' in value &&
        /^(By|SB|[UI]\d\d|Sg|Db)$/.test(value.clixml));
    return { title: actual?.name ?? name, name, width: null, isRight: isNumber };
  });
}

export function formatAsList(values: readonly PsValue[], names: readonly string[] | null): string[] {
  const lines: string[] = ['', ''];
  for (const value of values) {
    if (!isPsObject(value)) {
      lines.push(...simpleLines(value));
      continue;
    }
    const properties =
      names === null ? shown(value) : names.map((name) => ({ name, value: propertyOf(value, name) ?? null }));
    const width = properties.reduce((most, { name }) => Math.max(most, name.length), 0);
    for (const property of properties) lines.push(`${property.name.padEnd(width)} : ${cell(property.value)}`);
    lines.push('');
  }
  lines.push('', '');
  return lines;
}
