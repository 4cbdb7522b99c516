/** Bytes from one side to the other, bounded: whoever writes too fast waits. The streams of the lab's simulated programs. */
export interface Pipe {
  /** Waits while the pipe is full. Rejects with the signal's reason. */
  write(bytes: Uint8Array, signal: AbortSignal): Promise<void>;
  end(): void;
  /** The next piece, null at the end. Waits while there is none; rejects with the signal's reason. */
  read(signal: AbortSignal): Promise<Uint8Array | null>;
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
