import type { ShellInput } from '../../../shared/contract/remote-shell.ts';

/** Lines that were typed, one after another, for a shell that runs one at a time. */
export interface Lines {
  /** Takes what comes up until it ends; what is no line goes to `other`. `answers` may take a line away. */
  follow(
    up: AsyncIterable<ShellInput>,
    other: (message: Exclude<ShellInput, Uint8Array>) => void,
    answers?: (line: string) => boolean,
  ): Promise<void>;
  put(line: string): void;
  /** Ctrl+C takes what was typed ahead with it. */
  clear(): void;
  /** Rejects with the signal's reason. */
  next(): Promise<string>;
}

/** Lines that were typed while one runs; more than a paste has. */
const mostAhead = 5_000;

export function createLines(signal: AbortSignal): Lines {
  const ahead: string[] = [];
  let wake: (() => void) | null = null;

  function put(line: string): void {
    if (ahead.length < mostAhead) ahead.push(line);
    wake?.();
  }

  return {
    async follow(up, other, answers = () => false) {
      const decoder = new TextDecoder();
      let open = '';
      for await (const message of up) {
        if (!(message instanceof Uint8Array)) {
          if (message.kind === 'interrupt') ahead.length = 0;
          other(message);
          continue;
        }
        const lines = (open + decoder.decode(message, { stream: true })).split(/\r?\n/);
        open = lines.pop()!;
        for (const line of lines) if (!answers(line)) put(line);
      }
    },
    put,
    clear() {
      ahead.length = 0;
    },
    async next() {
      for (;;) {
        signal.throwIfAborted();
        const line = ahead.shift();
        if (line !== undefined) return line;
        await new Promise<void>((resolve, reject) => {
          const stop = (): void => reject(signal.reason);
          signal.addEventListener('abort', stop, { once: true });
          wake = () => {
            wake = null;
            signal.removeEventListener('abort', stop);
            resolve();
          };
        });
      }
    },
  };
}
