/** Cmdlets that talk to whoever sits at the screen (MS-PSRP 2.2.3.17): Read-Host, Write-Host, Clear-Host, Get-Credential. */
import { entryOf, propertyOf, textOf } from '../../../wsman/psrp/clixml-plain.ts';
import { type PsValue, psObject, psProperties } from '../../../wsman/psrp/clixml-types.ts';
import { type Cmdlet, silently } from '../cmdlet.ts';
import { ScriptError } from '../script-error.ts';
import { textFor } from '../text-for.ts';
import { powershellOf } from '../version.ts';
import { argumentOrInput, informationRecord } from './output.ts';

/** Objects of a host call, which have no type of their own (2.2.6). */
export const extended = (values: Readonly<Record<string, PsValue>>): PsValue =>
  psObject({ extended: psProperties(values) });
export const arrayList = (items: readonly PsValue[]): PsValue =>
  psObject({ typeNames: ['System.Collections.ArrayList', 'System.Object'], container: { kind: 'LST', items } });

/** A FieldDescription of Prompt (2.2.6.1.5). */
export const field = (name: string, type: string, helpMessage = ''): PsValue =>
  extended({
    name,
    label: name,
    parameterTypeName: type.slice(type.lastIndexOf('.') + 1),
    parameterTypeFullName: type,
    parameterAssemblyFullName: 'mscorlib, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089',
    helpMessage,
    isMandatory: true,
    metadata: arrayList([]),
    modifiedByRemotingProtocol: false,
    isFromRemoteHost: false,
  });

/** An answer of Prompt, which may come wrapped with its type. */
export function promptAnswer(answers: PsValue, name: string): PsValue {
  const answer = entryOf(answers, name) ?? null;
  return propertyOf(answer, 'V') ?? answer;
}

const readHost: Cmdlet = {
  name: 'Read-Host',
  parameters: ['Prompt'],
  positional: 1,
  switches: ['AsSecureString'],
  takesRest: true,
  async *run({ host, bound }) {
    const prompt = bound.text('Prompt');
    const isSecure = bound.isOn('AsSecureString');
    if (prompt === null) {
      yield await host.call(isSecure ? 'ReadLineAsSecureString' : 'ReadLine', []);
      return;
    }
    const type = isSecure ? 'System.Security.SecureString' : 'System.String';
    const answers = await host.call('Prompt', ['', '', arrayList([field(prompt, type)])]);
    yield promptAnswer(answers, prompt);
  },
};

export const consoleColors = [
  'Black',
  'DarkBlue',
  'DarkGreen',
  'DarkCyan',
  'DarkRed',
  'DarkMagenta',
  'DarkYellow',
  'Gray',
  'DarkGray',
  'Blue',
  'Green',
  'Cyan',
  'Red',
  'Magenta',
  'Yellow',
  'White',
];

function colorOf(text: string | null): number | null {
  if (text === null) return null;
  const index = consoleColors.findIndex((name) => name.toLowerCase() === text.toLowerCase());
  if (index >= 0) return index;
  throw new ScriptError({
    message: `Cannot bind parameter 'ForegroundColor'. Cannot convert value "${text}" to type "System.ConsoleColor".`,
    exception: [
      'System.Management.Automation.ParameterBindingException',
      'System.Management.Automation.RuntimeException',
      'System.SystemException',
      'System.Exception',
    ],
    id: 'CannotConvertArgumentNoMessage,Microsoft.PowerShell.Commands.WriteHostCommand',
    category: 'InvalidArgument',
    activity: 'Write-Host',
  });
}

const writeHost: Cmdlet = {
  name: 'Write-Host',
  parameters: ['Object', 'ForegroundColor', 'BackgroundColor', 'Separator'],
  positional: 1,
  switches: ['NoNewline'],
  takesRest: true,
  run: silently(async (context) => {
    const { host, bound } = context;
    const foreground = colorOf(bound.text('ForegroundColor'));
    const background = colorOf(bound.text('BackgroundColor'));
    const noNewLine = bound.isOn('NoNewline');
    const texts: string[] = [];
    for await (const value of argumentOrInput(context, 'Object')) texts.push(textFor(value));
    const message = texts.join(bound.text('Separator') ?? ' ');
    if (host.isInteractive) {
      const hasColor = foreground !== null || background !== null;
      const method = `${noNewLine ? 'Write' : 'WriteLine'}${hasColor ? (noNewLine ? '2' : '3') : noNewLine ? '1' : '2'}`;
      await host.tell(method, hasColor ? [foreground ?? 7, background ?? 0, message] : [message]);
    }
    // Since PowerShell 5.0 what is written to the host goes to the information stream as well.
    if (powershellOf(host.machine.plan).protocolVersion !== '2.3') return;
    const data = psObject({
      typeNames: ['System.Management.Automation.HostInformationMessage', 'System.Object'],
      text: message,
      adapted: psProperties({
        Message: message,
        NoNewLine: noNewLine,
        ForegroundColor: foreground === null ? null : consoleColor(foreground),
        BackgroundColor: background === null ? null : consoleColor(background),
      }),
    });
    await host.information(informationRecord(context, 'Write-Host', data, ['PSHOST']));
  }),
};

const consoleColor = (value: number): PsValue =>
  psObject({
    typeNames: ['System.ConsoleColor', 'System.Enum', 'System.ValueType', 'System.Object'],
    text: consoleColors[value]!,
    base: value,
  });

const clearHost: Cmdlet = {
  name: 'Clear-Host',
  aliases: ['cls', 'clear'],
  parameters: [],
  positional: 0,
  run: silently(async ({ host }) => {
    await host.tell('SetCursorPosition', [extended({ x: 0, y: 0 })]);
    await host.tell('SetBufferContents1', [
      extended({ left: -1, top: -1, right: -1, bottom: -1 }),
      extended({ character: { clixml: 'C', value: ' ' }, foregroundColor: 7, backgroundColor: 0, bufferCellType: 0 }),
    ]);
  }),
};

const getCredential: Cmdlet = {
  name: 'Get-Credential',
  parameters: ['UserName', 'Message'],
  positional: 1,
  async *run({ host, bound }) {
    const credential = await host.call('PromptForCredential1', [
      'Windows PowerShell credential request.',
      bound.text('Message') ?? 'Enter your credentials.',
      bound.text('UserName') ?? '',
      '',
    ]);
    if (textOf(propertyOf(credential, 'UserName')) !== null) yield credential;
  },
};

const convertToSecureString: Cmdlet = {
  name: 'ConvertTo-SecureString',
  parameters: ['String'],
  positional: 1,
  switches: ['AsPlainText', 'Force'],
  async *run(context) {
    for await (const plain of argumentOrInput(context, 'String')) yield await context.host.protect(textFor(plain));
  },
};

export const hostCmdlets: readonly Cmdlet[] = [convertToSecureString, readHost, writeHost, clearHost, getCredential];
