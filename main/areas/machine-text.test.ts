import { expect, test } from 'vitest';
import { settingsFor } from './machine-defaults.ts';
import { exportMachines, readImport } from './machine-text.ts';

const rows = (text: string, format: 'auto' | 'list' | 'csv' = 'auto') => readImport(text, format, []).rows;
const endpoints = (text: string) =>
  rows(text).map(
    ({ settings }) => settings && `${settings.transport}://${settings.address}:${settings.port}/${settings.path}`,
  );

test('a plain list: names, addresses, ports, URLs, IPv6, comments, blank lines', () => {
  const text = [
    '# the web farm',
    '',
    'web1',
    'web2:5986  # by TLS',
    'https://web3',
    'http://web4:80',
    'https://web5.corp.example:8443/custom/wsman/',
    '10.0.0.7:5985',
    'fe80::1',
    '[2001:db8::2]:5986',
  ].join('\r\n');
  expect(endpoints(text)).toEqual([
    'http://web1:5985/wsman',
    'https://web2:5986/wsman',
    'https://web3:5986/wsman',
    'http://web4:80/wsman',
    'https://web5.corp.example:8443/custom/wsman',
    'http://10.0.0.7:5985/wsman',
    'http://fe80::1:5985/wsman',
    'https://2001:db8::2:5986/wsman',
  ]);
  expect(rows(text).map((row) => row.line)).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
});

test('lines that are no machine say why and do not stop the others', () => {
  const preview = rows('web1\nftp://web2\nweb3:99999\nuser@web4\ntwo words');
  expect(preview.map((row) => row.verdict)).toEqual(['new', 'invalid', 'invalid', 'invalid', 'invalid']);
  expect(preview[2]!.note).toContain('port');
});

test('known ones and duplicates are told by endpoint, whatever the case', () => {
  const known = [settingsFor('WEB1')];
  const preview = readImport('web1\nweb2\nWeb2\nweb2:5986', 'auto', known);
  expect(preview.rows.map((row) => row.verdict)).toEqual(['known', 'new', 'duplicate', 'new']);
  expect(preview.rows[2]!.note).toContain('line 2');
});

test('CSV is told by its header; separators, quotes and line breaks in cells', () => {
  const text =
    'Computer Name;Display Name;Transport;Tags;Trusted\r\nsrv1;"The ""big"" one";https;prod,web;\r\nsrv2;"two\r\nlines";;;yes\r\nsrv3;;;;maybe\r\n';
  const preview = readImport(text, 'auto', []);
  expect(preview.format).toBe('csv');
  expect(preview.rows.map((row) => [row.line, row.verdict])).toEqual([
    [2, 'new'],
    [3, 'new'],
    [5, 'invalid'],
  ]);
  expect(preview.rows[0]!.settings).toMatchObject({
    name: 'The "big" one',
    address: 'srv1',
    transport: 'https',
    port: 5986,
    tags: ['prod', 'web'],
  });
  expect(preview.rows[1]!.settings?.trusted).toBe(true);
  expect(preview.rows[2]!.note).toContain('yes or no');
});

test('semicolons between tags are not taken for the separator, however regular they are', () => {
  const text = 'name,address,tags\r\nHQ-DC01,10.0.0.1,production;hq;dc\r\nBRS-SQL01,10.0.0.2,production;brs;sql\r\n';
  expect(rows(text).map(({ settings }) => settings && [settings.name, settings.tags])).toEqual([
    ['HQ-DC01', ['production', 'hq', 'dc']],
    ['BRS-SQL01', ['production', 'brs', 'sql']],
  ]);
});

test('columns that nobody knows are passed over, and a file from before there were SPNs is read', () => {
  const text = 'address,owner,signIn,Cost Centre\nsrv1,ada,kerberos,42\n';
  const [row] = readImport(text, 'auto', []).rows;
  expect(row).toMatchObject({ verdict: 'new', note: '' });
  expect(row!.settings).toEqual(settingsFor('srv1', { signIn: 'kerberos' }));
  const [bad] = readImport('address,spnClass\nsrv1,HTTP/x\n', 'auto', []).rows;
  expect(bad).toMatchObject({ verdict: 'invalid', note: expect.stringContaining('service class') });
});

test('CSV without an address column is refused as a whole', () => {
  expect(rows('a,b\n1,2', 'csv')).toEqual([
    { line: 1, settings: null, verdict: 'invalid', note: expect.stringContaining('"address"') },
  ]);
});

test('what is exported reads back the same, in both forms', () => {
  const machines = [
    settingsFor('web1', { tags: ['prod', 'site=Berlin'], trusted: true }),
    settingsFor('2001:db8::2', { transport: 'https', port: 8443, path: 'x/y', pin: 'AB'.repeat(32), name: 'six' }),
    settingsFor('web3', {
      signIn: 'kerberos',
      spn: { serviceClass: 'HOST', host: 'web3.corp.example', withPort: true },
      delegate: true,
    }),
    settingsFor('web2', { port: 80, signIn: 'basic', allowClearText: true, name: '=cmd|calc' }),
    settingsFor('web3', { name: "'quoted" }),
  ];
  const csv = exportMachines(machines, 'csv', 0);
  expect(csv.fileName).toBe('windeck-machines-1970-01-01.csv');
  expect(readImport(csv.text, 'auto', []).rows.map((row) => row.settings)).toEqual(machines);
  const list = exportMachines(machines, 'list', 0);
  expect(readImport(list.text, 'auto', []).rows.map((row) => row.settings?.port)).toEqual([5985, 8443, 5985, 80, 5985]);
});

test('no cell of an export begins like a formula', () => {
  const names = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1'];
  const machines = names.map((name, i) => settingsFor(`h${i}`, { name }));
  const { text } = exportMachines(machines, 'csv', 0);
  for (const line of text.split('\r\n').slice(1)) expect(line.replace(/^"/, '')).not.toMatch(/^[=+\-@\t]/);
});

test('no credential is part of an export', () => {
  const { text } = exportMachines([settingsFor('web1', { credentialId: 'secret-credential-id' })], 'csv', 0);
  expect(text).not.toContain('secret-credential-id');
});
