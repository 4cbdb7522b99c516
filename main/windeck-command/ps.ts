/** `windeck ps -r:HOST 'SCRIPT'`: runs a script in a PowerShell session of a machine; text as PowerShell prints it, or objects as JSON. */
import { CommandLineError } from '../winrm-command/command.ts';
import { printableProse, shown } from '../winrm-command/text-format.ts';
import type { WinrsEnvironment } from '../winrm-command/winrs-run.ts';
import {
  CancelledError,
  openRunspacePool,
  type Pipeline,
  PowerShellUnavailableError,
  type PsErrorRecord,
  type PsValue,
  type RunspacePool,
  toPlain,
} from '../wsman/index.ts';
import { parseOwnArguments } from './arguments.ts';
import { onMachine } from './on-machine.ts';
import { terminalHost } from './terminal-host.ts';

const help = `windeck ps -r:MACHINE [switches] 'SCRIPT'

Runs a script in a PowerShell session of the machine, over PSRP. What it prints
comes as PowerShell formats it; errors, warnings and questions go to standard
error and to whoever is at the terminal.

  windeck ps -r:web01 -u:CORP\\anna 'Get-Service | Sort-Object Status'
  windeck ps -r:web01 -format:json 'Get-Process | Select-Object Name, Id'
  windeck ps -r:web01 - < script.ps1

  -format:text|json     json: one array of objects, each as it came
  -configuration:NAME   another endpoint than Microsoft.PowerShell (JEA)

Exit code: that of "exit N" in the script; else 0 it ran without errors, 1 it
reported errors or could not run.
`;

/** A script is text of people; larger ones are files to be copied there. */
const longestScript = 1_000_000;

export async function ps(args: readonly string[], environment: WinrsEnvironment): Promise<number> {
  const {
    connection,
    operands,
    own,
    help: wantsHelp,
  } = parseOwnArguments(args, [
    { name: 'format', spellings: ['f', 'format'], value: 'required' },
    { name: 'configuration', spellings: ['configuration', 'configurationname'], value: 'required' },
  ]);
  if (wantsHelp) {
    await environment.stdout(help);
    return 0;
  }
  const format = own.get('format')?.toLowerCase() ?? 'text';
  if (format !== 'text' && format !== 'json') throw new CommandLineError('The format of ps is text or json.', 2);
  const script = await scriptOf(operands, environment);
  const configurationName = own.get('configuration');
  const { signal } = environment;
  const { columns, rows } = sizeOfTerminal();
  const terminal = terminalHost(environment, columns, rows);
  return onMachine(connection, environment, {
    open: (client) => openRunspacePool(client, { host: terminal.host, signal, configurationName }),
    work: async (pool) => {
      const failed = await runInterruptibly(
        environment,
        (signal) => pool.run(script, { format: format === 'text' ? 'console' : 'objects', signal }),
        (pipeline) =>
          format === 'json' ? writeJson(pipeline, environment) : readRecords(pipeline, environment, async () => {}),
      );
      return terminal.exitCode() ?? (failed || terminal.errors() > 0 ? 1 : 0);
    },
    close: (pool: RunspacePool) => pool.close(),
    explain: explainUnavailable,
  });
}

/** In words of ps and shell: what to do where a machine has no PowerShell endpoint. */
export function explainUnavailable(error: unknown): string | null {
  if (!(error instanceof PowerShellUnavailableError)) return null;
  return (
    `Error: ${printableProse(error.message)}\n` +
    'Enable-PSRemoting on the machine registers it; without it "windeck winrs" still runs powershell.exe there.\n'
  );
}

async function scriptOf(operands: readonly string[], environment: WinrsEnvironment): Promise<string> {
  const text = operands.join(' ');
  if (text === '') throw new CommandLineError('ps needs a script to run: windeck ps -r:web01 "Get-Service".', 2);
  if (text !== '-') return text;
  const input = environment.standardInput(false, () => {});
  if (input === null) throw new CommandLineError('Standard input holds the lines to run already.');
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of input) {
    pieces.push(piece);
    size += piece.length;
    if (size > longestScript) throw new CommandLineError('The script on standard input is too long (over 1 MB).');
  }
  return Buffer.concat(pieces)
    .toString('utf8')
    .replace(/^\ufeff/, '');
}

export function sizeOfTerminal(): { readonly columns: number; readonly rows: number } {
  const { columns = 120, rows = 40 } = process.stdout;
  return { columns: Math.max(40, columns), rows: Math.max(10, rows) };
}

/**
 * Starts a pipeline and works with it. The first Ctrl-C stops it there, also one that comes before it has begun (then this rejects with
 * CancelledError); the second ends everything here.
 */
export async function runInterruptibly<T>(
  environment: WinrsEnvironment,
  start: (signal: AbortSignal) => Promise<Pipeline>,
  work: (pipeline: Pipeline) => Promise<T>,
): Promise<T> {
  const early = new AbortController();
  let running = null as Pipeline | null;
  let times = 0;
  const release = environment.onInterrupt(() => {
    if (++times > 1) environment.cancel();
    else if (running === null) early.abort(new CancelledError('Stopped before it began.'));
    else running.stop().catch(() => {});
  });
  try {
    running = await start(AbortSignal.any([early.signal, ...(environment.signal ? [environment.signal] : [])]));
    return await work(running);
  } finally {
    release();
  }
}

/** One array, written as the objects come. True where there were errors. */
async function writeJson(pipeline: Pipeline, environment: WinrsEnvironment): Promise<boolean> {
  let before = '[\n';
  const failed = await readRecords(pipeline, environment, async (value) => {
    await environment.stdout(`${before}${JSON.stringify(toPlain(value))}`);
    before = ',\n';
  });
  await environment.stdout(before === '[\n' ? '[]\n' : '\n]\n');
  return failed;
}

/** Reads a pipeline to its end; what is no output is said on standard error. True where there were errors, or it did not run through. */
export async function readRecords(
  pipeline: Pipeline,
  environment: WinrsEnvironment,
  onOutput: (value: PsValue) => Promise<void>,
): Promise<boolean> {
  const say = (text: string): Promise<void> =>
    environment.stderr(`${environment.isTerminal.stderr ? shown(text) : text}\n`);
  let failed = false;
  for await (const record of pipeline.streams) {
    switch (record.stream) {
      case 'output':
        await onOutput(record.value);
        break;
      case 'error':
        failed = true;
        await say(errorText(record.error));
        break;
      case 'warning':
      case 'verbose':
      case 'debug':
        await say(`${record.stream.toUpperCase()}: ${record.message}`);
        break;
      case 'gap':
        failed = true;
        await say('The line to the machine was lost and taken up again; output may be missing here.');
        break;
      // Progress is shown by the host; what Write-Information says is not, as in PowerShell itself.
      case 'progress':
      case 'information':
        break;
    }
  }
  const end = await pipeline.end;
  if (end.state === 'Failed' && end.error !== null) await say(errorText(end.error));
  if (end.state === 'Stopped') await say('Stopped.');
  return failed || end.state !== 'Completed';
}

/** An error as PowerShell prints it: message, place, category, id. */
function errorText(error: PsErrorRecord): string {
  const { message, invocation, categoryMessage, fullyQualifiedErrorId } = error;
  return [
    invocation?.command ? `${invocation.command} : ${message}` : message,
    ...(invocation?.positionMessage ? [invocation.positionMessage.trim()] : []),
    ...(categoryMessage === null ? [] : [`    + CategoryInfo          : ${categoryMessage}`]),
    ...(fullyQualifiedErrorId === null ? [] : [`    + FullyQualifiedErrorId : ${fullyQualifiedErrorId}`]),
  ].join('\n');
}
