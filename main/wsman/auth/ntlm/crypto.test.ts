import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { clientChallengeBlob, hmacMd5, messageIntegrityCode, ntowfV1, ntowfV2, ntProofStr, utf16 } from './crypto.ts';
import { md4 } from './md4.ts';
import {
  AvId,
  areStrongFlags,
  encodeAuthenticateMessage,
  encodeAvPairs,
  encodeChallengeMessage,
  encodeNegotiateMessage,
  findAvPair,
  isNtlmToken,
  parseAuthenticateMessage,
  parseAvPairs,
  parseChallengeMessage,
  parseNegotiateMessage,
  setMic,
  takeMic,
} from './messages.ts';
import { applyRc4, createRc4, rc4 } from './rc4.ts';
import { createNtlmSession } from './session.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytes = (text: string) => Buffer.from(text.replace(/\s/g, ''), 'hex');
const fixture = (name: string) => readFileSync(new URL(`../../fixtures/pyspnego/${name}`, import.meta.url));
/** The raw tokens of an annotated exchange, in their order, and what it says of the keys. */
function scenario(name: string) {
  const text = fixture(`${name}.md`).toString();
  return {
    tokens: [...text.matchAll(/^RawData: ([0-9A-F]+)/gm)].map((match) => bytes(match[1]!)),
    inner: [...text.matchAll(/^ +RawData: ([0-9A-F]+)/gm)].map((match) => bytes(match[1]!)),
    sessionKey: bytes(/^ +SessionKey: ([0-9A-F]{32})/m.exec(text)![1]!),
    mics: [...text.matchAll(/mechListMIC: ([0-9A-F]{32})/g)].map((match) => bytes(match[1]!)),
  };
}

describe('MD4 (RFC 1320 A.5)', () => {
  test.each([
    ['', '31d6cfe0d16ae931b73c59d7e0c089c0'],
    ['a', 'bde52cb31de33e46245e05fbdbd6fb24'],
    ['abc', 'a448017aaf21d8525fc10ae87aa6729d'],
    ['message digest', 'd9130a8164549fe818874806e1c7014b'],
    ['abcdefghijklmnopqrstuvwxyz', 'd79e1c308aa5bbcdeea8ed63df412da9'],
    ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', '043f8582f241db351ce627e153e7f0e4'],
    ['1234567890'.repeat(8), 'e33b4ddc9c38f2199c3e7b164fcc0536'],
  ])('of %j', (text, digest) => expect(hex(md4(Buffer.from(text)))).toBe(digest));
});

describe('RC4', () => {
  test('RFC 6229, 40-bit and 128-bit key, first bytes of the stream', () => {
    expect(hex(rc4(bytes('0102030405'), new Uint8Array(16)))).toBe('b2396305f03dc027ccc3524a0a1118a8');
    expect(hex(rc4(bytes('0102030405060708090a0b0c0d0e0f10'), new Uint8Array(16)))).toBe(
      '9ac7cc9a609d1ef7b2932899cde41b97',
    );
  });

  test('one stream over several pieces is the stream over all', () => {
    const key = bytes('00112233445566778899aabbccddeeff');
    const whole = rc4(key, new Uint8Array(1000));
    const state = createRc4(key);
    const pieces = [1, 0, 299, 700].map((length) => {
      const piece = new Uint8Array(length);
      applyRc4(state, piece);
      return piece;
    });
    expect(hex(Buffer.concat(pieces))).toBe(hex(whole));
  });
});

describe('MS-NLMP 4.2.4, NTLMv2', () => {
  const challenge = bytes('0123456789abcdef');
  const clientChallenge = bytes('aaaaaaaaaaaaaaaa');
  const randomSessionKey = bytes('55'.repeat(16));
  const avPairs = encodeAvPairs([
    [AvId.NB_DOMAIN_NAME, utf16('Domain')],
    [AvId.NB_COMPUTER_NAME, utf16('Server')],
  ]);
  const key = ntowfV2(ntowfV1('Password'), 'User', 'Domain');
  const temp = clientChallengeBlob(new Uint8Array(8), clientChallenge, avPairs);
  const proof = ntProofStr(key, challenge, temp);
  const sessionBaseKey = hmacMd5(key, proof);

  test('keys and responses (4.2.4.1, 4.2.4.2)', () => {
    expect(hex(ntowfV1('Password'))).toBe('a4f49c406510bdcab6824ee7c30fd852');
    expect(hex(key)).toBe('0c868a403bfd7a93a3001ef22ef02e3f');
    expect(hex(temp)).toBe(
      '01010000000000000000000000000000aaaaaaaaaaaaaaaa0000000002000c0044006f006d00610069006e0001000c005300650072007600650072000000000000000000',
    );
    expect(hex(hmacMd5(key, challenge, clientChallenge))).toBe('86c35097ac9cec102554764a57cccc19');
    expect(hex(proof)).toBe('68cd0ab851e51c96aabc927bebef6a1c');
    expect(hex(sessionBaseKey)).toBe('8de40ccadbc14a82f15cb0ad0de95ca3');
    expect(hex(rc4(sessionBaseKey, randomSessionKey))).toBe('c5dad2544fc9799094ce1ce90bc9d03e');
  });

  test('GSS_WrapEx (4.2.4.4)', () => {
    const { signature, data } = createNtlmSession(randomSessionKey, 'initiator').seal(utf16('Plaintext'));
    expect(hex(data)).toBe('54e50165bf1936dc996020c1811b0f06fb5f');
    expect(hex(signature)).toBe('010000007fb38ec5c55d497600000000');
    const peer = createNtlmSession(randomSessionKey, 'acceptor');
    expect(Buffer.from(peer.unseal(signature, data)).toString('utf16le')).toBe('Plaintext');
  });

  test('the user name is upper-cased character by character', () => {
    const hash = ntowfV1('x');
    expect(hex(ntowfV2(hash, 'jörg', 'd'))).toBe(hex(ntowfV2(hash, 'JÖRG', 'd')));
    expect(hex(ntowfV2(hash, 'strauß', 'd'))).toBe(hex(hmacMd5(hash, utf16('STRAUßd'))));
    expect(hex(ntowfV2(hash, 'yıldıẑſé', 'd'))).toBe(hex(hmacMd5(hash, utf16('YıLDıẐſÉd'))));
    expect(hex(ntowfV2(hash, '\u{10428}x', 'd'))).toBe(hex(hmacMd5(hash, utf16('\u{10428}Xd'))));
    expect(hex(ntowfV2(hash, 'u', 'D'))).not.toBe(hex(ntowfV2(hash, 'u', 'd')));
  });
});

describe('exchanges of real machines', () => {
  test.each(['sspi_ntlm', 'sspi_ntlm_invalid_spn'])(
    '%s: proof, key exchange, session key and MIC from the password',
    (name) => {
      const { tokens, sessionKey } = scenario(name);
      const [negotiate, challengeToken, authenticateToken] = tokens as [Buffer, Buffer, Buffer];
      const challenge = parseChallengeMessage(challengeToken);
      const authenticate = parseAuthenticateMessage(authenticateToken);
      expect(authenticate.userName).toBe('vagrant-domain@DOMAIN.LOCAL');
      const key = ntowfV2(ntowfV1('VagrantPass1'), authenticate.userName, authenticate.domainName);
      const proof = ntProofStr(key, challenge.serverChallenge, authenticate.ntChallengeResponse.subarray(16));
      expect(hex(proof)).toBe(hex(authenticate.ntChallengeResponse.subarray(0, 16)));
      const exported = rc4(hmacMd5(key, proof), authenticate.encryptedRandomSessionKey);
      expect(hex(exported)).toBe(hex(sessionKey));
      expect(authenticate.micOffset).toBe(72);
      const { mic, withoutMic } = takeMic(authenticateToken, authenticate.micOffset!);
      expect(hex(messageIntegrityCode(exported, negotiate, challengeToken, withoutMic))).toBe(hex(mic));
      expect(hex(authenticate.lmChallengeResponse)).toBe('00'.repeat(24));
      expect(authenticate.flags).toBe(0xe2888235);
    },
  );

  test('what is taken apart is put together again to the same bytes', () => {
    const [negotiate, challengeToken, authenticateToken] = scenario('sspi_ntlm').tokens as [Buffer, Buffer, Buffer];
    // Version fields differ: that of the capture is a build of Windows.
    const dropVersion = (token: Uint8Array, at: number) => hex(new Uint8Array(token).fill(0, at, at + 8));
    const ours = encodeNegotiateMessage(parseNegotiateMessage(negotiate).flags);
    expect(dropVersion(ours, 32)).toBe(dropVersion(negotiate, 32));
    const again = encodeChallengeMessage(parseChallengeMessage(challengeToken));
    expect(dropVersion(again, 48)).toBe(dropVersion(challengeToken, 48));
    const authenticate = encodeAuthenticateMessage(parseAuthenticateMessage(authenticateToken));
    setMic(authenticate, takeMic(authenticateToken, 72).mic);
    expect(dropVersion(authenticate, 64)).toBe(dropVersion(authenticateToken, 64));
  });

  test.each([
    ['gssapi_negotiate_ntlm_with_ntlm', '300c060a2b06010401823702020a'],
    ['sspi_ntlm_in_smb_spnego', '300c060a2b06010401823702020a'],
    ['gssapi_negotiate_ntlm_fallback', '301706092a864886f712010202060a2b06010401823702020a'],
  ])('%s: mechListMIC of both sides, from the session key', (name, mechTypes) => {
    const { sessionKey, mics } = scenario(name);
    const list = bytes(mechTypes);
    const [client, server] = [createNtlmSession(sessionKey, 'initiator'), createNtlmSession(sessionKey, 'acceptor')];
    expect(mics.map(hex)).toEqual([hex(client.signMechList(list)), hex(server.signMechList(list))]);
    expect(server.verifyMechList(list, mics[0]!)).toBe(true);
    expect(client.verifyMechList(list, mics[1]!)).toBe(true);
    // The RC4 handle starts anew, the sequence number goes on.
    const fresh = createNtlmSession(sessionKey, 'initiator').seal(Buffer.from('first'));
    const after = client.seal(Buffer.from('first'));
    expect(hex(after.data)).toBe(hex(fresh.data));
    expect([fresh.signature[12], after.signature[12]]).toEqual([0, 1]);
    expect(Buffer.from(server.unseal(after.signature, after.data)).toString()).toBe('first');
  });

  test('recorded tokens are read', () => {
    expect(parseNegotiateMessage(fixture('ntlm_negotiate')).flags).toBe(0xe20882b7);
    const challenge = parseChallengeMessage(fixture('ntlm_challenge'));
    expect(challenge.targetName).toBe('DOMAIN');
    expect(Buffer.from(findAvPair(challenge.targetInfo, AvId.NB_COMPUTER_NAME)!).toString('utf16le')).toBe('DC01');
    expect(findAvPair(challenge.targetInfo, AvId.TIMESTAMP)).toHaveLength(8);
    expect(areStrongFlags(parseAuthenticateMessage(fixture('ntlm_authenticate')).flags)).toBe(true);
    expect(areStrongFlags(parseAuthenticateMessage(fixture('ntlm_authenticate_no_sign_seal')).flags)).toBe(false);
  });
});

describe('malformed tokens', () => {
  const good = scenario('sspi_ntlm').tokens[2]!;
  test('every truncation and every wild field is a typed error or a value, never a crash', () => {
    for (let length = 0; length < good.length; length++) {
      try {
        parseAuthenticateMessage(good.subarray(0, length));
      } catch (error) {
        expect(error).toMatchObject({ name: 'AuthenticationError', reason: 'bad-token' });
      }
    }
    for (const at of [16, 24, 40, 48, 56]) {
      const wild = Buffer.from(good);
      wild.writeUInt32LE(0xfffffff0, at);
      expect(() => parseAuthenticateMessage(wild)).toThrow(/runs past the end|expected/);
    }
  });
  test('AV pairs that run past the end', () => {
    expect(() => parseAvPairs(bytes('02000c0044'))).toThrow(/AV pair/);
    expect(isNtlmToken(bytes('4e544c4d'))).toBe(false);
  });
});
