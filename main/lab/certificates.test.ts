import { createPrivateKey, X509Certificate } from 'node:crypto';
import tls from 'node:tls';
import { expect, it } from 'vitest';
import { certificateNames } from './cert-mapping.ts';
import { createClientAuthority, createFleetCertificate } from './certificates.ts';

it('issues client certificates that the authority vouches for', () => {
  const authority = createClientAuthority();
  const issuer = new X509Certificate(authority.certificatePem);
  const { certificatePem, keyPem } = authority.issue('Administrator@localhost');
  const leaf = new X509Certificate(certificatePem);
  expect(issuer.ca).toBe(true);
  expect(leaf.ca).toBe(false);
  expect(leaf.checkIssued(issuer)).toBe(true);
  expect(leaf.verify(issuer.publicKey)).toBe(true);
  expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  expect(leaf.checkPrivateKey(createPrivateKey(keyPem))).toBe(true);
  expect(certificateNames(leaf.raw)).toEqual(['Administrator@localhost']);
  expect(issuer.fingerprint.replaceAll(':', '')).toBe(authority.thumbprint);
});

it('writes a PFX that OpenSSL opens, with its passphrase only', () => {
  const { pfx, passphrase, certificatePem } = createClientAuthority().issue('Jörg@localhost');
  const bytes = Buffer.from(pfx, 'base64');
  expect(() => tls.createSecureContext({ pfx: bytes, passphrase })).not.toThrow();
  expect(() => tls.createSecureContext({ pfx: bytes, passphrase: 'other' })).toThrow(/mac verify failure/);
  bytes[bytes.length >> 1]! ^= 1;
  expect(() => tls.createSecureContext({ pfx: bytes, passphrase })).toThrow();
  expect(certificateNames(new X509Certificate(certificatePem).raw)).toEqual(['Jörg@localhost']);
});

it('reads DNS names of a certificate, and none where there are none', () => {
  const { der } = createFleetCertificate(['hq-dc01.corp.example']);
  expect(certificateNames(der)).toEqual(['hq-dc01.corp.example', 'localhost']);
  expect(certificateNames(new X509Certificate(createClientAuthority().certificatePem).raw)).toEqual([]);
});
