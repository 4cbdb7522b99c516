/** The network's edge as the first layers of a diagnosis see it: names and ports. Nothing is sent over what is opened. */
import { lookup, reverse } from 'node:dns/promises';
import { connect } from 'node:net';

/** What became of an attempt to open a port. */
export type PortState =
  | 'open'
  /** Somebody says no: RST. */
  | 'refused'
  /** Nobody says anything. */
  | 'silent'
  | 'no-route';

/** Injectable, so that a test may draw another network. */
export interface NetworkEdge {
  /** Addresses of a name. Rejects with Node's error, `code` ENOTFOUND and the like. */
  lookup(host: string): Promise<readonly string[]>;
  /** Names of an address; empty where it has none, or where nobody says. */
  reverse(address: string): Promise<readonly string[]>;
  /** Opens a port and closes it again. Rejects only with the signal's reason. */
  dial(address: string, port: number, limitMs: number, signal: AbortSignal): Promise<PortState>;
}

export const systemNetwork: NetworkEdge = {
  async lookup(host) {
    const found = await lookup(host, { all: true });
    return [...new Set(found.map(({ address }) => address))];
  },
  reverse: (address) => reverse(address).catch(() => []),
  dial,
};

const noRouteCodes: ReadonlySet<string> = new Set([
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ENETDOWN',
  'EINVAL',
]);

function dial(address: string, port: number, limitMs: number, signal: AbortSignal): Promise<PortState> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const socket = connect({ host: address, port });
    const end = (finish: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.removeAllListeners();
      socket.on('error', () => {});
      socket.destroy();
      finish();
    };
    const onAbort = () => end(() => reject(signal.reason));
    const timer = setTimeout(() => end(() => resolve('silent')), limitMs);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('connect', () => end(() => resolve('open')));
    socket.once('error', (error: NodeJS.ErrnoException) =>
      end(() => {
        if (error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET') resolve('refused');
        else resolve(noRouteCodes.has(error.code ?? '') ? 'no-route' : 'silent');
      }),
    );
  });
}

/** Rejects with a LimitError after so long; the promise itself goes on, and whatever it comes to is dropped. */
export function withLimit<T>(promise: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LimitError('The time is over.')), milliseconds);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

export class LimitError extends Error {
  override readonly name = 'LimitError';
}
