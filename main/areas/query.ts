import { type CimSchema, type Decoded, decodeInstance, type WSManClient, WSManFault, wql } from '../wsman/index.ts';

/** Runs a WQL query in root/cimv2 and decodes every row by the schema. `timeoutMs`: the OperationTimeout, where it is not the client's. */
export async function query<const S extends CimSchema>(
  client: WSManClient,
  text: string,
  schema: S,
  signal: AbortSignal,
  timeoutMs?: number,
): Promise<Decoded<S>[]> {
  const rows: Decoded<S>[] = [];
  const batches = client.enumerate({ resourceUri: wql() }, { filter: { dialect: 'wql', text }, signal, timeoutMs });
  for await (const batch of batches) for (const element of batch) rows.push(decodeInstance(element, schema));
  return rows;
}

/** The query's first row; null where there is none. */
export async function queryOne<const S extends CimSchema>(
  client: WSManClient,
  text: string,
  schema: S,
  signal: AbortSignal,
  timeoutMs?: number,
): Promise<Decoded<S> | null> {
  return (await query(client, text, schema, signal, timeoutMs))[0] ?? null;
}

/** `SELECT a,b FROM class WHERE condition`, with the schema's own names. */
export function select(schema: CimSchema, className: string, condition?: string): string {
  return `SELECT ${Object.keys(schema).join(',')} FROM ${className}${condition ? ` WHERE ${condition}` : ''}`;
}

/** A text inside a WQL string literal (quotes and backslashes are escaped with a backslash). */
export function wqlText(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

/** ERROR_ACCESS_DENIED, E_ACCESSDENIED, WBEM_E_ACCESS_DENIED, and WinRM's own for service, provider and namespace. */
const deniedCodes = new Set([5, 0x80070005, 0x80041003, 0x80338104, 0x80338105, 0x80338106]);

/** The machine answers, but this account may not do this there. */
export function isAccessDenied(error: unknown): error is WSManFault {
  if (!(error instanceof WSManFault)) return false;
  const { wsmanCode, providerCode } = error.fields;
  return deniedCodes.has(wsmanCode ?? 0) || deniedCodes.has(providerCode ?? 0);
}

const notOfferedSubcodes: ReadonlySet<string> = new Set([
  'DestinationUnreachable',
  'CannotProcessFilter',
  'FilteringNotSupported',
  'FilterDialectRequestedUnavailable',
  'ActionNotSupported',
]);

/** The class, a property or the query's grammar is not known there: another generation of Windows. */
export function isNotOffered(error: unknown): boolean {
  if (!(error instanceof WSManFault)) return false;
  const { wsmanCode, providerCode } = error.fields;
  // Resource not found, cannot process filter, invalid class, invalid query, class not found by the provider.
  const codes = [0x80338000, 0x8033801a, 0x8033803b, 0x80041010, 0x80041017, 0x80041002, 0x80041012];
  // Servers of other makes send no number: the subcodes of DSP0226 14.6 for the same.
  if (wsmanCode === null && providerCode === null) return notOfferedSubcodes.has(error.fields.subcode ?? '');
  return codes.includes(wsmanCode ?? 0) || codes.includes(providerCode ?? 0);
}
