import type { Port } from '../../shared/rpc/port.ts';

/** What the preload puts on the window: one pipe, nothing else. */
export interface WindeckPort {
  send(frame: string | Uint8Array): void;
  onMessage(listener: (frame: string | Uint8Array) => void): void;
  onClose(listener: (reason: string) => void): void;
}

declare global {
  interface Window {
    readonly windeckPort?: WindeckPort;
  }
}

/** The port that the desktop window was given; undefined in a browser. */
export function electronPort(): Port | undefined {
  const pipe = window.windeckPort;
  if (pipe === undefined) return undefined;
  return {
    send: (frame) => pipe.send(frame),
    onMessage: (listener) => pipe.onMessage(listener),
    onClose: (listener) => pipe.onClose(listener),
  };
}
