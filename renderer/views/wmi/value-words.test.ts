import { expect, it } from 'vitest';
import type { CimValue } from '../../../shared/contract/cim-value.ts';
import type { WmiType } from '../../../shared/contract/wmi.ts';
import { cellText, exactText, linkName, sameField, toField, toInput, wrongField } from './value-words.ts';

const field = (type: WmiType, text: string) => ({ name: 'x', type, isNull: false, text });

it('values are shown on one line, and exactly where somebody looks closer', () => {
  const reference: CimValue = {
    cim: 'reference',
    address: '',
    resourceUri: 'http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/Win32_Service',
    selectors: [
      ['__cimnamespace', 'root/cimv2'],
      ['Name', 'a "b"'],
    ],
  };
  expect(cellText(18_446_744_073_709_551_615n)).toBe('18446744073709551615');
  expect(cellText(null)).toBe('');
  expect(exactText(null)).toBe('null');
  expect(cellText('a\n  b')).toBe('a b');
  expect(cellText([1, 2])).toBe('1, 2');
  expect(cellText(reference)).toBe('Win32_Service.Name="a \\"b\\""');
  expect(exactText({ cim: 'datetime', text: '2026-01-02T03:04:05.1234567Z', epochMs: 0 })).toBe(
    '2026-01-02T03:04:05.1234567Z',
  );
});

it('a field writes what it shows', () => {
  expect(toInput(toField('x', 'uint64', 5n))).toEqual({ name: 'x', type: 'uint64', value: '5' });
  expect(toInput(toField('x', 'string', null))).toEqual({ name: 'x', type: 'string', value: null });
  expect(toInput(toField('x', 'string', ''))).toEqual({ name: 'x', type: 'string', value: '' });
  expect(toInput(toField('x', 'string[]', ['a', 'b']))).toEqual({ name: 'x', type: 'string[]', value: ['a', 'b'] });
  expect(toInput(toField('x', 'uint8[]', []))).toEqual({ name: 'x', type: 'uint8[]', value: null });
  expect(sameField({ ...field('string', 'a'), isNull: true }, { ...field('string', 'b'), isNull: true })).toBe(true);
  expect(sameField(field('string', ''), { ...field('string', ''), isNull: true })).toBe(false);
});

it('says what is no value of its type', () => {
  for (const [type, good, bad] of [
    ['uint8', '255', '256'],
    ['sint8', '-128', '-129'],
    ['uint64', '18446744073709551615', '18446744073709551616'],
    ['uint32[]', '1\n2', '1\nx'],
    ['boolean', 'TRUE', 'yes'],
    ['real64', '-1e5', ''],
    ['datetime', '2026-01-31T12:00:00.5+01:00', '31.1.2026'],
    ['interval', 'P1DT2H', '2 hours'],
    ['reference', 'Win32_Service.Name="x"', 'Win32_Service'],
  ] as const) {
    expect(wrongField(field(type, good)), `${type} ${good}`).toBeNull();
    expect(wrongField(field(type, bad)), `${type} ${bad}`).not.toBeNull();
  }
  expect(wrongField({ ...field('uint8', 'x'), isNull: true })).toBeNull();
});

it('a link is named by what is at its other end', () => {
  const service = (name: string) => ({
    cim: 'reference' as const,
    address: '',
    resourceUri: 'http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/Win32_Service',
    selectors: [['Name', name]] as const,
  });
  const link = (other: string) => ({
    namespace: 'root/cimv2',
    className: 'Win32_DependentService',
    reference: null,
    properties: [
      ['Antecedent', service(other)],
      ['Dependent', service('BFE')],
      ['TypeOfDependency', null],
    ] as const,
  });
  expect(linkName(link('RpcSs'), service('bfe'))).toBe('Win32_DependentService: Antecedent Win32_Service.Name="RpcSs"');
  expect(linkName(link('BFE'), service('BFE'))).toContain('Dependent');
});
