import { describe, expect, test } from 'vitest';
import { isDialect, writeAssociationFilter } from './association.ts';
import { buildEnumerate, readItem } from './enumeration.ts';
import { readEpr } from './epr.ts';
import { ns } from './namespaces.ts';
import { child, parseXml, type XmlElement } from './xml.ts';

const wmi = 'http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2';
const object = { resourceUri: `${wmi}/Win32_Service`, selectors: [['Name', 'a<b']] as const };

const read = (xml: string): XmlElement =>
  parseXml(xml.replace('>', ` xmlns:a="${ns.addressing}" xmlns:w="${ns.wsman}">`));
const names = (element: XmlElement): string[] => element.children.map(({ local }) => local);

describe('association filters', () => {
  test('associated instances: every part, in the order of the schema', () => {
    const filter = read(
      writeAssociationFilter({
        select: 'associated-instances',
        object,
        resultRole: 'Antecedent',
        resultClassName: 'Win32_Service',
        role: 'Dependent',
        associationClassName: 'Win32_DependentService',
        includeResultProperties: ['Name', 'State'],
      }),
    );
    expect(filter).toMatchObject({ local: 'AssociatedInstances', namespace: ns.cimBinding });
    expect(names(filter)).toEqual([
      'Object',
      'AssociationClassName',
      'Role',
      'ResultClassName',
      'ResultRole',
      'IncludeResultProperty',
      'IncludeResultProperty',
    ]);
    expect(readEpr(child(filter, 'Object')!)).toMatchObject({
      resourceUri: object.resourceUri,
      selectors: [['Name', 'a<b']],
    });
  });

  test('associations themselves have neither of the two parts that belong to the far end', () => {
    const filter = read(
      writeAssociationFilter({ select: 'association-instances', object, resultClassName: 'X', role: 'Dependent' }),
    );
    expect(filter.local).toBe('AssociationInstances');
    expect(names(filter)).toEqual(['Object', 'ResultClassName', 'Role']);
    for (const more of [{ resultRole: 'x' }, { associationClassName: 'x' }]) {
      expect(() => writeAssociationFilter({ select: 'association-instances', object, ...more })).toThrow(TypeError);
    }
  });

  test('dialects are told apart without regard to case: winrm writes a capital A', () => {
    expect(isDialect('http://schemas.dmtf.org/wbem/wsman/1/cimbinding/AssociationFilter', 'association')).toBe(true);
    expect(isDialect('HTTP://schemas.microsoft.com/wbem/wsman/1/wql', 'wql')).toBe(true);
    expect(isDialect('http://schemas.microsoft.com/wbem/wsman/1/WQL', 'selector')).toBe(false);
  });
});

describe('modes of an enumeration', () => {
  test('mode and polymorphism stand in the request only where they are asked for', () => {
    const body = buildEnumerate({ maxElements: 20, mode: 'EnumerateObjectAndEPR', polymorphism: 'None' });
    expect(body).toContain('<w:EnumerationMode>EnumerateObjectAndEPR</w:EnumerationMode>');
    expect(body).toMatch(/<b:PolymorphismMode xmlns:b="[^"]*cimbinding.xsd">None</);
    expect(buildEnumerate({ maxElements: 20 })).not.toMatch(/Mode/);
  });

  test('items of each mode', () => {
    const epr = `<a:EndpointReference xmlns:a="${ns.addressing}"><a:Address>x</a:Address><a:ReferenceParameters xmlns:w="${ns.wsman}"><w:ResourceURI>urn:r</w:ResourceURI></a:ReferenceParameters></a:EndpointReference>`;
    const both = readItem(parseXml(`<w:Item xmlns:w="${ns.wsman}"><p:X xmlns:p="urn:p"/>${epr}</w:Item>`));
    expect(both.object?.local).toBe('X');
    expect(both.epr?.resourceUri).toBe('urn:r');
    expect(readItem(parseXml(epr))).toMatchObject({ object: null, epr: { resourceUri: 'urn:r' } });
    expect(readItem(parseXml('<Item><X/></Item>'))).toMatchObject({ object: { local: 'Item' }, epr: null });
  });
});
