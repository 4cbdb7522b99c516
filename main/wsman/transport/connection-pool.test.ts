import { describe, expect, test } from 'vitest';
import { CancelledError } from '../errors.ts';
import { clearTarget, negotiateServer, pool, request, server, target } from './loopback-client.ts';
import { reply } from './loopback-server.ts';

describe('the pool', () => {
  test('two connections, first come first served, one request in flight on each', async () => {
    const held: (() => void)[] = [];
    const { port, requests, sockets } = await server(({ socket }) => held.push(() => socket.write(reply('200 OK'))));
    const connections = pool(clearTarget(port));
    const first = connections.exchange(request('<0/>'));
    await expect.poll(() => held.length).toBe(1);
    held.shift()!();
    await first;
    const rest = [1, 2, 3, 4].map((n) => connections.exchange(request(`<${n}/>`)));
    await expect.poll(() => held.length).toBe(2);
    expect(sockets.size).toBe(2);
    held.shift()!();
    await expect.poll(() => requests.length).toBe(4);
    for (const release of held.splice(0)) release();
    await expect.poll(() => requests.length).toBe(5);
    for (const release of held.splice(0)) release();
    const results = await Promise.all(rest);
    expect(results.map(({ roundTrips }) => roundTrips)).toEqual([1, 1, 1, 1]);
    expect(
      requests
        .map(({ body }) => body.toString())
        .slice(1, 3)
        .sort(),
    ).toEqual(['<1/>', '<2/>']);
    expect(requests.map(({ body }) => body.toString()).slice(3)).toEqual(['<3/>', '<4/>']);
    expect(sockets.size).toBe(2);
  });

  test('cancelling: in flight it reaches the socket, in the queue it leaves the queue', async () => {
    const { port, sockets, requests } = await server(() => {});
    const connections = pool(clearTarget(port), { maxConnections: 1 });
    const [a, b] = [new AbortController(), new AbortController()];
    const inFlight = connections.exchange(request('<a/>', { signal: a.signal }));
    const queued = connections.exchange(request('<b/>', { signal: b.signal }));
    await expect.poll(() => requests.length).toBe(1);
    b.abort();
    await expect(queued).rejects.toBeInstanceOf(CancelledError);
    expect(sockets.size).toBe(1);
    a.abort();
    await expect(inFlight).rejects.toBeInstanceOf(CancelledError);
    await expect.poll(() => sockets.size).toBe(0);
    expect(requests).toHaveLength(1);
    await expect(connections.exchange(request('<c/>', { signal: a.signal }))).rejects.toBeInstanceOf(CancelledError);
  });

  test('closing ends what is in flight and what waits, and every socket', async () => {
    const { port, sockets, requests } = await server(() => {});
    const connections = pool(clearTarget(port), { maxConnections: 1 });
    const both = [connections.exchange(request('<a/>')), connections.exchange(request('<b/>'))];
    const settled = Promise.allSettled(both);
    await expect.poll(() => requests.length).toBe(1);
    connections.close();
    for (const result of await settled)
      expect(result).toMatchObject({ status: 'rejected', reason: { name: 'CancelledError' } });
    await expect.poll(() => sockets.size).toBe(0);
    await expect(connections.exchange(request('<c/>'))).rejects.toBeInstanceOf(CancelledError);
  });

  test('an idle connection is renewed before a change, not before a read', async () => {
    const { port, requests } = await negotiateServer({ takesRidingBody: true });
    const connections = pool(target(port), { renewAfterIdleMs: 0 });
    await connections.exchange(request('<one/>'));
    await connections.exchange(request('<read/>'));
    expect(requests.at(-1)?.connection).toBe(1);
    await connections.exchange(request('<stop/>', { changesTarget: true }));
    expect(requests.at(-1)?.connection).toBe(2);
  });

  test('a second try goes over a connection opened for it', async () => {
    const { port, requests, sockets } = await negotiateServer({ takesRidingBody: true });
    const connections = pool(target(port));
    await connections.exchange(request('<one/>'));
    const again = await connections.exchange(request('<one/>', { fresh: true }));
    expect(again.status).toBe(200);
    expect(requests.at(-1)?.connection).toBe(2);
    await expect.poll(() => sockets.size).toBe(1);
  });

  test('an idle connection is closed after a while', async () => {
    const { port, sockets } = await negotiateServer({ takesRidingBody: true });
    const connections = pool(target(port), { closeAfterIdleMs: 50 });
    await connections.exchange(request('<one/>'));
    expect(sockets.size).toBe(1);
    await expect.poll(() => sockets.size, { timeout: 5000 }).toBe(0);
    expect((await connections.exchange(request('<two/>'))).status).toBe(200);
  });

  test('a connection that the target closed while idle is not used again', async () => {
    const { port, sockets, requests } = await negotiateServer({ takesRidingBody: true });
    const connections = pool(target(port));
    await connections.exchange(request('<one/>'));
    const [socket] = sockets;
    await new Promise<void>((resolve) => socket!.once('close', () => resolve()).end());
    expect((await connections.exchange(request('<two/>', { changesTarget: true }))).status).toBe(200);
    expect(requests.at(-1)?.connection).toBe(2);
  });

  test('one connection where the target allows no more', async () => {
    const { port, sockets } = await negotiateServer({ takesRidingBody: true });
    const connections = pool(target(port));
    await connections.exchange(request('<0/>'));
    connections.setMaxConnections(1);
    await Promise.all([1, 2, 3].map((n) => connections.exchange(request(`<${n}/>`))));
    expect(sockets.size).toBe(1);
  });
});
