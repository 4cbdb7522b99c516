import { createServer, type IncomingMessage, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Port } from '../../shared/rpc/port.ts';
import { commonHeaders, type FileAnswer, openRendererFiles, type RendererFiles } from '../renderer-files.ts';
import { enteredPage, failedPage, methodPage, spentPage, strangerPage, wrongHostPage } from './pages.ts';
import { socketPort } from './socket-port.ts';
import { type Admission, cookieOf, createAdmission } from './token.ts';

const loopback = '127.0.0.1';
/** Bytes of one message from the browser: an import of five million characters, however they are escaped. */
const maxMessageBytes = 32 * 1024 * 1024;
/** Tabs at once. */
const maxSockets = 64;

export interface WebHost {
  readonly port: number;
  /** The WebSocket address, for programs. */
  readonly socket: string;
  /** A new address that lets one browser in, once, within a minute. */
  newUrl(): string;
  /** Ends every connection and stops listening. */
  close(): Promise<void>;
}

/**
 * Starts listening on 127.0.0.1. Every request must name this host (DNS rebinding), everything but the token's own address needs
 * the cookie, and a socket must come from a page of this very origin. `serve` gets a port per connection.
 * Throws what `listen` throws: EADDRINUSE where the port is taken.
 */
export async function startWebHost(options: {
  /** 0 or absent: any free one. */
  readonly port?: number;
  readonly rendererFolder: string;
  readonly serve: (port: Port) => void;
  /** Called when a browser has been let in: the token is spent. */
  readonly entered?: () => void;
  readonly admission?: Admission;
}): Promise<WebHost> {
  const admission = options.admission ?? createAdmission();
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, loopback, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const hosts = new Set([`${loopback}:${port}`, `localhost:${port}`, ...(port === 80 ? [loopback, 'localhost'] : [])]);
  // Cookies do not know ports: another console on this computer must not overwrite ours.
  const cookieName = `windeck_${port}`;
  let files: RendererFiles;
  try {
    files = await openRendererFiles(options.rendererFolder, [...hosts].map((host) => `ws://${host}`).join(' '));
  } catch (error) {
    server.close();
    throw error;
  }

  const isHost = (request: IncomingMessage): boolean => hosts.has((request.headers.host ?? '').toLowerCase());
  const isKnown = (request: IncomingMessage): boolean =>
    admission.isSession(cookieOf(request.headers.cookie, cookieName));

  async function answer(request: IncomingMessage): Promise<FileAnswer> {
    if (!isHost(request)) return wrongHostPage();
    if (request.method !== 'GET' && request.method !== 'HEAD') return methodPage();
    const url = URL.parse(request.url ?? '', `http://${loopback}:${port}`);
    if (url === null) return strangerPage();
    const token = url.pathname === '/' ? url.searchParams.get('token') : null;
    if (token !== null && request.method === 'GET') {
      const session = admission.redeem(token);
      if (session !== undefined) {
        options.entered?.();
        return enteredPage(`${cookieName}=${session}; HttpOnly; SameSite=Strict; Path=/`);
      }
      // The own address loaded once more, by a reload or from the history.
      return isKnown(request) ? enteredPage(undefined) : spentPage();
    }
    return isKnown(request) ? files.answer(url.pathname) : strangerPage();
  }

  server.on('request', (request, response) => {
    answer(request)
      .catch(failedPage)
      .then(({ status, headers, body }) => {
        response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
        response.end(request.method === 'HEAD' ? undefined : body);
      })
      .catch(() => response.destroy());
  });

  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes, perMessageDeflate: false });
  server.on('upgrade', (request, stream, head) => {
    const status = refusal(request);
    if (status !== undefined) {
      refuse(stream, status);
      return;
    }
    sockets.handleUpgrade(request, stream, head, (socket) => options.serve(socketPort(socket)));
  });

  function refusal(request: IncomingMessage): number | undefined {
    const { host, origin } = request.headers;
    // Only a browser says where a request comes from, and it always does so here: whoever is silent is no page of ours.
    if (!isHost(request) || origin !== `http://${host?.toLowerCase()}`) return 403;
    if (!isKnown(request)) return 401;
    if (request.url !== '/socket') return 404;
    return sockets.clients.size >= maxSockets ? 503 : undefined;
  }

  return {
    port,
    socket: `ws://${loopback}:${port}/socket`,
    newUrl: () => `http://${loopback}:${port}/?token=${admission.issueToken()}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets.clients) {
        socket.close(1001, 'The console has ended.');
        // The close frame is on its way; a browser that does not answer it must not keep us.
        setTimeout(() => socket.terminate(), 500).unref();
      }
      server.closeIdleConnections();
      setTimeout(() => server.closeAllConnections(), 500).unref();
      await closed;
    },
  };
}

/** Refuses an upgrade in plain HTTP. */
function refuse(stream: Duplex, status: number): void {
  const lines = Object.entries(commonHeaders).map(([name, value]) => `${name}: ${value}\r\n`);
  stream.on('error', () => undefined);
  stream.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}connection: close\r\ncontent-length: 0\r\n\r\n`,
  );
}
