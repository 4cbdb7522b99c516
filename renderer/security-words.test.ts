import { describe, expect, it } from 'vitest';
import type { ConnectionSecurity, Machine } from '../shared/contract/machines.ts';
import { machineHealth } from './machine-health.ts';
import { nextExpiry, securitySentence, securityWarning, securityWords, shortCipher } from './security-words.ts';

const now = Date.UTC(2026, 10, 22);
const day = 86_400_000;
const security = (more: Partial<ConnectionSecurity>): ConnectionSecurity => ({
  mechanism: 'Kerberos',
  cipher: 'AES256-SHA1',
  protection: 'AES256-SHA1',
  spn: 'HTTP/web01.corp.example',
  insideSpnego: true,
  serverCertificate: null,
  clientCertificate: null,
  ...more,
});
const server = (days: number) => ({ subject: 'CN=web01', sha256: 'A'.repeat(64), validToAt: now + days * day });

it.each<[Partial<ConnectionSecurity>, string]>([
  [{}, 'Kerberos · AES256'],
  [{ cipher: 'AES128-SHA256', protection: 'AES128-SHA256' }, 'Kerberos · AES128'],
  [{ cipher: 'RC4-128', protection: 'RC4-128' }, 'Kerberos · RC4-128'],
  [{ protection: 'TLS 1.3' }, 'Kerberos · AES256 · TLS 1.3'],
  [{ mechanism: 'NTLM', cipher: 'RC4-128', protection: 'RC4-128' }, 'NTLM · RC4-128'],
  [{ mechanism: 'NTLM', cipher: 'RC4-128', protection: 'TLS 1.3' }, 'NTLM · TLS 1.3'],
  [{ mechanism: 'Certificate', cipher: null, protection: 'TLS 1.2' }, 'Certificate · TLS 1.2'],
  [{ mechanism: 'Basic', cipher: null, protection: null }, 'Basic · clear text'],
])('%o', (more, words) => expect(securityWords(security(more))).toBe(words));

it('shortens only what it knows', () => {
  expect(['AES256-SHA384', 'RC4-128', 'TLS 1.3', 'new'].map(shortCipher)).toEqual([
    'AES256',
    'RC4-128',
    'TLS 1.3',
    'new',
  ]);
});

describe('what somebody should know of a connection', () => {
  it('nothing, where all is well', () => {
    expect(securityWarning(security({ serverCertificate: server(31) }), now)).toBeNull();
    expect(securityWarning(security({ mechanism: 'NTLM', cipher: 'RC4-128' }), now)).toBeNull();
  });
  it.each<[Partial<ConnectionSecurity>, RegExp]>([
    [{ protection: null }, /can be read on the way/],
    [{ serverCertificate: server(12) }, /certificate of the machine expires in 12 days/],
    [{ serverCertificate: server(-1) }, /certificate of the machine expired on/],
    [{ clientCertificate: { subject: 'CN=op', validToAt: now + 3 * day } }, /client certificate expires in 3 days/],
    [{ cipher: 'RC4-128' }, /RC4 key/],
  ])('%o', (more, words) => expect(securityWarning(security(more), now)).toMatch(words));
  it('one sentence has all of it', () => {
    expect(securitySentence(security({ serverCertificate: server(2) }), now)).toBe(
      'Kerberos · AES256, for HTTP/web01.corp.example, inside SPNEGO, The certificate of the machine expires in 2 days.',
    );
  });
});

it('the certificate that ends first counts, and makes the machine worth a warning', () => {
  const both = security({
    serverCertificate: server(200),
    clientCertificate: { subject: 'CN=op', validToAt: now + 9 * day },
  });
  expect(nextExpiry(both)).toBe(now + 9 * day);
  expect(nextExpiry(security({}))).toBeNull();
  expect(nextExpiry(null)).toBeNull();
  const machine = (it: ConnectionSecurity) =>
    ({ state: 'online', security: it, facts: null, problem: null }) as unknown as Machine;
  expect(machineHealth(machine(both), now)).toMatchObject({
    glyph: 'warning',
    group: 'warn',
    word: 'Certificate expires soon',
    reason: 'The client certificate expires in 9 days.',
  });
  expect(machineHealth(machine(security({ serverCertificate: server(-2) })), now).word).toBe('Certificate expired');
  expect(machineHealth(machine(security({ serverCertificate: server(90) })), now).group).toBe('ok');
});
