import { readFileSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import type { ClientCertificate, Target } from '../target.ts';
import { requireSecret } from './secret.ts';
import { tlsOptions } from './tls-trust.ts';

afterEach(() => void vi.useRealTimers());

const read = (name: string) =>
  readFileSync(new URL(`../auth/fixtures/client-certificates/${name}`, import.meta.url), 'utf8');
const rsa: ClientCertificate = { format: 'pem', certificates: read('rsa.pem'), key: read('rsa.key'), passphrase: null };
const ec: ClientCertificate = { format: 'pem', certificates: read('ec.pem'), key: read('ec.key'), passphrase: null };

/** What two machines with this certificate would ask for: the store gives out a new value each time. */
async function usable(given: ClientCertificate) {
  const target = { authentication: 'certificate', clientCertificate: async () => ({ ...given }) } as unknown as Target;
  return (await requireSecret(target, { digestChallenge: null })).certificate!;
}

test('a client certificate is read once for a fleet that connects, and let go of when it is not asked for any more', async () => {
  vi.useFakeTimers();
  const first = await usable(rsa);
  expect(await usable(rsa)).toBe(first);
  expect(tlsOptions('b', await usable(rsa)).secureContext).toBe(tlsOptions('a', first).secureContext);
  expect(await usable(ec)).not.toBe(first);
  vi.advanceTimersByTime(59_000);
  expect(await usable(rsa)).toBe(first);
  vi.advanceTimersByTime(59_000);
  expect(await usable(rsa)).toBe(first);
  vi.advanceTimersByTime(61_000);
  expect(await usable(rsa)).not.toBe(first);
  expect(vi.getTimerCount()).toBe(1);
});

test('another passphrase, or none, is another certificate', async () => {
  const sealed = { ...rsa, key: read('rsa-sealed.key') };
  await usable({ ...sealed, passphrase: 'Pass-phrase-4711' });
  await expect(usable({ ...sealed, passphrase: 'wrong' })).rejects.toMatchObject({ reason: 'certificate-unusable' });
  await expect(usable(sealed)).rejects.toMatchObject({ reason: 'certificate-unusable' });
});
