/**
 * Messages on their way to the client, of one pool or one pipeline: made fragments when they are received, so that they fit what the client
 * takes. Whoever writes too much waits; a second Receive takes the place of the first.
 */

import { encodeFragment, fragmentHeaderBytes, maxBlobBytes } from '../../wsman/psrp/fragment.ts';
import { encodeMessage, type MessageType } from '../../wsman/psrp/message.ts';
import { LabFault } from '../faults.ts';
import { createBell } from '../shell/pipe.ts';

export interface QueuedMessage {
  readonly type: MessageType;
  /** RPID; the first message of Windows has it all zero. */
  readonly runspacePoolId: string;
  readonly pipelineId: string | null;
  readonly data: string;
}

export interface Received {
  readonly fragments: readonly Uint8Array[];
  /** Nothing more will come. */
  readonly isDone: boolean;
}

export interface MessageQueue {
  /** Waits while the queue is full; rejects with the signal's reason. */
  push(message: QueuedMessage, signal: AbortSignal): Promise<void>;
  /** Without waiting: for the few messages of a pool. */
  put(message: QueuedMessage): void;
  /** What is queued is received yet, then the end. */
  end(): void;
  /** Whoever waits, and whoever asks from now on, is told this. */
  fail(fault: LabFault): void;
  /** Whoever waits now is told this; later ones wait again. */
  interrupt(fault: LabFault): void;
  /** At most so many octets of base64. Null: there was nothing within the time. */
  receive(room: number, waitMs: number): Promise<Received | null>;
  /** While nobody is connected: true keeps writers from waiting, and throws the oldest away instead. */
  drops: boolean;
}

interface Outgoing {
  readonly objectId: bigint;
  readonly bytes: Uint8Array;
  sent: number;
  fragments: bigint;
}

const fullBytes = 512 * 1024;
/** `<rsp:Stream Name=… CommandId=…></rsp:Stream>` with some to spare. */
const elementOctets = 128;
/** ERROR_OPERATION_ABORTED. */
const aborted = 995;

/** `nextObjectId`: counts for the pool and all its pipelines together. */
export function createMessageQueue(nextObjectId: () => bigint): MessageQueue {
  const waiting: Outgoing[] = [];
  const headers = new Map<string, { readonly of: QueuedMessage; readonly bytes: Uint8Array }>();
  const changed = createBell();
  let size = 0;
  let isEnded = false;
  let failure: LabFault | null = null;
  let turns = 0;
  let interruption: LabFault | null = null;

  /** All of one type have the same header, with the byte order mark behind it. */
  function headerOf(message: QueuedMessage): Uint8Array {
    const known = headers.get(message.type);
    if (known?.of.runspacePoolId === message.runspacePoolId && known.of.pipelineId === message.pipelineId) {
      return known.bytes;
    }
    const bytes = encodeMessage({ destination: 'client', ...message, data: '\ufeff' });
    headers.set(message.type, { of: message, bytes });
    return bytes;
  }

  function add(message: QueuedMessage): void {
    const bytes = Buffer.concat([headerOf(message), Buffer.from(message.data)]);
    waiting.push({ objectId: nextObjectId(), bytes, sent: 0, fragments: 0n });
    size += bytes.length;
    changed.ring();
  }

  function take(room: number): Uint8Array[] {
    const fragments: Uint8Array[] = [];
    let left = room;
    while (waiting.length > 0) {
      const message = waiting[0]!;
      const most = Math.min(maxBlobBytes, Math.floor((left - elementOctets) / 4) * 3 - fragmentHeaderBytes);
      if (most < Math.min(512, message.bytes.length - message.sent)) break;
      const blob = message.bytes.subarray(message.sent, message.sent + most);
      const isStart = message.fragments === 0n;
      message.sent += blob.length;
      const isEnd = message.sent >= message.bytes.length;
      const fragment = encodeFragment({
        objectId: message.objectId,
        fragmentId: message.fragments++,
        isStart,
        isEnd,
        blob,
      });
      fragments.push(fragment);
      left -= elementOctets + Math.ceil(fragment.length / 3) * 4;
      if (isEnd) {
        waiting.shift();
        size -= message.bytes.length;
      }
    }
    if (fragments.length > 0) changed.ring();
    return fragments;
  }

  /** Only what has not begun to go out may be thrown away. */
  function throwAway(): void {
    while (size >= fullBytes) {
      const at = waiting.findIndex(({ sent }) => sent === 0);
      if (at < 0) return;
      size -= waiting.splice(at, 1)[0]!.bytes.length;
    }
  }

  const queue: MessageQueue = {
    drops: false,
    async push(message, signal) {
      signal.throwIfAborted();
      while (size >= fullBytes && !isEnded && failure === null) {
        if (queue.drops) throwAway();
        else await changed.wait(signal);
      }
      if (!isEnded && failure === null) add(message);
    },
    put(message) {
      if (!isEnded && failure === null) add(message);
    },
    end() {
      isEnded = true;
      changed.ring();
    },
    fail(fault) {
      failure = fault;
      changed.ring();
    },
    interrupt(fault) {
      interruption = fault;
      turns++;
      changed.ring();
    },
    async receive(room, waitMs) {
      const turn = ++turns;
      interruption = null;
      changed.ring();
      const patience = new AbortController();
      const timer = setTimeout(() => patience.abort(), waitMs);
      try {
        while (failure === null && turn === turns && waiting.length === 0 && !isEnded) {
          await changed.wait(patience.signal);
        }
      } catch {
        return null;
      } finally {
        clearTimeout(timer);
      }
      // What a pipeline writes in one go is received together.
      await new Promise((resolve) => setImmediate(resolve));
      if (failure !== null) throw failure;
      if (turn !== turns) throw interruption ?? new LabFault(aborted, { powershellPlugin: true });
      const fragments = take(room);
      return { fragments, isDone: isEnded && waiting.length === 0 };
    },
  };
  return queue;
}
