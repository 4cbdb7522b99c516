import { type PlainValue, type PsValue, toPlain } from '../../wsman/index.ts';

const mostColumns = 40;
const mostCell = 400;

/** Objects as rows: their properties as columns, those that name a thing before the others; a value that has none is a row of itself. */
export function tableOf(values: readonly PsValue[]): {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
} {
  const plain = values.map(toPlain);
  const names = new Set<string>();
  for (const value of plain) {
    for (const name of isRecord(value) ? Object.keys(value) : []) if (names.size < mostColumns) names.add(name);
  }
  if (names.size === 0) return { columns: ['Value'], rows: plain.map((value) => [cell(value)]) };
  const columns = [...names].sort((a, b) => rank(a) - rank(b));
  return {
    columns,
    rows: plain.map((value) =>
      columns.map((name, n) => cell(isRecord(value) ? value[name] : n === 0 ? value : undefined)),
    ),
  };
}

/** What a thing is called and how it stands comes first; the rest in the order of the objects. */
const first = ['name', 'id', 'status', 'state', 'displayname', 'message'];
const rank = (name: string): number => {
  const at = first.indexOf(name.toLowerCase());
  return at < 0 ? first.length : at;
};

const isRecord = (value: PlainValue): value is { readonly [name: string]: PlainValue } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function cell(value: PlainValue | undefined): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return text.length > mostCell ? `${text.slice(0, mostCell)}…` : text;
}
