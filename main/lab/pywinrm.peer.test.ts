import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identifyMessage, requestMessage, wmiUri } from './lab-test-messages.ts';
import { type Lab, startLab } from './start-lab.ts';

/**
 * Debian's pywinrm 0.3.0 (python3-winrm with python3-requests-ntlm), a client that nobody here wrote, against the lab. It needs MD4 from
 * OpenSSL's legacy provider. Where the software is missing this suite fails; it never skips.
 */

const python = '/usr/bin/python3';
const script = fileURLToPath(new URL('./pywinrm-peer.py', import.meta.url));
let folder: string;

interface Job {
  readonly endpoint: string;
  readonly transport: 'ntlm' | 'basic' | 'plaintext';
  readonly user: string;
  readonly password: string;
  readonly encryption: 'auto' | 'always' | 'never';
  readonly messages: readonly string[];
}
interface Outcome {
  readonly refused: boolean;
  readonly answers: readonly string[];
  readonly contentTypes: readonly string[];
  readonly sealed: boolean;
}

async function runPywinrm(job: Job): Promise<Outcome> {
  const environment: NodeJS.ProcessEnv = { ...process.env, OPENSSL_CONF: join(folder, 'openssl.cnf') };
  for (const name of [
    'REQUESTS_CA_BUNDLE',
    'CURL_CA_BUNDLE',
    'HTTP_PROXY',
    'http_proxy',
    'HTTPS_PROXY',
    'https_proxy',
  ]) {
    delete environment[name];
  }
  const child = spawn(python, ['-W', 'ignore', script], {
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
  child.stdin.end(JSON.stringify(job));
  const code = await ended;
  if (code !== 0) throw new Error(`pywinrm ended with code ${code}. Is python3-winrm installed? ${complaint}`);
  return JSON.parse(output) as Outcome;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'windeck-pywinrm-'));
  await writeFile(
    join(folder, 'openssl.cnf'),
    [
      'openssl_conf = init',
      '[init]',
      'providers = providers',
      '[providers]',
      // A section called "default" has a meaning of its own to OpenSSL.
      'default = default_provider',
      'legacy = legacy_provider',
      '[default_provider]',
      'activate = 1',
      '[legacy_provider]',
      'activate = 1',
      '',
    ].join('\n'),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const countServices = requestMessage({
  action: 'http://schemas.xmlsoap.org/ws/2004/09/enumeration/Enumerate',
  resourceUri: wmiUri('Win32_Service'),
  body: '<n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>32000</w:MaxElements></n:Enumerate>',
});
const getWinrm = requestMessage({
  action: 'http://schemas.xmlsoap.org/ws/2004/09/transfer/Get',
  resourceUri: wmiUri('Win32_Service'),
  selectors: { Name: 'WinRM' },
});

describe.each([{ https: false }, { https: true }])('pywinrm against the lab, https: $https', ({ https }) => {
  let lab: Lab;
  let job: Omit<Job, 'messages'>;
  beforeAll(async () => {
    lab = await startLab({ machines: 1, https });
    const machine = lab.machines[0]!;
    job = {
      endpoint: `${machine.transport}://127.0.0.1:${machine.port}/wsman`,
      transport: 'ntlm',
      user: `CORP\\${machine.user}`,
      password: machine.password,
      encryption: 'always',
    };
  });
  afterAll(() => lab?.close());

  it('authenticates with NTLM, sends and reads sealed messages', async () => {
    const outcome = await runPywinrm({ ...job, messages: [identifyMessage, getWinrm, countServices] });
    expect(outcome.refused).toBe(false);
    expect(outcome.sealed).toBe(true);
    // An empty answer to the authentication, then one sealed answer per message.
    expect(outcome.contentTypes.filter((type) => type.startsWith('multipart/encrypted'))).toHaveLength(3);
    expect(outcome.contentTypes.filter((type) => type.startsWith('application/soap+xml'))).toHaveLength(0);
    const [identity, winrm, services] = outcome.answers;
    expect(identity).toContain('<wsmid:ProductVendor>Microsoft Corporation</wsmid:ProductVendor>');
    expect(identity).toMatch(/OS: 10\.0\.20348 SP: 0\.0 Stack: 3\.0/);
    expect(winrm).toContain('<p:State>Running</p:State>');
    expect(services!.match(/<p:Win32_Service /g)!.length).toBeGreaterThanOrEqual(150);
    expect(services).toContain('<w:EndOfSequence/>');
    const statistics = await lab.statistics(lab.machines[0]!.name);
    expect(statistics.handshakes).toBeGreaterThanOrEqual(1);
  });

  it('is refused with a wrong password', async () => {
    const before = await lab.statistics(lab.machines[0]!.name);
    const outcome = await runPywinrm({ ...job, password: 'wrong', messages: [getWinrm] });
    expect(outcome.refused).toBe(true);
    expect(outcome.answers).toHaveLength(0);
    const after = await lab.statistics(lab.machines[0]!.name);
    expect(after.refusals).toBeGreaterThan(before.refusals);
    expect(after.requests).toEqual(before.requests);
  });

  it('is refused with an unknown user', async () => {
    const outcome = await runPywinrm({ ...job, user: 'CORP\\nobody', messages: [getWinrm] });
    expect(outcome.refused).toBe(true);
  });
});

describe('pywinrm with Basic inside TLS', () => {
  it('gets an unsealed answer', async () => {
    const lab = await startLab({ machines: 1, https: true });
    try {
      const machine = lab.machines[0]!;
      const outcome = await runPywinrm({
        endpoint: `https://127.0.0.1:${machine.port}/wsman`,
        transport: 'basic',
        user: machine.user,
        password: machine.password,
        encryption: 'never',
        messages: [getWinrm],
      });
      expect(outcome.sealed).toBe(false);
      expect(outcome.answers[0]).toContain('<p:Name>WinRM</p:Name>');
    } finally {
      await lab.close();
    }
  });
});
