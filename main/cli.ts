/**
 * The `windeck` command: one of our own commands (`windeck-command/`), one line of winrm or winrs as arguments or as one string, or several on standard input. Only this file, the
 * terminal and the process environments know that there is a process; the language itself is in `winrm-command/`.
 */
import { mkdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { createInterface } from 'node:readline';
import envPaths from 'env-paths';
import type { OwnCommand } from './windeck-command/commands.ts';
import type { LineSource } from './winrm-command/process-environment.ts';
import type { InterruptHandlers } from './winrm-command/winrs-process.ts';

// A password behind -p: would otherwise stay readable in the list of processes for as long as this one runs. For a moment it was: hence the
// warning that goes with it.
process.title = 'windeck';

keepCompiledSources();

const cancellation = new AbortController();
/** A remote command that runs gets Ctrl-C first. */
const interruptHandlers: InterruptHandlers = [];
process.on('SIGINT', () => {
  const handler = interruptHandlers.at(-1);
  if (handler && !cancellation.signal.aborted) {
    handler('ctrl_c');
    return;
  }
  // Pressed twice: no patience for an orderly end.
  if (cancellation.signal.aborted) process.exit(130);
  cancellation.abort();
});

// Nothing keeps a finished command alive: neither a standard input that is still open nor a connection that is being closed.
process.exit(await main(process.argv.slice(2)));

async function main(args: readonly string[]): Promise<number> {
  if (args.length === 0 && !process.stdin.isTTY) return runLines();
  const [first = ''] = args;
  const { ownCommands } = await import('./windeck-command/commands.ts');
  const command = ownCommands.get(first.toLowerCase());
  if (command !== undefined) return runOwn(await command(), args.slice(1));
  const isLine = args.length === 1 && /\s/.test(first.trim());
  return run(isLine ? first : args, 'arguments');
}

/** One of our own commands. */
async function runOwn(command: OwnCommand, args: readonly string[]): Promise<number> {
  const { localExitCode, winrsEnvironment } = await import('./winrm-command/winrs-process.ts');
  const { CommandLineError } = await import('./winrm-command/command.ts');
  const { OutputClosedError } = await import('./winrm-command/run.ts');
  const environment = winrsEnvironment('arguments', cancellation, interruptHandlers);
  try {
    const { exitCode, note } = localExitCode(await command(args, environment), process.platform);
    if (note !== null) await environment.stderr(note);
    return exitCode;
  } catch (error) {
    if (error instanceof OutputClosedError) process.exit(0);
    if (!(error instanceof CommandLineError)) throw error;
    await environment.stderr(`Error: ${error.message}\n`);
    return error.exitCode;
  }
}

/** One line, cut into words already (by a shell) or not. */
async function run(line: string | readonly string[], source: LineSource): Promise<number> {
  // Loaded here, after the cache of compiled sources is set up: static imports would come before it.
  const { isWinrsLine } = await import('./winrm-command/winrs-parse.ts');
  const { execute, OutputClosedError } = await import('./winrm-command/run.ts');
  try {
    if (isWinrsLine(line)) return await runWinrs(line, source);
    const { parseArguments, parseLine } = await import('./winrm-command/parse.ts');
    const { processEnvironment } = await import('./winrm-command/process-environment.ts');
    const parse = () => (typeof line === 'string' ? parseLine(line) : parseArguments(line));
    return await execute(parse, processEnvironment(source, cancellation.signal));
  } catch (error) {
    // `| head` has seen enough.
    if (error instanceof OutputClosedError) process.exit(0);
    throw error;
  }
}

async function runWinrs(line: string | readonly string[], source: LineSource): Promise<number> {
  const { parseWinrsArguments, parseWinrsLine } = await import('./winrm-command/winrs-parse.ts');
  const { localExitCode, winrsEnvironment } = await import('./winrm-command/winrs-process.ts');
  const { executeWinrs } = await import('./winrm-command/winrs-run.ts');
  const environment = winrsEnvironment(source, cancellation, interruptHandlers);
  const parse = () => (typeof line === 'string' ? parseWinrsLine(line) : parseWinrsArguments(line));
  const { exitCode, note } = localExitCode(await executeWinrs(parse, environment), process.platform);
  if (note !== null) await environment.stderr(note);
  return exitCode;
}

/** Every line of standard input, one after another; empty ones and `#` comments count for nothing. The last that fails gives the exit code. */
async function runLines(): Promise<number> {
  let exitCode = 0;
  let ran = 0;
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === '' || line.trim().startsWith('#')) continue;
    ran++;
    exitCode = (await run(line, 'standard-input')) || exitCode;
    if (cancellation.signal.aborted) return 130;
  }
  if (ran > 0) return exitCode;
  process.stderr.write('Error: there is no line to run on standard input. "windeck help" says more.\n');
  return 2;
}

/**
 * Sources are compiled at each start; kept, that takes a third of the time. In a folder of the user's own: what lies there is run, so it must
 * not be one where others can write. Where it cannot be made, nothing is kept.
 */
function keepCompiledSources(): void {
  try {
    const folder = `${envPaths('Windeck', { suffix: '' }).cache}/compiled`;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    enableCompileCache(folder);
  } catch {
    // A read-only home: slower, not worse.
  }
}
