import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  AuthenticationError,
  CertificateError,
  type FaultFields,
  OutcomeUnknownError,
  parseXml,
  TransportError,
  WSManFault,
} from '../wsman/index.ts';
import { describeFailure, formatFailure } from './failure.ts';
import { returnValueMeaning } from './return-values.ts';

const soap = 'xmlns:s="http://www.w3.org/2003/05/soap-envelope"';

function fault(detail: string, fields: Partial<FaultFields>, message: string): WSManFault {
  return new WSManFault(message, {
    httpStatus: 500,
    action: null,
    code: 'Sender',
    subcode: null,
    subcodeNamespace: null,
    reason: message,
    faultDetail: null,
    wsmanCode: null,
    machine: null,
    message,
    provider: null,
    providerPath: null,
    providerCode: null,
    wmiError: null,
    xml: `<s:Fault ${soap}><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text>${message}</s:Text></s:Reason>${detail === '' ? '' : `<s:Detail>${detail}</s:Detail>`}</s:Fault>`,
    ...fields,
  });
}

describe('faults', () => {
  const recorded = readFileSync(new URL('fixtures/session-error.txt', import.meta.url), 'utf8');
  const element = recorded.slice(recorded.indexOf('<f:WSManFault'));

  test('a recorded fault in the shape that winrm gives it, our advice behind', () => {
    const error = fault(
      element,
      { wsmanCode: 2150859002 },
      'The WinRM client cannot process the request. \nThe resource URI is not valid.',
    );
    const output = formatFailure(describeFailure(error, 'Server1'), 'text');
    const lines = output.split('\n');
    expect(lines.slice(0, 4)).toEqual(['WSManFault', '    Message', '        ProviderFault', '            WSManFault']);
    expect(lines[4]).toMatch(
      /^ {16}Message = The WinRM client cannot process the request\. The resource URI is not valid: .*"winrm help uris"\.$/,
    );
    expect(lines.slice(5)).toEqual([
      '',
      'Error number:  -2144108294 0x803380FA',
      'The WinRM client cannot process the request. The resource URI is not valid.',
      '',
      'Advice: Name the instance: CLASS?KEY=VALUE. To see all of them: winrm enumerate CLASS.',
      '',
    ]);
  });

  test('in xml the element as it came', () => {
    const error = fault(element, { wsmanCode: 2150859002 }, 'x');
    const output = formatFailure(describeFailure(error, 'Server1'), 'xml');
    const xml = output.slice(0, output.indexOf('\n\nError number:'));
    expect(parseXml(xml)).toMatchObject({
      local: 'WSManFault',
      namespace: 'http://schemas.microsoft.com/wbem/wsman/1/wsmanfault',
    });
  });

  test('MSFT_WmiError is shown where that is the detail; a fault without detail shows itself', () => {
    const wmi = fault(
      '<p:MSFT_WmiError xmlns:p="urn:p"><p:error_Code>5</p:error_Code></p:MSFT_WmiError>',
      { wsmanCode: 5 },
      'Access is denied.',
    );
    expect(formatFailure(describeFailure(wmi, 'm'), 'text')).toMatch(
      /^MSFT_WmiError\n {4}error_Code = 5\n\nError number: {2}5 0x5\nAccess is denied\./,
    );
    const bare = formatFailure(describeFailure(fault('', {}, 'No.'), 'm'), 'text');
    expect(bare).toMatch(/^Fault\n/);
    expect(bare).not.toMatch(/Error number/);
    expect(bare).toMatch(/\nNo\.\n$/);
  });

  test('what a fault says cannot move the cursor', () => {
    const error = fault('', {}, 'evil');
    Object.assign(error, { message: 'a\u001b[2J\nError number:  0 0x0' });
    const output = formatFailure(describeFailure(error, 'm'), 'text');
    expect(output).toContain('a␛[2J Error number: 0 0x0');
    expect(output).not.toMatch(/^Error number/m);
  });
});

describe('failures on this side have the numbers of Windows', () => {
  test.each([
    [new TransportError('Nothing listens.', { reason: 'refused' }), '-2144108526 0x80338012'],
    [new TransportError('x', { reason: 'name-not-found' }), '-2144108103 0x803381B9'],
    [new TransportError('x', { reason: 'connect-timeout' }), '-2144108250 0x80338126'],
    [new TransportError('x', { reason: 'http', httpStatus: 404 }), '-2144108269 0x80338113'],
    [new TransportError('x', { reason: 'http', httpStatus: 413 }), '-2144108271 0x80338111'],
    [new AuthenticationError('x', { reason: 'rejected' }), '-2147023570 0x8007052E'],
    [new AuthenticationError('x', { reason: 'not-trusted' }), '-2144108316 0x803380E4'],
    [new AuthenticationError('x', { reason: 'clear-text-refused' }), '-2144108322 0x803380DE'],
    [new CertificateError('x', { chain: [], failures: ['unknown-authority'] }), '-2147012721 0x80072F8F'],
  ])('%s', (error, numbers) => {
    const output = formatFailure(describeFailure(error, 'web01'), 'text');
    expect(output).toContain(`Error number:  ${numbers}\n`);
    expect(output).toMatch(/^WSManFault\n {4}Message = /);
    expect(output).toMatch(/\nAdvice: /);
  });

  test('a certificate is shown, with the switch that fits what is wrong', () => {
    const leaf = {
      subject: 'CN=web01',
      issuer: 'CN=web01',
      sha256: 'AB12',
      sha1: '',
      validFrom: new Date(0),
      validTo: new Date(0),
      names: ['web01'],
      selfSigned: true,
    };
    const both = describeFailure(
      new CertificateError('x', { chain: [leaf], failures: ['unknown-authority', 'wrong-name'] }),
      'm',
    );
    expect(both.advice.join(' ')).toMatch(/add -skipCAcheck and -skipCNcheck .*CN=web01.*SHA-256 AB12/);
    expect(
      describeFailure(new CertificateError('x', { chain: [leaf], failures: ['expired'] }), 'm').advice.join(' '),
    ).not.toMatch(/-skip/);
  });

  test('a failed sign-in: what to do with this command line first, then the words of every front, then what was seen', () => {
    const error = new AuthenticationError('x', {
      reason: 'spn-wrong-account',
      leg: 1,
      evidence: { mechanism: 'Kerberos', spn: 'HTTP/web01', code: 41, codeName: 'KRB_AP_ERR_MODIFIED', text: 'No key' },
    });
    const lines = formatFailure(describeFailure(error, 'web01', { port: 5985, userName: 'CORP\\a' }), 'text').split(
      '\n',
    );
    expect(lines[3]).toBe('Error number:  -2146893022 0x80090322');
    expect(lines[4]).toMatch(/^web01:5985 cannot read the ticket for HTTP\/web01: /);
    const advice = lines.findIndex((line) => line.startsWith('Advice: '));
    expect(lines[advice]).toMatch(/-SPNPort/);
    expect(lines.slice(advice)).toContain('        See whose it is: setspn -Q HTTP/web01');
    const evidence = lines.findIndex((line) => line.startsWith('Evidence: '));
    expect(lines.slice(evidence)).toEqual([
      'Evidence: Mechanism: Kerberos',
      '          Service asked for: HTTP/web01',
      '          Number: 41 (KRB_AP_ERR_MODIFIED)',
      '          Said: No key',
      '          Failed at leg 1 of the exchange',
      '          Windows calls it 0x80090322 (SEC_E_WRONG_PRINCIPAL)',
      '',
    ]);
  });

  test('what a library says cannot move the cursor', () => {
    const error = new AuthenticationError('x', { reason: 'kerberos', evidence: { text: 'a\u001b[2J\nb' } });
    const output = formatFailure(describeFailure(error, 'm'), 'text');
    expect(output).not.toContain('\u001b');
    expect(output).not.toMatch(/^b$/m);
  });

  test('a denied access tells a local administrator the command', () => {
    const denied = fault('', { wsmanCode: 5 }, 'Access is denied.');
    const advice = (userName: string) => describeFailure(denied, 'm', { userName }).advice.join(' ');
    expect(advice('.\\admin')).toMatch(/reg add HKLM.*LocalAccountTokenFilterPolicy/);
    expect(advice('CORP\\admin')).not.toMatch(/reg add/);
  });

  test('a lost answer warns of doing it twice', () => {
    expect(describeFailure(new OutcomeUnknownError('x'), 'm').advice.join(' ')).toMatch(/may have been done/);
  });

  test('anything else still ends in words', () => {
    expect(formatFailure(describeFailure(new RangeError('odd'), 'm'), 'text')).toBe(
      'WSManFault\n    Message = odd\n\nodd\n',
    );
  });
});

test('return values in words, by class', () => {
  const wmi = 'http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2';
  expect(returnValueMeaning(`${wmi}/Win32_Service`, 10)).toMatch(/already running/);
  expect(returnValueMeaning(`${wmi}/win32_service`, 3)).toMatch(/depend on it/);
  expect(returnValueMeaning(`${wmi}/Win32_Process`, 9)).toMatch(/path/);
  expect(returnValueMeaning(`${wmi}/Win32_OperatingSystem`, 1314)).toMatch(/privilege/);
  expect(returnValueMeaning(`${wmi}/Win32_Service`, 99)).toBeNull();
});
