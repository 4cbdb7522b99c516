import { describe, expect, it } from 'vitest';
import { mask, maskExchange, maskSecrets } from './exchange-masking.ts';

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
