import { describe, expect, it } from 'vitest';
import { readResponse } from '../envelope.ts';
import { loadFixture } from '../fixtures/load.ts';
import { makeElement, parseXml } from '../xml.ts';
import { type ConfigChange, type ConfigState, operationsBetween, planChanges } from './changes.ts';
import { type ConfigListener, type ConfigPlugin, readListener, readSettings } from './configuration.ts';
import { differencesOf } from './difference.ts';
import { generationOf } from './generations.ts';
import { configPolicies } from './policies.ts';
import { quickconfigScript } from './quickconfig-script.ts';
import { asCommandLine, revertLines } from './revert-lines.ts';
import { type OwnConnection, risksBetween } from './risk.ts';
import { defaultOf, findSetting, settingDefinitions } from './settings.ts';

const today = generationOf('3.0', '10.0.20348');
/** A real machine of today, recorded. */
const recorded = readSettings(readResponse(parseXml(loadFixture('pypsrp/config-get-response.xml'))).body!);
const http: ConfigListener = {
  address: '*',
  transport: 'HTTP',
  port: 5985,
  hostname: '',
  enabled: true,
  urlPrefix: 'wsman',
  thumbprint: '',
  listeningOn: ['10.0.0.4'],
  source: null,
};
const plugin: ConfigPlugin = {
  name: 'WMI Provider',
  fileName: '%systemroot%\\system32\\WsmWmiPl.dll',
  enabled: true,
  sdkVersion: '1',
  runAsUser: null,
  useSharedProcess: true,
  autoRestart: null,
  processIdleTimeoutSeconds: null,
  outputBufferingMode: null,
  quotas: [{ name: 'MaxShellsPerUser', value: '25' }],
  resources: [],
  element: makeElement('', 'PlugInConfiguration'),
};
const before: ConfigState = {
  config: { settings: recorded, listeners: [http], mappings: [], plugins: [plugin] },
  isServiceRunning: true,
  isFirewallOpen: true,
};
const own: OwnConnection = {
  transport: 'http',
  port: 5985,
  path: 'wsman',
  mechanism: 'NTLM',
  insideSpnego: true,
  isClearText: false,
};
const whole = { port: 5985, hostname: null, enabled: true, urlPrefix: 'wsman', thumbprint: null };
const set = (path: string, value: string): ConfigChange => ({ kind: 'set', path, value });
const plan = (...changes: ConfigChange[]) => planChanges(before, changes, today);
const classes = (changes: ConfigChange[], by: Partial<OwnConnection> = {}) =>
  risksBetween(before, plan(...changes).after, { ...own, ...by }).map((risk) => risk.class);
const back = (...changes: ConfigChange[]) => revertLines(operationsBetween(plan(...changes).after, before));

describe('settings', () => {
  it('know everything that a real machine of today has, and their policies are among them', () => {
    expect(recorded.filter(({ path }) => findSetting(path) === undefined)).toEqual([]);
    for (const { setting } of configPolicies) expect(findSetting(setting)?.path).toBe(setting);
    expect(new Set(settingDefinitions.map(({ path }) => path)).size).toBe(settingDefinitions.length);
  });

  it('have the defaults of their generation', () => {
    const value = (path: string, stack: string, os: string) => defaultOf(findSetting(path)!, generationOf(stack, os));
    expect(value('MaxEnvelopeSizekb', '1.1', '6.0.6002')).toBe('150');
    expect(value('MaxEnvelopeSizekb', '3.0', '6.2.9200')).toBe('500');
    expect(value('Winrs/MaxShellsPerUser', '1.1', '6.0.6002')).toBe('2');
    expect(value('Winrs/MaxShellsPerUser', '2.0', '6.1.7601')).toBe('5');
    expect(value('Winrs/MaxShellsPerUser', '3.0', '6.3.9600')).toBe('30');
    expect(value('Winrs/MaxShellsPerUser', '3.0', '10.0.17763')).toBe('2147483647');
    expect(value('Client/DefaultPorts/HTTP', '1.1', '6.0.6002')).toBe('80');
  });

  it('refuse what is no value, what is read-only, and what a policy sets', () => {
    const refusal = (change: ConfigChange, state = before) => planChanges(state, [change], today).refusals.get(0);
    expect(refusal(set('Service/MaxConnections', '513'))).toContain('1 to 512');
    expect(refusal(set('Service/Auth/Basic', 'maybe'))).toContain('true or false');
    expect(refusal(set('Service/Auth/CbtHardeningLevel', 'Loose'))).toContain('None, Relaxed, Strict');
    expect(refusal(set('Service/IPv4Filter', '10.0.0.1'))).toContain('ranges');
    expect(refusal(set('Service/RootSDDL', 'everybody'))).toContain('SDDL');
    expect(refusal(set('Service/DefaultPorts/HTTP', '81'))).toContain('read-only');
    expect(refusal(set('Winrs/MaxShellRunTime', '5'))).toContain('not in force');
    expect(refusal(set('Nonsense', '5'))).toContain('no setting');
    const settings = recorded.map((setting) => ({ ...setting, isPolicy: setting.path === 'Service/AllowUnencrypted' }));
    const managed = { ...before, config: { ...before.config, settings } };
    expect(refusal(set('Service/AllowUnencrypted', 'true'), managed)).toContain('Allow unencrypted traffic');
  });
});

describe('the way back', () => {
  it('restores exactly what was, in the form of the command line', () => {
    expect(back(set('Service/MaxConnections', '1'), set('Service/IPv4Filter', '')).lines).toEqual([
      'winrm set winrm/config/service @{MaxConnections="300";IPv4Filter="*"}',
    ]);
    expect(back({ kind: 'edit-listener', ...http, ...whole, port: 7000 }).lines).toEqual([
      'winrm set winrm/config/Listener?Address=*+Transport=HTTP @{Port="5985";Enabled="true";URLPrefix="wsman"}',
    ]);
    expect(back({ kind: 'delete-listener', ...http }).lines).toEqual([
      'winrm create winrm/config/Listener?Address=*+Transport=HTTP @{Port="5985";Enabled="true";URLPrefix="wsman"}',
    ]);
    expect(back({ kind: 'create-listener', address: 'IP:10.0.0.4', transport: 'HTTP', ...whole }).lines).toEqual([
      'winrm delete winrm/config/Listener?Address=IP:10.0.0.4+Transport=HTTP',
    ]);
    expect(back({ kind: 'stop-service' }).lines).toEqual(['sc config WinRM start= auto', 'net start WinRM']);
    expect(back({ kind: 'set-firewall', enabled: false }).lines).toEqual([
      'netsh advfirewall firewall set rule group="@FirewallAPI.dll,-30267" new enable=yes',
    ]);
  });

  it('mends the schemes in the registry first, since winrm itself signs in by Negotiate', () => {
    const { lines } = back(set('Service/Auth/Negotiate', 'false'));
    expect(lines[0]).toMatch(
      /^reg add "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WSMAN\\Service" \/v auth_negotiate .* \/d 1 \/f$/,
    );
    expect(lines.slice(1, 3)).toEqual(['net stop WinRM /y', 'net start WinRM']);
    expect(lines[3]).toBe('winrm set winrm/config/service/auth @{Negotiate="true"}');
  });

  it('says what no line can put back', () => {
    const settings = recorded.map((setting) =>
      setting.path === 'Client/TrustedHosts' ? { ...setting, value: 'a"b' } : setting,
    );
    const state = { ...before, config: { ...before.config, settings } };
    const { after } = planChanges(state, [set('Client/TrustedHosts', '*')], today);
    expect(revertLines(operationsBetween(after, state)).gaps).toHaveLength(1);
  });

  it('carries nothing out of a machine that would be a command of its own there', () => {
    const of = (part: Partial<typeof before.config>, ...changes: ConfigChange[]) => {
      const state = { ...before, config: { ...before.config, ...part } };
      return revertLines(operationsBetween(planChanges(state, changes, today).after, state));
    };
    const none = { lines: [], gaps: [expect.stringContaining('a command line cannot carry')] };
    const quota = (value: string) => ({ plugins: [{ ...plugin, quotas: [{ name: 'MaxShellsPerUser', value }] }] });
    const other = {
      kind: 'set-plugin',
      name: 'WMI Provider',
      property: 'Quotas/MaxShellsPerUser',
      value: '5',
    } as const;
    expect(of(quota('25'), other).lines).toHaveLength(3);
    for (const value of ["1'; calc; '", '1" & calc & "', '$(calc)', '']) expect(of(quota(value), other)).toEqual(none);
    const buffering = { plugins: [{ ...plugin, outputBufferingMode: "Block' ; calc #" }] };
    expect(of(buffering, { ...other, property: 'OutputBufferingMode', value: 'Drop' })).toEqual(none);
    const secure = { ...http, transport: 'HTTPS', thumbprint: '00"} & calc & "' } as const;
    expect(of({ listeners: [secure] }, { kind: 'delete-listener', ...secure })).toEqual(none);
    expect(of({}, { kind: 'create-listener', ...http, ...whole, address: 'IP:1 & calc' })).toEqual(none);
    for (const value of ['C:\\', 'a\u0001', 'a\nb'])
      expect(
        of({ settings: [{ path: 'Client/TrustedHosts', value, isPolicy: false }] }, set('Client/TrustedHosts', '*')),
      ).toEqual(none);
    for (const path of ['Client/“x”', 'Cli ent/TrustedHosts'])
      expect(of({ settings: [{ path, value: '1', isPolicy: false }] }, set(path, '2'))).toEqual(none);
  });

  it('is refused where it is longer than a command line may be', () => {
    const value = Array.from({ length: 400 }, (_, n) => `machine-${n}.corp.example`).join(',');
    const settings = [{ path: 'Client/TrustedHosts', value, isPolicy: false }];
    const state = { ...before, config: { ...before.config, settings } };
    const { after } = planChanges(state, [set('Client/TrustedHosts', '*')], today);
    expect(revertLines(operationsBetween(after, state)).gaps).toEqual([expect.stringContaining('longer')]);
  });

  it('is one line for cmd.exe, in which batch files are called', () => {
    expect(asCommandLine(['net start WinRM', 'winrm set winrm/config @{MaxTimeoutms="60000"}'])).toBe(
      'cmd.exe /d /s /c "net start WinRM & call winrm set winrm/config @{MaxTimeoutms="60000"}"',
    );
  });
});

describe('risks', () => {
  it('name what carries this connection', () => {
    expect(classes([{ kind: 'edit-listener', ...http, ...whole, enabled: false }])).toEqual(['listener-removed']);
    expect(classes([{ kind: 'delete-listener', ...http }])).toEqual(['listener-removed']);
    expect(classes([{ kind: 'edit-listener', ...http, ...whole, port: 7000 }])).toEqual(['port']);
    expect(classes([{ kind: 'edit-listener', ...http, ...whole, urlPrefix: 'other' }])).toEqual(['url-prefix']);
    expect(classes([set('Service/Auth/Negotiate', 'false')])).toEqual(['authentication']);
    expect(classes([set('Service/Auth/Basic', 'false')], { mechanism: 'Basic', insideSpnego: false })).toEqual([
      'authentication',
    ]);
    expect(classes([set('Service/RootSDDL', 'O:NSG:BAD:P(A;;GR;;;IU)')])).toEqual(['permissions']);
    expect(classes([set('Service/IPv4Filter', '')])).toEqual(['address-filter']);
    expect(classes([set('Service/MaxConnections', '2')])).toEqual(['max-connections']);
    expect(classes([set('Service/AllowRemoteAccess', 'false')])).toEqual(['remote-access']);
    expect(classes([{ kind: 'stop-service' }])).toEqual(['service']);
    expect(classes([{ kind: 'set-firewall', enabled: false }])).toEqual(['firewall']);
    expect(classes([{ kind: 'set-plugin', name: 'WMI Provider', property: 'Enabled', value: 'false' }])).toEqual([
      'plugin',
    ]);
    expect(classes([{ kind: 'restore', what: 'config' }], { mechanism: 'Basic' })).toContain('listener-removed');
  });

  it('find none where there is none', () => {
    expect(classes([set('Service/Auth/Basic', 'false')])).toEqual([]);
    expect(classes([set('Client/AllowUnencrypted', 'true'), set('Winrs/IdleTimeout', '600000')])).toEqual([]);
    expect(
      classes([{ kind: 'edit-listener', ...http, ...whole, port: 7000 }], { port: 5986, transport: 'https' }),
    ).toEqual([]);
    expect(classes([set('Service/MaxConnections', '400')])).toEqual([]);
  });
});

it('compares two machines line by line, and tells apart what differs by nature', () => {
  const other = {
    ...before.config,
    settings: recorded.map((setting) => (setting.path === 'MaxTimeoutms' ? { ...setting, value: '90000' } : setting)),
    listeners: [{ ...http, hostname: 'other.corp.example' }],
  };
  expect(differencesOf(before.config, before.config)).toEqual([]);
  expect(
    differencesOf(before.config, other).map(({ subject, left, right, expected }) => [subject, left, right, expected]),
  ).toEqual([
    ['MaxTimeoutms', '60000', '90000', false],
    ['Listener *+HTTP › Host name', '', 'other.corp.example', true],
  ]);
});

it('reads a listener of another make: padded values, TRUE', () => {
  const uri = 'http://schemas.microsoft.com/wbem/wsman/1/config/listener';
  const listener = readListener(
    parseXml(
      `<c:Listener xmlns:c="${uri}" Source="GPO"><c:Address>\n*\n</c:Address><c:Transport>https</c:Transport><c:Port> 5986 </c:Port><c:Enabled>TRUE</c:Enabled></c:Listener>`,
    ),
  );
  expect(listener).toMatchObject({ address: '*', transport: 'HTTPS', port: 5986, enabled: true, source: 'GPO' });
});

describe('quickconfig scripts', () => {
  const script = (
    generation: Parameters<typeof quickconfigScript>[0]['generation'],
    transport: 'HTTP' | 'HTTPS' = 'HTTP',
  ) => quickconfigScript({ generation, transport, force: false });

  it('have the forms of their generation', () => {
    expect(script('windows-2003').lines).toEqual([
      'sc config WinRM start= auto',
      'net start WinRM',
      'winrm create winrm/config/listener?Address=*+Transport=HTTP',
      'netsh firewall add portopening TCP 80 "Windows Remote Management"',
    ]);
    expect(script('windows-2003').notes.join(' ')).toContain('KB936059');
    expect(script('windows-vista').notes.join(' ')).toContain('manual');
    expect(script('windows-2008').lines[0]).toBe('sc config WinRM start= delayed-auto');
    expect(script('windows-2012').lines[3]).toBe(
      'netsh advfirewall firewall add rule name="Windows Remote Management" dir=in action=allow protocol=TCP localport=5985 profile=domain,private',
    );
    expect(script('windows-7-2008r2', 'HTTPS').lines[2]).toContain('Transport=HTTPS @{Hostname="%COMPUTERNAME%"');
  });

  it('are files with Windows line ends, in ASCII, in which winrm is called', () => {
    for (const generation of [
      'windows-2003',
      'windows-vista',
      'windows-2008',
      'windows-7-2008r2',
      'windows-2012',
    ] as const) {
      const { cmd, ps1 } = script(generation);
      for (const { text } of [cmd, ps1]) {
        expect(text).toMatch(/^[\x20-\x7e\r\n]+$/);
        expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
      }
      expect(cmd.text).toContain('\r\ncall winrm create ');
      expect(ps1.text).toContain("cmd.exe /d /c 'winrm create ");
    }
  });
});
