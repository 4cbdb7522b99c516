/**
 * Our sign-ins against a real directory (samba-directory.ts): what each state of an account looks like, lock-outs, HTTP → HOST, an SPN on
 * another account, RC4; and Samba's own acceptors, which nobody here wrote, as the other side of Kerberos, NTLM and SPNEGO.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type SambaAcceptor, type SambaDirectory, startSambaDirectory } from '../../../lab/samba-directory.ts';
import { accountOf } from '../../../sessions/accounts.ts';
import { createSignInGuard } from '../../../sessions/credentials.ts';
import type { AuthenticationError, AuthenticationReason } from '../../errors.ts';
import { explainFailure } from '../failure-advice.ts';
import { createKerberosAcceptor, createKerberosInitiator, forgetTickets } from '../kerberos/provider.ts';
import { startPythonPeer } from '../kerberos/python-peer.ts';
import { createNtlmContext } from '../ntlm/context.ts';
import type { MechContext, OwnContext } from '../security-context.ts';
import { createSpnegoContext } from '../spnego.ts';
import { parseUserName } from '../user-name.ts';

const PASSWORD = 'Rhabarber-4711';
/** Not the users': an RC4 key has no salt, and then one account's ticket would open with another's key. */
const COMPUTER_PASSWORD = 'Stachelbeere-4712';
const SIZES = [0, 1, 15, 16, 4096, 200_000];

let directory: SambaDirectory;
const environmentBefore = process.env['KRB5_CONFIG'];
const contexts: { dispose(): void }[] = [];

beforeAll(async () => {
  directory = await startSambaDirectory();
  process.env['KRB5_CONFIG'] = directory.krb5Config;
  await directory.addComputer({ name: 'WEB01', password: COMPUTER_PASSWORD, services: hostOnly('web01') });
  await directory.addComputer({ name: 'WEB02', password: COMPUTER_PASSWORD, services: hostOnly('web02') });
  for (const user of [
    { name: 'alice' },
    { name: 'carol', principalName: 'carol.smith@corp.example' },
    { name: 'dora', state: 'disabled' },
    { name: 'emil', state: 'expired' },
    { name: 'fred', state: 'password-expired' },
    { name: 'gina' },
    { name: 'hugo' },
    { name: 'web-site', services: ['HTTP/web02.corp.example'] },
    { name: 'old-service', services: ['HTTP/old.corp.example'], encryptionTypes: 4 },
  ] as const) {
    await directory.addUser({ password: PASSWORD, ...user });
  }
}, 90_000);
beforeEach(() => forgetTickets());
afterEach(() => {
  for (const context of contexts.splice(0)) context.dispose();
});
afterAll(async () => {
  forgetTickets();
  if (environmentBefore === undefined) delete process.env['KRB5_CONFIG'];
  else process.env['KRB5_CONFIG'] = environmentBefore;
  // Where it never came up, beforeAll has told why.
  await (directory as SambaDirectory | undefined)?.close();
}, 30_000);

function hostOnly(name: string): string[] {
  return [`HOST/${name.toUpperCase()}`, `HOST/${name}.corp.example`];
}

async function initiator(
  userName: string,
  { password = PASSWORD, spn = 'HTTP/web01.corp.example' }: { password?: string; spn?: string } = {},
): Promise<MechContext> {
  const signIn = { kind: 'password', userName, password } as const;
  const context = await createKerberosInitiator({ signIn, spn, delegate: false, channelBinding: null });
  contexts.push(context);
  return context;
}

async function acceptor(keytab: string) {
  const context = await createKerberosAcceptor({ keytab, channelBinding: null, requireChannelBinding: false });
  contexts.push(context);
  return context;
}

/** The error of signing in, which must not succeed. */
async function failureOf(userName: string, options: { password?: string; spn?: string } = {}) {
  const context = await initiator(userName, options);
  return context.step(null).then(
    () => expect.unreachable(`${userName} got a ticket`),
    (error: AuthenticationError) => error,
  );
}

/** To its end, Samba accepting; whom Samba took the client for. */
async function shakeHands(ours: OwnContext, theirs: SambaAcceptor): Promise<string | null> {
  let account: string | null = null;
  for (let token = await ours.step(null), legs = 0; token !== null && legs < 6; legs++) {
    const answer = await theirs.step(token);
    account = answer.account;
    token = answer.token.length > 0 ? await ours.step(answer.token) : null;
  }
  return account;
}

describe('an account', () => {
  test.each<[string, string, AuthenticationReason, string]>([
    ['alice', 'not this one', 'wrong-password', 'KDC_ERR_PREAUTH_FAILED'],
    ['nobody', PASSWORD, 'unknown-user', 'KDC_ERR_C_PRINCIPAL_UNKNOWN'],
    ['dora', PASSWORD, 'account-disabled', 'KDC_ERR_CLIENT_REVOKED'],
    // A directory has one number for disabled, expired and locked; Windows does the same. Only an MIT KDC says KDC_ERR_NAME_EXP.
    ['emil', PASSWORD, 'account-disabled', 'KDC_ERR_CLIENT_REVOKED'],
    ['fred', PASSWORD, 'password-expired', 'KDC_ERR_KEY_EXPIRED'],
  ])('%s with "%s" is %s', async (name, password, reason, codeName) => {
    const error = await failureOf(`${name}@corp.example`, { password });
    expect(error).toMatchObject({ reason, evidence: { mechanism: 'Kerberos', codeName } });
    expect(JSON.stringify(error) + error.message).not.toContain(password);
  });

  test('each has its own sentence, and the set is named where the directory does not tell apart', async () => {
    const sentences = new Map<string, string>();
    for (const [name, password] of [
      ['alice', 'wrong'],
      ['nobody', PASSWORD],
      ['dora', PASSWORD],
      ['fred', PASSWORD],
    ] as const) {
      const error = await failureOf(name, { password });
      sentences.set(name, explainFailure(error, { userName: name }).sentence);
    }
    expect(new Set(sentences.values()).size).toBe(4);
    expect(sentences.get('dora')).toMatch(/locked, disabled or expired/);
    await directory.unlock('alice');
  });

  test.each(['carol@CORP.EXAMPLE', 'carol.smith@corp.example', 'CORP\\carol', 'carol', 'CAROL'])(
    'is found as %s, and is the same one to the machine',
    async (userName) => {
      const theirs = await directory.accept('gssapi_krb5');
      const ours = await initiator(userName, { spn: 'HTTP/dc1.corp.example' });
      expect(await shakeHands(ours, theirs)).toBe('CORP\\carol');
    },
  );
});

describe('lock-out after three wrong passwords', () => {
  test('is told as what it is, even with the right password', async () => {
    for (const [i, password] of ['one', 'two', 'three'].entries()) {
      expect(await directory.describe('gina')).toEqual({ badPasswordCount: i, isLockedOut: false });
      expect(await failureOf('gina', { password })).toMatchObject({ reason: 'wrong-password' });
    }
    expect(await directory.describe('gina')).toMatchObject({ isLockedOut: true });
    expect(await failureOf('gina')).toMatchObject({
      reason: 'account-disabled',
      evidence: { codeName: 'KDC_ERR_CLIENT_REVOKED' },
    });
    await directory.unlock('gina');
    expect(await (await initiator('gina')).step(null)).not.toBeNull();
  });

  test('contexts of fifty machines at once cost one attempt', async () => {
    const failures = await Promise.all(Array.from({ length: 50 }, () => failureOf('hugo', { password: 'wrong' })));
    expect(new Set(failures.map(({ reason }) => reason))).toEqual(new Set(['wrong-password']));
    expect(await directory.describe('hugo')).toEqual({ badPasswordCount: 1, isLockedOut: false });
    await directory.unlock('hugo');
  });

  test('never follows from a wrong password here: one attempt, then nothing, however often and by whatever name', async () => {
    const guard = createSignInGuard();
    const password = 'wrong';
    const names = ['hugo@corp.example', 'HUGO@CORP.EXAMPLE', 'CORP\\hugo', 'corp\\HUGO'];
    let reached = 0;
    const tries = Array.from({ length: 60 }, async (_, i) => {
      const userName = names[i % names.length]!;
      const host = `srv${i}.corp.example`;
      const account = accountOf({ credentialId: 'set', userName, machineId: `m${i}`, host, port: 5985 });
      const attempt = async () => {
        reached++;
        const context = await initiator(userName, { password });
        await context.step(null);
      };
      const options = { askedAt: null, signal: AbortSignal.timeout(15_000) };
      return guard.signIn(guard.login(account, password), options, attempt).then(
        () => 'signed in',
        (error: AuthenticationError) => error.name,
      );
    });
    expect(new Set(await Promise.all(tries))).toEqual(new Set(['AuthenticationError']));
    const { badPasswordCount, isLockedOut } = await directory.describe('hugo');
    // CORP and CORP.EXAMPLE cannot be known to be one domain before the directory is asked: one attempt each, and no more.
    expect(reached).toBeLessThanOrEqual(2);
    expect(badPasswordCount).toBe(reached);
    expect(isLockedOut).toBe(false);
  });
});

describe('a service', () => {
  test('with HOST names alone is found as HTTP, and its keys open the ticket', async () => {
    const accepting = await acceptor(await directory.exportKeytab('WEB01$'));
    const ours = await initiator('alice@corp.example', { spn: 'HTTP/web01.corp.example' });
    await ours.step(await accepting.step(await ours.step(null)));
    expect([ours.complete, ours.cipher, accepting.peer?.principal]).toEqual([
      true,
      'AES256-SHA1',
      'alice@CORP.EXAMPLE',
    ]);
    const sealed = ours.wrap(Buffer.from('<s:Envelope/>'));
    expect(Buffer.from(accepting.unwrap(sealed.signature, sealed.data)).toString()).toBe('<s:Envelope/>');
  });

  test.each(['HTTP/nowhere.corp.example', 'WSMAN/web01.corp.example', 'HTTP/alias.corp.example'])(
    '%s is unknown, with the name in the evidence',
    async (spn) => {
      expect(await failureOf('alice', { spn })).toMatchObject({
        reason: 'spn-unknown',
        evidence: { spn, code: 7, codeName: 'KDC_ERR_S_PRINCIPAL_UNKNOWN' },
      });
    },
  );

  test('whose HTTP name sits on the account of a web site refuses the ticket, and HOST gets in', async () => {
    const keytab = await directory.exportKeytab('WEB02$', ['HTTP/web02.corp.example', 'HOST/web02.corp.example']);
    const refusing = await acceptor(keytab);
    const ours = await initiator('alice', { spn: 'HTTP/web02.corp.example' });
    await expect(refusing.step(await ours.step(null))).rejects.toMatchObject({ reason: 'spn-wrong-account' });
    // What the machine answers with makes it the same on our side.
    const told: AuthenticationError = await ours.step(refusing.errorToken).then(
      () => expect.unreachable('it was taken for a success'),
      (error) => error,
    );
    expect(told).toMatchObject({ reason: 'spn-wrong-account', evidence: { spn: 'HTTP/web02.corp.example' } });
    expect(explainFailure(told).advice.join(' ')).toMatch(/setspn -Q HTTP\/web02\.corp\.example.*HOST/);

    const accepting = await acceptor(keytab);
    const byHost = await initiator('alice', { spn: 'HOST/web02.corp.example' });
    await byHost.step(await accepting.step(await byHost.step(null)));
    expect([byHost.complete, accepting.peer?.principal]).toEqual([true, 'alice@CORP.EXAMPLE']);
  });
});

describe('RC4', () => {
  let keytab = '';
  beforeAll(async () => {
    keytab = await directory.exportKeytab('old-service', ['HTTP/old.corp.example']);
  });
  // The types that both sides name in the tickets' exchange decide; with AES among them, a subkey of AES is made even of an RC4 ticket.
  beforeEach(() => {
    const only = directory.krb5Config.replace('krb5.conf', 'krb5-rc4.conf');
    const text = readFileSync(directory.krb5Config, 'utf8');
    writeFileSync(only, text.replace('[libdefaults]', '[libdefaults]\n  permitted_enctypes = arcfour-hmac'));
    process.env['KRB5_CONFIG'] = only;
  });
  afterEach(() => {
    process.env['KRB5_CONFIG'] = directory.krb5Config;
  });
  const toOld = () => initiator('alice', { spn: 'HTTP/old.corp.example' });

  test('a service that knows nothing else: sealed both ways with its exported keys', async () => {
    const accepting = await acceptor(keytab);
    const ours = await toOld();
    await ours.step(await accepting.step(await ours.step(null)));
    expect([ours.cipher, accepting.cipher]).toEqual(['RC4-HMAC', 'RC4-HMAC']);
    for (const size of SIZES) {
      const text = Buffer.alloc(size, 'grüße');
      for (const [from, to] of [
        [ours, accepting],
        [accepting, ours],
      ] as const) {
        const sealed = from.wrap(text);
        expect(sealed.data).toHaveLength(size);
        expect(Buffer.from(to.unwrap(sealed.signature, sealed.data)).equals(text)).toBe(true);
      }
    }
  });

  test('MIT krb5 opens what we seal, and we what it seals', async () => {
    const theirs = await startPythonPeer({
      role: 'accept',
      form: 'raw',
      krb5Config: process.env['KRB5_CONFIG']!,
      keytab,
    });
    contexts.push({ dispose: () => theirs.end() });
    const ours = await toOld();
    await ours.step(await theirs.step(await ours.step(null)));
    expect(ours.cipher).toBe('RC4-HMAC');
    for (const size of SIZES) {
      const text = Buffer.alloc(size, 'x');
      const sealed = ours.wrap(text);
      expect(Buffer.from(await theirs.unwrapIov(sealed.signature, sealed.data)).equals(text)).toBe(true);
      const answer = await theirs.wrapIov(text);
      const data = Buffer.concat([answer.data, answer.padding]);
      expect(Buffer.from(ours.unwrap(answer.signature, data)).equals(text)).toBe(true);
    }
  });

  test('Heimdal, in Samba, opens what we seal once the byte of padding is there that Windows leaves out; we open its own', async () => {
    const theirs = await directory.accept('gssapi_krb5');
    const ours = await initiator('alice', { spn: 'HTTP/dc1.corp.example' });
    expect(await shakeHands(ours, theirs)).toBe('CORP\\alice');
    expect(ours.cipher).toBe('RC4-HMAC');
    for (const size of [1, 4096, 60_000]) {
      const text = Buffer.alloc(size, 'x');
      const padded = ours.wrap(Buffer.concat([text, Buffer.of(1)]));
      expect(Buffer.from(await theirs.unwrap(Buffer.concat([padded.signature, padded.data]))).equals(text)).toBe(true);
      const answer = await theirs.wrap(text);
      const split = answer.length - size - 1;
      expect(Buffer.from(ours.unwrap(answer.subarray(0, split), answer.subarray(split))).equals(text)).toBe(true);
    }
    const bare = ours.wrap(Buffer.from('as Windows does'));
    await expect(theirs.unwrap(Buffer.concat([bare.signature, bare.data]))).rejects.toThrow(/Samba/);
  });
});

describe('Samba as the machine', () => {
  const spn = 'HTTP/dc1.corp.example';
  const ntlm = (userName: string, password = PASSWORD) => {
    const context = createNtlmContext({
      role: 'initiator',
      userName: parseUserName(userName),
      password: async () => password,
      spn,
      channelBinding: null,
    });
    contexts.push(context);
    return context;
  };
  const ways: readonly [string, 'gssapi_krb5' | 'ntlmssp' | 'spnego', () => Promise<OwnContext>][] = [
    ['Kerberos', 'gssapi_krb5', () => initiator('alice', { spn })],
    ['Kerberos in SPNEGO', 'spnego', async () => createSpnegoContext([await initiator('alice', { spn })], 'initiator')],
    [
      'Kerberos before NTLM in SPNEGO',
      'spnego',
      async () => createSpnegoContext([await initiator('alice', { spn }), ntlm('CORP\\alice')], 'initiator'),
    ],
    ['NTLM', 'ntlmssp', async () => ntlm('CORP\\alice')],
    ['NTLM by principal name', 'ntlmssp', async () => ntlm('alice@corp.example')],
    ['NTLM in SPNEGO', 'spnego', async () => createSpnegoContext([ntlm('CORP\\alice')], 'initiator')],
  ];

  test.each(ways)('%s: Samba knows who it is, opens what we seal, and we what it seals', async (_, mechanism, make) => {
    const theirs = await directory.accept(mechanism);
    const ours = await make();
    expect(await shakeHands(ours, theirs)).toBe('CORP\\alice');
    expect(ours.complete).toBe(true);
    const head = ours.mechanism === 'NTLM' ? 16 : 60;
    for (const text of ['a', '<s:Envelope>grüße</s:Envelope>', 'x'.repeat(60_000), '\0\x01\r\n']) {
      const sealed = ours.wrap(Buffer.from(text));
      const opened = await theirs.unwrap(Buffer.concat([sealed.signature, sealed.data]));
      expect(Buffer.from(opened).toString()).toBe(text);
      const answer = await theirs.wrap(Buffer.from(`${text}!`));
      const back = ours.unwrap(answer.subarray(0, head), answer.subarray(head));
      expect(Buffer.from(back).toString()).toBe(`${text}!`);
    }
    const broken = ours.wrap(Buffer.from('stop it'));
    broken.data[0]! ^= 1;
    await expect(theirs.unwrap(Buffer.concat([broken.signature, broken.data]))).rejects.toThrow(/Samba/);
  });

  test.each([
    ['CORP\\alice', 'wrong', 0xc000006a],
    ['CORP\\dora', PASSWORD, 0xc0000072],
    ['CORP\\emil', PASSWORD, 0xc0000193],
    ['CORP\\fred', PASSWORD, 0xc0000224],
    ['CORP\\nobody', PASSWORD, 0xc0000064],
  ])(
    'NTLM of %s is refused by the directory with a status that HTTP does not carry',
    async (userName, password, status) => {
      const theirs = await directory.accept('ntlmssp');
      await expect(shakeHands(ntlm(userName, password), theirs)).rejects.toThrow(`(${status}, `);
    },
  );

  test('a locked account is refused by NTLM too', async () => {
    await directory.unlock('gina');
    for (const password of ['one', 'two', 'three']) {
      await expect(shakeHands(ntlm('CORP\\gina', password), await directory.accept('ntlmssp'))).rejects.toThrow(
        /Samba/,
      );
    }
    expect(await directory.describe('gina')).toMatchObject({ isLockedOut: true });
    await expect(shakeHands(ntlm('CORP\\gina'), await directory.accept('ntlmssp'))).rejects.toThrow(`(${0xc0000234}, `);
    await directory.unlock('gina');
  });
});
