import { describe, expect, test } from 'vitest';
import { AuthenticationError } from '../../errors.ts';
import { createNegotiateAcceptor } from '../negotiate.ts';
import { loadKerberosPackage } from './kerberos-package.ts';
import { createSspiContext, type SspiOptions } from './provider.ts';
import { createStandIn, type StandIn, type StandInOptions } from './stand-in.ts';

const PASSWORD = 'Secret-4711';
const asAnna: SspiOptions = {
  package: 'Negotiate',
  signIn: { kind: 'password', userName: 'FLEET\\anna', password: PASSWORD },
  spn: 'HTTP/web01.corp.example',
  delegate: false,
  insideTls: false,
};

async function start(options: Partial<SspiOptions> = {}, kind: StandInOptions = { mechanism: 'Kerberos' }) {
  const standIn = createStandIn(kind);
  const context = await createSspiContext({ ...asAnna, ...options }, async () => standIn);
  return { standIn, context };
}

describe('what SSPI is asked for', () => {
  const mutualSealed = 0x2 | 0x4 | 0x8 | 0x10 | 0x1_0000;
  const asked = async (options: Partial<SspiOptions>) => (await start(options)).standIn.initialized[0];

  test('explicit user: name and domain apart, and the flags that sealing needs', async () => {
    expect(await asked({})).toEqual({
      spn: 'HTTP/web01.corp.example',
      options: { mechOID: 6, flags: mutualSealed, user: 'anna', domain: 'FLEET', password: PASSWORD },
    });
    const upn = { kind: 'password', userName: 'anna@corp.example', password: '' } as const;
    expect(await asked({ signIn: upn })).toMatchObject({
      options: { user: 'anna@corp.example', domain: '', password: '' },
    });
    const local = { kind: 'password', userName: '.\\anna', password: 'x' } as const;
    expect(await asked({ signIn: local })).toMatchObject({ options: { user: 'anna', domain: '.' } });
  });
  test('signed-in user, Kerberos, delegation', async () => {
    expect(await asked({ package: 'Kerberos', signIn: { kind: 'signed-in-user' }, delegate: true })).toEqual({
      spn: 'HTTP/web01.corp.example',
      options: { mechOID: 9, flags: mutualSealed | 0x1 },
    });
  });
  test('an empty user name never becomes the signed-in user', async () => {
    for (const userName of ['', 'CORP\\']) {
      const signIn = { kind: 'password', userName, password: 'x' } as const;
      await expect(start({ signIn })).rejects.toMatchObject({ reason: 'no-credential' });
    }
  });
});

describe('Kerberos', () => {
  async function established(kind: Partial<StandInOptions> = {}) {
    const { standIn, context } = await start({}, { mechanism: 'Kerberos', ...kind });
    expect(await context.step(null)).toEqual(Buffer.from('600dAP-REQ'));
    // The package already says contextComplete.
    expect(context.complete).toBe(false);
    expect(await context.step(Buffer.from('AP-REP'))).toBeNull();
    expect(context).toMatchObject({ complete: true, mechanism: 'Kerberos' });
    return { standIn, context };
  }

  test.each([1, 100, 200_000])('%i octets are split behind the token, and come back', async (length) => {
    const { context } = await established();
    const plain = Buffer.alloc(length, 'ab\0');
    const { signature, data } = await context.wrap(plain);
    expect([signature.length, data.length]).toEqual([60, length]);
    expect(Buffer.from(await context.unwrap(signature, data))).toEqual(plain);
  });
  test('calls that are made at once run one after another, in order', async () => {
    const { context, standIn } = await established();
    const texts = Array.from({ length: 40 }, (_, i) => Buffer.from(`message ${i}`));
    const sealed = await Promise.all(texts.map(async (text) => context.wrap(text)));
    expect(sealed.map(({ signature }) => Buffer.from(signature).readBigUInt64BE(8))).toEqual(
      texts.map((_, i) => BigInt(i)),
    );
    const opened = await Promise.all(sealed.map(async ({ signature, data }) => context.unwrap(signature, data)));
    expect(opened.map((bytes) => Buffer.from(bytes).toString())).toEqual(texts.map(String));
    expect(standIn.wrecked).toEqual([]);
  });
  test('empty messages never reach the package', async () => {
    const { context, standIn } = await established();
    await expect(context.wrap(new Uint8Array(0))).rejects.toMatchObject({ name: 'ProtocolError' });
    await expect(context.unwrap(new Uint8Array(60), new Uint8Array(0))).rejects.toMatchObject({
      name: 'ProtocolError',
    });
    expect(standIn.wrecked).toEqual([]);
  });
  test('padding, which would be cut off the wrong end, is refused', async () => {
    for (const { context } of [await established({ padding: 8 }), await ntlmPair({ padding: 1 })]) {
      await expect(context.wrap(Buffer.from('x'))).rejects.toThrow(/layout that is not known/);
    }
  });
  test('after a call that failed, and after dispose, nothing works any longer', async () => {
    const { context, standIn } = await established();
    standIn.failures.push('The message or signature supplied for verification has been altered');
    await expect(context.unwrap(new Uint8Array(60), Buffer.from('x'))).rejects.toThrow(
      /SSPI cannot open .* has been altered$/,
    );
    await expect(context.wrap(Buffer.from('x'))).rejects.toMatchObject({ name: 'ProtocolError' });
    const other = await established();
    other.context.dispose();
    expect(other.context.complete).toBe(false);
    await expect(other.context.wrap(Buffer.from('x'))).rejects.toThrow(/is gone/);
  });
});

async function ntlmPair(kind: Partial<StandInOptions> = {}) {
  const { context, standIn } = await start({}, { mechanism: 'NTLM', ...kind });
  const acceptor = createNegotiateAcceptor({
    ntlm: {
      role: 'acceptor',
      findPassword: (user) => (user === 'anna' ? PASSWORD : null),
      computerName: 'LAB',
      channelBinding: null,
    },
    kerberos: null,
  });
  let token = await context.step(null);
  while (token !== null) {
    const answer = await acceptor.step(token);
    token = answer === null ? null : await context.step(answer);
  }
  return { context, acceptor, standIn };
}

test('Negotiate that ends in NTLM: seen by its tokens, split at 16, and understood by our own acceptor both ways', async () => {
  const { context, acceptor } = await ntlmPair();
  expect(context).toMatchObject({ mechanism: 'NTLM', cipher: 'RC4-128', complete: true });
  expect(acceptor.peer).toMatchObject({ user: 'anna', domain: 'FLEET' });
  for (const text of ['<one/>', '<two/>', 'x'.repeat(50_000)]) {
    const { signature, data } = await context.wrap(Buffer.from(text));
    expect(signature.length).toBe(16);
    expect(Buffer.from(acceptor.unwrap(signature, data)).toString()).toBe(text);
    const answer = acceptor.wrap(Buffer.from(`${text}!`));
    expect(Buffer.from(await context.unwrap(answer.signature, answer.data)).toString()).toBe(`${text}!`);
  }
});

describe('what SSPI says', () => {
  const failing = async (text: string, options: Partial<SspiOptions> = {}): Promise<AuthenticationError> => {
    const { context, standIn } = await start(options);
    standIn.failures.push(text);
    return context.step(null).then(
      () => {
        throw new Error('accepted');
      },
      (error) => error,
    );
  };
  test.each([
    ['The specified target is unknown or unreachable', 'spn-unknown'],
    ['The logon attempt failed', 'rejected'],
    ['No credentials are available in the security package', 'no-ticket'],
    ['No authority could be contacted for authentication.', 'no-kdc'],
    ['The target principal name is incorrect.', 'spn-wrong-account'],
    ['The clocks on the client and server machines are skewed.', 'clock-skew'],
    ['The encryption type requested is not supported by the KDC.', 'etype'],
    ['The token supplied to the function is invalid', 'bad-token'],
    // In the language of a Windows that is not English: with a password it may have been the password.
    ['Der Anmeldeversuch ist fehlgeschlagen.', 'rejected'],
  ])('%s → %s', async (text, reason) => {
    const error = await failing(text);
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ reason, evidence: { spn: asAnna.spn, text: `InitializeSecurityContext: ${text}` } });
    expect(JSON.stringify(error) + error.message + String(error.cause)).not.toContain(PASSWORD);
  });
  test('without a password an unknown text accuses nobody', async () => {
    expect(await failing('Unbekannt.', { signIn: { kind: 'signed-in-user' } })).toMatchObject({ reason: 'kerberos' });
  });
  test('a missing binding inside TLS names CbtHardeningLevel', async () => {
    const text = "Client's supplied Security Support Provider Interface (SSPI) channel bindings were incorrect.";
    const error = await failing(text, { insideTls: true });
    expect(error.reason).toBe('binding-unavailable');
    expect(error.message).toMatch(/CbtHardeningLevel on the target is Strict/);
  });
  test('credentials that cannot be acquired', async () => {
    const standIn: StandIn = createStandIn({ mechanism: 'Kerberos' });
    standIn.failures.push('No credentials are available in the security package');
    await expect(createSspiContext(asAnna, async () => standIn)).rejects.toMatchObject({ reason: 'no-ticket' });
  });
});

test('without the package: said so, with its name', async () => {
  const missing = createSspiContext(asAnna, () => loadKerberosPackage('windeck-has-no-such-package'));
  await expect(missing).rejects.toMatchObject({
    name: 'AuthenticationError',
    reason: 'library-missing',
    message: expect.stringContaining('npm install kerberos'),
  });
});
