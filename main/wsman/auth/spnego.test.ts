import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { encodeDer, oidText, readDer, readDerList } from './der.ts';
import {
  encodeMechTypes,
  encodeNegTokenInit,
  encodeNegTokenResp,
  NegState,
  type NegTokenResp,
  parseNegTokenInit,
  parseNegTokenResp,
} from './neg-token.ts';
import { createNegotiateAcceptor, createNegotiateInitiator } from './negotiate.ts';
import { createNtlmContext } from './ntlm/context.ts';
import { isNtlmToken } from './ntlm/messages.ts';
import { createSpnegoContext } from './spnego.ts';
import { parseUserName } from './user-name.ts';

const fixture = (name: string) => readFileSync(new URL(`../fixtures/pyspnego/${name}`, import.meta.url));
const hex = (bytes: Uint8Array | null) => bytes && Buffer.from(bytes).toString('hex');
const KRB5 = '1.2.840.113554.1.2.2';
const NTLMSSP = '1.3.6.1.4.1.311.2.2.10';

const initiatorOptions = {
  role: 'initiator',
  userName: parseUserName('admin'),
  password: async () => 'secret',
  spn: 'HTTP/x',
  channelBinding: null,
} as const;
const acceptorOptions = {
  role: 'acceptor',
  findPassword: () => 'secret',
  computerName: 'X',
  channelBinding: null,
} as const;
const initiator = () => createSpnegoContext([createNtlmContext(initiatorOptions)], 'initiator');
const acceptor = () => createSpnegoContext([createNtlmContext(acceptorOptions)], 'acceptor');

/** Both sides up to the AUTHENTICATE token, which comes back decoded. */
async function untilAuthenticate() {
  const [client, server] = [initiator(), acceptor()];
  const challenge = await server.step((await client.step(null))!);
  const authenticate = parseNegTokenResp((await client.step(challenge))!);
  return { client, server, authenticate };
}

describe('recorded tokens', () => {
  const tokensOf = (name: string) =>
    [
      ...fixture(name)
        .toString()
        .matchAll(/^RawData: ([0-9A-F]+)/gm),
    ].map((match) => Buffer.from(match[1]!, 'hex'));

  test.each(['gssapi_negotiate_ntlm_with_ntlm.md', 'sspi_ntlm_in_smb_spnego.md'])(
    '%s is read and written again to the same bytes',
    (name) => {
      const tokens = tokensOf(name).slice(-4) as [Buffer, Buffer, Buffer, Buffer];
      const init = parseNegTokenInit(tokens[0]);
      expect(init.mechTypes).toEqual([NTLMSSP]);
      expect(isNtlmToken(init.mechToken!)).toBe(true);
      expect(hex(encodeNegTokenInit(init.mechTypesDer, init.mechToken!))).toBe(hex(tokens[0]));
      const responses = tokens.slice(1).map(parseNegTokenResp);
      expect(responses.map(({ negState }) => negState)).toEqual([1, 1, 0]);
      expect(responses.map(({ mechListMic }) => mechListMic?.length ?? 0)).toEqual([0, 16, 16]);
      for (const [i, response] of responses.entries())
        expect(hex(encodeNegTokenResp(response))).toBe(hex(tokens[i + 1]!));
    },
  );

  test('Kerberos first, request-mic, hints of NegTokenInit2', () => {
    const optimistic = parseNegTokenInit(fixture('initial_context_token_neg_token_init'));
    expect(optimistic.mechTypes).toEqual([KRB5, NTLMSSP]);
    expect(optimistic.mechToken).toHaveLength(1378);
    const hints = parseNegTokenInit(fixture('initial_context_token_neg_token_init2'));
    expect(hints.mechTypes).toContain(NTLMSSP);
    expect(hints.mechToken).toBeNull();
    expect(parseNegTokenResp(fixture('neg_token_resp'))).toMatchObject({ negState: 0, supportedMech: KRB5 });
    const fallback = tokensOf('gssapi_negotiate_ntlm_fallback.md');
    expect(parseNegTokenResp(fallback[1]!)).toMatchObject({
      negState: NegState.REQUEST_MIC,
      supportedMech: NTLMSSP,
      responseToken: null,
    });
  });
});

describe('mechListMIC', () => {
  test('goes both ways and is checked both ways; the first sealed message then has sequence number 1', async () => {
    const { client, server, authenticate } = await untilAuthenticate();
    expect(authenticate).toMatchObject({ negState: NegState.ACCEPT_INCOMPLETE });
    expect(authenticate.mechListMic).toHaveLength(16);
    expect(client.complete).toBe(false);
    const final = await server.step(encodeNegTokenResp(authenticate));
    expect(parseNegTokenResp(final!)).toMatchObject({ negState: NegState.ACCEPT_COMPLETED, responseToken: null });
    expect(parseNegTokenResp(final!).mechListMic).toHaveLength(16);
    await client.step(final);
    expect(client.complete).toBe(true);
    const { signature, data } = client.wrap(Buffer.from('x'));
    expect(signature[12]).toBe(1);
    expect(Buffer.from(server.unwrap(signature, data)).toString()).toBe('x');
  });

  test.each(['initiator', 'acceptor'])('a wrong one is refused by the %s', async (who) => {
    const { client, server, authenticate } = await untilAuthenticate();
    const wrong = { ...authenticate, mechListMic: new Uint8Array(16).fill(1) };
    if (who === 'acceptor') {
      await expect(server.step(encodeNegTokenResp(wrong))).rejects.toMatchObject({ reason: 'bad-token' });
      expect(server.complete).toBe(false);
      return;
    }
    const final = parseNegTokenResp((await server.step(encodeNegTokenResp(authenticate)))!);
    const tampered = encodeNegTokenResp({ ...final, mechListMic: new Uint8Array(16).fill(1) });
    await expect(client.step(tampered)).rejects.toMatchObject({ reason: 'bad-token' });
    expect(client.complete).toBe(false);
  });

  test('left out by the client, which it may where nothing was negotiated away, it is left out by the acceptor', async () => {
    const server = acceptor();
    const client = createNtlmContext(initiatorOptions);
    const list = encodeMechTypes([NTLMSSP]);
    const challenge = parseNegTokenResp((await server.step(encodeNegTokenInit(list, await client.step(null))))!);
    const responseToken = await client.step(challenge.responseToken);
    const last = { negState: null, supportedMech: null, responseToken, mechListMic: null };
    const final = parseNegTokenResp((await server.step(encodeNegTokenResp(last)))!);
    expect(final).toMatchObject({ negState: NegState.ACCEPT_COMPLETED, mechListMic: null });
    const { signature, data } = server.wrap(Buffer.from('x'));
    expect(signature[12]).toBe(0);
    expect(Buffer.from(client.unwrap(signature, data)).toString()).toBe('x');
  });

  test('taken out of the last answer on its way, it is missed by a client that has sent its own', async () => {
    const { client, server, authenticate } = await untilAuthenticate();
    const final = parseNegTokenResp((await server.step(encodeNegTokenResp(authenticate)))!);
    await expect(client.step(encodeNegTokenResp({ ...final, mechListMic: null }))).rejects.toMatchObject({
      reason: 'bad-token',
    });
    expect(client.complete).toBe(false);
  });

  test('equal to the responseToken (old servers), it is passed over', async () => {
    const { client } = await untilAuthenticate();
    const same = new Uint8Array(16).fill(3);
    await client.step(
      encodeNegTokenResp({
        negState: NegState.ACCEPT_COMPLETED,
        supportedMech: null,
        responseToken: same,
        mechListMic: same,
      }),
    );
    expect(client.complete).toBe(true);
  });
});

describe('negotiation', () => {
  const response = (changes: Partial<NegTokenResp>) =>
    encodeNegTokenResp({ negState: null, supportedMech: null, responseToken: null, mechListMic: null, ...changes });

  test('Kerberos first with its token: NTLM is asked for with request-mic, and then a MIC is owed', async () => {
    for (const withMic of [true, false]) {
      const server = acceptor();
      const client = createNtlmContext(initiatorOptions);
      const first = await server.step(fixture('initial_context_token_neg_token_init'));
      expect(parseNegTokenResp(first!)).toEqual({
        negState: NegState.REQUEST_MIC,
        supportedMech: NTLMSSP,
        responseToken: null,
        mechListMic: null,
      });
      const challenge = await server.step(response({ responseToken: await client.step(null) }));
      const answer = await client.step(parseNegTokenResp(challenge!).responseToken);
      const list = parseNegTokenInit(fixture('initial_context_token_neg_token_init')).mechTypesDer;
      const last = response({ responseToken: answer, mechListMic: withMic ? client.signMechList(list) : null });
      if (withMic) {
        const final = parseNegTokenResp((await server.step(last))!);
        expect(client.verifyMechList(list, final.mechListMic!)).toBe(true);
      } else await expect(server.step(last)).rejects.toMatchObject({ reason: 'bad-token' });
      expect(server.complete).toBe(withMic);
    }
  });

  test('reject: before the credentials a refusal of the mechanism, after them of the credentials', async () => {
    const early = initiator();
    await early.step(null);
    await expect(early.step(response({ negState: NegState.REJECT }))).rejects.toMatchObject({ reason: 'bad-token' });
    const { client } = await untilAuthenticate();
    await expect(client.step(response({ negState: NegState.REJECT }))).rejects.toMatchObject({ reason: 'rejected' });
  });

  test('accept-incomplete at the end, another mechanism, no NTLM on offer', async () => {
    const { client } = await untilAuthenticate();
    await expect(client.step(response({ negState: NegState.ACCEPT_INCOMPLETE }))).rejects.toMatchObject({
      reason: 'bad-token',
    });
    const other = initiator();
    await other.step(null);
    await expect(other.step(fixture('neg_token_resp'))).rejects.toMatchObject({ reason: 'bad-token' });
    const krb5Only = encodeNegTokenInit(
      encodeDer(0x30, encodeDer(0x06, Buffer.from('2a864886f712010202', 'hex'))),
      Uint8Array.of(1),
    );
    await expect(acceptor().step(krb5Only)).rejects.toMatchObject({ reason: 'bad-token' });
  });

  test('no truncated or altered token does more than fail with its type', async () => {
    const token = (await initiator().step(null))!;
    for (let length = 0; length < token.length; length++) {
      await expect(acceptor().step(token.subarray(0, length))).rejects.toMatchObject({ name: 'AuthenticationError' });
    }
  });

  test('the acceptor of Negotiate tells raw from SPNEGO by the first token', async () => {
    for (const form of ['raw', 'spnego'] as const) {
      const [client, server] = [
        createNegotiateInitiator(form, initiatorOptions),
        createNegotiateAcceptor({ ntlm: acceptorOptions, kerberos: null }),
      ];
      let token = await client.step(null);
      while (token !== null && !(client.complete && server.complete)) {
        const answer: Uint8Array | null = await server.step(token);
        token = answer && (await client.step(answer));
      }
      expect([client.complete, server.complete, server.form, server.peer?.user]).toEqual([true, true, form, 'admin']);
    }
    await expect(
      createNegotiateAcceptor({ ntlm: acceptorOptions, kerberos: null }).step(Buffer.from('GET /')),
    ).rejects.toMatchObject({
      reason: 'bad-token',
    });
  });
});

describe('DER', () => {
  test.each([0, 1, 127, 128, 255, 256, 65_535, 65_536])('a length of %i comes back', (length) => {
    const encoded = encodeDer(0x04, new Uint8Array(length).fill(7));
    expect(readDer(encoded)).toMatchObject({ tag: 4 });
    expect(readDer(encoded).value).toHaveLength(length);
    expect(readDerList(Buffer.concat([encoded, encoded]))).toHaveLength(2);
  });
  test.each(['', '30', '3005', '308000', '30850000000001', '3082ff', '1f8101'])('%j is refused', (text) => {
    expect(() => readDer(Buffer.from(text, 'hex'))).toThrow(RangeError);
  });
  test('object identifiers', () => {
    expect(oidText(Buffer.from('2b06010401823702020a', 'hex'))).toBe(NTLMSSP);
    expect(oidText(Buffer.from('883703', 'hex'))).toBe('2.999.3');
  });
});
