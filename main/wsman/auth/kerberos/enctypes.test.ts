/**
 * Published vectors: RFC 3961 A.1 (n-fold), RFC 3962 appendix B (CBC with ciphertext stealing), RFC 8009 appendix A (key derivation,
 * encryption, checksum), and MIT's t_decrypt and t_cksums for the AES-SHA1 types, for which the RFC has no whole messages.
 */
import { createSecretKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  checksum,
  decrypt,
  decryptCts,
  deriveUsageKeys,
  ENCRYPTION_TYPES,
  encrypt,
  encryptCts,
  kdfHmacSha2,
} from './enctypes.ts';
import { nFold } from './n-fold.ts';

const keyOf = (text: string) => createSecretKey(hex(text));
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const type = (number: number) => ENCRYPTION_TYPES.get(number)!;

test.each([
  ['012345', 8, 'be072631276b1955'],
  ['password', 7, '78a07b6caf85fa'],
  ['Rough Consensus, and Running Code', 8, 'bb6ed30870b7f0e0'],
  ['password', 21, '59e4a8ca7c0385c3c37b3f6d2000247cb6e6bd5b3e'],
  ['MASSACHVSETTS INSTITVTE OF TECHNOLOGY', 24, 'db3b0d8f0b061e603282b308a50841229ad798fab9540c1b'],
  ['Q', 21, '518a54a215a8452a518a54a215a8452a518a54a215'],
  ['ba', 21, 'fb25d531ae8974499f52fd92ea9857c4ba24cf297e'],
  ['kerberos', 8, '6b65726265726f73'],
  ['kerberos', 16, '6b65726265726f737b9b5b2b93132b93'],
])('n-fold of %j to %i bytes', (text, size, expected) => {
  expect(nFold(Buffer.from(text), size).toString('hex')).toBe(expected);
});

test.each([
  [17, 'c6353568f2bf8cb4d8a580362da7ff7f 97'],
  [31, 'fc00783e0efdb2c1d445d4c8eff7ed22 97687268d6ecccc0c07b25e25ecfe5'],
  [32, '39312523a78662d5be7fcbcc98ebf5a8 97687268d6ecccc0c07b25e25ecfe584'],
  [47, '97687268d6ecccc0c07b25e25ecfe584 b3fffd940c16a18c1b5549d2f838029e 39312523a78662d5be7fcbcc98ebf5'],
  [48, '97687268d6ecccc0c07b25e25ecfe584 9dad8bbb96c4cdc03bc103e1a194bbd8 39312523a78662d5be7fcbcc98ebf5a8'],
  [
    64,
    '97687268d6ecccc0c07b25e25ecfe584 39312523a78662d5be7fcbcc98ebf5a8 4807efe836ee89a526730dbc2f7bc840 9dad8bbb96c4cdc03bc103e1a194bbd8',
  ],
])('ciphertext stealing over %i bytes', (length, expected) => {
  const key = createSecretKey(Buffer.from('chicken teriyaki'));
  const plain = Buffer.from("I would like the General Gau's Chicken, please, and wonton soup.").subarray(0, length);
  expect(encryptCts(type(17), key, plain).toString('hex')).toBe(hex(expected).toString('hex'));
  expect(decryptCts(type(17), key, hex(expected)).toString()).toBe(plain.toString());
});

const KEY_19 = '3705d96080c17728a0e800eab6e0d23c';
const KEY_20 = '6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52';
const COUNTING = '000102030405060708090a0b0c0d0e0f1011121314';

test.each([
  [19, KEY_19, 0x99, 16, 'b31a018a48f54776f403e9a396325dc3'],
  [19, KEY_19, 0xaa, 16, '9b197dd1e8c5609d6e67c3e37c62c72e'],
  [19, KEY_19, 0x55, 16, '9fda0e56ab2d85e1569a688696c26a6c'],
  [20, KEY_20, 0x99, 24, 'ef5718be86cc84963d8bbb5031e9f5c4ba41f28faf69e73d'],
  [20, KEY_20, 0xaa, 32, '56ab22bee63d82d7bc5227f6773f8ea7a5eb1c825160c38312980c442e5c7e49'],
  [20, KEY_20, 0x55, 24, '69b16514e3cd8e56b82010d5c73012b622c4d00ffc23ed1f'],
])('type %i derives its key %#', (number, key, purpose, length, expected) => {
  const label = Buffer.from([0, 0, 0, 2, purpose]);
  expect(kdfHmacSha2(type(number), keyOf(key), label, length).toString('hex')).toBe(expected);
});

const text = (words: string) => Buffer.from(words).toString('hex');
describe.each([
  [
    17,
    '9062430c8cda3388922e6d6a509f5b7a',
    2,
    text('9 bytesss'),
    '94b491f481485b9a0678cd3c4ea386ad',
    '68fb9679601f45c78857b2bf820fd6e53eca8d42fd4b1d7024a09205abb7cd2ec26c355d2f',
  ],
  [
    18,
    'f1c795e9248a09338d82c3f8d5b567040b0110736845041347235b1404231398',
    4,
    text('30 bytes bytes bytes bytes byt'),
    'e45ca518b42e266ad98e165e706ffb60',
    'd1137a4d634cfece924dbc3bf6790648bd5cff7de0e7b99460211d0daef3d79a295c688858f3b34b9cbd6eebae81daf6b734d4d498b6714f1c1d',
  ],
  [
    19,
    KEY_19,
    2,
    '',
    '7e5895eaf2672435bad817f545a37148',
    'ef85fb890bb8472f4dab20394dca781dad877eda39d50c870c0d5a0a8e48c718',
  ],
  [
    19,
    KEY_19,
    2,
    '000102030405',
    '7bca285e2fd4130fb55b1a5c83bc5b24',
    '84d7f30754ed987bab0bf3506beb09cfb55402cef7e6877ce99e247e52d16ed4421dfdf8976c',
  ],
  [
    19,
    KEY_19,
    2,
    COUNTING.slice(0, 32),
    '56ab21713ff62c0a1457200f6fa9948f',
    '3517d640f50ddc8ad3628722b3569d2ae07493fa8263254080ea65c1008e8fc295fb4852e7d83e1e7c48c37eebe6b0d3',
  ],
  [
    19,
    KEY_19,
    2,
    COUNTING,
    'a7a4e29a4728ce10664fb64e49ad3fac',
    '720f73b18d9859cd6ccb4346115cd336c70f58edc0c4437c5573544c31c813bce1e6d072c186b39a413c2f92ca9b8334a287ffcbfc',
  ],
  [
    20,
    KEY_20,
    2,
    '',
    'f764e9fa15c276478b2c7d0c4e5f58e4',
    '41f53fa5bfe7026d91faf9be959195a058707273a96a40f0a01960621ac612748b9bbfbe7eb4ce3c',
  ],
  [
    20,
    KEY_20,
    2,
    '000102030405',
    'b80d3251c1f6471494256ffe712d0b9a',
    '4ed7b37c2bcac8f74f23c1cf07e62bc7b75fb3f637b9f559c7f664f69eab7b6092237526ea0d1f61cb20d69d10f2',
  ],
  [
    20,
    KEY_20,
    2,
    COUNTING.slice(0, 32),
    '53bf8a0d105265d4e276428624ce5e63',
    'bc47ffec7998eb91e8115cf8d19dac4bbbe2e163e87dd37f49beca92027764f68cf51f14d798c2273f35df574d1f932e40c4ff255b36a266',
  ],
  [
    20,
    KEY_20,
    2,
    COUNTING,
    '763e65367e864f02f55153c7e3b58af1',
    '40013e2df58e8751957d2878bcd2d6fe101ccfd556cb1eae79db3c3ee86429f2b2a602ac86fef6ecb647d6295fae077a1feb517508d2c16b4192e01f62',
  ],
])('type %i, message %#', (number, key, usage, plain, confounder, sealed) => {
  const keys = deriveUsageKeys(type(number), keyOf(key), usage);
  test('is sealed as published', () => {
    expect(encrypt(keys, hex(confounder + plain)).toString('hex')).toBe(sealed);
  });
  test('is opened', () => {
    expect(decrypt(keys, hex(sealed))?.toString('hex')).toBe(confounder + plain);
  });
  test('is not opened when a bit was changed, anywhere, or under another usage', () => {
    for (let at = 0; at < hex(sealed).length; at++) {
      const changed = hex(sealed);
      changed[at]! ^= 0x80;
      expect(decrypt(keys, changed), `byte ${at}`).toBeNull();
    }
    expect(decrypt(deriveUsageKeys(type(number), keyOf(key), usage + 1), hex(sealed))).toBeNull();
    expect(decrypt(keys, hex(sealed).subarray(0, 15))).toBeNull();
  });
});

test.each([
  [
    17,
    '9062430c8cda3388922e6d6a509f5b7a',
    3,
    text('eight nine ten eleven twelve thirteen'),
    '01a4b088d45628f6946614e3',
  ],
  [
    18,
    'b1ae4cd8462aff1677053cc9279aac30b796fb81ce21474dd3ddbcfea4ec76d7',
    4,
    text('fourteen'),
    'e08739e3279e2903ec8e3836',
  ],
  [19, KEY_19, 2, COUNTING, 'd78367186643d67b411cba9139fc1dee'],
  [20, KEY_20, 2, COUNTING, '45ee791567eefca37f4ac1e0222de80d43c3bfa06699672a'],
])('type %i: checksum', (number, key, usage, message, expected) => {
  const keys = deriveUsageKeys(type(number), keyOf(key), usage);
  expect(checksum(keys, hex(message)).toString('hex')).toBe(expected);
});
