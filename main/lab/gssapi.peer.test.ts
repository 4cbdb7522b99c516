import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestMessage, transfer, wmiUri } from './lab-test-messages.ts';
import { type Lab, startLab } from './start-lab.ts';

/**
 * The system's GSSAPI with gss-ntlmssp, used as curl --negotiate uses it: it asks for authentication alone, which Windows grants
 * inside TLS. Where the software is missing this suite fails; it never skips.
 */
const script = fileURLToPath(new URL('./gssapi-peer.py', import.meta.url));
const message = requestMessage({
  action: `${transfer}/Get`,
  resourceUri: wmiUri('Win32_Service'),
  selectors: { Name: 'WinRM' },
});
let lab: Lab;
let folder: string;
beforeAll(async () => {
  lab = await startLab({ machines: 1, https: true });
  folder = mkdtempSync(join(tmpdir(), 'windeck-gssapi-'));
});
afterAll(async () => {
  await lab?.close();
  rmSync(folder, { recursive: true, force: true });
});

function signIn(spnego: boolean, password: string): { statuses: number[]; body: string } {
  const { port, user } = lab.machines[0]!;
  const account = join(folder, 'account');
  writeFileSync(account, `CORP:${user}:${password}\n`, { mode: 0o600 });
  const { status, stdout, stderr } = spawnSync('/usr/bin/python3', ['-W', 'ignore', script], {
    input: JSON.stringify({ port, spnego, body: message }),
    env: { ...process.env, NTLM_USER_FILE: account },
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (status !== 0) throw new Error(`GSSAPI ended with code ${status}. Is gss-ntlmssp installed? ${stderr}`);
  return JSON.parse(stdout);
}

describe.each([true, false])('inside TLS, SPNEGO: %s', (spnego) => {
  it('a client that asks for authentication alone is let in', () => {
    const { statuses, body } = signIn(spnego, lab.machines[0]!.password);
    expect(statuses).toEqual([401, 200]);
    expect(body).toContain('<p:Name>WinRM</p:Name>');
  });

  it('and is refused with a wrong password', () => {
    const { statuses, body } = signIn(spnego, 'wrong');
    expect(statuses).toEqual([401, 401]);
    expect(body).toBe('');
  });
});
