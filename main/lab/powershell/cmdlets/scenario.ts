/**
 * Invoke-LabScenario: scripted pipelines, one per thing that a client has to get right. Get-LabScenario lists them. Nothing of the kind
 * exists in PowerShell; what they send does.
 */
import { itemsOf, numberOf, propertyOf, textOf } from '../../../wsman/psrp/clixml-plain.ts';
import { isPsObject, type PsValue, psArray, psEnum, psObject, psProperties } from '../../../wsman/psrp/clixml-types.ts';
import { Interruption } from '../../shell/program.ts';
import { type Cmdlet, type CmdletContext, silently } from '../cmdlet.ts';
import { customObject, dateTime, timeSpan } from '../objects.ts';
import { ScriptError } from '../script-error.ts';
import { textFor } from '../text-for.ts';
import { arrayList, consoleColors, extended, field, promptAnswer } from './host.ts';
import { promptHangs } from './location.ts';
import { informationRecord } from './output.ts';

interface Scenario {
  readonly name: string;
  readonly description: string;
  run(context: CmdletContext): AsyncIterable<PsValue>;
}

const problem = (message: string): ScriptError =>
  new ScriptError({
    message,
    exception: ['System.InvalidOperationException', 'System.SystemException', 'System.Exception'],
    id: 'LabScenario,Microsoft.PowerShell.Commands.InvokeLabScenarioCommand',
    category: 'InvalidOperation',
    activity: 'Invoke-LabScenario',
    targetName: 'C:\\Data\\missing.txt',
    targetType: 'String',
    targetObject: 'C:\\Data\\missing.txt',
  });

/** Every primitive type, and every kind of object, once. */
function everyType({ host }: CmdletContext): readonly PsValue[] {
  const { machine } = host;
  const shared = psArray(['one object', 'in two places']);
  return [
    'text with <angles>, "quotes", a tab\t, a line\r\nbreak, _x0041_ and \u{1f5a5}\ufe0f',
    { clixml: 'C', value: 'x' },
    true,
    dateTime(machine, machine.clock.now()),
    timeSpan(9026926.9),
    { clixml: 'By', value: 254 },
    { clixml: 'SB', value: -127 },
    { clixml: 'U16', value: 65535 },
    { clixml: 'I16', value: -32767 },
    { clixml: 'U32', value: 4294967295 },
    -2147483648,
    { clixml: 'U64', value: 18446744073709551615n },
    -9223372036854775808n,
    { clixml: 'Sg', value: 12.5 },
    { clixml: 'Db', value: 17.25 },
    { clixml: 'D', value: '79228162514264337593543950335' },
    Uint8Array.of(1, 2, 3, 255),
    { clixml: 'G', value: '792e5b37-4505-47ef-b7d2-8711bb7affa8' },
    { clixml: 'URI', value: 'https://example.com/a?b=c&d' },
    null,
    { clixml: 'Version', value: '6.2.1.3' },
    { clixml: 'XD', value: '<item name="laptop"><price>2000</price></item>' },
    { clixml: 'SBK', value: "get-command -type cmdlet | where {$_.Name -like 'Get-*'}" },
    psEnum('System.DayOfWeek', 'Saturday', 6),
    psObject({
      typeNames: ['System.Collections.Hashtable', 'System.Object'],
      container: {
        kind: 'DCT',
        entries: [
          ['Key', 'Value'],
          [5, psArray([1, 'two', 3n])],
        ],
      },
    }),
    psObject({
      typeNames: ['System.Collections.Stack', 'System.Object'],
      container: { kind: 'STK', items: ['top', 'bottom'] },
    }),
    psObject({
      typeNames: ['System.Collections.Queue', 'System.Object'],
      container: { kind: 'QUE', items: ['first', 'last'] },
    }),
    psObject({ base: 'text with a property', extended: psProperties({ PSPath: 'Lab::C:\\Data' }) }),
    customObject(psProperties({ First: shared, Second: shared })),
  ];
}

const choices = (labels: readonly (readonly [label: string, help: string])[]): PsValue =>
  arrayList(labels.map(([label, helpMessage]) => extended({ label, helpMessage })));

const scenarios: readonly Scenario[] = [
  {
    name: 'streams',
    description: 'One record on every stream',
    async *run(context) {
      const { host } = context;
      yield 'output';
      await host.verbose('verbose');
      await host.debug('debug');
      await host.warning('warning');
      await host.information(informationRecord(context, 'Write-Information', 'information', ['Lab', 'Demo']));
      await host.progress({ activity: 'Working', status: 'Half', percentComplete: 50 });
      await host.progress({ activity: 'Working', status: 'Done', percentComplete: 100, isCompleted: true });
      await context.report(problem('error'));
      yield 'last';
    },
  },
  {
    name: 'types',
    description: 'Every type of value',
    async *run(context) {
      yield* everyType(context);
    },
  },
  {
    name: 'progress',
    description: 'Two nested progress bars; -Count steps, -Milliseconds each',
    async *run({ host, bound }) {
      const count = Math.min(bound.number('Count') ?? 20, 1000);
      const pause = bound.number('Milliseconds') ?? 200;
      for (let step = 1; step <= count; step++) {
        const share = Math.round((step / count) * 100);
        const secondsRemaining = Math.round(((count - step) * pause) / 1000);
        await host.progress({
          activity: 'Copying files',
          activityId: 1,
          status: `${step} of ${count}`,
          percentComplete: share,
          secondsRemaining,
          currentOperation: `C:\\Data\\file${step}.bin`,
        });
        await host.progress({
          activity: 'Checking',
          activityId: 2,
          parentActivityId: 1,
          status: 'Reading',
          percentComplete: (step * 37) % 100,
        });
        await host.pause(pause);
      }
      await host.progress({
        activity: 'Checking',
        activityId: 2,
        parentActivityId: 1,
        status: 'Done',
        isCompleted: true,
      });
      await host.progress({
        activity: 'Copying files',
        activityId: 1,
        status: 'Done',
        percentComplete: 100,
        isCompleted: true,
      });
      yield `${count} files`;
    },
  },
  {
    name: 'errors',
    description: 'Errors that do not end it, between output',
    async *run(context) {
      yield 'before';
      await context.report(problem('Could not find file C:\\Data\\missing.txt.'));
      yield 'between';
      await context.report(problem('Access to the path C:\\Data\\secret.txt is denied.'));
      yield 'after';
    },
  },
  {
    name: 'terminating',
    description: 'Output, then an error that ends the pipeline',
    async *run() {
      yield 'before';
      const error = problem('The disk is full.');
      error.ends = 'script';
      throw error;
    },
  },
  {
    name: 'ask',
    description: 'A line, a secret, a choice, several choices, fields of their own types, a credential',
    async *run({ host }) {
      yield `line: ${textFor(await host.call('ReadLine', []))}`;
      const secret = await host.reveal(await host.call('ReadLineAsSecureString', []));
      yield `secret of ${secret.length} characters`;
      const one = await host.call('PromptForChoice', [
        'Restart',
        'Restart the machine now?',
        choices([
          ['&Yes', 'Restarts it.'],
          ['&No', 'Leaves it.'],
          ['&Later', 'Tonight.'],
        ]),
        1,
      ]);
      yield `choice: ${numberOf(one)}`;
      const several = await host.call('PromptForChoiceMultipleSelection', [
        'Parts',
        'Which parts?',
        choices([
          ['&Database', ''],
          ['&Web', ''],
          ['&Logs', ''],
        ]),
        arrayList([0]),
      ]);
      yield `choices: ${(itemsOf(several) ?? []).map(textFor).join(',')}`;
      const fields = arrayList([
        field('Name', 'System.String', 'Who you are'),
        field('Count', 'System.Int32'),
        field('Pin', 'System.Security.SecureString'),
      ]);
      const answers = await host.call('Prompt', ['Settings', 'Supply values:', fields]);
      const pin = await host.reveal(promptAnswer(answers, 'Pin'));
      yield `fields: ${textFor(promptAnswer(answers, 'Name'))}, ${textFor(promptAnswer(answers, 'Count'))}, ${pin.length} characters`;
      const credential = await host.call('PromptForCredential2', [
        'Credential',
        'For the share:',
        'CORP\\svc-copy',
        'files.corp.example',
        1,
        0,
      ]);
      const password = propertyOf(credential, 'Password');
      yield password === undefined
        ? 'no credential'
        : `credential: ${textOf(propertyOf(credential, 'UserName'))}, ${(await host.reveal(password)).length} characters`;
    },
  },
  {
    name: 'colors',
    description: 'A line in every colour, on both grounds',
    run: silently(async ({ host }) => {
      for (const [index, name] of consoleColors.entries()) {
        await host.tell('Write2', [index, 0, `${name.padEnd(12)} `]);
        await host.tell('WriteLine3', [index, 15, name]);
      }
      await host.tell('Write1', ['no line break, ']);
      await host.tell('WriteLine2', ['then one']);
      await host.tell('WriteLine1', []);
      await host.tell('WriteErrorLine', ['error line']);
      await host.tell('WriteWarningLine', ['warning line']);
      await host.tell('WriteVerboseLine', ['verbose line']);
      await host.tell('WriteDebugLine', ['debug line']);
    }),
  },
  {
    name: 'window',
    description: 'What the window is like, and a new title',
    async *run({ host }) {
      const size = async (method: string): Promise<string> => {
        const found = await host.call(method, []);
        const part = (name: string): string =>
          textFor(propertyOf(found, name) ?? propertyOf(propertyOf(found, 'V'), name) ?? null);
        return `${part('width')}x${part('height')}`;
      };
      yield `window ${await size('GetWindowSize')}, buffer ${await size('GetBufferSize')}, most ${await size('GetMaxWindowSize')}`;
      yield `title: ${textFor(await host.call('GetWindowTitle', []))}`;
      await host.tell('SetWindowTitle', ['Lab scenario']);
      const color = await host.call('GetForegroundColor', []);
      yield `colours ${numberOf(color)} on ${numberOf(await host.call('GetBackgroundColor', []))}`;
      yield `host: ${textFor(await host.call('GetName', []))}, ${textFor(await host.call('GetCurrentCulture', []))}`;
    },
  },
  {
    name: 'clear',
    description: 'Lines, then an empty screen, then one line',
    run: silently(async ({ host }) => {
      for (let line = 1; line <= 5; line++) await host.tell('WriteLine2', [`line ${line}`]);
      await host.tell('SetCursorPosition', [extended({ x: 0, y: 0 })]);
      await host.tell('SetBufferContents1', [
        extended({ left: -1, top: -1, right: -1, bottom: -1 }),
        extended({ character: { clixml: 'C', value: ' ' }, foregroundColor: 7, backgroundColor: 0, bufferCellType: 0 }),
      ]);
      await host.tell('WriteLine2', ['cleared']);
    }),
  },
  {
    name: 'key',
    description: 'Waits for a key',
    async *run({ host }) {
      const key = await host.call('ReadKey', [6]);
      const character = propertyOf(key, 'character') ?? propertyOf(propertyOf(key, 'V'), 'character') ?? null;
      yield `key: ${textFor(character)}`;
    },
  },
  {
    name: 'input',
    description: 'Says what was piped in',
    async *run({ input }) {
      let count = 0;
      for await (const value of input) {
        count++;
        const type = isPsObject(value)
          ? (value.typeNames[0] ?? 'object')
          : value === null
            ? 'null'
            : typeof value === 'object' && 'clixml' in value
              ? value.clixml
              : typeof value;
        yield `${type}: ${textFor(value)}`;
      }
      yield `${count} objects`;
    },
  },
  {
    name: 'silent',
    description: 'Nothing for -Seconds (120), then one line',
    async *run({ host, bound }) {
      await host.pause((bound.number('Seconds') ?? 120) * 1000);
      yield 'at last';
    },
  },
  {
    name: 'hanging-prompt',
    description: 'From now on `prompt` does not end in this session',
    async *run({ setVariable }) {
      setVariable(promptHangs, true);
      yield 'it hangs';
    },
  },
  {
    name: 'flood',
    description: '-Count lines (100,000) of -Size characters (120), as fast as they are taken',
    async *run({ bound }) {
      const count = bound.number('Count') ?? 100_000;
      const size = Math.min(bound.number('Size') ?? 120, 1_000_000);
      const filler = 'The quick brown fox jumps over the lazy dog. '.repeat(Math.ceil(size / 45)).slice(0, size);
      for (let line = 1; line <= count; line++)
        yield `${String(line).padStart(8)} ${filler}`.slice(0, Math.max(8, size));
    },
  },
  {
    name: 'slow-stop',
    description: 'Runs until it is stopped, and takes -Seconds (3) to do so',
    async *run({ host, bound }) {
      yield 'running';
      try {
        for (;;) await host.pause(60_000);
      } catch (error) {
        if (!(error instanceof Interruption) || error.kind === 'killed') throw error;
        await new Promise((resolve) => setTimeout(resolve, (bound.number('Seconds') ?? 3) * 1000).unref());
        throw error;
      }
    },
  },
  {
    name: 'pool',
    description: 'An event of the pool, a call to its host, and progress through the host',
    async *run({ host }) {
      await host.raiseEvent('Lab.Scenario', 'something has happened');
      await host.tellPool('SetWindowTitle', ['title from the pool']);
      const record = extended({
        Activity: 'Through the host',
        ActivityId: 1,
        StatusDescription: 'Half',
        CurrentOperation: null,
        ParentActivityId: -1,
        PercentComplete: 50,
        Type: psEnum('System.Management.Automation.ProgressRecordType', 'Processing', 0),
        SecondsRemaining: -1,
      });
      await host.tell('WriteProgress', [1n, record]);
      yield 'told';
    },
  },
  {
    name: 'exit',
    description: '$host.SetShouldExit(3)',
    async *run({ host }) {
      await host.tell('SetShouldExit', [3]);
      yield 'asked to exit';
    },
  },
];

const byName = new Map(scenarios.map((scenario) => [scenario.name, scenario]));

export const scenarioCmdlets: readonly Cmdlet[] = [
  {
    name: 'Invoke-LabScenario',
    parameters: ['Name', 'Count', 'Milliseconds', 'Seconds', 'Size'],
    positional: 1,
    async *run(context) {
      const name = context.bound.text('Name')?.toLowerCase() ?? '';
      const scenario = byName.get(name);
      if (scenario === undefined) throw problem(`There is no scenario '${name}'. Get-LabScenario lists them.`);
      yield* scenario.run(context);
    },
  },
  {
    name: 'Get-LabScenario',
    parameters: [],
    positional: 0,
    async *run() {
      for (const { name, description } of scenarios) {
        yield customObject(psProperties({ Name: name, Description: description }), 'Windeck.Lab.Scenario');
      }
    },
  },
];
