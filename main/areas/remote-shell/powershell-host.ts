/** The host of a PowerShell session: what scripts write goes to the window, what they ask becomes a question there. */
import type { ShellEvent, ShellField, ShellQuestion, ShellStream } from '../../../shared/contract/remote-shell.ts';
import { type FieldAnswer, type HostOutput, type PsHost, type PsValue, textOf } from '../../wsman/index.ts';
import type { Questions } from './questions.ts';

export interface HostWindowSize {
  readonly columns: number;
  readonly rows: number;
}

export interface HostSinks {
  text(stream: ShellStream, text: string): Promise<void>;
  /** Words of a stream that the host has shown. */
  said(stream: 'warning' | 'verbose' | 'debug', words: string): void;
  event(event: ShellEvent): Promise<void>;
  exit(code: number): void;
  /** What is asked now; null when it has been answered. */
  onAsking(asks: string | null): void;
}

/** Nobody answered: the script gets this as an exception, and ends by it unless it catches it. */
class NotAnswered extends Error {
  override readonly name = 'NotAnswered';
}

export function createPowerShellHost(
  { columns, rows }: HostWindowSize,
  questions: Questions,
  sinks: HostSinks,
): PsHost {
  async function ask(
    title: string,
    message: string,
    question: ShellQuestion,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    sinks.onAsking(message === '' ? title : message);
    try {
      const answers = await questions.ask(title, message, question, signal);
      if (answers === null) throw new NotAnswered('The question was not answered.');
      return answers;
    } finally {
      sinks.onAsking(null);
    }
  }
  const fields = (...all: readonly ShellField[]): ShellQuestion => ({ form: 'fields', fields: all });
  const size = { width: columns, height: rows };

  return {
    name: 'Windeck',
    window: {
      foregroundColor: 7,
      backgroundColor: 0,
      cursorPosition: { x: 0, y: 0 },
      windowPosition: { x: 0, y: 0 },
      cursorSize: 25,
      // What PowerShell formats to: the width of the window; a last column that stays free keeps lines from wrapping.
      bufferSize: { width: columns, height: 3000 },
      windowSize: size,
      maxWindowSize: size,
      maxPhysicalWindowSize: size,
      windowTitle: 'Windeck',
    },
    show: (output) => show(output, sinks),
    readLine: async (signal) =>
      (await ask('', 'A line is read.', fields({ label: '', isSecret: false }), signal))[0] ?? '',
    readSecret: async (signal) =>
      (await ask('', 'A secret is read; it is kept nowhere.', fields({ label: '', isSecret: true }), signal))[0] ?? '',
    async prompt({ caption, message, fields: asked }, signal) {
      const flat = asked.flatMap((field) => formOf(field));
      const answers = await ask(
        caption,
        message,
        fields(...flat.map(({ label, isSecret }) => ({ label, isSecret }))),
        signal,
      );
      const given = new Map<string, FieldAnswer>();
      for (const { name, parameterTypeName } of asked) {
        const mine = flat.flatMap((one, n) => (one.name === name ? [answers[n] ?? ''] : []));
        given.set(name, answerOf(parameterTypeName, mine));
      }
      return given;
    },
    async promptForCredential({ caption, message, userName }, signal) {
      const form = fields({ label: 'User', isSecret: false }, { label: 'Password', isSecret: true });
      const [user, password] = await ask(caption, message, form, signal);
      return { userName: user === undefined || user === '' ? userName : user, password: password ?? '' };
    },
    async promptForChoice({ caption, message, choices, defaults }, signal) {
      const question: ShellQuestion = { form: 'choice', choices: choices.map(choiceOf), preset: defaults[0] ?? null };
      return Number((await ask(caption, message, question, signal))[0] ?? defaults[0] ?? 0);
    },
    async promptForChoices({ caption, message, choices, defaults }, signal) {
      const question: ShellQuestion = { form: 'choice', choices: choices.map(choiceOf), preset: defaults[0] ?? null };
      return (await ask(caption, message, question, signal)).map(Number);
    },
  };
}

interface FormField extends ShellField {
  readonly name: string;
}

function formOf(field: {
  readonly name: string;
  readonly label: string;
  readonly parameterTypeName: string;
}): readonly FormField[] {
  const label = field.label === '' ? field.name : field.label.replace('&', '');
  const { name, parameterTypeName: type } = field;
  if (/^PSCredential$/i.test(type)) {
    return [
      { name, label: `${label}: user`, isSecret: false },
      { name, label: 'password', isSecret: true },
    ];
  }
  return [{ name, label, isSecret: /^SecureString$/i.test(type) }];
}

function answerOf(type: string, [first = '', second = '']: readonly string[]): FieldAnswer {
  if (/^PSCredential$/i.test(type)) return { kind: 'credential', userName: first, password: second };
  if (/^SecureString$/i.test(type)) return { kind: 'secret', text: first };
  return { kind: 'value', value: first };
}

/** `&Yes` is Yes by the key Y. */
function choiceOf({ label, helpMessage }: { readonly label: string; readonly helpMessage: string }) {
  const key = /&(.)/.exec(label)?.[1] ?? '';
  return { label: label.replace('&', ''), key: key.toUpperCase(), help: helpMessage };
}

/** ConsoleColor (MS-PSRP 2.2.3.3) as a colour of the terminal: its order is blue, green, red, not red, green, blue. */
const ansiOf: readonly number[] = [30, 34, 32, 36, 31, 35, 33, 37, 90, 94, 92, 96, 91, 95, 93, 97];

async function show(output: HostOutput, sinks: HostSinks): Promise<void> {
  switch (output.kind) {
    case 'text': {
      const text = output.text.replace(/\r?\n/g, '\r\n');
      const { foregroundColor: front } = output;
      // White, black and grey are what a console has anyway: on a light ground they would be lost.
      const isPlain = front === null || front === 7 || front === 15 || front === 0;
      return sinks.text('stdout', isPlain ? text : `\u001b[${ansiOf[front]}m${text}\u001b[39m`);
    }
    case 'error':
      return sinks.text('stderr', `${output.text.replace(/\r?\n/g, '\r\n').trimEnd()}\r\n`);
    case 'warning':
    case 'verbose':
    case 'debug':
      sinks.said(output.kind, output.text);
      return sinks.text(output.kind, `${output.kind.toUpperCase()}: ${output.text}\r\n`);
    case 'progress': {
      const { progress } = output;
      return sinks.event({
        kind: 'progress',
        activity: progress.activityId,
        parent: progress.parentActivityId !== null && progress.parentActivityId >= 0 ? progress.parentActivityId : null,
        title: progress.activity,
        status: progress.currentOperation ?? progress.status,
        percent: progress.percentComplete,
        secondsLeft: progress.secondsRemaining,
        isDone: progress.isCompleted,
      });
    }
    case 'clear':
      return sinks.text('stdout', '\f');
    case 'title':
      // A title of the target's making is no title of this window.
      return undefined;
    case 'exit':
      sinks.exit(output.exitCode);
      return undefined;
  }
}

/** A value of the output as the text that stands for it. */
export function consoleText(value: PsValue): string {
  return textOf(value) ?? '';
}
