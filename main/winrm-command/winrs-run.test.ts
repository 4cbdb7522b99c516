import { expect, test } from 'vitest';
import { parseWinrsLine } from './winrs-parse.ts';
import { executeWinrs, type WinrsEnvironment } from './winrs-run.ts';

/** Runs a line whose first connection ends the run: what is printed, what was asked, whether it came as far as that. */
async function run(line: string, answer: boolean | null) {
  const asked: string[] = [];
  let stderr = '';
  let isConnecting = false;
  const environment: WinrsEnvironment = {
    version: '0.0.0-test',
    createClient: () => {
      isConnecting = true;
      throw new Error('far enough');
    },
    stdout: async () => {},
    stderr: async (text) => {
      stderr += text;
    },
    ask: async () => null,
    readPasswordLine: async () => '',
    readFile: async () => new Uint8Array(),
    ...(answer === null
      ? {}
      : {
          confirm: async (question: string) => {
            asked.push(question);
            return answer;
          },
        }),
    signIn: async () => ({ userName: 'anna', password: 'unused' }),
    warnOfVisiblePassword: false,
    standardInput: () => null,
    isInteractive: false,
    isTerminal: { stdout: false, stderr: false },
    onInterrupt: () => () => {},
    cancel: () => {},
  };
  const exitCode = await executeWinrs(() => parseWinrsLine(line), environment);
  return { asked, stderr, isConnecting, exitCode };
}

test.each([
  'net stop winrm',
  'sc \\\\. config WinRM start= disabled',
  'winrm delete winrm/config/Listener?Address=*+Transport=HTTP',
])('%s is asked for where somebody can be asked, before anything is sent', async (command) => {
  const refused = await run(`winrs -r:https://web01 ${command}`, false);
  expect(refused.asked).toEqual([expect.stringContaining('could cut the way to web01')]);
  expect(refused).toMatchObject({ isConnecting: false, exitCode: 1, stderr: 'Error: Nothing was changed.\n' });
  expect((await run(`winrs -r:https://web01 ${command}`, true)).isConnecting).toBe(true);
  expect((await run(`winrs -r:https://web01 ${command}`, null)).isConnecting).toBe(true);
});

test('nothing else is asked for', async () => {
  expect(await run('winrs -r:https://web01 sc query winrm', false)).toMatchObject({ asked: [], isConnecting: true });
});
