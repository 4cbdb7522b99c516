import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { childrenOf, descend, type XmlElement } from '../wsman/xml.ts';
import { countIn, createBasicClient, faultCode, type SoapAnswer, type SoapClient, textIn } from './lab-test-client.ts';
import {
  configUri,
  enumerateBody,
  enumeration,
  type RequestParts,
  requestMessage,
  transfer,
  wmiUri,
} from './lab-test-messages.ts';
import { type Lab, type LabMachine, startLab } from './start-lab.ts';

let lab: Lab;
let machine: LabMachine;
let client: SoapClient;
beforeAll(async () => {
  lab = await startLab({ machines: 7, https: true, pendingMs: 1000 });
  machine = lab.machines[0]!;
  client = createBasicClient(machine);
});
afterAll(async () => {
  client?.close();
  await lab?.close();
});

const send = (parts: RequestParts): Promise<SoapAnswer> => client.send(requestMessage(parts));
const get = (className: string, selectors?: Record<string, string>, more: Partial<RequestParts> = {}) =>
  send({ action: `${transfer}/Get`, resourceUri: wmiUri(className), ...(selectors ? { selectors } : {}), ...more });
const query = (wql: string, maxElements?: number) =>
  send({ action: `${enumeration}/Enumerate`, resourceUri: wmiUri('*'), body: enumerateBody(wql, maxElements) });
const invoke = (method: string, className: string, selectors: Record<string, string>, input = '') =>
  send({
    action: `${wmiUri(className)}/${method}`,
    resourceUri: wmiUri(className),
    selectors,
    body: `<q:${method}_INPUT xmlns:q="${wmiUri(className)}">${input}</q:${method}_INPUT>`,
  });
const rows = (answer: SoapAnswer): readonly XmlElement[] =>
  descend(answer.root, 'Body', 'EnumerateResponse', 'Items')?.children ??
  descend(answer.root, 'Body', 'PullResponse', 'Items')?.children ??
  [];
const subcode = (answer: SoapAnswer): string | null => /<s:Subcode><s:Value>([^<]*)</.exec(answer.text)?.[1] ?? null;

describe('headers', () => {
  const win32Service = {
    action: `${transfer}/Get`,
    resourceUri: wmiUri('Win32_Service'),
    selectors: { Name: 'WinRM' },
  };
  it.each([
    ['ReplyTo', 2150858769, 'a:MessageInformationHeaderRequired'],
    ['Action', 2150858769, 'a:MessageInformationHeaderRequired'],
    ['MessageID', 2150858769, 'a:MessageInformationHeaderRequired'],
    ['ResourceURI', 2150858811, 'a:DestinationUnreachable'],
  ])('insists on %s', async (name, code, expected) => {
    const answer = await send({ ...win32Service, without: [name] });
    expect([answer.status, faultCode(answer), subcode(answer)]).toEqual([500, code, expected]);
    expect(textIn(answer, 'Action')).toBe('http://schemas.xmlsoap.org/ws/2004/08/addressing/fault');
  });

  it('does not do without MaxEnvelopeSize, Locale and OperationTimeout only', async () => {
    expect((await send({ ...win32Service, without: ['MaxEnvelopeSize', 'Locale', 'OperationTimeout'] })).status).toBe(
      200,
    );
  });

  it('faults on an unknown header that must be understood, and passes over one that need not be', async () => {
    const unknown = (must: string): string => `<z:Thing xmlns:z="urn:z" s:mustUnderstand="${must}"/>`;
    const refused = await send({ ...win32Service, headers: unknown('true') });
    expect([faultCode(refused), textIn(refused, 'Value')]).toEqual([2150858768, 's:MustUnderstand']);
    expect((await send({ ...win32Service, headers: unknown('false') })).status).toBe(200);
    // Without the namespace of SOAP the attribute means nothing.
    expect((await send({ ...win32Service, headers: '<z:Thing xmlns:z="urn:z" mustUnderstand="true"/>' })).status).toBe(
      200,
    );
  });

  it('faults on Locale marked mustUnderstand, a small MaxEnvelopeSize and a foreign reply address', async () => {
    const locale = await send({
      ...win32Service,
      without: ['Locale'],
      headers: '<w:Locale xml:lang="en-US" s:mustUnderstand="true"/>',
    });
    expect([faultCode(locale), subcode(locale)]).toEqual([2150858887, 'w:UnsupportedFeature']);
    const small = await send({ ...win32Service, maxEnvelopeSize: 8191 });
    expect([faultCode(small), subcode(small)]).toEqual([2150858805, 'w:EncodingLimit']);
    const reply = await send({
      ...win32Service,
      without: ['ReplyTo'],
      headers: '<a:ReplyTo><a:Address>http://elsewhere/</a:Address></a:ReplyTo>',
    });
    expect(faultCode(reply)).toBe(2150858870);
  });

  it('relates its answers to the request, in the header order of Windows', async () => {
    const answer = await send({ ...win32Service, messageId: 'uuid:11111111-2222-3333-4444-555555555555' });
    expect(textIn(answer, 'RelatesTo')).toBe('uuid:11111111-2222-3333-4444-555555555555');
    const header = descend(answer.root, 'Header')!;
    expect(header.children.map(({ local }) => local)).toEqual(['Action', 'MessageID', 'To', 'RelatesTo']);
    expect(answer.text).not.toMatch(/<s:Header>.*mustUnderstand.*<\/s:Header>/);
  });

  it('answers a broken body with a fault', async () => {
    const answer = await client.send('<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>');
    expect([answer.status, faultCode(answer)]).toEqual([500, 2150858819]);
  });
});

describe('Get', () => {
  it('finds a service by its key without regard to case, properties in alphabetical order', async () => {
    const answer = await get('win32_service', { NAME: 'wInRm' });
    const instance = descend(answer.root, 'Body')!.children[0]!;
    expect([instance.local, instance.namespace]).toEqual(['Win32_Service', wmiUri('Win32_Service')]);
    const names = instance.children.map(({ local }) => local);
    expect(names).toHaveLength(26);
    expect(names.indexOf('Started')).toBeLessThan(names.indexOf('StartMode'));
    expect(names).toEqual([...names].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)));
    expect(answer.text).toContain('<p:InstallDate xsi:nil="true"/>');
  });

  it('needs the keys of a class that is no singleton', async () => {
    expect(faultCode(await get('Win32_Service'))).toBe(2150859002);
    expect(faultCode(await get('Win32_Service', { Nonsense: 'x' }))).toBe(2150858843);
    expect(faultCode(await get('Win32_Service', { Name: 'NoSuchService' }))).toBe(2150858752);
    expect(faultCode(await get('Win32_NoSuchClass'))).toBe(2150858752);
    expect(faultCode(await get('Win32_Environment', { Name: 'OS' }))).toBe(2150858842);
  });

  it('gives singletons, datetimes, arrays and 64-bit numbers', async () => {
    const system = await get('Win32_OperatingSystem');
    expect(textIn(system, 'Version')).toBe('10.0.20348');
    expect(system.text).toMatch(
      /<p:LastBootUpTime><cim:Datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z<\/cim:Datetime>/,
    );
    const adapter = await get('Win32_NetworkAdapterConfiguration', { Index: '1' });
    expect(countIn(adapter, 'p:IPAddress>')).toBe(2);
    const unused = await get('Win32_NetworkAdapterConfiguration', { Index: '0' });
    expect(unused.text).toContain('<p:IPAddress xsi:nil="true"/>');
    const disk = await get('Win32_LogicalDisk', { DeviceID: 'c:' });
    expect(BigInt(textIn(disk, 'Size')!)).toBeGreaterThan(50n * 1024n ** 3n);
  });

  it('refuses a __cimnamespace selector that contradicts the URI, takes one that agrees', async () => {
    expect(faultCode(await get('Win32_Service', { Name: 'WinRM', __cimnamespace: 'root/other' }))).toBe(2150859067);
    expect((await get('Win32_Service', { Name: 'WinRM', __cimnamespace: 'root/cimv2' })).status).toBe(200);
  });

  it('shows DelayedAutoStart only where Windows has it', async () => {
    const old = lab.machines[4]!;
    const oldClient = createBasicClient(old);
    const system = await oldClient.send(
      requestMessage({ action: `${transfer}/Get`, resourceUri: wmiUri('Win32_OperatingSystem') }),
    );
    expect(textIn(system, 'Version')).toBe('6.3.9600');
    const service = await oldClient.send(
      requestMessage({ action: `${transfer}/Get`, resourceUri: wmiUri('Win32_Service'), selectors: { Name: 'WinRM' } }),
    );
    const asked = await oldClient.send(
      requestMessage({
        action: `${enumeration}/Enumerate`,
        resourceUri: wmiUri('*'),
        body: enumerateBody('select Name,DelayedAutoStart from Win32_Service'),
      }),
    );
    oldClient.close();
    expect(faultCode(asked)).toBe(2150858778);
    expect(asked.text).toContain('Invalid query');
    expect(service.text).not.toContain('DelayedAutoStart');
    expect((await get('Win32_Service', { Name: 'WinRM' })).text).toContain('DelayedAutoStart');
  });
});

describe('fragments', () => {
  const fragment = (path: string, must = 'true'): string =>
    `<w:FragmentTransfer s:mustUnderstand="${must}" Dialect="http://www.w3.org/TR/1999/REC-xpath-19991116">${path}</w:FragmentTransfer>`;
  it('gives an element, its text, one of an array', async () => {
    const whole = await get('Win32_Processor', { DeviceID: 'CPU0' }, { headers: fragment('LoadPercentage') });
    expect(whole.text).toMatch(/<w:XmlFragment [^>]*><LoadPercentage>\d+<\/LoadPercentage><\/w:XmlFragment>/);
    expect(whole.text).toContain('<w:FragmentTransfer s:mustUnderstand="true"');
    const text = await get('Win32_OperatingSystem', undefined, { headers: fragment('Caption/text()') });
    expect(text.text).toMatch(/<w:XmlFragment [^>]*>Microsoft Windows Server 2022[^<]*<\/w:XmlFragment>/);
    const second = await get(
      'Win32_NetworkAdapterConfiguration',
      { Index: '1' },
      { headers: fragment('IPAddress[2]') },
    );
    expect(second.text).toMatch(/<IPAddress>fe80::/);
  });
  it('refuses what Windows refuses', async () => {
    const code = async (path: string, must?: string) =>
      faultCode(await get('Win32_OperatingSystem', undefined, { headers: fragment(path, must) }));
    expect(await code('caption')).toBe(2150858899);
    expect(await code('/Win32_OperatingSystem/Caption')).toBe(2150858778);
    expect(await code('')).toBe(2150858897);
    expect(await code('Caption', 'false')).toBe(2150858767);
    const config = await send({ action: `${transfer}/Get`, resourceUri: configUri, headers: fragment('MaxTimeoutms') });
    expect(faultCode(config)).toBe(2150858871);
  });
});

describe('Enumerate, Pull, Release', () => {
  const start = (body: string, className = 'Win32_Service') =>
    send({
      action: `${enumeration}/Enumerate`,
      resourceUri: wmiUri(className),
      body: `<n:Enumerate>${body}</n:Enumerate>`,
    });
  const pull = (context: string, most?: number, className = 'Win32_Service') =>
    send({
      action: `${enumeration}/Pull`,
      resourceUri: wmiUri(className),
      body: `<n:Pull><n:EnumerationContext>${context}</n:EnumerationContext>${most === undefined ? '' : `<n:MaxElements>${most}</n:MaxElements>`}</n:Pull>`,
    });
  const contextOf = (answer: SoapAnswer): string => textIn(answer, 'EnumerationContext') ?? '';

  it('enumerates step by step, with a new context each time', async () => {
    const first = await start('');
    expect(rows(first)).toHaveLength(0);
    const one = await pull(contextOf(first));
    expect(rows(one)).toHaveLength(1);
    expect(one.text).toContain('<n:Items>');
    expect(contextOf(one)).not.toBe(contextOf(first));
    expect(faultCode(await pull(contextOf(first)))).toBe(2150858779);
    const names = new Set(rows(one).map((row) => childrenOf(row, 'Name')[0]!.text));
    let answer = one;
    for (let turn = 0; turn < 50 && !answer.text.includes('EndOfSequence'); turn++) {
      answer = await pull(contextOf(answer), 40);
      for (const row of rows(answer)) names.add(childrenOf(row, 'Name')[0]!.text);
    }
    expect(answer.text).toContain('<n:EndOfSequence/>');
    expect(answer.text).not.toContain('EnumerationContext');
    expect(names.size).toBeGreaterThanOrEqual(150);
  });

  it('puts items and end into the namespace of WS-Man where the enumeration is optimised', async () => {
    const answer = await start('<w:OptimizeEnumeration/><w:MaxElements>32000</w:MaxElements>', 'Win32_LogicalDisk');
    expect(answer.text).toContain('<n:EnumerationContext/><w:Items>');
    expect(answer.text).toContain('</w:Items><w:EndOfSequence/>');
    expect(rows(answer).length).toBeGreaterThanOrEqual(2);
  });

  it('fills an envelope no further than MaxEnvelopeSize', async () => {
    const answer = await send({
      action: `${enumeration}/Enumerate`,
      resourceUri: wmiUri('Win32_Service'),
      maxEnvelopeSize: 20_000,
      body: '<n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>32000</w:MaxElements></n:Enumerate>',
    });
    expect(Buffer.byteLength(answer.text)).toBeLessThanOrEqual(20_000);
    expect(rows(answer).length).toBeGreaterThan(3);
    expect(rows(answer).length).toBeLessThan(20);
    const released = await send({
      action: `${enumeration}/Release`,
      resourceUri: wmiUri('Win32_Service'),
      body: `<n:Release><n:EnumerationContext>${contextOf(answer)}</n:EnumerationContext></n:Release>`,
    });
    expect(released.status).toBe(200);
    expect(textIn(released, 'Action')).toBe(`${enumeration}/ReleaseResponse`);
    expect(faultCode(await pull(contextOf(answer)))).toBe(2150858779);
  });

  it('counts the enumerations that are open', async () => {
    const before = (await lab.statistics(machine.name)).openEnumerations;
    const answer = await start('');
    expect((await lab.statistics(machine.name)).openEnumerations).toBe(before + 1);
    await pull(contextOf(answer), 32_000);
    expect((await lab.statistics(machine.name)).openEnumerations).toBe(before);
  });

  it('gives EPRs, and objects with EPRs', async () => {
    const eprs = await start(
      '<w:OptimizeEnumeration/><w:MaxElements>2</w:MaxElements><w:EnumerationMode>EnumerateEPR</w:EnumerationMode>',
    );
    expect(rows(eprs).map(({ local }) => local)).toEqual(['EndpointReference', 'EndpointReference']);
    expect(eprs.text).toContain('<w:Selector Name="Name">');
    const both = await start(
      '<w:OptimizeEnumeration/><w:MaxElements>1</w:MaxElements><w:EnumerationMode>EnumerateObjectAndEPR</w:EnumerationMode>',
    );
    expect(rows(both)[0]!.children.map(({ local }) => local)).toEqual(['Win32_Service', 'EndpointReference']);
    expect(faultCode(await start('<w:EnumerationMode>Sideways</w:EnumerationMode>'))).toBe(2150858886);
  });

  it('answers WQL with whole instances or with rows in alphabetical order', async () => {
    const all = await query("SELECT * FROM Win32_Service WHERE Name = 'WinRM'");
    expect(rows(all).map(({ namespace }) => namespace)).toEqual([wmiUri('Win32_Service')]);
    const some = await query(
      "select State, name from win32_service where startmode = 'auto' and not state = 'Running' or Name like 'WinR_'",
    );
    expect(rows(some).length).toBeGreaterThanOrEqual(2);
    for (const row of rows(some)) {
      expect([row.local, row.namespace]).toEqual(['XmlFragment', 'http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd']);
      expect(row.children.map(({ local, namespace }) => `${namespace}|${local}`)).toEqual(['|Name', '|State']);
    }
    const dates = await query('select LastBootUpTime from Win32_OperatingSystem');
    expect(dates.text).toMatch(/<LastBootUpTime><Datetime>/);
  });

  it('takes a query to the all-classes URI of the DMTF, and a class there by its namespace', async () => {
    const selectors = { __cimnamespace: 'root/cimv2' };
    const all = await send({
      action: `${enumeration}/Enumerate`,
      resourceUri: 'http://schemas.dmtf.org/wbem/wscim/1/*',
      selectors,
      body: enumerateBody("select * from Win32_Service where Name = 'WinRM'"),
    });
    expect(rows(all).map(({ namespace }) => namespace)).toEqual([wmiUri('Win32_Service')]);
    const one = await send({
      action: `${transfer}/Get`,
      resourceUri: 'http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/Win32_Service',
      selectors: { ...selectors, Name: 'winrm' },
    });
    expect(textIn(one, 'Name')).toBe('WinRM');
  });

  it('finds the classes that derive from the one in the query', async () => {
    const base = await query("select * from Win32_BaseService where Name = 'WinRM' or Name = 'HTTP'");
    expect(
      rows(base)
        .map(({ local }) => local)
        .sort(),
    ).toEqual(['Win32_Service', 'Win32_SystemDriver']);
  });

  it('refuses what it cannot process', async () => {
    const nowhere = await query('select * from Win32_NoSuchClass');
    expect([faultCode(nowhere), subcode(nowhere)]).toEqual([2150858778, 'n:CannotProcessFilter']);
    expect(nowhere.text).toContain('f:ProviderFault');
    expect(textIn(nowhere, 'Action')).toBe(`${enumeration}/fault`);
    expect(faultCode(await query('selec * from Win32_Service'))).toBe(2150858778);
    expect(faultCode(await query('select Nonsense from Win32_Service'))).toBe(2150858778);
    const unknown = await start('<w:Filter Dialect="urn:unknown">x</w:Filter>');
    expect(faultCode(unknown)).toBe(2150858777);
    const noQuery = await send({
      action: `${enumeration}/Enumerate`,
      resourceUri: wmiUri('*'),
      body: '<n:Enumerate/>',
    });
    expect(faultCode(noQuery)).toBe(2150859003);
    const onClass = await send({
      action: `${enumeration}/Enumerate`,
      resourceUri: wmiUri('Win32_Service'),
      body: enumerateBody('select * from Win32_Service'),
    });
    expect(faultCode(onClass)).toBe(2150859003);
  });

  it('filters by selectors', async () => {
    const filter = (selectors: string) =>
      start(
        `<w:OptimizeEnumeration/><w:MaxElements>32000</w:MaxElements><w:Filter Dialect="http://schemas.dmtf.org/wbem/wsman/1/wsman/SelectorFilter"><w:SelectorSet>${selectors}</w:SelectorSet></w:Filter>`,
      );
    const stopped = await filter(
      '<w:Selector Name="startmode">disabled</w:Selector><w:Selector Name="State">Stopped</w:Selector>',
    );
    expect(rows(stopped).length).toBeGreaterThan(5);
    expect(countIn(stopped, 'p:StartMode>Disabled<')).toBe(rows(stopped).length);
    expect(faultCode(await filter('<w:Selector Name="InstallDate">x</w:Selector>'))).toBe(2150858778);
    expect(faultCode(await filter('<w:Selector Name="Name">a"b</w:Selector>'))).toBe(2150858778);
  });

  it('shows what depends on a service by reference', async () => {
    const answer = await query('select * from Win32_DependentService');
    const pairs = rows(answer).map((row) => {
      const selector = (property: string) =>
        descend(childrenOf(row, property)[0], 'ReferenceParameters', 'SelectorSet')!.children.find(({ attributes }) =>
          attributes.some(({ value }) => value === 'Name'),
        )!.text;
      return `${selector('Antecedent')} <- ${selector('Dependent')}`;
    });
    expect(pairs).toEqual(
      expect.arrayContaining([
        'LanmanWorkstation <- Netlogon',
        'LanmanWorkstation <- SessionEnv',
        'RpcSs <- WinRM',
        'HTTP <- WinRM',
      ]),
    );
  });
});

describe('methods', () => {
  it('stops and starts a service through pending states, whatever the case of the method', async () => {
    const before = await lab.statistics(machine.name);
    const stopped = await invoke('stopservice', 'Win32_Service', { Name: 'w32time' });
    expect(textIn(stopped, 'ReturnValue')).toBe('0');
    expect(descend(stopped.root, 'Body')!.children[0]!.local).toBe('StopService_OUTPUT');
    const state = async (): Promise<string | null> => textIn(await get('Win32_Service', { Name: 'W32Time' }), 'State');
    expect(await state()).toBe('Stop Pending');
    await expect.poll(state, { timeout: 5000, interval: 30 }).toBe('Stopped');
    expect(textIn(await get('Win32_Service', { Name: 'W32Time' }), 'ProcessId')).toBe('0');
    expect(textIn(await invoke('STARTSERVICE', 'Win32_Service', { Name: 'w32time' }), 'ReturnValue')).toBe('0');
    await expect.poll(state, { timeout: 5000, interval: 30 }).toBe('Running');
    expect(textIn(await invoke('StartService', 'Win32_Service', { Name: 'w32time' }), 'ReturnValue')).toBe('10');
    const after = await lab.statistics(machine.name);
    const ran = (name: string): number => (after.executed[name] ?? 0) - (before.executed[name] ?? 0);
    expect([ran('Win32_Service.StopService'), ran('Win32_Service.StartService')]).toEqual([1, 2]);
  });

  it('takes typed input and says what is wrong with it', async () => {
    const change = (mode: string) =>
      invoke('ChangeStartMode', 'Win32_Service', { Name: 'Spooler' }, `<q:StartMode>${mode}</q:StartMode>`);
    expect(textIn(await change('Disabled'), 'ReturnValue')).toBe('0');
    expect(textIn(await get('Win32_Service', { Name: 'Spooler' }), 'StartMode')).toBe('Disabled');
    expect(textIn(await change('Sometimes'), 'ReturnValue')).toBe('21');
    expect(textIn(await change('Automatic'), 'ReturnValue')).toBe('0');
    const unknown = await invoke('FlyService', 'Win32_Service', { Name: 'Spooler' });
    expect([faultCode(unknown), subcode(unknown)]).toEqual([2150858753, 'a:ActionNotSupported']);
    const wrong = await send({
      action: `${wmiUri('Win32_Service')}/StopService`,
      resourceUri: wmiUri('Win32_Service'),
      selectors: { Name: 'Spooler' },
      body: '<q:Other_INPUT xmlns:q="urn:x"/>',
    });
    expect(faultCode(wrong)).toBe(2150858817);
  });

  it('starts a process by a static method and ends it', async () => {
    const created = await send({
      action: `${wmiUri('Win32_Process')}/Create`,
      resourceUri: wmiUri('Win32_Process'),
      body: `<q:Create_INPUT xmlns:q="${wmiUri('Win32_Process')}"><q:CommandLine>C:\\Tools\\probe.exe /x</q:CommandLine></q:Create_INPUT>`,
    });
    expect(textIn(created, 'ReturnValue')).toBe('0');
    const handle = textIn(created, 'ProcessId')!;
    expect(textIn(await get('Win32_Process', { Handle: handle }), 'Name')).toBe('probe.exe');
    expect(textIn(await invoke('Terminate', 'Win32_Process', { Handle: handle }), 'ReturnValue')).toBe('0');
    expect(faultCode(await get('Win32_Process', { Handle: handle }))).toBe(2150858752);
  });

  it('keeps to OperationTimeout where an operation takes longer', async () => {
    // The service that never answers its start, on the machine that has one.
    const slow = await startLab({ machines: 6, https: true, pendingMs: 1500 });
    const troubled = createBasicClient(slow.machines[5]!);
    const uri = wmiUri('Win32_Service');
    const all = await troubled.send(
      requestMessage({
        action: `${enumeration}/Enumerate`,
        resourceUri: wmiUri('*'),
        body: enumerateBody('select Name from Win32_Service where ExitCode = 1053'),
      }),
    );
    const name = textIn(all, 'Name')!;
    const answer = await troubled.send(
      requestMessage({
        action: `${uri}/StartService`,
        resourceUri: uri,
        selectors: { Name: name },
        operationTimeout: 'PT0.200S',
        body: `<q:StartService_INPUT xmlns:q="${uri}"/>`,
      }),
    );
    troubled.close();
    await slow.close();
    expect([answer.status, faultCode(answer), subcode(answer)]).toEqual([500, 2150858793, 'w:TimedOut']);
  });
});

describe('Put, Create, Delete', () => {
  it('creates, changes and deletes an environment variable', async () => {
    const uri = wmiUri('Win32_Environment');
    const keys = { Name: 'PROBE', UserName: '&lt;SYSTEM&gt;' };
    const body = (value: string): string =>
      `<q:Win32_Environment xmlns:q="${uri}"><q:Name>PROBE</q:Name><q:UserName>&lt;SYSTEM&gt;</q:UserName><q:VariableValue>${value}</q:VariableValue></q:Win32_Environment>`;
    const created = await send({ action: `${transfer}/Create`, resourceUri: uri, body: body('one') });
    expect(created.status).toBe(200);
    expect(created.text).toContain('<x:ResourceCreated');
    expect(created.text).toContain('<w:Selector Name="Name">PROBE</w:Selector>');
    expect(textIn(await get('Win32_Environment', keys), 'VariableValue')).toBe('one');
    const put = await send({ action: `${transfer}/Put`, resourceUri: uri, selectors: keys, body: body('two') });
    expect(textIn(put, 'VariableValue')).toBe('two');
    expect((await send({ action: `${transfer}/Delete`, resourceUri: uri, selectors: keys })).status).toBe(200);
    expect(faultCode(await get('Win32_Environment', keys))).toBe(2150858752);
  });

  it('refuses to create a service by Create', async () => {
    const answer = await send({
      action: `${transfer}/Create`,
      resourceUri: wmiUri('Win32_Service'),
      body: `<q:Win32_Service xmlns:q="${wmiUri('Win32_Service')}"/>`,
    });
    expect(faultCode(answer)).toBe(2150858753);
  });
});
