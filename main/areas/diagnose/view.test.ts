import { expect, test } from 'vitest';
import { witnessView } from './view.ts';
import { identifyArguments } from './way-back.ts';

const out = (stdout: string, exitCode = 0, stderr = '') => ({ stdout, stderr, exitCode });
const identified = out('IdentifyResponse\r\n    ProductVendor = Microsoft Corporation\r\n');
const failed = (number: string) => out('', 1, `WSManFault\r\n    Message = …\r\n\r\nFehlernummer: -1 ${number}\r\n…`);

test('what ping and winrm print, whatever the language of the system', () => {
  const ping = out(
    '\r\nPing wird ausgeführt für web01.corp.example [10.0.0.7] mit 32 Bytes Daten:\r\nAntwort von 10.0.0.7: Bytes=32 Zeit<1ms TTL=128\r\n',
  );
  expect(witnessView('web01', ping, identified)).toMatchObject({
    addresses: ['10.0.0.7'],
    echo: true,
    winrm: 'answers',
  });
});

test('unreachable is no reply, although ping ends with 0', () => {
  const ping = out(
    '\r\nPinging web01 [10.0.0.7] with 32 bytes of data:\r\nReply from 10.0.0.1: Destination host unreachable.\r\n',
  );
  expect(witnessView('web01', ping, failed('0x80338126'))).toMatchObject({ echo: false, winrm: 'silent' });
});

test('IPv6 has no time to live', () => {
  const ping = out('\r\nPinging web01 [fe80::7%4] with 32 bytes of data:\r\nReply from fe80::7%4: time<1ms \r\n');
  expect(witnessView('web01', ping, failed('0x80338012'))).toMatchObject({
    addresses: ['fe80::7%4'],
    echo: true,
    winrm: 'refused',
  });
});

test('a name that is not known there', () => {
  const ping = out('Ping request could not find host web01. Please check the name and try again.\r\n', 1);
  expect(witnessView('web01', ping, failed('0x803381B9'))).toMatchObject({
    addresses: [],
    echo: null,
    winrm: 'name-unknown',
  });
});

test('winrm that has not ended is silence; a fault of another number is an answer; without a number nothing is known', () => {
  const ping = out('\r\nPinging web01 [10.0.0.7] with 32 bytes of data:\r\nRequest timed out.\r\n', 1);
  expect(witnessView('web01', ping, null)).toMatchObject({ echo: false, winrm: 'silent' });
  expect(witnessView('web01', ping, failed('0x80338113')).winrm).toBe('answers');
  expect(witnessView('web01', ping, out('', 1, "'winrm' is not recognized")).winrm).toBe('not-known');
});

test('the line of winrm', () => {
  expect(identifyArguments('sql02')).toEqual(['id', '-r:sql02', '-auth:none']);
  expect(identifyArguments('fe80::1', { port: 5986, transport: 'https' })).toEqual([
    'id',
    '-r:https://[fe80::1]:5986',
    '-auth:none',
    '-skipCACheck',
    '-skipCNCheck',
  ]);
});
