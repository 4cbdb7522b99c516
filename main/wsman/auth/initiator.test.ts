/** What each policy makes of each situation: which mechanisms are offered, under which scheme, or which sentence the user gets. */
import { describe, expect, test } from 'vitest';
import { AuthenticationError, type AuthenticationReason } from '../errors.ts';
import type { Target } from '../target.ts';
import { certificateHash } from './channel-binding.ts';
import { type LearnedSignIn, type Mechanisms, startInitiation } from './initiator.ts';
import type { KerberosInitiatorOptions } from './kerberos/provider.ts';
import { isSpnegoToken, MechOid, parseNegTokenInit } from './neg-token.ts';
import { createNtlmContext, type NtlmInitiatorOptions } from './ntlm/context.ts';
import { isNtlmToken } from './ntlm/messages.ts';
import { refuseByPolicy } from './policy.ts';
import type { SspiOptions } from './sspi/provider.ts';
import { makeCertificate } from './test-certificates.ts';
import { createTestInitiator } from './test-mechanism.ts';

const PASSWORD = 'Recognisable-4711';
const LEAF = makeCertificate().der;

function targetOf(changes: Partial<Target>): Target {
  return {
    host: 'web01.corp.example',
    port: 5985,
    transport: 'http',
    path: '/wsman',
    authentication: 'negotiate',
    userName: 'admin@CORP.EXAMPLE',
    password: async () => PASSWORD,
    trusted: false,
    allowClearText: false,
    tls: { pin: null, skipNameCheck: false, skipAuthorityCheck: false },
    ...changes,
  };
}

interface World {
  /** What the KDC says, by SPN; null: it gives a ticket. */
  kdc(spn: string): AuthenticationReason | null;
  readonly isLibraryMissing?: boolean;
  readonly hasSspi?: boolean;
}

/** Mechanisms that write down what was asked of them. */
function mechanismsIn(world: World) {
  const asked: {
    kerberos: KerberosInitiatorOptions[];
    ntlm: NtlmInitiatorOptions[];
    sspi: SspiOptions[];
    ended: number;
  } = { kerberos: [], ntlm: [], sspi: [], ended: 0 };
  const kerberosFor = (spn: string) => {
    const inner = createTestInitiator({ spn });
    return {
      ...inner,
      get complete() {
        return inner.complete;
      },
      async step(token: Uint8Array | null) {
        const reason = token === null ? world.kdc(spn) : null;
        if (reason)
          throw new AuthenticationError(`KDC: ${reason}.`, { reason, evidence: { mechanism: 'Kerberos', spn } });
        return inner.step(token);
      },
      dispose() {
        asked.ended++;
        inner.dispose();
      },
    };
  };
  const mechanisms: Mechanisms = {
    ntlm(options) {
      asked.ntlm.push(options);
      return createNtlmContext(options);
    },
    async kerberos(options) {
      asked.kerberos.push(options);
      return kerberosFor(options.spn);
    },
    kerberosAvailability: async () =>
      world.isLibraryMissing
        ? new AuthenticationError('libgssapi_krb5 is missing: install libgssapi-krb5-2.', { reason: 'library-missing' })
        : null,
    sspi: world.hasSspi
      ? async (options) => {
          asked.sspi.push(options);
          return kerberosFor(options.spn);
        }
      : null,
  };
  return { mechanisms, asked };
}

const newLearned = (): LearnedSignIn => ({ form: 'raw', scheme: 'Negotiate', spn: null, withoutKerberos: null });

async function start(changes: Partial<Target>, world: World, learned = newLearned()) {
  const { mechanisms, asked } = mechanismsIn(world);
  const target = targetOf(changes);
  const leaf = target.transport === 'https' ? LEAF : null;
  const password = target.signedInUser ? null : await target.password();
  try {
    const { firstToken, ...initiation } = await startInitiation(target, { password, leaf, learned, mechanisms });
    return { what: describeToken(firstToken), initiation, firstToken, asked, error: null };
  } catch (cause) {
    if (!(cause instanceof AuthenticationError)) throw cause;
    return { what: cause.reason, initiation: null, firstToken: null, asked, error: cause };
  }
}

function describeToken(token: Uint8Array): string {
  if (isNtlmToken(token)) return 'raw NTLM';
  if (!isSpnegoToken(token)) return 'bare Kerberos';
  const names = { [MechOid.KERBEROS]: 'Kerberos', [MechOid.MS_KERBEROS]: null, [MechOid.NTLMSSP]: 'NTLM' } as Record<
    string,
    string | null
  >;
  return `SPNEGO of ${parseNegTokenInit(token)
    .mechTypes.map((oid) => names[oid])
    .filter(Boolean)
    .join(', ')}`;
}

const TICKET: World = { kdc: () => null };
const says = (reason: AuthenticationReason): World => ({ kdc: () => reason });
const ADDRESS = { host: '192.0.2.7' };
const TLS = { transport: 'https' } as const;
const MARKED = { trusted: true };
const LOCAL = { userName: '.\\admin' };
const BARE = { userName: 'admin' };

describe('negotiate', () => {
  test.each<[string, Partial<Target>, World, string]>([
    ['a ticket, plain HTTP: NTLM is not on the list', {}, TICKET, 'SPNEGO of Kerberos'],
    ['a ticket, TLS', TLS, TICKET, 'SPNEGO of Kerberos, NTLM'],
    ['a ticket, a marked machine', MARKED, TICKET, 'SPNEGO of Kerberos, NTLM'],
    ['a ticket, this computer', { host: 'localhost' }, TICKET, 'SPNEGO of Kerberos, NTLM'],
    [
      'the signed-in user: NTLM has no password to use',
      { ...TLS, signedInUser: true, userName: null },
      TICKET,
      'SPNEGO of Kerberos',
    ],
    ['an address, TLS', { ...ADDRESS, ...TLS }, TICKET, 'raw NTLM'],
    ['an address, loopback', { host: '127.0.0.1' }, TICKET, 'raw NTLM'],
    ['an address, IPv6 loopback', { host: '::1' }, TICKET, 'raw NTLM'],
    ['an address, plain HTTP', ADDRESS, TICKET, 'not-trusted'],
    [
      'an address with the SPN’s host chosen',
      { ...ADDRESS, spn: { serviceClass: null, host: 'web01', withPort: false } },
      TICKET,
      'SPNEGO of Kerberos',
    ],
    ['an account of the machine itself, TLS', { ...LOCAL, ...TLS }, TICKET, 'raw NTLM'],
    ['an account of the machine itself, plain HTTP', LOCAL, TICKET, 'not-trusted'],
    ['no library, TLS', TLS, { ...TICKET, isLibraryMissing: true }, 'raw NTLM'],
    ['no library, plain HTTP', {}, { ...TICKET, isLibraryMissing: true }, 'not-trusted'],
    ['no realm, TLS', TLS, says('no-realm'), 'raw NTLM'],
    ['no KDC, TLS', TLS, says('no-kdc'), 'raw NTLM'],
    ['no KDC, a marked machine', MARKED, says('no-kdc'), 'raw NTLM'],
    ['no KDC, plain HTTP', {}, says('no-kdc'), 'not-trusted'],
    ['no such service, TLS', TLS, says('spn-unknown'), 'raw NTLM'],
    ['no such service, plain HTTP', {}, says('spn-unknown'), 'not-trusted'],
    [
      'unknown user without a domain, TLS: perhaps the machine’s own',
      { ...TLS, ...BARE },
      says('unknown-user'),
      'raw NTLM',
    ],
    ['unknown user of a realm, TLS', TLS, says('unknown-user'), 'unknown-user'],
    ['unknown user of a domain, TLS', { ...TLS, userName: 'CORP\\admin' }, says('unknown-user'), 'unknown-user'],
    ['wrong password, TLS: the next attempt could lock the account', TLS, says('wrong-password'), 'wrong-password'],
    ['wrong password, bare name', { ...TLS, ...BARE }, says('wrong-password'), 'wrong-password'],
    ['disabled or locked', TLS, says('account-disabled'), 'account-disabled'],
    ['account expired', TLS, says('account-expired'), 'account-expired'],
    ['password expired', TLS, says('password-expired'), 'password-expired'],
    ['clocks apart: NTLM would only hide it', TLS, says('clock-skew'), 'clock-skew'],
    ['no common encryption type', TLS, says('etype'), 'etype'],
    ['no ticket of the signed-in user', { ...TLS, signedInUser: true, userName: null }, says('no-ticket'), 'no-ticket'],
    ['no KDC for the signed-in user', { ...TLS, signedInUser: true, userName: null }, says('no-kdc'), 'no-kdc'],
    ['anything else', TLS, says('kerberos'), 'kerberos'],
  ])('%s', async (_what, changes, world, expected) => {
    const result = await start(changes, world);
    expect(result.what).toBe(expected);
    const opened = result.asked.kerberos.length - (result.initiation?.spn ? 1 : 0);
    expect(result.asked.ended).toBe(opened);
  });

  test('where neither may be used, the error names both, and keeps what Kerberos said', async () => {
    for (const { error } of [await start({}, says('no-kdc')), await start(ADDRESS, TICKET)]) {
      expect(error?.message).toMatch(/NTLM was not used instead: NTLM over plain HTTP does not prove who answers/);
      expect(error?.cause).toBeInstanceOf(AuthenticationError);
      expect(error?.evidence.mechanism).toBe('Kerberos');
    }
    expect((await start({}, says('no-kdc'))).error).toMatchObject({
      message: expect.stringMatching(/^KDC: no-kdc\. NTLM/),
      cause: { reason: 'no-kdc' },
      evidence: { spn: 'HTTP/web01.corp.example' },
    });
  });

  test('a KDC out of reach is not asked again by the next connection, where NTLM did', async () => {
    const learned = newLearned();
    const world = says('no-kdc');
    expect((await start(TLS, world, learned)).asked.kerberos).toHaveLength(1);
    const second = await start(TLS, world, learned);
    expect([second.what, second.asked.kerberos.length]).toEqual(['raw NTLM', 0]);
    learned.withoutKerberos = { ...learned.withoutKerberos!, until: performance.now() };
    expect((await start(TLS, TICKET, learned)).what).toBe('SPNEGO of Kerberos, NTLM');
    expect(learned.withoutKerberos).toBeNull();
  });
});

describe('kerberos', () => {
  test.each<[string, Partial<Target>, World, string]>([
    ['a ticket', {}, TICKET, 'SPNEGO of Kerberos'],
    ['a ticket, TLS, marked: still nothing else', { ...TLS, ...MARKED }, TICKET, 'SPNEGO of Kerberos'],
    ['this computer', { host: 'localhost' }, TICKET, 'SPNEGO of Kerberos'],
    ['an address', { ...ADDRESS, ...TLS, ...MARKED }, TICKET, 'address-needs-name'],
    ['an account of the machine itself', { ...LOCAL, ...TLS }, TICKET, 'no-realm'],
    ['no library', TLS, { ...TICKET, isLibraryMissing: true }, 'library-missing'],
    ...(['no-realm', 'no-kdc', 'spn-unknown', 'unknown-user', 'wrong-password', 'clock-skew', 'etype'] as const).map(
      (reason): [string, Partial<Target>, World, string] => [reason, { ...TLS, ...MARKED }, says(reason), reason],
    ),
  ])('%s', async (_what, changes, world, expected) => {
    const result = await start({ authentication: 'kerberos', ...changes }, world);
    expect(result.what).toBe(expected);
    expect(result.asked.ntlm).toEqual([]);
  });

  test('bare, where the target offers only the scheme Kerberos', async () => {
    const result = await start({ authentication: 'kerberos' }, TICKET, { ...newLearned(), scheme: 'Kerberos' });
    expect([result.what, result.initiation?.scheme, result.initiation?.inside]).toEqual([
      'bare Kerberos',
      'Kerberos',
      null,
    ]);
  });
});

describe('ntlm', () => {
  test.each<[string, Partial<Target>, string]>([
    ['TLS', TLS, 'raw NTLM'],
    ['a marked machine', MARKED, 'raw NTLM'],
    ['plain HTTP', {}, 'not-trusted'],
    ['the signed-in user', { ...TLS, signedInUser: true }, 'no-credential'],
  ])('%s', async (_what, changes, expected) => {
    const result = await start({ authentication: 'ntlm', ...changes }, TICKET);
    expect([result.what, result.asked.kerberos.length]).toEqual([expected, 0]);
  });

  test('in SPNEGO where the target asks for that', async () => {
    const result = await start({ authentication: 'ntlm', ...TLS }, TICKET, { ...newLearned(), form: 'spnego' });
    expect([result.what, result.initiation?.inside, result.initiation?.spn]).toEqual([
      'SPNEGO of NTLM',
      'SPNEGO',
      null,
    ]);
  });
});

describe('service principal names', () => {
  test('the candidates in their order, only while the KDC knows none; the one it knew comes first from then on', async () => {
    const learned = newLearned();
    const world: World = { kdc: (spn) => (spn.startsWith('HTTP/') ? 'spn-unknown' : null) };
    const first = await start({}, world, learned);
    expect(first.asked.kerberos.map(({ spn }) => spn)).toEqual(['HTTP/web01.corp.example', 'HOST/web01.corp.example']);
    expect([first.initiation?.spn, learned.spn, first.asked.ended]).toEqual([
      'HOST/web01.corp.example',
      'HOST/web01.corp.example',
      1,
    ]);
    const second = await start({}, world, learned);
    expect(second.asked.kerberos.map(({ spn }) => spn)).toEqual(['HOST/web01.corp.example']);
    const other = await start({}, { kdc: () => 'clock-skew' });
    expect(other.asked.kerberos).toHaveLength(1);
  });

  test('none is known: the error names all that were tried', async () => {
    const { error } = await start({ authentication: 'kerberos' }, says('spn-unknown'));
    expect(error).toMatchObject({
      reason: 'spn-unknown',
      message: expect.stringContaining('HTTP/web01.corp.example, HOST/web01.corp.example'),
      evidence: { spn: 'HTTP/web01.corp.example' },
    });
    const chosen = { spn: { serviceClass: 'WSMAN', host: null, withPort: true } };
    expect((await start({ authentication: 'kerberos', ...chosen }, says('spn-unknown'))).error).toMatchObject({
      evidence: { spn: 'WSMAN/web01.corp.example:5985' },
    });
  });
});

describe('what the mechanisms are given', () => {
  test('binding over TLS in the form that each wants, delegation only where ticked', async () => {
    const { asked } = await start(TLS, TICKET);
    const hash = Buffer.from(certificateHash(LEAF)!).toString('hex');
    expect(Buffer.from(asked.kerberos[0]!.channelBinding!).toString('latin1')).toMatch(/^tls-server-end-point:/);
    expect(Buffer.from(asked.kerberos[0]!.channelBinding!).toString('hex').endsWith(hash)).toBe(true);
    expect(asked.ntlm[0]!.channelBinding).toHaveLength(16);
    expect(asked.kerberos[0]).toMatchObject({
      delegate: false,
      signIn: { kind: 'password', userName: 'admin@CORP.EXAMPLE', password: PASSWORD },
    });
    const plain = await start({ ...MARKED, delegate: true }, TICKET);
    expect(plain.asked.kerberos[0]).toMatchObject({ channelBinding: null, delegate: true });
    expect(plain.asked.ntlm[0]).toMatchObject({ channelBinding: null });
    const own = await start({ signedInUser: true, userName: null }, TICKET);
    expect(own.asked.kerberos[0]!.signIn).toEqual({ kind: 'signed-in-user' });
  });

  test('no secret in an error', async () => {
    for (const reason of ['wrong-password', 'no-kdc'] as const) {
      const { error } = await start({}, says(reason));
      expect(JSON.stringify({ ...error, message: error?.message, cause: String(error?.cause) })).not.toContain(
        PASSWORD,
      );
    }
  });
});

describe('Windows: SSPI in place of the library', () => {
  const WINDOWS: World = { ...TICKET, hasSspi: true, isLibraryMissing: true };
  test.each<[string, Partial<Target>, 'Negotiate' | 'Kerberos']>([
    ['TLS: it may choose NTLM, which would be allowed', TLS, 'Negotiate'],
    ['plain HTTP: it must not', {}, 'Kerberos'],
    ['a marked machine', MARKED, 'Negotiate'],
    ['Kerberos only', { ...TLS, authentication: 'kerberos' }, 'Kerberos'],
    ['the signed-in user', { ...TLS, signedInUser: true, userName: null }, 'Kerberos'],
  ])('%s', async (_what, changes, sspiPackage) => {
    const { asked, initiation } = await start(changes, WINDOWS);
    expect(asked.sspi.map((options) => options.package)).toEqual([sspiPackage]);
    expect(initiation).toMatchObject({
      scheme: sspiPackage,
      inside: sspiPackage === 'Negotiate' ? 'SPNEGO' : null,
      lacksBinding: changes.transport === 'https',
    });
    expect([asked.kerberos.length, asked.ntlm.length]).toEqual([0, 0]);
  });

  test('addresses and accounts of the machine go by our own NTLM, which sends a binding', async () => {
    for (const changes of [
      { ...ADDRESS, ...TLS },
      { ...LOCAL, ...TLS },
    ]) {
      const { what, asked } = await start(changes, WINDOWS);
      expect([what, asked.sspi.length, asked.ntlm[0]!.channelBinding!.length]).toEqual(['raw NTLM', 0, 16]);
    }
  });
});

describe('refused before anything is asked', () => {
  test.each<[string, Partial<Target>, string | null]>([
    ['negotiate with a name', {}, null],
    ['negotiate without a user', { userName: null }, 'no-credential'],
    ['negotiate, an address over plain HTTP', ADDRESS, 'not-trusted'],
    ['negotiate, the signed-in user and an address', { ...ADDRESS, ...TLS, signedInUser: true }, 'address-needs-name'],
    ['kerberos with an address', { ...ADDRESS, ...TLS, authentication: 'kerberos' }, 'address-needs-name'],
    ['ntlm over plain HTTP', { authentication: 'ntlm' }, 'not-trusted'],
    ['ntlm to localhost', { authentication: 'ntlm', host: 'LOCALHOST' }, null],
    ['basic over plain HTTP', { authentication: 'basic' }, 'clear-text-refused'],
    ['basic where clear text is allowed', { authentication: 'basic', allowClearText: true }, null],
    ['basic over TLS', { authentication: 'basic', ...TLS }, null],
    ['digest over plain HTTP', { authentication: 'digest' }, 'clear-text-refused'],
    ['digest over TLS', { authentication: 'digest', ...TLS }, null],
    ['digest with the signed-in user', { authentication: 'digest', ...TLS, signedInUser: true }, 'no-credential'],
    ['certificate over plain HTTP', { authentication: 'certificate', clientCertificate: async () => null }, 'policy'],
    ['certificate without one', { authentication: 'certificate', ...TLS }, 'no-credential'],
    [
      'certificate',
      { authentication: 'certificate', ...TLS, userName: null, clientCertificate: async () => null },
      null,
    ],
    ['none', { authentication: 'none', ...TLS }, 'no-credential'],
  ])('%s', (_what, changes, reason) => {
    expect(refuseByPolicy(targetOf(changes))?.reason ?? null).toBe(reason);
  });
});
