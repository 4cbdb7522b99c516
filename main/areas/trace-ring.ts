/** What was exchanged with each machine, the newest of it: bounded per machine, and over all of them together. */
import type { Exchange } from '../wsman/index.ts';

export interface TraceLimits {
  /** Exchanges of one machine. */
  readonly count: number;
  /** Bytes of one machine. */
  readonly bytes: number;
  /** Bytes of all machines together, but for those somebody looks at. Over it, the machines that have most give up their oldest. */
  readonly bytesOfAll: number;
  /** Characters that are kept of one message. */
  readonly message: number;
}

export const traceLimits: TraceLimits = {
  count: 2000,
  bytes: 6 * 1024 * 1024,
  bytesOfAll: 16 * 1024 * 1024,
  message: 1024 * 1024,
};

/** An exchange as it is kept: messages as bytes of their own, which hold on to nothing of the text they were cut from. */
export interface KeptExchange {
  readonly id: number;
  readonly exchange: Omit<Exchange, 'request' | 'response'>;
  readonly request: Uint8Array | null;
  readonly response: Uint8Array | null;
  readonly requestCut: number;
  readonly responseCut: number;
  readonly bytes: number;
}

export interface TraceRings {
  /** `exchange` is masked already. */
  add(machineId: string, exchange: Exchange): void;
  /** Oldest first. */
  all(machineId: string): readonly KeptExchange[];
  find(machineId: string, id: number): KeptExchange | undefined;
  /** How many of a machine were dropped since the bounds were reached. */
  dropped(machineId: string): number;
  /** Takes away what is kept of a machine. */
  clear(machineId: string): void;
  clearAll(): void;
  /** Called at every `add` and `clear`, until the returned function is. */
  listen(machineId: string, listener: (change: 'added' | 'cleared') => void): () => void;
  /** Bytes of all machines. */
  readonly bytes: number;
}

interface Ring {
  kept: (KeptExchange | undefined)[];
  /** Index of the oldest that is still kept: shifting an array of thousands at each exchange would cost. */
  start: number;
  bytes: number;
  dropped: number;
}

/** What an exchange costs beside its messages: objects, buffers, headers of its legs. From the resident memory of a fleet, rounded up. */
const overhead = 2600;
const perLeg = 1200;

export function createTraceRings(limits: TraceLimits = traceLimits): TraceRings {
  const rings = new Map<string, Ring>();
  const listeners = new Map<string, Set<(change: 'added' | 'cleared') => void>>();
  let bytesOfAll = 0;
  let lastId = 0;

  function dropOldest(ring: Ring): void {
    const oldest = ring.kept[ring.start];
    if (oldest === undefined) return;
    ring.start++;
    ring.bytes -= oldest.bytes;
    ring.dropped++;
    bytesOfAll -= oldest.bytes;
    if (ring.start >= 256 && ring.start * 2 >= ring.kept.length) {
      ring.kept = ring.kept.slice(ring.start);
      ring.start = 0;
    } else {
      // Behind `start` nothing is to be held on to.
      ring.kept[ring.start - 1] = undefined;
    }
  }

  /** The one with most bytes gives way, so that a busy machine does not push out what is known of quiet ones. */
  function makeRoom(): void {
    while (bytesOfAll > limits.bytesOfAll) {
      let largest: Ring | null = null;
      for (const [machineId, ring] of rings) {
        // What somebody looks at has its own bound, and nobody else's.
        if (ring.bytes > (largest?.bytes ?? 0) && !listeners.has(machineId)) largest = ring;
      }
      if (largest === null) return;
      // A piece at once: the largest of thousands is not looked for again at every exchange.
      const aim = Math.max(0, largest.bytes - limits.bytesOfAll / 256);
      do dropOldest(largest);
      while (largest.bytes > aim && largest.bytes > 0);
    }
  }

  function tell(machineId: string, change: 'added' | 'cleared'): void {
    for (const listener of listeners.get(machineId) ?? []) listener(change);
  }

  function clear(machineId: string): void {
    const ring = rings.get(machineId);
    if (ring === undefined) return;
    bytesOfAll -= ring.bytes;
    rings.delete(machineId);
    tell(machineId, 'cleared');
  }

  return {
    add(machineId, { request, response, ...exchange }) {
      let ring = rings.get(machineId);
      if (ring === undefined) {
        ring = { kept: [], start: 0, bytes: 0, dropped: 0 };
        rings.set(machineId, ring);
      }
      const kept = keep(++lastId, exchange, request, response, limits.message);
      ring.kept.push(kept);
      ring.bytes += kept.bytes;
      bytesOfAll += kept.bytes;
      while (ring.kept.length - ring.start > limits.count || ring.bytes > limits.bytes) dropOldest(ring);
      if (bytesOfAll > limits.bytesOfAll) makeRoom();
      if (listeners.size > 0) tell(machineId, 'added');
    },
    all(machineId) {
      const ring = rings.get(machineId);
      return (ring?.kept.slice(ring.start) ?? []).filter((kept) => kept !== undefined);
    },
    find(machineId, id) {
      const ring = rings.get(machineId);
      if (ring === undefined) return undefined;
      // By halves: ids count up.
      let low = ring.start;
      let high = ring.kept.length - 1;
      while (low <= high) {
        const middle = (low + high) >> 1;
        const one = ring.kept[middle]!;
        if (one.id === id) return one;
        if (one.id < id) low = middle + 1;
        else high = middle - 1;
      }
      return undefined;
    },
    dropped: (machineId) => rings.get(machineId)?.dropped ?? 0,
    clear,
    clearAll() {
      for (const machineId of [...rings.keys()]) clear(machineId);
    },
    listen(machineId, listener) {
      const all = listeners.get(machineId) ?? new Set();
      listeners.set(machineId, all.add(listener));
      return () => {
        all.delete(listener);
        if (all.size === 0) listeners.delete(machineId);
      };
    },
    get bytes() {
      return bytesOfAll;
    },
  };
}

function keep(
  id: number,
  exchange: KeptExchange['exchange'],
  request: string | null,
  response: string | null,
  most: number,
): KeptExchange {
  const requestBytes = bytesOf(request, most);
  const responseBytes = bytesOf(response, most);
  return {
    id,
    exchange,
    request: requestBytes,
    response: responseBytes,
    requestCut: Math.max(0, (request?.length ?? 0) - most),
    responseCut: Math.max(0, (response?.length ?? 0) - most),
    bytes: (requestBytes?.length ?? 0) + (responseBytes?.length ?? 0) + overhead + exchange.legs.length * perLeg,
  };
}

function bytesOf(text: string | null, most: number): Uint8Array | null {
  if (text === null) return null;
  return Buffer.from(text.length > most ? text.slice(0, most) : text, 'utf8');
}
