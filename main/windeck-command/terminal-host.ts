/** The host of a PowerShell session at this terminal: shows what scripts write, asks the person what they ask. */
import { printable, shown } from '../winrm-command/text-format.ts';
import type { WinrsEnvironment } from '../winrm-command/winrs-run.ts';
import type { PsHost } from '../wsman/index.ts';

/** Nobody is at the terminal, so a question of a script has no answer: the script gets this as its exception. */
class NobodyThere extends Error {
  override readonly name = 'NobodyThere';
  constructor() {
    super('Nobody is at the terminal to answer.');
  }
}

export interface TerminalHost {
  readonly host: PsHost;
  /** What the script has asked the host to end with (`exit 3`); null where it has not. */
  exitCode(): number | null;
  /** How many errors it has shown: a script that prints for people reports them here and not in a stream. */
  errors(): number;
}

/** Columns and rows: the size that output is formatted for. */
export function terminalHost(environment: WinrsEnvironment, columns: number, rows: number): TerminalHost {
  let errors = 0;
  let exitCode: number | null = null;
  const print = (stream: 'stdout' | 'stderr', text: string): Promise<void> =>
    environment[stream](environment.isTerminal[stream] ? shown(text) : text);
  const ask = async (question: string, hidden: boolean): Promise<string> => {
    const answer = await environment.ask(printable(question), hidden);
    if (answer === null) throw new NobodyThere();
    return answer;
  };
  const head = (caption: string, message: string): string =>
    [caption, message].filter((text) => text !== '').join('\n');
  const host: PsHost = {
    window: {
      foregroundColor: 7,
      backgroundColor: 0,
      cursorPosition: { x: 0, y: 0 },
      windowPosition: { x: 0, y: 0 },
      cursorSize: 25,
      bufferSize: { width: columns, height: 3000 },
      windowSize: { width: columns, height: rows },
      maxWindowSize: { width: columns, height: rows },
      maxPhysicalWindowSize: { width: columns, height: rows },
      windowTitle: 'Windeck',
    },
    async show(output) {
      switch (output.kind) {
        case 'text':
          return print('stdout', output.text);
        case 'error':
          errors++;
          return print('stderr', `${output.text}\n`);
        case 'warning':
        case 'verbose':
        case 'debug':
          return print('stderr', `${output.kind.toUpperCase()}: ${output.text}\n`);
        case 'progress': {
          // Only for eyes: one line, written over.
          if (!environment.isTerminal.stderr) return;
          const { activity, status, percentComplete, isCompleted } = output.progress;
          const percent = percentComplete === null ? '' : ` ${percentComplete} %`;
          const line = isCompleted ? '' : printable(`${activity}: ${status}${percent}`);
          return environment.stderr(`\r\u001b[K${line.slice(0, columns - 1)}`);
        }
        case 'exit':
          exitCode = output.exitCode;
          return;
        case 'clear':
        case 'title':
          return;
      }
    },
    readLine: () => ask('', false),
    readSecret: () => ask('', true),
    async prompt({ caption, message, fields }) {
      const words = head(caption, message);
      if (words !== '') await print('stderr', `${words}\n`);
      const answers = new Map<string, { kind: 'value'; value: string } | { kind: 'secret'; text: string }>();
      for (const field of fields) {
        const isSecret = field.parameterTypeName === 'SecureString';
        const text = await ask(`${field.label || field.name}: `, isSecret);
        answers.set(field.name, isSecret ? { kind: 'secret', text } : { kind: 'value', value: text });
      }
      return answers;
    },
    async promptForCredential({ caption, message, userName: given }) {
      const words = head(caption, message);
      if (words !== '') await print('stderr', `${words}\n`);
      const userName = given === '' ? await ask('User: ', false) : given;
      return { userName, password: await ask(`Password for ${userName}: `, true) };
    },
    async promptForChoice({ caption, message, choices, defaults }) {
      const words = head(caption, message);
      if (words !== '') await print('stderr', `${words}\n`);
      const list = choices
        .map(({ label }, index) => `[${keyOf(label) || index + 1}] ${label.replace('&', '')}`)
        .join('  ');
      for (;;) {
        const typed = (await ask(`${list}: `, false)).trim().toLowerCase();
        const [usual] = defaults;
        if (typed === '' && usual !== undefined && usual >= 0) return usual;
        const chosen = choices.findIndex(
          ({ label }, index) =>
            keyOf(label).toLowerCase() === typed ||
            label.replace('&', '').toLowerCase() === typed ||
            (keyOf(label) === '' && String(index + 1) === typed),
        );
        if (typed !== '' && chosen >= 0) return chosen;
      }
    },
  };
  return { host, exitCode: () => exitCode, errors: () => errors };
}

/** The letter behind `&`. */
const keyOf = (label: string): string => /&(.)/u.exec(label)?.[1] ?? '';
