/** The environment of a command in a process of its own: its standard streams, its terminal, its version. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { createClient } from '../wsman/index.ts';
import { readBounded } from './bounded-file.ts';
import { CommandLineError } from './command.ts';
import { type CommandEnvironment, OutputClosedError } from './run.ts';
import { askOnTerminal } from './terminal.ts';

/**
 * Where the line came from: `arguments` of the process (everybody here can read those) or `standard-input` (which then cannot hold a
 * password as well).
 */
export type LineSource = 'arguments' | 'standard-input';

export function processEnvironment(source: LineSource, signal: AbortSignal): CommandEnvironment {
  const ask = (question: string, hidden: boolean): Promise<string | null> => askOnTerminal(question, hidden, signal);
  return {
    version: readVersion(),
    createClient,
    stdout: writer(process.stdout),
    // What cannot be said is dropped: the exit code still tells.
    stderr: (text) => writer(process.stderr)(text).catch(() => {}),
    ask,
    // In a script nobody is there to be asked, and it is done, as winrm does it.
    ...(process.stdin.isTTY && process.stderr.isTTY
      ? { confirm: async (question: string) => /^y(?:es)?$/i.test((await ask(question, false))?.trim() ?? '') }
      : {}),
    readPasswordLine: () => readPasswordLine(source, ask),
    readFile: readBounded,
    warnOfVisiblePassword: source === 'arguments' && process.stderr.isTTY === true,
    signal,
  };
}

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** Resolves when the text has been handed over. A reader that went away (EPIPE) is an OutputClosedError. */
function writer(stream: Writable): (text: string) => Promise<void> {
  if (stream.listenerCount('error') === 0) stream.on('error', () => {});
  return (text) =>
    text === ''
      ? Promise.resolve()
      : new Promise((resolve, reject) => {
          stream.write(text, (error) => {
            if (!error) return resolve();
            const code = (error as NodeJS.ErrnoException).code;
            reject(code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED' ? new OutputClosedError() : error);
          });
        });
}

async function readPasswordLine(source: LineSource, ask: CommandEnvironment['ask']): Promise<string> {
  if (source === 'standard-input') {
    throw new CommandLineError('Standard input already holds the lines to run; a password cannot be read from it too.');
  }
  // Typed by hand it must not be shown.
  const line = process.stdin.isTTY ? await ask('Password: ', true) : await firstLine();
  if (line === null) throw new CommandLineError('The password is the first line of standard input, and that is empty.');
  return line;
}

async function firstLine(): Promise<string | null> {
  const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  try {
    for await (const line of lines) return line;
    return null;
  } finally {
    lines.close();
  }
}
