import { describe, expect, it } from 'vitest';
import { mask, maskExchange, maskSecrets } from './exchange-masking.ts';
import { maskStream } from './exchange-streams.ts';

const secret = 'Tr0ub4dor&amp;3';

describe('maskSecrets', () => {
  it.each([
    ['an element', `<p:Password>${secret}</p:Password>`],
    ['an element with attributes', `<Password xsi:type="x">${secret}</Password>`],
    ['a parameter whose name contains it', `<p:StartPassword>${secret}</p:StartPassword><p:x/>`],
    ['another spelling', `<p:ClientSECRET>${secret}</p:ClientSECRET>`],
    ['CDATA', `<Password><![CDATA[${secret}]]></Password>`],
    ['nested elements', `<Password><b>${secret}</b><c>${secret}</c></Password>`],
    ['an attribute', `<c RunAsPassword="${secret}"/>`],
    ['an attribute in single quotes', `<c RunAsPassword='${secret}'/>`],
    ['an attribute with > before it', `<c a=">" password="${secret}"/>`],
    ['an option', `<w:Option Name="ipmi_password">${secret}</w:Option>`],
    ['an option in single quotes', `<w:Option Name='x-secret' Type="t">${secret}</w:Option>`],
    ['a parameter with Value', `<Param Name="Password" Value="${secret}"/>`],
    ['an element that is cut', `<a><Password>${secret}`],
    ['an element inside broken XML', `<a><b></c><Password>${secret}</Password>`],
  ])('%s', (_, xml) => {
    const masked = maskSecrets(xml);
    expect(masked).not.toContain('Tr0ub4dor');
    expect(masked).toContain(mask);
  });

  it('leaves everything else as it is', () => {
    const xml =
      '<?xml version="1.0"?><!-- Password --><s:Envelope xmlns:s="u" a=\'1\'><p:Name>Pass</p:Name><Password/><w:Option Name="x">y</w:Option>\n</s:Envelope>';
    expect(maskSecrets(xml)).toBe(xml);
    expect(maskSecrets('no xml at all < > "')).toBe('no xml at all < > "');
  });

  it('ends with the element: what follows is visible', () => {
    expect(maskSecrets('<a><Password>x123</Password><Name>visible</Name></a>')).toBe(
      `<a><Password>${mask}</Password><Name>visible</Name></a>`,
    );
    expect(maskSecrets('<a><Password><Password>x</Password></Password><b>seen</b></a>')).toContain('<b>seen</b>');
  });

  it('is linear on hostile text', () => {
    for (const hostile of [
      '<a '.repeat(50_000),
      `<a ${'b="'.repeat(50_000)}`,
      '<!--'.repeat(50_000),
      `<${'x'.repeat(200_000)}`,
    ]) {
      expect(maskSecrets(hostile).length).toBeGreaterThan(0);
    }
  });
});

it('echoes of a secret are masked in the answer and in the error', () => {
  const masked = maskExchange(
    `<i><Password>${secret}</Password></i>`,
    { body: Buffer.from(`<f>bad value: ${secret}</f>`), contentType: 'application/soap+xml' },
    { name: 'WSManFault', message: 'Tr0ub4dor&3 is not allowed' },
  );
  expect(JSON.stringify(masked)).not.toContain('Tr0ub4dor');
  expect(masked.error?.message).toBe(`${mask} is not allowed`);
});

describe('contents', () => {
  const base64 = (text: string) => Buffer.from(text).toString('base64');

  it.each([
    [
      'a command line of a shell',
      '<rsp:CommandLine><rsp:Command>del x-secret-y</rsp:Command><rsp:Arguments>a b</rsp:Arguments></rsp:CommandLine>',
    ],
    ['standard input', `<rsp:Stream Name="stdin" CommandId="7">${base64('x-secret-y')}</rsp:Stream>`],
    ['a shell of PowerShell', `<creationXml xmlns="u">${base64('x-secret-y')}</creationXml>`],
    ['variables of a shell', '<rsp:Environment><rsp:Variable Name="A">x-secret-y</rsp:Variable></rsp:Environment>'],
    ['a process that is made', '<p:CommandLine>x-secret-y</p:CommandLine>'],
    ['a process that is listed', '<p:CommandLine xsi:type="p:string">x-secret-y</p:CommandLine>'],
    ['CDATA', '<p:CommandLine><![CDATA[x-secret-y]]></p:CommandLine>'],
  ])('%s is left out where contents are not wanted, and is there where they are', (_, xml) => {
    const without = maskSecrets(xml, { withoutContents: true });
    expect(without).toMatch(/\[not recorded: [\d,]+ characters\]/);
    expect(without).not.toContain('secret');
    expect(without).not.toContain(base64('x-secret-y').slice(0, 8));
    expect(maskSecrets(xml)).toBe(xml);
  });

  it('what belongs to the message stays: which stream, which command, which class', () => {
    const xml = `<rsp:Stream Name="stdin" CommandId="7" End="true">${base64('some input')}</rsp:Stream><p:Name>cmd.exe</p:Name>`;
    const masked = maskSecrets(xml, { withoutContents: true });
    expect(masked).toContain('Name="stdin" CommandId="7" End="true"');
    expect(masked).toContain('<p:Name>cmd.exe</p:Name>');
  });

  it('a fragment that is a bare text is known by its path', () => {
    const ask = (path: string) =>
      `<s:Header><w:FragmentTransfer s:mustUnderstand="true">${path}</w:FragmentTransfer></s:Header>`;
    const answer = { body: Buffer.from('<w:XmlFragment>x-secret-y</w:XmlFragment>'), contentType: 'text/xml' };
    expect(maskExchange(ask('StartPassword/text()'), answer, null).response).not.toContain('secret');
    expect(maskExchange(ask('CommandLine/text()'), answer, null, { withoutContents: true }).response).not.toContain(
      'secret',
    );
    expect(maskExchange(ask('CommandLine/text()'), answer, null).response).toContain('secret');
    expect(maskExchange(ask('Caption'), answer, null, { withoutContents: true }).response).toContain('secret');
  });

  it('a command that was left out is not told by the error that quotes it', () => {
    const request = '<rsp:Command>connect x-secret-y</rsp:Command>';
    const masked = maskExchange(
      request,
      null,
      { name: 'WSManFault', message: 'connect x-secret-y is unknown' },
      { withoutContents: true },
    );
    expect(masked.error?.message).toBe(`${mask} is unknown`);
  });

  it('SecureStrings and properties with telling names are starred inside base64, and nothing moves', () => {
    const clixml = '<Obj><MS><SS N="A">0123456789</SS><S N="Password">x-secret-y</S><S N="Name">seen</S></MS></Obj>';
    const fragment = Buffer.concat([Buffer.alloc(21, 1), Buffer.from(clixml)]);
    const xml = `<rsp:Arguments>${fragment.toString('base64')}</rsp:Arguments>`;
    const masked = maskSecrets(xml);
    const inside = Buffer.from(/>([^<]+)</.exec(masked)![1]!, 'base64');
    expect(inside).toHaveLength(fragment.length);
    expect(inside.subarray(0, 21)).toEqual(fragment.subarray(0, 21));
    expect(inside.toString()).toContain('<SS N="A">**********</SS><S N="Password">**********</S><S N="Name">seen</S>');
  });

  it('a SecureString in plain CLIXML is masked', () => {
    expect(maskSecrets('<Obj><SS>0123456789</SS><S N="Pwd">x</S></Obj>')).toBe(
      `<Obj><SS>${mask}</SS><S N="Pwd">${mask}</S></Obj>`,
    );
  });
});

it('flags with telling names are masked, and are no secrets to look for elsewhere', () => {
  const xml = '<i><PasswordRequired>true</PasswordRequired><a>true</a><PasswordAge>12345</PasswordAge><b>12345</b></i>';
  const answer = maskExchange(xml, { body: Buffer.from(xml), contentType: 'text/xml' }, null);
  expect(answer.response).toContain('<a>true</a>');
  expect(answer.response).toContain('<b>12345</b>');
});

it('what a target calls a secret takes nothing out of other texts', () => {
  const found = new Set<string>();
  maskExchange('<a>x</a>', { body: Buffer.from('<Password>Win32_Service</Password>'), contentType: 'text/xml' }, null, {
    found,
  });
  expect([...found]).toEqual([]);
});

describe('text of strangers', () => {
  // Quadratic work over two megabytes would take many minutes, and the test its limit.
  const long = 2_000_000;
  it.each([
    ['FragmentTransfer ', 'a header that never ends'],
    ['<a:FragmentTransfer ', 'headers that never end'],
    ['<Password ', 'tags that never end'],
  ])('%s again and again (%s) is gone through once', (piece) => {
    const text = piece.repeat(Math.ceil(long / piece.length));
    const answer = { body: Buffer.from(text), contentType: 'application/soap+xml;charset=UTF-8' };
    const { response } = maskExchange(null, answer, null);
    expect(response).toContain(piece.trim());
  });

  it.each(['<a N="passw', '<SS', '<aaaa'])('%s again and again in a stream too', (piece) => {
    const text = Buffer.from(piece.repeat(Math.ceil(long / piece.length))).toString('base64');
    expect(maskStream(text)).toBe(text);
  });

  it('a SecureString and a property that speaks of a secret are masked in a stream, byte for byte', () => {
    const clixml = '<SS>c2VjcmV0</SS><S N="AdminPassword">hunter2</S><S N="Name">Spooler</S>';
    const masked = Buffer.from(maskStream(Buffer.from(clixml).toString('base64')), 'base64').toString();
    expect(masked).toBe('<SS>********</SS><S N="AdminPassword">*******</S><S N="Name">Spooler</S>');
  });
});
