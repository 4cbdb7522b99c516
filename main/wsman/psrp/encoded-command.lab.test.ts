/** Scripts by way of cmd against the lab, where there is no endpoint of PowerShell: on real sockets. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { labTarget } from '../../lab/lab-target.ts';
import { type Lab, type LabMachine, startLab } from '../../lab/start-lab.ts';
import { createClient, type WSManClient } from '../client.ts';
import { openShell, type Shell } from '../shell.ts';
import { runPowerShell } from './encoded-command.ts';

let lab: Lab;
let client: WSManClient;
let shell: Shell;

beforeAll(async () => {
  lab = await startLab({ machines: 1, pendingMs: 50 });
  const machine: LabMachine = lab.machines[0]!;
  client = createClient(labTarget(machine));
  shell = await openShell(client, { codePage: 65001 });
});
afterAll(async () => {
  await shell?.close();
  client?.close();
  await lab?.close();
});

test('prints text, and exits as powershell.exe does', async () => {
  const result = await runPowerShell(shell, '"a"; Get-Service Spooler');
  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  expect(result.stdout).toMatch(/^a\r\n[\s\S]*Spooler/);
});

test('errors are text again, out of the CLIXML they came as', async () => {
  const { stderr, records } = await runPowerShell(shell, 'Get-Service no-such-service');
  expect(stderr).not.toContain('CLIXML');
  expect(stderr).toContain('no-such-service');
  expect(records.some(({ stream }) => stream?.toLowerCase() === 'error')).toBe(true);
});

test('a script longer than a command line arrives by standard input', async () => {
  const { stdout } = await runPowerShell(shell, `"${'long '.repeat(2000)}"`);
  expect(stdout).toContain('long '.repeat(2000));
});
