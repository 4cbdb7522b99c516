/** InformationalRecord (MS-PSRP 2.2.3.16) as Windows sends it, alone or with where it comes from. */
import {
  type PsObject,
  type PsProperty,
  type PsValue,
  psArray,
  psEnum,
  psObject,
  psProperties,
} from '../../wsman/psrp/clixml-types.ts';

const list = (type: string, items: readonly PsValue[]): PsValue =>
  psObject({ typeNames: [type, 'System.Object'], container: { kind: 'LST', items } });

const iterations = list(
  'System.Collections.ObjectModel.ReadOnlyCollection`1[[System.Int32, mscorlib, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089]]',
  [0, 0],
);

const dictionary =
  'System.Collections.Generic.Dictionary`2[[System.String, mscorlib, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089],[System.Object, mscorlib, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089]]';

/** `script`: the text that it comes from; null: that is not told. */
export function informationalRecord(type: string, text: string, script: string | null): PsObject {
  return psObject({
    typeNames: [
      `System.Management.Automation.${type}`,
      'System.Management.Automation.InformationalRecord',
      'System.Object',
    ],
    text,
    extended: [
      ...psProperties({
        InformationalRecord_Message: text,
        InformationalRecord_SerializeInvocationInfo: script !== null,
      }),
      ...(script === null
        ? []
        : [
            ...invocation(script, 'Runspace', [0, 0]),
            { name: 'InformationalRecord_PipelineIterationInfo', value: iterations },
          ]),
    ],
  });
}

/** What an ErrorRecord (2.2.3.15) has between its category and its stack trace where it tells where it comes from. */
export const extendedErrorInfo = (script: string): readonly PsProperty[] => [
  { name: 'SerializeExtendedInfo', value: true },
  ...invocation(script, 'Internal', []),
  { name: 'PipelineIterationInfo', value: iterations },
];

function invocation(
  script: string,
  origin: 'Runspace' | 'Internal',
  iterationInfo: readonly number[],
): readonly PsProperty[] {
  const inPipeline = origin === 'Runspace' ? 1 : 0;
  return psProperties({
    InvocationInfo_BoundParameters: psObject({
      typeNames: ['System.Management.Automation.PSBoundParametersDictionary', dictionary, 'System.Object'],
      container: { kind: 'DCT', entries: [] },
    }),
    InvocationInfo_CommandOrigin: psEnum(
      'System.Management.Automation.CommandOrigin',
      origin,
      origin === 'Runspace' ? 0 : 1,
    ),
    InvocationInfo_ExpectingInput: true,
    InvocationInfo_InvocationName: '',
    InvocationInfo_Line: '',
    InvocationInfo_OffsetInLine: 0,
    InvocationInfo_HistoryId: 1n,
    InvocationInfo_PipelineIterationInfo: psArray(iterationInfo, 'System.Int32[]'),
    InvocationInfo_PipelineLength: inPipeline,
    InvocationInfo_PipelinePosition: inPipeline,
    InvocationInfo_PSScriptRoot: '',
    InvocationInfo_PSCommandPath: null,
    InvocationInfo_PositionMessage: '',
    InvocationInfo_ScriptLineNumber: 0,
    InvocationInfo_ScriptName: '',
    InvocationInfo_UnboundArguments: list(
      'System.Collections.Generic.List`1[[System.Object, mscorlib, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089]]',
      [],
    ),
    SerializeExtent: false,
    CommandInfo_CommandType: psEnum('System.Management.Automation.CommandTypes', 'Script', 64),
    CommandInfo_Definition: script,
    CommandInfo_Name: '',
    CommandInfo_Visibility: psEnum('System.Management.Automation.SessionStateEntryVisibility', 'Public', 0),
  });
}
