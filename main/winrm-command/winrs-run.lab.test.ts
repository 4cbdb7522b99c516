/** winrs as any front runs it, without a process around: what it asks of its environment, and how it signs in. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Lab, type LabMachine, startLab } from '../lab/start-lab.ts';
import { createClient, type Target } from '../wsman/index.ts';
import { OutputClosedError } from './run.ts';
import { parseWinrsLine } from './winrs-parse.ts';
import { executeWinrs, type WinrsEnvironment } from './winrs-run.ts';

let lab: Lab;
let machine: LabMachine;
beforeAll(async () => {
  lab = await startLab({ machines: 1 });
  machine = lab.machines[0]!;
});
afterAll(() => lab?.close());

async function run(line: string, given: Partial<WinrsEnvironment> = {}) {
  const printed = { stdout: '', stderr: '' };
  const targets: Target[] = [];
  const environment: WinrsEnvironment = {
    version: '0.0.0-test',
    createClient: (target, options) => {
      targets.push(target);
      return createClient(target, options);
    },
    stdout: async (text) => {
      printed.stdout += text;
    },
    stderr: async (text) => {
      printed.stderr += text;
    },
    ask: async () => null,
    readPasswordLine: async () => {
      throw new Error('This test has no standard input.');
    },
    signIn: async () => ({ userName: machine.user, password: machine.password }),
    localhostPort: machine.port,
    warnOfVisiblePassword: false,
    standardInput: () => null,
    isInteractive: false,
    isTerminal: { stdout: false, stderr: false },
    onInterrupt: () => () => {},
    cancel: () => {},
    ...given,
  };
  const exitCode = await executeWinrs(() => parseWinrsLine(line), environment);
  return { exitCode, ...printed, targets };
}

test('whoever is known signs in; -allowdelegate is asked of the connection, and not otherwise', async () => {
  const plain = await run('winrs hostname');
  expect(plain).toMatchObject({ exitCode: 0, stdout: `${machine.name}\r\n`, stderr: '' });
  expect(plain.targets[0]!.delegate ?? false).toBe(false);
  const { targets, stderr } = await run('winrs -ad hostname');
  expect(targets.map(({ delegate }) => delegate)).toEqual([true]);
  // The lab's machines are signed in to with NTLM here.
  expect(stderr).toMatch(/^Note: -allowdelegate has no effect/);
});

test('output for a person: control characters are shown; for a program they pass', async () => {
  const stdin = async function* () {
    yield Buffer.from('a\u001b]0;title\u0007b\r\n');
  };
  const forProgram = await run('winrs more', { standardInput: stdin });
  expect(forProgram.stdout).toBe('a\u001b]0;title\u0007b\r\n');
  const forPerson = await run('winrs more', {
    standardInput: stdin,
    isTerminal: { stdout: true, stderr: true },
  });
  expect(forPerson.stdout).toBe('a␛]0;title␇b\r\n');
});

test('a front that takes no more output ends the command, and its shell', async () => {
  const closed = run('winrs type C:\\Setup\\large.txt', {
    stdout: async () => {
      throw new OutputClosedError();
    },
  });
  await expect(closed).rejects.toBeInstanceOf(OutputClosedError);
  expect((await run('winrs tasklist')).stdout.match(/^WinrsHost\.exe/gm)).toHaveLength(1);
});

test('a code page nobody knows is said; what the machine makes of it is its own affair', async () => {
  const { exitCode, stdout, stderr } = await run('winrs -codepage:37 chcp');
  expect([exitCode, stdout]).toEqual([0, 'Active code page: 850\r\n']);
  expect(stderr).toBe('Note: code page 37 is not known here; its bytes are read as Latin-1.\n');
});

test('what is typed goes in the code page of the shell; what is piped, byte by byte', async () => {
  // UTF-8, cut within a character, as a terminal or a file gives it.
  const stdin = async function* () {
    const bytes = Buffer.from('äöü €\r\n');
    yield bytes.subarray(0, 3);
    yield bytes.subarray(3);
  };
  const typed = await run('winrs -codepage:850 more', { standardInput: stdin, isInteractive: true });
  expect(typed.stdout).toBe('äöü ?\r\n');
  const piped = await run('winrs -codepage:850 more', { standardInput: stdin });
  expect(Buffer.from(piped.stdout).toString()).toBe('├ñ├Â├╝ Ôé¼\r\n');
});

test('cancelled before it began: nothing is sent', async () => {
  const before = await lab.statistics(machine.name);
  const { exitCode } = await run('winrs hostname', { signal: AbortSignal.abort() });
  expect(exitCode).toBe(130);
  expect((await lab.statistics(machine.name)).requests).toEqual(before.requests);
});
