import { expect, test } from 'vitest';
import { quoted, remoteOf, serviceResource, winrmLine } from './remote-line.ts';

const target = { address: 'HQ-FS03', transport: 'http', port: 5985, path: 'wsman', signIn: 'negotiate' } as const;

test('a default target is named by its address, another one by a URL', () => {
  expect(remoteOf(target)).toBe('HQ-FS03');
  expect(remoteOf({ ...target, transport: 'https', port: 5986 })).toBe('https://HQ-FS03:5986');
  expect(remoteOf({ ...target, address: 'fe80::1' })).toBe('[fe80::1]');
  expect(remoteOf({ ...target, address: '::1', port: 47001, path: 'other/path' })).toBe(
    'http://[::1]:47001/other/path',
  );
});

test('a line names resource, machine, sign-in and user, never a password', () => {
  expect(winrmLine('invoke', ['StopService', serviceResource('Spooler')], target, null)).toBe(
    'winrm invoke StopService wmicimv2/Win32_Service?Name=Spooler -r:HQ-FS03',
  );
  expect(winrmLine('id', [], { ...target, signIn: 'basic' }, 'CORP\\adm')).toBe(
    'winrm id -r:HQ-FS03 -a:Basic -u:CORP\\adm',
  );
  expect(winrmLine('id', [], { ...target, signIn: 'kerberos' }, null)).toBe('winrm id -r:HQ-FS03 -a:Kerberos');
  expect(winrmLine('id', [], { ...target, signIn: 'ntlm' }, null)).toBe('winrm id -r:HQ-FS03');
});

test('what a shell would take apart is quoted', () => {
  expect(serviceResource('My Service')).toBe('"wmicimv2/Win32_Service?Name=My Service"');
  expect(serviceResource('MSSQL$EXPRESS')).toBe('"wmicimv2/Win32_Service?Name=MSSQL$EXPRESS"');
  expect(quoted('plain')).toBe('plain');
});
