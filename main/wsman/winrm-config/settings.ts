/** Every setting of winrm/config: its kind, range, default by generation, and what it does (MS-WSMV 2.2.4.6 to 2.2.4.34, notes 4 to 34). */
import type { ConfigGeneration } from './generations.ts';

export type SettingLooks = 'sddl' | 'address-ranges' | 'hosts' | 'thumbprint' | 'url-prefix' | 'plain';
export type SettingKind =
  | { readonly kind: 'flag' }
  | {
      readonly kind: 'number';
      readonly least: number;
      readonly most: number;
      readonly unit: 'ms' | 's' | 'KB' | 'MB' | null;
    }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'text'; readonly looks: SettingLooks };

export interface SettingDefinition {
  readonly path: string;
  readonly value: SettingKind;
  readonly meaning: string;
  /** By stack 1.1, 2.0, 3.0; a fourth one from Windows 10 1607 and Server 2016 on. null: none is documented, or the setting is not there. */
  readonly defaults: readonly [string | null, string | null, string | null, (string | null)?];
  /** From this stack on it cannot be written: 2150859182 (deprecated) or 2150859071 (read-only). */
  readonly deprecatedFrom?: '2.0' | '3.0';
  readonly readOnly?: true;
}

const most = 4_294_967_295;
const flag: SettingKind = { kind: 'flag' };
const text = (looks: SettingLooks): SettingKind => ({ kind: 'text', looks });
const number = (least: number, largest = most, unit: 'ms' | 's' | 'KB' | 'MB' | null = null): SettingKind => ({
  kind: 'number',
  least,
  most: largest,
  unit,
});
const define = (
  path: string,
  value: SettingKind,
  defaults: SettingDefinition['defaults'],
  meaning: string,
  more: Pick<SettingDefinition, 'deprecatedFrom' | 'readOnly'> = {},
): SettingDefinition => ({ path, value, defaults, meaning, ...more });

const always = (value: string): SettingDefinition['defaults'] => [value, value, value];
const unlimited = '2147483647';

export const settingDefinitions: readonly SettingDefinition[] = [
  define(
    'MaxEnvelopeSizekb',
    number(32, most, 'KB'),
    ['150', '150', '500'],
    'Largest SOAP message; above 1,039,440 is not supported.',
  ),
  define(
    'MaxTimeoutms',
    number(500, most, 'ms'),
    always('60000'),
    'Longest time that a request other than Pull may ask for.',
  ),
  define('MaxBatchItems', number(1), ['20', '32000', '32000'], 'Most items in one answer to Pull.'),
  define(
    'MaxProviderRequests',
    number(1),
    ['25', '4294967295', '4294967295'],
    'Requests of one provider at a time; not in force any more.',
    { deprecatedFrom: '2.0' },
  ),
  define(
    'Client/NetworkDelayms',
    number(500, most, 'ms'),
    always('5000'),
    'How much longer its client waits for an answer, for the network’s sake.',
  ),
  define('Client/URLPrefix', text('url-prefix'), always('wsman'), 'URL prefix that its client asks for.'),
  define('Client/AllowUnencrypted', flag, always('false'), 'Its client may send clear text over HTTP.'),
  define('Client/Auth/Basic', flag, ['false', 'true', 'true'], 'Its client may use Basic.'),
  define('Client/Auth/Digest', flag, always('true'), 'Its client may use Digest.'),
  define('Client/Auth/Kerberos', flag, always('true'), 'Its client may use Kerberos.'),
  define(
    'Client/Auth/Negotiate',
    flag,
    always('true'),
    'Its client may use Negotiate; the winrm command on that machine needs it too.',
  ),
  define('Client/Auth/Certificate', flag, always('true'), 'Its client may use a client certificate.'),
  define(
    'Client/Auth/CredSSP',
    flag,
    [null, 'false', 'false'],
    'Its client may use CredSSP, which hands the password over.',
  ),
  define(
    'Client/DefaultPorts/HTTP',
    number(1, 65_535),
    ['80', '5985', '5985'],
    'Port that its client asks for over HTTP.',
  ),
  define(
    'Client/DefaultPorts/HTTPS',
    number(1, 65_535),
    ['443', '5986', '5986'],
    'Port that its client asks for over HTTPS.',
  ),
  define(
    'Client/TrustedHosts',
    text('hosts'),
    always(''),
    'Hosts to which its client goes although they do not prove who they are.',
  ),
  define(
    'Service/RootSDDL',
    text('sddl'),
    [null, null, 'O:NSG:BAD:P(A;;GA;;;BA)(A;;GR;;;IU)S:P(AU;FA;GA;;;WD)(AU;SA;GXGW;;;WD)'],
    'Who may use WinRM on this machine.',
  ),
  define(
    'Service/MaxConcurrentOperations',
    number(1),
    ['100', '4294967295', '4294967295'],
    'Operations at a time, of all users; not in force any more.',
    { deprecatedFrom: '2.0' },
  ),
  define(
    'Service/MaxConcurrentOperationsPerUser',
    number(1),
    [null, '15', '1500'],
    'Operations of one user at a time.',
  ),
  define(
    'Service/EnumerationTimeoutms',
    number(500, most, 'ms'),
    ['60000', '60000', '240000'],
    'An enumeration that nobody pulls for so long ends.',
  ),
  define('Service/MaxConnections', number(1, 512), ['5', '25', '300'], 'Connections at a time.'),
  define(
    'Service/MaxPacketRetrievalTimeSeconds',
    number(1, most, 's'),
    [null, '120', '120'],
    'A request has to be there by then.',
  ),
  define('Service/AllowUnencrypted', flag, always('false'), 'It takes clear text over HTTP.'),
  define('Service/Auth/Basic', flag, always('false'), 'It takes Basic: user name and password as they are.'),
  define('Service/Auth/Kerberos', flag, always('true'), 'It takes Kerberos.'),
  define('Service/Auth/Negotiate', flag, always('true'), 'It takes Negotiate: Kerberos, else NTLM.'),
  define('Service/Auth/Certificate', flag, [null, 'false', 'false'], 'It takes client certificates, over HTTPS.'),
  define('Service/Auth/CredSSP', flag, [null, 'false', 'false'], 'It takes CredSSP.'),
  define(
    'Service/Auth/CbtHardeningLevel',
    { kind: 'choice', choices: ['None', 'Relaxed', 'Strict'] },
    [null, 'Relaxed', 'Relaxed'],
    'Whether sign-ins over HTTPS must be bound to the TLS channel.',
  ),
  define(
    'Service/DefaultPorts/HTTP',
    number(1, 65_535),
    ['80', '5985', '5985'],
    'Port of HTTP listeners for which none is given.',
    { readOnly: true },
  ),
  define(
    'Service/DefaultPorts/HTTPS',
    number(1, 65_535),
    ['443', '5986', '5986'],
    'Port of HTTPS listeners for which none is given.',
    { readOnly: true },
  ),
  define(
    'Service/IPv4Filter',
    text('address-ranges'),
    always('*'),
    'IPv4 addresses it listens on: * for all, nothing for none, or ranges a-b,c-d.',
  ),
  define(
    'Service/IPv6Filter',
    text('address-ranges'),
    always('*'),
    'IPv6 addresses it listens on: * for all, nothing for none, or ranges a-b,c-d.',
  ),
  define(
    'Service/EnableCompatibilityHttpListener',
    flag,
    [null, 'false', 'false'],
    'It also listens on port 80, as WinRM 1.1 did.',
  ),
  define(
    'Service/EnableCompatibilityHttpsListener',
    flag,
    [null, 'false', 'false'],
    'It also listens on port 443, as WinRM 1.1 did.',
  ),
  define(
    'Service/CertificateThumbprint',
    text('thumbprint'),
    [null, '', ''],
    'Certificate for CredSSP and for HTTPS listeners without one of their own.',
  ),
  define('Service/AllowRemoteAccess', flag, [null, null, 'true'], 'It answers other computers at all.'),
  define('Winrs/AllowRemoteShellAccess', flag, always('true'), 'New remote shells may be opened.'),
  define(
    'Winrs/IdleTimeout',
    number(60_000, 2_147_483_647, 'ms'),
    ['900000', '180000', '7200000'],
    'A remote shell that nobody uses for so long ends.',
  ),
  define(
    'Winrs/MaxConcurrentUsers',
    number(1, 2_147_483_647),
    ['5', '5', '10', unlimited],
    'Users with remote shells at a time.',
  ),
  define(
    'Winrs/MaxShellRunTime',
    number(1, 2_147_483_647, 'ms'),
    ['28800000', '2147483647', '2147483647'],
    'Longest life of a remote shell; not in force any more.',
    { deprecatedFrom: '2.0' },
  ),
  define(
    'Winrs/MaxProcessesPerShell',
    number(0, 2_147_483_647),
    ['5', '15', '25', unlimited],
    'Processes in one remote shell.',
  ),
  define(
    'Winrs/MaxMemoryPerShellMB',
    number(0, 2_147_483_647, 'MB'),
    ['80', '150', '1024', unlimited],
    'Memory of one remote shell and what it starts.',
  ),
  define(
    'Winrs/MaxShellsPerUser',
    number(0, 2_147_483_647),
    ['2', '5', '30', unlimited],
    'Remote shells of one user at a time.',
  ),
];

const byPath = new Map(settingDefinitions.map((definition) => [definition.path.toLowerCase(), definition]));
export const findSetting = (path: string): SettingDefinition | undefined => byPath.get(path.toLowerCase());

/** The documented default of a generation, or null. */
export function defaultOf(definition: SettingDefinition, { stack, build }: ConfigGeneration): string | null {
  const [first, second, third, fourth] = definition.defaults;
  if (stack === '1.1') return first;
  if (stack === '2.0') return second;
  return fourth !== undefined && build !== null && build >= 14_393 ? fourth : third;
}

export function isWritable(
  definition: SettingDefinition,
  { stack }: ConfigGeneration,
): 'yes' | 'read-only' | 'deprecated' {
  if (definition.readOnly) return 'read-only';
  if (definition.deprecatedFrom !== undefined && stack >= definition.deprecatedFrom) return 'deprecated';
  return 'yes';
}

const ipv4 = /^\d{1,3}(\.\d{1,3}){3}$/;
const ipv6 = /^[0-9a-f:.]+$/i;

/** Why a value cannot be one of this setting, in one sentence; null: it can. */
export function refuseValue({ path, value: kind }: SettingDefinition, value: string): string | null {
  switch (kind.kind) {
    case 'flag':
      return /^(true|false)$/i.test(value) ? null : `${path} is true or false.`;
    case 'choice':
      return kind.choices.includes(value) ? null : `${path} is one of ${kind.choices.join(', ')}.`;
    case 'number': {
      const isIn = /^\d{1,10}$/.test(value) && Number(value) >= kind.least && Number(value) <= kind.most;
      return isIn ? null : `${path} is a whole number from ${kind.least} to ${kind.most}.`;
    }
    case 'text':
      return refuseText(path, kind.looks, value);
  }
}

function refuseText(path: string, looks: SettingLooks, value: string): string | null {
  if (looks === 'sddl')
    return /^O:.+G:.+D:/.test(value) ? null : `${path} is a security descriptor in SDDL: O:…G:…D:(…).`;
  if (looks === 'thumbprint')
    return /^([0-9a-f]{40})?$/i.test(value.replaceAll(' ', ''))
      ? null
      : `${path} is a thumbprint of 40 hex digits, or nothing.`;
  if (looks === 'url-prefix')
    return /^\w+(\/\w+)*$/.test(value) ? null : `${path} is letters, digits, _ and slashes inside.`;
  if (looks !== 'address-ranges' || value === '' || value.trim() === '*') return null;
  const isAddress = path.endsWith('IPv6Filter') ? ipv6 : ipv4;
  const ranges = value.split(',').map((range) => range.split('-').map((end) => end.trim()));
  const fits = ranges.every((ends) => ends.length === 2 && ends.every((end) => isAddress.test(end)));
  return fits ? null : `${path} is *, nothing, or ranges such as 10.0.0.1-10.0.0.99,10.1.0.0-10.1.255.255.`;
}
