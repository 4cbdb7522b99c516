import { expect, it } from 'vitest';
import { readDer, readDerList } from '../../wsman/auth/der.ts';
import { KRB_AP_ERR_SKEW, krbErrorToken } from './krb-error.ts';
import { readAttempts, withOtherKeys } from './realm.ts';

// What MIT's krb5kdc 1.20 writes, names changed.
const log = [
  'Nov 22 20:29:40 vm krb5kdc[9383](info): commencing operation',
  'Nov 22 20:29:40 vm krb5kdc[9383](info): AS_REQ (2 etypes {aes256-cts-hmac-sha1-96(18), DEPRECATED:arcfour-hmac(23)}) 127.0.0.1: NEEDED_PREAUTH: Alice@CORP.EXAMPLE for krbtgt/CORP.EXAMPLE@CORP.EXAMPLE, Additional pre-authentication required',
  'Nov 22 20:29:40 vm krb5kdc[9383](info): AS_REQ (2 etypes {aes256-cts-hmac-sha1-96(18), DEPRECATED:arcfour-hmac(23)}) 127.0.0.1: ISSUE: authtime 1795379380, etypes {rep=aes256-cts-hmac-sha1-96(18), tkt=aes256-cts-hmac-sha1-96(18), ses=aes256-cts-hmac-sha1-96(18)}, Alice@CORP.EXAMPLE for krbtgt/CORP.EXAMPLE@CORP.EXAMPLE',
  'Nov 22 20:29:40 vm krb5kdc[9383](info): preauth (encrypted_timestamp) verify failure: Preauthentication failed',
  'Nov 22 20:29:40 vm krb5kdc[9383](info): AS_REQ (2 etypes {aes256-cts-hmac-sha1-96(18), DEPRECATED:arcfour-hmac(23)}) 127.0.0.1: PREAUTH_FAILED: reader@CORP.EXAMPLE for krbtgt/CORP.EXAMPLE@CORP.EXAMPLE, Preauthentication failed',
  'Nov 22 20:29:41 vm krb5kdc[9383](info): TGS_REQ (1 etypes {aes256-cts-hmac-sha1-96(18)}) 127.0.0.1: ISSUE: authtime 1795379380, etypes {rep=aes256-cts-hmac-sha1-96(18), tkt=aes256-cts-hmac-sha1-96(18), ses=aes256-cts-hmac-sha1-96(18)}, Alice@CORP.EXAMPLE for HTTP/localhost@CORP.EXAMPLE',
  '',
].join('\n');

it('counts passwords that were tried at the KDC: not its first answer, not tickets for services', () => {
  const attempts = readAttempts(log, 'CORP.EXAMPLE');
  expect([...attempts].map(([account, schemes]) => [account, Object.fromEntries(schemes)])).toEqual([
    ['alice', { Kerberos: 1 }],
    ['reader', { Kerberos: 1 }],
  ]);
  expect(readAttempts(log, 'OTHER.EXAMPLE').size).toBe(0);
});

it('frames a KRB-ERROR as RFC 4121 4.1 and RFC 4120 5.9.1 say', () => {
  const token = krbErrorToken(KRB_AP_ERR_SKEW, 'HTTP/localhost', 'CORP.EXAMPLE', new Date('2026-11-22T20:30:00.250Z'));
  const outer = readDer(token);
  expect(outer.tag).toBe(0x60);
  const mechanism = readDer(outer.value);
  expect(Buffer.from(mechanism.value).toString('hex')).toBe('2a864886f712010202');
  const inner = outer.value.subarray(mechanism.whole.length);
  expect([...inner.subarray(0, 2)]).toEqual([3, 0]);
  const error = readDer(inner.subarray(2));
  expect(error.tag).toBe(0x7e);
  const fields = new Map(
    readDerList(readDer(error.value).value).map(({ tag, value }) => [tag & 0x1f, readDer(value).value]),
  );
  const text = (number: number): string => Buffer.from(fields.get(number)!).toString('latin1');
  expect([...fields.keys()]).toEqual([0, 1, 4, 5, 6, 9, 10]);
  expect([...fields.get(0)!, ...fields.get(1)!, ...fields.get(6)!]).toEqual([5, 30, 37]);
  expect(text(4)).toBe('20261122203000Z');
  // 250,000 microseconds, as a positive INTEGER
  expect(Buffer.from(fields.get(5)!).toString('hex')).toBe('03d090');
  expect(text(9)).toBe('CORP.EXAMPLE');
});

it('changes the keys of a keytab, and nothing else', () => {
  const string = (text: string): Buffer => Buffer.concat([Buffer.from([0, text.length]), Buffer.from(text)]);
  const entry = (key: Buffer): Buffer => {
    const content = Buffer.concat([
      Buffer.from([0, 2]),
      string('CORP.EXAMPLE'),
      string('HTTP'),
      string('localhost'),
      Buffer.from([0, 0, 0, 1, 1, 2, 3, 4, 2, 0, 18, 0, key.length]),
      key,
      Buffer.from([0, 0, 0, 2]),
    ]);
    const size = Buffer.alloc(4);
    size.writeInt32BE(content.length);
    return Buffer.concat([size, content]);
  };
  const hole = Buffer.concat([Buffer.from([0xff, 0xff, 0xff, 0xfc]), Buffer.from('hole')]);
  const keytab = (first: number, second: number): Buffer =>
    Buffer.concat([Buffer.from([5, 2]), entry(Buffer.alloc(32, first)), hole, entry(Buffer.alloc(16, second))]);
  expect(withOtherKeys(keytab(0, 0xff)).equals(keytab(0x5a, 0xa5))).toBe(true);
});
