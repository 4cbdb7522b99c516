import { describe, expect, expectTypeOf, it } from 'vitest';
import { cimSchema, decodeInstance, decodeValue } from './cim.ts';
import type { CimDateTime, CimInstance, CimReference } from './cim-types.ts';
import { ProtocolError } from './errors.ts';
import { loadFixture } from './fixtures/load.ts';
import { child, childrenOf, parseXml, type XmlElement } from './xml.ts';

const declarations =
  'xmlns:p="urn:class" xmlns:cim="http://schemas.dmtf.org/wbem/wscim/1/common" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ' +
  'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"';
const instance = (content: string): XmlElement => parseXml(`<p:Class ${declarations}>${content}</p:Class>`);
const property = (content: string): XmlElement => instance(content).children[0]!;
const body = (path: string): XmlElement => child(parseXml(loadFixture(path)), 'Body')!.children[0]!;

const nested =
  '<a:Address>http://x/wsman</a:Address><a:ReferenceParameters><w:ResourceURI>urn:r</w:ResourceURI><w:SelectorSet>' +
  '<w:Selector Name="Antecedent"><a:EndpointReference><a:Address>anon</a:Address><a:ReferenceParameters><w:ResourceURI>urn:inner</w:ResourceURI>' +
  '<w:SelectorSet><w:Selector Name="Name"> RpcSs </w:Selector></w:SelectorSet></a:ReferenceParameters></a:EndpointReference></w:Selector>' +
  '<w:Selector Name="__cimnamespace">root/cimv2</w:Selector></w:SelectorSet></a:ReferenceParameters>';
const nestedReference: CimReference = {
  cim: 'reference',
  address: 'http://x/wsman',
  resourceUri: 'urn:r',
  selectors: [
    ['Antecedent', { cim: 'reference', address: 'anon', resourceUri: 'urn:inner', selectors: [['Name', 'RpcSs']] }],
    ['__cimnamespace', 'root/cimv2'],
  ],
};

describe('decodeInstance', () => {
  it('makes typed objects, and TypeScript knows their types', () => {
    const schema = cimSchema({
      Name: 'string',
      Size: 'uint64',
      Ids: 'uint32[]',
      InstallDate: 'datetime',
      Started: 'boolean',
    });
    const decoded = decodeInstance(
      instance(
        '<p:Name>C:</p:Name><p:Size>18446744073709551615</p:Size><p:Ids>1</p:Ids><p:Ids>2</p:Ids><p:Started>true</p:Started>' +
          '<p:InstallDate><cim:Datetime>2013-03-09T02:57:32.1234567Z</cim:Datetime></p:InstallDate>',
      ),
      schema,
    );
    expectTypeOf(decoded.Name).toEqualTypeOf<string | null>();
    expectTypeOf(decoded.Size).toEqualTypeOf<bigint | null>();
    expectTypeOf(decoded.Ids).toEqualTypeOf<readonly number[] | null>();
    expectTypeOf(decoded.InstallDate).toEqualTypeOf<CimDateTime | null>();
    expect(decoded).toEqual({
      Name: 'C:',
      Size: 18446744073709551615n,
      Ids: [1, 2],
      Started: true,
      InstallDate: {
        cim: 'datetime',
        text: '2013-03-09T02:57:32.1234567Z',
        epochMs: Date.UTC(2013, 2, 9, 2, 57, 32, 123),
      },
    });
  });

  it('makes null of nil, of what is absent, and of empty text that is no string', () => {
    const schema = cimSchema({
      A: 'string',
      B: 'string',
      C: 'uint32',
      D: 'string[]',
      E: 'string[]',
      F: 'datetime',
      G: 'boolean',
    });
    const decoded = decodeInstance(
      instance('<p:A xsi:nil="true"/><p:B></p:B><p:C/><p:D xsi:nil="true"/><p:F></p:F><p:G/>'),
      schema,
    );
    expect(decoded).toEqual({ A: null, B: '', C: null, D: null, E: null, F: null, G: null });
  });

  it('keeps one element of an array an array, and compares names without regard to case', () => {
    const decoded = decodeInstance(
      instance('<p:ipaddress>10.0.0.1</p:ipaddress>'),
      cimSchema({ IPAddress: 'string[]' }),
    );
    expect(decoded).toEqual({ IPAddress: ['10.0.0.1'] });
  });

  it('writes the keys of the schema and no others', () => {
    const decoded = decodeInstance(
      instance(
        '<p:__proto__><p:x/></p:__proto__><p:constructor>1</p:constructor><p:toString>2</p:toString><p:A>3</p:A>',
      ),
      cimSchema({ A: 'string' }),
    );
    expect(Reflect.ownKeys(decoded)).toEqual(['A']);
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
    expect(String(decoded)).toBe('[object Object]');
  });

  it('reads numbers, and says which property is none', () => {
    const schema = cimSchema({ I: 'sint32', R: 'real64', N: 'real32', C: 'char16' });
    expect(decodeInstance(instance('<p:I> -12 </p:I><p:R>1.5E3</p:R><p:N>-INF</p:N><p:C>65</p:C>'), schema)).toEqual({
      I: -12,
      R: 1500,
      N: Number.NEGATIVE_INFINITY,
      C: 65,
    });
    expect(() => decodeInstance(instance('<p:I>twelve</p:I>'), schema)).toThrow(
      /property I should be of the type integer/,
    );
    expect(() => decodeInstance(instance('<p:I>99999999999999999999</p:I>'), schema)).toThrow(ProtocolError);
    expect(() => decodeInstance(instance('<p:R>0x10</p:R>'), schema)).toThrow(ProtocolError);
    expect(() => decodeInstance(instance('<p:B>yes</p:B>'), cimSchema({ B: 'boolean' }))).toThrow(ProtocolError);
    expect(() => decodeInstance(instance(`<p:B>${'9'.repeat(10_000)}</p:B>`), cimSchema({ B: 'uint64' }))).toThrow(
      ProtocolError,
    );
  });

  it('takes OMI’s padding, TRUE and FALSE, and base64 of octets', () => {
    const decoded = decodeInstance(
      instance(
        '<p:Name>\n            eth0\n      </p:Name><p:Kept> two blanks </p:Kept><p:Up>\n TRUE\n </p:Up><p:Down>FALSE</p:Down>' +
          '<p:Size>\n 42\n </p:Size><p:Octets xsi:type="cim:cimBase64Binary">AQL/</p:Octets>',
      ),
      cimSchema({ Name: 'string', Kept: 'string', Up: 'boolean', Down: 'boolean', Size: 'uint64', Octets: 'uint8[]' }),
    );
    expect(decoded).toEqual({
      Name: 'eth0',
      Kept: ' two blanks ',
      Up: true,
      Down: false,
      Size: 42n,
      Octets: [1, 2, 255],
    });
  });

  it('spends no time on padding that never ends', () => {
    const padded = `<p:Name>x${'\n'.repeat(300_000)}y\n</p:Name>`;
    expect(decodeInstance(instance(padded), cimSchema({ Name: 'string' })).Name).toHaveLength(300_002);
  });

  it.each([
    ['<cim:Datetime>2026-01-02T03:04:05Z</cim:Datetime>', '2026-01-02T03:04:05Z', Date.UTC(2026, 0, 2, 3, 4, 5)],
    [
      '<cim:Datetime>2026-01-02T03:04:05.25+08:00</cim:Datetime>',
      '2026-01-02T03:04:05.25+08:00',
      Date.UTC(2026, 0, 1, 19, 4, 5, 250),
    ],
    ['<Datetime>2026-01-02T03:04:05Z</Datetime>', '2026-01-02T03:04:05Z', Date.UTC(2026, 0, 2, 3, 4, 5)],
    ['<cim:Date>2026-01-02</cim:Date>', '2026-01-02', null],
    ['<cim:Time>03:04:05</cim:Time>', '03:04:05', null],
    ['<cim:CIM_DateTime>2026****030405.******+000</cim:CIM_DateTime>', '2026****030405.******+000', null],
    ['20260102030405.000006+000', '20260102030405.000006+000', Date.UTC(2026, 0, 2, 3, 4, 5)],
    ['20260102030405.000006-090', '20260102030405.000006-090', Date.UTC(2026, 0, 2, 4, 34, 5)],
    ['2026-01-02T03:04:05', '2026-01-02T03:04:05', null],
    ['20261302030405.000000+000', '20261302030405.000000+000', null],
  ])('reads the datetime %s', (content, text, epochMs) => {
    const decoded = decodeInstance(instance(`<p:D>${content}</p:D>`), cimSchema({ D: 'datetime' }));
    expect(decoded.D).toEqual({ cim: 'datetime', text, epochMs });
  });

  it('refuses a datetime that is none', () => {
    expect(() => decodeInstance(instance('<p:D>yesterday</p:D>'), cimSchema({ D: 'datetime' }))).toThrow(ProtocolError);
  });

  it.each([
    ['<cim:Interval>P0DT0H1M40S</cim:Interval>', 100_000_000n],
    ['<cim:Interval>P3DT2H0M0.5S</cim:Interval>', 266_400_500_000n],
    ['<cim:Interval>-PT1S</cim:Interval>', -1_000_000n],
    ['00000001010203.000004:000', 90_123_000_004n],
    ['<cim:CIM_DateTime>000000010102**.******:000</cim:CIM_DateTime>', null],
    ['<cim:Interval>P1Y</cim:Interval>', null],
  ])('reads the interval %s', (content, microseconds) => {
    const decoded = decodeInstance(instance(`<p:I>${content}</p:I>`), cimSchema({ I: 'interval' }));
    expect(decoded.I?.microseconds).toEqual(microseconds);
  });

  it('reads references, nested ones included, and embedded instances', () => {
    const decoded = decodeInstance(
      instance(`<p:Ref>${nested}</p:Ref><p:Emb xsi:type="q:Inner_Type" xmlns:q="urn:q"><q:Name>n</q:Name></p:Emb>`),
      cimSchema({ Ref: 'reference', Emb: 'instance' }),
    );
    expect(decoded.Ref).toEqual(nestedReference);
    expect(decoded.Emb).toEqual({ cim: 'instance', className: 'Inner', properties: [['Name', 'n']] });
  });

  it('reads w:XmlFragment rows, whose elements have no namespace', () => {
    const row = parseXml(
      '<w:XmlFragment xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"><InstallDate><Datetime>2026-01-02T03:04:05Z</Datetime></InstallDate>' +
        '<Name>spooler</Name></w:XmlFragment>',
    );
    const decoded = decodeInstance(row, cimSchema({ Name: 'string', InstallDate: 'datetime' }));
    expect(decoded.Name).toBe('spooler');
    expect(decoded.InstallDate?.epochMs).toBe(Date.UTC(2026, 0, 2, 3, 4, 5));
  });

  it('drops the address at the end of an instance, but not a property called Location', () => {
    const schema = cimSchema({ Location: 'string' });
    expect(decodeInstance(instance('<p:Location>rack 7</p:Location>'), schema).Location).toBe('rack 7');
    expect(decodeInstance(body('MS-WSMV/4.1.1-02-retrieving-a-cim-instance.xml'), schema).Location).toBeNull();
  });
});

describe('recorded instances', () => {
  it('MS-WSMV 4.1.1: a class with an address behind it', () => {
    const element = body('MS-WSMV/4.1.1-02-retrieving-a-cim-instance.xml');
    expect(decodeInstance(element, cimSchema({ Data1: 'string', id: 'uint32' }))).toEqual({
      Data1: 'Hello World',
      id: 1,
    });
    expect((decodeValue(element) as CimInstance).properties.map(([name]) => name)).toEqual(['Data1', 'id']);
  });

  it('WinRM 1.1: cim:Class, cim:Location dropped', () => {
    // The page breaks lines anywhere and turned http into https; both are the page's doing.
    const text = loadFixture('MicrosoftDocs/scripting-in-windows-remote-management-01.xml')
      .replaceAll('\r', '')
      .replace(/\n/g, (_, at: number, all: string) => (all[at - 1] === ' ' || all[at + 1] === ' ' ? ' ' : ''))
      .replaceAll('https://', 'http://')
      .replace('<p:Win32_Servicexmlns', '<p:Win32_Service xmlns');
    const element = parseXml(text);
    const value = decodeValue(element) as CimInstance;
    expect(value.className).toBe('Win32_Service');
    expect(value.properties.map(([name]) => name)).not.toContain('Location');
    expect(
      decodeInstance(
        element,
        cimSchema({ Name: 'string', ProcessId: 'uint32', InstallDate: 'datetime', AcceptStop: 'boolean' }),
      ),
    ).toEqual({
      Name: 'spooler',
      ProcessId: 1720,
      InstallDate: null,
      AcceptStop: true,
    });
  });

  it('an error instance of Windows says the types of its properties', () => {
    const detail = child(body('WinRb-WinRM/wmi_error_v2.xml'), 'Detail')!;
    const value = decodeValue(detail.children[0]!) as CimInstance;
    expect(value.className).toBe('MSFT_WmiError');
    const properties = new Map(value.properties);
    expect(properties.get('error_Code')).toBe(2150859173);
    expect(properties.get('CIMStatusCodeDescription')).toBeNull();
    expect(properties.get('error_Type')).toBe('HRESULT');
  });

  it('winrm/config of a real machine', () => {
    const config = decodeValue(body('pypsrp/config-get-response.xml')) as CimInstance;
    expect(config.className).toBe('Config');
    const service = new Map(config.properties).get('Service') as CimInstance;
    expect(new Map(service.properties).get('EnumerationTimeoutms')).toBe('240000');
  });
});

describe('decodeValue', () => {
  it.each([
    ['<p:V xsi:nil="true"/>', null],
    ['<p:V>text</p:V>', 'text'],
    ['<p:V>true</p:V>', 'true'],
    ['<p:V xsi:type="cim:cimBoolean">TRUE</p:V>', true],
    ['<p:V xsi:type="cim:cimUnsignedInt">7</p:V>', 7],
    ['<p:V xsi:type="cim:cimUnsignedLong">18446744073709551615</p:V>', 18446744073709551615n],
    ['<p:V xsi:type="cim:cimBase64Binary">AQI=</p:V>', [1, 2]],
    ['<p:V xsi:type="cim:cimDouble">1.25</p:V>', 1.25],
    [`<p:V>${nested}</p:V>`, nestedReference],
    [`<p:V><a:EndpointReference>${nested}</a:EndpointReference></p:V>`, nestedReference],
  ])('%s', (content, expected) => {
    expect(decodeValue(property(content))).toEqual(expected);
  });

  it('knows dates and intervals by their wrappers, and the bare CIM form by its look', () => {
    expect(decodeValue(property('<p:V><cim:Datetime>2026-01-02T03:04:05Z</cim:Datetime></p:V>'))).toMatchObject({
      cim: 'datetime',
    });
    expect(decodeValue(property('<p:V><cim:Interval>PT1S</cim:Interval></p:V>'))).toMatchObject({ cim: 'interval' });
    expect(decodeValue(property('<p:V>20260102030405.000006+000</p:V>'))).toMatchObject({ cim: 'datetime' });
  });

  it('keeps hostile names as text, and joins siblings to an array', () => {
    const value = decodeValue(
      instance('<p:__proto__>1</p:__proto__><p:A>1</p:A><p:A>2</p:A><p:A>3</p:A>'),
    ) as CimInstance;
    expect(value.properties).toEqual([
      ['__proto__', '1'],
      ['A', ['1', '2', '3']],
    ]);
  });

  it('does not confuse octets with an array of siblings', () => {
    const octets = '<p:O xsi:type="cim:cimBase64Binary">AQI=</p:O>';
    const value = decodeValue(instance(octets + octets)) as CimInstance;
    expect(value.properties).toEqual([
      [
        'O',
        [
          [1, 2],
          [1, 2],
        ],
      ],
    ]);
  });
});

it('no recorded message makes decodeValue fail', () => {
  const elements = ['MS-WSMV/4.7.6-02-enumerate-remote-shells.xml', 'WinRb-WinRM/get_omi_config_response.xml'].map(
    body,
  );
  for (const element of elements) expect(decodeValue(element)).toMatchObject({ cim: 'instance' });
  expect(childrenOf(elements[0]!, 'EnumerationContext').length).toBeLessThanOrEqual(1);
});
