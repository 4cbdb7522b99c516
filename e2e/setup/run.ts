import { spawn } from 'node:child_process';

export interface RunResult {
  readonly code: number;
  readonly output: string;
  readonly seconds: number;
}

/**
 * Runs one command to its end, never through a shell. `quiet` keeps its output back (it is in the result), otherwise it is shown as it
 * comes. After `timeoutSeconds` the command and what it started are ended and the code is 124.
 */
export function run(
  command: string,
  args: readonly string[],
  options: { quiet?: boolean; timeoutSeconds?: number; cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<RunResult> {
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let output = '';
    let timedOut = false;
    const timer = setTimeout(
      () => {
        timedOut = true;
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      },
      (options.timeoutSeconds ?? 600) * 1000,
    );
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => {
        output += text;
        if (!options.quiet) process.stdout.write(text);
      });
    }
    const end = (code: number) => {
      clearTimeout(timer);
      resolve({ code, output, seconds: (performance.now() - started) / 1000 });
    };
    child.on('error', (error) => {
      output += `${error.message}\n`;
      end(127);
    });
    child.on('close', (code) => end(timedOut ? 124 : (code ?? 1)));
  });
}
