import type { MachinePlan } from './machine-plan.ts';
import type { ConfigPlugin } from './winrm-config.ts';

/** Plug-ins that Windows brings (MS-WSMV 2.2.4.22, 4.2.4): WMI, the cmd shell, event forwarding, SEL, and PowerShell since WinRM 2.0. */

const wsman = 'http://schemas.microsoft.com/wbem/wsman/1';
const sddl = 'O:NSG:BAD:P(A;;GA;;;BA)(A;;GR;;;IU)S:P(AU;FA;GA;;;WD)(AU;SA;GXGW;;;WD)';

const resource = (uri: string, capabilities: string, more = ''): string =>
  `<Resource ResourceUri="${uri}" SupportsOptions="true"${more}><Security Uri="${uri}" ExactMatch="false" Sddl="${sddl}"/>${capabilities}</Resource>`;
const capability = (...types: string[]): string => types.map((type) => `<Capability Type="${type}"/>`).join('');

export function createPlugins(plan: MachinePlan): ConfigPlugin[] {
  const isModern = plan.generation.stack === '3.0';
  const plugin = (
    name: string,
    fileName: string,
    resources: string,
    more: Readonly<Record<string, string>> = {},
    ownQuotas: Readonly<Record<string, string>> = {},
  ): ConfigPlugin => ({
    name,
    fileName,
    resources,
    attributes: new Map(
      Object.entries({
        SDKVersion: '1',
        XmlRenderingType: 'text',
        Enabled: 'true',
        ...(isModern
          ? {
              UseSharedProcess: 'false',
              ProcessIdleTimeoutSec: '0',
              RunAsUser: '',
              AutoRestart: 'false',
              OutputBufferingMode: 'Block',
            }
          : {}),
        ...more,
      }),
    ),
    quotas: isModern
      ? new Map([
          ['IdleTimeoutms', '7200000'],
          ['MaxConcurrentUsers', '2147483647'],
          ['MaxProcessesPerShell', '2147483647'],
          ['MaxMemoryPerShellMB', '2147483647'],
          ['MaxShellsPerUser', '2147483647'],
          ['MaxConcurrentCommandsPerShell', '2147483647'],
          ['MaxConcurrentOperationsPerUser', '1500'],
          ...Object.entries(ownQuotas),
        ])
      : null,
  });
  return [
    plugin(
      'Event Forwarding Plugin',
      'C:\\Windows\\system32\\wevtfwd.dll',
      resource(`${wsman}/windows/EventLog`, capability('Subscribe')),
    ),
    plugin(
      'microsoft.powershell',
      '%windir%\\system32\\pwrshplugin.dll',
      resource(
        'http://schemas.microsoft.com/powershell/microsoft.powershell',
        capability('Shell'),
        ' ExactMatch="true"',
      ),
      { SDKVersion: isModern ? '2' : '1' },
      { MaxConcurrentCommandsPerShell: '1000' },
    ),
    // A configuration of ours, restricted to a few commands (JEA).
    ...(isModern
      ? [
          plugin(
            'windeck.restricted',
            '%windir%\\system32\\pwrshplugin.dll',
            resource(
              'http://schemas.microsoft.com/powershell/windeck.restricted',
              capability('Shell'),
              ' ExactMatch="true"',
            ),
            { SDKVersion: '2' },
          ),
        ]
      : []),
    plugin(
      'SEL Plugin',
      'C:\\Windows\\system32\\wsmselpl.dll',
      resource(`${wsman}/logrecord/sel`, capability('Subscribe')),
    ),
    plugin(
      'WMI Provider',
      '%systemroot%\\system32\\WsmWmiPl.dll',
      resource(
        `${wsman}/wmi`,
        capability('Get', 'Put', 'Invoke', 'Enumerate', ...(isModern ? ['Create', 'Delete', 'Subscribe'] : [])),
      ) + resource('http://schemas.dmtf.org/wbem/wscim/1/cim-schema', capability('Get', 'Put', 'Invoke', 'Enumerate')),
      { UseSharedProcess: isModern ? 'true' : 'false' },
    ),
    plugin('Winrs', '%windir%\\system32\\winrscmd.dll', resource(`${wsman}/windows/shell/cmd`, capability('Shell'))),
  ];
}
