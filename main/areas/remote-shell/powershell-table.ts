import { type PlainValue, type PsValue, toPlain } from '../../wsman/index.ts';

const mostColumns = 40;
const mostCell = 400;

/** Objects as rows: their properties in the order in which they first come; a value that has none is a row of itself. */
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
  const columns = [...names];
  return {
    columns,
    rows: plain.map((value) =>
      columns.map((name, n) => cell(isRecord(value) ? value[name] : n === 0 ? value : undefined)),
    ),
  };
}

const isRecord = (value: PlainValue): value is { readonly [name: string]: PlainValue } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function cell(value: PlainValue | undefined): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return text.length > mostCell ? `${text.slice(0, mostCell)}…` : text;
}
