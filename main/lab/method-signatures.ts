import type { LabPropertyType } from './cim-class.ts';

/** What the declarations of the lab's classes say of their methods. Names and types are those of the classes' documentation. */

export interface LabParameter {
  readonly name: string;
  readonly type: LabPropertyType;
  readonly direction: 'in' | 'out';
  readonly optional?: boolean;
}
export interface LabSignature {
  readonly parameters: readonly LabParameter[];
  /** What numbers of ReturnValue mean (ValueMap, Values); null where the class does not say. */
  readonly returns?: readonly (readonly [number, string])[];
}

const input = (name: string, type: LabPropertyType, optional = false): LabParameter => ({
  name,
  type,
  direction: 'in',
  optional,
});
const output = (name: string, type: LabPropertyType): LabParameter => ({ name, type, direction: 'out' });
const of = (...parameters: readonly LabParameter[]): LabSignature => ({ parameters });

const key = [input('hDefKey', 'uint32', true), input('sSubKeyName', 'string')] as const;

/** By class and method, in lower case. A method that is not here is declared without parameters. */
const signatures: ReadonlyMap<string, LabSignature> = new Map(
  Object.entries({
    'Win32_Service.ChangeStartMode': of(input('StartMode', 'string')),
    'Win32_OperatingSystem.Win32Shutdown': of(input('Flags', 'sint32'), input('Reserved', 'sint32', true)),
    'Win32_Process.Create': {
      parameters: [
        input('CommandLine', 'string'),
        input('CurrentDirectory', 'string', true),
        output('ProcessId', 'uint32'),
      ],
      returns: [
        [0, 'Successful completion'],
        [2, 'Access denied'],
        [3, 'Insufficient privilege'],
        [8, 'Unknown failure'],
        [9, 'Path not found'],
        [21, 'Invalid parameter'],
      ],
    },
    'Win32_Process.Terminate': {
      parameters: [input('Reason', 'uint32', true)],
      returns: [
        [0, 'Successful completion'],
        [2, 'Access denied'],
        [3, 'Insufficient privilege'],
        [8, 'Unknown failure'],
        [9, 'Path not found'],
        [21, 'Invalid parameter'],
      ],
    },
    'Win32_Process.GetOwner': of(output('User', 'string'), output('Domain', 'string')),
    'StdRegProv.EnumKey': of(...key, output('sNames', 'string[]')),
    'StdRegProv.EnumValues': of(...key, output('sNames', 'string[]'), output('Types', 'sint32[]')),
    'StdRegProv.GetStringValue': of(...key, input('sValueName', 'string', true), output('sValue', 'string')),
    'StdRegProv.GetDWORDValue': of(...key, input('sValueName', 'string', true), output('uValue', 'uint32')),
    'StdRegProv.GetBinaryValue': of(...key, input('sValueName', 'string', true), output('uValue', 'uint8[]')),
    'Lab_Sample.Echo': of(
      input('Text', 'string'),
      input('Count', 'uint64', true),
      input('When', 'datetime', true),
      input('Numbers', 'uint32[]', true),
      input('Fail', 'uint32', true),
      output('TextOut', 'string'),
      output('CountOut', 'uint64'),
      output('WhenOut', 'datetime'),
      output('NumbersOut', 'uint32[]'),
    ),
    'RecordLog.ClearLog': {
      parameters: [],
      returns: [
        [0, 'Completed with no error'],
        [1, 'Not supported'],
        [2, 'Unspecified error'],
      ],
    },
  } satisfies Record<string, LabSignature>).map(([name, signature]) => [name.toLowerCase(), signature]),
);

export function signatureOf(className: string, method: string): LabSignature {
  return signatures.get(`${className}.${method}`.toLowerCase()) ?? { parameters: [] };
}
