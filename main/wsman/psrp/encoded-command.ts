/**
 * A script without a session of PowerShell: powershell.exe started in the cmd shell, for targets that have no PowerShell endpoint
 * (PowerShellUnavailableError). There are no objects then: output is text, and the other streams come as CLIXML on stderr.
 */
import { utf8CodePage } from '../code-page.ts';
import { collectOutput } from '../collect-output.ts';
import type { RunningCommand, RunOptions, Shell } from '../shell.ts';
import type { ClixmlItem } from './clixml.ts';
import { readPowerShellStderr } from './clixml-stderr.ts';

/** cmd.exe cuts off what is longer. */
export const longestCommandLine = 8191;

export interface PowerShellLine {
  readonly command: string;
  /** What goes to standard input, in the shell's code page, and then its end; null where the line says it all. */
  readonly stdin: string | null;
}

const start = 'powershell.exe -NoProfile -NonInteractive';

/**
 * The line that runs a script: encoded in it (UTF-16 in base64) while that fits, else read from standard input. There powershell.exe runs
 * statement after statement, whatever became of the one before; one block around the script makes it one statement.
 */
export function powerShellLine(script: string): PowerShellLine {
  const encoded = Buffer.from(script, 'utf16le').toString('base64');
  const command = `${start} -EncodedCommand ${encoded}`;
  // What is empty could not be encoded, and does nothing.
  if (script !== '' && command.length <= longestCommandLine) return { command, stdin: null };
  return { command: `${start} -Command -`, stdin: `. {\r\n${script}\r\n}\r\n\r\n` };
}

/** Starts a script in a shell of cmd that was opened with code page 65001. Rejects as Shell.run does. */
export async function startPowerShell(
  shell: Shell,
  script: string,
  options: Pick<RunOptions, 'signal'> = {},
): Promise<RunningCommand> {
  const { command, stdin } = powerShellLine(script);
  const running = await shell.run(command, [], options);
  // Without an end of its input powershell.exe may wait for it.
  if (stdin === null) running.end().catch(() => {});
  else running.send(Buffer.from(stdin, 'utf8'), { isLast: true }).catch(() => {});
  return running;
}

export interface PowerShellResult {
  readonly exitCode: number;
  readonly stdout: string;
  /** Errors as text. */
  readonly stderr: string;
  /** The records of every stream that came as CLIXML. */
  readonly records: readonly ClixmlItem[];
}

/** As startPowerShell, to its end; for short answers (`collectOutput`). */
export async function runPowerShell(
  shell: Shell,
  script: string,
  options: Pick<RunOptions, 'signal'> = {},
): Promise<PowerShellResult> {
  const { exitCode, stdout, stderr } = await collectOutput(await startPowerShell(shell, script, options), utf8CodePage);
  const { text, items } = readPowerShellStderr(stderr);
  return { exitCode, stdout, stderr: text, records: items };
}
