import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { channelBindingData } from '../wsman/auth/channel-binding.ts';
import { fleetAccounts } from './authentication/accounts.ts';
import { createNtlmClient, pemToDer, textIn } from './lab-test-client.ts';
import { configUri, identifyMessage, requestMessage, transfer, wmiUri } from './lab-test-messages.ts';
import { type Lab, type LabMachine, type LabOptions, type Misbehaviour, startLab } from './start-lab.ts';

/**
 * MIT Kerberos against the lab: kinit for the tickets, python3-gssapi and curl for signing in, MIT's own wrap_iov for sealing. Where the
 * software is missing this suite fails; it never skips.
 */
const script = fileURLToPath(new URL('./peers/kerberos_peer.py', import.meta.url));
const getWinrm = requestMessage({
  action: `${transfer}/Get`,
  resourceUri: wmiUri('Win32_Service'),
  selectors: { Name: 'WinRM' },
});
const listServices = requestMessage({
  action: 'http://schemas.xmlsoap.org/ws/2004/09/enumeration/Enumerate',
  resourceUri: wmiUri('Win32_Service'),
  body: '<n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>32000</w:MaxElements></n:Enumerate>',
});
const invoke = requestMessage({
  action: `${wmiUri('Win32_Service')}/InterrogateService`,
  resourceUri: wmiUri('Win32_Service'),
  selectors: { Name: 'WinRM' },
  body: `<p:InterrogateService_INPUT xmlns:p="${wmiUri('Win32_Service')}"/>`,
});

interface PeerResult {
  readonly statuses: readonly number[];
  readonly challenges: readonly (readonly string[])[];
  /** MIT's words, or the kind of a connection's end. */
  readonly error: string | null;
  readonly answers: readonly { readonly contentType: string; readonly soap: string; readonly signature: number }[];
}

function run(command: string, args: readonly string[], lab: Lab, options: { input?: string; cache?: string } = {}) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    input: options.input ?? '',
    env: { ...process.env, KRB5_CONFIG: lab.krb5Config, ...(options.cache ? { KRB5CCNAME: options.cache } : {}) },
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}

/** A folder with a ticket cache for each account that asks for one. */
function createTickets(lab: Lab) {
  const folder = mkdtempSync(join(tmpdir(), 'windeck-tickets-'));
  const caches = new Map<string, string>();
  return {
    of(user: string): string {
      let cache = caches.get(user);
      if (cache) return cache;
      cache = `FILE:${join(folder, user)}`;
      const { password } = fleetAccounts.find((account) => account.user === user)!;
      const { status, stderr } = run('/usr/bin/kinit', ['-c', cache, user], lab, { input: `${password}\n` });
      if (status !== 0) throw new Error(`kinit ended with code ${status}. Is krb5-user installed? ${stderr}`);
      caches.set(user, cache);
      return cache;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

interface PeerJob {
  readonly scheme?: 'Negotiate' | 'Kerberos';
  readonly mech?: 'SPNEGO' | 'KRB5';
  readonly spn?: string;
  readonly binding?: Uint8Array | null;
  readonly messages?: readonly string[];
  readonly replays?: boolean;
}

function signIn(lab: Lab, machine: LabMachine, cache: string, job: PeerJob = {}): PeerResult {
  const input = JSON.stringify({
    host: 'localhost',
    port: machine.port,
    tls: machine.transport === 'https',
    scheme: job.scheme ?? 'Negotiate',
    mech: job.mech ?? 'SPNEGO',
    spn: job.spn ?? 'HTTP/localhost',
    binding: job.binding ? Buffer.from(job.binding).toString('hex') : null,
    messages: job.messages ?? [getWinrm],
    replays: job.replays ?? false,
  });
  const { status, stdout, stderr } = run('/usr/bin/python3', ['-W', 'ignore', script], lab, { input, cache });
  if (status !== 0) throw new Error(`The peer ended with code ${status}. Is python3-gssapi installed? ${stderr}`);
  return JSON.parse(stdout) as PeerResult;
}

/** Runs with a lab and tickets of its own. */
function withLab(options: LabOptions) {
  const state = {} as { lab: Lab; tickets: ReturnType<typeof createTickets> };
  beforeAll(async () => {
    state.lab = await startLab({ auth: 'kerberos', ...options });
    state.tickets = createTickets(state.lab);
  });
  afterAll(async () => {
    state.tickets?.remove();
    await state.lab?.close();
  });
  return state;
}

describe('a fleet with a realm', () => {
  const state = withLab({ machines: 2 });

  it('offers Negotiate and Kerberos, at a name', async () => {
    const { lab, tickets } = state;
    expect(lab.realm).toBe('CORP.EXAMPLE');
    expect(lab.machines.map(({ address, user }) => [address, user])).toEqual([
      ['localhost', 'Administrator'],
      ['localhost', 'Administrator'],
    ]);
    const answer = run(
      '/usr/bin/curl',
      ['-s', '-i', '-X', 'POST', `http://localhost:${lab.machines[0]!.port}/wsman`],
      lab,
    );
    expect(answer.stdout).toMatch(
      /^HTTP\/1\.1 401 .*WWW-Authenticate: Negotiate\r\nWWW-Authenticate: Kerberos\r\nDate/s,
    );
    expect(tickets.of('Administrator')).toContain('Administrator');
  });

  it.each([
    ['Negotiate', 'SPNEGO', 'SPNEGO', /^Negotiate oY/],
    ['Negotiate', 'KRB5', 'SPNEGO', /^Negotiate YI/],
    ['Kerberos', 'KRB5', 'Kerberos', /^Kerberos YI/],
  ] as const)('%s with a %s token: one leg, then sealed as %s', (scheme, mech, protocol, finalToken) => {
    const { lab, tickets } = state;
    const messages = [identifyMessage, getWinrm, listServices, invoke];
    const result = signIn(lab, lab.machines[0]!, tickets.of('Administrator'), { scheme, mech, messages });
    expect(result.error).toBeNull();
    expect(result.statuses).toEqual([200, 200, 200, 200, 200]);
    expect(result.challenges[0]).toEqual([expect.stringMatching(finalToken)]);
    const [identity, winrm, services, invoked] = result.answers;
    expect(identity!.soap).toContain('secprofile/http/spnego-kerberos');
    expect(winrm!.soap).toContain('<p:Name>WinRM</p:Name>');
    expect(services!.soap.match(/<p:Win32_Service /g)!.length).toBeGreaterThanOrEqual(150);
    expect(invoked!.soap).toContain('<p:ReturnValue>0</p:ReturnValue>');
    for (const { contentType, signature } of result.answers) {
      expect(contentType).toContain(`application/HTTP-${protocol}-session-encrypted`);
      // Header, confounder, copy of the header and checksum of AES with SHA-1.
      expect(signature).toBe(60);
    }
  });

  it.each(['HOST/localhost', 'WSMAN/localhost', 'HTTP/hq-dc01', 'HOST/brs-sql01.corp.example'])(
    'has the principal %s',
    (spn) => {
      const { lab, tickets } = state;
      const result = signIn(lab, lab.machines[0]!, tickets.of('Administrator'), { spn });
      expect(result.error).toBeNull();
      expect(result.answers[0]!.soap).toContain('<p:Name>WinRM</p:Name>');
    },
  );

  it('knows no other principal: the KDC says so, and nothing is sent', () => {
    const { lab, tickets } = state;
    const result = signIn(lab, lab.machines[0]!, tickets.of('Administrator'), { spn: 'HTTP/elsewhere' });
    expect(result.error).toMatch(/Server HTTP\/elsewhere@CORP\.EXAMPLE not found in Kerberos database/);
    expect(result.statuses).toEqual([]);
  });

  it('a principal without rights comes in, and gets fault 5', () => {
    const { lab, tickets } = state;
    const result = signIn(lab, lab.machines[0]!, tickets.of('reader'), { messages: [identifyMessage, getWinrm] });
    expect(result.statuses).toEqual([200, 200, 500]);
    expect(result.answers[1]!.soap).toContain('Code="5"');
    const alice = signIn(lab, lab.machines[0]!, tickets.of('alice'));
    expect(alice.answers[0]!.soap).toContain('<p:Name>WinRM</p:Name>');
  });

  it('takes NTLM beside it, and counts both', async () => {
    const { lab, tickets } = state;
    tickets.of('reader');
    const client = await createNtlmClient(lab.machines[1]!);
    expect(textIn(await client.send(getWinrm), 'Name')).toBe('WinRM');
    client.close();
    const before = await lab.attempts();
    const wrong = run('/usr/bin/kinit', ['-c', 'MEMORY:', 'reader'], lab, { input: 'wrong\n' });
    expect(wrong.status).toBe(1);
    const after = await lab.attempts();
    expect(after['reader']?.Kerberos).toBe((before['reader']?.Kerberos ?? 0) + 1);
    expect(after['administrator']?.NTLM).toBeGreaterThan(0);
  });

  it('curl --negotiate signs in with the ticket', () => {
    const { lab, tickets } = state;
    const url = `http://localhost:${lab.machines[0]!.port}/wsman`;
    const args = ['-s', '-o', '/dev/null', '-w', '%{http_code}', '--negotiate', '-u', ':', '-X', 'POST', url];
    expect(run('/usr/bin/curl', args, lab, { cache: tickets.of('Administrator') }).stdout).toBe('200');
    expect(run('/usr/bin/curl', args, lab, { cache: 'FILE:/nonexistent' }).stdout).toBe('401');
  });

  it.each([
    ['clock-skew', 'Clock skew too great'],
    ['spn-on-another-account', 'Message stream modified'],
  ] as const)('%s: the machine says %s, in SPNEGO and bare', async (kind, words) => {
    const { lab, tickets } = state;
    const machine = lab.machines[0]!;
    await lab.misbehave(machine.name, { kind } as Misbehaviour);
    try {
      for (const [scheme, mech] of [
        ['Negotiate', 'SPNEGO'],
        ['Negotiate', 'KRB5'],
        ['Kerberos', 'KRB5'],
      ] as const) {
        const result = signIn(lab, machine, tickets.of('Administrator'), { scheme, mech });
        expect(result.statuses[0]).toBe(401);
        expect(result.challenges[0]).toEqual([expect.stringMatching(new RegExp(`^${scheme} .{40}`))]);
        expect(result.error).toContain(words);
      }
    } finally {
      await lab.misbehave(machine.name, null);
    }
    expect(signIn(lab, machine, tickets.of('Administrator')).error).toBeNull();
  });

  it.each(['SPNEGO', 'KRB5'] as const)('a token that comes a second time is refused: %s', (mech) => {
    const { lab, tickets } = state;
    const result = signIn(lab, lab.machines[0]!, tickets.of('Administrator'), { mech, messages: [], replays: true });
    expect(result.error).toBeNull();
    expect(result.statuses).toEqual([200, 401]);
  });

  it('a machine without Kerberos does not offer it, and refuses the ticket', async () => {
    const { lab, tickets } = state;
    const machine = lab.machines[0]!;
    await lab.misbehave(machine.name, { kind: 'ntlm-only' });
    const result = signIn(lab, machine, tickets.of('Administrator'));
    await lab.misbehave(machine.name, null);
    expect(result.statuses).toEqual([401]);
    expect(result.challenges[0]).toEqual(['Negotiate']);
  });

  it('the connection that ends between the legs', async () => {
    const { lab, tickets } = state;
    const machine = lab.machines[0]!;
    await lab.misbehave(machine.name, { kind: 'drop-between-legs' });
    const result = signIn(lab, machine, tickets.of('Administrator'));
    await lab.misbehave(machine.name, null);
    expect(result.error).toMatch(/RemoteDisconnected|ConnectionReset/);
  });
});

describe('Kerberos only, inside TLS, with another encryption type', () => {
  const state = withLab({
    machines: 1,
    https: true,
    auth: 'kerberos-only,basic',
    enctypes: 'aes256-cts-hmac-sha384-192',
  });

  it('NTLM is refused', async () => {
    await expect(createNtlmClient(state.lab.machines[0]!)).rejects.toThrow('401');
  });

  async function setHardening(level: string): Promise<void> {
    const { lab, tickets } = state;
    const resourceUri = `${configUri}/service/auth`;
    const body = `<cfg:Auth xmlns:cfg="${resourceUri}"><cfg:CbtHardeningLevel>${level}</cfg:CbtHardeningLevel></cfg:Auth>`;
    const put = requestMessage({ action: `${transfer}/Put`, resourceUri, body });
    const binding = channelBindingData(pemToDer(lab.machines[0]!.certificatePem!));
    const result = signIn(lab, lab.machines[0]!, tickets.of('Administrator'), { binding, messages: [put] });
    expect(result.answers[0]!.soap).toContain(`>${level}<`);
  }

  it.each([
    ['None', [200, 200, 200]],
    ['Relaxed', [200, 200, 401]],
    ['Strict', [200, 401, 401]],
  ] as const)(
    'CbtHardeningLevel %s: with the right, without, with a wrong channel binding',
    async (level, expected) => {
      const { lab, tickets } = state;
      const machine = lab.machines[0]!;
      await setHardening(level);
      const right = channelBindingData(pemToDer(machine.certificatePem!))!;
      const wrong = Buffer.concat([Buffer.from('tls-server-end-point:'), Buffer.alloc(32, 7)]);
      const seen = [right, null, wrong].map(
        (binding) => signIn(lab, machine, tickets.of('Administrator'), { binding, messages: [] }).statuses[0],
      );
      expect(seen).toEqual(expected);
    },
  );

  it('seals with the key type that was agreed to', () => {
    const { lab, tickets } = state;
    const binding = channelBindingData(pemToDer(lab.machines[0]!.certificatePem!));
    const result = signIn(lab, lab.machines[0]!, tickets.of('Administrator'), { binding });
    expect(result.answers[0]!.signature).toBe(72);
    expect(result.answers[0]!.soap).toContain('<p:Name>WinRM</p:Name>');
  });
});

it('without a common encryption type the KDC says so', async () => {
  const lab = await startLab({ machines: 1, auth: 'kerberos', enctypes: 'arcfour-hmac' });
  try {
    const { status, stderr } = run('/usr/bin/kinit', ['-c', 'MEMORY:', 'Administrator'], lab, { input: 'x\n' });
    expect(status).toBe(1);
    expect(stderr).toContain('KDC has no support for encryption type');
  } finally {
    await lab.close();
  }
});

it.each(['SIGINT', 'SIGKILL'] as const)('the KDC ends with the lab: %s', async (signal) => {
  const cli = fileURLToPath(new URL('./cli.ts', import.meta.url));
  const child = spawn(process.execPath, [cli, '--machines', '1', '--auth', 'kerberos'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let folder: string | null = null;
  try {
    const line = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).once('line', resolve);
      child.once('exit', (code) => reject(new Error(`The lab ended with code ${code}. Is krb5-kdc installed?`)));
    });
    const { krb5Config, realm, machines } = JSON.parse(line) as Pick<Lab, 'krb5Config' | 'realm' | 'machines'>;
    expect(realm).toBe('CORP.EXAMPLE');
    expect(machines[0]!.address).toBe('localhost');
    folder = dirname(krb5Config!);
    const port = Number(/kdc = 127\.0\.0\.1:(\d+)/.exec(readFileSync(krb5Config!, 'utf8'))![1]);
    expect(await isOpen(port)).toBe(true);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
    await expect.poll(() => isOpen(port), { timeout: 10_000, interval: 50 }).toBe(false);
    if (signal === 'SIGINT') expect(existsSync(folder)).toBe(false);
  } finally {
    child.kill('SIGKILL');
    if (folder) rmSync(folder, { recursive: true, force: true });
  }
});

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
