import { expect, test } from 'vitest';
import { parseXml } from '../wsman/index.ts';
import { toRow } from './command-line-rows.ts';

test('an instance becomes a row: nested names, arrays, nil and moments', () => {
  const row = toRow(
    parseXml(`<p:X xmlns:p="urn:x" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
      <p:Name> a </p:Name><p:IP>1</p:IP><p:IP>2</p:IP><p:None xsi:nil="true"/>
      <p:Boot><cim:Datetime xmlns:cim="urn:cim">2026-01-01T00:00:00Z</cim:Datetime></p:Boot>
      <p:Auth><p:Basic>false</p:Basic><p:Kerberos>true</p:Kerberos></p:Auth></p:X>`),
  );
  expect(row).toEqual({
    Name: 'a',
    IP: '1, 2',
    None: '',
    Boot: '2026-01-01T00:00:00Z',
    'Auth.Basic': 'false',
    'Auth.Kerberos': 'true',
  });
});

test('text from a target is data: what turns or moves is spelled out, and length and breadth have an end', () => {
  const hostile = toRow(parseXml('<X><A>a&#x202E;b</A><__proto__>x</__proto__></X>'));
  expect(hostile['A']).toBe('a<U+202E>b');
  expect(Object.getPrototypeOf(hostile)).toBe(Object.prototype);
  const wide = Array.from({ length: 500 }, (_, n) => `<C${n}>${'x'.repeat(5000)}</C${n}>`).join('');
  const row = toRow(parseXml(`<X>${wide}</X>`));
  expect(Object.keys(row)).toHaveLength(200);
  expect(row['C0']!.length).toBeLessThan(2100);
});
