/**
 * A pipe between the console and its renderer: the only thing that differs between hosts.
 * Text frames carry control and values, binary frames carry bytes (see frames.ts). Order is kept, nothing is lost while the port is open.
 */
export interface Port {
  /** Hands one frame to the other side. Never blocks; after close it does nothing. */
  send(frame: string | Uint8Array): void;
  /** Registers the one listener for frames from the other side. */
  onMessage(listener: (frame: string | Uint8Array) => void): void;
  /** Registers the one listener for the end of the pipe, with the reason in words where one is known. */
  onClose(listener: (reason: string) => void): void;
}
