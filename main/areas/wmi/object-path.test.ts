import { expect, it } from 'vitest';
import { namespaceOf, writeObjectPath } from '../../../shared/contract/object-path.ts';
import { parseObjectPath } from './object-path.ts';

it('object paths are read and written', () => {
  const read = (text: string) => {
    const reference = parseObjectPath(text, 'root/cimv2');
    return reference === null ? null : [reference.resourceUri.split('/wmi/')[1], reference.selectors.slice(1)];
  };
  expect(read('Win32_Service.Name="Spooler"')).toEqual(['root/cimv2/Win32_Service', [['Name', 'Spooler']]]);
  expect(read('\\\\HQ-1\\root\\default:Some_Class.A="x, \\"y\\" \\\\ z",B=5')).toEqual([
    'root/default/Some_Class',
    [
      ['A', 'x, "y" \\ z'],
      ['B', '5'],
    ],
  ]);
  expect(read('Win32_OperatingSystem=@')).toEqual(['root/cimv2/Win32_OperatingSystem', []]);
  for (const wrong of [
    '',
    'Win32_Service',
    'Win32_Service.',
    'Win32_Service.Name',
    'a.b="c',
    'a.b="c" d="e"',
    '<a.b="c"',
  ]) {
    expect(read(wrong), wrong).toBeNull();
  }
  for (const text of ['Win32_Service.Name="a \\"b\\" \\\\c"', 'root/lab:Lab_Sample.Id="x",Other="y"', 'root/lab:X=@']) {
    expect(writeObjectPath(parseObjectPath(text, 'root/cimv2')!)).toBe(text);
  }
});

it('the namespace is in the selectors or in the URI', () => {
  const uri = 'http://schemas.microsoft.com/wbem/wsman/1/wmi/root/Microsoft/Windows/X';
  expect(namespaceOf({ resourceUri: uri, selectors: [] })).toBe('root/Microsoft/Windows');
  expect(namespaceOf({ resourceUri: uri, selectors: [['__cimnamespace', 'root\\other']] })).toBe('root/other');
  expect(
    namespaceOf({ resourceUri: 'http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_X', selectors: [] }),
  ).toBeNull();
});
