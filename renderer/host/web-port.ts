import type { Port } from '../../shared/rpc/port.ts';

/** Why a socket could not be opened: nobody there, or somebody who does not know this page (any more). */
export type WebPortFailure = 'no-answer' | 'signed-out';

export class WebPortError extends Error {
  override readonly name = 'WebPortError';
  readonly failure: WebPortFailure;
  constructor(failure: WebPortFailure) {
    super(failure === 'no-answer' ? 'The console does not answer.' : 'The console does not accept this page any more.');
    this.failure = failure;
  }
}

/** Opens the socket to the web host that served this page. Rejects with WebPortError. */
export function openWebPort(url: string = socketUrl()): Promise<Port> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    let onMessage: (frame: string | Uint8Array) => void = () => {};
    let onClose: (reason: string) => void = () => {};
    let opened = false;
    // Frames between `open` and the listener's arrival are kept: the promise resolves a microtask later.
    const early: (string | Uint8Array)[] = [];
    let listening = false;
    socket.onopen = () => {
      opened = true;
      resolve({
        send: (frame) => {
          if (socket.readyState === WebSocket.OPEN) socket.send(frame as string | Uint8Array<ArrayBuffer>);
        },
        onMessage: (listener) => {
          onMessage = listener;
          listening = true;
          for (const frame of early.splice(0)) listener(frame);
        },
        onClose: (listener) => {
          onClose = listener;
        },
      });
    };
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
      const frame = typeof event.data === 'string' ? event.data : new Uint8Array(event.data);
      if (listening) onMessage(frame);
      else early.push(frame);
    };
    socket.onclose = (event) => {
      if (opened) onClose(event.reason === '' ? 'The connection to the console was lost.' : event.reason);
      else void whyRefused().then((failure) => reject(new WebPortError(failure)));
    };
  });
}

function socketUrl(): string {
  return `${location.protocol === 'https:' ? 'wss://' : 'ws://'}${location.host}/socket`;
}

/** A WebSocket does not say why it was refused; a plain request to the same host does. */
async function whyRefused(): Promise<WebPortFailure> {
  try {
    const response = await fetch(new URL('/', location.href), {
      method: 'HEAD',
      cache: 'no-store',
      signal: AbortSignal.timeout(3000),
    });
    return response.status === 401 || response.status === 403 ? 'signed-out' : 'no-answer';
  } catch {
    return 'no-answer';
  }
}
