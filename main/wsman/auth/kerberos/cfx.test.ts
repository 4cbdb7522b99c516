import { createSecretKey, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../errors.ts';
import { createCfxSession } from './cfx.ts';
import { deriveUsageKeys, ENCRYPTION_TYPES, encrypt } from './enctypes.ts';
import type { SessionKeys } from './session.ts';

const SIZES = [0, 1, 15, 16, 17, 1024, 200 * 1024];
const KEYS = new Map([17, 18, 19, 20].map((type) => [type, randomBytes(ENCRYPTION_TYPES.get(type)!.keyLength)]));
const keysOf = (keyType: number, role: SessionKeys['role'], changes: Partial<SessionKeys> = {}): SessionKeys => ({
  role,
  sendSeq: 100n,
  receiveSeq: 100n,
  keyType,
  key: new Uint8Array(KEYS.get(keyType)!),
  isAcceptorSubkey: true,
  ...changes,
});
const pair = (keyType: number) => ({
  initiator: createCfxSession(keysOf(keyType, 'initiator')),
  acceptor: createCfxSession(keysOf(keyType, 'acceptor')),
});

/** A token as other implementations make it: any EC, and rotated by any number of bytes. */
function foreignToken(
  keyType: number,
  plain: Uint8Array,
  o: { seq?: bigint; flags?: number; extraCount?: number; rrc?: number; rotateBy?: number; innerRrc?: number },
): Buffer {
  const keys = deriveUsageKeys(ENCRYPTION_TYPES.get(keyType)!, createSecretKey(KEYS.get(keyType)!), 22);
  const header = Buffer.alloc(16);
  header.writeUInt16BE(0x0504, 0);
  header[2] = o.flags ?? 0x07;
  header[3] = 0xff;
  header.writeUInt16BE(o.extraCount ?? 0, 4);
  header.writeBigUInt64BE(o.seq ?? 100n, 8);
  const inner = Buffer.from(header);
  inner.writeUInt16BE(o.innerRrc ?? 0, 6);
  const filler = Buffer.alloc(o.extraCount ?? 0, 0xff);
  const sealed = encrypt(keys, Buffer.concat([randomBytes(16), plain, filler, inner]));
  const by = (o.rotateBy ?? o.rrc ?? 0) % sealed.length;
  header.writeUInt16BE(o.rrc ?? 0, 6);
  return Buffer.concat([header, sealed.subarray(sealed.length - by), sealed.subarray(0, sealed.length - by)]);
}

describe.each([
  [17, 60, 28],
  [18, 60, 28],
  [19, 64, 32],
  [20, 72, 40],
])('encryption type %i', (keyType, signatureLength, rrc) => {
  test("WinRM's layout: the signature in front, the data as long as the plaintext, RRC beside it", () => {
    const { initiator } = pair(keyType);
    for (const size of SIZES) {
      const { signature, data } = initiator.seal(Buffer.alloc(size, 1));
      expect([signature.length, data.length]).toEqual([signatureLength, size]);
      expect(Buffer.from(signature.subarray(0, 8)).toString('hex')).toBe(
        `050406ff0000${rrc.toString(16).padStart(4, '0')}`,
      );
    }
  });

  test('both directions, every size, in a row and in turns', () => {
    const { initiator, acceptor } = pair(keyType);
    for (const size of [...SIZES, ...SIZES]) {
      const plain = randomBytes(size);
      const there = initiator.seal(plain);
      expect(plain.equals(acceptor.unseal(there.signature, there.data))).toBe(true);
      const back = acceptor.seal(plain);
      expect(plain.equals(initiator.unseal(back.signature, back.data))).toBe(true);
      expect(back.signature[2]).toBe(0x07);
    }
  });

  test.each([
    ['not rotated (OMI)', {}],
    ['rotated by one byte', { rrc: 1 }],
    ['rotated further than it is long', { rrc: 65_535 }],
    ['with filler, rotated by RRC', { extraCount: 16, rrc }],
    ['with filler, rotated by RRC + EC (Windows)', { extraCount: 16, rrc, rotateBy: rrc + 16 }],
    ['with filler, not rotated', { extraCount: 3 }],
  ])('takes a token %s, cut in two anywhere', (_name, how) => {
    const plain = Buffer.from('<s:Envelope/>');
    const token = foreignToken(keyType, plain, how);
    for (const cut of [0, 7, 16, 17, 60, token.length]) {
      const { initiator } = pair(keyType);
      expect(Buffer.from(initiator.unseal(token.subarray(0, cut), token.subarray(cut))).toString()).toBe(
        '<s:Envelope/>',
      );
    }
  });

  test('refuses what was changed, anywhere', () => {
    const { initiator, acceptor } = pair(keyType);
    const { signature, data } = initiator.seal(Buffer.from('stop it'));
    const token = Buffer.concat([signature, data]);
    for (let at = 0; at < token.length; at++) {
      const changed = Buffer.from(token);
      changed[at]! ^= 1;
      expect(() => acceptor.unseal(changed.subarray(0, 60), changed.subarray(60)), `byte ${at}`).toThrow(ProtocolError);
    }
    // None of that has moved the sequence on.
    expect(Buffer.from(acceptor.unseal(signature, data)).toString()).toBe('stop it');
  });

  test('refuses a message twice, and one out of order', () => {
    const { initiator, acceptor } = pair(keyType);
    const [first, second] = [initiator.seal(Buffer.from('1')), initiator.seal(Buffer.from('2'))];
    expect(() => acceptor.unseal(second.signature, second.data)).toThrow(/sequence/);
    acceptor.unseal(first.signature, first.data);
    expect(() => acceptor.unseal(first.signature, first.data)).toThrow(/sequence/);
  });

  test('signs for mechListMIC, in the same sequence', () => {
    const { initiator, acceptor } = pair(keyType);
    const list = Buffer.from('mechanisms');
    const mic = initiator.sign(list);
    expect(mic.length).toBe(16 + ENCRYPTION_TYPES.get(keyType)!.checksumLength);
    expect(Buffer.from(mic.subarray(0, 8)).toString('hex')).toBe('040404ffffffffff');
    expect(acceptor.verify(Buffer.from('mechanismS'), mic)).toBe(false);
    expect(initiator.verify(list, mic)).toBe(false);
    expect(acceptor.verify(list, mic)).toBe(true);
    expect(acceptor.verify(list, mic)).toBe(false);
    const next = initiator.seal(list);
    expect(Buffer.from(next.signature).readBigUInt64BE(8)).toBe(101n);
    expect(list.equals(acceptor.unseal(next.signature, next.data))).toBe(true);
    expect(acceptor.verify(list, new Uint8Array(3))).toBe(false);
  });
});

test.each([
  ['of our own direction', { flags: 0x06 }, /direction/],
  ['that is not sealed', { flags: 0x05 }, /not sealed/],
  ['under another key than the acceptor chose', { flags: 0x03 }, /another key/],
  ['whose header inside differs', { innerRrc: 28 }, /header was changed/],
  ['of another number', { seq: 101n }, /sequence/],
])('refuses a token %s', (_name, how, message) => {
  const token = foreignToken(18, Buffer.from('x'), how);
  expect(() => pair(18).initiator.unseal(token, new Uint8Array(0))).toThrow(message);
});

test('refuses a token of another kind, one too short, and filler longer than the message', () => {
  const { initiator } = pair(18);
  expect(() => initiator.unseal(new Uint8Array(10), new Uint8Array(0))).toThrow(/too short/);
  expect(() => initiator.unseal(new Uint8Array(80), new Uint8Array(0))).toThrow(/no Wrap token/);
  const keys = deriveUsageKeys(ENCRYPTION_TYPES.get(18)!, createSecretKey(KEYS.get(18)!), 22);
  const header = Buffer.from('050407ffffff00000000000000000064', 'hex');
  const token = Buffer.concat([header, encrypt(keys, Buffer.concat([randomBytes(16), header]))]);
  expect(() => initiator.unseal(token, new Uint8Array(0))).toThrow(/shorter than it says/);
});

test('the sequence number wraps around at 64 bits', () => {
  const last = { sendSeq: 0xffff_ffff_ffff_ffffn, receiveSeq: 0xffff_ffff_ffff_ffffn };
  const initiator = createCfxSession(keysOf(18, 'initiator', last));
  const acceptor = createCfxSession(keysOf(18, 'acceptor', last));
  for (const text of ['last', 'first']) {
    const { signature, data } = initiator.seal(Buffer.from(text));
    expect(Buffer.from(acceptor.unseal(signature, data)).toString()).toBe(text);
  }
});

test('is of no use once wiped, and takes no other key', () => {
  const { initiator, acceptor } = pair(18);
  const { signature, data } = acceptor.seal(Buffer.from('x'));
  initiator.wipe();
  expect(() => initiator.seal(Buffer.from('x'))).toThrow(/closed/);
  expect(() => initiator.unseal(signature, data)).toThrow(/closed/);
  expect(() => initiator.sign(Buffer.from('x'))).toThrow(/closed/);
  expect(initiator.verify(Buffer.from('x'), new Uint8Array(28))).toBe(false);
  expect(() => createCfxSession(keysOf(18, 'initiator', { key: new Uint8Array(16) }))).toThrow(RangeError);
  expect(() => createCfxSession(keysOf(18, 'initiator', { keyType: 23 }))).toThrow(RangeError);
});
