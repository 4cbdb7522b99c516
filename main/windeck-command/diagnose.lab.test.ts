/** `windeck diagnose` as a process of its own. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Lab, type LabMachine, startLab } from '../lab/start-lab.ts';

const cli = fileURLToPath(new URL('../cli.ts', import.meta.url));
let lab: Lab;
let machine: LabMachine;
let target: string;
beforeAll(async () => {
  lab = await startLab({ machines: 2 });
  machine = lab.machines[0]!;
  target = `-r:${machine.address}:${machine.port}`;
});
afterAll(() => lab?.close());

function windeck(args: readonly string[], input = ''): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [cli, 'diagnose', ...args], { timeout: 30_000 }, (error, stdout, stderr) =>
      resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
    child.stdin!.end(input);
  });
}

interface Report {
  readonly cause: {
    readonly id: string;
    readonly outcome: string;
    readonly advice: unknown[];
    readonly candidates: unknown[];
  };
  readonly steps: readonly {
    readonly name: string;
    readonly state: string;
    readonly milliseconds: number;
    readonly evidence: unknown[];
    readonly advice: unknown[];
  }[];
}

test('a machine that works: JSON for scripts, exit code 0', async () => {
  const { stdout, exitCode } = await windeck(
    [target, `-u:${machine.user}`, '-p:-', '-format:json'],
    `${machine.password}\n`,
  );
  const report = JSON.parse(stdout) as Report;
  expect(report.cause).toMatchObject({ id: 'works', outcome: 'works' });
  expect(report.steps.find(({ name }) => name === 'shell')).toMatchObject({ state: 'passed' });
  expect(exitCode).toBe(0);
  expect(stdout).not.toContain(machine.password);
});

test('a refused password is sent once; the text names the set of causes and what tells them apart', async () => {
  const { stdout, exitCode } = await windeck([target, '-u:nobody', '-p:-'], 'wrong\n');
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/^! Authenticate /m);
  expect(stdout).toContain('One of these, which look alike from here:');
  expect(stdout).toContain('Cause: sign-in-rejected');
  expect((await lab.attempts())['nobody']).toEqual({ NTLM: 1 });
});

test('what may not be sent as it is said keeps nobody from looking at the network', async () => {
  const { stdout, exitCode } = await windeck([target, '-u:x', '-p:-', '-auth:basic', '-format:json'], 'y\n');
  const report = JSON.parse(stdout) as Report;
  expect(exitCode).toBe(1);
  expect(report.cause.id).toBe('sign-in-clear-text-refused');
  expect(report.steps.find(({ name }) => name === 'identify')?.state).toBe('passed');
});

test('Markdown, and a port at which nobody listens', async () => {
  const { stdout, exitCode } = await windeck(['-r:127.0.0.1:1', '-u:x', '-p:-', '-format:markdown'], 'y\n');
  expect(stdout).toMatch(/^# Diagnosis of 127/);
  expect(stdout).toContain('`local-not-there`');
  expect(exitCode).toBe(1);
});

test.each([
  [['first'], 'takes switches only'],
  [['-format:xml'], 'text, json or markdown'],
  [['-other:a&b'], 'name or the address'],
])('%j is wrong usage', async (args, words) => {
  const { stderr, exitCode } = await windeck(args);
  expect(stderr).toContain(words);
  expect(exitCode).toBe(2);
});

test('help', async () => {
  const { stdout, exitCode } = await windeck(['-?']);
  expect(stdout).toContain('windeck diagnose [-r:MACHINE]');
  expect(exitCode).toBe(0);
});
