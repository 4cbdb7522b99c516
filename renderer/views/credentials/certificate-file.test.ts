import { describe, expect, it } from 'vitest';
import { formatOfName, keyIn, readCertificateFile, sizeProblem, withoutKeys } from './certificate-file.ts';
import { passphraseProblem } from './vault-words.ts';

const block = (label: string, body: string) => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
const leaf = block('CERTIFICATE', 'LEAF');
const issuer = block('CERTIFICATE', 'ISSUER');

it('tells formats by their names', () => {
  expect(['a.pfx', 'A.P12', 'a.pem', 'a.CRT', 'a.cer', 'a.txt', 'pfx'].map(formatOfName)).toEqual([
    'pfx',
    'pfx',
    'pem',
    'pem',
    'pem',
    null,
    null,
  ]);
});

it('refuses what cannot be one before any of it is read', () => {
  expect(sizeProblem('pem', { name: 'a.pem', size: 0 })).toBe('a.pem is empty.');
  expect(sizeProblem('pem', { name: 'a.pem', size: 200_001 })).toMatch(/too large: at most 200 KB/);
  expect(sizeProblem('key', { name: 'a.key', size: 50_001 })).toMatch(/50 KB/);
  expect(sizeProblem('pfx', { name: 'a.pfx', size: 5000 })).toBeNull();
});

describe('a key in the file of the certificate', () => {
  it.each(['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY', 'ENCRYPTED PRIVATE KEY'])('%s', (label) => {
    const pem = `${leaf}${block(label, 'KEY')}${issuer}`;
    expect(keyIn(pem)).toBe(block(label, 'KEY').trimEnd());
    expect(withoutKeys(pem)).toBe(`${leaf}\n${issuer}`.trim());
  });
  it('none, a broken one, and several', () => {
    expect(keyIn(leaf)).toBe('');
    expect(keyIn('-----BEGIN PRIVATE KEY-----\nKEY')).toBe('');
    expect(withoutKeys(block('PRIVATE KEY', 'A') + leaf + block('PRIVATE KEY', 'B'))).not.toMatch(/PRIVATE/);
  });
});

describe('what is sent', () => {
  const base = { key: null, keyText: '', passphrase: '' };
  it('PEM: the key from its own file, pasted, or from the same file', async () => {
    const certificates = new File([leaf + block('PRIVATE KEY', 'SAME')], 'a.pem');
    const read = (more: Partial<typeof base> & { key?: File | null }) =>
      readCertificateFile({ format: 'pem', certificates, ...base, ...more });
    expect(await read({})).toMatchObject({ format: 'pem', certificates: leaf.trim(), passphrase: null });
    expect(await read({})).toMatchObject({ key: expect.stringContaining('SAME') });
    expect(await read({ key: new File(['OTHER'], 'a.key') })).toMatchObject({ key: 'OTHER' });
    expect(await read({ keyText: 'PASTED', passphrase: 'p' })).toMatchObject({ key: 'PASTED', passphrase: 'p' });
  });
  it('PFX: every byte, whatever its length', async () => {
    const bytes = Uint8Array.from({ length: 20_001 }, (_, index) => index % 256);
    const sent = await readCertificateFile({ format: 'pfx', certificates: new File([bytes], 'a.pfx'), ...base });
    if (sent.format !== 'pfx') throw new Error('not a PFX');
    expect(Uint8Array.from(atob(sent.base64), (char) => char.charCodeAt(0))).toEqual(bytes);
  });
});

it('a new passphrase is long enough and typed twice', () => {
  expect([passphraseProblem(7, true), passphraseProblem(8, false), passphraseProblem(8, true)]).toEqual([
    'short',
    'different',
    null,
  ]);
});
