/**
 * Debian's pywinrm 0.3.0, a client that nobody here wrote, runs commands in a shell of the lab: NTLM, every message sealed. Where the software
 * is missing this suite fails; it never skips.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Lab, type LabMachine, startLab } from '../start-lab.ts';

const script = fileURLToPath(new URL('./pywinrm-shell-peer.py', import.meta.url));
let folder: string;
let lab: Lab;
let machine: LabMachine;

beforeAll(async () => {
  lab = await startLab({ machines: 1, pendingMs: 50 });
  machine = lab.machines[0]!;
  folder = await mkdtemp(join(tmpdir(), 'windeck-pywinrm-shell-'));
  // Its NTLM needs MD4, which OpenSSL keeps in the legacy provider.
  const sections = [
    'openssl_conf = init',
    '[init]',
    'providers = providers',
    '[providers]',
    'default = default_provider',
  ];
  const active = [
    'legacy = legacy_provider',
    '[default_provider]',
    'activate = 1',
    '[legacy_provider]',
    'activate = 1',
    '',
  ];
  await writeFile(join(folder, 'openssl.cnf'), [...sections, ...active].join('\n'));
});
afterAll(async () => {
  await lab?.close();
  await rm(folder, { recursive: true, force: true });
});

interface Outcome {
  readonly sealed: boolean;
  readonly results: readonly ({ stdout: string; stderr: string; exitCode: number } | { error: string })[];
}

async function runPywinrm(
  commands: readonly { line: string; arguments?: readonly string[] }[],
  more: { codepage?: number; operationTimeout?: number } = {},
): Promise<Outcome> {
  const environment: NodeJS.ProcessEnv = { ...process.env, OPENSSL_CONF: join(folder, 'openssl.cnf') };
  for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy']) delete environment[name];
  const child = spawn('/usr/bin/python3', ['-W', 'ignore', script], {
    env: environment,
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: 60_000,
  });
  let output = '';
  let complaint = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  child.stdin.on('error', () => {});
  const { user, password, port } = machine;
  const endpoint = `http://127.0.0.1:${port}/wsman`;
  child.stdin.end(JSON.stringify({ endpoint, user: `CORP\\${user}`, password, commands, ...more }));
  const code = await ended;
  if (code !== 0) throw new Error(`pywinrm ended with code ${code}. Is python3-winrm installed? ${complaint}`);
  return JSON.parse(output) as Outcome;
}

const decoded = (outcome: Outcome) =>
  outcome.results.map((result) =>
    'error' in result
      ? result
      : {
          stdout: Buffer.from(result.stdout, 'base64').toString(),
          stderr: Buffer.from(result.stderr, 'base64').toString(),
          exitCode: result.exitCode,
        },
  );

test('output, exit code, standard error and unicode', async () => {
  const outcome = await runPywinrm([
    { line: 'ipconfig', arguments: ['/all'] },
    { line: 'exit', arguments: ['42'] },
    { line: 'nosuchcommand' },
    { line: 'echo', arguments: ['Grüße', '日本', '😀'] },
    { line: 'type', arguments: ['names.txt'] },
  ]);
  expect(outcome.sealed).toBe(true);
  const [ipconfig, exit, unknown, echo, names] = decoded(outcome);
  expect(ipconfig).toMatchObject({ exitCode: 0, stderr: '' });
  expect((ipconfig as { stdout: string }).stdout).toContain(`: ${machine.name}\r\n`);
  expect(exit).toEqual({ exitCode: 42, stdout: '', stderr: '' });
  expect(unknown).toEqual({
    exitCode: 1,
    stdout: '',
    stderr:
      "'nosuchcommand' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n",
  });
  expect(echo).toEqual({ exitCode: 0, stdout: 'Grüße 日本 😀\r\n', stderr: '' });
  expect((names as { stdout: string }).stdout).toContain('Zoë Müller-Straße\r\nŁukasz Żółć\r\n');
});

test('an OEM code page: bytes as that page has them', async () => {
  const { results } = await runPywinrm([{ line: 'echo', arguments: ['ä'] }], { codepage: 437 });
  const [result] = results;
  // 0x84 is a with diaeresis in code page 437.
  expect(Buffer.from((result as { stdout: string }).stdout, 'base64')).toEqual(Buffer.from([0x84, 0x0d, 0x0a]));
});

test('silence longer than its operation time-out, then an end', async () => {
  const before = (await lab.statistics(machine.name)).requests;
  const outcome = await runPywinrm([{ line: 'msiexec /i C:\\Setup\\agent.msi /quiet LABDURATION=3200' }], {
    operationTimeout: 1,
  });
  expect(decoded(outcome)).toEqual([{ exitCode: 0, stdout: '', stderr: '' }]);
  const after = (await lab.statistics(machine.name)).requests;
  const receive = 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Receive';
  expect((after[receive] ?? 0) - (before[receive] ?? 0)).toBeGreaterThanOrEqual(3);
});
