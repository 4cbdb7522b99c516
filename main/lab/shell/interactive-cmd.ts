/**
 * cmd.exe without /c, its standard input a pipe: a banner, a prompt, a line, its output, the next prompt. As Windows' own does with a pipe, it
 * repeats each line that it reads while echo is on, and it takes no more of its input than the line, so that programs get what comes behind.
 */
import { createCodePageDecoder } from '../../wsman/code-page.ts';
import { codePageEncoder } from '../../wsman/code-page-encoder.ts';
import type { CmdState, CommandHost, Outcome } from './cmd-host.ts';
import { expandVariables } from './cmd-line.ts';
import { readLine } from './pipe.ts';
import { controlCExit, Interruption, type LabEnvironment } from './program.ts';

/** Resolves with the exit code. `options` is what stands behind the name: /q starts with echo off. */
export async function runInteractiveCmd(
  options: string,
  host: CommandHost,
  state: CmdState,
  runSteps: (line: string, host: CommandHost, state: CmdState) => Promise<Outcome>,
): Promise<number> {
  const encode = codePageEncoder(host.codePage)!;
  const write = (text: string): Promise<void> => host.write('stdout', encode(text));
  let isEchoOn = !/\/q\b/i.test(options);
  let errorLevel = 0;
  const { version } = host.machine.plan.generation;
  await write(`Microsoft Windows [Version ${version}]\r\n(c) Microsoft Corporation. All rights reserved.\r\n`);
  for (;;) {
    let line: string;
    try {
      if (isEchoOn) await write(`\r\n${promptText(state.environment.get('PROMPT') ?? '$P$G', host, state)}`);
      const bytes = await host.wait((signal) => readLine(host.stdin, signal));
      if (bytes === null) return errorLevel;
      line = createCodePageDecoder(host.codePage)
        .decode(bytes)
        .replace(/\r?\n$/, '');
      if (isEchoOn) await write(`${line}\r\n`);
    } catch (error) {
      if (!(error instanceof Interruption) || error.kind === 'killed') throw error;
      // A machine whose cmd.exe goes with what it runs: which of the two a Windows does, its console decides.
      if (endsByControlC(state.environment)) return controlCExit;
      continue;
    }
    const echo = /^\s*@?\s*echo\s+(on|off)\s*$/i.exec(line)?.[1];
    if (echo !== undefined) {
      isEchoOn = echo.toLowerCase() === 'on';
      continue;
    }
    const prompt = /^\s*@?\s*prompt(?:\s+(.*))?$/i.exec(line);
    if (prompt) {
      state.environment.set('PROMPT', prompt[1] ?? '$P$G');
      continue;
    }
    const dynamic = withDynamic(state, errorLevel);
    const outcome = await runSteps(expandVariables(line, dynamic), host, state);
    if (outcome.exits) return outcome.exitCode;
    if (outcome.exitCode >>> 0 === controlCExit && endsByControlC(state.environment)) return controlCExit;
    // `echo` and an empty line leave it as it was.
    if (!/^\s*@?\s*(echo\b.*)?$/i.test(line)) errorLevel = outcome.exitCode;
  }
}

const endsByControlC = (environment: LabEnvironment): boolean => environment.get('LABCTRLC') === 'ends';

function withDynamic(state: CmdState, errorLevel: number): LabEnvironment {
  return {
    ...state.environment,
    get(name) {
      const own = state.environment.get(name);
      if (own !== undefined) return own;
      if (name.toUpperCase() === 'ERRORLEVEL') return String(errorLevel | 0);
      return name.toUpperCase() === 'CD' ? state.directory : undefined;
    },
  };
}

/** The letters behind `$`, as `prompt /?` lists them. */
function promptText(form: string, host: CommandHost, state: CmdState): string {
  return form.replace(/\$(.)/g, (_whole, letter: string) => {
    switch (letter.toUpperCase()) {
      case 'P':
        return state.directory;
      case 'N':
        return state.directory.slice(0, 1);
      case 'V':
        return `Microsoft Windows [Version ${host.machine.plan.generation.version}]`;
      default:
        return letters[letter.toUpperCase()] ?? '';
    }
  });
}
const letters: Readonly<Record<string, string>> = {
  A: '&',
  B: '|',
  C: '(',
  E: '\u001b',
  F: ')',
  G: '>',
  H: '\b',
  L: '<',
  Q: '=',
  S: ' ',
  _: '\r\n',
  $: '$',
};
