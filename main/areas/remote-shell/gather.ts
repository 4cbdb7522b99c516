import type { ShellEvent, ShellStream } from '../../../shared/contract/remote-shell.ts';
import type { Sink } from '../../../shared/rpc/endpoint.ts';

/** What comes within this time goes out together; the first of it goes at once. */
const gatherMs = 5;
/** So much is not held back for more. */
const enoughBytes = 64 * 1024;

/** Output and events towards the window, in their order. */
export interface Gatherer {
  /** Resolves when the window has credit for more: awaiting it before the next Receive is what makes the program there wait. */
  text(stream: ShellStream, text: string): Promise<void>;
  event(event: ShellEvent): Promise<void>;
  /** Sends what is gathered. */
  flush(): Promise<void>;
}

export function createGatherer(
  sink: Sink<Uint8Array | ShellEvent>,
  now: () => number = () => performance.now(),
): Gatherer {
  let pieces: Buffer[] = [];
  let length = 0;
  let current: ShellStream = 'stdout';
  let sentAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  /** Of the last push: all of them are in order, so that one stands for all. */
  let credit: Promise<void> = Promise.resolve();

  function push(item: Uint8Array | ShellEvent): void {
    credit = sink.push(item);
  }

  function send(): void {
    clearTimeout(timer);
    timer = undefined;
    if (length === 0) return;
    const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    pieces = [];
    length = 0;
    sentAt = now();
    push(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  return {
    text(stream, text) {
      if (text === '') return credit;
      if (stream !== current) {
        send();
        current = stream;
        push({ kind: 'stream', stream });
      }
      const bytes = Buffer.from(text, 'utf8');
      pieces.push(bytes);
      length += bytes.length;
      if (length >= enoughBytes || now() - sentAt >= gatherMs) send();
      else timer ??= setTimeout(send, gatherMs);
      return credit;
    },
    event(event) {
      send();
      push(event);
      return credit;
    },
    flush() {
      send();
      return credit;
    },
  };
}
