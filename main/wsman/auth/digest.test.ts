import { describe, expect, test } from 'vitest';
import { AuthenticationError } from '../errors.ts';
import {
  chooseDigestChallenge,
  createDigestSession,
  DIGEST_ALGORITHMS,
  parseDigestChallenge,
  parseDigestChallenges,
  parseDigestParameters,
} from './digest.ts';
import { createDigestVerifier, type DigestVerifierOptions } from './digest-verifier.ts';

const parameter = (header: string, name: string) => parseDigestParameters(header)?.get(name);

describe('published vectors', () => {
  const rfc7616 = (algorithm: string) =>
    parseDigestChallenge(
      `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`,
    )!;

  test.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ])('RFC 7616 3.9.1, %s', (algorithm, response) => {
    const cnonce = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ';
    const session = createDigestSession(rfc7616(algorithm), 'Mufasa', 'Circle of Life', cnonce);
    const header = session.authorization('GET', '/dir/index.html');
    expect(header).toBe(
      `Digest username="Mufasa", realm="http-auth@example.org", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", uri="/dir/index.html", response="${response}", algorithm=${algorithm}, cnonce="${cnonce}", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS", qop=auth, nc=00000001`,
    );
  });
  test('RFC 2617 3.5', () => {
    const challenge = parseDigestChallenge(
      'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"',
    )!;
    const session = createDigestSession(challenge, 'Mufasa', 'Circle Of Life', '0a4f113b');
    const header = session.authorization('GET', '/dir/index.html');
    expect(parameter(header, 'response')).toBe('6629fae49393a05397450978507c4ef1');
    expect(header).not.toContain('algorithm');
  });
  test('without qop, as RFC 2069 has it, SHA-256 (test 2061 of curl)', () => {
    const challenge = parseDigestChallenge('Digest realm="testrealm", nonce="1053604145", algorithm="SHA-256"')!;
    const header = createDigestSession(challenge, 'testuser', 'testpass').authorization('GET', '/2061');
    expect(header).toBe(
      'Digest username="testuser", realm="testrealm", nonce="1053604145", uri="/2061", response="9dc55255f1a2537b838311674b621d45346b862a81631bb20e4ce356ef25062d", algorithm=SHA-256',
    );
  });
});

describe('challenges', () => {
  test('quotation marks missing, superfluous, escaped; names in any case; blanks anywhere', () => {
    expect(
      parseDigestChallenge(
        'DIGEST  Realm = "a \\"b\\" \\\\c" ,NONCE=ab/c==,qop=auth,algorithm="md5-sess", stale="TRUE",opaque=',
      ),
    ).toEqual({
      realm: 'a "b" \\c',
      nonce: 'ab/c==',
      opaque: '',
      algorithm: 'MD5-sess',
      algorithmText: 'md5-sess',
      qop: ['auth'],
      stale: true,
      isUtf8: false,
      userhash: false,
    });
  });
  test('several in one header, with other schemes and commas in quotation marks between them', () => {
    const all = parseDigestChallenges([
      'Negotiate, Digest realm="a, Basic b", nonce="1", qop="auth", Basic realm="x", Digest realm="c",nonce="2",algorithm=SHA-256',
      'Negotiate YII=',
      'Digest realm="only"',
    ]);
    expect(all.map(({ realm, nonce, algorithm }) => [realm, nonce, algorithm])).toEqual([
      ['a, Basic b', '1', 'MD5'],
      ['c', '2', 'SHA-256'],
    ]);
  });
  test('the strongest that can be answered is chosen, in whatever order they come', () => {
    const offer = (...algorithms: string[]) =>
      parseDigestChallenges(algorithms.map((name) => `Digest realm="r", nonce="n", qop="auth", algorithm=${name}`));
    expect(chooseDigestChallenge(offer('MD5', 'SHA-256', 'SHA-512-256')).algorithm).toBe('SHA-256');
    expect(chooseDigestChallenge(offer('SHA-256', 'SHA-256-sess', 'MD5')).algorithm).toBe('SHA-256-sess');
    expect(chooseDigestChallenge(offer('MD5', 'MD5-sess')).algorithm).toBe('MD5-sess');
  });
  test.each([
    ['nothing', [], /does not offer Digest/],
    ['unknown algorithms', ['Digest realm="r", nonce="n", algorithm=SHA-512-256'], /does not know \(SHA-512-256\)/],
    ['auth-int alone', ['Digest realm="r", nonce="n", qop="auth-int"'], /auth-int/],
  ])('%s cannot be answered', (_what, headers, message) => {
    const refused = () => chooseDigestChallenge(parseDigestChallenges(headers));
    expect(refused).toThrow(message);
    expect(refused).toThrow(AuthenticationError);
    expect(refused).toThrow(expect.objectContaining({ reason: 'scheme-not-offered' }));
  });
});

describe('client and verifier', () => {
  let time = 0;
  const lion = { method: 'POST', uri: '/wsman' };
  const verifier = (options: Partial<DigestVerifierOptions> = {}) =>
    createDigestVerifier({
      realm: 'lab "one"',
      algorithms: ['SHA-256'],
      users: () =>
        new Map([
          ['other', 'x'],
          ['müller', 'Pässwort-4711'],
        ]),
      now: () => time,
      ...options,
    });
  const sessionFor = (challenges: readonly string[], userName = 'müller', password = 'Pässwort-4711') =>
    createDigestSession(chooseDigestChallenge(parseDigestChallenges(challenges)), userName, password);

  test.each(DIGEST_ALGORITHMS.flatMap((algorithm) => [true, false].map((userhash) => ({ algorithm, userhash }))))(
    '$algorithm, userhash $userhash: accepted again and again, each side proved to the other',
    ({ algorithm, userhash }) => {
      const server = verifier({ algorithms: [algorithm], userhash });
      const session = sessionFor(server.challenges());
      expect(session.algorithm).toBe(algorithm);
      for (let i = 0; i < 3; i++) {
        const header = session.authorization('POST', '/wsman');
        expect(parameter(header, 'nc')).toBe(`0000000${i + 1}`);
        expect(header).not.toMatch(/[^\x20-\x7e]/);
        if (userhash) expect(header).not.toMatch(/ller/);
        const verdict = server.verify(header, lion);
        if (!verdict.ok) throw new Error(verdict.why);
        expect(verdict.userName).toBe('müller');
        session.takeInfo(verdict.authenticationInfo);
      }
    },
  );
  test('a name in UTF-8 octets, where charset is not given', () => {
    const server = verifier();
    const session = sessionFor(server.challenges().map((text) => text.replace(', charset=UTF-8', '')));
    const header = session.authorization('POST', '/wsman');
    expect(header).toContain(`username="${Buffer.from('müller').toString('latin1')}"`);
    expect(server.verify(header, lion)).toMatchObject({ ok: true, userName: 'müller' });
  });
  test('quotation marks and backslashes in a name stay in it; control characters are refused', () => {
    const name = 'CORP\\a"b';
    const server = verifier({ users: () => new Map([[name, 'x']]) });
    expect(
      server.verify(sessionFor(server.challenges(), name, 'x').authorization('POST', '/wsman'), lion),
    ).toMatchObject({ ok: true, userName: name });
    const forged = sessionFor(server.challenges(), 'a\r\nX-Evil: 1', 'x');
    expect(() => forged.authorization('POST', '/wsman')).toThrow(AuthenticationError);
  });
  test('what is wrong is refused, and a wrong password is never called stale', () => {
    const server = verifier();
    const why = (header: string, request = lion) => {
      const verdict = server.verify(header, request);
      return verdict.ok ? 'accepted' : [verdict.why, verdict.stale];
    };
    const good = () => sessionFor(server.challenges()).authorization('POST', '/wsman');
    expect(why(sessionFor(server.challenges(), 'müller', 'wrong').authorization('POST', '/wsman'))).toEqual([
      'wrong-response',
      false,
    ]);
    expect(why(sessionFor(server.challenges(), 'nobody').authorization('POST', '/wsman'))).toEqual([
      'wrong-response',
      false,
    ]);
    expect(why(good(), { method: 'GET', uri: '/wsman' })).toEqual(['wrong-response', false]);
    expect(why(good(), { method: 'POST', uri: '/other' })).toEqual(['other-uri', false]);
    expect(why(good().replace('qop=auth', 'qop=auth-int'))).toEqual(['malformed', false]);
    expect(why(good().replace(/nc=\d+/, 'nc=1'))).toEqual(['malformed', false]);
    expect(why(good().replace('nc=00000001', 'nc=00000002'))).toEqual(['wrong-response', false]);
    expect(why(good().replace('algorithm=SHA-256', 'algorithm=MD5'))).toEqual(['malformed', false]);
    expect(why('Basic YTpi')).toEqual(['malformed', false]);
    expect(why(good())).toBe('accepted');
  });
  test('an answer counts once', () => {
    const server = verifier();
    const session = sessionFor(server.challenges());
    const [first, second] = [session.authorization('POST', '/wsman'), session.authorization('POST', '/wsman')];
    expect(server.verify(first, lion).ok).toBe(true);
    expect(server.verify(first, lion)).toEqual({ ok: false, stale: false, why: 'replayed' });
    expect(server.verify(second, lion).ok).toBe(true);
    expect(server.verify(first, lion)).toMatchObject({ why: 'replayed' });
  });
  test('a nonce that is too old is stale, and the session goes on with the next without the password', () => {
    const server = verifier({ nonceLifetimeMs: 1000 });
    const session = sessionFor(server.challenges());
    expect(server.verify(session.authorization('POST', '/wsman'), lion).ok).toBe(true);
    time += 1001;
    expect(server.verify(session.authorization('POST', '/wsman'), lion)).toEqual({
      ok: false,
      stale: true,
      why: 'expired-nonce',
    });
    const [next] = parseDigestChallenges(server.challenges(true));
    expect(next!.stale).toBe(true);
    expect(session.renew(next!)).toBe(true);
    expect(server.verify(session.authorization('POST', '/wsman'), lion).ok).toBe(true);
    expect(session.renew({ ...next!, realm: 'another' })).toBe(false);
  });
  test('nonces of another server, and more of them than are kept', () => {
    const server = verifier();
    const foreign = sessionFor(server.challenges().map((text) => text.replace(/nonce="[^"]*"/, 'nonce="forged"')));
    expect(server.verify(foreign.authorization('POST', '/wsman'), lion)).toEqual({
      ok: false,
      stale: true,
      why: 'unknown-nonce',
    });
    const first = sessionFor(server.challenges());
    for (let i = 0; i < 10_000; i++) server.challenges();
    expect(server.verify(first.authorization('POST', '/wsman'), lion)).toMatchObject({ why: 'unknown-nonce' });
  });
  test('nextnonce is taken, and a server that does not know the password is found out', () => {
    const server = verifier();
    const session = sessionFor(server.challenges());
    const next = parameter(server.challenges()[0]!, 'nonce')!;
    expect(server.verify(session.authorization('POST', '/wsman'), lion).ok).toBe(true);
    session.takeInfo(`nextnonce="${next}"`);
    const header = session.authorization('POST', '/wsman');
    expect([parameter(header, 'nonce'), parameter(header, 'nc')]).toEqual([next, '00000001']);
    expect(server.verify(header, lion).ok).toBe(true);
    expect(() => session.takeInfo(`rspauth="${'0'.repeat(64)}", qop=auth`)).toThrow(
      expect.objectContaining({ name: 'AuthenticationError', reason: 'bad-token' }),
    );
  });
  test('a disposed session knows nothing any longer', () => {
    const server = verifier();
    const session = sessionFor(server.challenges());
    session.dispose();
    expect(server.verify(session.authorization('POST', '/wsman'), lion)).toMatchObject({ why: 'wrong-response' });
  });
});

test('a hostile challenge is read like any other: no work beyond its length', () => {
  expect(parseDigestChallenges([`Digest ${'a'.repeat(300_000)}, realm="r", nonce="n"`])).toMatchObject([
    { nonce: 'n' },
  ]);
  expect(parseDigestChallenges([`Digest realm="${'\\"'.repeat(200_000)}`])).toEqual([]);
});
