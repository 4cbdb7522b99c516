/** What of a trace is shown, and in which words. Pure. */

import type { MachineSettings } from '../../../shared/contract/machines.ts';
import type { TraceExchange, TraceRow, TraceTimings } from '../../../shared/contract/trace.ts';
import { quoted, winrmLine } from '../machine/remote-line.ts';

/** From here on an exchange is called slow. */
export const slowMs = 1000;

export type TraceFilter = 'all' | 'failed' | 'slow';

export const isSlow = ({ milliseconds }: TraceRow): boolean => milliseconds >= slowMs;

export const phases = [
  ['queue', 'Queue'],
  ['connect', 'Connect'],
  ['authenticate', 'Authenticate'],
  ['server', 'Server'],
  ['decode', 'Decode'],
] as const satisfies readonly (readonly [keyof TraceTimings, string])[];

/** Every word has to be in it; `action:get`, `resource:spooler` look in that column alone, `-word` must not be there. */
export function filterTrace(rows: readonly TraceRow[], text: string, filter: TraceFilter): readonly TraceRow[] {
  const terms = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '' && word !== '-')
    .map(termOf);
  return rows.filter(
    (row) =>
      (filter === 'all' || (filter === 'failed' ? row.failed : isSlow(row))) &&
      terms.every(({ column, word, not }) => columnText(row, column).includes(word) !== not),
  );
}

type FilterColumn = 'action' | 'resource' | 'status' | null;

function termOf(typed: string): { column: FilterColumn; word: string; not: boolean } {
  const not = typed.startsWith('-');
  const word = not ? typed.slice(1) : typed;
  const [, column, rest] = /^(action|resource|status):(.*)$/.exec(word) ?? [];
  return column === undefined ? { column: null, word, not } : { column: column as FilterColumn, word: rest ?? '', not };
}

function columnText(row: TraceRow, column: FilterColumn): string {
  const status = String(row.httpStatus ?? '');
  const text =
    column === 'action'
      ? row.action
      : column === 'resource'
        ? row.resource
        : column === 'status'
          ? status
          : `${row.action}\n${row.resource}\n${status}\n${row.error ?? ''}`;
  return text.toLowerCase();
}

/** Milliseconds as a list shows them: `6`, `102`, `1,204`; below one `0.4`. */
export const msText = (ms: number): string => (ms < 0.95 ? ms.toFixed(1) : Math.round(ms).toLocaleString('en-US'));

/** One phase in words: what is zero did not happen, and for two of them that has a reason. */
export function phaseText(exchange: TraceRow, phase: keyof TraceTimings): string {
  const ms = exchange.timings[phase];
  if (phase === 'connect' && ms < 0.05) return exchange.timings.server > 0 ? 'reused' : '–';
  // Sealing is done by then too: without a leg of its own it is not signing in.
  if (phase === 'authenticate' && exchange.roundTrips <= 1) return exchange.timings.server > 0 ? 'session' : '–';
  return `${ms < 100 ? ms.toFixed(1) : Math.round(ms).toLocaleString('en-US')} ms`;
}

/** Less than this is a matter of the clock: it would get the two pixels of something that happened. */
const leastMs = 0.25;

/** The width of each phase as a share of `full` milliseconds. */
export function barOf(
  timings: TraceTimings,
  full: number,
): readonly (readonly [phase: keyof TraceTimings, share: number])[] {
  return phases
    .filter(([phase]) => timings[phase] >= leastMs || phase === 'server')
    .map(([phase]) => [phase, Math.min(1, timings[phase] / Math.max(full, 0.001))] as const)
    .filter(([, share]) => share > 0);
}

/**
 * The time that fills the bar of a list: a power of two of a millisecond in which nine of ten fit in full. It grows from what it was
 * `before`, and shrinks only where the bars would fill an eighth of their place: as exchanges arrive, bars stand still.
 */
export function fullBar(rows: readonly TraceRow[], before: number): number {
  const times = rows.map(({ milliseconds }) => milliseconds).toSorted((a, b) => a - b);
  const most = times[Math.floor((times.length - 1) * 0.9)];
  if (most === undefined) return Math.max(1, before);
  const fits = 2 ** Math.ceil(Math.log2(Math.max(1, most)));
  return fits > before || fits * 8 <= before ? fits : before;
}

export function protectionWords({ sealed, mechanism, protection }: TraceExchange): string {
  const how = [mechanism, protection].filter((word) => word !== null).join(' ');
  if (sealed) return `sealed, ${how}`;
  return how === ''
    ? 'clear text'
    : protection?.startsWith('TLS')
      ? `inside ${protection}, ${mechanism ?? 'anonymous'}`
      : `${how}, clear text`;
}

/** The exchange as a line of winrm that asks the same, where there is one; else how the trace is read outside. */
export function traceCommand(
  exchange: TraceExchange | null,
  settings: MachineSettings,
  userName: string | null,
): string {
  const resource = exchange === null ? null : resourceOf(exchange);
  if (exchange !== null && exchange.action === 'Identify') return winrmLine('id', [], settings, userName);
  if (exchange === null || resource === null) return `windeck trace ${fileNameOf(settings.name, 0)}`;
  const invoked = /^Invoke (.+)$/.exec(exchange.action)?.[1];
  if (invoked !== undefined) return winrmLine('invoke', [quoted(invoked), resource], settings, userName);
  const verbs: Readonly<Record<string, 'get' | 'enumerate' | 'delete'>> = {
    Get: 'get',
    Enumerate: 'enumerate',
    Pull: 'enumerate',
    Delete: 'delete',
  };
  const verb = verbs[exchange.action];
  return verb === undefined
    ? `windeck trace ${fileNameOf(settings.name, 0)}`
    : winrmLine(verb, [resource], settings, userName);
}

function resourceOf({ resource, resourceUri }: TraceExchange): string | null {
  if (resourceUri === null) return null;
  if (/^select\s/i.test(resource)) return `wmicimv2/* ${quoted(`-filter:${resource}`)}`;
  if (resource.startsWith('winrm/config')) return quoted(resource);
  if (/^root\//i.test(resource)) return quoted(`wmi/${resource}`);
  return /\/wmi\/root\/cimv2\//i.test(resourceUri) ? quoted(`wmicimv2/${resource}`) : null;
}

/** Of the machine and the time, with nothing in it that a file system refuses. */
export function fileNameOf(machineName: string, at: number): string {
  const name = machineName.replace(/[^\w.-]+/g, '_');
  const stamp = at === 0 ? '' : `-${new Date(at).toISOString().slice(0, 19).replace(/[:T]/g, '')}`;
  return `trace-${name}${stamp}.json`;
}
