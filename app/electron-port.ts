import type { IpcMain, MessagePortMain } from 'electron';
import type { Port } from '../shared/rpc/port.ts';
import { isOwnUrl } from './origin.ts';

/** The one IPC channel: the preload hands over one end of a message channel, once per page load. */
export const portChannel = 'windeck-port';

/**
 * Serves every port that a page of ours hands over. The frame that sends it is checked (our own URL, top frame); from then on the port
 * itself is what the page holds, and it dies with the page.
 */
export function acceptPorts(ipcMain: IpcMain, serve: (port: Port) => void): void {
  ipcMain.on(portChannel, (event) => {
    const frame = event.senderFrame;
    const [port] = event.ports;
    if (port === undefined) return;
    if (frame !== null && frame.parent === null && isOwnUrl(frame.url) && event.ports.length === 1)
      serve(electronPort(port));
    else for (const foreign of event.ports) foreign.close();
  });
}

/** A Port over Electron's message port. It starts when a listener is there, so that no frame comes too early. */
export function electronPort(port: MessagePortMain): Port {
  return {
    send: (frame) => port.postMessage(frame),
    onMessage(listener) {
      port.on('message', ({ data }) => listener(data as string | Uint8Array));
      port.start();
    },
    onClose: (listener) => void port.on('close', () => listener('The window has been closed.')),
  };
}
