import { describe, expect, test } from 'vitest';
import { wsmanErrorName } from '../error-codes.ts';
import { AuthenticationError, type AuthenticationEvidence, type AuthenticationReason } from '../errors.ts';
import { explainFailure } from './failure-advice.ts';
import { filteredTokenAdvice } from './failure-words.ts';

/** Every reason, so that a new one does not compile until its words have been looked at. The pattern is in the way out: the fix itself. */
const fixes: Record<AuthenticationReason, RegExp> = {
  rejected: /net user alice \/domain/,
  'scheme-not-offered': /winrm set winrm\/config\/service\/auth @\{Negotiate="true"\}/,
  'no-credential': /Give this machine/,
  'not-trusted': /winrm quickconfig -transport:https/,
  'clear-text-refused': /Use HTTPS/,
  'weak-security': /Minimum session security for NTLM SSP/,
  'bad-token': /Try HTTPS/,
  'wrong-password': /sent once and is not sent again/,
  'unknown-user': /net user alice \/domain/,
  'account-disabled': /Unlock-ADAccount alice/,
  'account-expired': /Clear-ADAccountExpiration alice/,
  'password-expired': /kpasswd alice@CORP\.EXAMPLE/,
  'clock-skew': /w32tm \/resync/,
  'spn-unknown': /setspn -S HTTP\/web01\.corp\.example WEB01/,
  'spn-wrong-account': /setspn -Q HTTP\/web01\.corp\.example/,
  'no-kdc': /nltest \/dsgetdc:CORP\.EXAMPLE/,
  'no-realm': /default_realm/,
  'no-ticket': /kinit alice@CORP\.EXAMPLE/,
  etype: /Set-ADComputer WEB01 -KerberosEncryptionType AES128,AES256/,
  'address-needs-name': /fully qualified name/,
  'library-missing': /apt-get install libgssapi-krb5-2/,
  'certificate-not-mapped': /winrm create winrm\/config\/service\/certmapping\?/,
  'certificate-unusable': /passphrase/,
  'binding-unavailable': /CbtHardeningLevel="Relaxed"/,
  policy: /in its settings/,
  kerberos: /klist/,
};
const reasons = Object.keys(fixes) as AuthenticationReason[];
const place = { host: 'web01.corp.example', port: 5985, userName: 'alice@corp.example' };
const errorOf = (reason: AuthenticationReason, evidence: AuthenticationEvidence = {}, cause?: unknown) =>
  new AuthenticationError(`What was thrown for ${reason}.`, {
    reason,
    offered: ['Negotiate', 'Kerberos'],
    leg: 2,
    evidence: { spn: 'HTTP/web01.corp.example', ...evidence },
    cause,
  });
const explain = (reason: AuthenticationReason, evidence?: AuthenticationEvidence) =>
  explainFailure(errorOf(reason, evidence), place);

describe('each reason', () => {
  test.each(reasons)('%s: a sentence, the fix, a code, and what Windows calls it', (reason) => {
    const { sentence, advice, technical, windowsCode } = explain(reason);
    expect(sentence).toMatch(/^[A-Zw].*[.?]$/s);
    expect(advice.join('\n')).toMatch(fixes[reason]);
    expect(advice.every((line) => line.length > 10 && !/undefined|null|\[object/.test(line))).toBe(true);
    expect(technical).not.toBe('');
    expect(wsmanErrorName(windowsCode)).not.toBeNull();
  });

  test('no two say the same, in words or in what to do', () => {
    const all = reasons.map((reason) => explain(reason));
    expect(new Set(all.map((each) => each.sentence)).size).toBe(reasons.length);
    expect(new Set(all.map((each) => each.advice.join('\n'))).size).toBe(reasons.length);
  });

  test('where nothing is known about the place, the words still stand, with placeholders in the commands', () => {
    const sentences = reasons.map((reason) => {
      const bare = explainFailure(new AuthenticationError(`Thrown: ${reason}.`, { reason }));
      expect(`${bare.sentence} ${bare.advice.join(' ')}`).not.toMatch(/undefined|null| {2}/);
      return bare.sentence;
    });
    expect(new Set(sentences).size).toBe(reasons.length);
  });
});

describe('the bare 401', () => {
  test('of NTLM names the whole set, and what separates it', () => {
    const { sentence, advice } = explain('rejected', { mechanism: 'NTLM' });
    expect(sentence).toMatch(/wrong password.*locked, disabled or expired.*expired password.*channel binding/);
    expect(advice.join(' ')).toMatch(/net user alice \/domain.*0xC0000234 locked.*CbtHardeningLevel/);
  });

  test('differs by mechanism', () => {
    const mechanisms = ['NTLM', 'Kerberos', 'Basic', 'Digest', 'Certificate'] as const;
    const sentences = mechanisms.map((mechanism) => explain('rejected', { mechanism }).sentence);
    expect(new Set(sentences).size).toBe(mechanisms.length);
    expect(explain('rejected', { mechanism: 'Certificate' }).advice.join(' ')).toMatch(/certmapping/);
    expect(explain('rejected', { mechanism: 'Basic' }).sentence).toMatch(/local accounts only/);
  });

  test.each([
    ['.\\admin', true],
    ['admin', true],
    [undefined, true],
    ['Administrator', false],
    ['.\\administrator', false],
    ['CORP\\admin', false],
    ['admin@corp.example', false],
  ])('the account %s may be a local administrator cut by UAC: %s', (userName, may) => {
    expect(filteredTokenAdvice(userName).join(' ').includes('reg add HKLM')).toBe(may);
    const advice = explainFailure(
      errorOf('rejected', { mechanism: 'NTLM' }),
      userName === undefined ? {} : { userName },
    ).advice.join(' ');
    expect(advice.includes('LocalAccountTokenFilterPolicy /t REG_DWORD /d 1 /f')).toBe(may);
  });
});

describe('evidence', () => {
  test('has what was seen: scheme, leg, mechanism, SPN, number with name, text', () => {
    const { evidence, technical } = explain('spn-unknown', {
      mechanism: 'Kerberos',
      code: 7,
      codeName: 'KDC_ERR_S_PRINCIPAL_UNKNOWN',
      text: 'Server not found in Kerberos database',
    });
    expect(evidence).toEqual([
      'Mechanism: Kerberos',
      'Service asked for: HTTP/web01.corp.example',
      'Number: 7 (KDC_ERR_S_PRINCIPAL_UNKNOWN)',
      'Said: Server not found in Kerberos database',
      'Failed at leg 2 of the exchange',
      'The machine offers: Negotiate, Kerberos',
      'Windows calls it 0x80090303 (SEC_E_TARGET_UNKNOWN)',
    ]);
    expect(technical).toBe('KDC_ERR_S_PRINCIPAL_UNKNOWN');
  });

  test('keeps the thrown words where the sentence is another one and no library spoke', () => {
    expect(explain('no-kdc').evidence).toContain('What was thrown for no-kdc.');
    expect(explain('no-kdc', { text: 'Cannot contact any KDC' }).evidence).not.toContain('What was thrown for no-kdc.');
  });
});

describe('one failure caused by another', () => {
  test('tells both, the first cause first', () => {
    const kerberos = errorOf('no-kdc', { mechanism: 'Kerberos', codeName: 'KRB5_KDC_UNREACH' });
    const both = explainFailure(errorOf('not-trusted', { mechanism: 'NTLM' }, kerberos), place);
    expect(both.sentence).toBe('No KDC of the realm CORP.EXAMPLE answers. What was thrown for not-trusted.');
    expect(both.technical).toBe('KRB5_KDC_UNREACH');
    expect(both.advice.join(' ')).toMatch(/nltest.*mark the machine as trusted/);
    expect(both.evidence).toEqual(expect.arrayContaining(['Mechanism: Kerberos', 'Mechanism: NTLM']));
  });

  test('of which the second repeats the first and adds to it, each is told once', () => {
    const kerberos = errorOf('no-realm', { mechanism: 'Kerberos' });
    const ntlm = 'NTLM was not used instead: it needs a password.';
    for (const reason of ['not-trusted', 'no-realm'] as const) {
      const both = new AuthenticationError(`${kerberos.message} ${ntlm}`, { reason, cause: kerberos });
      expect(explainFailure(both, place).sentence).toBe(`What was thrown for no-realm. ${ntlm}`);
    }
  });

  test('of the same kind, the one who knew more is heard', () => {
    const names = new AuthenticationError('The KDC knows neither of two names.', {
      reason: 'spn-unknown',
      cause: errorOf('spn-unknown'),
    });
    expect(explainFailure(names, place).sentence).toBe('The KDC knows neither of two names.');
  });

  test('a password that was held back says so, and why', () => {
    const withheld = new AuthenticationError('It was not sent again.', {
      reason: 'rejected',
      cause: errorOf('wrong-password', { mechanism: 'Kerberos' }),
    });
    const { sentence, advice } = explainFailure(withheld, place);
    expect(sentence).toBe('The KDC refused the password of alice@corp.example. It was not sent again.');
    expect(advice.join(' ')).not.toMatch(/NTLM/);
  });

  test('a chain without end is cut, and a cause of another kind is not read', () => {
    const loop = errorOf('no-kdc');
    Object.assign(loop, { cause: loop });
    expect(explainFailure(loop).sentence).toBe('No KDC of the realm answers.');
    expect(explainFailure(errorOf('policy', {}, new Error('secret words'))).sentence).not.toContain('secret');
  });
});

test('what is copied into commands are names, never text that a shell would act on', () => {
  const { advice } = explainFailure(errorOf('spn-unknown', { spn: 'HTTP/web01;reboot' }), {
    host: '$(reboot)',
    userName: 'a|b@`x`',
  });
  expect(advice.join(' ')).toContain('setspn -S HTTP/FQDN COMPUTER');
  expect(explainFailure(errorOf('unknown-user'), { userName: '`x`&y@z' }).advice.join(' ')).toContain('net user NAME');
});
