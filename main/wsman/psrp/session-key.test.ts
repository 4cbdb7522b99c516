import { expect, test } from 'vitest';
import { ProtocolError } from '../errors.ts';
import {
  createKeyPair,
  createSessionKey,
  decryptSecureString,
  encryptSecureString,
  readPublicKey,
  readSessionKey,
  writePublicKey,
  writeSessionKey,
} from './session-key.ts';

/** MS-PSRP 2.2.2.3 and 2.2.2.4, the examples. */
const publicKeyExample =
  'BgIAAACkAABSU0ExAAgAAAEAAQBxLtiI7U4s5gkx4zzFaRyhCgTwSYWBdxx6MfjJMXcuLewnq7RvIo6yfgcN2s8FXrelHs8y34S0fdvM/fbSXjaacKOQoLVvOgyVf1x7EODpDADW2Tj9RIz52hcsVzNFfkfT4EhMvcJbDIqtEwIF6BmjHc5yNPsywTFD6QU50BIySeV7IT3qhjxihQEbMt/shf0DcFX07JIs37FPPZpesaviyG3RZjhQbfCbJ66vlea+1ocVYgqM7W98ZIeHlRT2XhrPSD+hwriUcfG3oOJIILpo2acpAxcz8KCEOkpocH4wA/IgF+9UcaeanOkBXqK3xc9LPtVuQ7otZYa+zvrTZXe4';
const sessionKeyExample =
  'AQIAABBmAAAApAAAgY6iLhsPXjMGza6Rc6JeEfezwTaZjJhm+gj55YRVzv6QTyRkl3j9XuESv5WhNwHHZD0pAwDC5iZcxFCKtZ4PSuBIy6EULAuvxUCvREZ2NueMLUzbOaLviFc4Y2Qf9rPEBfjK/iKyudKTiF4bY92RTZxoxVECaT4Z9EJI4QyigCIUfjY7oXzcntkc09Its+v9HgoQY50qXCtqB+r1Npdx3gYPvtuTPsRGGPlmKnns6gVALeh8Tw/FPo8EMk+oGpfAUZjhxcNpmrniujs8UTlDzV8JWa/sEjrpewEGTBRWs0AQ3yEj2ALZzpwDa+bHhSp8TtJV+V6ZN7MvTX2igcAwQA==';

test('public key of the specification: read, and written again to the same octets', () => {
  const key = readPublicKey(publicKeyExample);
  expect(key.asymmetricKeyDetails).toMatchObject({ modulusLength: 2048, publicExponent: 65_537n });
  expect(writePublicKey(key)).toBe(publicKeyExample);
});

test('exchange: the server encrypts a key for the client, both then share it', async () => {
  const pair = await createKeyPair();
  const key = createSessionKey();
  const blob = writeSessionKey(key, readPublicKey(writePublicKey(pair.publicKey)));
  expect(Buffer.from(blob, 'base64').subarray(0, 12)).toEqual(Buffer.from(sessionKeyExample, 'base64').subarray(0, 12));
  expect(blob).toHaveLength(sessionKeyExample.length);
  expect(Buffer.from(readSessionKey(blob, pair))).toEqual(Buffer.from(key));
  // Of another pair: refused, or another key comes out; never this one.
  const other = await createKeyPair();
  const stolen = ((): Uint8Array | null => {
    try {
      return readSessionKey(blob, other);
    } catch (error) {
      expect(error).toBeInstanceOf(ProtocolError);
      return null;
    }
  })();
  expect(stolen === null || Buffer.compare(stolen, key) !== 0).toBe(true);
});

test('SecureString: AES-256-CBC over UTF-16, padded; with another key nothing comes of it', () => {
  const key = createSessionKey();
  expect(encryptSecureString('Hello World', key)).toHaveLength(32);
  expect(encryptSecureString('', key)).toHaveLength(16);
  for (const text of ['', 'Hello World', 'Grüße, 世界 🗝', 'x'.repeat(5000)]) {
    expect(decryptSecureString(encryptSecureString(text, key), key)).toBe(text);
  }
  expect(() => decryptSecureString(Uint8Array.of(1, 2, 3), key)).toThrow(ProtocolError);
});

test('blobs of another form are refused', async () => {
  expect(() => readPublicKey('')).toThrow(/another form/);
  expect(() => readPublicKey(sessionKeyExample)).toThrow(/another form/);
  const pair = await createKeyPair();
  expect(() => readSessionKey(publicKeyExample, pair)).toThrow(/another form/);
});
