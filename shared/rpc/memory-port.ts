import type { Port } from './port.ts';

/** A port that can be ended from here: what a host has in its hands. */
export interface ClosablePort extends Port {
  close(reason: string): void;
}

/**
 * Two ports joined in memory, with the manners of a real pipe: frames arrive later, in order, and as copies; what was sent before a
 * close still arrives; closing one end closes both.
 */
export function memoryPortPair(): readonly [ClosablePort, ClosablePort] {
  const left = end();
  const right = end();
  let open = true;

  function end() {
    let listener: ((frame: string | Uint8Array) => void) | undefined;
    let onClosed: ((reason: string) => void) | undefined;
    const early: (string | Uint8Array)[] = [];
    return {
      deliver(frame: string | Uint8Array) {
        if (listener === undefined) early.push(frame);
        else listener(frame);
      },
      listen(next: (frame: string | Uint8Array) => void) {
        listener = next;
        for (const frame of early.splice(0)) next(frame);
      },
      closed: (reason: string) => onClosed?.(reason),
      listenClosed(next: (reason: string) => void) {
        onClosed = next;
      },
    };
  }

  const portOf = (own: ReturnType<typeof end>, other: ReturnType<typeof end>): ClosablePort => ({
    send(frame) {
      if (!open) return;
      const copy = typeof frame === 'string' ? frame : frame.slice();
      queueMicrotask(() => other.deliver(copy));
    },
    onMessage: own.listen,
    onClose: own.listenClosed,
    close(reason) {
      if (!open) return;
      open = false;
      queueMicrotask(() => {
        own.closed(reason);
        other.closed(reason);
      });
    },
  });
  return [portOf(left, right), portOf(right, left)];
}
