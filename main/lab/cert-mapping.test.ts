import { X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { proveCertificate } from './cert-mapping.ts';
import { createClientAuthority, createFleetCertificate } from './certificates.ts';

const authority = createClientAuthority();
const now = Date.now();
const prove = (pem: string, trusted: readonly string[] = [authority.certificatePem], at = now) =>
  proveCertificate(new X509Certificate(pem), trusted, at);

it('a certificate counts with its issuer and its names', () => {
  const { certificatePem } = authority.issue('Administrator@localhost');
  const proven = { issuer: authority.thumbprint, names: ['Administrator@localhost'] };
  expect(prove(certificatePem)).toEqual(proven);
  // Whichever of several authorities it is.
  expect(prove(certificatePem, [createClientAuthority().certificatePem, authority.certificatePem])).toEqual(proven);
});

it('does not count out of date', () => {
  const { certificatePem } = authority.issue('Administrator@localhost', { fromDays: -20, toDays: -10 });
  expect(prove(certificatePem)).toBeNull();
  const day = 86_400_000;
  expect(prove(certificatePem, undefined, now - 15 * day)).not.toBeNull();
  expect(prove(certificatePem, undefined, now - 21 * day)).toBeNull();
});

it('does not count from an authority that only has the same name, nor for another purpose', () => {
  const impostor = createClientAuthority().issue('Administrator@localhost');
  expect(prove(impostor.certificatePem)).toBeNull();
  const server = createFleetCertificate(['web01.corp.example']);
  expect(prove(server.certificatePem, [server.certificatePem])).toBeNull();
});
