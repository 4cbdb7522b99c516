/** Kerberos on a connection, bare and inside SPNEGO, over plain HTTP and TLS. The mechanism is a stand-in of Kerberos' shape. */
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { channelBindingData } from '../auth/channel-binding.ts';
import { type Mechanisms, systemMechanisms } from '../auth/initiator.ts';
import { encodeNegTokenResp, MechOid, NegState, type NegTokenResp } from '../auth/neg-token.ts';
import { makeCertificate } from '../auth/test-certificates.ts';
import { createTestAcceptor, createTestInitiator, KRB_ERROR } from '../auth/test-mechanism.ts';
import { AuthenticationError, type AuthenticationReason } from '../errors.ts';
import type { Target } from '../target.ts';
import { closing, negotiateServer, pool, request, server, target, text } from './loopback-client.ts';
import { protocolOf, reply, type SeenRequest, startServer } from './loopback-server.ts';

const SPN = 'HTTP/localhost';
const NAMED = { host: 'localhost', authentication: 'kerberos' } as const satisfies Partial<Target>;
const PINLESS = { pin: null, skipNameCheck: true, skipAuthorityCheck: true };

const mechanisms: Mechanisms = {
  ...systemMechanisms,
  kerberos: async ({ spn, channelBinding }) => createTestInitiator({ spn, channelBinding }),
  kerberosAvailability: async () => null,
  sspi: null,
};
/** Where the KDC has only this to say. */
const refusedByKdc = (reason: AuthenticationReason): Mechanisms => ({
  ...mechanisms,
  kerberos: async () => {
    throw new AuthenticationError(`KDC: ${reason}.`, { reason, evidence: { mechanism: 'Kerberos' } });
  },
});
const kerberos = async () => createTestAcceptor({ spn: SPN });
const response = (changes: Partial<NegTokenResp>) =>
  encodeNegTokenResp({ negState: null, supportedMech: null, responseToken: null, mechListMic: null, ...changes });

/** Every token that a client sent in an Authorization header, decoded. */
function tokensIn(requests: readonly SeenRequest[]): Buffer[] {
  return requests.flatMap((seen) => {
    const token = seen.header('authorization')?.split(' ')[1];
    return token === undefined ? [] : [Buffer.from(token, 'base64')];
  });
}
const NTLMSSP_OID_DER = Buffer.from('060a2b06010401823702020a', 'hex').subarray(2);
function holdsNtlm(token: Buffer): boolean {
  return token.includes(Buffer.from('NTLMSSP\0', 'latin1')) || token.includes(NTLMSSP_OID_DER);
}

describe('plain HTTP', () => {
  test.each([
    ['inside SPNEGO, under Negotiate', ['Negotiate', 'Kerberos'], 'Negotiate', 'SPNEGO', 'SPNEGO'],
    ['bare, under Kerberos, where that is all that is offered', ['Kerberos'], 'Kerberos', 'Kerberos', null],
  ] as const)('%s', async (_what, schemes, scheme, protocol, inside) => {
    const { port, requests, executed } = await negotiateServer({ kerberos, schemes });
    const connections = pool(target(port, NAMED), { mechanisms });
    const first = await connections.exchange(request('<one/>', { changesTarget: true }));
    expect(text(first.body)).toBe('<echo><one/></echo>');
    // One empty POST for the tokens, then the sealed body: nothing can be sealed before the target has proven itself.
    expect(first).toMatchObject({ sealed: true, trustworthy: true, mechanism: 'Kerberos', roundTrips: 2 });
    const second = await connections.exchange(request('<two/>'));
    expect([text(second.body), second.roundTrips]).toEqual(['<echo><two/></echo>', 1]);
    expect(executed).toEqual(['<one/>', '<two/>']);
    const own = requests.slice(-3);
    expect(own.map((seen) => [seen.header('authorization')?.split(' ')[0], seen.body.length > 0])).toEqual([
      [scheme, false],
      [undefined, true],
      [undefined, true],
    ]);
    expect(own.map(protocolOf)).toEqual([null, protocol, protocol]);
    expect(own[1]!.body.toString('latin1')).toContain(`application/HTTP-${protocol}-session-encrypted\r\n`);
    expect(requests.some((seen) => seen.body.includes('<one/>') || seen.body.includes('<two/>'))).toBe(false);
    expect(connections.security()).toEqual({
      mechanism: 'Kerberos',
      cipher: 'AES256-SHA1',
      spn: SPN,
      inside,
      clientCertificate: null,
      protection: 'AES256-SHA1',
      tlsProtocol: null,
      peerCertificate: null,
    });
  });

  test('a target whose schemes are changed is followed from one to the other and back', async () => {
    const schemes: ('Negotiate' | 'Kerberos')[] = ['Kerberos'];
    const { port, executed } = await negotiateServer({ kerberos, schemes });
    const connections = pool(target(port, NAMED), { mechanisms });
    for (const [scheme, inside] of [
      ['Kerberos', null],
      ['Negotiate', 'SPNEGO'],
      ['Kerberos', null],
    ] as const) {
      schemes.splice(0, 1, scheme);
      await connections.exchange(request(`<${scheme}/>`, { fresh: true }));
      expect(connections.security()).toMatchObject({ mechanism: 'Kerberos', inside });
    }
    expect(executed).toEqual(['<Kerberos/>', '<Negotiate/>', '<Kerberos/>']);
  });

  test('the other scheme’s protocol in the answer is taken', async () => {
    const { port } = await negotiateServer({
      kerberos,
      onSoap(_soap, seen, context) {
        const frame = context.wrap(Buffer.from('<other/>'));
        const length = Buffer.alloc(4);
        length.writeUInt32LE(frame.signature.length);
        const name = 'application/HTTP-Kerberos-session-encrypted';
        const head = `--Encrypted Boundary\r\nContent-Type: ${name}\r\nOriginalContent: type=application/soap+xml;charset=UTF-8;Length=8\r\n--Encrypted Boundary\r\nContent-Type: application/octet-stream\r\n`;
        const body = Buffer.concat([
          Buffer.from(head),
          length,
          frame.signature,
          frame.data,
          Buffer.from('--Encrypted Boundary--\r\n\r\n'),
        ]);
        seen.socket.write(
          reply('200 OK', [`Content-Type: multipart/encrypted;protocol="${name}";boundary="Encrypted Boundary"`], body),
        );
        return true;
      },
    });
    const result = await pool(target(port, NAMED), { mechanisms }).exchange(request('<x/>'));
    expect([text(result.body), result.sealed]).toEqual(['<other/>', true]);
  });

  test('OMI: the answer with the proof has a status line of its own, no length, and a mechListMIC', async () => {
    const { port } = await negotiateServer({
      kerberos,
      onAuthenticated: (headers) =>
        Buffer.from(`HTTP/1.1 200 Success\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`, 'latin1'),
    });
    const result = await pool(target(port, NAMED), { mechanisms }).exchange(request('<x/>', { changesTarget: true }));
    expect(text(result.body)).toBe('<echo><x/></echo>');
  });

  test('Negotiate falls back to NTLM on the same connection where the target has nothing else', async () => {
    const { port, requests } = await negotiateServer();
    const connections = pool(target(port, { host: 'localhost' }), { mechanisms });
    const result = await connections.exchange(request('<x/>', { changesTarget: true }));
    expect([text(result.body), result.mechanism]).toEqual(['<echo><x/></echo>', 'NTLM']);
    expect(new Set(requests.map(({ connection }) => connection)).size).toBe(1);
    expect(connections.security()).toMatchObject({ mechanism: 'NTLM', cipher: 'RC4-128', spn: null, inside: 'SPNEGO' });
  });

  test('Negotiate without a KDC: NTLM alone, and the KDC is not asked for each connection', async () => {
    let asked = 0;
    const counting: Mechanisms = {
      ...mechanisms,
      kerberos: async () => {
        asked++;
        throw new AuthenticationError('KDC: nobody.', { reason: 'no-kdc' });
      },
    };
    const { port } = await negotiateServer({ takesRidingBody: true });
    const connections = pool(target(port, { host: 'localhost' }), { mechanisms: counting });
    await connections.exchange(request('<0/>'));
    await Promise.all([1, 2, 3, 4].map((n) => connections.exchange(request(`<${n}/>`, { fresh: true }))));
    expect(asked).toBe(1);
    expect(connections.security()).toMatchObject({ mechanism: 'NTLM', inside: null, spn: null });
  });
});

describe('TLS', () => {
  async function tlsServer(options: Parameters<typeof negotiateServer>[0] = {}, hasKerberos = true) {
    const certificate = makeCertificate();
    const channelBinding = channelBindingData(certificate.der);
    const bound = async () => createTestAcceptor({ spn: SPN, channelBinding });
    return negotiateServer({ ...(hasKerberos ? { kerberos: bound } : {}), tls: certificate, ...options });
  }
  const SECURE = { ...NAMED, transport: 'https', tls: PINLESS } as const;

  test('the body rides on the first leg: one round trip, with the channel binding', async () => {
    const { port, requests } = await tlsServer({ takesRidingBody: true });
    const connections = pool(target(port, SECURE), { mechanisms });
    const first = await connections.exchange(request('<one/>'));
    expect([text(first.body), first.roundTrips, first.sealed]).toEqual(['<echo><one/></echo>', 1, false]);
    const again = await connections.exchange(request('<two/>', { fresh: true, changesTarget: true }));
    expect([text(again.body), again.roundTrips]).toEqual(['<echo><two/></echo>', 1]);
    expect(requests.map(({ body }) => body.toString())).toEqual(['<one/>', '<two/>']);
    expect(connections.security()).toMatchObject({
      mechanism: 'Kerberos',
      cipher: 'AES256-SHA1',
      spn: SPN,
      protection: 'TLS 1.3',
      tlsProtocol: 'TLSv1.3',
    });
  });

  test('a request that changes the target is not what the riding is tried with', async () => {
    const { port, requests, executed } = await tlsServer();
    const result = await pool(target(port, SECURE), { mechanisms }).exchange(
      request('<stop/>', { changesTarget: true }),
    );
    expect([text(result.body), result.roundTrips]).toEqual(['<echo><stop/></echo>', 2]);
    expect(requests.map(({ body }) => body.length > 0)).toEqual([false, true]);
    expect(executed).toEqual(['<stop/>']);
  });

  test('a target that drops the riding body gets it separately', async () => {
    const { port, executed } = await tlsServer();
    const result = await pool(target(port, SECURE), { mechanisms }).exchange(request('<one/>'));
    expect(text(result.body)).toBe('<echo><one/></echo>');
    expect(executed).toEqual(['<one/>']);
  });

  test('a riding body that was answered is not sent again for one more leg', async () => {
    const { key, cert } = makeCertificate();
    const asking = response({ negState: NegState.REQUEST_MIC, supportedMech: MechOid.KERBEROS, responseToken: PROOF });
    const header = `WWW-Authenticate: Negotiate ${Buffer.from(asking).toString('base64')}`;
    const { port, requests, close } = await startServer(
      ({ socket }) => socket.write(reply('200 OK', [header, 'Content-Type: application/soap+xml'], '<done/>')),
      { key, cert },
    );
    closing.push(close);
    await expect(pool(target(port, SECURE), { mechanisms }).exchange(request('<one/>'))).rejects.toMatchObject({
      reason: 'bad-token',
    });
    expect(requests).toHaveLength(1);
  });

  test('Kerberos refused in favour of NTLM: the riding body is sent again with the last leg, and done once', async () => {
    const { port, executed } = await tlsServer({ takesRidingBody: true }, false);
    const connections = pool(target(port, { ...SECURE, authentication: 'negotiate' }), { mechanisms });
    const result = await connections.exchange(request('<one/>'));
    expect([text(result.body), result.mechanism]).toEqual(['<echo><one/></echo>', 'NTLM']);
    expect(executed).toEqual(['<one/>']);
  });
});

describe('refusals', () => {
  const only = (changes: Partial<NegTokenResp>) => ({ kerberos, onToken: () => response(changes) });
  const failing = async (changes: Partial<Target>, options: Parameters<typeof negotiateServer>[0], by = mechanisms) => {
    const { port, requests } = await negotiateServer(options);
    const error = await pool(target(port, { ...NAMED, ...changes }), { mechanisms: by })
      .exchange(request('<x/>'))
      .catch((cause) => cause);
    expect(error).toBeInstanceOf(AuthenticationError);
    return { error: error as AuthenticationError, requests };
  };

  test('the target says why, in a KRB-ERROR inside SPNEGO: another account has the SPN', async () => {
    const { error } = await failing({}, only({ negState: NegState.REJECT, responseToken: KRB_ERROR }));
    expect(error).toMatchObject({
      reason: 'spn-wrong-account',
      leg: 1,
      offered: ['Negotiate'],
      evidence: { mechanism: 'Kerberos', spn: SPN, code: 41, codeName: 'KRB_AP_ERR_MODIFIED' },
    });
  });

  test('the same in a bare KRB-ERROR, under Kerberos', async () => {
    const { error } = await failing({}, { schemes: ['Kerberos'], onToken: () => KRB_ERROR });
    expect(error).toMatchObject({ reason: 'spn-wrong-account', offered: ['Kerberos'], evidence: { spn: SPN } });
  });

  test('401 and nothing more, from a target that offers Kerberos: rejected, with the SPN; asked once', async () => {
    const strangers = async () => createTestAcceptor({ spn: 'HTTP/other' });
    const { error, requests } = await failing({}, { kerberos: strangers, schemes: ['Negotiate', 'Kerberos'] });
    expect(error).toMatchObject({
      reason: 'rejected',
      leg: 1,
      offered: ['Negotiate', 'Kerberos'],
      evidence: { mechanism: 'Kerberos', spn: SPN },
    });
    expect(error.message).toMatch(/ticket/);
    expect(requests).toHaveLength(1);
  });

  test('a channel binding to another certificate is rejected', async () => {
    const certificate = makeCertificate();
    const { error } = await failing(
      { transport: 'https', tls: PINLESS },
      {
        tls: certificate,
        schemes: ['Negotiate', 'Kerberos'],
        kerberos: async () =>
          createTestAcceptor({ spn: SPN, channelBinding: channelBindingData(makeCertificate().der) }),
      },
    );
    expect(error.reason).toBe('rejected');
  });

  test('200 without the target’s proof is not believed, and no body goes there', async () => {
    const { port, requests } = await server(({ socket }) => socket.write(reply('200 OK')));
    const error = await pool(target(port, NAMED), { mechanisms })
      .exchange(request('<x/>'))
      .catch((cause) => cause);
    expect(error).toMatchObject({ name: 'AuthenticationError', reason: 'bad-token', leg: 1 });
    expect(requests.map(({ body }) => body.length)).toEqual([0]);
  });

  test('a target that never says accept-completed is given up', async () => {
    let legs = 0;
    const { port } = await negotiateServer({
      onToken: () => {
        legs++;
        return legs === 1
          ? response({ negState: NegState.REQUEST_MIC, supportedMech: MechOid.KERBEROS, responseToken: PROOF })
          : response({ negState: NegState.ACCEPT_INCOMPLETE });
      },
    });
    const error = await pool(target(port, NAMED), { mechanisms })
      .exchange(request('<x/>'))
      .catch((cause) => cause);
    expect(error).toMatchObject({ reason: 'bad-token' });
    expect(legs).toBe(2);
  });

  test('what the KDC refuses reaches nobody else, and fails whatever waits at once', async () => {
    for (const reason of ['wrong-password', 'no-kdc', 'clock-skew'] as const) {
      const { port, requests } = await negotiateServer({ kerberos });
      const connections = pool(target(port, NAMED), { mechanisms: refusedByKdc(reason) });
      const all = await Promise.allSettled([1, 2, 3].map((n) => connections.exchange(request(`<${n}/>`))));
      for (const result of all) expect(result).toMatchObject({ status: 'rejected', reason: { reason } });
      expect(requests).toHaveLength(0);
      expect(inspect(all, { depth: null })).not.toContain('Secret-4711');
    }
  });
});

describe('SSPI in place of the library', () => {
  /** Seals elsewhere, and later: everything is a promise. */
  const sspi = (seen: string[]): Mechanisms => ({
    ...mechanisms,
    sspi: async (options) => {
      seen.push(options.package);
      const inner = createTestInitiator({ spn: options.spn });
      return {
        get mechanism() {
          return inner.mechanism;
        },
        get complete() {
          return inner.complete;
        },
        cipher: 'chosen by Windows',
        step: (token) => inner.step(token),
        wrap: async (plain) => inner.wrap(plain),
        unwrap: async (signature, sealed) => inner.unwrap(signature, sealed),
        dispose: () => inner.dispose(),
      };
    },
  });

  test('a conversation over plain HTTP, sealed and in step', async () => {
    const { port } = await negotiateServer({ kerberos, schemes: ['Negotiate', 'Kerberos'] });
    const seen: string[] = [];
    const connections = pool(target(port, NAMED), { mechanisms: sspi(seen), maxConnections: 1 });
    for (let n = 0; n < 5; n++) {
      const result = await connections.exchange(request(`<n${n}/>`));
      expect([text(result.body), result.sealed]).toEqual([`<echo><n${n}/></echo>`, true]);
    }
    expect(seen).toEqual(['Kerberos']);
    expect(connections.security()).toMatchObject({ inside: null, cipher: 'chosen by Windows', spn: SPN });
  });

  test('over TLS a refused ticket is put down to the channel binding that it cannot send', async () => {
    const certificate = makeCertificate();
    const channelBinding = channelBindingData(certificate.der);
    const { port } = await negotiateServer({
      tls: certificate,
      schemes: ['Negotiate', 'Kerberos'],
      kerberos: async () => createTestAcceptor({ spn: SPN, channelBinding }),
    });
    const to = { ...NAMED, transport: 'https', tls: PINLESS } as const;
    await expect(
      pool(target(port, to), { mechanisms: sspi([]) }).exchange(request('<x/>', { changesTarget: true })),
    ).rejects.toMatchObject({ reason: 'binding-unavailable', evidence: { mechanism: 'Kerberos', spn: SPN } });
  });
});

describe('Kerberos only sends no NTLM', () => {
  test.each<[string, Parameters<typeof negotiateServer>[0], AuthenticationReason]>([
    ['a machine that knows only NTLM', {}, 'scheme-not-offered'],
    [
      'one that asks for NTLM by name',
      { onToken: () => response({ negState: NegState.REQUEST_MIC, supportedMech: MechOid.NTLMSSP }) },
      'policy',
    ],
    [
      'one that sends a challenge along with it',
      {
        onToken: () =>
          response({
            negState: NegState.ACCEPT_INCOMPLETE,
            supportedMech: MechOid.NTLMSSP,
            responseToken: Buffer.from('NTLMSSP\0\x02\0\0\0', 'latin1'),
          }),
      },
      'policy',
    ],
    ['one that sends a raw challenge', { onToken: () => Buffer.from('NTLMSSP\0\x02\0\0\0', 'latin1') }, 'bad-token'],
  ])('%s', async (_what, options, reason) => {
    const { port, requests } = await negotiateServer(options);
    const to = { ...NAMED, trusted: true };
    const error = await pool(target(port, to), { mechanisms })
      .exchange(request('<x/>'))
      .catch((cause) => cause);
    expect(error).toMatchObject({ name: 'AuthenticationError', reason });
    const tokens = tokensIn(requests);
    expect(tokens).toHaveLength(1);
    expect(tokens.filter(holdsNtlm)).toEqual([]);
    expect(requests.map(({ body }) => body.length)).toEqual([0]);
  });

  test('the search finds NTLM where there is some', async () => {
    for (const negotiateForm of ['raw', 'spnego'] as const) {
      const { port, requests } = await negotiateServer();
      await pool(target(port), { mechanisms, negotiateForm }).exchange(request('<x/>'));
      expect(tokensIn(requests).filter(holdsNtlm).length).toBeGreaterThan(0);
    }
  });
});

/** The stand-in's proof, as its acceptor makes it. */
const PROOF = (await createTestAcceptor({ spn: SPN }).step(await createTestInitiator({ spn: SPN }).step(null)))!;
