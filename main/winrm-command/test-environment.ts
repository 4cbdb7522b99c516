/** For tests: an environment that keeps what is printed, and signs in with what it was given. */
import { createClient } from '../wsman/index.ts';
import type { Command } from './command.ts';
import { parseLine } from './parse.ts';
import { type CommandEnvironment, execute } from './run.ts';

export interface Printed {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export type TestEnvironment = Partial<CommandEnvironment>;

/** Runs one line (or command) and resolves with what it printed. Without `signIn` and `ask` nobody is there to sign in. */
export async function runPrinted(line: string | (() => Command), given: TestEnvironment = {}): Promise<Printed> {
  let stdout = '';
  let stderr = '';
  const exitCode = await execute(typeof line === 'string' ? () => parseLine(line) : line, {
    version: '0.0.0-test',
    createClient,
    stdout: async (text) => {
      stdout += text;
    },
    stderr: async (text) => {
      stderr += text;
    },
    ask: async () => null,
    readPasswordLine: async () => {
      throw new Error('This test has no standard input.');
    },
    readFile: async () => {
      throw new Error('This test has no files.');
    },
    warnOfVisiblePassword: false,
    ...given,
  });
  return { exitCode, stdout, stderr };
}
