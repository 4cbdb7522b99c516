import { describe, expect, test } from 'vitest';
import type { SecurityContext } from '../security-context.ts';
import { createSpnegoContext } from '../spnego.ts';
import { parseUserName } from '../user-name.ts';
import { createNtlmContext, type NtlmAcceptorOptions, type NtlmInitiatorOptions } from './context.ts';
import { clientChallengeBlob, ntowfV1, ntowfV2, ntProofStr } from './crypto.ts';
import {
  AvId,
  encodeAuthenticateMessage,
  encodeAvPairs,
  encodeChallengeMessage,
  encodeNegotiateMessage,
  findAvPair,
  NtlmFlag,
  parseAuthenticateMessage,
  parseAvPairs,
  parseChallengeMessage,
} from './messages.ts';

const PASSWORD = 'Pässwörd ✓ 47';
const initiator = (changes: Partial<NtlmInitiatorOptions> = {}) =>
  createNtlmContext({
    role: 'initiator',
    userName: parseUserName('FLEET\\admin'),
    password: async () => PASSWORD,
    spn: 'HTTP/server1',
    channelBinding: null,
    ...changes,
  });
const acceptor = (changes: Partial<NtlmAcceptorOptions> = {}) =>
  createNtlmContext({
    role: 'acceptor',
    findPassword: (user) => (user.startsWith('admin') ? PASSWORD : null),
    computerName: 'SERVER1',
    channelBinding: null,
    ...changes,
  });

/** Runs tokens to and fro; `change` may tamper with what is on the way, by leg from 1. */
async function shakeHands(
  from: SecurityContext,
  to: SecurityContext,
  change = (token: Uint8Array, _leg: number) => token,
) {
  let [sender, receiver] = [from, to];
  let token = await sender.step(null);
  for (let leg = 1; token !== null; leg++) {
    token = await receiver.step(change(token, leg));
    [sender, receiver] = [receiver, sender];
  }
}

function exchange(sender: SecurityContext, receiver: SecurityContext, text: string): string {
  const { signature, data } = sender.wrap(Buffer.from(text));
  return Buffer.from(receiver.unwrap(signature, data)).toString();
}

describe.each(['raw', 'SPNEGO'])('initiator and acceptor, %s', (form) => {
  const pair = (i: Partial<NtlmInitiatorOptions> = {}, a: Partial<NtlmAcceptorOptions> = {}) =>
    form === 'raw'
      ? ([initiator(i), acceptor(a)] as const)
      : ([createSpnegoContext([initiator(i)], 'initiator'), createSpnegoContext([acceptor(a)], 'acceptor')] as const);

  test('agree, and understand each other both ways', async () => {
    const [client, server] = pair();
    expect(client.complete).toBe(false);
    await shakeHands(client, server);
    expect([client.complete, server.complete]).toEqual([true, true]);
    for (const text of ['', 'a', 'grüße '.repeat(9000), '\0\r\n--Encrypted Boundary--']) {
      expect(exchange(client, server, text)).toBe(text);
      expect(exchange(server, client, text)).toBe(text);
    }
  });

  test.each([
    ['a wrong password', { password: async () => 'x' }, {}, 'rejected'],
    ['an unknown user', { userName: parseUserName('nobody') }, {}, 'rejected'],
    ['no user', { userName: parseUserName('') }, { findPassword: () => PASSWORD }, 'rejected'],
    [
      'a missing binding where one is required',
      {},
      { channelBinding: new Uint8Array(16).fill(7), requireChannelBinding: true },
      'rejected',
    ],
    [
      'a wrong binding',
      { channelBinding: new Uint8Array(16).fill(8) },
      { channelBinding: new Uint8Array(16).fill(7) },
      'rejected',
    ],
  ] as const)('%s is refused', async (_what, i, a, reason) => {
    const [client, server] = pair(i, a);
    await expect(shakeHands(client, server)).rejects.toMatchObject({ name: 'AuthenticationError', reason });
    expect(server.complete).toBe(false);
    expect(() => server.wrap(new Uint8Array(1))).toThrow(/not complete/);
  });

  test('names longer than NTLM can say are refused, not cut', async () => {
    const [client, server] = pair({ userName: parseUserName('a'.repeat(32_768)) });
    await expect(shakeHands(client, server)).rejects.toMatchObject({
      name: 'AuthenticationError',
      reason: 'bad-token',
    });
    expect(client.complete).toBe(false);
  });

  test('the right binding passes where one is required', async () => {
    const channelBinding = new Uint8Array(16).fill(7);
    const [client, server] = pair({ channelBinding }, { channelBinding, requireChannelBinding: true });
    await shakeHands(client, server);
    expect(server.complete).toBe(true);
  });

  test('a binding where the acceptor has none of its own is not an offence', async () => {
    const [client, server] = pair({ channelBinding: new Uint8Array(16).fill(7) });
    await shakeHands(client, server);
    expect(server.complete).toBe(true);
  });

  test.each([
    ['signature', 'signature', 5],
    ['signature version', 'signature', 0],
    ['sequence number', 'signature', 12],
    ['text', 'data', 0],
  ] as const)('a changed %s is refused', async (_what, part, offset) => {
    const [client, server] = pair();
    await shakeHands(client, server);
    const message = client.wrap(Buffer.from('stop it'));
    message[part][offset]! ^= 2;
    const { signature, data } = message;
    expect(() => server.unwrap(signature, data)).toThrow(/signature or the sequence number/);
  });

  test('a message that comes again, or from oneself, is refused', async () => {
    const [client, server] = pair();
    await shakeHands(client, server);
    const first = client.wrap(Buffer.from('once'));
    server.unwrap(first.signature, first.data);
    expect(() => server.unwrap(first.signature, first.data)).toThrow(/signature or the sequence number/);
    const own = client.wrap(Buffer.from('mirror'));
    expect(() => client.unwrap(own.signature, own.data)).toThrow(/signature or the sequence number/);
  });

  test('an ended context does nothing any more', async () => {
    const [client, server] = pair();
    await shakeHands(client, server);
    client.dispose();
    expect(client.complete).toBe(false);
    expect(() => client.wrap(new Uint8Array(1))).toThrow(/ended/);
  });

  test('tokens out of turn are refused', async () => {
    const [client, server] = pair();
    await expect(server.step(null)).rejects.toMatchObject({ reason: 'bad-token' });
    await expect(client.step(new Uint8Array(40))).rejects.toMatchObject({ reason: 'bad-token' });
    await shakeHands(client, server);
    await expect(server.step(new Uint8Array(40))).rejects.toMatchObject({ reason: 'bad-token' });
  });
});

describe('messages tampered with on the way', () => {
  const tamperAt =
    (wanted: number, offset: number, bits = 1) =>
    (token: Uint8Array, leg: number) => {
      if (leg !== wanted) return token;
      const copy = new Uint8Array(token);
      copy[offset]! ^= bits;
      return copy;
    };
  test.each([
    ['the first message', tamperAt(1, 35), 'bad-token'],
    ['the challenge (its version, which only the MIC covers)', tamperAt(2, 49), 'bad-token'],
    ['the MIC', tamperAt(3, 72), 'bad-token'],
    ['flags of the third message, kept strong', tamperAt(3, 63, 0x80), 'bad-token'],
    ['the sealing flag', tamperAt(3, 60, NtlmFlag.SEAL), 'weak-security'],
    ['the server challenge', tamperAt(2, 24), 'rejected'],
  ])('%s', async (_what, change, reason) => {
    await expect(shakeHands(initiator(), acceptor(), change)).rejects.toMatchObject({ reason });
  });

  test('a MIC that the client claims to send is checked, also where none is required', async () => {
    await expect(shakeHands(initiator(), acceptor({ requireMic: false }), tamperAt(3, 72))).rejects.toMatchObject({
      reason: 'bad-token',
    });
  });

  test('a third message without room for a MIC', async () => {
    const strip = (token: Uint8Array, leg: number) => {
      if (leg !== 3) return token;
      const copy = Buffer.concat([token.subarray(0, 64), token.subarray(88)]);
      for (const at of [16, 24, 32, 40, 48, 56]) copy.writeUInt32LE(copy.readUInt32LE(at) - 24, at);
      return copy;
    };
    await expect(shakeHands(initiator(), acceptor(), strip)).rejects.toMatchObject({ reason: 'bad-token' });
  });

  test.each([
    ['SIGN', NtlmFlag.SIGN],
    ['SEAL', NtlmFlag.SEAL],
    ['EXTENDED_SESSIONSECURITY', NtlmFlag.EXTENDED_SESSIONSECURITY],
    ['128', NtlmFlag.KEY_128],
    ['KEY_EXCH', NtlmFlag.KEY_EXCH],
    ['UNICODE', NtlmFlag.UNICODE],
    ['NTLM', NtlmFlag.NTLM],
  ])('a challenge without %s, and a client without it, are refused as weak', async (_name, flag) => {
    const without = (wanted: number, at: number) => (token: Uint8Array, leg: number) => {
      if (leg !== wanted) return token;
      const copy = Buffer.from(token);
      copy.writeUInt32LE((copy.readUInt32LE(at) & ~flag) >>> 0, at);
      return copy;
    };
    await expect(shakeHands(initiator(), acceptor(), without(2, 20))).rejects.toMatchObject({
      reason: 'weak-security',
    });
    // Python's ntlm-auth leaves these two out of its first message: then the changed bytes only break the MIC.
    const reason = flag === NtlmFlag.UNICODE || flag === NtlmFlag.NTLM ? 'bad-token' : 'weak-security';
    await expect(shakeHands(initiator(), acceptor(), without(1, 12))).rejects.toMatchObject({ reason });
    await expect(shakeHands(initiator(), acceptor(), without(3, 60))).rejects.toMatchObject({
      reason: 'weak-security',
    });
  });

  describe('a client that only authenticates, as curl and go-ntlmssp do inside TLS', () => {
    const onlyFlags =
      NtlmFlag.UNICODE | NtlmFlag.NTLM | NtlmFlag.EXTENDED_SESSIONSECURITY | NtlmFlag.TARGET_INFO | NtlmFlag.KEY_128;
    /** Its two messages. */
    async function authenticateTo(server: SecurityContext, password = PASSWORD, flags = onlyFlags): Promise<void> {
      const answer = await server.step(encodeNegotiateMessage(flags >>> 0));
      const challenge = parseChallengeMessage(answer!);
      expect(challenge.flags & (NtlmFlag.SEAL | NtlmFlag.KEY_EXCH)).toBe(0);
      const key = ntowfV2(ntowfV1(password), 'admin', 'FLEET');
      const temp = clientChallengeBlob(new Uint8Array(8), Buffer.alloc(8, 7), encodeAvPairs(challenge.targetInfo));
      const proof = ntProofStr(key, challenge.serverChallenge, temp);
      await server.step(
        encodeAuthenticateMessage({
          flags: flags >>> 0,
          lmChallengeResponse: new Uint8Array(24),
          ntChallengeResponse: Buffer.concat([proof, temp]),
          domainName: 'FLEET',
          userName: 'admin',
          workstation: '',
          encryptedRandomSessionKey: new Uint8Array(0),
        }),
      );
    }

    test('is taken where nothing needs to be sealed, and can then seal nothing', async () => {
      const server = acceptor({ requireSealing: false, requireMic: false });
      await authenticateTo(server);
      expect([server.complete, server.peer?.user]).toEqual([true, 'admin']);
      expect(() => server.wrap(new Uint8Array(1))).toThrow(/not complete/);
      expect(() => server.unwrap(new Uint8Array(16), new Uint8Array(1))).toThrow(/not complete/);
      await expect(server.step(new Uint8Array(40))).rejects.toMatchObject({ reason: 'bad-token' });
      server.dispose();
      expect(server.complete).toBe(false);
    });

    test.each([
      ['where sealing is required', { requireMic: false }, PASSWORD, onlyFlags, 'weak-security'],
      ['with a wrong password', { requireMic: false, requireSealing: false }, 'x', onlyFlags, 'rejected'],
      ['where a MIC is required', { requireSealing: false }, PASSWORD, onlyFlags, 'bad-token'],
      [
        'without a binding where one is required',
        {
          requireMic: false,
          requireSealing: false,
          channelBinding: new Uint8Array(16).fill(7),
          requireChannelBinding: true,
        },
        PASSWORD,
        onlyFlags,
        'rejected',
      ],
      [
        'without extended session security',
        { requireMic: false, requireSealing: false },
        PASSWORD,
        onlyFlags & ~NtlmFlag.EXTENDED_SESSIONSECURITY,
        'weak-security',
      ],
    ] as const)('is refused %s', async (_what, options, password, flags, reason) => {
      const server = acceptor(options);
      await expect(authenticateTo(server, password, flags)).rejects.toMatchObject({ reason });
      expect(server.complete).toBe(false);
    });
  });

  test('an NTLMv1 response (24 bytes) is refused as weak', async () => {
    const shorten = (token: Uint8Array, leg: number) => {
      if (leg !== 3) return token;
      const copy = Buffer.from(token);
      copy.writeUInt16LE(24, 20);
      return copy;
    };
    await expect(shakeHands(initiator(), acceptor(), shorten)).rejects.toMatchObject({ reason: 'weak-security' });
  });
});

describe('what the initiator says', () => {
  /** Steps an initiator against a challenge of our making. */
  async function answerTo(
    targetInfo: Parameters<typeof encodeAvPairs>[0],
    changes: Partial<NtlmInitiatorOptions> = {},
  ) {
    const client = initiator(changes);
    await client.step(null);
    const answer = await client.step(
      encodeChallengeMessage({
        flags: 0xe28a8235,
        serverChallenge: new Uint8Array(8),
        targetName: 'HOST9',
        targetInfo,
      }),
    );
    const message = parseAuthenticateMessage(answer!);
    return { message, answer: answer!, avPairs: parseAvPairs(message.ntChallengeResponse.subarray(16 + 28)) };
  }
  const time: readonly [number, Uint8Array] = [AvId.TIMESTAMP, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)];

  test('with a time stamp: its time, empty LM response, MIC and its flag', async () => {
    const { message, answer, avPairs } = await answerTo([time]);
    expect(message.lmChallengeResponse).toEqual(new Uint8Array(24));
    expect(findAvPair(avPairs, AvId.FLAGS)).toEqual(Uint8Array.of(2, 0, 0, 0));
    expect(message.ntChallengeResponse.slice(24, 32)).toEqual(time[1]);
    expect(answer.slice(72, 88)).not.toEqual(new Uint8Array(16));
    expect(message.flags).toBe(0xe2888235);
  });

  test('without one: LMv2 response, no MIC, own clock', async () => {
    const { message, answer, avPairs } = await answerTo([]);
    expect(message.lmChallengeResponse).not.toEqual(new Uint8Array(24));
    expect(findAvPair(avPairs, AvId.FLAGS)).toBeUndefined();
    expect(answer.slice(72, 88)).toEqual(new Uint8Array(16));
    const since1601 = Buffer.from(message.ntChallengeResponse).readBigUInt64LE(24);
    expect(Math.abs(Number(since1601 / 10_000n) - 11_644_473_600_000 - Date.now())).toBeLessThan(60_000);
  });

  test('the target name always; a channel binding only where there is one, and the flags of the target are kept', async () => {
    const plain = await answerTo([time, [AvId.FLAGS, Uint8Array.of(1, 0, 0, 0)]]);
    expect(Buffer.from(findAvPair(plain.avPairs, AvId.TARGET_NAME)!).toString('utf16le')).toBe('HTTP/server1');
    expect(findAvPair(plain.avPairs, AvId.CHANNEL_BINDINGS)).toBeUndefined();
    expect(findAvPair(plain.avPairs, AvId.FLAGS)).toEqual(Uint8Array.of(3, 0, 0, 0));
    const bound = await answerTo([time], { channelBinding: new Uint8Array(16).fill(9) });
    expect(findAvPair(bound.avPairs, AvId.CHANNEL_BINDINGS)).toEqual(new Uint8Array(16).fill(9));
  });

  test.each([
    ['FLEET\\admin', 'admin', 'FLEET'],
    ['admin@fleet.example', 'admin@fleet.example', ''],
    ['admin', 'admin', ''],
    ['.\\admin', 'admin', 'HOST9'],
    ['SERVER1\\admin', 'admin', 'SERVER1'],
  ])('%s is sent as user %s, domain %j', async (typed, user, domain) => {
    const { message } = await answerTo([time], { userName: parseUserName(typed) });
    expect([message.userName, message.domainName]).toEqual([user, domain]);
  });

  test('.\\user takes the computer name of the target, so that the acceptor knows it', async () => {
    const asked: string[] = [];
    const server = acceptor({
      domainName: 'FLEET',
      findPassword: (user, domain) => {
        asked.push(`${domain}/${user}`);
        return PASSWORD;
      },
    });
    await shakeHands(initiator({ userName: parseUserName('.\\admin') }), server);
    expect(asked).toEqual(['SERVER1/admin']);
    expect(server.peer).toMatchObject({ user: 'admin', domain: 'SERVER1' });
  });

  test('the password is asked for once; none is a failure before anything is sent', async () => {
    let asked = 0;
    const client = initiator({
      password: async () => {
        asked++;
        return PASSWORD;
      },
    });
    await shakeHands(client, acceptor());
    expect(asked).toBe(1);
    await expect(initiator({ password: async () => null }).step(null)).rejects.toMatchObject({
      reason: 'no-credential',
    });
  });

  test('two contexts never share challenge, client challenge or session key', async () => {
    const [first, second] = [await answerTo([time]), await answerTo([time])];
    expect(first.message.ntChallengeResponse).not.toEqual(second.message.ntChallengeResponse);
    expect(first.message.encryptedRandomSessionKey).not.toEqual(second.message.encryptedRandomSessionKey);
    const challenges = [acceptor(), acceptor()].map(async (server) => {
      const token = await server.step((await initiator().step(null))!);
      return Buffer.from(parseChallengeMessage(token!).serverChallenge).toString('hex');
    });
    const [one, two] = await Promise.all(challenges);
    expect(one).not.toBe(two);
  });
});
