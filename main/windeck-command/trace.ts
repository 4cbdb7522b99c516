/** `windeck trace FILE`: shows a trace that the console has saved. Nothing is sent anywhere. */
import * as v from 'valibot';
import type { TraceExchange, TraceFile } from '../../shared/contract/trace.ts';
import { layOutXml, xmlText } from '../../shared/xml-lines.ts';
import { readGivenFile } from '../winrm-command/bounded-file.ts';
import { CommandLineError } from '../winrm-command/command.ts';
import { printable } from '../winrm-command/text-format.ts';
import type { WinrsEnvironment } from '../winrm-command/winrs-run.ts';
import { type OwnSwitch, parseOwnArguments } from './arguments.ts';
import { withSlashOperands } from './path-operands.ts';
import { traceHelp } from './trace-help.ts';

const rules: readonly OwnSwitch<'format' | 'failed' | 'slow' | 'filter'>[] = [
  { name: 'format', spellings: ['f', 'format'], value: 'required' },
  { name: 'failed', spellings: ['failed'], value: 'none' },
  { name: 'slow', spellings: ['slow'], value: 'required' },
  { name: 'filter', spellings: ['filter'], value: 'required' },
];
const mostBytes = 256 * 1024 * 1024;

const headers = v.array(v.tuple([v.string(), v.string()]));
const number = v.pipe(v.number(), v.finite());
const text = v.nullable(v.string());
/** Read as strictly as anything that comes from elsewhere; fields of later versions are passed over. */
const Exchange = v.object({
  id: number,
  startedAt: number,
  milliseconds: number,
  action: v.string(),
  resource: v.string(),
  httpStatus: v.nullable(number),
  failed: v.boolean(),
  error: text,
  bytesSent: number,
  bytesReceived: number,
  timings: v.object({ queue: number, connect: number, authenticate: number, server: number, decode: number }),
  roundTrips: number,
  host: v.string(),
  port: number,
  actionUri: v.string(),
  resourceUri: text,
  request: text,
  response: text,
  requestCut: number,
  responseCut: number,
  sealed: v.boolean(),
  mechanism: text,
  protection: text,
  legs: v.array(
    v.object({
      milliseconds: number,
      requestLine: v.string(),
      requestHeaders: headers,
      requestBytes: number,
      status: v.nullable(number),
      responseHeaders: headers,
      responseBytes: number,
    }),
  ),
  contents: v.boolean(),
  errorName: text,
  layers: v.object({ passed: v.array(v.string()), answered: text, because: v.string() }),
});
const File = v.object({
  format: v.literal('windeck-trace'),
  version: v.literal(1),
  about: v.string(),
  exportedAt: number,
  application: v.string(),
  machine: v.object({ name: v.string(), address: v.string(), operatingSystem: text }),
  exchanges: v.array(Exchange),
});

export async function trace(args: readonly string[], environment: WinrsEnvironment): Promise<number> {
  const { operands, own, help } = parseOwnArguments(withSlashOperands(args, rules), rules);
  if (help) {
    await environment.stdout(traceHelp);
    return 0;
  }
  const [path, id, ...more] = operands;
  if (path === undefined) throw new CommandLineError('Name the file: windeck trace FILE [NUMBER].', 2);
  if (more.length > 0) throw new CommandLineError('trace takes one file and one number.', 2);
  const format = own.get('format')?.toLowerCase() ?? 'text';
  if (format !== 'text' && format !== 'json') throw new CommandLineError('trace has -format:text and -format:json.', 2);
  const slowMs = own.has('slow') ? Number(own.get('slow')) : 0;
  if (!(slowMs >= 0)) throw new CommandLineError('-slow needs milliseconds: -slow:1000.', 2);

  const file = parse(await readGivenFile('file', path, mostBytes, environment), path);
  if (id !== undefined) {
    const one = file.exchanges.find((exchange) => String(exchange.id) === id);
    if (one === undefined) {
      await environment.stderr(`Error: the file holds no exchange ${printable(id)}.\n`);
      return 1;
    }
    await environment.stdout(format === 'json' ? `${JSON.stringify(one, null, 2)}\n` : exchangeText(one));
    return 0;
  }
  const word = own.get('filter')?.toLowerCase() ?? '';
  const shown = file.exchanges.filter(
    (one) =>
      one.milliseconds >= slowMs &&
      (!own.has('failed') || one.failed) &&
      `${one.action}\n${one.resource}\n${one.httpStatus}\n${one.error}`.toLowerCase().includes(word),
  );
  if (format === 'json') {
    const rows = shown.map(({ request: _q, response: _p, legs: _l, ...row }) => row);
    await environment.stdout(`${JSON.stringify({ ...file, exchanges: rows }, null, 2)}\n`);
    return 0;
  }
  const { machine } = file;
  await environment.stdout(
    `${printable(machine.name)} (${printable(machine.address)})${machine.operatingSystem === null ? '' : `, ${printable(machine.operatingSystem)}`}; saved ${dateText(file.exportedAt)} by ${printable(file.application)}\n\n`,
  );
  await environment.stdout(listText(shown));
  return 0;
}

/** Throws CommandLineError that says what is wrong, never with a piece of the file. */
function parse(bytes: Uint8Array, path: string): TraceFile {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    const at = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    throw new CommandLineError(`${path} is no trace: it is not JSON${at === undefined ? '' : ` (at offset ${at})`}.`);
  }
  const said = json as { format?: unknown; version?: unknown } | null;
  if (said?.format !== 'windeck-trace') throw new CommandLineError(`${path} is no trace that Windeck has saved.`);
  if (said.version !== 1) {
    throw new CommandLineError(`${path} is a trace of version ${Number(said.version)}; this windeck reads version 1.`);
  }
  const result = v.safeParse(File, json);
  if (result.success) return result.output as TraceFile;
  const where = result.issues[0].path?.map(({ key }) => String(key)).join('.') ?? '';
  throw new CommandLineError(`${path} is a damaged trace: ${printable(where)} is not what it should be.`);
}

const dateText = (at: number): string => {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? '?' : date.toISOString();
};

function listText(exchanges: readonly TraceExchange[]): string {
  const rows = exchanges.map((one) => [
    String(one.id),
    dateText(one.startedAt).slice(11, 23),
    one.action,
    one.resource === '' ? 'wsman' : one.resource,
    `${one.httpStatus ?? 'none'}${one.failed ? ' failed' : ''}`,
    (one.bytesReceived / 1024).toFixed(1),
    one.milliseconds.toFixed(one.milliseconds < 10 ? 1 : 0),
  ]);
  const table = [['#', 'UTC', 'ACTION', 'RESOURCE', 'STATUS', 'KB IN', 'MS'], ...rows];
  const widths = table[0]!.map((_, column) => Math.min(60, Math.max(...table.map((row) => row[column]!.length))));
  const lines = table.map((row) =>
    row
      .map((cell, column) => {
        const cut = cell.length > 60 ? `${cell.slice(0, 59)}…` : cell;
        return column === 0 || column >= 5
          ? printable(cut).padStart(widths[column]!)
          : printable(cut).padEnd(widths[column]!);
      })
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n${exchanges.length === 0 ? 'Nothing like this is in the file.\n' : ''}`;
}

function exchangeText(one: TraceExchange): string {
  const timing = Object.entries(one.timings).map(([phase, ms]) => `${phase} ${ms.toFixed(1)}`);
  const lines = [
    `${one.action} ${one.resource}`.trimEnd(),
    `  ${dateText(one.startedAt)}, ${one.milliseconds.toFixed(1)} ms: ${timing.join(', ')}`,
    `  HTTP ${one.httpStatus ?? 'without an answer'}, ${one.bytesSent} bytes out, ${one.bytesReceived} in, ${one.roundTrips} round trips`,
    `  ${one.sealed ? 'sealed' : 'not sealed'}, ${one.mechanism ?? 'anonymous'}${one.protection === null ? '' : `, ${one.protection}`}`,
    `  ${one.layers.passed.join(' > ') || 'no layer'} (inferred: ${one.layers.because})`,
    ...(one.error === null ? [] : [`  ${one.errorName}: ${one.error}`]),
    ...one.legs.flatMap((leg, index) => [
      '',
      `HTTP ${index + 1} of ${one.legs.length}, ${leg.milliseconds.toFixed(1)} ms`,
      `> ${leg.requestLine}`,
      ...leg.requestHeaders.map(([name, value]) => `> ${name}: ${value}`),
      `< ${leg.status ?? 'no answer'}`,
      ...leg.responseHeaders.map(([name, value]) => `< ${name}: ${value}`),
    ]),
    '',
    'Request',
    ...messageLines(one.request, one.requestCut),
    '',
    'Response',
    ...messageLines(one.response, one.responseCut),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}

function messageLines(message: string | null, cut: number): readonly string[] {
  if (message === null) return ['(none)'];
  const lines = xmlText(layOutXml(message)).split('\n');
  return cut === 0 ? lines : [...lines, `(${cut} characters more were not kept)`];
}
