/** Bytes from one side to the other, bounded: whoever writes too fast waits. The streams of the lab's simulated programs. */
export interface Pipe {
  /** Waits while the pipe is full. Rejects with the signal's reason. */
  write(bytes: Uint8Array, signal: AbortSignal): Promise<void>;
  end(): void;
  /** The next piece, null at the end. Waits while there is none; rejects with the signal's reason. */
  read(signal: AbortSignal): Promise<Uint8Array | null>;
  /** Puts back what was read too much: the next `read` gives it first. */
  unread(bytes: Uint8Array): void;
}

/** Bytes up to and with the next line feed, or what there is at the end; null where there is nothing any more. */
export async function readLine(pipe: Pipe, signal: AbortSignal): Promise<Uint8Array | null> {
  const pieces: Uint8Array[] = [];
  try {
    for (;;) {
      const piece = await pipe.read(signal);
      if (piece === null) return pieces.length === 0 ? null : Buffer.concat(pieces.splice(0));
      const end = piece.indexOf(0x0a) + 1;
      pieces.push(end === 0 ? piece : piece.subarray(0, end));
      if (end === 0) continue;
      if (end < piece.length) pipe.unread(piece.subarray(end));
      return Buffer.concat(pieces.splice(0));
    }
  } finally {
    // Interrupted in the middle of a line: nothing of it is lost.
    if (pieces.length > 0) pipe.unread(Buffer.concat(pieces));
  }
}

const fullBytes = 256 * 1024;

export function createPipe(): Pipe {
  const pieces: Uint8Array[] = [];
  const changed = createBell();
  let length = 0;
  let isEnded = false;
  return {
    async write(bytes, signal) {
      if (isEnded) return;
      while (length >= fullBytes) await changed.wait(signal);
      pieces.push(bytes);
      length += bytes.length;
      changed.ring();
    },
    end() {
      isEnded = true;
      changed.ring();
    },
    async read(signal) {
      for (;;) {
        const piece = pieces.shift();
        if (piece) {
          length -= piece.length;
          changed.ring();
          return piece;
        }
        if (isEnded) return null;
        await changed.wait(signal);
      }
    },
    unread(bytes) {
      pieces.unshift(bytes);
      length += bytes.length;
      changed.ring();
    },
  };
}

/** Wakes everybody who waits. */
export interface Bell {
  ring(): void;
  /** Rejects with the signal's reason. */
  wait(signal: AbortSignal): Promise<void>;
}

export function createBell(): Bell {
  let next = Promise.withResolvers<void>();
  return {
    ring() {
      next.resolve();
      next = Promise.withResolvers<void>();
    },
    wait(signal) {
      const rung = next.promise;
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const stop = (): void => reject(signal.reason);
        signal.addEventListener('abort', stop, { once: true });
        void rung.then(() => {
          signal.removeEventListener('abort', stop);
          resolve();
        });
      });
    },
  };
}
