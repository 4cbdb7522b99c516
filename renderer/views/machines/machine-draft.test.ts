import { describe, expect, it } from 'vitest';
import type { Machine } from '../../../shared/contract/machines.ts';
import {
  asksForClearText,
  asksForTrust,
  draftOf,
  draftProblems,
  emptyDraft,
  type MachineDraft,
  settingsOf,
  settleAddress,
  withAddress,
  withTransport,
} from './machine-draft.ts';

const empty = emptyDraft({ kind: 'inherit' });
const typed = (addressText: string, more: Partial<MachineDraft> = {}): MachineDraft => ({
  ...withAddress(empty, addressText),
  ...more,
});

describe('the form of a machine', () => {
  it('the port follows the transport until it is touched', () => {
    expect(withTransport(empty, 'https').portText).toBe('5986');
    expect(withTransport({ ...empty, portText: '8080', portTouched: true }, 'https').portText).toBe('8080');
  });

  it('a pasted URL fills the other fields', () => {
    const settled = settleAddress(typed('https://[fe80::1]:5986/wsman'));
    expect(settled).toMatchObject({
      addressText: 'fe80::1',
      transport: 'https',
      portText: '5986',
      portTouched: false,
      path: 'wsman',
    });
    expect(settleAddress(typed('srv:80'))).toMatchObject({
      addressText: 'srv',
      portText: '80',
      portTouched: true,
      transport: 'http',
    });
    expect(settleAddress(typed('https://srv'))).toMatchObject({ portText: '5986' });
    expect(settleAddress(typed('a b')).addressText).toBe('a b');
  });

  it('is sent with the address as name unless one was given, and without what does not belong', () => {
    expect(settingsOf(typed(' srv:80 ', { name: ' ' }))).toMatchObject({
      name: 'srv',
      address: 'srv',
      port: 80,
      credentialId: null,
    });
    expect(settingsOf(typed('srv', { name: 'Front', credential: { kind: 'saved', id: 'c1' } }))).toMatchObject({
      name: 'Front',
      credentialId: 'c1',
    });
    const pin = 'A'.repeat(64);
    expect(settingsOf(typed('srv', { pin, allowClearText: true, trusted: true }))).toMatchObject({
      pin: null,
      allowClearText: false,
      trusted: true,
    });
    expect(
      settingsOf(typed('srv', { transport: 'https', portText: '5986', pin, allowClearText: true, trusted: true })),
    ).toMatchObject({
      pin,
      allowClearText: false,
      trusted: false,
    });
    expect(settingsOf(typed('srv', { signIn: 'basic', allowClearText: true, path: '/wsman/' }))).toMatchObject({
      allowClearText: true,
      path: 'wsman',
    });
  });

  it('asks for consent exactly where it matters', () => {
    expect(
      [
        typed('srv'),
        typed('localhost'),
        typed('127.0.0.1'),
        typed('srv', { transport: 'https' }),
        typed('srv', { signIn: 'basic' }),
        typed('srv', { signIn: 'ntlm' }),
        typed('srv', { signIn: 'kerberos' }),
      ].map(asksForTrust),
    ).toEqual([true, false, false, false, false, true, false]);
    expect(
      [
        typed('srv'),
        typed('srv', { signIn: 'basic' }),
        typed('srv', { signIn: 'digest' }),
        typed('srv', { signIn: 'basic', transport: 'https' }),
      ].map(asksForClearText),
    ).toEqual([false, true, true, false]);
  });

  it('leaving HTTP withdraws consent to clear text; leaving HTTPS forgets the pin', () => {
    expect(withTransport(typed('srv', { allowClearText: true, signIn: 'basic' }), 'https').allowClearText).toBe(false);
    expect(withTransport(typed('srv', { transport: 'https', pin: 'A'.repeat(64) }), 'http').pin).toBeNull();
  });

  it('names what is missing', () => {
    expect(draftProblems(empty)).toEqual({ address: 'Type a name or an address.' });
    expect(draftProblems(typed('srv', { portText: '0' })).port).toBeDefined();
    expect(draftProblems(typed('srv', { portText: 'x' })).port).toBeDefined();
    expect(draftProblems(typed('srv', { credential: { kind: 'new', userName: ' ' } })).credential).toBeDefined();
    const spn = { serviceClass: 'a b', host: 'http://srv', withPort: false };
    expect(Object.keys(draftProblems(typed('srv', { spn })))).toEqual(['serviceClass', 'spnHost']);
    // Where Kerberos is not used nothing is asked of a field that is not shown.
    expect(draftProblems(typed('srv', { spn, signIn: 'ntlm' }))).toEqual({});
    expect(settingsOf(typed('srv', { spn, signIn: 'ntlm' })).spn).toEqual({
      serviceClass: null,
      host: null,
      withPort: false,
    });
    expect(draftProblems(typed('srv'))).toEqual({});
  });

  it('editing and saving without a change changes nothing', () => {
    const settings = {
      name: 'srv',
      address: 'srv',
      transport: 'https',
      port: 443,
      path: '',
      signIn: 'basic',
      spn: { serviceClass: 'HOST', host: 'srv.corp.example', withPort: true },
      delegate: false,
      credentialId: 'c1',
      trusted: false,
      allowClearText: false,
      pin: 'B'.repeat(64),
      tags: ['a', 'b'],
    } as const;
    expect(settingsOf(draftOf({ settings } as unknown as Machine))).toEqual(settings);
  });
});
