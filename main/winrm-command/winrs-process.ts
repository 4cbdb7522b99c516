/** The environment of winrs in a process of its own: standard input that is passed on, Ctrl-C that is, and being told to end. */
import type { ReadStream } from 'node:tty';
import { CommandLineError } from './command.ts';
import { type LineSource, processEnvironment } from './process-environment.ts';
import type { Interruption, WinrsEnvironment } from './winrs-run.ts';

/** Who is told of Ctrl-C instead of the process; the last one that asked. */
export type InterruptHandlers = ((kind: Interruption) => void)[];

/** `cancellation` is aborted by a second Ctrl-C, SIGTERM and SIGHUP: then the shell is deleted before the process ends. */
export function winrsEnvironment(
  source: LineSource,
  cancellation: AbortController,
  handlers: InterruptHandlers,
): WinrsEnvironment {
  const environment = processEnvironment(source, cancellation.signal);
  for (const name of ['SIGTERM', 'SIGHUP'] as const) process.on(name, () => cancellation.abort());
  // Ctrl-\ here, Ctrl-Break there.
  process.on(process.platform === 'win32' ? 'SIGBREAK' : 'SIGQUIT', () => handlers.at(-1)?.('ctrl_break'));
  const input = source === 'standard-input' ? null : createStandardInput(process.stdin);
  const isInteractive = input !== null && process.stdin.isTTY === true;
  return {
    ...environment,
    readPasswordLine: async () => {
      if (input === null || isInteractive) return environment.readPasswordLine();
      // What stands behind the first line is for the command.
      const line = await input.readLine();
      if (line === null) {
        throw new CommandLineError('-p:- reads the password from the first line of standard input, and that is empty.');
      }
      return line;
    },
    standardInput: (noEcho, interrupt) => {
      if (input === null) return null;
      if (!isInteractive) return input.rest();
      return noEcho ? typedUnseen(process.stdin, interrupt) : typed(input.rest());
    },
    isInteractive,
    isTerminal: { stdout: process.stdout.isTTY === true, stderr: process.stderr.isTTY === true },
    onInterrupt: (handler) => {
      handlers.push(handler);
      return () => {
        const at = handlers.indexOf(handler);
        if (at >= 0) handlers.splice(at, 1);
      };
    },
    cancel: () => cancellation.abort(),
  };
}

export interface StandardInput {
  /** The first line, without its end; null where there is nothing at all. Rejects where it is far too long for a password. */
  readLine(): Promise<string | null>;
  /** Everything that was not read as a line. */
  rest(): AsyncIterable<Uint8Array>;
}

const longestLine = 64 * 1024;

/** Reads nothing before it is asked. */
export function createStandardInput(stream: AsyncIterable<Uint8Array>): StandardInput {
  let iterator: AsyncIterator<Uint8Array> | null = null;
  const next = async (): Promise<Uint8Array | null> => {
    iterator ??= stream[Symbol.asyncIterator]();
    const { value, done } = await iterator.next();
    return done ? null : value;
  };
  let left = Buffer.alloc(0);
  return {
    async readLine() {
      let isOver = false;
      let end = left.indexOf(0x0a);
      while (end < 0 && !isOver) {
        const piece = await next();
        if (piece === null) isOver = true;
        else left = Buffer.concat([left, piece]);
        end = left.indexOf(0x0a);
        if (left.length > longestLine && end < 0)
          throw new CommandLineError('The first line of standard input is too long.');
      }
      if (end < 0 && left.length === 0) return null;
      const line = left.subarray(0, end < 0 ? left.length : end);
      left = left.subarray(end < 0 ? left.length : end + 1);
      return line.toString('utf8').replace(/\r$/, '');
    },
    async *rest() {
      if (left.length > 0) yield left;
      left = Buffer.alloc(0);
      for (let piece = await next(); piece !== null; piece = await next()) yield piece;
    },
  };
}

/** Lines typed at a terminal end as Windows' do. */
async function* typed(lines: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of lines)
    yield Buffer.from(Buffer.from(piece).toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1');
}

/** Lines typed without being shown. Ctrl-C and Ctrl-D do what they do elsewhere; backspace takes a character off. */
async function* typedUnseen(terminal: ReadStream, interrupt: (kind: Interruption) => void): AsyncGenerator<Uint8Array> {
  terminal.setRawMode(true);
  try {
    let line = '';
    for await (const piece of terminal as AsyncIterable<Uint8Array>) {
      for (const character of Buffer.from(piece).toString('utf8')) {
        if (character === '\u0003') interrupt('ctrl_c');
        else if (character === '\u001c') interrupt('ctrl_break');
        else if (character === '\u0004' && line === '') return;
        else if (character === '\u007f' || character === '\b') line = line.slice(0, -1);
        else if (character === '\r' || character === '\n') {
          yield Buffer.from(`${line}\r\n`);
          line = '';
        } else if (character >= ' ') line += character;
      }
    }
  } finally {
    terminal.setRawMode(false);
  }
}

/**
 * The exit code of a remote command as this system can give it. Where only eight bits pass, one that would turn into 0 or another small number
 * becomes 255, and `note` says which it was.
 */
export function localExitCode(code: number, platform: NodeJS.Platform): { exitCode: number; note: string | null } {
  if (platform === 'win32' || (code >= 0 && code <= 255)) return { exitCode: code, note: null };
  return { exitCode: 255, note: `Note: the command ended with exit code ${code}, which does not fit here.\n` };
}
