import { describe, expect, it } from 'vitest';
import { SignIn } from '../../../shared/contract/machines.ts';
import { emptyDraft, type MachineDraft, spnsOf, withAddress } from './machine-draft.ts';
import { policies, policyNotes, policyOf } from './sign-in-words.ts';

const draft = (addressText: string, more: Partial<MachineDraft> = {}): MachineDraft => ({
  ...withAddress(emptyDraft({ kind: 'inherit' }), addressText),
  ...more,
});
const kinds = (...input: Parameters<typeof policyNotes>) => policyNotes(...input).map(({ kind }) => kind);
const words = (...input: Parameters<typeof policyNotes>) =>
  policyNotes(...input)
    .map((note) => note.words)
    .join(' ');

it('every policy has its words', () => {
  expect(policies.map(({ id }) => id).toSorted()).toEqual([...SignIn.options].toSorted());
  for (const { id, means } of policies) {
    expect(policyOf(id).id).toBe(id);
    expect(means).toMatch(/\.$/);
  }
});

describe('why a policy cannot work is said at once', () => {
  it('Kerberos with an address, unless the SPN has a host', () => {
    const spn = { serviceClass: '', host: 'web01.corp.example', withPort: false };
    expect(words(draft('10.0.0.7', { signIn: 'kerberos' }), null)).toContain('10.0.0.7 is an address');
    expect(kinds(draft('fe80::1', { signIn: 'kerberos' }), null)).toEqual(['stops']);
    expect(kinds(draft('10.0.0.7', { signIn: 'kerberos', spn }), null)).toEqual([]);
    expect(kinds(draft('web01', { signIn: 'kerberos' }), null)).toEqual([]);
    expect(kinds(draft('', { signIn: 'kerberos' }), null)).toEqual([]);
  });
  it('Negotiate with an address works, by NTLM', () => {
    expect(kinds(draft('10.0.0.7'), null)).toEqual(['note']);
    expect(kinds(draft('127.0.0.1'), null)).toEqual([]);
    expect(kinds(draft('web01'), null)).toEqual([]);
  });
  it('NTLM over HTTP wants trust', () => {
    expect(kinds(draft('web01', { signIn: 'ntlm' }), null)).toEqual(['note']);
    expect(kinds(draft('web01', { signIn: 'ntlm', trusted: true }), null)).toEqual([]);
    expect(kinds(draft('web01', { signIn: 'ntlm', transport: 'https' }), null)).toEqual([]);
  });
  it('a client certificate wants HTTPS and a set of its kind', () => {
    expect(kinds(draft('web01', { signIn: 'certificate' }), 'password')).toEqual(['stops', 'stops']);
    expect(kinds(draft('web01', { signIn: 'certificate', transport: 'https' }), 'certificate')).toEqual([]);
    expect(words(draft('web01'), 'certificate')).toContain('is a client certificate');
  });
  it('the signed-in user has no password to send', () => {
    const https = { transport: 'https' } as const;
    expect(kinds(draft('web01', { ...https, signIn: 'basic' }), 'signed-in-user')).toEqual(['stops']);
    expect(kinds(draft('web01', { ...https, signIn: 'ntlm' }), 'signed-in-user')).toEqual(['note']);
    expect(kinds(draft('web01', { ...https, signIn: 'kerberos' }), 'signed-in-user')).toEqual([]);
  });
  it('Digest is for controllers', () => {
    expect(words(draft('bmc01', { signIn: 'digest', transport: 'https' }), 'password')).toContain('WinRM on Windows');
  });
});

describe('the names that a ticket is asked for', () => {
  const spn = { serviceClass: '', host: '', withPort: false };
  it.each<[string, Partial<MachineDraft>, readonly string[]]>([
    ['web01', {}, ['HTTP/web01', 'HOST/web01']],
    ['web01.corp.example.', {}, ['HTTP/web01.corp.example', 'HOST/web01.corp.example']],
    ['web01', { spn: { ...spn, serviceClass: 'WSMAN' } }, ['WSMAN/web01']],
    ['web01', { spn: { ...spn, withPort: true } }, ['HTTP/web01:5985', 'HOST/web01:5985']],
    ['web01:8080', { spn: { ...spn, serviceClass: 'HTTP', withPort: true } }, ['HTTP/web01:8080']],
    ['10.0.0.7', { spn: { ...spn, host: 'web01' } }, ['HTTP/web01', 'HOST/web01']],
    ['10.0.0.7', {}, []],
    ['::1', {}, []],
    ['', {}, []],
  ])('%s %o', (address, more, names) => expect(spnsOf(draft(address, more))).toEqual(names));
});
