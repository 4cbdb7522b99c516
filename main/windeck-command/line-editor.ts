/** Lines for `windeck shell`: edited and remembered at a terminal, or simply read from a pipe. */
import { createInterface } from 'node:readline';
import type { WinrsEnvironment } from '../winrm-command/winrs-run.ts';

export interface LineEditor {
  /** The next line without its end; null where there is no more. Ctrl-C on a line that is typed drops it. */
  next(prompt: string): Promise<string | null>;
  close(): void;
}

const rememberedLines = 500;

/** At a terminal: arrows, history, Ctrl-C. What is typed there is nowhere written down. */
export function terminalEditor(): LineEditor {
  const reader = createInterface({
    input: process.stdin,
    output: process.stderr,
    terminal: true,
    historySize: rememberedLines,
    removeHistoryDuplicates: true,
  });
  /** While something runs the terminal is as it was: what is typed is for that, and Ctrl-C is a signal again. */
  const rest = (): void => {
    reader.pause();
    process.stdin.setRawMode(false);
  };
  rest();
  return {
    next: (prompt) =>
      new Promise((resolve) => {
        const end = (line: string | null): void => {
          reader.off('line', end);
          reader.off('close', closed);
          reader.off('SIGINT', drop);
          rest();
          resolve(line);
        };
        const closed = (): void => end(null);
        const drop = (): void => {
          reader.write(null, { ctrl: true, name: 'e' });
          reader.write(null, { ctrl: true, name: 'u' });
          reader.prompt();
        };
        reader.on('line', end);
        reader.on('close', closed);
        reader.on('SIGINT', drop);
        process.stdin.setRawMode(true);
        reader.setPrompt(prompt);
        reader.prompt();
      }),
    close: () => reader.close(),
  };
}

/** From a pipe or a file: no prompt is shown, and nobody is asked. */
export function pipeEditor(environment: WinrsEnvironment): LineEditor {
  const input = environment.standardInput(false, () => {});
  const lines = input === null ? null : splitLines(input);
  return {
    async next() {
      const found = await lines?.next();
      return found === undefined || found.done ? null : found.value;
    },
    close: () => void lines?.return(undefined),
  };
}

const longestLine = 1_000_000;

async function* splitLines(input: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of input) {
    rest += decoder.decode(piece, { stream: true });
    const lines = rest.split(/\r?\n/);
    rest = lines.pop() ?? '';
    yield* lines;
    // No script has such a line; holding more of it would only fill the memory.
    if (rest.length > longestLine) return;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}
