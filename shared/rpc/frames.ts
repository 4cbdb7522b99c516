import type { Problem } from '../contract/problem.ts';
import { FrameError, fromJson, isBytes, toJson } from './values.ts';

/**
 * The frames, the same on every host.
 *
 *   from the window: call open send ack cancel end      from the console: result item ack end problem
 *
 * A text frame is one JSON object, `frame` and `id` first. A binary frame is a 4-byte id (big-endian) and bytes: the item, upward
 * message or result with that id, where it is bytes as a whole. Ids are chosen by the window, 1 … 2³²−1; a `problem` with id 0 is
 * about the port as a whole. A stream lives from `open` until `end` or `problem` of the console, or `cancel` of the window; frames for an
 * id that is not alive are ignored, since they may have crossed with its end.
 */
export type Frame =
  | {
      readonly frame: 'call' | 'open';
      readonly id: number;
      readonly area: string;
      readonly endpoint: string;
      readonly value: unknown;
    }
  | { readonly frame: 'send' | 'item' | 'result'; readonly id: number; readonly value: unknown }
  | { readonly frame: 'ack'; readonly id: number; readonly count: number }
  | { readonly frame: 'cancel' | 'end'; readonly id: number }
  | { readonly frame: 'problem'; readonly id: number; readonly problem: Problem };

/** Text frames in UTF-16 units, binary frames in bytes. Room for the list of 10,000 machines; a host bounds its sockets by `maxFrameBytes`. */
export const maxFrameLength = 32 * 1024 * 1024;
/** The same bound on a wire of bytes: UTF-8 takes up to three bytes for one UTF-16 unit. */
export const maxFrameBytes = maxFrameLength * 3;

/** Credit of a stream, per direction: so many unread messages, and no further one once so many bytes of them are unread. */
export const windowItems = 16;
export const windowBytes = 1024 * 1024;

const maxId = 0xffff_ffff;

/** A text or binary frame of another side, understood. `bytes` is what a binary frame has: which frame it is, the receiver knows. */
export type Received = Frame | { readonly frame: 'bytes'; readonly id: number; readonly value: Uint8Array };

/** A frame as it travels. Throws TypeError for a value that cannot cross and FrameError for one that is too large. */
export function encodeFrame(frame: Frame): string | Uint8Array {
  if ((frame.frame === 'send' || frame.frame === 'item' || frame.frame === 'result') && isBytes(frame.value)) {
    const encoded = new Uint8Array(4 + frame.value.length);
    new DataView(encoded.buffer).setUint32(0, frame.id);
    encoded.set(frame.value, 4);
    return checkLength(encoded);
  }
  if ('value' in frame) return checkLength(JSON.stringify({ ...frame, value: toJson(frame.value) }));
  if ('problem' in frame) return checkLength(JSON.stringify({ ...frame, problem: toJson(frame.problem) }));
  return JSON.stringify(frame);
}

function checkLength<T extends string | Uint8Array>(encoded: T): T {
  if (encoded.length > maxFrameLength) {
    throw new FrameError(`A message of ${encoded.length} is larger than the limit of ${maxFrameLength}.`);
  }
  return encoded;
}

/** Understands one frame of the other side. Throws FrameError for everything that is none; `frameId` then tells whom to blame. */
export function decodeFrame(encoded: string | Uint8Array): Received {
  if (typeof encoded !== 'string' && !isBytes(encoded)) throw new FrameError('A frame that is neither text nor bytes.');
  checkLength(encoded);
  if (typeof encoded !== 'string') {
    if (encoded.length < 4) throw new FrameError('A binary frame without an id.');
    const id = new DataView(encoded.buffer, encoded.byteOffset, 4).getUint32(0);
    return { frame: 'bytes', id, value: encoded.subarray(4) };
  }
  let json: unknown;
  try {
    json = JSON.parse(encoded);
  } catch {
    throw new FrameError('A frame that is no JSON.');
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new FrameError('A frame that is no object.');
  const raw = json as Record<string, unknown>;
  const id = idOf(raw);
  const frame = raw['frame'];
  switch (frame) {
    case 'call':
    case 'open':
      return {
        frame,
        id,
        area: nameOf(raw, 'area'),
        endpoint: nameOf(raw, 'endpoint'),
        value: fromText(encoded, raw['value']),
      };
    case 'send':
    case 'item':
    case 'result':
      return { frame, id, value: fromText(encoded, raw['value']) };
    case 'ack': {
      const count = raw['count'];
      if (typeof count !== 'number' || !Number.isInteger(count) || count < 1)
        throw new FrameError('An ack without a count.');
      return { frame, id, count };
    }
    case 'cancel':
    case 'end':
      return { frame, id };
    case 'problem':
      return { frame, id, problem: problemOf(fromText(encoded, raw['problem'])) };
    default:
      throw new FrameError('A frame of an unknown kind.');
  }
}

/** The id in a frame that could not be understood, or 0 where even that cannot be read. */
export function frameId(encoded: string | Uint8Array): number {
  if (typeof encoded !== 'string' || encoded.length > maxFrameLength) return 0;
  try {
    return idOf(JSON.parse(encoded) as Record<string, unknown>);
  } catch {
    return 0;
  }
}

/** Decoding walks the whole value, which most frames do not need: without `$`, `__proto__` or an escape, JSON is the value already. */
function fromText(text: string, json: unknown): unknown {
  return /\$|__proto__|\\u/.test(text) ? fromJson(json) : json;
}

function idOf(raw: Record<string, unknown>): number {
  const id = raw['id'];
  if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > maxId)
    throw new FrameError('A frame without an id.');
  return id;
}

function nameOf(raw: Record<string, unknown>, key: 'area' | 'endpoint'): string {
  const name = raw[key];
  if (typeof name !== 'string' || name.length > 100) throw new FrameError(`A frame without the name of its ${key}.`);
  return name;
}

function problemOf(value: unknown): Problem {
  const problem = value as Partial<Problem> | null;
  if (
    typeof problem !== 'object' ||
    problem === null ||
    typeof problem.code !== 'string' ||
    typeof problem.message !== 'string'
  ) {
    throw new FrameError('A problem frame without a problem.');
  }
  return problem as Problem;
}
