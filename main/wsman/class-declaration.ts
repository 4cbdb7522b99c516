/**
 * Declarations of CIM classes, as WS-Man gives them in CIM-XML (DSP0227 1.1 chapter 15, MS-WSMV 3.1.4.1.38; the elements are those of DSP0201).
 * Windows has them from Windows 8 and Server 2012 on; WQL over `meta_class` is no substitute, since it answers with instances.
 */
import type { CimTypeName } from './cim-types.ts';
import type { ResourceLocator } from './client.ts';
import type { OptionSet } from './envelope.ts';
import { ProtocolError } from './errors.ts';
import { attribute, childrenOf, type XmlElement } from './xml.ts';

/** Resource of all class declarations; the selectors say which namespace, and which class. */
const declarations = 'http://schemas.dmtf.org/wbem/cim-xml/2/cim-schema/2/*';

/** Where the declaration of a class is, or of all classes of a namespace. The namespace may be written with either slash. */
export function classDeclarations(namespace: string, className?: string): ResourceLocator {
  const selectors: (readonly [string, string])[] = [['__cimnamespace', namespace.replaceAll('\\', '/')]];
  if (className !== undefined) selectors.push(['ClassName', className]);
  return { resourceUri: declarations, selectors };
}

const truth = (name: string): OptionSet[number] => ({ name, value: 'true', type: 'xs:boolean' });
/** For Get: everything that the class has, inherited or not (DSP0227 15.8). */
export const wholeDeclaration: OptionSet = [
  truth('IncludeQualifiers'),
  truth('IncludeInheritedElements'),
  truth('IncludeInheritanceHierarchy'),
];
/** For Enumerate: the names of all classes and nothing else (GetSubClassPaths of DSP0227 15.3). Targets may send whole declarations all the same. */
export const classPathsOnly: OptionSet = [
  truth('IncludeSubClasses'),
  truth('IncludePath'),
  truth('ExcludeClassSpecification'),
];

export interface CimQualifier {
  readonly name: string;
  /** As text; more than one for an array. */
  readonly values: readonly string[];
}
interface Declared {
  readonly name: string;
  readonly type: CimTypeName;
  /** The class that a reference refers to, or that an embedded instance is of; null where it is neither, or not said. */
  readonly referenceClass: string | null;
  readonly qualifiers: readonly CimQualifier[];
}
export interface PropertyDeclaration extends Declared {
  readonly isKey: boolean;
  /** WMI's `write` qualifier: what Put may change. CIM says nothing of the sort where it is missing. */
  readonly isWritable: boolean;
  /** Declared by a base class. */
  readonly isInherited: boolean;
}
export interface ParameterDeclaration extends Declared {
  readonly isInput: boolean;
  readonly isOutput: boolean;
}
export interface MethodDeclaration {
  readonly name: string;
  /** Null: it returns nothing. */
  readonly returnType: CimTypeName | null;
  /** It belongs to the class: no instance is needed. */
  readonly isStatic: boolean;
  readonly parameters: readonly ParameterDeclaration[];
  readonly qualifiers: readonly CimQualifier[];
}
export interface ClassDeclaration {
  readonly name: string;
  readonly superclass: string | null;
  /** Base classes, the nearest first. */
  readonly derivation: readonly string[];
  readonly isAbstract: boolean;
  readonly isAssociation: boolean;
  readonly isSingleton: boolean;
  readonly qualifiers: readonly CimQualifier[];
  readonly properties: readonly PropertyDeclaration[];
  readonly methods: readonly MethodDeclaration[];
}

/** Reads CLASS. Throws ProtocolError where the element holds none. Unknown types are taken as text, since only the value says more. */
export function readClassDeclaration(element: XmlElement): ClassDeclaration {
  const declared = find(element, 'CLASS', 3);
  const name = declared && attribute(declared, 'NAME');
  if (!declared || !name) {
    throw new ProtocolError(`The answer is no declaration of a class, but "${element.local.slice(0, 80)}".`);
  }
  const qualifiers = readQualifiers(declared);
  const superclass = attribute(declared, 'SUPERCLASS') || null;
  const derivation = (attribute(declared, 'DERIVATION') ?? '').split(/[\s,]+/).filter((base) => base !== '');
  return {
    name,
    superclass,
    derivation: derivation.length === 0 && superclass !== null ? [superclass] : derivation,
    isAbstract: isSet(qualifiers, 'abstract'),
    isAssociation: isSet(qualifiers, 'association'),
    isSingleton: isSet(qualifiers, 'singleton'),
    qualifiers,
    properties: declared.children
      .filter(({ local }) => /^PROPERTY(\.ARRAY|\.REFERENCE)?$/.test(local))
      .map(readProperty),
    methods: childrenOf(declared, 'METHOD').map(readMethod),
  };
}

/** Name of the class of an item of Enumerate, whatever form it has: CLASS, CLASSNAME, or a path that ends in one. Null where there is none. */
export function classNameOfItem(element: XmlElement): string | null {
  const named = find(element, 'CLASSNAME', 6) ?? find(element, 'CLASS', 6);
  return (named && attribute(named, 'NAME')) || null;
}

function find(element: XmlElement, local: string, depth: number): XmlElement | undefined {
  if (element.local === local) return element;
  if (depth === 0) return undefined;
  for (const inner of element.children) {
    const found = find(inner, local, depth - 1);
    if (found) return found;
  }
  return undefined;
}

function readProperty(element: XmlElement): PropertyDeclaration {
  const declared = readDeclared(element);
  return {
    ...declared,
    isKey: isSet(declared.qualifiers, 'key'),
    isWritable: isSet(declared.qualifiers, 'write'),
    isInherited: attribute(element, 'PROPAGATED') === 'true',
  };
}

function readMethod(element: XmlElement): MethodDeclaration {
  const qualifiers = readQualifiers(element);
  const type = attribute(element, 'TYPE');
  return {
    name: attribute(element, 'NAME') ?? '',
    returnType: type === null || type === 'void' ? null : typeOf(type, qualifiers, false),
    isStatic: isSet(qualifiers, 'static'),
    parameters: element.children
      .filter(({ local }) => /^PARAMETER(\.ARRAY|\.REFERENCE|\.REFARRAY)?$/.test(local))
      .map((parameter) => {
        const declared = readDeclared(parameter);
        const isOutput = isSet(declared.qualifiers, 'out');
        // CIM's own default is an input (DSP0004 5.6.3).
        return { ...declared, isOutput, isInput: isSet(declared.qualifiers, 'in') || !isOutput };
      }),
    qualifiers,
  };
}

function readDeclared(element: XmlElement): Declared {
  const qualifiers = readQualifiers(element);
  const [, kind = ''] = element.local.split('.', 2);
  const isReference = kind === 'REFERENCE' || kind === 'REFARRAY';
  const isArray = kind === 'ARRAY' || kind === 'REFARRAY';
  const embedded = qualifiers.find(({ name }) => name.toLowerCase() === 'embeddedinstance')?.values[0];
  return {
    name: attribute(element, 'NAME') ?? '',
    type: isReference
      ? (`reference${isArray ? '[]' : ''}` as CimTypeName)
      : typeOf(attribute(element, 'TYPE') ?? 'string', qualifiers, isArray),
    referenceClass: isReference ? attribute(element, 'REFERENCECLASS') || null : (embedded ?? null),
    qualifiers,
  };
}

const scalars: ReadonlySet<string> = new Set([
  'boolean',
  'char16',
  'datetime',
  'real32',
  'real64',
  'reference',
  'sint16',
  'sint32',
  'sint64',
  'sint8',
  'string',
  'uint16',
  'uint32',
  'uint64',
  'uint8',
]);

/** Embedded instances travel under the type `string` (DSP0201); WMI's intervals are datetimes with a SubType. */
function typeOf(text: string, qualifiers: readonly CimQualifier[], isArray: boolean): CimTypeName {
  const named = text.toLowerCase();
  const has = (name: string): CimQualifier | undefined =>
    qualifiers.find((qualifier) => qualifier.name.toLowerCase() === name);
  const scalar =
    has('embeddedinstance') || has('embeddedobject')
      ? 'instance'
      : named === 'datetime' && has('subtype')?.values[0]?.toLowerCase() === 'interval'
        ? 'interval'
        : scalars.has(named)
          ? named
          : 'string';
  return `${scalar}${isArray ? '[]' : ''}` as CimTypeName;
}

function readQualifiers(element: XmlElement): CimQualifier[] {
  return childrenOf(element, 'QUALIFIER').map((qualifier) => ({
    name: attribute(qualifier, 'NAME') ?? '',
    values: qualifier.children.flatMap((value) =>
      value.local === 'VALUE.ARRAY' ? childrenOf(value, 'VALUE').map(({ text }) => text) : [value.text],
    ),
  }));
}

function isSet(qualifiers: readonly CimQualifier[], name: string): boolean {
  const found = qualifiers.find((qualifier) => qualifier.name.toLowerCase() === name);
  return found !== undefined && found.values[0]?.trim().toLowerCase() !== 'false';
}
