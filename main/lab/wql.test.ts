import { describe, expect, it } from 'vitest';
import type { CimRow } from './cim-class.ts';
import { matches, parseWql, unknownProperty, WqlError } from './wql.ts';

const row: CimRow = {
  Name: 'WinRM',
  DisplayName: "Administrator's [own] 100% tool_box",
  State: 'Running',
  Started: true,
  ProcessId: 1234,
  Size: 18_446_744_073_709_551_615n,
  Path: 'C:\\Windows\\System32\\svchost.exe',
  InstallDate: null,
  Boot: { dateTime: Date.UTC(2026, 0, 2, 3, 4, 5), offsetMinutes: 60 },
  Addresses: ['10.0.0.1', 'fe80::1'],
};
const names = new Map(Object.keys(row).map((name) => [name.toLowerCase(), name]));
const find = (name: string): string | undefined => names.get(name.toLowerCase());
const holds = (where: string): boolean => matches(parseWql(`select * from X where ${where}`).where, row, find);

describe('parseWql', () => {
  it('reads projection, class and condition, without regard to case and line breaks', () => {
    expect(parseWql(' SeLeCt\n*  FROM Win32_Service ')).toEqual({
      properties: null,
      className: 'Win32_Service',
      where: null,
    });
    expect(parseWql('select Name , State from Win32_Service where Started=TRUE')).toMatchObject({
      properties: ['Name', 'State'],
      where: { kind: 'compare', property: 'Started', operator: '=', literal: true },
    });
  });
  it.each([
    'select',
    'select * from',
    'select * Win32_Service',
    'select Name State from X',
    'select * from X where',
    'select * from X where Name =',
    'select * from X where Name = "open',
    'select * from X where (Name = 1',
    'select * from X where Name = 1)',
    'select * from X where Name like 5',
    'select * from X where Name ~ 1',
    'select * from X extra',
    'select , from X',
    "select * from X where Name like 'a[]'; drop",
    'x'.repeat(20_000),
    `select * from X where ${'('.repeat(5000)}Name = 1${')'.repeat(5000)}`,
    `select * from X where ${'not '.repeat(5000)} Name = 1`,
  ])('refuses %#', (text) => {
    expect(() => parseWql(text)).toThrow(WqlError);
  });
  it('names what a class does not have', () => {
    expect(unknownProperty(parseWql("select Name from X where Colour = 'red'"), find)).toBe('Colour');
    expect(unknownProperty(parseWql('select Weight from X'), find)).toBe('Weight');
    expect(
      unknownProperty(parseWql("select NAME, __CLASS from X where not (STATE like 'R%' or size > 1)"), find),
    ).toBeUndefined();
  });
});

describe('matches', () => {
  it.each([
    "Name = 'winrm'",
    "'WINRM' = Name",
    "Name <> 'x'",
    "Name != 'x'",
    "Name >= 'WinRM' and Name <= 'winrm'",
    'ProcessId = 1234',
    "ProcessId = '1234'",
    'ProcessId > 1233 and ProcessId < 1235',
    '1000 < ProcessId',
    'Size > 18446744073709551614',
    'Size = 18446744073709551615',
    'Started = true',
    'Started <> false',
    "Started = 'TRUE'",
    'InstallDate is null',
    'InstallDate = NULL',
    'Name is not null',
    'Name <> null',
    "not Name = 'x'",
    "Name = 'x' or State = 'running' and Started = true",
    "(Name = 'x' or State = 'running') and not (ProcessId = 1)",
    "Name like 'win%'",
    "Name like '%RM'",
    "Name like 'W_nR_'",
    "Name like '[v-x]in[^a-q]m'",
    "Name like '[vwx]%'",
    "Name not like 'x%'",
    "DisplayName like '%[%]%'",
    "DisplayName like '%[_]%'",
    'DisplayName like "%administrator\'s [[]own%"',
    "Path = 'C:\\\\Windows\\\\System32\\\\svchost.exe'",
    "Path like '%system32\\\\svchost.exe'",
    "Boot > '20260101000000.000000+000'",
    "Boot = '20260102040405.000000+060'",
  ])('%s', (where) => {
    expect(holds(where)).toBe(true);
  });
  it.each([
    "Name = 'other'",
    'ProcessId <> 1234',
    'Size < 18446744073709551615',
    'InstallDate > 5',
    'InstallDate <> 5',
    'InstallDate is not null',
    "Name like 'in%'",
    "Name like 'WinR'",
    "Name like '[^v-x]%'",
    "Name = 'x' or State = 'running' and Started = false",
    "Addresses = '10.0.0.1'",
    "ProcessId = 'many'",
  ])('not: %s', (where) => {
    expect(holds(where)).toBe(false);
  });
  it('stays fast with many wildcards', () => {
    const text = 'a'.repeat(300);
    for (const pattern of [`${'%'.repeat(500)}b`, `${'%a'.repeat(100)}%b`, `${'%a_'.repeat(60)}%b%`]) {
      const { where } = parseWql(`select * from X where Name like '${pattern}'`);
      expect(matches(where, { Name: text }, find)).toBe(false);
      expect(matches(where, { Name: `${text}b` }, find)).toBe(true);
    }
  });
});
