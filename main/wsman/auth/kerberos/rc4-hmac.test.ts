/** RFC 4757 has no vectors for messages; that MIT agrees is proven in kerberos.peer.test.ts. */
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { ProtocolError } from '../../errors.ts';
import { createRc4HmacSession } from './rc4-hmac.ts';
import type { SessionKeys } from './session.ts';

const KEY = randomBytes(16);
const session = (role: SessionKeys['role'], seq = 7n) =>
  createRc4HmacSession({
    role,
    sendSeq: seq,
    receiveSeq: seq,
    keyType: 23,
    key: new Uint8Array(KEY),
    isAcceptorSubkey: false,
  });

test('both directions, without a padding byte; the frame counts the data', () => {
  const [initiator, acceptor] = [session('initiator'), session('acceptor')];
  for (const size of [0, 1, 15, 16, 17, 1024, 200 * 1024]) {
    const plain = Buffer.alloc(size, 0x3e);
    const { signature, data } = initiator.seal(plain);
    expect(data.length).toBe(size);
    expect(plain.equals(acceptor.unseal(signature, data))).toBe(true);
    const back = acceptor.seal(plain);
    expect(plain.equals(initiator.unseal(back.signature, back.data))).toBe(true);
  }
  const { signature } = initiator.seal(Buffer.alloc(300));
  expect(Buffer.from(signature.subarray(0, 23)).toString('hex')).toBe(
    '60820157' + '06092a864886f712010202' + '020111001000ffff',
  );
});

test('takes a frame that counts the token alone, and drops the byte that the RFC pads with', () => {
  const [initiator, acceptor] = [session('initiator'), session('acceptor')];
  const padded = initiator.seal(Buffer.from('<x/>\u0001'));
  expect(Buffer.from(acceptor.unseal(padded.signature, padded.data)).toString()).toBe('<x/>');
  const { signature, data } = initiator.seal(Buffer.from('<y/>'));
  signature[1] = signature.length - 2;
  expect(Buffer.from(acceptor.unseal(signature, data)).toString()).toBe('<y/>');
});

test('refuses what was changed, sent twice, out of order or in the other direction', () => {
  const [initiator, acceptor] = [session('initiator'), session('acceptor')];
  const { signature, data } = initiator.seal(Buffer.from('stop it'));
  const token = Buffer.concat([signature, data]);
  for (let at = 2; at < token.length; at++) {
    const changed = Buffer.from(token);
    changed[at]! ^= 1;
    expect(() => acceptor.unseal(changed, new Uint8Array(0)), `byte ${at}`).toThrow(ProtocolError);
  }
  expect(() => session('initiator').unseal(signature, data)).toThrow(/sequence/);
  acceptor.unseal(signature, data);
  expect(() => acceptor.unseal(signature, data)).toThrow(/sequence/);
  expect(() => acceptor.unseal(new Uint8Array(3), new Uint8Array(0))).toThrow(ProtocolError);
});

test('signs for mechListMIC, in the same sequence, around 32 bits', () => {
  const [initiator, acceptor] = [session('initiator', 0xffffffffn), session('acceptor', 0xffffffffn)];
  const mic = initiator.sign(Buffer.from('list'));
  expect(acceptor.verify(Buffer.from('lisT'), mic)).toBe(false);
  expect(initiator.verify(Buffer.from('list'), mic)).toBe(false);
  expect(acceptor.verify(Buffer.from('list'), mic)).toBe(true);
  expect(acceptor.verify(Buffer.from('list'), new Uint8Array(37))).toBe(false);
  const next = initiator.seal(Buffer.from('x'));
  expect(Buffer.from(acceptor.unseal(next.signature, next.data)).toString()).toBe('x');
  initiator.wipe();
  expect(() => initiator.seal(Buffer.from('x'))).toThrow(/closed/);
});

test('takes no other key', () => {
  const keys = { role: 'initiator', sendSeq: 0n, receiveSeq: 0n, isAcceptorSubkey: false } as const;
  expect(() => createRc4HmacSession({ ...keys, keyType: 18, key: new Uint8Array(16) })).toThrow(RangeError);
  expect(() => createRc4HmacSession({ ...keys, keyType: 23, key: new Uint8Array(8) })).toThrow(RangeError);
});
