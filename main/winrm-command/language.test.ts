/**
 * The language as a table: a line, what it becomes on the wire (or why it is refused), and its exit code. The machine is a script that answers every
 * action with the plainest answer there is; the line goes all the way from text to envelope and back.
 */
import { describe, expect, test } from 'vitest';
import { createClientOver } from '../wsman/client.ts';
import { type Asked, fakePool } from '../wsman/fake-pool.ts';
import { type ClientOptions, ns, serializeXml, type Target } from '../wsman/index.ts';
import { runPrinted, type TestEnvironment } from './test-environment.ts';

const wmi = 'http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2';
const config = 'http://schemas.microsoft.com/wbem/wsman/1/config';
const dmtf = 'http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2';

const instance =
  '<p:X xmlns:p="urn:p" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><p:A>1</p:A><p:B xsi:nil="true"/><p:C>x</p:C><p:C>y</p:C><p:D><p:E>1</p:E></p:D><p:RootSDDL>O:NSD:</p:RootSDDL></p:X>';

function answerTo({ action }: Asked): string {
  switch (action.slice(action.lastIndexOf('/') + 1)) {
    case 'Get':
    case 'Put':
      return instance;
    case 'Create':
      return `<x:ResourceCreated xmlns:x="${ns.transfer}"><a:Address>http://x</a:Address><a:ReferenceParameters><w:ResourceURI>urn:x</w:ResourceURI></a:ReferenceParameters></x:ResourceCreated>`;
    case 'Delete':
      return '';
    case 'Enumerate':
      return `<n:EnumerateResponse xmlns:n="${ns.enumeration}"><n:EnumerationContext/><w:Items>${instance}</w:Items><w:EndOfSequence/></n:EnumerateResponse>`;
    default:
      return '<p:M_OUTPUT xmlns:p="urn:p"><p:ReturnValue>10</p:ReturnValue></p:M_OUTPUT>';
  }
}

interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Each request: operation, URI, selectors, body and what else is not usual. */
  readonly wire: readonly string[];
  readonly target: Target | null;
  readonly options: ClientOptions;
}

async function run(line: string, more: TestEnvironment = {}): Promise<Ran> {
  let target: Target | null = null;
  let options: ClientOptions = {};
  const pool = fakePool(...Array.from({ length: 4 }, () => answerTo));
  const printed = await runPrinted(line, {
    createClient: (to, given = {}) => {
      target = to;
      options = given;
      return createClientOver(pool, to, given);
    },
    signIn: async () => ({ userName: 'CORP\\anna', password: 'unused' }),
    ask: async () => 'unused',
    readFile: async (path) => {
      if (path === 'missing.xml') throw new Error('there is no such file');
      return Buffer.from(path === 'bad.xml' ? '<a>' : '<?xml version="1.0"?>\n<f:File xmlns:f="urn:f">1</f:File>');
    },
    ...more,
  });
  return { ...printed, target, options, wire: pool.asked.map(describeRequest) };
}

function describeRequest({ action, soap, charset }: Asked): string {
  const selectors = soap.selectors.map(([name, value]) => `${name}=${value as string}`).join('+');
  const parts = [
    `${action.slice(action.lastIndexOf('/') + 1)} ${soap.resourceUri}${selectors === '' ? '' : `?${selectors}`}`,
    ...(soap.fragment === null ? [] : [`fragment ${soap.fragment.path} ${soap.fragment.dialect}`]),
    ...soap.options.map(({ name, value }) => `option ${name}=${value}`),
    ...(soap.operationTimeoutMs === 60_000 ? [] : [`timeout ${soap.operationTimeoutMs}`]),
    ...(charset === 'UTF-16' ? ['utf-16'] : []),
    // Declarations are as the writer likes them; one of the class itself is of interest.
    ...(soap.body === null ? [] : [serializeXml(soap.body).replace(/ xmlns:[a-oq-z]\w*="[^"]*"/g, '')]),
  ];
  return parts.join(' | ');
}

const get = (uri: string): RegExp => exactly(`Get ${uri}`);
const exactly = (text: string): RegExp => new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')}$`);
/** All of these stand in the request. */
const holding =
  (...texts: readonly string[]) =>
  (wire: string): void => {
    for (const text of texts) expect(wire).toContain(text);
  };
type Check = RegExp | ((wire: string) => void);

const service = `${wmi}/Win32_Service`;
const good: readonly (readonly [line: string, ...wire: Check[]])[] = [
  // Aliases, and every way to write one.
  ['winrm get wmicimv2/Win32_OperatingSystem', get(`${wmi}/Win32_OperatingSystem`)],
  ['winrm g wmi/root/cimv2/Win32_OperatingSystem', get(`${wmi}/Win32_OperatingSystem`)],
  ['winrm get cimv2/Win32_Processor?DeviceID=CPU0', get(`${dmtf}/Win32_Processor?DeviceID=CPU0`)],
  ['winrm get cimv2.9/Win32_Processor?DeviceID=CPU0', get(`${dmtf}/Win32_Processor?DeviceID=CPU0`)],
  ['winrm get wsman/config', get(config)],
  ['WINRM GET WINRM/config/Client', get(`${config}/Client`)],
  ['winrm g shell/cmd?ShellId=X', get('http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd?ShellId=X')],
  [`winrm get ${service}?Name=WinRM`, get(`${service}?Name=WinRM`)],
  ['winrm get https://schemas.microsoft.com/wbem/wsman/1/config', get(config)],
  // Selectors with quotation marks in and around them.
  ['winrm get wmicimv2/Win32_Service?Name="a+b c"', get(`${service}?Name=a+b c`)],
  [
    'winrm get wmicimv2/Win32_Group?Domain=CORP+Name=“Print Operators”',
    get(`${wmi}/Win32_Group?Domain=CORP+Name=Print Operators`),
  ],
  ["winrm get wmicimv2/Win32_Share?Name=Bob's", get(`${wmi}/Win32_Share?Name=Bob's`)],
  // Fragments.
  [
    'winrm g wmicimv2/Win32_OperatingSystem -fragment:Caption/text()',
    /^Get .* \| fragment Caption\/text\(\) http:\/\/www\.w3\.org\/TR\/1999\/REC-xpath-19991116$/,
  ],
  ['winrm g wmicimv2/Win32_OperatingSystem -fragment:A -dialect:urn:d', /fragment A urn:d$/],
  [
    'winrm g wmicimv2/Win32_OperatingSystem -fragment:A -dialect:http://www.w3.org/TR/1999/REC-xpath-19991116',
    /fragment A http:\/\/www\.w3/,
  ],
  // What goes with every operation.
  ['winrm get winrm/config -timeout:5000', /\| timeout 5000$/],
  ['winrm get winrm/config -r:web01 -encoding:utf-16', /\| utf-16$/],
  ['winrm get winrm/config -r:web01 -encoding:UTF-8', get(config)],
  ['winrm get winrm/config -r:web01 -pac:no_proxy', get(config)],
  ['winrm get winrm/config -r:web01 -usessl -skipRevocationcheck', get(config)],
  ['winrm get winrm/config -options:{a="b";c=$null}', /\| option a=b \| option c=null$/],
  // Enumerations.
  [
    'winrm e winrm/config/listener',
    holding(`Enumerate ${config}/listener`, 'OptimizeEnumeration', 'MaxElements>1000<'),
  ],
  ['winrm enum wmicimv2/Win32_Service -returntype:EPR', /EnumerationMode>EnumerateEPR</],
  ['winrm e wmicimv2/Win32_Service -returntype:objectandepr', /EnumerationMode>EnumerateObjectAndEPR</],
  ['winrm e wmicimv2/Win32_Service -returntype:object', (wire) => expect(wire).not.toContain('EnumerationMode')],
  ['winrm e wmicimv2/CIM_Service -shallow', /PolymorphismMode>None</],
  ['winrm e wmicimv2/CIM_Service -basepropertiesonly', /PolymorphismMode>ExcludeSubClassProperties</],
  [
    'winrm e wmicimv2/* -filter:"select * from Win32_Share where Name=\'a\'"',
    holding(
      `Enumerate ${wmi}/*`,
      'Dialect="http://schemas.microsoft.com/wbem/wsman/1/WQL"',
      'where Name=&apos;a&apos;',
    ),
  ],
  [
    'winrm e wmicimv2/* -dialect:http://schemas.microsoft.com/wbem/wsman/1/wql -filter:"select Name from Win32_Share"',
    /wsman\/1\/WQL"/,
  ],
  [
    'winrm e wmicimv2/Win32_Service -dialect:selector -filter:{StartMode="Auto";State="Stopped"}',
    holding(
      'SelectorFilter"',
      '<w:Selector Name="StartMode">Auto</w:Selector><w:Selector Name="State">Stopped</w:Selector>',
    ),
  ],
  [
    'winrm e wmicimv2/* -dialect:association -filter:{Object=Win32_Service?Name=WinRM}',
    holding(
      '/cimbinding/associationFilter"',
      'AssociatedInstances',
      `<w:ResourceURI>${service}</w:ResourceURI>`,
      '<w:Selector Name="Name">WinRM</w:Selector>',
    ),
  ],
  [
    'winrm e wmicimv2/* -dialect:association -associations -filter:{Object=Win32_Service?Name=WinRM;ResultClassName=Win32_DependentService;Role=Dependent}',
    holding('AssociationInstances', 'ResultClassName>Win32_DependentService<', 'Role>Dependent<'),
  ],
  [
    'winrm e wmicimv2/* -dialect:http://schemas.dmtf.org/wbem/wsman/1/cimbinding/AssociationFilter -filter:{object=wmicimv2/Win32_Service?Name="a;b";AssociationClassName=X;ResultRole=Y;IncludeResultProperty=A;IncludeResultProperty=B}',
    holding(
      '>a;b<',
      'AssociationClassName>X<',
      'ResultRole>Y<',
      'IncludeResultProperty>A<',
      'IncludeResultProperty>B<',
    ),
  ],
  // Set: what is there is read, changed and put whole.
  [
    'winrm set winrm/config/client @{A="2"}',
    get(`${config}/client`),
    holding(`Put ${config}/client`, '<p:A>2</p:A>', '<p:B xsi:nil="true"/>', '<p:C>y</p:C>'),
  ],
  [
    'winrm s winrm/config/client @{A=$null;B="<&>"}',
    get(`${config}/client`),
    holding('<p:A xsi:nil="true"/>', '<p:B>&lt;&amp;&gt;</p:B>'),
  ],
  ['winrm put winrm/config/client -file:x.xml', holding(`Put ${config}/client`, '<f:File>1</f:File>')],
  [
    'winrm p wmicimv2/Win32_Environment?Name=a+UserName=b -fragment:A @{A="2"}',
    /^Get .*fragment A/,
    holding('Put', 'fragment A', 'XmlFragment', '<p:A>2</p:A>'),
  ],
  // Create, delete.
  [
    'winrm create winrm/config/Listener?Address=*+Transport=HTTPS @{Hostname="a";CertificateThumbprint=""}',
    holding(
      `Create ${config}/Listener?Address=*+Transport=HTTPS`,
      `<p:Listener xmlns:p="${config}/Listener"><p:Hostname>a</p:Hostname><p:CertificateThumbprint/></p:Listener>`,
    ),
  ],
  ['winrm c winrm/config/listener?Address=*+Transport=HTTP', holding(`<p:listener xmlns:p="${config}/listener"/>`)],
  [
    'winrm create shell/cmd -file:x.xml',
    holding('Create http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd', '<f:File'),
  ],
  [
    'winrm d winrm/config/listener?Address=*+Transport=HTTP',
    exactly(`Delete ${config}/listener?Address=*+Transport=HTTP`),
  ],
  // Invoke: lower case, whole URIs, values.
  [
    'winrm invoke stopservice wmicimv2/Win32_Service?name=w32time',
    exactly(`stopservice ${service}?name=w32time | <p:stopservice_INPUT xmlns:p="${service}"/>`),
  ],
  ['winrm i StartService wmicimv2/Win32_Service?Name=W32Time @{}', holding('<p:StartService_INPUT')],
  [
    `winrm i ${service}/StopService wmicimv2/Win32_Service?Name=x`,
    holding(`StopService ${service}?Name=x`, `<p:StopService_INPUT xmlns:p="${service}"/>`),
  ],
  [
    'winrm i Create wmicimv2/Win32_Process @{CommandLine="cmd /c a&b";CurrentDirectory=$null}',
    holding('<p:CommandLine>cmd /c a&amp;b</p:CommandLine><p:CurrentDirectory xsi:nil="true"/>'),
  ],
  ['winrm i Create wmicimv2/Win32_Process -file:x.xml', holding('| <f:File>1</f:File>')],
  ['winrm i Restore winrm/config @{}', exactly(`Restore ${config} | <p:Restore_INPUT xmlns:p="${config}"/>`)],
  // Configsddl.
  ['winrm configsddl default', get(`${config}/service`)],
  [
    'winrm configsddl default O:NSG:BAD:P(A;;GA;;;BA)',
    get(`${config}/service`),
    holding(`Put ${config}/service`, '<p:RootSDDL>O:NSG:BAD:P(A;;GA;;;BA)</p:RootSDDL>'),
  ],
];

const places: readonly (readonly [remote: string, url: string])[] = [
  ['', 'http localhost 5985 /wsman'],
  ['-r', 'http localhost 5985 /wsman'],
  ['-r:localhost', 'http localhost 5985 /wsman'],
  ['-r:WEB01', 'http WEB01 5985 /wsman'],
  ['-remote:web01.corp.example', 'http web01.corp.example 5985 /wsman'],
  ['-machine:10.0.0.4', 'http 10.0.0.4 5985 /wsman'],
  ['-r:[2001:db8::1]', 'http 2001:db8::1 5985 /wsman'],
  ['-r:[2001:db8::1]:5999/x', 'http 2001:db8::1 5999 /x'],
  ['-r:http://web01', 'http web01 80 /wsman'],
  ['-r:https://web01', 'https web01 443 /wsman'],
  ['-r:https://web01:8443/prefix', 'https web01 8443 /prefix'],
  ['-r:web01 -usessl', 'https web01 5986 /wsman'],
  ['-r:web01:1 -ssl', 'https web01 1 /wsman'],
];

const bad: readonly (readonly [line: string, exitCode: number, message: RegExp])[] = [
  ['winrm', 0, /^$/],
  ['format c:', 2, /no command "format"/],
  ['winrm explode x', 1, /no operation "explode"/],
  ['winrm get', 1, /needs a resource URI/],
  ['winrm get nowhere/x', 1, /is no alias/],
  ['winrm get winrm/config extra', 1, /does not know what to do with "extra"/],
  ['winrm get winrm/config @{A="1"}', 1, /takes no @\{…\}/],
  ['winrm get winrm/config -file:x.xml', 1, /-file does not go with get/],
  ['winrm delete winrm/config -fragment:A', 1, /belongs to get and set/],
  ['winrm get wmicimv2/Win32_Service?Name', 1, /not of the form Name=Value/],
  ['winrm get wmicimv2/Win32_Service?Name=a+name=b', 1, /given twice/],
  ['winrm get winrm/config -r:web01 -r:web02', 1, /given twice/],
  ['winrm set winrm/config', 1, /needs what to set/],
  ['winrm set winrm/config @{}', 1, /needs what to set/],
  ['winrm set winrm/config @{A=1}', 1, /of the form @\{KEY="VALUE"/],
  ['winrm set winrm/config @{A="1"} @{B="2"}', 1, /one @\{…\} and no more/],
  ['winrm set winrm/config @{A="1";a="2"}', 1, /given twice/],
  ['winrm set winrm/config @{A="1"} -file:x.xml', 1, /not both/],
  ['winrm set winrm/config @{Nothing="1"}', 1, /no property Nothing/],
  ['winrm set winrm/config @{a="1"}', 1, /written A/],
  ['winrm set winrm/config @{C="1"}', 1, /there 2 times/],
  ['winrm set winrm/config @{D="1"}', 1, /more than one value/],
  ['winrm set winrm/config -file:missing.xml', 1, /cannot be read: there is no such file/],
  ['winrm set winrm/config -file:bad.xml', 1, /well-formed/],
  ['winrm invoke', 1, /an action and a resource URI/],
  ['winrm invoke Stop!Service wmicimv2/Win32_Service?Name=a', 1, /cannot be an action/],
  ['winrm i Create wmicimv2/Win32_Process @{1a="x"}', 1, /cannot be the name of a parameter/],
  ['winrm e wmicimv2/Win32_Service -shallow -basepropertiesonly', 1, /exclude each other/],
  ['winrm e wmicimv2/Win32_Service -returntype:all', 1, /object, epr or objectandepr/],
  ['winrm e wmicimv2/Win32_Service -associations', 1, /-dialect:association/],
  ['winrm e wmicimv2/* -dialect:association', 1, /no -filter/],
  ['winrm e wmicimv2/* -dialect:association -filter:{Role=x}', 1, /has the form/],
  ['winrm e wmicimv2/* -dialect:association -filter:{Object=A?B=c;Object=A?B=d}', 1, /one Object/],
  ['winrm e wmicimv2/Win32_Service -dialect:association -filter:{Object=A?B=c}', 1, /to a namespace/],
  [
    'winrm e wmicimv2/* -dialect:association -associations -filter:{Object=A?B=c;ResultRole=x}',
    1,
    /ResultRole has no meaning/,
  ],
  ['winrm e wmicimv2/* -dialect:xquery -filter:x', 1, /wql, selector or association/],
  ['winrm get winrm/config -dialect:selector', 1, /no -fragment/],
  ['winrm get winrm/config -fragment:A -dialect:xpath', 1, /is a URI/],
  ['winrm get winrm/config -f:yaml', 1, /text, xml or pretty/],
  ['winrm get winrm/config -encoding:utf-16', 1, /needs -remote/],
  ['winrm get winrm/config -r:web01 -encoding:latin1', 1, /utf-8 or utf-16/],
  ['winrm get winrm/config -usessl', 1, /needs -remote/],
  ['winrm get winrm/config -r:https://web01 -usessl', 1, /exclude each other/],
  ['winrm get winrm/config -r:ftp://web01', 1, /http or https/],
  ['winrm get winrm/config -r:2001:db8::1', 1, /in brackets/],
  ['winrm get winrm/config -r:anna@web01', 1, /goes into -u/],
  ['winrm get winrm/config -r:web01:99999', 1, /1 to 65535/],
  ['winrm get winrm/config -r:web01 -timeout:soon', 1, /milliseconds/],
  ['winrm get winrm/config -r:web01 -pac:proxy', 1, /ie_settings/],
  ['winrm get winrm/config -r:web01 -pac:ie_settings', 1, /uses no proxy/],
  ['winrm get winrm/config -r:web01 -proxyaccess:auto_detect -pa:negotiate -pu:a -pp:b', 1, /uses no proxy/],
  ['winrm get winrm/config -r:web01 -pa:basic', 1, /needs -proxyaccess/],
  ['winrm get winrm/config -r:web01 -pac:no_proxy -pu:a', 1, /needs -proxyauth/],
  ['winrm get winrm/config -r:web01 -pac:no_proxy -pp:a', 1, /needs -proxyusername/],
  ['winrm get winrm/config -r:web01 -pac:no_proxy -pa:kerberos', 1, /basic, digest or negotiate/],
  ['winrm get winrm/config -pac:no_proxy', 1, /needs -remote/],
  ['winrm get winrm/config -r:web01 -a:credssp -u:a', 1, /not in this version/],
  ['winrm get winrm/config -r:web01 -a:none', 1, /Only winrm id/],
  ['winrm get winrm/config -r:web01 --usessl', 1, /one dash/],
  ['winrm get winrm/config -frobnicate', 1, /no switch -frobnicate/],
  ['winrm get winrm/config -quiet', 1, /belongs to quickconfig/],
  ['winrm qc -transport:ftp', 1, /http or https/],
  ['winrm qc winrm/config', 1, /does not know what to do/],
  ['winrm configsddl default nonsense', 1, /no security descriptor/],
  ['winrm configsddl default O:NSD: again', 1, /and an SDDL/],
  ['winrm helpmsg', 1, /takes one number/],
  ['winrm helpmsg five', 1, /takes one number/],
  ['winrm helpmsg 0x123456789', 1, /takes one number/],
  ['winrm helpmsg 0x1234', 1, /no message/],
  ['winrm help nonsense', 1, /no help on "nonsense"/],
  ['windeck completion fish', 1, /bash, zsh or powershell/],
  ['winrm get "winrm/config', 1, /never closed/],
  ['winrm get winrm/config -options:{a}', 1, /of the form/],
];

describe('a line becomes these requests, and ends with 0', () => {
  for (const [line, ...checks] of good) {
    test(line, async () => {
      const { exitCode, wire, stderr } = await run(line);
      expect({ exitCode, wrong: stderr.replace(/^\w+ returned 10: .*\n|^\w+ returned 10, .*\n/, '') }).toEqual({
        exitCode: 0,
        wrong: '',
      });
      expect(wire).toHaveLength(checks.length);
      for (const [n, check] of checks.entries()) {
        if (check instanceof RegExp) expect(wire[n]).toMatch(check);
        else check(wire[n]!);
      }
    });
  }
});

describe('where it goes', () => {
  test.each(places)('winrm get winrm/config %s', async (remote, url) => {
    const { target } = await run(`winrm get winrm/config ${remote} -u:anna -p:unused -a:negotiate -trusted`);
    const { transport, host, port, path } = target!;
    expect(`${transport} ${host} ${port} ${path}`).toBe(url);
  });
});

describe('a line is refused', () => {
  test.each(bad)('%s', async (line, exitCode, message) => {
    const { wire, ...printed } = await run(line);
    expect(printed.exitCode).toBe(exitCode);
    expect(printed.stderr).toMatch(message);
    // Whatever is wrong is said before anything could change.
    expect(wire.filter((request) => !request.startsWith('Get '))).toEqual([]);
    if (exitCode > 0) expect(printed.stdout).toBe('');
  });

  test('there are at least sixty lines, good and bad', () => {
    expect(good.length).toBeGreaterThanOrEqual(40);
    expect(bad.length).toBeGreaterThanOrEqual(60);
  });
});

describe('what could cut the way to the machine', () => {
  const risky = [
    'winrm delete winrm/config/listener?Address=*+Transport=HTTP',
    'winrm set winrm/config/service/auth @{A="false";RootSDDL="O:NSD:"}',
    'winrm invoke Restore winrm/config @{}',
    'winrm invoke stopservice wmicimv2/Win32_Service?Name=winrm',
    'winrm configsddl default O:NSG:BAD:P(A;;GA;;;BA)',
    'winrm invoke create wmicimv2/Win32_Process @{CommandLine="cmd /c net stop WinRM"}',
  ];
  test.each(risky)('%s asks where somebody can be asked', async (line) => {
    const asked: string[] = [];
    const confirm = (answer: boolean) => async (question: string) => {
      asked.push(question);
      return answer;
    };
    const refused = await run(line, { confirm: confirm(false) });
    expect(refused).toMatchObject({ exitCode: 1, wire: [], stderr: 'Error: Nothing was changed.\n' });
    expect(asked[0]).toMatch(/could cut the way to localhost/);
    expect((await run(line, { confirm: confirm(true) })).exitCode).toBe(0);
    expect(asked).toHaveLength(2);
    // A script is not asked.
    expect((await run(line)).exitCode).toBe(0);
  });

  test.each([
    'winrm get winrm/config',
    'winrm set winrm/config/client @{A="2"}',
    'winrm i StopService wmicimv2/Win32_Service?Name=Spooler',
    'winrm set winrm/config @{A="2"}',
    'winrm i Create wmicimv2/Win32_Process @{CommandLine="net stop Spooler"}',
  ])('%s does not', async (line) => {
    const confirm = async () => {
      throw new Error('asked');
    };
    expect((await run(line, { confirm })).exitCode).toBe(0);
  });
});

describe('exit codes and streams', () => {
  test('a method that returns 10 ends with 0, its meaning on standard error', async () => {
    const { exitCode, stdout, stderr } = await run('winrm i StartService wmicimv2/Win32_Service?Name=W32Time');
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'M_OUTPUT\n    ReturnValue = 10\n\n' });
    expect(stderr).toBe('StartService returned 10: the service is already running.\n');
  });

  test('helpmsg by any way to write the number', async () => {
    const texts = await Promise.all(
      ['0x803380FA', '2150859002', '-2144108294'].map(async (code) => (await run(`winrm helpmsg ${code}`)).stdout),
    );
    expect(new Set(texts).size).toBe(1);
    expect(texts[0]).toMatch(/^ERROR_WSMAN_\w+ -2144108294 0x803380FA\n.+\n/);
    expect((await run('winrm helpmsg 0x80070005')).stdout).toMatch(/^E_ACCESSDENIED/);
    // No sentence of our own: the name is spelled out.
    expect((await run('winrm helpmsg 2150858760')).stdout).toBe(
      'ERROR_WSMAN_SUBSCRIPTION_CLOSED -2144108536 0x80338008\nSubscription closed.\n',
    );
  });
});
