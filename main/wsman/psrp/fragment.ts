/**
 * Fragments: what messages of the PowerShell Remoting Protocol travel in (MS-PSRP 2.2.4, 3.1.5.1.1, 3.1.5.1.2). Both roles use this: client
 * and server split and put together alike.
 *
 * The header is big-endian: ObjectId (8), FragmentId (8), flags (1; bit 0 start, bit 1 end), BlobLength (4). A fragment never spans two
 * packets of WS-Man; several may share one.
 */
import { ProtocolError } from '../errors.ts';

/** Octets in front of the blob. */
export const fragmentHeaderBytes = 21;
/** Longest blob that is ever written; older PowerShell refuses longer ones (2.2.4). */
export const maxBlobBytes = 32_768;
/** Longest blob that is read: other clients write longer ones, and an envelope has no room for more than this. */
const maxReadBlobBytes = 1024 * 1024;

export interface Fragment {
  /** Which message it is of: above 0, unique within a pool and its pipelines, per direction. */
  readonly objectId: bigint;
  /** Counts from 0 within one message. */
  readonly fragmentId: bigint;
  readonly isStart: boolean;
  readonly isEnd: boolean;
  readonly blob: Uint8Array;
}

/** One fragment as octets. Throws RangeError for an ObjectId below 1 and for a blob that is longer than `maxBlobBytes`. */
export function encodeFragment(fragment: Fragment): Uint8Array {
  if (fragment.objectId < 1n) throw new RangeError('An ObjectId is above 0.');
  if (fragment.blob.length > maxBlobBytes) throw new RangeError(`A blob has at most ${maxBlobBytes} octets.`);
  const bytes = new Uint8Array(fragmentHeaderBytes + fragment.blob.length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, fragment.objectId);
  view.setBigUint64(8, fragment.fragmentId);
  view.setUint8(16, (fragment.isStart ? 1 : 0) | (fragment.isEnd ? 2 : 0));
  view.setUint32(17, fragment.blob.length);
  bytes.set(fragment.blob, fragmentHeaderBytes);
  return bytes;
}

/** The fragments of one packet. Throws ProtocolError for a rest that is no whole fragment, and for a header that contradicts itself. */
export function decodeFragments(packet: Uint8Array): Fragment[] {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const fragments: Fragment[] = [];
  for (let at = 0; at < packet.length; ) {
    if (packet.length - at < fragmentHeaderBytes) throw new ProtocolError('A PSRP fragment ends inside its header.');
    const objectId = view.getBigUint64(at);
    const fragmentId = view.getBigUint64(at + 8);
    const flags = view.getUint8(at + 16);
    const length = view.getUint32(at + 17);
    const from = at + fragmentHeaderBytes;
    const isStart = (flags & 1) !== 0;
    if (objectId === 0n) throw new ProtocolError('A PSRP fragment has the ObjectId 0.');
    if (isStart !== (fragmentId === 0n))
      throw new ProtocolError('A PSRP fragment that starts a message is not its first.');
    if (length > maxReadBlobBytes) throw new ProtocolError(`A PSRP fragment claims to hold ${length} octets.`);
    if (length > packet.length - from) throw new ProtocolError('A PSRP fragment is longer than the packet it came in.');
    fragments.push({
      objectId,
      fragmentId,
      isStart,
      isEnd: (flags & 2) !== 0,
      blob: packet.subarray(from, from + length),
    });
    at = from + length;
  }
  return fragments;
}

/** Smallest room that a fragment is made for: below it, headers would be most of what is sent. */
export const minPacketBytes = fragmentHeaderBytes + 1;

/**
 * A message as encoded fragments. `firstBytes` is the room in the packet that is under way, for the first fragment; `packetBytes` that of
 * the packets after it. Throws RangeError where a packet has no room for a fragment at all.
 */
export function splitMessage(
  objectId: bigint,
  message: Uint8Array,
  packetBytes: number,
  firstBytes: number = packetBytes,
): Uint8Array[] {
  if (packetBytes < minPacketBytes) throw new RangeError(`A packet has at least ${minPacketBytes} octets.`);
  const fragments: Uint8Array[] = [];
  let at = 0;
  let room = firstBytes < minPacketBytes ? packetBytes : firstBytes;
  do {
    const blob = message.subarray(at, at + Math.min(maxBlobBytes, room - fragmentHeaderBytes));
    at += blob.length;
    const fragmentId = BigInt(fragments.length);
    fragments.push(
      encodeFragment({ objectId, fragmentId, isStart: fragmentId === 0n, isEnd: at >= message.length, blob }),
    );
    room = packetBytes;
  } while (at < message.length);
  return fragments;
}

/** Encoded fragments joined to packets, in order, each as full as it gets. Throws RangeError for a fragment that no packet holds. */
export function packFragments(fragments: readonly Uint8Array[], packetBytes: number): Uint8Array[] {
  const packets: Uint8Array[] = [];
  let open: Uint8Array[] = [];
  let size = 0;
  const close = (): void => {
    if (open.length > 0) packets.push(Buffer.concat(open));
    open = [];
    size = 0;
  };
  for (const fragment of fragments) {
    if (fragment.length > packetBytes) throw new RangeError('A fragment is longer than a packet.');
    if (size + fragment.length > packetBytes) close();
    open.push(fragment);
    size += fragment.length;
  }
  close();
  return packets;
}

export interface ReassemblyLimits {
  /** Octets of one message. Default 64 MiB, which is what the XML reader takes. */
  readonly maxMessageBytes?: number;
  /** Octets of all messages that have begun and not ended. Default as above. */
  readonly maxOpenBytes?: number;
  /** Messages that have begun and not ended. Default 64. */
  readonly maxOpenMessages?: number;
}

export interface Reassembler {
  /** Whole messages that this packet completes, in the order of their ends. Throws ProtocolError; nothing is to be read after that. */
  accept(packet: Uint8Array): Uint8Array[];
  /** Octets that wait for the rest of their message. */
  openBytes(): number;
  /** Something was lost: what is unfinished is given up, and rests of messages that nobody has the start of are passed over until one begins. */
  forget(): void;
}

interface OpenMessage {
  readonly blobs: Uint8Array[];
  size: number;
  next: bigint;
}

const defaultMessageBytes = 64 * 1024 * 1024;

/**
 * Puts messages together again, of one pool or one pipeline. Fragments of several messages may be interleaved, those of one come in
 * ascending order; anything else ends the stream (3.1.5.1.2).
 */
export function createReassembler(limits: ReassemblyLimits = {}): Reassembler {
  const maxMessageBytes = limits.maxMessageBytes ?? defaultMessageBytes;
  const maxOpenBytes = limits.maxOpenBytes ?? maxMessageBytes;
  const maxOpenMessages = limits.maxOpenMessages ?? 64;
  const open = new Map<bigint, OpenMessage>();
  let openBytes = 0;
  let passesOver = false;

  function take(fragment: Fragment): Uint8Array | null {
    let message = open.get(fragment.objectId);
    if (fragment.isStart) {
      if (message !== undefined) throw new ProtocolError('A PSRP message begins twice.');
      if (open.size >= maxOpenMessages)
        throw new ProtocolError(`More than ${maxOpenMessages} PSRP messages are unfinished.`);
      message = { blobs: [], size: 0, next: 0n };
      open.set(fragment.objectId, message);
      passesOver = false;
    }
    if (message === undefined && passesOver) return null;
    if (message === undefined) throw new ProtocolError('A PSRP fragment belongs to no message that has begun.');
    if (fragment.fragmentId !== message.next) {
      throw new ProtocolError(`PSRP fragment ${message.next} is missing; ${fragment.fragmentId} came instead.`);
    }
    message.next++;
    message.size += fragment.blob.length;
    openBytes += fragment.blob.length;
    if (message.size > maxMessageBytes)
      throw new ProtocolError(`A PSRP message is longer than ${maxMessageBytes} octets.`);
    if (!fragment.isEnd) {
      if (openBytes > maxOpenBytes)
        throw new ProtocolError(`Unfinished PSRP messages take more than ${maxOpenBytes} octets.`);
      // Its own copy: the packet it came in, many times as large, would stay in memory with it.
      if (fragment.blob.length > 0) message.blobs.push(fragment.blob.slice());
      return null;
    }
    open.delete(fragment.objectId);
    openBytes -= message.size;
    return message.blobs.length === 0 ? fragment.blob : Buffer.concat([...message.blobs, fragment.blob], message.size);
  }

  return {
    accept(packet) {
      const messages: Uint8Array[] = [];
      for (const fragment of decodeFragments(packet)) {
        const whole = take(fragment);
        if (whole !== null) messages.push(whole);
      }
      return messages;
    },
    openBytes: () => openBytes,
    forget() {
      open.clear();
      openBytes = 0;
      passesOver = true;
    },
  };
}
