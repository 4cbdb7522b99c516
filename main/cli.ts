/**
 * The `windeck` command: one winrm line as arguments or as one string, or several on standard input.
 * Only this file and what it starts know of a process; the language is in `winrm-command/`.
 */
import { createInterface } from 'node:readline';
import { CommandLineError } from './winrm-command/command.ts';
import type { LineSource } from './winrm-command/process-environment.ts';

// A password behind -p: would else stay readable in the list of processes as long as this one runs. It was for a moment: hence the warning.
process.title = 'windeck';

const cancellation = new AbortController();
process.on('SIGINT', () => {
  // Twice: whoever presses it does not want to wait for an orderly end.
  if (cancellation.signal.aborted) process.exit(130);
  cancellation.abort();
});

process.exitCode = await main(process.argv.slice(2));
// Nothing may keep a finished command alive: not a standard input that is still open, not a connection being closed.
process.exit();

async function main(args: readonly string[]): Promise<number> {
  if (args.length === 0 && !process.stdin.isTTY) return runLines();
  const [first = ''] = args;
  return args.length === 1 && /\s/.test(first.trim()) ? runOne(first, 'arguments') : runOne(args, 'arguments');
}

/** Help and version need neither the protocol library nor anything it brings along. */
async function runOne(line: string | readonly string[], source: LineSource): Promise<number> {
  const { parseArguments, parseLine } = await import('./winrm-command/parse.ts');
  const { execute, OutputClosedError } = await import('./winrm-command/run.ts');
  const { processEnvironment } = await import('./winrm-command/process-environment.ts');
  try {
    const parse = () => (typeof line === 'string' ? parseLine(line) : parseArguments(line));
    return await execute(parse, processEnvironment(source, cancellation.signal));
  } catch (error) {
    if (error instanceof OutputClosedError) return 0;
    throw error;
  }
}

/** Runs every line of standard input, one after another. The last one that fails gives the exit code; Ctrl-C ends all. */
async function runLines(): Promise<number> {
  let exitCode = 0;
  let ran = 0;
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === '' || line.trim().startsWith('#')) continue;
    ran++;
    const code = await runOne(line, 'standard-input');
    if (code !== 0) exitCode = code;
    if (cancellation.signal.aborted) return 130;
  }
  if (ran > 0) return exitCode;
  process.stderr.write(
    `Error: ${new CommandLineError('Standard input holds no line to run. "windeck help" says more.').message}\n`,
  );
  return 2;
}
