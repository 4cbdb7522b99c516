import { describe, expect, it } from 'vitest';
import { classDeclarations, classNameOfItem, readClassDeclaration } from './class-declaration.ts';
import { ProtocolError } from './errors.ts';
import { parseXml } from './xml.ts';

const flag = (name: string) => `<QUALIFIER NAME="${name}" TYPE="boolean"><VALUE>true</VALUE></QUALIFIER>`;
const text = (name: string, value: string) =>
  `<QUALIFIER NAME="${name}" TYPE="string"><VALUE>${value}</VALUE></QUALIFIER>`;

const declaration = `<CLASS NAME="Test_Pump" SUPERCLASS="Test_Device" DERIVATION="Test_Device,Test_Element">${flag('Singleton')}
<PROPERTY NAME="Id" TYPE="string" PROPAGATED="true">${flag('Key')}</PROPERTY>
<PROPERTY NAME="Pressure" TYPE="uint64">${flag('write')}${text('Units', 'Pascals')}</PROPERTY>
<PROPERTY NAME="Age" TYPE="datetime">${text('SubType', 'interval')}</PROPERTY>
<PROPERTY.ARRAY NAME="Readings" TYPE="real32"/>
<PROPERTY NAME="Plan" TYPE="string">${text('EmbeddedInstance', 'Test_Plan')}</PROPERTY>
<PROPERTY NAME="Odd" TYPE="float128"/>
<PROPERTY.REFERENCE NAME="Tank" REFERENCECLASS="Test_Tank"/>
<METHOD NAME="Run" TYPE="uint32">${flag('static')}
<QUALIFIER NAME="ValueMap" TYPE="string"><VALUE.ARRAY><VALUE>0</VALUE><VALUE>5</VALUE></VALUE.ARRAY></QUALIFIER>
<PARAMETER NAME="Speed" TYPE="uint16">${flag('In')}</PARAMETER>
<PARAMETER.ARRAY NAME="Log" TYPE="string">${flag('Out')}</PARAMETER.ARRAY>
<PARAMETER NAME="Both" TYPE="boolean">${flag('in')}${flag('out')}</PARAMETER>
<PARAMETER NAME="Bare" TYPE="sint8"/>
<PARAMETER.REFARRAY NAME="Tanks" REFERENCECLASS="Test_Tank">${flag('in')}</PARAMETER.REFARRAY>
</METHOD><METHOD NAME="Stop"/></CLASS>`;

describe('a declaration in CIM-XML', () => {
  it('is read with types, keys, qualifiers and methods', () => {
    const read = readClassDeclaration(parseXml(declaration));
    expect(read).toMatchObject({
      name: 'Test_Pump',
      superclass: 'Test_Device',
      derivation: ['Test_Device', 'Test_Element'],
      isSingleton: true,
      isAbstract: false,
      isAssociation: false,
    });
    expect(read.properties.map(({ name, type, referenceClass }) => [name, type, referenceClass])).toEqual([
      ['Id', 'string', null],
      ['Pressure', 'uint64', null],
      ['Age', 'interval', null],
      ['Readings', 'real32[]', null],
      ['Plan', 'instance', 'Test_Plan'],
      ['Odd', 'string', null],
      ['Tank', 'reference', 'Test_Tank'],
    ]);
    expect(read.properties[0]).toMatchObject({ isKey: true, isInherited: true, isWritable: false });
    expect(read.properties[1]).toMatchObject({
      isKey: false,
      isInherited: false,
      isWritable: true,
      qualifiers: [
        { name: 'write', values: ['true'] },
        { name: 'Units', values: ['Pascals'] },
      ],
    });
    const [run, stop] = read.methods;
    expect(run).toMatchObject({ isStatic: true, returnType: 'uint32' });
    expect(run?.qualifiers).toContainEqual({ name: 'ValueMap', values: ['0', '5'] });
    expect(run?.parameters.map(({ name, type, isInput, isOutput }) => [name, type, isInput, isOutput])).toEqual([
      ['Speed', 'uint16', true, false],
      ['Log', 'string[]', false, true],
      ['Both', 'boolean', true, true],
      ['Bare', 'sint8', true, false],
      ['Tanks', 'reference[]', true, false],
    ]);
    expect(stop).toMatchObject({ name: 'Stop', returnType: null, parameters: [], isStatic: false });
  });

  it('is found inside wrappers, and anything else is refused', () => {
    expect(readClassDeclaration(parseXml(`<VALUE.NAMEDOBJECT>${declaration}</VALUE.NAMEDOBJECT>`)).name).toBe(
      'Test_Pump',
    );
    expect(() => readClassDeclaration(parseXml('<INSTANCE CLASSNAME="x"/>'))).toThrow(ProtocolError);
    expect(() => readClassDeclaration(parseXml('<CLASS/>'))).toThrow(ProtocolError);
    // A flag that says false is none, and one without a value is.
    const flags = readClassDeclaration(
      parseXml(
        '<CLASS NAME="x"><QUALIFIER NAME="ABSTRACT" TYPE="boolean"/><QUALIFIER NAME="association" TYPE="boolean"><VALUE>FALSE</VALUE></QUALIFIER></CLASS>',
      ),
    );
    expect(flags).toMatchObject({ isAbstract: true, isAssociation: false, derivation: [] });
  });

  it('names of classes come as declarations, names or paths', () => {
    const name = (xml: string) => classNameOfItem(parseXml(xml));
    expect(name('<CLASS NAME="A"/>')).toBe('A');
    expect(name('<CLASSNAME NAME="B"/>')).toBe('B');
    expect(
      name(
        '<CLASSPATH><NAMESPACEPATH><HOST>h</HOST><LOCALNAMESPACEPATH><NAMESPACE NAME="root"/></LOCALNAMESPACEPATH></NAMESPACEPATH><CLASSNAME NAME="C"/></CLASSPATH>',
      ),
    ).toBe('C');
    expect(name('<OTHER/>')).toBeNull();
  });
});

it('is asked for by namespace and name', () => {
  expect(classDeclarations('root\\cimv2', 'Win32_Service')).toEqual({
    resourceUri: 'http://schemas.dmtf.org/wbem/cim-xml/2/cim-schema/2/*',
    selectors: [
      ['__cimnamespace', 'root/cimv2'],
      ['ClassName', 'Win32_Service'],
    ],
  });
});
