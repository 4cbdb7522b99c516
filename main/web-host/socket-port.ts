import type { WebSocket } from 'ws';
import type { Port } from '../../shared/rpc/port.ts';

/** A Port over one WebSocket: text messages are text frames, binary messages are binary frames. */
export function socketPort(socket: WebSocket): Port {
  let onMessage: ((frame: string | Uint8Array) => void) | undefined;
  let onClose: ((reason: string) => void) | undefined;
  const early: (string | Uint8Array)[] = [];

  socket.on('message', (data, isBinary) => {
    const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer);
    const frame = isBinary ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length) : bytes.toString('utf8');
    if (onMessage === undefined) early.push(frame);
    else onMessage(frame);
  });
  // What the error was (a message too large, invalid UTF-8) is told to the other side by the close code that ws sends after it.
  socket.on('error', () => undefined);
  socket.on('close', (code, reason) =>
    onClose?.(reason.length > 0 ? reason.toString('utf8') : `The socket was closed (${code}).`),
  );

  return {
    send(frame) {
      if (socket.readyState === socket.OPEN) socket.send(frame);
    },
    onMessage(listener) {
      onMessage = listener;
      for (const frame of early.splice(0)) listener(frame);
    },
    onClose(listener) {
      onClose = listener;
    },
  };
}
