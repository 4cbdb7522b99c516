import { spawn, spawnSync } from 'node:child_process';
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
  readonly transport: 'ntlm' | 'basic' | 'plaintext' | 'kerberos' | 'certificate';
  readonly user: string;
  readonly password: string;
  /** Files, for `certificate`. */
  readonly certificate?: string;
  readonly key?: string;
  readonly encryption: 'auto' | 'always' | 'never';
  readonly messages: readonly string[];
}
interface Outcome {
  readonly refused: boolean;
  readonly answers: readonly string[];
  readonly contentTypes: readonly string[];
  readonly sealed: boolean;
}

async function runPywinrm(job: Job, more: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const environment: NodeJS.ProcessEnv = { ...process.env, OPENSSL_CONF: join(folder, 'openssl.cnf'), ...more };
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
const interrogate = requestMessage({
  action: `${wmiUri('Win32_Service')}/InterrogateService`,
  resourceUri: wmiUri('Win32_Service'),
  selectors: { Name: 'WinRM' },
  body: `<p:InterrogateService_INPUT xmlns:p="${wmiUri('Win32_Service')}"/>`,
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

/**
 * Debian's package requests-kerberos cannot seal, so peers/requests_kerberos.py stands in for it: MIT Kerberos signs in and seals, pywinrm
 * does the rest.
 */
describe.each([
  { https: false, encryption: 'auto', sealed: true },
  { https: true, encryption: 'auto', sealed: false },
  { https: true, encryption: 'always', sealed: true },
] as const)('pywinrm with Kerberos, https: $https, encryption: $encryption', ({ https, encryption, sealed }) => {
  let lab: Lab;
  let environment: NodeJS.ProcessEnv;
  beforeAll(async () => {
    lab = await startLab({ machines: 1, https, auth: 'kerberos' });
    environment = {
      KRB5_CONFIG: lab.krb5Config,
      KRB5CCNAME: `FILE:${join(folder, `tickets-${lab.machines[0]!.port}`)}`,
      PYTHONPATH: fileURLToPath(new URL('./peers', import.meta.url)),
    };
    const { user, password } = lab.machines[0]!;
    const { status, stderr } = spawnSync('/usr/bin/kinit', [user], {
      input: `${password}\n`,
      env: { ...process.env, ...environment },
      encoding: 'utf8',
      timeout: 60_000,
    });
    if (status !== 0) throw new Error(`kinit ended with code ${status}. Is krb5-user installed? ${stderr}`);
  });
  afterAll(() => lab?.close());

  it.each(['KRB5', 'SPNEGO'])('identifies, gets, enumerates and invokes; %s', async (mech) => {
    const { address, port, user } = lab.machines[0]!;
    const outcome = await runPywinrm(
      {
        endpoint: `${https ? 'https' : 'http'}://${address}:${port}/wsman`,
        transport: 'kerberos',
        user,
        password: '',
        encryption,
        messages: [identifyMessage, getWinrm, countServices, interrogate],
      },
      { ...environment, PEER_MECH: mech },
    );
    expect(outcome.sealed).toBe(sealed);
    expect(outcome.contentTypes.filter((type) => type.startsWith('multipart/encrypted'))).toHaveLength(sealed ? 4 : 0);
    const [identity, winrm, services, interrogated] = outcome.answers;
    expect(identity).toMatch(/OS: 10\.0\.20348 SP: 0\.0 Stack: 3\.0/);
    expect(winrm).toContain('<p:State>Running</p:State>');
    expect(services!.match(/<p:Win32_Service /g)!.length).toBeGreaterThanOrEqual(150);
    expect(interrogated).toContain('<p:ReturnValue>0</p:ReturnValue>');
    // Neither a password nor NTLM went to the machine.
    expect((await lab.statistics(lab.machines[0]!.name)).attempts).toEqual({});
  });
});

describe.each([false, true])('pywinrm with a client certificate, asked for by renegotiation: %s', (renegotiate) => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab({ machines: 1, https: true, auth: 'ntlm,certificate', renegotiate });
  });
  afterAll(() => lab?.close());

  async function signIn(which: 'clientCertificate' | 'unmappedClientCertificate'): Promise<Outcome> {
    const certificate = join(folder, `${which}.pem`);
    const key = join(folder, `${which}.key`);
    await writeFile(certificate, lab[which]!.certificatePem);
    await writeFile(key, lab[which]!.keyPem, { mode: 0o600 });
    const endpoint = `https://localhost:${lab.machines[0]!.port}/wsman`;
    const messages = [getWinrm, interrogate];
    return runPywinrm({
      endpoint,
      transport: 'certificate',
      user: '',
      password: '',
      certificate,
      key,
      encryption: 'never',
      messages,
    });
  }

  it('a mapped certificate works, another is refused', async () => {
    const mapped = await signIn('clientCertificate');
    expect(mapped.answers[0]).toContain('<p:Name>WinRM</p:Name>');
    expect(mapped.answers[1]).toContain('<p:ReturnValue>0</p:ReturnValue>');
    const unmapped = await signIn('unmappedClientCertificate');
    expect(unmapped).toMatchObject({ refused: true, answers: [] });
  });
});
