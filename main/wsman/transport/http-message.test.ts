import { expect, test } from 'vitest';
import { challengesOf } from './http-message.ts';

const challenges = (...values: string[]) =>
  challengesOf(values.map((value) => ['www-authenticate', value])).map(({ scheme, token }) => [scheme, token]);

test.each<[what: string, values: string[], expected: [string, string | null][]]>([
  [
    'one in each header, as HTTP.sys writes them',
    ['Negotiate', 'Kerberos', 'Basic realm="WSMAN"', 'CredSSP'],
    [
      ['Negotiate', null],
      ['Kerberos', null],
      ['Basic', null],
      ['CredSSP', null],
    ],
  ],
  [
    'several in one',
    ['negotiate,Basic realm="WSMAN", Digest realm="a, b", qop="auth", nonce = x, NTLM'],
    [
      ['negotiate', null],
      ['Basic', null],
      ['Digest', null],
      ['NTLM', null],
    ],
  ],
  ['a token', ['Negotiate TlRMTVNT+/A=='], [['Negotiate', 'TlRMTVNT+/A==']]],
  [
    'a token among others',
    ['Basic realm=WSMAN, Negotiate AAEC, Kerberos'],
    [
      ['Basic', null],
      ['Negotiate', 'AAEC'],
      ['Kerberos', null],
    ],
  ],
  ['a realm that pretends', ['Basic realm="x\\", Negotiate AAEC, y"'], [['Basic', null]]],
  [
    'a comma behind a token',
    ['Negotiate AAEC, ', ',Kerberos AAED,,'],
    [
      ['Negotiate', 'AAEC'],
      ['Kerberos', 'AAED'],
    ],
  ],
  ['nothing', ['', ' , '], []],
])('challenges: %s', (_what, values, expected) => expect(challenges(...values)).toEqual(expected));

test('a hostile header is read like any other: no work beyond its length', () => {
  // Quotation marks that are never closed; with each of them tried as a beginning this takes minutes.
  expect(challenges(`Basic realm="${'\\"'.repeat(200_000)}`)).toEqual([['Basic', null]]);
});
