/** `windeck shell -r:HOST`: an interactive PowerShell session, or cmd where the machine has no PowerShell endpoint or cmd is asked for. */
import { promptOf } from '../areas/remote-shell/prompt.ts';
import { printable, shown } from '../winrm-command/text-format.ts';
import { parseWinrsArguments } from '../winrm-command/winrs-parse.ts';
import { executeWinrs, type WinrsEnvironment } from '../winrm-command/winrs-run.ts';
import { CancelledError, openRunspacePool, PowerShellUnavailableError, type RunspacePool } from '../wsman/index.ts';
import { parseOwnArguments } from './arguments.ts';
import { pipeEditor, terminalEditor } from './line-editor.ts';
import { onMachine } from './on-machine.ts';
import { readRecords, runInterruptibly, sizeOfTerminal } from './ps.ts';
import { type TerminalHost, terminalHost } from './terminal-host.ts';

const help = `windeck shell -r:MACHINE [switches]

An interactive PowerShell session on the machine, line by line, with history.
Variables and the current directory stay from line to line. Ctrl-C stops what
runs there; "exit" or Ctrl-D ends the session. Programs that take over the whole
screen cannot run: there is no terminal on the other side.

  -cmd                  cmd.exe instead of PowerShell
  -configuration:NAME   another endpoint than Microsoft.PowerShell (JEA)

Where the machine has no PowerShell endpoint, cmd is opened and that is said.
`;

export async function shell(args: readonly string[], environment: WinrsEnvironment): Promise<number> {
  const {
    connection,
    own,
    help: wantsHelp,
  } = parseOwnArguments(args, [
    { name: 'cmd', spellings: ['cmd'], value: 'none' },
    { name: 'configuration', spellings: ['configuration', 'configurationname'], value: 'required' },
  ]);
  if (wantsHelp) {
    await environment.stdout(help);
    return 0;
  }
  const openCmd = (): Promise<number> => {
    const shared = args.filter((word) => !/^[-/](cmd$|configuration(name)?:)/i.test(word));
    return executeWinrs(() => parseWinrsArguments(['winrs', ...shared, 'cmd']), environment);
  };
  if (own.has('cmd')) return openCmd();
  const { columns, rows } = sizeOfTerminal();
  const terminal = terminalHost(environment, columns, rows);
  const { signal } = environment;
  let isUnavailable = false;
  const exitCode = await onMachine(connection, environment, {
    open: (client) =>
      openRunspacePool(client, {
        host: terminal.host,
        configurationName: own.get('configuration'),
        signal,
      }),
    work: (pool) => converse(pool, terminal, environment),
    close: (pool) => pool.close(),
    explain: (error) => {
      if (!(error instanceof PowerShellUnavailableError) || own.has('configuration')) return null;
      isUnavailable = true;
      return `Note: ${printable(error.message)} This is cmd.\n`;
    },
  });
  return isUnavailable ? openCmd() : exitCode;
}

/** Line by line until there is no more. The exit code is 1 where the last line failed, as in a shell. */
async function converse(pool: RunspacePool, terminal: TerminalHost, environment: WinrsEnvironment): Promise<number> {
  const editor = environment.isInteractive ? terminalEditor() : pipeEditor(environment);
  let failed = false;
  const prompt = async (): Promise<string> =>
    environment.isInteractive ? `${shown((await promptOf(pool, environment.signal)) ?? 'PS>')} ` : '';
  try {
    for (;;) {
      const line = await editor.next(await prompt());
      if (line === null || /^\s*exit\s*;?\s*$/i.test(line)) return failed ? 1 : 0;
      if (line.trim() === '') continue;
      const before = terminal.errors();
      try {
        const hadErrors = await runInterruptibly(
          environment,
          (signal) => pool.run(line, { format: 'console', addToHistory: true, signal }),
          (pipeline) => readRecords(pipeline, environment, async () => {}),
        );
        failed = hadErrors || terminal.errors() > before;
        const left = terminal.exitCode();
        if (left !== null) return left;
      } catch (error) {
        // Ctrl-C before the line had begun ends the line only.
        if (!(error instanceof CancelledError) || environment.signal?.aborted) throw error;
        await environment.stderr('Stopped.\n');
        failed = true;
      }
    }
  } finally {
    editor.close();
  }
}
