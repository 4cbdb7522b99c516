/** powershell.exe and flood in the cmd shell of the lab, through the client. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient, type WSManClient } from '../../wsman/client.ts';
import { collectOutput } from '../../wsman/collect-output.ts';
import { propertyOf } from '../../wsman/psrp/clixml-plain.ts';
import { readProgressRecord } from '../../wsman/psrp/clixml-records.ts';
import { readPowerShellStderr } from '../../wsman/psrp/clixml-stderr.ts';
import { openShell, type Shell } from '../../wsman/shell.ts';
import { labTarget } from '../lab-target.ts';
import { type Lab, startLab } from '../start-lab.ts';

let lab: Lab;
let client: WSManClient;
let shell: Shell;

beforeAll(async () => {
  lab = await startLab({ machines: 1, pendingMs: 50 });
  const [machine] = lab.machines;
  client = createClient(labTarget(machine!));
  shell = await openShell(client, { codePage: 65001 });
});
afterAll(async () => {
  await shell?.close();
  client?.close();
  await lab?.close();
});

const encoded = (script: string): string =>
  `powershell -NoProfile -EncodedCommand ${Buffer.from(script, 'utf16le').toString('base64')}`;
const run = async (line: string) => collectOutput(await shell.run(line));

test('prints what a script puts out, as text', async () => {
  const { stdout, stderr, exitCode } = await run(
    encoded("'ä'; Get-Service WinRM | Select-Object Name, Status; exit 3"),
  );
  expect(stdout).toMatch(/^ä\r\n\r\nName\s+Status\s*\r\n----\s+------\s*\r\nWinRM\s+Running\s*\r\n/);
  expect(stderr).toBe('');
  expect(exitCode).toBe(3);
});

test('writes CLIXML to stderr where the script came encoded', async () => {
  const script =
    "Write-Progress -Activity Copying -Status half -PercentComplete 50; Write-Warning careful; Get-Nothing; Write-Error 'a < b'";
  const { stdout, stderr, exitCode } = await run(encoded(script));
  expect(stdout).toBe('');
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(
    /^#< CLIXML\r\n<Objs Version="1\.1\.0\.1" xmlns="http:\/\/schemas\.microsoft\.com\/powershell\/2004\/04">/,
  );
  const { text, items } = readPowerShellStderr(stderr);
  expect(text).toMatch(/^The term 'Get-Nothing' is not recognized/);
  expect(text).toContain('Write-Error : a < b\r\n');
  expect(items.slice(0, 2).map(({ stream }) => stream)).toEqual(['progress', 'warning']);
  expect(readProgressRecord(propertyOf(items[0]!.value, 'Record')!)).toMatchObject({
    activity: 'Copying',
    percentComplete: 50,
  });
});

test('writes plain text to stderr where it came plain, and fails with 1', async () => {
  const { stderr, exitCode } = await run('powershell -Command throw broken');
  expect(stderr).toMatch(/^broken\r\nAt line:1 char:1\r\n\+ throw broken\r\n/);
  expect(stderr).not.toContain('CLIXML');
  expect(exitCode).toBe(1);
});

test('asks, and waits for the answer', async () => {
  const command = await shell.run('powershell -Command "$n = Read-Host Name; Write-Output \'hello\' $n"');
  await command.send(Buffer.from('Ann\r\n'), { isLast: true });
  const { stdout } = await collectOutput(command);
  expect(stdout).toMatch(/^Name: hello/);
});

test('flood gives what it is asked for, line after line', async () => {
  const { stdout, exitCode } = await run('flood 2');
  expect(exitCode).toBe(0);
  expect(stdout.length).toBe(2_000_000);
  const lines = stdout.split('\r\n');
  expect(lines.slice(0, -1).every((line, index) => line.length === 98 && Number(line.slice(0, 10)) === index + 1)).toBe(
    true,
  );
});
