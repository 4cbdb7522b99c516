/** Write-*, throw, exit: the streams of a pipeline, and its end. */
import { itemsOf } from '../../../wsman/psrp/clixml-plain.ts';
import { type PsObject, type PsValue, psArray, psObject, psProperties } from '../../../wsman/psrp/clixml-types.ts';
import { type Cmdlet, type CmdletContext, silently } from '../cmdlet.ts';
import { dateTime } from '../objects.ts';
import { ScriptError, ScriptExit } from '../script-error.ts';
import { textFor } from '../text-for.ts';

/** The argument, else what comes down the pipeline. */
export async function* argumentOrInput({ bound, input }: CmdletContext, name: string): AsyncIterable<PsValue> {
  const given = bound.value(name);
  if (given === undefined) yield* input;
  else yield* itemsOf(given) ?? [given];
}

const writeOutput: Cmdlet = {
  name: 'Write-Output',
  aliases: ['echo', 'write'],
  parameters: ['InputObject'],
  positional: 1,
  switches: ['NoEnumerate'],
  takesRest: true,
  run: (context) => argumentOrInput(context, 'InputObject'),
};

const writeError: Cmdlet = {
  name: 'Write-Error',
  parameters: ['Message', 'Category', 'ErrorId', 'TargetObject', 'CategoryActivity'],
  positional: 1,
  run: silently(async ({ bound, report }) => {
    const target = bound.value('TargetObject') ?? null;
    await report(
      new ScriptError({
        message: bound.text('Message') ?? '',
        exception: ['Microsoft.PowerShell.Commands.WriteErrorException', 'System.SystemException', 'System.Exception'],
        id: bound.text('ErrorId') ?? 'Microsoft.PowerShell.Commands.WriteErrorException',
        activity: 'Write-Error',
        targetObject: target,
        targetName: target === null ? '' : textFor(target),
        targetType: target === null ? '' : 'String',
      }),
    );
  }),
};

type Level = 'warning' | 'verbose' | 'debug';
const isShown = ({ bound, preference }: CmdletContext, level: Level): boolean => {
  if (level === 'warning')
    return !/^(silentlycontinue|ignore)$/i.test(bound.text('WarningAction') ?? preference('WarningPreference') ?? '');
  const variable = level === 'verbose' ? 'VerbosePreference' : 'DebugPreference';
  return bound.isOn(level) || /^(continue|inquire|stop)$/i.test(preference(variable) ?? '');
};
const writer = (name: string, level: Level): Cmdlet => ({
  name,
  parameters: ['Message'],
  positional: 1,
  run: silently(async (context) => {
    if (!isShown(context, level)) return;
    for await (const message of argumentOrInput(context, 'Message')) await context.host[level](textFor(message));
  }),
});

/** An InformationRecord as the object it is: properties of the type, none added. */
export function informationRecord(
  { host }: CmdletContext,
  source: string,
  data: PsValue,
  tags: readonly string[],
): PsObject {
  const { machine, user, processId } = host;
  return psObject({
    typeNames: ['System.Management.Automation.InformationRecord', 'System.Object'],
    text: textFor(data),
    adapted: psProperties({
      MessageData: data,
      Source: source,
      TimeGenerated: dateTime(machine, machine.clock.now()),
      Tags: psObject({
        typeNames: [
          'System.Collections.Generic.List`1[[System.String, mscorlib, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089]]',
          'System.Object',
        ],
        container: { kind: 'LST', items: tags },
      }),
      User: `${machine.plan.name.toUpperCase()}\\${user}`,
      Computer: `${machine.plan.name}.${machine.plan.domain}`,
      ProcessId: { clixml: 'U32', value: processId },
      NativeThreadId: { clixml: 'U32', value: processId + 16 },
      ManagedThreadId: { clixml: 'U32', value: 14 },
    }),
  });
}

const writeInformation: Cmdlet = {
  name: 'Write-Information',
  parameters: ['MessageData', 'Tags'],
  positional: 2,
  run: silently(async (context) => {
    const data = context.bound.value('MessageData') ?? null;
    await context.host.information(
      informationRecord(context, 'Write-Information', data, context.bound.texts('Tags') ?? []),
    );
  }),
};

const writeProgress: Cmdlet = {
  name: 'Write-Progress',
  parameters: ['Activity', 'Status', 'Id', 'PercentComplete', 'SecondsRemaining', 'CurrentOperation', 'ParentId'],
  positional: 3,
  switches: ['Completed'],
  run: silently(async ({ host, bound }) => {
    await host.progress({
      activity: bound.text('Activity') ?? 'Processing',
      activityId: bound.number('Id') ?? 0,
      status: bound.text('Status') ?? 'Processing',
      currentOperation: bound.text('CurrentOperation'),
      parentActivityId: bound.number('ParentId') ?? -1,
      percentComplete: bound.number('PercentComplete') ?? -1,
      secondsRemaining: bound.number('SecondsRemaining') ?? -1,
      isCompleted: bound.isOn('Completed'),
    });
  }),
};

const throwError: Cmdlet = {
  name: 'throw',
  parameters: ['Message'],
  positional: 1,
  run: silently(async ({ bound }) => {
    const message = bound.text('Message') ?? 'ScriptHalted';
    throw new ScriptError(
      {
        message,
        id: message,
        category: 'OperationStopped',
        targetName: message,
        targetType: 'String',
        targetObject: message,
      },
      'script',
    );
  }),
};

const exit: Cmdlet = {
  name: 'exit',
  parameters: ['Code'],
  positional: 1,
  run: silently(async ({ bound }) => {
    throw new ScriptExit(bound.number('Code') ?? 0);
  }),
};

const invokeExpression: Cmdlet = {
  name: 'Invoke-Expression',
  aliases: ['iex'],
  parameters: ['Command'],
  positional: 1,
  async *run(context) {
    for await (const text of argumentOrInput(context, 'Command')) yield* context.invoke(textFor(text));
  },
};

const setVariable: Cmdlet = {
  name: 'Set-Variable',
  aliases: ['sv'],
  parameters: ['Name', 'Value'],
  positional: 2,
  run: silently(async ({ bound, setVariable: set }) => {
    set(bound.text('Name') ?? '', bound.value('Value') ?? null);
  }),
};
const getVariable: Cmdlet = {
  name: 'Get-Variable',
  aliases: ['gv'],
  parameters: ['Name'],
  positional: 1,
  switches: ['ValueOnly'],
  async *run({ bound, getVariable: get }) {
    const name = bound.text('Name') ?? '';
    const value = get(name);
    if (bound.isOn('ValueOnly')) yield value;
    else
      yield psObject({
        typeNames: ['System.Management.Automation.PSVariable', 'System.Object'],
        text: 'System.Management.Automation.PSVariable',
        adapted: psProperties({ Name: name, Value: value, Attributes: psArray([]) }),
      });
  },
};

export const outputCmdlets: readonly Cmdlet[] = [
  writeOutput,
  writeError,
  writer('Write-Warning', 'warning'),
  writer('Write-Verbose', 'verbose'),
  writer('Write-Debug', 'debug'),
  writeInformation,
  writeProgress,
  throwError,
  exit,
  invokeExpression,
  setVariable,
  getVariable,
];
