import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fleetAccounts } from './authentication/accounts.ts';
import { requestMessage, transfer, wmiUri } from './lab-test-messages.ts';
import { type Lab, startLab } from './start-lab.ts';

/** curl against the lab: Digest, Basic and client certificates. --negotiate is in kerberos.peer.test.ts. Where curl is missing this fails. */
const mutual = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual';
const getWinrm = requestMessage({
  action: `${transfer}/Get`,
  resourceUri: wmiUri('Win32_Service'),
  selectors: { Name: 'WinRM' },
});

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'windeck-curl-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Secrets go in through a configuration on standard input, since everybody on the machine may read arguments. */
function curl(lab: Lab, config: Readonly<Record<string, string | true>>): { status: string; body: string } {
  const { transport, port } = lab.machines[0]!;
  const lines = Object.entries({ silent: true, insecure: true, data: getWinrm, ...config }).map(([name, value]) =>
    value === true ? name : `${name} = "${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`,
  );
  const { status, stdout, stderr } = spawnSync(
    '/usr/bin/curl',
    [
      '--config',
      '-',
      '--header',
      'Content-Type: application/soap+xml;charset=UTF-8',
      '--write-out',
      '\n%{http_code}',
      `${transport}://localhost:${port}/wsman`,
    ],
    { input: lines.join('\n'), encoding: 'utf8', timeout: 60_000 },
  );
  if (status !== 0) throw new Error(`curl ended with code ${status}. Is it installed? ${stderr}`);
  const end = stdout.lastIndexOf('\n');
  return { status: stdout.slice(end + 1), body: stdout.slice(0, end) };
}
const user = ({ user: name, password }: { user: string; password: string }): string => `${name}:${password}`;

describe('a management controller', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab({ machines: 1, auth: 'digest' });
  });
  afterAll(() => lab?.close());

  it('takes Digest and Basic from curl', () => {
    for (const scheme of ['digest', 'basic']) {
      const answer = curl(lab, { [scheme]: true, user: user(lab.machines[0]!) });
      expect(answer.status).toBe('200');
      expect(answer.body).toContain('<p:Name>WinRM</p:Name>');
    }
  });

  it('and refuses a wrong password, which costs one attempt', async () => {
    expect(curl(lab, { digest: true, user: 'reader:wrong' }).status).toBe('401');
    expect((await lab.attempts())['reader']).toEqual({ Digest: 1 });
  });
});

describe.each([false, true])('client certificates, asked for by renegotiation: %s', (renegotiate) => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab({ machines: 1, https: true, auth: 'basic,certificate', renegotiate });
  });
  afterAll(() => lab?.close());

  it.each(['PEM', 'P12'])('%s', (type) => {
    for (const [which, status] of [
      ['clientCertificate', '200'],
      ['unmappedClientCertificate', '401'],
    ] as const) {
      const { certificatePem, keyPem, pfx, passphrase } = lab[which]!;
      const file = join(folder, `${which}.${type}`);
      writeFileSync(file, type === 'PEM' ? certificatePem + keyPem : Buffer.from(pfx, 'base64'), { mode: 0o600 });
      const answer = curl(lab, {
        cert: file,
        'cert-type': type,
        ...(type === 'P12' ? { pass: passphrase } : {}),
        header: `Authorization: ${mutual}`,
      });
      expect(answer.status).toBe(status);
      if (status === '200') expect(answer.body).toContain('<p:Name>WinRM</p:Name>');
    }
  });

  it('leaves alone who has none', () => {
    expect(curl(lab, { basic: true, user: user(fleetAccounts[0]!) }).status).toBe('200');
    expect(curl(lab, { header: `Authorization: ${mutual}` }).status).toBe('401');
  });
});
