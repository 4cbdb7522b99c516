import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { layersOf } from './trace-layers.ts';

const httpSys = 'Microsoft-HTTPAPI/2.0';
const wmi = 'http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/Win32_Service';
const get = 'http://schemas.xmlsoap.org/ws/2004/09/transfer/Get';
const envelope = (body: string) => `<s:Envelope xmlns:s="u"><s:Body>${body}</s:Body></s:Envelope>`;
const seen = (change: Partial<Parameters<typeof layersOf>[0]>) =>
  layersOf({ resourceUri: wmi, action: get, response: envelope('<x/>'), httpStatus: 200, server: httpSys, ...change });

test.each([
  ['no answer', { httpStatus: null, response: null }, [], null],
  ['a 401 of HTTP.sys', { httpStatus: 401, response: null }, ['HTTP.sys'], 'HTTP.sys'],
  ['a class of WMI', {}, ['HTTP.sys', 'WinRM service', 'WsmWmiPl.dll', 'WMI'], 'WMI'],
  [
    'a shell',
    { resourceUri: 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd' },
    ['HTTP.sys', 'WinRM service', 'Winrscmd.dll'],
    'Winrscmd.dll',
  ],
  [
    'the configuration',
    { resourceUri: 'http://schemas.microsoft.com/wbem/wsman/1/config/listener' },
    ['HTTP.sys', 'WinRM service'],
    'WinRM service',
  ],
  [
    'a fault of the service',
    { httpStatus: 500, response: envelope('<s:Fault/>') },
    ['HTTP.sys', 'WinRM service'],
    'WinRM service',
  ],
  [
    'a plug-in that nobody knows',
    { resourceUri: 'http://example.org/mine' },
    ['HTTP.sys', 'WinRM service', 'plug-in'],
    null,
  ],
  ['another make', { server: 'openwsman 2.6' }, ['HTTP server (openwsman 2.6)', 'WS-Management service'], null],
] as const)('%s', (_, change, passed, answered) => {
  const layers = seen(change);
  expect(layers).toMatchObject({ passed, answered });
  expect(layers.because).not.toBe('');
});

test('the plug-in and the provider that a recorded fault of Windows names', () => {
  const fault = readFileSync(new URL('../wsman/fixtures/MS-WSMV/4.10-02-fault-detail.xml', import.meta.url), 'utf8');
  const layers = seen({ httpStatus: 500, response: fault });
  expect(layers.passed.slice(0, 2)).toEqual(['HTTP.sys', 'WinRM service']);
  const provider = seen({
    httpStatus: 500,
    response: envelope(
      '<s:Fault><f:ProviderFault provider="WMI Provider" path="%systemroot%\\system32\\WsmWmiPl.dll"><f:ExtendedError><p:ProviderName>CIMWin32</p:ProviderName></f:ExtendedError></f:ProviderFault></s:Fault>',
    ),
  });
  expect(provider).toMatchObject({
    passed: ['HTTP.sys', 'WinRM service', 'WsmWmiPl.dll', 'WMI', 'CIMWin32'],
    answered: 'CIMWin32',
  });
});
