import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { portConformance } from '../../shared/rpc/conformance.test-suite.ts';
import { socketPort } from './socket-port.ts';

/** A real WebSocket server and client on loopback. */
let server: WebSocketServer;
beforeAll(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  await once(server, 'listening');
});
afterAll(() => void server.close());

portConformance('WebSocket', async () => {
  const connected = once(server, 'connection');
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [[accepted]] = (await Promise.all([connected, once(socket, 'open')])) as [[WebSocket], unknown];
  return {
    console: socketPort(accepted),
    window: socketPort(socket),
    async close() {
      if (socket.readyState === WebSocket.CLOSED) return;
      const closed = once(socket, 'close');
      accepted.close(1001, 'the test has closed it');
      await closed;
    },
  };
});
