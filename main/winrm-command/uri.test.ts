import { describe, expect, test } from 'vitest';
import { CommandLineError } from './command.ts';
import { parsePairs } from './pairs.ts';
import { isLoopback, parseRemote } from './remote.ts';
import { parseResource } from './uri.ts';

describe('resource URIs', () => {
  test.each([
    ['wmi/root/cimv2/Win32_Service', 'http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/Win32_Service'],
    ['WMICIMV2/Win32_Service', 'http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/Win32_Service'],
    ['wmicimv2/*', 'http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/*'],
    ['cimv2/CIM_Chassis', 'http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_Chassis'],
    ['cimv2.9/CIM_Chassis', 'http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_Chassis'],
    ['winrm/Config', 'http://schemas.microsoft.com/wbem/wsman/1/Config'],
    ['wsman/config/client', 'http://schemas.microsoft.com/wbem/wsman/1/config/client'],
    ['shell', 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell'],
    ['shell/cmd', 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd'],
    ['http://example.org/a/b', 'http://example.org/a/b'],
    ['https://schemas.microsoft.com/wbem/wsman/1/config', 'http://schemas.microsoft.com/wbem/wsman/1/config'],
    ['https://example.org/wbem', 'https://example.org/wbem'],
  ])('%s', (text, resourceUri) => {
    expect(parseResource(text)).toEqual({ resourceUri });
  });

  test.each([
    [
      'winrm/config/Listener?Address=*+Transport=HTTP',
      [
        ['Address', '*'],
        ['Transport', 'HTTP'],
      ],
    ],
    ['wmicimv2/Win32_Service?Name="a+b?c=d"', [['Name', 'a+b?c=d']]],
    [
      'wmicimv2/X?Name=“a+b”+Other=x=y',
      [
        ['Name', 'a+b'],
        ['Other', 'x=y'],
      ],
    ],
    ['wmicimv2/X?Path=C:\\a/b', [['Path', 'C:\\a/b']]],
    ['wmicimv2/X?Name=', [['Name', '']]],
  ])('%s', (text, selectors) => {
    expect(parseResource(text).selectors).toEqual(selectors);
  });

  test.each([
    ['hardware/Win32_X', /"hardware" is no alias/],
    ['Win32_Service', /no alias/],
    ['', /cannot be empty/],
    ['wmicimv2/X?', /not of the form Name=Value/],
    ['wmicimv2/X?Name', /not of the form Name=Value/],
    ['wmicimv2/X?=x', /not of the form Name=Value/],
    ['wmicimv2/X?Name=a+b', /"b" is not of the form/],
    ['wmicimv2/X?Name=a+name=b', /given twice/],
    ['wmicimv2/<class>', /placeholder/],
  ])('"%s" is refused', (text, message) => {
    expect(() => parseResource(text)).toThrow(message);
    expect(() => parseResource(text)).toThrow(CommandLineError);
  });
});

describe('-r', () => {
  test.each([
    ['web01', false, 'web01', 5985, 'http', '/wsman'],
    ['web01', true, 'web01', 5986, 'https', '/wsman'],
    ['http://web01', false, 'web01', 80, 'http', '/wsman'],
    ['HTTPS://web01.corp.example', false, 'web01.corp.example', 443, 'https', '/wsman'],
    ['https://web01:5986/wsman', false, 'web01', 5986, 'https', '/wsman'],
    ['http://web01:5985/', false, 'web01', 5985, 'http', '/wsman'],
    ['web01:80/other/prefix', false, 'web01', 80, 'http', '/other/prefix'],
    ['[2001:db8::1]', false, '2001:db8::1', 5985, 'http', '/wsman'],
    ['http://[::1]:8080', false, '::1', 8080, 'http', '/wsman'],
    ['192.0.2.7:1', false, '192.0.2.7', 1, 'http', '/wsman'],
    ['WEB_01', false, 'WEB_01', 5985, 'http', '/wsman'],
    ['', false, 'localhost', 5985, 'http', '/wsman'],
    ['', true, 'localhost', 5986, 'https', '/wsman'],
  ])('%s (-usessl %s)', (value, useSsl, host, port, transport, path) => {
    expect(parseRemote(value, useSsl)).toEqual({ host, port, transport, path });
  });

  test.each([
    ['::1', /brackets/],
    ['2001:db8::1', /brackets/],
    ['[web01]', /not an IPv6 address/],
    ['ftp://web01', /http or https/],
    ['web01:0', /1 to 65535/],
    ['web01:65536', /1 to 65535/],
    ['web01:', /1 to 65535/],
    ['anna@web01', /goes into -u/],
    ['https://anna:secret@web01', /^The user goes into -u, not into -r\.$/],
    ['web 01', /cannot be the name/],
    ['web01/a?b', /URL prefix/],
    ['<machine>', /placeholder/],
  ])('%s is refused', (value, message) => {
    expect(() => parseRemote(value, false)).toThrow(message);
  });

  test('loopback is what cannot be anything else', () => {
    for (const host of ['localhost', 'LOCALHOST', '127.0.0.1', '127.9.9.9', '::1']) expect(isLoopback(host)).toBe(true);
    for (const host of ['web01', '127.example.org', '10.0.0.1', '::2', 'localhost.corp', '127.0.0.1.nip.io']) {
      expect(isLoopback(host)).toBe(false);
    }
  });
});

describe('@{…}', () => {
  test.each([
    ['@{}', []],
    ['@{ }', []],
    ['@{A="1"}', [['A', '1']]],
    [
      '@{A="";b:C=$null}',
      [
        ['A', ''],
        ['b:C', null],
      ],
    ],
    [
      '@{ A = "x;y={z}" ; B = $Null }',
      [
        ['A', 'x;y={z}'],
        ['B', null],
      ],
    ],
    ['@{A="it’s “fine”"}', [['A', 'it’s “fine”']]],
  ])('%s', (text, pairs) => {
    expect(parsePairs(text, '@{')).toEqual(pairs);
  });

  test.each([
    '@{A=1}',
    '@{A="1" B="2"}',
    '@{A="1",B="2"}',
    '@{A="1";}',
    '@{;A="1"}',
    '@{A="a"b"}',
    '@{A-B="1"}',
    '@{A=$nullable}',
    '@{A}',
    '@A="1"',
    '{A="1"}',
    '@{A="1"',
  ])('%s is refused', (text) => {
    expect(() => parsePairs(text, '@{')).toThrow(/of the form/);
  });

  test('a key comes once, whatever its case', () => {
    expect(() => parsePairs('@{A="1";a="2"}', '@{')).toThrow(/given twice/);
  });
});
