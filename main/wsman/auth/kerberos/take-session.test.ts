import { expect, test } from 'vitest';
import { type Gss, GssError, type LucidContext } from './gss.ts';
import { type RawLucid, readLucid } from './lucid.ts';
import { takeSession } from './take-session.ts';

const key = (type: number, length: number) => ({ type, length, data: 1n });
const raw: RawLucid = {
  version: 1,
  initiate: 1,
  sendSeq: 5,
  receiveSeq: 6n,
  protocol: 1,
  rfc1964: { key: { type: 0, length: 0, data: 0n } },
  cfx: { hasSubkey: 1, key: key(17, 16), subkey: key(18, 32) },
};
const copy = (_address: bigint, length: number) => new Uint8Array(length).fill(length);

test('the key that protects messages: the subkey of the acceptor, else the session key, else that of RFC 4757', () => {
  expect(readLucid(raw, copy)).toEqual({
    initiate: true,
    sendSeq: 5n,
    receiveSeq: 6n,
    protocol: 1,
    key: { type: 18, bytes: new Uint8Array(32).fill(32) },
    hasAcceptorSubkey: true,
  });
  expect(readLucid({ ...raw, cfx: { ...raw.cfx, hasSubkey: 0 } }, copy).key.type).toBe(17);
  const rc4 = { ...raw, protocol: 0, rfc1964: { key: key(23, 16) } };
  expect(readLucid(rc4, copy)).toMatchObject({ hasAcceptorSubkey: false, key: { type: 23 } });
});

test.each<[string, Partial<RawLucid>]>([
  ['another version', { version: 2 }],
  ['a protocol that does not exist', { protocol: 2 }],
  ['a flag that is none', { initiate: 77 }],
  ['a key of a length that no key has', { cfx: { ...raw.cfx, subkey: key(18, 5000) } }],
  ['no key', { cfx: { ...raw.cfx, subkey: { type: 18, length: 32, data: 0n } } }],
])('%s is not believed, and nothing is read through it', (_name, change) => {
  const never = () => {
    throw new Error('memory was read');
  };
  expect(() => readLucid({ ...raw, ...change }, never)).toThrow(RangeError);
});

const libraryWith = (exportLucid: () => LucidContext) => ({ exportLucid }) as unknown as Gss;

test('keys that our code cannot use are said to be so, and are wiped', () => {
  const camellia: LucidContext = { ...readLucid(raw, copy), key: { type: 26, bytes: new Uint8Array(32).fill(9) } };
  expect(() =>
    takeSession(
      libraryWith(() => camellia),
      1n,
      'initiator',
    ),
  ).toThrow(expect.objectContaining({ reason: 'etype', message: expect.stringContaining('26') }));
  expect(camellia.key.bytes.every((byte) => byte === 0)).toBe(true);
  const strange = libraryWith(() => readLucid({ ...raw, version: 9 }, copy));
  expect(() => takeSession(strange, 1n, 'initiator')).toThrow(expect.objectContaining({ reason: 'etype' }));
});

test('the exported key is wiped when it has been taken; a refused export leaves sealing to the library', () => {
  const lucid = readLucid(raw, copy);
  expect(
    takeSession(
      libraryWith(() => lucid),
      1n,
      'initiator',
    ).label,
  ).toBe('AES256-SHA1');
  expect(lucid.key.bytes.every((byte) => byte === 0)).toBe(true);
  const refusing = libraryWith(() => {
    throw new GssError('gss_krb5_export_lucid_sec_context', 0x100000, 0, 'unavailable');
  });
  expect(takeSession(refusing, 1n, 'initiator').label).toBe('Kerberos');
});
