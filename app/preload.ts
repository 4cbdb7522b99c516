import { contextBridge, ipcRenderer } from 'electron';

type Frame = string | Uint8Array;

/** The part of the DOM's MessagePort that is used here. */
interface PagePort {
  postMessage(frame: Frame): void;
  start(): void;
  addEventListener(type: 'message', listener: (event: { readonly data: Frame }) => void): void;
  addEventListener(type: 'close', listener: () => void): void;
}

/*
 * Runs in the sandbox before the page. Gives it one pipe, `windeckPort`, and hands the other end to the main process. Nothing of
 * Electron itself is within the page's reach.
 */
const { port1, port2 } = new MessageChannel() as unknown as { readonly port1: PagePort; readonly port2: never };
ipcRenderer.postMessage('windeck-port', null, [port2]);

contextBridge.exposeInMainWorld('windeckPort', {
  send(frame: Frame) {
    port1.postMessage(frame);
  },
  onMessage(listener: (frame: Frame) => void) {
    port1.addEventListener('message', ({ data }) => listener(data));
    port1.start();
  },
  onClose(listener: (reason: string) => void) {
    port1.addEventListener('close', () => listener('The console has ended.'));
  },
});
