import { type ChildProcess, spawn } from 'node:child_process';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { createNtlmClient, textIn } from './lab-test-client.ts';
import { requestMessage, transfer, wmiUri } from './lab-test-messages.ts';
import { type LabMachine, startLab } from './start-lab.ts';

const cli = fileURLToPath(new URL('./cli.ts', import.meta.url));
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

interface Run {
  readonly child: ChildProcess;
  readonly output: { stdout: string; stderr: string };
  readonly ended: Promise<number | null>;
}
function run(script: string, args: readonly string[]): Run {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  const output = { stdout: '', stderr: '' };
  child.stdout!.on('data', (chunk: Buffer) => {
    output.stdout += chunk.toString();
  });
  child.stderr!.on('data', (chunk: Buffer) => {
    output.stderr += chunk.toString();
  });
  return { child, output, ended: new Promise((resolve) => child.once('close', resolve)) };
}
const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
const firstLine = (run_: Run): Promise<string> =>
  new Promise((resolve, reject) => {
    const look = (): void => {
      const end = run_.output.stdout.indexOf('\n');
      if (end >= 0) resolve(run_.output.stdout.slice(0, end));
    };
    run_.child.stdout!.on('data', look);
    void run_.ended.then((code) => reject(new Error(`ended with ${code}: ${run_.output.stderr}`)));
    look();
  });

it.each([
  [['--machines', 'many'], '--machines'],
  [['--machines', '0'], '--machines'],
  [['--base-port', '70000'], '--base-port'],
  [['--base-port', '65530', '--machines', '20'], '--base-port'],
  [['--latency', '-5'], 'latency'],
  [['--nonsense'], '--nonsense'],
  [['--auth', 'magic'], 'kerberos-only'],
  [['--auth', 'ntlm,'], 'kerberos-only'],
  [['--auth', 'certificate'], '--https'],
  [['--auth', 'digest,ntlm'], 'management controllers'],
  [['--controllers', '6'], '--controllers'],
  [['--enctypes', 'arcfour-hmac'], '--auth kerberos'],
  [['--auth', 'kerberos', '--enctypes', 'a\n[realms]'], '--enctypes'],
  [['--renegotiate'], '--auth certificate'],
  [['surplus'], 'surplus'],
])('%j: one clear line and exit code 2', async (args, word) => {
  const { output, ended } = run(cli, args);
  expect(await ended).toBe(2);
  expect(output.stdout).toBe('');
  expect(output.stderr.trim().split('\n')).toHaveLength(1);
  expect(output.stderr).toContain(word);
});

it('prints one JSON line when ready, and ends with everything when interrupted', async () => {
  const lab = run(cli, ['--machines', '3', '--seed', '5']);
  const { machines } = JSON.parse(await firstLine(lab)) as { machines: LabMachine[] };
  expect(machines).toHaveLength(3);
  for (const machine of machines) {
    expect(machine).toMatchObject({
      address: '127.0.0.1',
      transport: 'http',
      user: expect.any(String),
      password: expect.any(String),
      tags: expect.any(Array),
    });
    expect(await isOpen(machine.port)).toBe(true);
  }
  lab.child.kill('SIGINT');
  expect(await lab.ended).toBe(0);
  expect(await isOpen(machines[0]!.port)).toBe(false);
  expect(lab.output.stdout.trim().split('\n')).toHaveLength(1);
  expect(lab.output.stderr).toBe('');
});

it('--auth certificate: the line brings certificates to sign in with', async () => {
  const lab = run(cli, ['--machines', '1', '--https', '--auth', 'ntlm,certificate']);
  const line = JSON.parse(await firstLine(lab)) as Record<string, unknown>;
  expect(Object.keys(line).sort()).toEqual([
    'certificatePem',
    'clientCertificate',
    'machines',
    'unmappedClientCertificate',
  ]);
  expect(line['clientCertificate']).toMatchObject({
    userPrincipalName: 'Administrator@localhost',
    certificatePem: expect.stringContaining('BEGIN CERTIFICATE'),
    keyPem: expect.stringContaining('BEGIN PRIVATE KEY'),
    pfx: expect.any(String),
    passphrase: expect.any(String),
  });
  lab.child.kill('SIGTERM');
  expect(await lab.ended).toBe(0);
});

it('says which port it cannot have', async () => {
  const lab = await startLab({ machines: 1 });
  const second = run(cli, ['--machines', '2', '--base-port', String(lab.machines[0]!.port)]);
  expect(await second.ended).toBe(1);
  expect(second.output.stderr).toContain(String(lab.machines[0]!.port));
  expect(second.output.stderr.trim().split('\n')).toHaveLength(1);
  await lab.close();
});

it('ends when its parent is gone, even killed', async () => {
  const parent = run('-e', [
    `import(${JSON.stringify(new URL('./start-lab.ts', import.meta.url).href)}).then(({ startLab }) => startLab({ machines: 1 })).then((lab) => { console.log(lab.machines[0].port); setInterval(() => {}, 1000); });`,
  ]);
  const port = Number(await firstLine(parent));
  expect(await isOpen(port)).toBe(true);
  parent.child.kill('SIGKILL');
  await expect.poll(() => isOpen(port), { timeout: 5000, interval: 50 }).toBe(false);
});

it('starts 1,000 machines in one process, each with its own state', async () => {
  const lab = await startLab({ machines: 1000 });
  try {
    expect(new Set(lab.machines.map(({ port }) => port)).size).toBe(1000);
    expect(new Set(lab.machines.map(({ name }) => name)).size).toBe(1000);
    for (const index of [0, 499, 999]) {
      const machine = lab.machines[index]!;
      const client = await createNtlmClient(machine);
      const answer = await client.send(
        requestMessage({ action: `${transfer}/Get`, resourceUri: wmiUri('Win32_OperatingSystem') }),
      );
      client.close();
      expect(textIn(answer, 'CSName')).toBe(machine.name);
    }
  } finally {
    await lab.close();
  }
});

it('does not answer before the latency that was asked for', async () => {
  const lab = await startLab({ machines: 1, latencyMs: 30_000 });
  try {
    const answer = createNtlmClient(lab.machines[0]!).then(
      () => 'answered',
      () => 'ended',
    );
    expect(await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 400, 'waiting'))])).toBe('waiting');
  } finally {
    await lab.close();
  }
});
