/**
 * Debian's masterzen/winrm, the client in Go that Packer, Terraform and Telegraf are built on, with go-ntlmssp: nobody here wrote either. It
 * cannot seal, so it comes inside TLS, or in clear text where the machine allows that. Where the software is missing this suite fails; it
 * never skips.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createNtlmClient } from '../lab-test-client.ts';
import { configUri, requestMessage, transfer } from '../lab-test-messages.ts';
import { type Lab, type LabMachine, startLab } from '../start-lab.ts';

const source = fileURLToPath(new URL('./masterzen-peer.go', import.meta.url));
let folder: string;
let program: string;
let secure: Lab;
let clear: Lab;

/** Runs a program to its end; what it printed, or an Error with what it complained of. */
async function runToEnd(command: string, args: readonly string[], input: string, env = process.env): Promise<string> {
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'], timeout: 120_000 });
  let output = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const code = await ended;
  if (code !== 0) throw new Error(`${command} ended with code ${code}. ${complaint}`);
  return output;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'windeck-masterzen-'));
  program = join(folder, 'peer');
  // Debian's Go packages lie in a GOPATH; nothing is fetched.
  await runToEnd('/usr/bin/go', ['build', '-o', program, source], '', {
    ...process.env,
    GO111MODULE: 'off',
    GOPATH: '/usr/share/gocode',
    GOCACHE: join(folder, 'cache'),
    GOFLAGS: '',
    CGO_ENABLED: '0',
  });
  secure = await startLab({ machines: 1, https: true, pendingMs: 50, stacks: ['3.0'] });
  clear = await startLab({ machines: 1, pendingMs: 50, stacks: ['3.0'] });
}, 180_000);
afterAll(async () => {
  await secure?.close();
  await clear?.close();
  await rm(folder, { recursive: true, force: true });
});

interface Result {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly error?: string;
}
interface Job {
  readonly ntlm?: boolean;
  readonly password?: string;
  readonly commands?: readonly { readonly line: string; readonly input?: string }[];
  readonly session?: readonly string[];
  readonly scripts?: readonly string[];
}

async function masterzen(machine: LabMachine, job: Job): Promise<Result[]> {
  const { port, transport, user, password } = machine;
  const environment = { ...process.env };
  for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy']) delete environment[name];
  const input = JSON.stringify({ port, https: transport === 'https', user, password, ...job });
  return JSON.parse(await runToEnd(program, [], input, environment)) as Result[];
}

const ok = (stdout: unknown) => ({ exitCode: 0, stdout, stderr: '' });

test.each([
  ['Basic', false],
  ['NTLM', true],
])(
  'inside TLS, %s: output, exit codes, errors, input, Unicode, PowerShell, three commands in one shell',
  async (_scheme, ntlm) => {
    const machine = secure.machines[0]!;
    const results = await masterzen(machine, {
      ntlm,
      commands: [
        { line: 'hostname' },
        { line: 'echo grüße € 漢字' },
        { line: 'nosuchthing' },
        { line: 'cmd /c exit 7' },
        { line: 'more', input: 'one\r\ntwo\r\n' },
      ],
      scripts: ["Write-Output 'hi'; exit 3"],
      session: ['hostname', 'echo second', 'cmd /c exit 5'],
    });
    expect(results).toEqual([
      ok(`${machine.name}\r\n`),
      ok('grüße € 漢字\r\n'),
      { exitCode: 1, stdout: '', stderr: expect.stringContaining("'nosuchthing' is not recognized") },
      { exitCode: 7, stdout: '', stderr: '' },
      ok('one\r\ntwo\r\n'),
      { exitCode: 3, stdout: 'hi\r\n', stderr: '' },
      ok(`${machine.name}\r\n`),
      ok('second\r\n'),
      { exitCode: 5, stdout: '', stderr: '' },
    ]);
  },
  60_000,
);

test('a wrong password is refused with 401', async () => {
  for (const ntlm of [false, true]) {
    const [refused] = await masterzen(secure.machines[0]!, {
      ntlm,
      password: 'wrong',
      commands: [{ line: 'hostname' }],
    });
    expect(refused!.error).toContain('401');
  }
});

test('in clear text: signed in and refused with an empty 500, until the machine allows it', async () => {
  const machine = clear.machines[0]!;
  const hostname = async () => (await masterzen(machine, { ntlm: true, commands: [{ line: 'hostname' }] }))[0]!;
  expect((await hostname()).error).toContain('500');
  const admin = await createNtlmClient(machine);
  await admin.send(
    requestMessage({
      action: `${transfer}/Put`,
      resourceUri: `${configUri}/service`,
      body: `<cfg:Service xmlns:cfg="${configUri}/service"><cfg:AllowUnencrypted>true</cfg:AllowUnencrypted></cfg:Service>`,
    }),
  );
  admin.close();
  expect(await hostname()).toEqual(ok(`${machine.name}\r\n`));
});
