import { expect, test } from 'vitest';
import { AuthenticationError } from '../../errors.ts';
import { GssError } from './gss.ts';
import { type ErrorContext, isStaleTicket, toAuthenticationError } from './kerberos-errors.ts';

const FAILURE = 0xd0000;
const krb5 = (offset: number) => 0x96c73a00 + offset;
const convert = (minor: number, context: ErrorContext = {}, major = FAILURE) =>
  toAuthenticationError(
    new GssError('gss_call', major, minor, 'what the library says'),
    context,
  ) as AuthenticationError;

test.each([
  [1, 'account-expired', 'KDC_ERR_NAME_EXP'],
  [6, 'unknown-user', 'KDC_ERR_C_PRINCIPAL_UNKNOWN'],
  [7, 'spn-unknown', 'KDC_ERR_S_PRINCIPAL_UNKNOWN'],
  [14, 'etype', 'KDC_ERR_ETYPE_NOSUPP'],
  [18, 'account-disabled', 'KDC_ERR_CLIENT_REVOKED'],
  [23, 'password-expired', 'KDC_ERR_KEY_EXPIRED'],
  [24, 'wrong-password', 'KDC_ERR_PREAUTH_FAILED'],
  [35, 'spn-wrong-account', 'KRB_AP_ERR_NOT_US'],
  [37, 'clock-skew', 'KRB_AP_ERR_SKEW'],
  [41, 'spn-wrong-account', 'KRB_AP_ERR_MODIFIED'],
  [60, 'kerberos', 'KRB_ERR_GENERIC'],
])('the number %i of RFC 4120 is %s', (number, reason, codeName) => {
  expect(convert(krb5(number), { spn: 'HTTP/web01' })).toMatchObject({
    reason,
    evidence: { mechanism: 'Kerberos', spn: 'HTTP/web01', code: number, codeName, text: 'what the library says' },
  });
});

test.each([
  [141, 'no-ticket', 'KRB5_CC_NOTFOUND'],
  [154, 'no-realm', 'KRB5_REALM_UNKNOWN'],
  [156, 'no-kdc', 'KRB5_KDC_UNREACH'],
  [195, 'no-ticket', 'KRB5_FCC_NOFILE'],
  [220, 'no-kdc', 'KRB5_REALM_CANT_RESOLVE'],
  [224, 'no-realm', 'KRB5_CONFIG_NODEFREALM'],
])("the library's own code %i is %s, and keeps its whole number", (offset, reason, codeName) => {
  expect(convert(krb5(offset))).toMatchObject({ reason, evidence: { code: krb5(offset), codeName } });
});

test('what the same number means depends on what was asked', () => {
  expect(convert(krb5(31)).reason).toBe('spn-wrong-account');
  expect(convert(krb5(31), { isFirstTicket: true }).reason).toBe('wrong-password');
  expect(convert(krb5(7), { isFirstTicket: true }).reason).toBe('no-realm');
  expect(convert(krb5(32)).reason).toBe('kerberos');
  expect(convert(krb5(32), { isSignedInUser: true }).reason).toBe('no-ticket');
  expect(isStaleTicket(new GssError('gss_call', FAILURE, krb5(32), ''))).toBe(true);
  expect(isStaleTicket(new Error('other'))).toBe(false);
});

test.each([
  ['wrong channel binding', 0x40000, {}, 'rejected'],
  ['a defective token', 0x90000, {}, 'bad-token'],
  ['no credential', 0x70000, { isSignedInUser: true }, 'no-ticket'],
  ['no credential for the mechanism of a token', 0x70000, { isAcceptor: true }, 'bad-token'],
  ['a token of another mechanism', 0x10000, { isAcceptor: true }, 'bad-token'],
  ['anything else', FAILURE, {}, 'kerberos'],
])('a major status alone: %s', (_name, major, context, reason) => {
  const error = convert(0, context, major);
  expect(error.reason).toBe(reason);
  expect(error.evidence).not.toHaveProperty('code');
});

test('an unknown number keeps its text, and other errors stay what they are', () => {
  expect(convert(4711)).toMatchObject({ reason: 'kerberos', message: 'Kerberos failed: what the library says.' });
  const other = new TypeError('not of the library');
  expect(toAuthenticationError(other, {})).toBe(other);
  expect(convert(krb5(24))).toBeInstanceOf(AuthenticationError);
});
