/**
 * powershell.exe: the scripted language of `lab/powershell` as a program with text streams. What it writes to stderr is CLIXML after the line
 * `#< CLIXML` where the script came encoded, as Windows does where nobody asked for text, and plain text otherwise.
 */
import { type ClixmlItem, writeObjs } from '../../../wsman/psrp/clixml.ts';
import { itemsOf, propertyOf, textOf } from '../../../wsman/psrp/clixml-plain.ts';
import { type PsValue, psObject, psProperties } from '../../../wsman/psrp/clixml-types.ts';
import { formatDefault } from '../../powershell/format.ts';
import { noInput, type Runner, runScriptText } from '../../powershell/run.ts';
import { errorText, ScriptError, ScriptExit } from '../../powershell/script-error.ts';
import type { Progress, ScriptHost } from '../../powershell/script-host.ts';
import { textFor } from '../../powershell/text-for.ts';
import { Interruption, type Program, type ProgramContext, words } from '../program.ts';

interface Options {
  /** Null: what comes on standard input. */
  readonly script: string | null;
  readonly isEncoded: boolean;
  readonly isInteractive: boolean;
  /** `-OutputFormat`. */
  readonly isXml: boolean;
  readonly showsBanner: boolean;
}

const isPrefix = (given: string, whole: string, least: number): boolean =>
  given.length >= least && whole.startsWith(given);

/** Null where the arguments make no sense. */
function readOptions(tail: string): Options | null {
  const args = words(tail);
  let isInteractive = true;
  let showsBanner = true;
  let format: string | null = null;
  for (let at = 0; at < args.length; at++) {
    const name = /^[-/](\w+)$/.exec(args[at]!)?.[1]?.toLowerCase();
    if (name === undefined || isPrefix(name, 'command', 1)) {
      const rest = args.slice(name === undefined ? at : at + 1);
      const script = rest.length === 1 && rest[0] === '-' ? null : rest.join(' ');
      return { script, isEncoded: false, isInteractive, isXml: format === 'xml', showsBanner: false };
    }
    if (name === 'ec' || isPrefix(name, 'encodedcommand', 1)) {
      const bytes = Buffer.from(args[at + 1] ?? '', 'base64');
      if (bytes.length === 0 || bytes.length % 2 !== 0) return null;
      return {
        script: bytes.toString('utf16le'),
        isEncoded: true,
        isInteractive,
        isXml: format !== 'text',
        showsBanner,
      };
    }
    if (isPrefix(name, 'noninteractive', 4)) isInteractive = false;
    else if (isPrefix(name, 'nologo', 3)) showsBanner = false;
    else if (isPrefix(name, 'outputformat', 1)) format = args[++at]?.toLowerCase() ?? '';
    else if (
      name === 'ep' ||
      isPrefix(name, 'executionpolicy', 2) ||
      isPrefix(name, 'inputformat', 2) ||
      isPrefix(name, 'windowstyle', 1)
    )
      at++;
    else if (!(isPrefix(name, 'noprofile', 3) || name === 'sta' || name === 'mta' || isPrefix(name, 'noexit', 3)))
      return null;
  }
  return { script: null, isEncoded: false, isInteractive, isXml: false, showsBanner };
}

export const powershell: Program = async (context) => {
  const options = readOptions(context.tail);
  if (options === null) {
    await context.err('The parameter is not known here, or its value cannot be used.\r\n');
    return 0xfffd_0000;
  }
  const items: ClixmlItem[] = [];
  const sink = (stream: string, value: PsValue, text: string): Promise<void> => {
    if (!options.isXml) return stream === 'progress' ? Promise.resolve() : context.err(text);
    items.push({ stream, value });
    return Promise.resolve();
  };
  const host = createProgramHost(context, options, sink);
  const runner: Runner = { host, scope: new Map() };
  try {
    if (options.script !== null) return await runText(context, runner, options.script, sink);
    return await readAndRun(context, runner, options, sink);
  } finally {
    if (items.length > 0) await context.err(`#< CLIXML\r\n${writeObjs(items)}`).catch(ignoreInterruption);
  }
};

const ignoreInterruption = (error: unknown): void => {
  if (!(error instanceof Interruption)) throw error;
};

type Sink = (stream: string, value: PsValue, text: string) => Promise<void>;

/** `-Command -` and a bare `powershell`: a line, what comes of it, the next. With a bare one there is a prompt. */
async function readAndRun(context: ProgramContext, runner: Runner, options: Options, sink: Sink): Promise<number> {
  const prompts = options.showsBanner;
  if (prompts)
    await context.out('Windows PowerShell\r\nCopyright (C) Microsoft Corporation. All rights reserved.\r\n\r\n');
  for (;;) {
    if (prompts) await context.out(`PS ${context.directory}> `);
    const line = await context.readLine();
    if (line === null) return 0;
    if (prompts) await context.out(`${line}\r\n`);
    if (/^\s*exit\s*$/i.test(line)) return 0;
    await runText(context, runner, line, sink);
  }
}

/** Objects wait for each other, so that they make one table; text goes out at once. */
async function runText(context: ProgramContext, runner: Runner, script: string, sink: Sink): Promise<number> {
  let waiting: PsValue[] = [];
  const flush = async (): Promise<void> => {
    const text = formatDefault(waiting).map((line) => `${line}\r\n`);
    waiting = [];
    if (text.length > 0) await context.out(text.join(''));
  };
  try {
    for await (const value of runScriptText(runner, script, noInput())) {
      if (typeof value === 'string') {
        await flush();
        await context.out(`${value}\r\n`);
      } else waiting.push(value);
      if (waiting.length >= 300) await flush();
    }
    await flush();
    return 0;
  } catch (error) {
    if (error instanceof Interruption) throw error;
    await flush();
    if (error instanceof ScriptExit) return error.exitCode >>> 0;
    if (!(error instanceof ScriptError)) throw error;
    await writeError(error, sink);
    return 1;
  }
}

/** One piece of text per line, as powershell.exe does. */
async function writeError(error: ScriptError, sink: Sink): Promise<void> {
  for (const line of errorText(error).split(/(?<=\r\n)/)) await sink('Error', line, line);
}

const sleepless = new AbortController().signal;

function createProgramHost(context: ProgramContext, options: Options, sink: Sink): ScriptHost {
  const cannotAsk = (): ScriptError =>
    new ScriptError({
      message: 'Windows PowerShell is in NonInteractive mode. Read and Prompt functionality is not available.',
      exception: [
        'System.Management.Automation.PSInvalidOperationException',
        'System.InvalidOperationException',
        'System.SystemException',
        'System.Exception',
      ],
      id: 'InvalidOperation,Microsoft.PowerShell.Commands.ReadHostCommand',
      category: 'InvalidOperation',
      activity: 'Read-Host',
    });
  const ask = async (question: string): Promise<string> => {
    await context.out(question);
    const line = await context.readLine();
    if (line === null) throw cannotAsk();
    return line;
  };
  /** Nobody encrypts inside a process. */
  const secret = (plain: string): PsValue => ({
    clixml: 'SS',
    value: Buffer.from(plain, 'utf16le').toString('base64'),
  });

  async function prompt(parameters: readonly PsValue[]): Promise<PsValue> {
    const entries: [PsValue, PsValue][] = [];
    for (const field of itemsOf(parameters[2]) ?? []) {
      const name = textOf(propertyOf(field, 'name')) ?? '';
      const answer = await ask(`${name}: `);
      const isSecret = /SecureString$/.test(textOf(propertyOf(field, 'parameterTypeFullName')) ?? '');
      entries.push([name, isSecret ? secret(answer) : answer]);
    }
    return psObject({ container: { kind: 'DCT', entries } });
  }

  return {
    machine: context.machine,
    user: context.user,
    processId: 4,
    allowed: null,
    isInteractive: options.isInteractive,
    width: 120,
    input: noInput(),
    signal: sleepless,
    output: async (value) => context.out(`${textFor(value)}\r\n`),
    error: (error) => writeError(error, sink),
    warning: (text) => labelled('warning', 'WARNING', text, sink),
    verbose: (text) => labelled('verbose', 'VERBOSE', text, sink),
    debug: (text) => labelled('debug', 'DEBUG', text, sink),
    progress: (progress) => sink('progress', progressItem(progress), ''),
    information: async () => {},
    writeLine: (text) => context.out(`${text}\r\n`),
    async call(method, parameters) {
      if (!options.isInteractive) throw cannotAsk();
      switch (method) {
        case 'ReadLine':
          return ask('');
        case 'ReadLineAsSecureString':
          return secret(await ask(''));
        case 'Prompt':
          return prompt(parameters);
        case 'PromptForChoice':
          return Number.parseInt(await ask(`${textFor(parameters[1] ?? '')} `), 10) || 0;
        default:
          throw new ScriptError({ message: `The host has no ${method} here.`, category: 'InvalidOperation' });
      }
    },
    async tell(method, parameters) {
      const text = textFor(parameters.at(-1) ?? '');
      if (/^Write[12]$/.test(method)) await context.out(text);
      else if (/^Write\w*Line/.test(method)) await context.out(`${text}\r\n`);
      else if (method === 'SetBufferContents1') await context.out('\f');
    },
    reveal: async (value) => Buffer.from(textOfSecret(value), 'base64').toString('utf16le'),
    protect: async (plain) => secret(plain),
    raiseEvent: async () => {},
    tellPool: async () => {},
    pause: (milliseconds) => context.pause(milliseconds),
  };
}

const textOfSecret = (value: PsValue): string =>
  typeof value === 'object' && value !== null && 'clixml' in value && value.clixml === 'SS' ? value.value : '';

const labelled = (stream: string, label: string, text: string, sink: Sink): Promise<void> =>
  sink(stream, text, `${label}: ${text}\r\n`);

/** A ProgressRecord in a document (MS-PSRP 2.2.5.1.25). */
function progressItem(progress: Progress): PsValue {
  return psObject({
    typeNames: ['System.Management.Automation.PSCustomObject', 'System.Object'],
    extended: psProperties({
      SourceId: 1n,
      Record: {
        clixml: 'PR',
        activity: progress.activity,
        activityId: progress.activityId ?? 0,
        currentOperation: progress.currentOperation ?? null,
        parentActivityId: progress.parentActivityId ?? -1,
        percentComplete: progress.percentComplete ?? -1,
        type: progress.isCompleted ? 'Completed' : 'Processing',
        secondsRemaining: progress.secondsRemaining ?? -1,
        statusDescription: progress.status ?? ' ',
      },
    }),
  });
}
