/**
 * Asking the person at the terminal. The terminal is opened itself (/dev/tty), not standard input, which may be a pipe full of lines; so a
 * question is answered by a person or not at all.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { ReadStream } from 'node:tty';
import { CancelledError } from '../wsman/index.ts';

interface Terminal {
  readonly input: ReadStream;
  readonly write: (text: string) => void;
  readonly close: () => void;
}

/**
 * Asks and waits for one line. Hidden: nothing of it is shown. Resolves with null where there is no terminal, or its input ends (Ctrl-D on an
 * empty line); rejects with CancelledError on Ctrl-C and when the signal fires.
 */
export async function askOnTerminal(question: string, hidden: boolean, signal?: AbortSignal): Promise<string | null> {
  const terminal = openTerminal();
  if (terminal === null) return null;
  // Raw also where the answer is shown: one way of reading, and Ctrl-C arrives here.
  terminal.input.setRawMode(true);
  try {
    terminal.write(question);
    return await readAnswer(terminal, hidden, signal);
  } finally {
    terminal.write('\n');
    terminal.input.setRawMode(false);
    terminal.close();
  }
}

function openTerminal(): Terminal | null {
  if (process.platform === 'win32') {
    if (!process.stdin.isTTY) return null;
    const input = process.stdin as unknown as ReadStream;
    return { input, write: (text) => process.stderr.write(text), close: () => input.pause() };
  }
  let descriptor: number;
  try {
    descriptor = openSync('/dev/tty', 'r+');
  } catch {
    // No controlling terminal: started by cron, CI, a service manager.
    return null;
  }
  try {
    const input = new ReadStream(descriptor);
    return {
      input,
      write: (text) => writeTerminal(text),
      close: () => {
        input.destroy();
      },
    };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function writeTerminal(text: string): void {
  const descriptor = openSync('/dev/tty', 'w');
  try {
    writeSync(descriptor, text);
  } finally {
    closeSync(descriptor);
  }
}

const enter = /[\r\n]/;

/** Collects characters until Enter. Backspace takes one off, Ctrl-U all; escape sequences (arrow keys) are not part of an answer. */
function readAnswer({ input, write }: Terminal, hidden: boolean, signal?: AbortSignal): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const decoder = new StringDecoder('utf8');
    let answer: string[] = [];
    const end = (outcome: () => void): void => {
      input.off('data', take);
      input.off('end', over);
      signal?.removeEventListener('abort', cancel);
      input.pause();
      outcome();
    };
    const cancel = (): void => end(() => reject(new CancelledError('Cancelled at the question.')));
    const over = (): void => end(() => resolve(null));
    const take = (bytes: Buffer): void => {
      const text = decoder.write(bytes);
      if (text.startsWith('\u001b')) return;
      for (const character of text) {
        if (enter.test(character)) {
          end(() => resolve(answer.join('')));
          return;
        }
        if (character === '\u0003') {
          cancel();
          return;
        }
        if (character === '\u0004' && answer.length === 0) {
          over();
          return;
        }
        if (character === '\u007f' || character === '\b') {
          if (answer.pop() !== undefined && !hidden) write('\b \b');
        } else if (character === '\u0015') {
          if (!hidden) write('\b \b'.repeat(answer.length));
          answer = [];
        } else if (character >= ' ') {
          answer.push(character);
          if (!hidden) write(character);
        }
      }
    };
    input.on('data', take);
    input.on('end', over);
    if (signal?.aborted) cancel();
    else signal?.addEventListener('abort', cancel, { once: true });
  });
}
