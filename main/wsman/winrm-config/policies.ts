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
export const policyKey = 'SOFTWARE\\Policies\\Microsoft\\Windows\\WinRM';
/** By the first part of a setting's path. */
const places = {
  Service: { path: `${root} › Windows Remote Management (WinRM) › WinRM Service`, key: `${policyKey}\\Service` },
  Client: { path: `${root} › Windows Remote Management (WinRM) › WinRM Client`, key: `${policyKey}\\Client` },
  Winrs: { path: `${root} › Windows Remote Shell`, key: `${policyKey}\\Service\\WinRS` },
} as const;
/** Below HKLM: every key that a policy of WinRM writes to. */
export const policyKeys: readonly string[] = Object.values(places).map(({ key }) => key);

function policy(setting: `${keyof typeof places}/${string}`, name: string, valueName: string): ConfigPolicy {
  const { path, key } = places[setting.split('/', 1)[0] as keyof typeof places];
  return { setting, path, name, key: `HKLM\\${key}`, valueName };
}

export const configPolicies: readonly ConfigPolicy[] = [
  policy('Service/Auth/Basic', 'Allow Basic authentication', 'AllowBasic'),
  policy('Service/Auth/CredSSP', 'Allow CredSSP authentication', 'AllowCredSSP'),
  policy('Service/Auth/Kerberos', 'Disallow Kerberos authentication', 'AllowKerberos'),
  policy('Service/Auth/Negotiate', 'Disallow Negotiate authentication', 'AllowNegotiate'),
  policy('Service/Auth/CbtHardeningLevel', 'Specify channel binding token hardening level', 'CbtHardeningLevel'),
  policy('Service/AllowUnencrypted', 'Allow unencrypted traffic', 'AllowUnencryptedTraffic'),
  policy('Service/AllowRemoteAccess', 'Allow remote server management through WinRM', 'AllowAutoConfig'),
  policy('Service/IPv4Filter', 'Allow remote server management through WinRM', 'IPv4Filter'),
  policy('Service/IPv6Filter', 'Allow remote server management through WinRM', 'IPv6Filter'),
  policy('Service/EnableCompatibilityHttpListener', 'Turn On Compatibility HTTP Listener', 'HttpCompatibilityListener'),
  policy(
    'Service/EnableCompatibilityHttpsListener',
    'Turn On Compatibility HTTPS Listener',
    'HttpsCompatibilityListener',
  ),
  policy('Client/Auth/Basic', 'Allow Basic authentication', 'AllowBasic'),
  policy('Client/Auth/CredSSP', 'Allow CredSSP authentication', 'AllowCredSSP'),
  policy('Client/Auth/Digest', 'Disallow Digest authentication', 'AllowDigest'),
  policy('Client/Auth/Kerberos', 'Disallow Kerberos authentication', 'AllowKerberos'),
  policy('Client/Auth/Negotiate', 'Disallow Negotiate authentication', 'AllowNegotiate'),
  policy('Client/AllowUnencrypted', 'Allow unencrypted traffic', 'AllowUnencryptedTraffic'),
  policy('Client/TrustedHosts', 'Trusted Hosts', 'TrustedHostsList'),
  policy('Winrs/AllowRemoteShellAccess', 'Allow Remote Shell Access', 'AllowRemoteShellAccess'),
  policy('Winrs/IdleTimeout', 'Specify idle Timeout', 'IdleTimeout'),
  policy('Winrs/MaxConcurrentUsers', 'MaxConcurrentUsers', 'MaxConcurrentUsers'),
  policy('Winrs/MaxMemoryPerShellMB', 'Specify maximum amount of memory in MB per Shell', 'MaxMemoryPerShellMB'),
  policy('Winrs/MaxProcessesPerShell', 'Specify maximum number of processes per Shell', 'MaxProcessesPerShell'),
  policy('Winrs/MaxShellsPerUser', 'Specify maximum number of remote shells per user', 'MaxShellsPerUser'),
  policy('Winrs/MaxShellRunTime', 'Specify Shell Timeout', 'ShellTimeOut'),
];

export const policyFor = (setting: string): ConfigPolicy | undefined =>
  configPolicies.find((candidate) => candidate.setting.toLowerCase() === setting.toLowerCase());
