/**
 * The `windeck` command and Kerberos: against lab machines with a real KDC (Debian packages krb5-kdc, krb5-user, libgssapi-krb5-2), in a
 * process of its own, as a user starts it. Missing software is a failure here.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, type LabMachine, startLab } from '../lab/start-lab.ts';

const cli = fileURLToPath(new URL('../cli.ts', import.meta.url));
const limitMs = 30_000;
let lab: Lab;
let machine: LabMachine;
let folder: string;
beforeAll(async () => {
  lab = await startLab({ machines: 1, auth: 'kerberos-only' });
  machine = lab.machines[0]!;
  folder = mkdtempSync(join(tmpdir(), 'windeck-sign-in-'));
});
afterAll(async () => {
  await lab?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `cache`: the credential cache of whoever is signed in. */
async function run(program: string, args: readonly string[], cache: string, input = ''): Promise<Ended> {
  const env = {
    ...process.env,
    KRB5_CONFIG: lab.krb5Config,
    KRB5CCNAME: `FILE:${join(folder, cache)}`,
    XDG_CACHE_HOME: folder,
    LC_ALL: 'C.UTF-8',
  };
  const running = promisify(execFile)(program, args, { env, timeout: limitMs });
  running.child.stdin!.end(input);
  return running.then(
    ({ stdout, stderr }) => ({ exitCode: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({ ...error, exitCode: error.code }),
  );
}
const windeck = (line: string, cache: string, input?: string): Promise<Ended> =>
  run(process.execPath, [cli, 'winrm', ...line.split(' ')], cache, input);

const service = 'wmicimv2/Win32_Service?Name=WinRM';
const remote = () => `-r:${machine.address}:${machine.port}`;
const principal = () => `${machine.user}@${lab.realm}`;

describe('with user and password, without kinit', () => {
  test.each(['-a:kerberos', '-a:negotiate', '-trusted'])('%s', async (how) => {
    const line = `get ${service} ${remote()} ${how} -u:${principal()} -p:-`;
    const { exitCode, stdout, stderr } = await windeck(line, 'nobody', `${machine.password}\n`);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/\n {4}State = Running\n/);
  });
  test('id signs in too', async () => {
    const line = `id ${remote()} -a:kerberos -u:${principal()} -p:-`;
    const { exitCode, stdout } = await windeck(line, 'nobody', `${machine.password}\n`);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/OS: [1-9]\d*\./);
  });
  test('a wrong password is what the KDC says, and not in the answer', async () => {
    const line = `get ${service} ${remote()} -a:kerberos -u:${principal()} -p:-`;
    const { exitCode, stdout, stderr } = await windeck(line, 'nobody', 'wr0ng-one\n');
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/KDC_ERR_PREAUTH_FAILED/);
    expect(stderr).not.toContain('wr0ng-one');
  });
});

describe('as the user who is signed in', () => {
  test('with the ticket of kinit, no -u', async () => {
    const kinit = await run('kinit', [principal()], 'signed-in', `${machine.password}\n`);
    expect(kinit.exitCode, kinit.stderr).toBe(0);
    for (const line of [`get ${service} ${remote()}`, `get ${service} ${remote()} -a:kerberos`]) {
      const { exitCode, stdout, stderr } = await windeck(line, 'signed-in');
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(stdout).toMatch(/\n {4}State = Running\n/);
    }
    const identified = await windeck(`id ${remote()}`, 'signed-in');
    expect(identified).toMatchObject({ exitCode: 0, stderr: '' });
    expect(identified.stdout).toMatch(/OS: [1-9]\d*\./);
  });
  test('without a ticket: id asks without signing in and says so, everything else says what is missing', async () => {
    const anonymous = await windeck(`id ${remote()}`, 'nobody');
    expect(anonymous.exitCode).toBe(0);
    expect(anonymous.stdout).toMatch(/OS: 0\.0\.0/);
    expect(anonymous.stderr).toMatch(/^Note: asked without signing in/);
    const refused = await windeck(`get ${service} ${remote()}`, 'nobody');
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(/kinit/);
    const insisting = await windeck(`id ${remote()} -a:kerberos`, 'nobody');
    expect(insisting).toMatchObject({ exitCode: 1, stdout: '' });
  });
});

test('-SPNPort asks for a service that has its port in its name, which nobody has registered here', async () => {
  const line = `get ${service} ${remote()} -a:kerberos -SPNPort -u:${principal()} -p:-`;
  const { exitCode, stderr } = await windeck(line, 'nobody', `${machine.password}\n`);
  expect(exitCode).toBe(1);
  expect(stderr).toContain(`HTTP/${machine.address}:${machine.port}`);
  expect(stderr).toMatch(/KDC_ERR_S_PRINCIPAL_UNKNOWN/);
});
