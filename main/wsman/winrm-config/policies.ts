/**
 * The Group Policies of WinRM: which setting, which policy, which value in the registry. Names as WindowsRemoteManagement.admx and
 * WindowsRemoteShell.admx have them (Policy CSP pages ADMX_WindowsRemoteManagement, RemoteManagement and RemoteShell).
 */

export interface ConfigPolicy {
  /** Below winrm/config: `Service/Auth/Basic`. */
  readonly setting: string;
  /** Folder of the policy editor. */
  readonly path: string;
  readonly name: string;
  readonly key: string;
  readonly valueName: string;
}

const root = 'Computer Configuration › Administrative Templates › Windows Components';
const places = {
  service: [`${root} › Windows Remote Management (WinRM) › WinRM Service`, 'Service'],
  client: [`${root} › Windows Remote Management (WinRM) › WinRM Client`, 'Client'],
  shell: [`${root} › Windows Remote Shell`, 'Service\\WinRS'],
} as const;
export const policyKey = 'SOFTWARE\\Policies\\Microsoft\\Windows\\WinRM';

const policy = (setting: string, place: keyof typeof places, name: string, valueName: string): ConfigPolicy => ({
  setting,
  path: places[place][0],
  name,
  key: `HKLM\\${policyKey}\\${places[place][1]}`,
  valueName,
});

export const configPolicies: readonly ConfigPolicy[] = [
  policy('Service/Auth/Basic', 'service', 'Allow Basic authentication', 'AllowBasic'),
  policy('Service/Auth/CredSSP', 'service', 'Allow CredSSP authentication', 'AllowCredSSP'),
  policy('Service/Auth/Kerberos', 'service', 'Disallow Kerberos authentication', 'AllowKerberos'),
  policy('Service/Auth/Negotiate', 'service', 'Disallow Negotiate authentication', 'AllowNegotiate'),
  policy(
    'Service/Auth/CbtHardeningLevel',
    'service',
    'Specify channel binding token hardening level',
    'CbtHardeningLevel',
  ),
  policy('Service/AllowUnencrypted', 'service', 'Allow unencrypted traffic', 'AllowUnencryptedTraffic'),
  policy('Service/AllowRemoteAccess', 'service', 'Allow remote server management through WinRM', 'AllowAutoConfig'),
  policy('Service/IPv4Filter', 'service', 'Allow remote server management through WinRM', 'IPv4Filter'),
  policy('Service/IPv6Filter', 'service', 'Allow remote server management through WinRM', 'IPv6Filter'),
  policy(
    'Service/EnableCompatibilityHttpListener',
    'service',
    'Turn On Compatibility HTTP Listener',
    'HttpCompatibilityListener',
  ),
  policy(
    'Service/EnableCompatibilityHttpsListener',
    'service',
    'Turn On Compatibility HTTPS Listener',
    'HttpsCompatibilityListener',
  ),
  policy('Client/Auth/Basic', 'client', 'Allow Basic authentication', 'AllowBasic'),
  policy('Client/Auth/CredSSP', 'client', 'Allow CredSSP authentication', 'AllowCredSSP'),
  policy('Client/Auth/Digest', 'client', 'Disallow Digest authentication', 'AllowDigest'),
  policy('Client/Auth/Kerberos', 'client', 'Disallow Kerberos authentication', 'AllowKerberos'),
  policy('Client/Auth/Negotiate', 'client', 'Disallow Negotiate authentication', 'AllowNegotiate'),
  policy('Client/AllowUnencrypted', 'client', 'Allow unencrypted traffic', 'AllowUnencryptedTraffic'),
  policy('Client/TrustedHosts', 'client', 'Trusted Hosts', 'TrustedHostsList'),
  policy('Winrs/AllowRemoteShellAccess', 'shell', 'Allow Remote Shell Access', 'AllowRemoteShellAccess'),
  policy('Winrs/IdleTimeout', 'shell', 'Specify idle Timeout', 'IdleTimeout'),
  policy('Winrs/MaxConcurrentUsers', 'shell', 'MaxConcurrentUsers', 'MaxConcurrentUsers'),
  policy(
    'Winrs/MaxMemoryPerShellMB',
    'shell',
    'Specify maximum amount of memory in MB per Shell',
    'MaxMemoryPerShellMB',
  ),
  policy(
    'Winrs/MaxProcessesPerShell',
    'shell',
    'Specify maximum number of processes per Shell',
    'MaxProcessesPerShell',
  ),
  policy('Winrs/MaxShellsPerUser', 'shell', 'Specify maximum number of remote shells per user', 'MaxShellsPerUser'),
  policy('Winrs/MaxShellRunTime', 'shell', 'Specify Shell Timeout', 'ShellTimeOut'),
];

export const policyFor = (setting: string): ConfigPolicy | undefined =>
  configPolicies.find((candidate) => candidate.setting.toLowerCase() === setting.toLowerCase());
