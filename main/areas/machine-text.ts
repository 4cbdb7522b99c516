import Papa from 'papaparse';
import * as v from 'valibot';
import {
  type ImportFormat,
  type ImportPreview,
  type ImportRow,
  MachineSettings,
} from '../../shared/contract/machines.ts';
import { defaultPorts, settingsFor } from './machine-defaults.ts';

/** Columns of the CSV form, in the order in which they are written. Headers are compared without regard to case, spaces and hyphens. */
const columns = [
  'name',
  'address',
  'transport',
  'port',
  'path',
  'signIn',
  'spnClass',
  'spnHost',
  'spnPort',
  'delegate',
  'trusted',
  'allowClearText',
  'pin',
  'tags',
] as const;
type Column = (typeof columns)[number];
const flags = ['trusted', 'allowClearText', 'spnPort', 'delegate'] as const satisfies readonly Column[];
const headerOf = new Map<string, Column>([
  ...columns.map((column) => [column.toLowerCase(), column] as const),
  // What other tools call them.
  ['host', 'address'],
  ['hostname', 'address'],
  ['computer', 'address'],
  ['computername', 'address'],
  ['fqdn', 'address'],
  ['ip', 'address'],
  ['displayname', 'name'],
  ['groups', 'tags'],
]);

/** Reads a list or CSV without changing anything: every line with what would become of it. `known` is the inventory as it is. */
export function readImport(
  text: string,
  format: v.InferOutput<typeof ImportFormat>,
  known: readonly MachineSettings[],
): ImportPreview {
  const clean = text.replace(/^\ufeff/, '');
  const kind = format === 'auto' ? detect(clean) : format;
  const parsed = kind === 'csv' ? readCsv(clean) : readList(clean);
  const inInventory = new Set(known.map(endpointOf));
  const inText = new Map<string, number>();
  const rows = parsed.map(({ line, result }): ImportRow => {
    if ('note' in result) return { line, settings: null, verdict: 'invalid', note: result.note };
    const { settings } = result;
    const endpoint = endpointOf(settings);
    const before = inText.get(endpoint);
    if (inInventory.has(endpoint)) {
      return { line, settings, verdict: 'known', note: 'Already in the inventory.' };
    }
    if (before !== undefined) return { line, settings, verdict: 'duplicate', note: `The same as line ${before}.` };
    inText.set(endpoint, line);
    return { line, settings, verdict: 'new', note: '' };
  });
  return { format: kind, rows };
}

interface ReadLine {
  readonly line: number;
  readonly result: { readonly settings: MachineSettings } | { readonly note: string };
}

/** Two entries are the same machine when they reach the same listener. */
function endpointOf({ address, port }: MachineSettings): string {
  return `${address.toLowerCase()} ${port}`;
}

const headingLine = (text: string): string => text.split(/\r?\n/).find((line) => line.trim() !== '') ?? '';

/** CSV where the first line that says something has a comma, semicolon or tab and names an address column. */
function detect(text: string): 'list' | 'csv' {
  const names = headingLine(text)
    .split(/[,;\t]/)
    .map((cell) => headerOf.get(headerKey(cell)));
  return names.includes('address') ? 'csv' : 'list';
}

/** What parts the heading line: looking at the rows as well would take the semicolons between tags for it. */
function delimiterOf(text: string): string {
  const heading = headingLine(text);
  const parts = (delimiter: string) => heading.split(delimiter).length;
  return [',', ';', '\t'].reduce((best, next) => (parts(next) > parts(best) ? next : best));
}

/** One machine a line: `host`, `host:port`, `[ipv6]:port`, `http(s)://host[:port][/path]`. `#` begins a comment. */
function readList(text: string): ReadLine[] {
  return text.split(/\r?\n/).flatMap((raw, index) => {
    const entry = raw.replace(/#.*/, '').trim();
    return entry === '' ? [] : [{ line: index + 1, result: readEntry(entry) }];
  });
}

function readEntry(entry: string): ReadLine['result'] {
  const parsed =
    /^(?:(https?):\/\/)?(?:\[([^\]]+)\]|([^:/\s]+)|((?:[0-9a-f]*:){2,}[0-9a-f.:]*))(?::(\d+))?(?:\/(\S*))?$/i.exec(
      entry,
    );
  if (parsed === null) return { note: 'Not a host name, an address or a URL.' };
  const [, scheme, bracketed, host, ipv6, port, path] = parsed;
  const transport = scheme?.toLowerCase() === 'https' || port === '5986' ? 'https' : 'http';
  return validated({
    ...settingsFor(bracketed ?? host ?? ipv6 ?? '', { transport }),
    // A URL without a port means WinRM's own, as in `winrm -r:`; only a written 80 or 443 is that.
    port: port === undefined ? defaultPorts[transport] : Number(port),
    path: path ? path.replace(/\/+$/, '') : 'wsman',
  });
}

function readCsv(text: string): ReadLine[] {
  const { data } = Papa.parse<string[]>(text, { skipEmptyLines: false, delimiter: delimiterOf(text) });
  const lines = linesOfRecords(text, data);
  const headerIndex = data.findIndex((cells) => cells.some((cell) => cell.trim() !== ''));
  const header = (data[headerIndex] ?? []).map((cell) => headerOf.get(headerKey(cell)) ?? null);
  if (!header.includes('address')) {
    return [
      {
        line: lines[headerIndex] ?? 1,
        result: { note: 'The first line must name the columns, one of them "address".' },
      },
    ];
  }
  const read: ReadLine[] = [];
  for (let i = headerIndex + 1; i < data.length; i++) {
    const cells = data[i]!;
    if (cells.every((cell) => cell.trim() === '')) continue;
    const values = new Map<Column, string>();
    header.forEach((column, at) => {
      if (column !== null && cells[at] !== undefined) values.set(column, unescapeCell(cells[at]).trim());
    });
    read.push({ line: lines[i]!, result: readRecord(values) });
  }
  return read;
}

/** Line numbers of the records: a quoted cell may span lines. */
function linesOfRecords(text: string, records: readonly string[][]): number[] {
  const breaks = text.includes('\r\n') ? '\r\n' : text.includes('\n') ? '\n' : '\r';
  let line = 1;
  return records.map((cells) => {
    const first = line;
    line += 1 + cells.reduce((sum, cell) => sum + cell.split(breaks).length - 1, 0);
    return first;
  });
}

function readRecord(values: ReadonlyMap<Column, string>): ReadLine['result'] {
  const text = (column: Column) => values.get(column) || undefined;
  const address = text('address');
  if (address === undefined) return { note: 'There is no address.' };
  const transport = text('transport')?.toLowerCase() ?? (text('port') === '5986' ? 'https' : 'http');
  if (transport !== 'http' && transport !== 'https') return { note: 'transport must be http or https.' };
  const [trusted, allowClearText, withPort, delegate] = flags.map((column) => flag(text(column)));
  if (trusted == null || allowClearText == null || withPort == null || delegate == null) {
    return { note: `${flags.join(', ')} must be yes or no.` };
  }
  const port = text('port');
  const signIn = text('signIn')?.toLowerCase() ?? 'negotiate';
  return validated({
    ...settingsFor(address.replace(/^\[(.*)\]$/, '$1'), { transport, trusted, allowClearText }),
    name: text('name') ?? address,
    port: port === undefined ? defaultPorts[transport] : Number(port),
    path: text('path') ?? 'wsman',
    signIn,
    spn: { serviceClass: text('spnClass') ?? null, host: text('spnHost') ?? null, withPort },
    delegate,
    pin: text('pin')?.replace(/[\s:]/g, '').toUpperCase() ?? null,
    tags: (text('tags') ?? '')
      .split(/[;,|]/)
      .map((tag) => tag.trim())
      .filter((tag) => tag !== ''),
  });
}

function validated(settings: unknown): ReadLine['result'] {
  const result = v.safeParse(MachineSettings, settings, { abortEarly: true });
  if (result.success) return { settings: result.output };
  const issue = result.issues[0];
  return { note: `${v.getDotPath(issue) ?? 'The line'}: ${issue.message}` };
}

function flag(text: string | undefined): boolean | null {
  if (text === undefined || /^(no|false|0)$/i.test(text)) return false;
  return /^(yes|true|1)$/i.test(text) ? true : null;
}

function headerKey(cell: string): string {
  return unescapeCell(cell)
    .toLowerCase()
    .replace(/[\s_-]/g, '')
    .replace(/^"|"$/g, '');
}

/** Writes machines as text to save. No credential is part of it; a pin, tags and trust are (in CSV). */
export function exportMachines(
  machines: readonly MachineSettings[],
  format: 'list' | 'csv',
  now: number,
): { readonly fileName: string; readonly text: string } {
  const date = new Date(now).toISOString().slice(0, 10);
  if (format === 'list') {
    return {
      fileName: `windeck-machines-${date}.txt`,
      text: machines.map((machine) => `${entryOf(machine)}\n`).join(''),
    };
  }
  const rows = machines.map((machine) => columns.map((column) => escapeCell(cellOf(machine, column))));
  return {
    fileName: `windeck-machines-${date}.csv`,
    text: `${Papa.unparse([[...columns], ...rows], { newline: '\r\n' })}\r\n`,
  };
}

/** The shortest line that reads back as the same endpoint. */
function entryOf({ address, transport, port, path }: MachineSettings): string {
  const host = address.includes(':') ? `[${address}]` : address;
  const suffix = path === 'wsman' ? '' : `/${path}`;
  if (transport === 'http' && port === defaultPorts.http && suffix === '') return host;
  return `${transport}://${host}:${port}${suffix}`;
}

function cellOf(machine: MachineSettings, column: Column): string {
  const value = columnOf(machine, column);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.join(';');
  return value === null ? '' : String(value);
}

function columnOf(machine: MachineSettings, column: Column) {
  switch (column) {
    case 'spnClass':
      return machine.spn.serviceClass;
    case 'spnHost':
      return machine.spn.host;
    case 'spnPort':
      return machine.spn.withPort;
    default:
      return machine[column];
  }
}

/**
 * A cell that begins like a formula is run by spreadsheets (CWE-1236). An apostrophe in front makes it text there, and reading takes it off
 * again; a cell that begins with an apostrophe by itself gets one too, so that it survives.
 */
function escapeCell(cell: string): string {
  return /^[=+\-@\t\r']/.test(cell) ? `'${cell}` : cell;
}

function unescapeCell(cell: string): string {
  return /^'[=+\-@\t\r']/.test(cell) ? cell.slice(1) : cell;
}
