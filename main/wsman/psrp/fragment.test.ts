import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../errors.ts';
import {
  createReassembler,
  decodeFragments,
  encodeFragment,
  fragmentHeaderBytes,
  maxBlobBytes,
  packFragments,
  splitMessage,
} from './fragment.ts';

const bytes = (max: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength: max });
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

describe('splitting and putting together', () => {
  test('any message, any room: every packet holds its fragments, and the message comes back', () => {
    fc.assert(
      fc.property(
        bytes(5000),
        fc.integer({ min: 22, max: 6000 }),
        fc.integer({ min: 0, max: 6000 }),
        (message, room, first) => {
          const fragments = splitMessage(7n, message, room, first);
          fragments.forEach((f, i) => {
            expect(f.length).toBeLessThanOrEqual(i === 0 && first >= 22 ? first : room);
            expect(f.length - fragmentHeaderBytes).toBeLessThanOrEqual(maxBlobBytes);
          });
          const reassembler = createReassembler();
          const whole = fragments.flatMap((fragment) => reassembler.accept(fragment));
          expect(whole).toHaveLength(1);
          expect(same(whole[0]!, message)).toBe(true);
          expect(reassembler.openBytes()).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('any interleaving of several messages in packets of any size', () => {
    const messages = fc.array(bytes(400), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(
        messages,
        fc.integer({ min: 22, max: 90 }),
        fc.integer({ min: 111, max: 900 }),
        fc.infiniteStream(fc.nat()),
        (all, room, packet, picks) => {
          const queues = all.map((message, i) => splitMessage(BigInt(i + 1), message, room));
          const order: Uint8Array[] = [];
          const ends: number[] = [];
          while (queues.some((queue) => queue.length > 0)) {
            const waiting = queues.map((_, i) => i).filter((i) => queues[i]!.length > 0);
            const pick = waiting[picks.next().value! % waiting.length]!;
            order.push(queues[pick]!.shift()!);
            if (queues[pick]!.length === 0) ends.push(pick);
          }
          const packets = packFragments(order, packet);
          for (const p of packets) expect(p.length).toBeLessThanOrEqual(packet);
          const reassembler = createReassembler();
          const whole = packets.flatMap((p) => reassembler.accept(p));
          expect(whole.map((m, i) => same(m, all[ends[i]!]!))).toEqual(all.map(() => true));
        },
      ),
      { numRuns: 200 },
    );
  });

  test('a long message is split into blobs of 32 KiB at most, whatever room there is', () => {
    const fragments = splitMessage(1n, new Uint8Array(100_000).fill(5), 500_000);
    expect(fragments.map((f) => f.length - fragmentHeaderBytes)).toEqual([32_768, 32_768, 32_768, 1696]);
  });

  test('header as the specification draws it', () => {
    const encoded = encodeFragment({
      objectId: 0x0102n,
      fragmentId: 3n,
      isStart: false,
      isEnd: true,
      blob: Uint8Array.of(9),
    });
    expect(Buffer.from(encoded).toString('hex')).toBe(
      '0000000000000102' + '0000000000000003' + '02' + '00000001' + '09',
    );
  });

  test('an empty message is one empty fragment', () => {
    const [only, ...more] = splitMessage(1n, new Uint8Array(), 100);
    expect(more).toEqual([]);
    expect(decodeFragments(only!)).toMatchObject([{ isStart: true, isEnd: true, fragmentId: 0n }]);
    expect(createReassembler().accept(only!)).toEqual([new Uint8Array()]);
  });

  test('mistakes of a caller', () => {
    expect(() => splitMessage(1n, new Uint8Array(4), 21)).toThrow(RangeError);
    expect(() => splitMessage(0n, new Uint8Array(4), 100)).toThrow(RangeError);
    expect(() => packFragments([new Uint8Array(30)], 29)).toThrow(RangeError);
    const blob = new Uint8Array(maxBlobBytes + 1);
    expect(() => encodeFragment({ objectId: 1n, fragmentId: 0n, isStart: true, isEnd: true, blob })).toThrow(
      RangeError,
    );
  });
});

describe('hostile fragments', () => {
  test('octets of any kind are fragments or a ProtocolError, and take no more room than they are', () => {
    fc.assert(
      fc.property(fc.array(bytes(200), { maxLength: 5 }), (packets) => {
        const reassembler = createReassembler({ maxMessageBytes: 1000, maxOpenMessages: 3 });
        try {
          for (const packet of packets) reassembler.accept(packet);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
        expect(reassembler.openBytes()).toBeLessThanOrEqual(1000 + 200);
      }),
      { numRuns: 500 },
    );
  });

  test('one octet of a good stream changed: an error, or whole messages, never anything else thrown', () => {
    const stream = (message: Uint8Array): Uint8Array => Buffer.concat(splitMessage(3n, message, 60));
    fc.assert(
      fc.property(bytes(200), fc.nat(), fc.integer({ min: 1, max: 255 }), (message, at, flip) => {
        const changed = Uint8Array.from(stream(message));
        changed[at % changed.length]! ^= flip;
        try {
          for (const whole of createReassembler().accept(changed))
            expect(whole.length).toBeLessThanOrEqual(message.length);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 500 },
    );
  });

  const part = (
    objectId: bigint,
    fragmentId: bigint,
    flags: { start?: boolean; end?: boolean },
    size = 1,
  ): Uint8Array =>
    encodeFragment({ objectId, fragmentId, isStart: !!flags.start, isEnd: !!flags.end, blob: new Uint8Array(size) });
  const accept = (...packets: Uint8Array[]): (() => void) => {
    const reassembler = createReassembler({ maxMessageBytes: 100, maxOpenBytes: 150, maxOpenMessages: 2 });
    return () => {
      for (const packet of packets) reassembler.accept(packet);
    };
  };

  test('each rule that is broken is refused by name', () => {
    const one = part(1n, 0n, { start: true });
    expect(accept(one.subarray(0, 20))).toThrow(/inside its header/);
    expect(accept(one.subarray(0, 21))).toThrow(/longer than the packet/);
    const zero = Uint8Array.from(one);
    zero.fill(0, 0, 8);
    expect(accept(zero)).toThrow(/ObjectId 0/);
    expect(accept(part(1n, 1n, { start: true }))).toThrow(/not its first/);
    expect(accept(part(1n, 0n, {}))).toThrow(/not its first/);
    expect(accept(one, one)).toThrow(/begins twice/);
    expect(accept(part(1n, 1n, { end: true }))).toThrow(/no message that has begun/);
    expect(accept(one, part(1n, 2n, { end: true }))).toThrow(/fragment 1 is missing/);
    expect(accept(one, part(2n, 0n, { start: true }), part(3n, 0n, { start: true }))).toThrow(/More than 2/);
    expect(accept(part(1n, 0n, { start: true }, 99), part(1n, 1n, {}, 2))).toThrow(/longer than 100/);
    expect(accept(part(1n, 0n, { start: true }, 90), part(2n, 0n, { start: true }, 90))).toThrow(/more than 150/);
    const huge = Uint8Array.from(one);
    huge.fill(255, 17, 21);
    expect(accept(huge)).toThrow(/claims to hold 4294967295/);
  });
});
