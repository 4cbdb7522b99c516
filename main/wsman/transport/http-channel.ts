/** HTTP over one opened socket: one request in flight, each in a single write, each answer within its time. */
import { CancelledError, TransportError } from '../errors.ts';
import { createResponseReader, type HttpResponse } from './http-message.ts';
import { codeOf, type OpenedSocket } from './open-socket.ts';

export interface HttpRequest {
  /** Header lines beside those that are the same for the whole connection, each with its CRLF. */
  readonly headers: string;
  readonly body: Uint8Array;
  /** Until the whole answer is there, counted from the write. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** What an answer without any length means: no body, or one that lasts until the connection ends. */
  readonly lengthless: 'empty' | 'until-close';
}

export interface HttpChannel {
  readonly usable: boolean;
  /** Octets since the beginning, headers included. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly requests: number;
  /** Throws TransportError, ProtocolError or CancelledError; then the channel is gone. */
  roundTrip(request: HttpRequest): Promise<HttpResponse>;
  /** Ends the socket; a request in flight fails with `error`. */
  destroy(error: Error): void;
}

/** `headStart`: request line and constant headers. `onClosed`: once, however the socket ended. */
export function createHttpChannel(
  { socket }: Pick<OpenedSocket, 'socket'>,
  headStart: string,
  onClosed: () => void,
): HttpChannel {
  const reader = createResponseReader();
  let isDead = false;
  let bytesSent = 0;
  let bytesReceived = 0;
  let requests = 0;
  let inFlight: { resolve(response: HttpResponse): void; reject(error: Error): void } | null = null;

  function destroy(error: Error): void {
    if (!isDead) {
      isDead = true;
      socket.destroy();
      onClosed();
    }
    const waiting = inFlight;
    inFlight = null;
    waiting?.reject(error);
  }

  function deliver(response: HttpResponse): void {
    const waiting = inFlight;
    inFlight = null;
    if (!response.keepAlive) destroy(lost('The target closes the connection.'));
    waiting?.resolve(response);
  }

  function onEnd(cause?: Error): void {
    if (isDead) return;
    // A body that lasts until the close is whole only where the close was an orderly one.
    const response = cause === undefined ? reader.end() : null;
    if (response) deliver(response);
    else destroy(lost('The connection ended before the answer was whole.', cause));
  }

  socket.on('data', (chunk: Buffer) => {
    bytesReceived += chunk.length;
    try {
      const response = reader.push(chunk);
      if (response) deliver(response);
    } catch (cause) {
      destroy(cause as Error);
    }
  });
  socket.on('end', () => onEnd());
  socket.on('close', () => onEnd());
  socket.on('error', onEnd);

  return {
    get usable() {
      return !isDead;
    },
    get bytesSent() {
      return bytesSent;
    },
    get bytesReceived() {
      return bytesReceived;
    },
    get requests() {
      return requests;
    },
    roundTrip: (request) =>
      new Promise((resolve, reject) => {
        const { signal } = request;
        const onAbort = () => destroy(new CancelledError('The request was cancelled.'));
        if (signal?.aborted) onAbort();
        if (isDead) {
          reject(signal?.aborted ? new CancelledError('The request was cancelled.') : lost('The connection is gone.'));
          return;
        }
        const timer = setTimeout(
          () => destroy(new TransportError('The answer did not come in time.', { reason: 'response-timeout' })),
          request.timeoutMs,
        );
        signal?.addEventListener('abort', onAbort);
        const settle = () => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', onAbort);
        };
        inFlight = {
          resolve(response) {
            settle();
            resolve(response);
          },
          reject(error) {
            settle();
            reject(error);
          },
        };
        const head = `${headStart}${request.headers}Content-Length: ${request.body.length}\r\n\r\n`;
        const message = Buffer.allocUnsafe(head.length + request.body.length);
        message.write(head, 0, 'latin1');
        message.set(request.body, head.length);
        reader.begin(request.lengthless);
        requests++;
        bytesSent += message.length;
        socket.write(message);
      }),
    destroy,
  };
}

function lost(message: string, cause?: Error): TransportError {
  return new TransportError(message, { reason: 'connection-lost', code: codeOf(cause), cause });
}
