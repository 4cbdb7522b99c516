import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { AuthenticationError } from '../errors.ts';
import type { ClientCertificate } from '../target.ts';
import { needsPassphrase, readClientCertificate, userPrincipalNameOf } from './client-certificate.ts';
import { makeCertificate } from './test-certificates.ts';

const PASSPHRASE = 'Pass-phrase-4711';
const DAY = 86_400_000;
const file = (name: string) => readFileSync(new URL(`./fixtures/client-certificates/${name}`, import.meta.url));
const text = (name: string) => file(name).toString('latin1');
const pem = (certificates: string, key: string, passphrase: string | null = null): ClientCertificate => ({
  format: 'pem',
  certificates,
  key,
  passphrase,
});
const pfx = (name: string, passphrase: string | null = PASSPHRASE): ClientCertificate => ({
  format: 'pfx',
  bytes: file(name),
  passphrase,
});

/** What is said about a certificate that cannot be used. Neither words nor cause may hold passphrase or key. */
function refusal(given: ClientCertificate, now?: number): string {
  try {
    readClientCertificate(given, now);
  } catch (error) {
    if (!(error instanceof AuthenticationError)) throw error;
    expect(error).toMatchObject({ reason: 'certificate-unusable', evidence: { mechanism: 'Certificate' } });
    const whole = inspect(error, { depth: 10, showHidden: true }) + JSON.stringify(error);
    expect(whole).not.toContain(given.passphrase ?? PASSPHRASE);
    if (given.format === 'pem') {
      for (const line of given.key.split('\n').filter((part) => part.length >= 60)) expect(whole).not.toContain(line);
    }
    return error.message;
  }
  throw new Error('accepted');
}

describe('usable', () => {
  test.each<[string, ClientCertificate]>([
    ['PEM, EC', pem(text('ec.pem') + text('ca.pem'), text('ec.key'))],
    ['PEM, RSA', pem(text('rsa.pem') + text('ca.pem'), text('rsa.key'))],
    ['PEM, key sealed (PKCS#8)', pem(text('rsa.pem') + text('ca.pem'), text('rsa-sealed.key'), PASSPHRASE)],
    [
      'PEM, key sealed the traditional way',
      pem(text('rsa.pem') + text('ca.pem'), text('rsa-traditional.key'), PASSPHRASE),
    ],
    [
      'PEM, all in one text, issuer first',
      pem(text('ca.pem') + text('ec.key') + text('ec.pem'), text('ca.pem') + text('ec.key')),
    ],
    [
      'PEM with line ends of Windows',
      pem(`${text('ec.pem')}${text('ca.pem')}`.replaceAll('\n', '\r\n'), text('ec.key').replaceAll('\n', '\r\n')),
    ],
    ['PFX, EC', pfx('ec.pfx')],
    ['PFX, RSA', pfx('rsa.pfx')],
  ])('%s', (_what, given) => {
    const { tls, leaf } = readClientCertificate(given);
    expect(leaf).toMatchObject({
      subject: 'O=Corp, CN=alice',
      issuer: 'CN=Fixture Authority',
      userPrincipalName: 'alice@corp.example',
      forClientAuthentication: true,
    });
    expect(leaf.sha256).toMatch(/^[0-9A-F]{64}$/);
    expect(leaf.sha1).toMatch(/^[0-9A-F]{40}$/);
    expect(leaf.issuerSha1).toMatch(/^[0-9A-F]{40}$/);
    expect(leaf.validTo.getTime() - leaf.validFrom.getTime()).toBe(36_500 * DAY);
    expect(() => createSecureContext('pfx' in tls ? { ...tls, pfx: Buffer.from(tls.pfx) } : tls)).not.toThrow();
  });
  test('a PFX without passphrase, and one sealed with 3DES', () => {
    const plain = readClientCertificate(pfx('no-passphrase.pfx', null)).leaf;
    expect(plain).toEqual(readClientCertificate(pfx('3des.pfx')).leaf);
    expect(plain.issuerSha1).toBeNull();
  });
  test('a leaf first, whatever the order: TLS sends what it is given', () => {
    const { tls } = readClientCertificate(pem(text('ca.pem') + text('ec.pem'), text('ec.key')));
    expect('cert' in tls && tls.cert.trim()).toBe(`${text('ec.pem')}${text('ca.pem')}`.trim());
  });
  test('one without names and usages', () => {
    const { cert, key } = makeCertificate({ names: null });
    expect(readClientCertificate(pem(cert, key)).leaf).toMatchObject({
      userPrincipalName: null,
      forClientAuthentication: true,
    });
  });
});

describe('unusable, each with what to do', () => {
  const { cert, key } = makeCertificate();
  test.each<[string, ClientCertificate, RegExp]>([
    ['no certificate', pem('nothing', key), /no certificate in the PEM text/],
    ['a damaged certificate', pem(cert.replace(/\n(.{20})/, '\nAAAA'), key), /certificate .* damaged/],
    ['no key', pem(cert, 'nothing'), /no private key in the PEM text/],
    ['a damaged key', pem(cert, key.replace(/\n(.{20})/, '\nAAAA')), /private key .* damaged/],
    ['the key of another', pem(cert, makeCertificate().key), /belongs to another certificate/],
    ['no passphrase for a sealed key', pem(text('rsa.pem'), text('rsa-sealed.key')), /Give its passphrase/],
    ['no passphrase, traditional', pem(text('rsa.pem'), text('rsa-traditional.key')), /Give its passphrase/],
    ['a wrong one', pem(text('rsa.pem'), text('rsa-sealed.key'), 'wr0ng-one'), /passphrase .* is wrong/],
    [
      'a wrong one, traditional',
      pem(text('rsa.pem'), text('rsa-traditional.key'), 'wr0ng-one'),
      /passphrase .* is wrong/,
    ],
    ['a PFX without its passphrase', pfx('ec.pfx', null), /is protected\. Give its passphrase/],
    ['a PFX with a wrong one', pfx('ec.pfx', 'wr0ng-one'), /passphrase of the PFX file is wrong/],
    ['a PFX without a key', pfx('no-key.pfx'), /holds no private key/],
    ['a PFX without a certificate', pfx('no-certificate.pfx'), /holds no certificate/],
    [
      'a PFX that is something else',
      { format: 'pfx', bytes: Buffer.from('hello'), passphrase: null },
      /not a PFX file/,
    ],
    ['a PFX cut short', { format: 'pfx', bytes: file('ec.pfx').subarray(0, 900), passphrase: PASSPHRASE }, /PFX file/],
    ['an empty PFX', { format: 'pfx', bytes: new Uint8Array(0), passphrase: null }, /not a PFX file/],
  ])('%s', (_what, given, message) => {
    expect(refusal(given)).toMatch(message);
  });
  // OpenSSL 3 keeps these in a provider that is not loaded; BoringSSL reads the first.
  test('ciphers of the past say how to convert the file', () => {
    expect(refusal(pfx('rc2.pfx'))).toMatch(/RC2-40.*openssl pkcs12 -legacy/);
    expect(refusal(pem(text('rsa.pem'), text('rsa-des.key'), PASSPHRASE))).toMatch(/openssl pkcs8 -topk8/);
  });
  test('dates', () => {
    const given = pfx('ec.pfx');
    const { validFrom, validTo } = readClientCertificate(given).leaf;
    expect(refusal(given, validTo.getTime() + 1)).toBe(
      `The client certificate expired on ${validTo.toISOString().slice(0, 10)}. Renew it and choose the new one.`,
    );
    expect(refusal(given, validFrom.getTime() - 1)).toMatch(/not valid before 2026-11-22\. .* clock/);
    const old = makeCertificate({ validFrom: -30, validTo: -1 });
    expect(refusal(pem(old.cert, old.key))).toMatch(/expired/);
  });
});

test('whether a passphrase has to be asked for', () => {
  expect(needsPassphrase(pem(text('rsa.pem'), text('rsa-sealed.key')))).toBe(true);
  expect(needsPassphrase(pem(text('rsa.pem'), text('rsa-des.key')))).toBe(true);
  expect(needsPassphrase(pfx('ec.pfx', null))).toBe(true);
  expect(needsPassphrase(pfx('rc2.pfx', null))).toBe(true);
  expect(needsPassphrase(pem(text('rsa.pem'), text('rsa.key')))).toBe(false);
  expect(needsPassphrase(pfx('no-passphrase.pfx', null))).toBe(false);
  expect(needsPassphrase(pfx('ec.pfx', 'any'))).toBe(false);
  expect(needsPassphrase({ format: 'pfx', bytes: Buffer.from('hello'), passphrase: null })).toBe(false);
});

test('names of a certificate that is none', () => {
  expect(userPrincipalNameOf(Buffer.from('hello'))).toBeNull();
  expect(userPrincipalNameOf(new Uint8Array(0))).toBeNull();
});
