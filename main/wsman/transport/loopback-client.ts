/** For tests of this folder only: the client's end, everything closed after each test. */
import { afterEach } from 'vitest';
import type { Target } from '../target.ts';
import { type ConnectionPool, createConnectionPool, type PoolOptions, type WireRequest } from './connection-pool.ts';
import { type NegotiateServerOptions, type SeenRequest, startNegotiateServer, startServer } from './loopback-server.ts';

export const PASSWORD = 'Secret-4711';
export const SOAP = 'application/soap+xml;charset=UTF-8';

/** What is to be closed after the test, in this order. */
export const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

export function target(port: number, changes: Partial<Target> = {}): Target {
  return {
    host: '127.0.0.1',
    port,
    transport: 'http',
    path: '/wsman',
    authentication: 'negotiate',
    userName: 'admin',
    password: async () => PASSWORD,
    trusted: false,
    allowClearText: false,
    tls: { pin: null, skipNameCheck: false, skipAuthorityCheck: false },
    ...changes,
  };
}

/** A target that is asked by Basic in clear text: for all that has nothing to do with authentication. */
export function clearTarget(port: number, changes: Partial<Target> = {}): Target {
  return target(port, { authentication: 'basic', allowClearText: true, ...changes });
}

export function request(body: string, changes: Partial<WireRequest> = {}): WireRequest {
  return {
    body,
    action: 'http://schemas.xmlsoap.org/ws/2004/09/transfer/Get',
    anonymous: false,
    changesTarget: false,
    timeoutMs: 5000,
    progress: { bodySent: false },
    ...changes,
  };
}

export function pool(to: Target, options: Partial<PoolOptions> = {}): ConnectionPool {
  const created = createConnectionPool(to, { maxConnections: 2, connectTimeoutMs: 3000, ...options });
  closing.push(() => created.close());
  return created;
}

export async function negotiateServer(options: NegotiateServerOptions = {}) {
  const server = await startNegotiateServer(options);
  closing.push(server.close);
  return server;
}

export async function server(answer: (request: SeenRequest) => void) {
  const started = await startServer(answer);
  closing.push(started.close);
  return started;
}

export const text = (body: Uint8Array) => Buffer.from(body).toString();
