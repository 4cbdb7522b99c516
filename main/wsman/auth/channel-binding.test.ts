import { createHash, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { certificateHash, channelBindingData, channelBindingOf, channelBindingOfHash } from './channel-binding.ts';
import { makeCertificate, type SignatureAlgorithm } from './test-certificates.ts';

const hex = (bytes: Uint8Array | null) => bytes && Buffer.from(bytes).toString('hex');

describe('hash of the certificate (RFC 5929 4.1)', () => {
  test.each<[SignatureAlgorithm, string]>([
    ['rsa-md5', 'sha256'],
    ['rsa-sha1', 'sha256'],
    ['ecdsa-sha1', 'sha256'],
    ['rsa-sha256', 'sha256'],
    ['rsa-sha384', 'sha384'],
    ['rsa-sha512', 'sha512'],
    ['pss-sha256', 'sha256'],
    ['pss-sha384', 'sha384'],
    ['ecdsa-sha256', 'sha256'],
    ['ecdsa-sha384', 'sha384'],
  ])('signed with %s: %s', (algorithm, hash) => {
    const { der } = makeCertificate({ algorithm });
    // OpenSSL takes it for what it says it is.
    const certificate = new X509Certificate(der);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(hex(certificateHash(der))).toBe(createHash(hash).update(der).digest('hex'));
  });

  test('undefined for Ed25519, and for what is no certificate: no binding, never zeros', () => {
    expect(channelBindingOf(makeCertificate({ algorithm: 'ed25519' }).der)).toBeNull();
    expect(channelBindingData(makeCertificate({ algorithm: 'ed25519' }).der)).toBeNull();
    expect(channelBindingOf(Uint8Array.of(0x30, 0x82, 0xff))).toBeNull();
    expect(channelBindingOf(new Uint8Array(0))).toBeNull();
  });
});

test('gss_channel_bindings: value known from ntlm-auth (its test of the same structure)', () => {
  const hash = Buffer.from('E3CA49271E5089CC48CE82109F1324F41DBEDDC29A777410C738F7868C4FF405', 'hex');
  expect(hex(channelBindingOfHash(hash))).toBe('6ea19df066da4622051f9c4f92c6df74');
});

test('application data for GSS-API: the prefix in ASCII, then the hash as it is', () => {
  const { der } = makeCertificate({ algorithm: 'rsa-sha384' });
  const hash = createHash('sha384').update(der).digest();
  expect(hex(channelBindingData(der))).toBe(`${Buffer.from('tls-server-end-point:').toString('hex')}${hex(hash)}`);
});
