/** What starting and ending a KDC takes, whoever's it is: a free port of 127.0.0.1, a look whether it answers, an end that is waited for. */
import type { ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';

const endLimitMs = 5_000;

/** Whether somebody accepts TCP connections at this port of 127.0.0.1, now. */
export function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const done = (isUp: boolean) => {
      socket.destroy();
      resolve(isUp);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}

/** Closes the standard input, with which the process shall end, and waits until it is gone; by SIGKILL where it does not end. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.stdin?.destroy();
  const timer = setTimeout(() => child.kill('SIGKILL'), endLimitMs);
  await gone;
  clearTimeout(timer);
}

/** Free for TCP and UDP on 127.0.0.1, now. */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const server = createServer();
    const port = await new Promise<number>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' && address ? address.port : 0);
      });
    });
    const isFree = await new Promise<boolean>((resolve) => {
      const socket = createSocket('udp4');
      socket.once('error', () => resolve(false));
      socket.bind(port, '127.0.0.1', () => socket.close(() => resolve(true)));
    });
    await new Promise<void>((resolve) => server.close(() => resolve()));
    if (isFree) return port;
  }
  throw new Error('There is no free port on 127.0.0.1.');
}
