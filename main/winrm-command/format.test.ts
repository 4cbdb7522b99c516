import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { attribute, child, parseXml, type XmlElement } from '../wsman/index.ts';
import type { Format } from './command.ts';
import { createResultWriter, formatItem } from './format.ts';
import { formatText, printable, printableProse } from './text-format.ts';

const fixture = (name: string): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
const xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';
const cfg = 'xmlns:cfg="http://schemas.microsoft.com/wbem/wsman/1/config"';
const text = (xml: string): string => formatText(parseXml(xml));
/** An enumeration that comes in batches. */
function many(batches: readonly (readonly XmlElement[])[], format: Format): string {
  const writer = createResultWriter(format);
  return writer.opening + batches.map((batch) => writer.batch(batch)).join('') + writer.closing();
}

/** The page wraps its long lines anywhere, and its xsi namespace has been rewritten. */
const win32Service = (): XmlElement =>
  parseXml(fixture('win32-service.xml').replaceAll('\n', '').replace('https://www.w3.org', 'http://www.w3.org'));

describe('text', () => {
  test('the recorded Win32_Service becomes the recorded lines', () => {
    // The page shows the name of the service in another case in its two outputs.
    const expected = fixture('win32-service.txt').replace('Name = Spooler', 'Name = spooler');
    expect(formatText(win32Service())).toBe(expected);
  });

  test('the recorded associations: endpoint references, one item after another with an empty line between', () => {
    const a = 'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"';
    const w = 'xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"';
    const cimv2 = 'http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2';
    const reference = (property: string, className: string, name: string): string =>
      `<p:${property}><a:Address>https://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address><a:ReferenceParameters><w:ResourceURI>${cimv2}/${className}</w:ResourceURI><w:SelectorSet><w:Selector Name="Name">${name}</w:Selector></w:SelectorSet></a:ReferenceParameters></p:${property}>`;
    const item = (className: string, name: string): XmlElement =>
      parseXml(
        `<p:Win32_DependentService ${xsi} ${a} ${w} xmlns:p="${cimv2}/Win32_DependentService">${reference('Antecedent', className, name)}${reference('Dependent', 'Win32_Service', 'WinRM')}<p:TypeOfDependency xsi:nil="true"/></p:Win32_DependentService>`,
      );
    const items = [item('Win32_Service', 'RpcSs'), item('Win32_SystemDriver', 'HTTP')];
    expect(many([items], 'text')).toBe(`${fixture('win32-dependent-service.txt').trimEnd()}\n\n`);
  });

  test('the recorded shells: elements in the order in which they came', () => {
    const first = fixture('shells.txt').split('\n\n')[0]!;
    const pairs = [...first.matchAll(/^ {4}(\w+) = (.*)$/gm)];
    expect(pairs).toHaveLength(9);
    const children = pairs.map(([, name, value]) => `<rsp:${name}>${value}</rsp:${name}>`).join('');
    const shell = `<rsp:Shell xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell">${children}</rsp:Shell>`;
    expect(text(shell)).toBe(`${first}\n`);
  });

  test('arrays on one line, an empty value as its bare name, null, nested dates', () => {
    expect(
      text(
        `<p:X ${xsi} xmlns:p="urn:p" xmlns:cim="urn:cim"><p:IP>10.0.0.1</p:IP><p:IP>fe80::1</p:IP><p:IP xsi:nil="true"/><p:Empty></p:Empty><p:Nil xsi:nil="true"/><p:When><cim:Datetime>2013-03-09T02:57:32Z</cim:Datetime></p:When><p:IP>again</p:IP></p:X>`,
      ),
    ).toBe(
      [
        'X',
        '    IP = 10.0.0.1, fe80::1, null',
        '    Empty',
        '    Nil = null',
        '    When',
        '        Datetime = 2013-03-09T02:57:32Z',
        '    IP = again',
        '',
      ].join('\n'),
    );
  });

  test('what a policy has set is marked, values and groups alike', () => {
    expect(
      text(
        `<cfg:Config ${cfg}><cfg:MaxTimeoutms Source="GPO">60000</cfg:MaxTimeoutms><cfg:Listener Source="Compatibility"><cfg:Port>80</cfg:Port><cfg:CertificateThumbprint/></cfg:Listener></cfg:Config>`,
      ),
    ).toBe(
      [
        'Config',
        '    MaxTimeoutms = 60000 [Source="GPO"]',
        '    Listener [Source="Compatibility"]',
        '        Port = 80',
        '        CertificateThumbprint',
        '',
      ].join('\n'),
    );
  });

  test('the selectors of an EPR share a line, each with its own name, as ResourceCreated is recorded', () => {
    expect(
      text('<S xmlns="urn:w"><Selector Name="Address">*</Selector><Selector Name="Transport">HTTP</Selector></S>'),
    ).toBe('S\n    Selector: Address = *, Transport = HTTP\n');
  });

  test('padded values are trimmed, blanks between elements are no text', () => {
    expect(text('<A>\n  <B>\n  TRUE\n  </B>\n  <C> </C>\n</A>')).toBe('A\n    B = TRUE\n    C\n');
  });

  test('a bare fragment is one line', () => {
    expect(text('<w:XmlFragment xmlns:w="urn:w">Windows Server 2022</w:XmlFragment>')).toBe(
      'XmlFragment = Windows Server 2022\n',
    );
  });
});

describe('what a target sends cannot reach the terminal as more than text', () => {
  test('control characters, raw and as references, become visible', () => {
    const output = text('<A><B>x\u001b[2J&#155;31m&#x202E;evil&#10;    State = Running&#13;&#127;\tend</B></A>');
    expect(output).toBe('A\n    B = x␛[2J<U+009B>31m<U+202E>evil␊    State = Running␍␡\tend\n');
    expect(output.split('\n')).toHaveLength(3);
  });

  test('in names of attributes and elements too', () => {
    expect(text('<A><B Name="x\u001by" Source="\u0007">1</B></A>')).toBe('A\n    B: x␛y = 1 [Source="␇"]\n');
    expect(text('<A><B\u202e>1</B\u202e></A>')).toBe('A\n    B<U+202E> = 1\n');
  });

  test('every character of C0, C1 and those that turn the writing', () => {
    const codes = [
      ...Array(0x20).keys(),
      ...[...Array(0x21).keys()].map((n) => 0x7f + n),
      0x061c,
      0x200e,
      0x200f,
      0x2028,
    ];
    for (const code of [
      ...codes,
      0x2029,
      0x202a,
      0x202b,
      0x202c,
      0x202d,
      0x202e,
      0x2066,
      0x2067,
      0x2068,
      0x2069,
      0xfeff,
    ]) {
      const character = String.fromCharCode(code);
      expect(printable(character) === character, `U+${code.toString(16)}`).toBe(code === 9);
    }
    expect(printable('Grüße, 日本, 🙂 – ok')).toBe('Grüße, 日本, 🙂 – ok');
  });

  test('prose loses its line breaks instead', () => {
    expect(printableProse(' The client \r\n cannot\tgo on.\u001b \n')).toBe('The client cannot go on.␛');
  });

  test.each(['xml', 'pretty'] as const)('%s means the same, is well-formed, and harmless', (format) => {
    const value = 'x\u009b31m\u202eevil\u2066 a<b & "c"';
    const escaped = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
    const output = formatItem(parseXml(`<A><B k="\u009b\u001b">${escaped}</B></A>`), format);
    expect(output).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    const again = parseXml(output);
    expect(child(again, 'B')?.text).toBe(value);
    expect(attribute(child(again, 'B')!, 'k')).toBe('\u009b?');
  });

  test('a name that is none in XML 1.0 is written as one', () => {
    const output = formatItem(parseXml('<A><B\u202e x\u0085y="1">1</B\u202e><\u00b7C/></A>'), 'xml');
    expect(output).toBe('<A><B_ x_y="1">1</B_><_\u00b7C/></A>\n');
  });
});

describe('xml and pretty', () => {
  test('xml is the item as it came', () => {
    const xml = `<p:X xmlns:p="urn:p" ${xsi} xsi:type="p:X_Type"><p:A>1</p:A><p:B xsi:nil="true"/></p:X>`;
    expect(formatItem(parseXml(xml), 'xml')).toBe(`${xml}\n`);
  });

  test('pretty indents by four blanks and keeps texts as they are', () => {
    const item = parseXml('<p:X xmlns:p="urn:p"><p:A>one\ntwo</p:A><p:B><p:C>1</p:C></p:B></p:X>');
    const lines = [
      '<p:X xmlns:p="urn:p">',
      '    <p:A>one\ntwo</p:A>',
      '    <p:B>',
      '        <p:C>1</p:C>',
      '    </p:B>',
      '</p:X>',
      '',
    ];
    expect(formatItem(item, 'pretty')).toBe(lines.join('\n'));
  });

  test.each(['xml', 'pretty'] as const)('%s of many is one document', (format) => {
    const items = [win32Service(), parseXml('<p:X xmlns:p="urn:p"><p:A>one\ntwo</p:A></p:X>')];
    const document = many([items.slice(0, 1), items.slice(1)], format);
    const root = parseXml(document);
    expect(root).toMatchObject({ local: 'Results', namespace: 'http://schemas.dmtf.org/wbem/wsman/1/wsman/results' });
    expect(root.children.map((c) => c.local)).toEqual(['Win32_Service', 'X']);
    expect(child(root.children[0]!, 'DisplayName')?.text).toBe('Print Spooler');
    expect(root.children[1]!.children[0]!.text).toBe('one\ntwo');
    if (format === 'pretty')
      expect(document).toContain('\n    <p:X xmlns:p="urn:p">\n        <p:A>one\ntwo</p:A>\n    </p:X>\n');
  });

  test('of none: nothing in text, an empty document in xml', () => {
    expect(many([], 'text')).toBe('');
    expect(parseXml(many([], 'xml')).children).toHaveLength(0);
  });
});

const sample = parseXml(
  `<p:X xmlns:p="urn:p" ${xsi} xsi:type="p:X_Type"><p:Name>a "b"</p:Name><p:Size>18446744073709551615</p:Size><p:Gone xsi:nil="true"/><p:IP>1.2.3.4</p:IP><p:IP>::1</p:IP><p:At><cim:Datetime xmlns:cim="urn:cim">2026-01-02T03:04:05Z</cim:Datetime></p:At><p:In><p:Key Name="K">v</p:Key></p:In><p:Empty/></p:X>`,
);
const asJson = {
  Name: 'a "b"',
  Size: '18446744073709551615',
  Gone: null,
  IP: ['1.2.3.4', '::1'],
  At: '2026-01-02T03:04:05Z',
  In: { Key: { '@Name': 'K', '#text': 'v' } },
  Empty: '',
};

describe('json', () => {
  test('values are texts to the last digit, nil is null, several are an array', () => {
    expect(JSON.parse(formatItem(sample, 'json'))).toEqual(asJson);
  });

  test('many are one array, whatever the batches; none is an empty one', () => {
    expect(JSON.parse(many([[sample], [sample, sample]], 'json'))).toEqual([asJson, asJson, asJson]);
    expect(JSON.parse(many([], 'json'))).toEqual([]);
    expect(JSON.parse(many([[]], 'json'))).toEqual([]);
  });

  test('an array of instances, and the text of a target, stay inside their quotation marks', () => {
    const element = parseXml(
      '<A><B><C>1</C></B><B><C>2\u202e\u009b"</C></B></A>'.replace(/\\u(....)/g, (_, c) =>
        String.fromCharCode(Number.parseInt(c, 16)),
      ),
    );
    const output = formatItem(element, 'json');
    expect(JSON.parse(output)).toEqual({ B: [{ C: '1' }, { C: '2\u202e\u009b"' }] });
    expect(output).not.toMatch(/[\u007f-\u009f\u202a-\u202e]/);
  });
});

describe('table', () => {
  const row = (name: string, state: string) => parseXml(`<R><Name>${name}</Name><State>${state}</State></R>`);

  test('columns as wide as the widest of the first batch', () => {
    expect(many([[row('Spooler', 'Running'), row('W32Time', 'Stopped')], [row('x', 'y')]], 'table')).toBe(
      'Name     State\n-------  -------\nSpooler  Running\nW32Time  Stopped\nx        y\n\n',
    );
  });

  test('a long value is cut, arrays and nested values are joined, control characters are shown', () => {
    const lines = many(
      [[parseXml(`<R><A>${'x'.repeat(80)}</A><B>1</B><B>2</B><C><D>a</D><D>b\u202e</D></C></R>`)]],
      'table',
    ).split('\n');
    expect(lines[2]).toBe(`${'x'.repeat(59)}…  1, 2  a b<U+202E>`);
  });

  test('a property that only comes later is named, not dropped without a word', () => {
    expect(many([[row('a', 'b')], [parseXml('<R><Name>c</Name><Late>1</Late></R>')]], 'table')).toContain(
      '(not shown: Late)',
    );
  });

  test('one instance: a line per property; of none: nothing', () => {
    expect(formatItem(row('Spooler', 'Running'), 'table')).toBe(
      'Property  Value\n--------  -----\nName      Spooler\nState     Running\n\n',
    );
    expect(many([], 'table').trim()).toBe('');
  });
});

test.each([
  'http://schemas.dmtf.org/wbem/wscim/1/common',
  'http://schemas.dmtf.org/wbem/wsman/1/base',
  'http://schemas.dmtf.org/wsman/2005/06/base',
])('the address that WinRM 1.1 puts at the end of an instance is no property: %s', (namespace) => {
  const element = parseXml(
    `<R xmlns="urn:r" xmlns:x="${namespace}"><Name>a</Name><Location>of the class</Location><x:Location><x:Address>b</x:Address></x:Location></R>`,
  );
  expect(formatItem(element, 'text')).toBe('R\n    Name = a\n    Location = of the class\n\n');
  expect(formatItem(element, 'table')).toBe(
    'Property  Value\n--------  -----\nName      a\nLocation  of the class\n\n',
  );
});
