/**
 * What answers on a port in the place of WinRM, or spoils what WinRM answers: one server per fault, on 127.0.0.1, byte by byte as it is on the
 * wire. `source` says where that form is written down.
 */
import { createServer, type Server, type Socket } from 'node:net';

export type WireFault = keyof typeof wireFaults;

interface Fault {
  readonly source: string;
  /** A connection came. */
  readonly onConnection?: (socket: Socket) => void;
  /** A whole request came; its head. */
  readonly answer?: (head: string) => string | Buffer | null;
  /** The connection ends with the answer. */
  readonly closes?: boolean;
}

const page = (title: string, text: string): string =>
  `<!DOCTYPE html><html><head><title>${title}</title></head><body><h2>${title}</h2><p>${text}</p></body></html>`;

function http(status: string, headers: readonly string[], body = ''): string {
  return `HTTP/1.1 ${status}\r\n${[...headers, `Content-Length: ${Buffer.byteLength(body)}`].join('\r\n')}\r\n\r\n${body}`;
}

const html = 'Content-Type: text/html; charset=us-ascii';
const httpSys = 'Server: Microsoft-HTTPAPI/2.0';
const iis = 'Server: Microsoft-IIS/10.0';

export const wireFaults = {
  /** The socket is accepted and reset with the first octets. */
  'reset-after-accept': {
    source: 'RFC 9293 3.5.2: RST in answer to data',
    onConnection: (socket) => void socket.once('data', () => socket.resetAndDestroy()),
  },
  'accepts-and-says-nothing': { source: 'RFC 9293: an application that never reads', onConnection: () => {} },
  'ssh-banner': {
    source: 'RFC 4253 4.2: identification string',
    onConnection: (socket) => void socket.write('SSH-2.0-OpenSSH_for_Windows_9.5\r\n'),
  },
  /** TLS alert 70: every version that the client offers is refused. */
  'tls-alert-protocol-version': {
    source: 'RFC 5246 7.2: alert record, fatal, protocol_version(70)',
    onConnection: (socket) => void socket.once('data', () => socket.end(Buffer.from('15030100020246', 'hex'))),
  },
  'tls-alert-handshake-failure': {
    source: 'RFC 5246 7.2: alert record, fatal, handshake_failure(40), as Schannel events 36874 and 36888 report it',
    onConnection: (socket) => void socket.once('data', () => socket.end(Buffer.from('15030300020228', 'hex'))),
  },
  /** HTTP.sys without a certificate bound to the port: the connection ends after ClientHello. */
  'tls-cut-after-client-hello': {
    source: 'HTTP.sys without sslcert binding ends the connection; RFC 8446 6.1 (no close_notify)',
    onConnection: (socket) => void socket.once('data', () => socket.destroy()),
  },
  'iis-404': {
    source: 'IIS 10 error page (404.0) for a URL that it does not have; RFC 9110 15.5.5',
    answer: () =>
      http(
        '404 Not Found',
        [html, iis, 'X-Powered-By: ASP.NET'],
        page('404 - File or directory not found.', 'The resource you are looking for might have been removed.'),
      ),
  },
  'iis-403': {
    source: 'IIS 10 error page (403.14); RFC 9110 15.5.4',
    answer: () =>
      http(
        '403 Forbidden',
        [html, iis],
        page('403 - Forbidden: Access is denied.', 'You do not have permission to view this directory.'),
      ),
  },
  'iis-401': {
    source: 'IIS 10 with Windows authentication: 401 with its own Server header; RFC 4559 4',
    answer: () =>
      http(
        '401 Unauthorized',
        [html, iis, 'WWW-Authenticate: Negotiate', 'WWW-Authenticate: NTLM'],
        page('401 - Unauthorized', 'Access is denied due to invalid credentials.'),
      ),
  },
  'http-sys-404': {
    source: 'HTTP.sys for a prefix that nobody has registered: 404 with its own page and Connection: close',
    answer: () =>
      http(
        '404 Not Found',
        [html, httpSys, 'Connection: close'],
        page('Not Found', 'HTTP Error 404. The requested resource is not found.'),
      ),
    closes: true,
  },
  'http-sys-403': {
    source: 'HTTP.sys where a client certificate is required and none was shown (403.7); RFC 9110 15.5.4',
    answer: () =>
      http(
        '403 Forbidden',
        [html, httpSys, 'Connection: close'],
        page('Forbidden', 'HTTP Error 403. The request URL is forbidden.'),
      ),
    closes: true,
  },
  'http-sys-503': {
    source: 'HTTP.sys while no service takes requests from the queue: 503 with its own page, Connection: close',
    answer: () =>
      http(
        '503 Service Unavailable',
        [html, httpSys, 'Connection: close'],
        page('Service Unavailable', 'HTTP Error 503. The service is unavailable.'),
      ),
    closes: true,
  },
  'http-sys-400': {
    source: 'HTTP.sys, MaxFieldLength exceeded: 400 "Request Too Long", Connection: close',
    answer: () =>
      http(
        '400 Bad Request',
        [html, httpSys, 'Connection: close'],
        page('Bad Request - Request Too Long', 'HTTP Error 400. The size of the request headers is too long.'),
      ),
    closes: true,
  },
  'http-413': {
    source: 'MS-WSMV 3.1.4.1.20: HTTP status 413 where MaxEnvelopeSizekb is exceeded',
    answer: () => http('413 Request Entity Too Large', [httpSys, 'Connection: close']),
    closes: true,
  },
  'proxy-407': {
    source: 'RFC 9110 11.7.1, 15.5.8: Proxy-Authenticate',
    answer: () =>
      http(
        '407 Proxy Authentication Required',
        [html, 'Via: 1.1 proxy01 (squid/6.6)', 'Proxy-Authenticate: Basic realm="gateway"'],
        page('Access gateway', 'Please sign in to continue.'),
      ),
  },
  'gateway-502': {
    source: 'RFC 9110 15.6.3',
    answer: () =>
      http('502 Bad Gateway', ['Content-Type: text/html', 'Server: nginx'], page('502 Bad Gateway', 'nginx')),
  },
  'web-405': {
    source: 'RFC 9110 15.5.6: Allow',
    answer: () =>
      http(
        '405 Method Not Allowed',
        ['Allow: GET, HEAD', 'Content-Type: text/html', 'Server: Apache'],
        page('405 Method Not Allowed', 'POST is not supported here.'),
      ),
  },
  'web-411': {
    source: 'RFC 9110 15.5.12: a relay that drops Content-Length',
    answer: () =>
      http(
        '411 Length Required',
        ['Content-Type: text/html'],
        page('Length Required', 'A request of this kind needs a Content-Length.'),
      ),
  },
  redirect: {
    source: 'RFC 9110 15.4.3',
    answer: () =>
      http(
        '302 Found',
        ['Location: https://portal.example/login', 'Content-Type: text/html'],
        page('Found', 'See other.'),
      ),
  },
  'broken-chunks': {
    source: 'RFC 9112 7.1: a chunk-size that is none',
    answer: () =>
      'HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n<garbage>\r\n',
  },
  'antivirus-page': {
    source: 'an inspecting proxy answers 200 with a page of its own in the place of 401; RFC 9110 7.7 (transformation)',
    answer: () =>
      http(
        '200 OK',
        ['Content-Type: text/html; charset=utf-8'],
        page('Web protection', 'This address has been checked.'),
      ),
  },
  /** What an inspecting proxy leaves of a WinRM 401. */
  'stripped-challenge': {
    source: 'MS-WSMV 2.2.9.1 without its WWW-Authenticate (RFC 9110 11.6.1 asks for at least one)',
    answer: () => http('401 ', [httpSys]),
  },
  'only-basic': {
    source: 'RFC 7617: as WinRM with Negotiate and Kerberos switched off (winrm/config/service/auth)',
    answer: () => http('401 ', [httpSys, 'WWW-Authenticate: Basic realm="WSMAN"']),
  },
  'only-negotiate': {
    source: 'RFC 4559 4.1: as WinRM with Basic switched off',
    answer: () => http('401 ', [httpSys, 'WWW-Authenticate: Negotiate']),
  },
  /** A management controller: Digest, and an Identify that names its make. */
  'idrac-digest': {
    source: 'RFC 7616 3.3; DSP0226 11 (Identify before authentication)',
    answer: (head) =>
      /wsmanidentify/i.test(head)
        ? http('200 OK', ['Content-Type: application/soap+xml;charset=UTF-8'], identity('Dell Inc.', 'iDRAC9'))
        : http('401 Unauthorized', [
            'WWW-Authenticate: Digest realm="iDRAC", qop="auth", nonce="6d1a5c", algorithm=MD5',
          ]),
  },
  'openwsman-basic': {
    source: 'Openwsman 2.8: 401 with Basic realm="OPENWSMAN", Identify as DSP0226 11',
    answer: (head) =>
      /wsmanidentify/i.test(head) || /authorization: basic/i.test(head)
        ? http(
            '200 OK',
            ['Content-Type: application/soap+xml;charset=UTF-8', 'Server: Openwsman/2.8.1'],
            identity('Openwsman Project', '2.8.1'),
          )
        : http('401 Unauthorized', ['Server: Openwsman/2.8.1', 'WWW-Authenticate: Basic realm="OPENWSMAN"']),
  },
} as const satisfies Readonly<Record<string, Fault>>;

/** IdentifyResponse of another make (DSP0226 11). */
function identity(vendor: string, version: string): string {
  return (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:wsmid="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">' +
    '<s:Header/><s:Body><wsmid:IdentifyResponse><wsmid:ProtocolVersion>http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd</wsmid:ProtocolVersion>' +
    `<wsmid:ProductVendor>${vendor}</wsmid:ProductVendor><wsmid:ProductVersion>${version}</wsmid:ProductVersion>` +
    '</wsmid:IdentifyResponse></s:Body></s:Envelope>'
  );
}

export interface FaultServer {
  readonly port: number;
  /** How many connections came, and how many of them brought credentials. */
  readonly seen: { connections: number; credentials: number };
  close(): Promise<void>;
}

/** Starts the fault on a free port. With `wrap` something stands before it, such as TLS: it gives what the fault talks over. */
export async function startWireFault(name: WireFault, wrap?: (socket: Socket) => Socket): Promise<FaultServer> {
  const fault: Fault = wireFaults[name];
  const sockets = new Set<Socket>();
  const seen = { connections: 0, credentials: 0 };
  const server: Server = createServer((raw) => {
    seen.connections++;
    sockets.add(raw);
    raw.on('error', () => {}).on('close', () => sockets.delete(raw));
    const socket = wrap?.(raw) ?? raw;
    socket.on('error', () => {});
    fault.onConnection?.(socket);
    if (fault.answer !== undefined) serve(socket, fault, seen);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    seen,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** No request of a console is larger. */
const mostRequest = 1024 * 1024;

function serve(socket: Socket, fault: Fault, seen: { credentials: number }): void {
  let pending = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    if (pending.length > mostRequest) {
      socket.destroy();
      return;
    }
    for (;;) {
      const end = pending.indexOf('\r\n\r\n');
      if (end < 0) {
        // A TLS handshake is no HTTP: HTTP.sys closes the connection.
        if (pending[0] === 0x16) socket.destroy();
        return;
      }
      const head = pending.toString('latin1', 0, end);
      const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
      if (pending.length < end + 4 + length) return;
      pending = pending.subarray(end + 4 + length);
      if (/^authorization:/im.test(head)) seen.credentials++;
      const answer = fault.answer!(head);
      if (answer === null) return;
      socket.write(answer);
      if (fault.closes === true) socket.end();
    }
  });
}
