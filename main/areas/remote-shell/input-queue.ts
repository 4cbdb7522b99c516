import { OutcomeUnknownError, TransportError } from '../../wsman/index.ts';

/** Standard input on its way: in order, one Send at a time, while the window can still interrupt. */
export interface InputQueue {
  put(bytes: Uint8Array): void;
  /** Resolves when there is room for more. */
  room(): Promise<void>;
  /** Forgets what has not been sent: Ctrl+C takes what was typed ahead with it, as a console does. */
  clear(): void;
}

/** More than this waits at the window. */
const mostBytes = 1024 * 1024;
/** Goes out in one Send. */
const sendBytes = 32 * 1024;

export function createInputQueue(options: {
  readonly send: (bytes: Uint8Array) => Promise<void>;
  /** The answer to a Send was lost. It is not sent again, and what waited behind it (`hasDropped`) is not sent at all. */
  readonly onUnknown: (hasDropped: boolean) => void;
}): InputQueue {
  let waiting: Uint8Array[] = [];
  let length = 0;
  let isSending = false;
  let drained = Promise.withResolvers<void>();

  async function pump(): Promise<void> {
    isSending = true;
    while (waiting.length > 0) {
      const pieces: Uint8Array[] = [];
      for (let size = 0; waiting.length > 0 && size < sendBytes; size += pieces.at(-1)!.length) {
        pieces.push(waiting.shift()!);
      }
      const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
      length -= bytes.length;
      try {
        await options.send(bytes);
      } catch (error) {
        // Anything else is an answer: nobody reads there any more, which its output says better.
        if (error instanceof TransportError || error instanceof OutcomeUnknownError) {
          const hasDropped = waiting.length > 0;
          // It was typed in the belief that what is now unknown would run first.
          waiting = [];
          length = 0;
          options.onUnknown(hasDropped);
        }
      }
      settle();
    }
    isSending = false;
  }

  function settle(): void {
    if (length > mostBytes) return;
    drained.resolve();
    drained = Promise.withResolvers();
  }

  return {
    put(bytes) {
      if (bytes.length === 0) return;
      waiting.push(bytes);
      length += bytes.length;
      if (!isSending) void pump();
    },
    room: () => (length > mostBytes ? drained.promise : Promise.resolve()),
    clear() {
      waiting = [];
      length = 0;
      settle();
    },
  };
}
