/** SPNEGO with a choice: Kerberos (a stand-in of its shape) and NTLM, every path of RFC 4178 section 5. */
import { describe, expect, test } from 'vitest';
import {
  encodeMechTypes,
  encodeNegTokenInit,
  encodeNegTokenResp,
  MechOid,
  NegState,
  type NegTokenResp,
  parseNegTokenInit,
  parseNegTokenResp,
} from './neg-token.ts';
import { createNegotiateAcceptor } from './negotiate.ts';
import { createNtlmContext } from './ntlm/context.ts';
import type { MechContext } from './security-context.ts';
import { createSpnegoContext, type SpnegoContext } from './spnego.ts';
import { createTestAcceptor, createTestInitiator, KRB_ERROR, TEST_PRINCIPAL } from './test-mechanism.ts';
import { parseUserName } from './user-name.ts';

const { KERBEROS, MS_KERBEROS, NTLMSSP } = MechOid;
const { ACCEPT_COMPLETED, ACCEPT_INCOMPLETE, REJECT, REQUEST_MIC } = NegState;

const ntlmAcceptorOptions = {
  role: 'acceptor',
  findPassword: () => 'secret',
  computerName: 'X',
  channelBinding: null,
} as const;
const ntlmInitiator = () =>
  createNtlmContext({
    role: 'initiator',
    userName: parseUserName('admin'),
    password: async () => 'secret',
    spn: 'HTTP/x',
    channelBinding: null,
  });
const ntlmAcceptor = () => createNtlmContext(ntlmAcceptorOptions);
const client = (...mechs: MechContext[]) => createSpnegoContext(mechs, 'initiator');
const server = (...mechs: MechContext[]) => createSpnegoContext(mechs, 'acceptor');
const response = (changes: Partial<NegTokenResp>) =>
  encodeNegTokenResp({ negState: null, supportedMech: null, responseToken: null, mechListMic: null, ...changes });

/** Tokens both ways until nobody has anything to say; all of the acceptor's, and those of the initiator after its first, decoded. */
async function negotiate(from: SpnegoContext, to: SpnegoContext) {
  const said: { readonly by: 'initiator' | 'acceptor'; readonly response: NegTokenResp }[] = [];
  let token = await from.step(null);
  for (let leg = 0; token !== null; leg++) {
    if (leg > 0) said.push({ by: 'initiator', response: parseNegTokenResp(token) });
    const answer: Uint8Array | null = await to.step(token);
    if (answer === null) break;
    said.push({ by: 'acceptor', response: parseNegTokenResp(answer) });
    token = from.complete ? null : await from.step(answer);
  }
  return said;
}

function converse(from: SpnegoContext, to: SpnegoContext) {
  for (const text of ['one', 'two']) {
    const sealed = from.wrap(Buffer.from(text));
    expect(Buffer.from(to.unwrap(sealed.signature, sealed.data)).toString()).toBe(text);
    const answer = to.wrap(Buffer.from(`${text}!`));
    expect(Buffer.from(from.unwrap(answer.signature, answer.data)).toString()).toBe(`${text}!`);
  }
}

describe('choosing', () => {
  test('both prefer Kerberos: one round trip, no mechListMIC', async () => {
    const [from, to] = [client(createTestInitiator(), ntlmInitiator()), server(createTestAcceptor(), ntlmAcceptor())];
    const said = await negotiate(from, to);
    expect(said).toEqual([
      {
        by: 'acceptor',
        response: {
          negState: ACCEPT_COMPLETED,
          supportedMech: KERBEROS,
          responseToken: expect.any(Uint8Array),
          mechListMic: null,
        },
      },
    ]);
    expect([from.mechanism, to.mechanism, from.complete, to.complete]).toEqual(['Kerberos', 'Kerberos', true, true]);
    converse(from, to);
  });

  test('the list names Kerberos under both of its numbers, NTLM last, and the token of the first', async () => {
    const init = parseNegTokenInit((await client(createTestInitiator(), ntlmInitiator()).step(null))!);
    expect(init.mechTypes).toEqual([KERBEROS, MS_KERBEROS, NTLMSSP]);
    expect(Buffer.from(init.mechToken!).toString('latin1')).toContain('AP-REQ');
  });

  test('the acceptor has only NTLM: request-mic, then mechListMIC both ways', async () => {
    const [from, to] = [client(createTestInitiator(), ntlmInitiator()), server(ntlmAcceptor())];
    const said = await negotiate(from, to);
    expect(said.map(({ by, response: { negState } }) => [by, negState])).toEqual([
      ['acceptor', REQUEST_MIC],
      ['initiator', ACCEPT_INCOMPLETE],
      ['acceptor', ACCEPT_INCOMPLETE],
      ['initiator', ACCEPT_INCOMPLETE],
      ['acceptor', ACCEPT_COMPLETED],
    ]);
    expect(said.map(({ response: { mechListMic } }) => mechListMic?.length ?? 0)).toEqual([0, 0, 0, 16, 16]);
    expect([from.mechanism, from.cipher, to.mechanism]).toEqual(['NTLM', 'RC4-128', 'NTLM']);
    converse(from, to);
  });

  test('the acceptor has only Kerberos, and the client prefers NTLM: mechListMIC both ways, the last one the client’s', async () => {
    const [from, to] = [client(ntlmInitiator(), createTestInitiator()), server(createTestAcceptor())];
    const said = await negotiate(from, to);
    expect(said.map(({ by, response: { negState, mechListMic } }) => [by, negState, mechListMic !== null])).toEqual([
      ['acceptor', REQUEST_MIC, false],
      ['initiator', ACCEPT_INCOMPLETE, false],
      ['acceptor', ACCEPT_INCOMPLETE, true],
      ['initiator', ACCEPT_COMPLETED, true],
    ]);
    expect([from.complete, to.complete]).toEqual([true, true]);
    converse(from, to);
  });

  test.each([
    ['keeps its mechListMIC to itself', null],
    ['sends a wrong one', new Uint8Array(12).fill(9)],
  ])('a client that then %s is not accepted', async (_what, mechListMic) => {
    const [from, to] = [client(ntlmInitiator(), createTestInitiator()), server(createTestAcceptor())];
    const request = (await from.step(await to.step((await from.step(null))!)))!;
    const last = parseNegTokenResp((await from.step((await to.step(request))!))!);
    expect(to.complete).toBe(false);
    await expect(to.step(encodeNegTokenResp({ ...last, mechListMic }))).rejects.toMatchObject({ reason: 'bad-token' });
    expect(to.complete).toBe(false);
  });

  test('a list changed on the way is found out by both', async () => {
    // The man in the middle takes Kerberos off the list; the acceptor then takes NTLM without asking for anything.
    const [from, to] = [client(createTestInitiator(), ntlmInitiator()), server(createTestAcceptor(), ntlmAcceptor())];
    await from.step(null);
    const first = await to.step(encodeNegTokenInit(encodeMechTypes([NTLMSSP]), null));
    const negotiated = await from.step(first);
    const challenge = await to.step(negotiated!);
    const authenticate = await from.step(challenge);
    await expect(to.step(authenticate!)).rejects.toMatchObject({ reason: 'bad-token' });
    // Were the acceptor not to look, its answer without a mechListMIC would not do.
    await expect(from.step(response({ negState: ACCEPT_COMPLETED }))).rejects.toMatchObject({ reason: 'bad-token' });
    expect([from.complete, to.complete]).toEqual([false, false]);
  });

  test('a mechanism that was not offered: refused, and nothing more is said', async () => {
    for (const [supportedMech, reason] of [
      [NTLMSSP, 'policy'],
      ['1.3.6.1.4.1.311.2.2.30', 'bad-token'],
    ] as const) {
      const kerberosOnly = client(createTestInitiator());
      expect(parseNegTokenInit((await kerberosOnly.step(null))!).mechTypes).toEqual([KERBEROS, MS_KERBEROS]);
      const choice = response({ negState: REQUEST_MIC, supportedMech });
      await expect(kerberosOnly.step(choice)).rejects.toMatchObject({
        reason,
        message: expect.stringContaining('not offered'),
      });
      await expect(kerberosOnly.step(choice)).rejects.toMatchObject({
        message: expect.stringContaining('out of turn'),
      });
      expect(kerberosOnly.complete).toBe(false);
    }
  });

  test('another mechanism in the middle, and request-mic after the first answer, are refused', async () => {
    const changing = client(createTestInitiator(), ntlmInitiator());
    await changing.step(null);
    await changing.step(response({ negState: REQUEST_MIC, supportedMech: NTLMSSP }));
    await expect(changing.step(response({ supportedMech: KERBEROS, responseToken: KRB_ERROR }))).rejects.toMatchObject({
      reason: 'bad-token',
    });
    const late = client(createTestInitiator(), ntlmInitiator());
    await late.step(null);
    await late.step(response({ negState: ACCEPT_INCOMPLETE, supportedMech: NTLMSSP }));
    await expect(late.step(response({ negState: REQUEST_MIC, responseToken: KRB_ERROR }))).rejects.toMatchObject({
      reason: 'bad-token',
    });
  });

  test('nothing in common', async () => {
    const init = await client(createTestInitiator()).step(null);
    await expect(server(ntlmAcceptor()).step(init!)).rejects.toMatchObject({ reason: 'bad-token' });
  });
});

describe('both numbers of Kerberos are one mechanism', () => {
  test('an acceptor that answers with Microsoft’s: the token counts, no mechListMIC is owed', async () => {
    const [from, to] = [client(createTestInitiator(), ntlmInitiator()), server(createTestAcceptor())];
    const answer = parseNegTokenResp((await to.step((await from.step(null))!))!);
    expect(await from.step(encodeNegTokenResp({ ...answer, supportedMech: MS_KERBEROS }))).toBeNull();
    expect(from.complete).toBe(true);
    converse(from, to);
  });

  test('a client that lists Microsoft’s first, as Windows does, is answered with the number it prefers', async () => {
    const to = server(createTestAcceptor(), ntlmAcceptor());
    const list = encodeMechTypes([MS_KERBEROS, KERBEROS, '1.3.6.1.4.1.311.2.2.30', NTLMSSP]);
    const answer = await to.step(encodeNegTokenInit(list, await createTestInitiator().step(null)));
    expect(parseNegTokenResp(answer!)).toMatchObject({ negState: ACCEPT_COMPLETED, supportedMech: MS_KERBEROS });
    expect(to.complete).toBe(true);
  });
});

describe('the last answer of Kerberos', () => {
  async function untilProof(list: readonly MechContext[] = [createTestInitiator(), ntlmInitiator()]) {
    const acceptor = createTestAcceptor();
    const from = client(...list);
    const init = parseNegTokenInit((await from.step(null))!);
    const responseToken = await acceptor.step(init.mechToken);
    return { from, acceptor, responseToken, list: init.mechTypesDer };
  }

  test('OMI adds a mechListMIC to accept-completed: taken where it is right, refused where it is wrong', async () => {
    for (const isRight of [true, false]) {
      const { from, acceptor, responseToken, list } = await untilProof();
      const mechListMic = isRight ? acceptor.signMechList(list) : new Uint8Array(12).fill(1);
      const last = from.step(
        response({ negState: ACCEPT_COMPLETED, supportedMech: KERBEROS, responseToken, mechListMic }),
      );
      if (isRight) expect(await last).toBeNull();
      else await expect(last).rejects.toMatchObject({ reason: 'bad-token', message: expect.stringContaining('wrong') });
      expect(from.complete).toBe(isRight);
    }
  });

  test('request-mic for Kerberos itself: ours answers theirs and is the last word', async () => {
    const { from, acceptor, responseToken, list } = await untilProof();
    const mechListMic = acceptor.signMechList(list);
    const ours = parseNegTokenResp(
      (await from.step(response({ negState: REQUEST_MIC, supportedMech: KERBEROS, responseToken, mechListMic })))!,
    );
    expect(ours).toMatchObject({ negState: ACCEPT_COMPLETED, responseToken: null });
    expect(acceptor.verifyMechList(list, ours.mechListMic!)).toBe(true);
    expect(from.complete).toBe(true);
  });

  test('request-mic, and theirs only after ours', async () => {
    const { from, acceptor, responseToken, list } = await untilProof();
    const first = response({ negState: REQUEST_MIC, supportedMech: KERBEROS, responseToken });
    expect(parseNegTokenResp((await from.step(first))!)).toMatchObject({ negState: ACCEPT_INCOMPLETE });
    expect(from.complete).toBe(false);
    await from.step(response({ negState: ACCEPT_COMPLETED, mechListMic: acceptor.signMechList(list) }));
    expect(from.complete).toBe(true);
  });

  test.each([
    ['with theirs missing', { negState: ACCEPT_COMPLETED }],
    ['with one more accept-incomplete', { negState: ACCEPT_INCOMPLETE }],
  ])('request-mic, ended %s: refused', async (_what, last) => {
    const { from, responseToken } = await untilProof();
    await from.step(response({ negState: REQUEST_MIC, supportedMech: KERBEROS, responseToken }));
    await expect(from.step(response(last))).rejects.toMatchObject({ reason: 'bad-token' });
    expect(from.complete).toBe(false);
  });

  test('supportedMech and negState left out: the mechanism that has begun, and the state that follows from it', async () => {
    const { from, responseToken } = await untilProof();
    expect(await from.step(response({ responseToken }))).toBeNull();
    expect(from.complete).toBe(true);
  });

  test('accept-completed without the proof of the target: refused', async () => {
    const { from } = await untilProof();
    await expect(from.step(response({ negState: ACCEPT_COMPLETED, supportedMech: KERBEROS }))).rejects.toMatchObject({
      reason: 'bad-token',
    });
    expect([from.complete, from.established]).toEqual([false, false]);
  });
});

describe('reject', () => {
  test('with the KRB-ERROR in it: Kerberos tells the reason', async () => {
    const from = client(createTestInitiator(), ntlmInitiator());
    await from.step(null);
    await expect(from.step(response({ negState: REJECT, responseToken: KRB_ERROR }))).rejects.toMatchObject({
      reason: 'spn-wrong-account',
      evidence: { codeName: 'KRB_AP_ERR_MODIFIED' },
    });
  });

  test('bare: the ticket was refused', async () => {
    const from = client(createTestInitiator());
    await from.step(null);
    await expect(from.step(response({ negState: REJECT }))).rejects.toMatchObject({ reason: 'rejected' });
  });

  test('from the client: the acceptor ends', async () => {
    const to = server(ntlmAcceptor());
    await to.step((await client(createTestInitiator(), ntlmInitiator()).step(null))!);
    await expect(to.step(response({ negState: REJECT }))).rejects.toMatchObject({ reason: 'bad-token' });
  });
});

describe('the acceptor of Negotiate and Kerberos', () => {
  const acceptor = () =>
    createNegotiateAcceptor({ ntlm: ntlmAcceptorOptions, kerberos: async () => createTestAcceptor() });

  test('takes Kerberos bare and inside SPNEGO, and says who it is', async () => {
    for (const form of ['raw', 'spnego'] as const) {
      const to = acceptor();
      const from = form === 'raw' ? createTestInitiator() : client(createTestInitiator(), ntlmInitiator());
      expect(to.peer).toBeNull();
      await from.step(await to.step((await from.step(null))!));
      expect([from.complete, to.complete, to.form, to.mechanism, to.cipher]).toEqual([
        true,
        true,
        form,
        'Kerberos',
        'AES256-SHA1',
      ]);
      expect(to.peer).toEqual({ user: 'admin', domain: 'TEST.WINDECK', workstation: '', principal: TEST_PRINCIPAL });
      const sealed = from.wrap(Buffer.from('x'));
      expect(Buffer.from(to.unwrap((await sealed).signature, (await sealed).data)).toString()).toBe('x');
    }
  });

  test('takes NTLM still, and nothing where neither is accepted', async () => {
    const to = acceptor();
    await negotiate(client(ntlmInitiator()), to as unknown as SpnegoContext);
    expect(to.peer).toEqual({ user: 'admin', domain: '', workstation: '', principal: null });
    for (const from of [ntlmInitiator(), createTestInitiator(), client(createTestInitiator(), ntlmInitiator())]) {
      const none = createNegotiateAcceptor({ ntlm: null, kerberos: null });
      await expect(none.step((await from.step(null))!)).rejects.toMatchObject({ reason: 'bad-token' });
    }
  });

  test('does not make a Kerberos side for a client that does not offer it', async () => {
    let made = 0;
    const kerberos = async () => {
      made++;
      return createTestAcceptor();
    };
    await createNegotiateAcceptor({ ntlm: ntlmAcceptorOptions, kerberos }).step(
      (await client(ntlmInitiator()).step(null))!,
    );
    expect(made).toBe(0);
  });
});
