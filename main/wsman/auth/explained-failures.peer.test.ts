/**
 * Failures as an administrator meets them, through the client, the lab and a KDC of its own (Debian's krb5-kdc): each has its own sentence, its
 * fix and its evidence, in the console's shape and in winrm's; and with the policy `kerberos` no NTLM byte leaves.
 */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Problem } from '../../../shared/contract/problem.ts';
import { type Lab, type LabMachine, type Misbehaviour, startLab } from '../../lab/start-lab.ts';
import { toProblem } from '../../to-problem.ts';
import { describeFailure } from '../../winrm-command/failure.ts';
import { createClient, resourceUris, type Target, wmi } from '../index.ts';
import { type AuthorizationRecorder, ntlmMarks, recordAuthorization } from './authorization-recorder.ts';
import { forgetTickets } from './kerberos/provider.ts';

let lab: Lab;
let secure: Lab;
let folder = '';
let machine: LabMachine;
let relay: AuthorizationRecorder;
const environmentBefore = process.env['KRB5_CONFIG'];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'windeck-failures-'));
  lab = await startLab({ machines: 1, auth: 'kerberos' });
  secure = await startLab({ machines: 1, auth: 'ntlm,certificate', https: true });
  machine = lab.machines[0]!;
  relay = await recordAuthorization(machine.port);
}, 90_000);
beforeEach(async () => {
  process.env['KRB5_CONFIG'] = lab.krb5Config;
  forgetTickets();
  await lab.misbehave(machine.name, null);
});
afterEach(() => forgetTickets());
afterAll(async () => {
  if (environmentBefore === undefined) delete process.env['KRB5_CONFIG'];
  else process.env['KRB5_CONFIG'] = environmentBefore;
  await relay?.close();
  await lab?.close();
  await secure?.close();
  rmSync(folder, { recursive: true, force: true });
});

const kerberosTarget = (changes: Partial<Target> = {}): Target => ({
  host: 'localhost',
  port: relay.port,
  transport: 'http',
  path: '/wsman',
  authentication: 'kerberos',
  userName: machine.user,
  password: async () => machine.password,
  trusted: true,
  allowClearText: false,
  tls: { pin: null, skipNameCheck: false, skipAuthorityCheck: false },
  ...changes,
});

const secureTarget = (changes: Partial<Target>): Target => {
  const { address, port, certificateSha256 } = secure.machines[0]!;
  return kerberosTarget({
    host: address,
    port,
    transport: 'https',
    tls: { pin: certificateSha256 ?? null, skipNameCheck: false, skipAuthorityCheck: false },
    ...changes,
  });
};

const place = (target: Target) => ({
  host: target.host,
  port: target.port,
  ...(target.userName === null ? {} : { userName: target.userName }),
});

/** The problem of a call that must fail, the same in the console's shape and in winrm's. */
async function problemOf(target: Target, resourceUri = wmi('Win32_OperatingSystem')): Promise<Problem> {
  const client = createClient(target, { maxConnections: 1 });
  try {
    const error: unknown = await client.get({ resourceUri }).then(
      () => expect.unreachable('the call succeeded'),
      (cause: unknown) => cause,
    );
    const problem = toProblem(error, 'm1', place(target));
    const failure = describeFailure(error, target.host, place(target));
    if (problem.code === 'authentication-failed') expect(failure.description).toBe(problem.message);
    // The command line adds what its own switches would do.
    expect(failure.advice).toEqual(expect.arrayContaining([...problem.advice].slice(-1)));
    const password = await target.password();
    expect(JSON.stringify([problem, failure.description, failure.advice, failure.evidence])).not.toContain(password);
    return problem;
  } finally {
    client.close();
  }
}

/** A port of 127.0.0.1 where nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

/** The lab's krb5.conf with one change, as the environment of this process. */
function useConfig(name: string, change: (text: string) => string): void {
  const file = join(folder, name);
  copyFileSync(lab.krb5Config!, file);
  writeFileSync(file, change(readFileSync(file, 'utf8')));
  process.env['KRB5_CONFIG'] = file;
}

describe('with the policy kerberos', () => {
  interface Case {
    readonly name: string;
    readonly misbehaviour?: Misbehaviour;
    readonly before?: () => Promise<void> | void;
    readonly changes?: Partial<Target>;
    readonly message: RegExp;
    readonly fix: RegExp;
    readonly technical: string;
    readonly evidence: RegExp;
  }
  const cases: readonly Case[] = [
    {
      name: 'no KDC',
      before: async () => {
        const port = await closedPort();
        useConfig('no-kdc.conf', (text) => text.replace(/kdc = 127\.0\.0\.1:\d+/, `kdc = 127.0.0.1:${port}`));
      },
      message: /^No KDC of the realm answers\.$/,
      fix: /nltest \/dsgetdc:/,
      technical: 'KRB5_KDC_UNREACH',
      evidence: /KRB5_KDC_UNREACH.*Cannot contact any KDC/,
    },
    {
      name: 'an unknown SPN',
      changes: { spn: { serviceClass: 'HTTP', host: 'nobody.corp.example', withPort: false } },
      message: /^The KDC knows no service of this name: HTTP\/nobody\.corp\.example\.$/,
      fix: /setspn -S HTTP\/nobody\.corp\.example NOBODY/,
      technical: 'KDC_ERR_S_PRINCIPAL_UNKNOWN',
      evidence: /Service asked for: HTTP\/nobody\.corp\.example.*7 \(KDC_ERR_S_PRINCIPAL_UNKNOWN\)/,
    },
    {
      name: 'an SPN on another account',
      misbehaviour: { kind: 'spn-on-another-account' },
      message: /cannot read the ticket for HTTP\/localhost: the name belongs to another account/,
      fix: /setspn -Q HTTP\/localhost/,
      technical: 'KRB_AP_ERR_MODIFIED',
      evidence: /41 \(KRB_AP_ERR_MODIFIED\).*leg 1/,
    },
    {
      name: 'a skewed clock',
      misbehaviour: { kind: 'clock-skew' },
      message: /^The clocks of this computer, of the KDC and of localhost:\d+ differ/,
      fix: /w32tm \/resync/,
      technical: 'KRB_AP_ERR_SKEW',
      evidence: /37 \(KRB_AP_ERR_SKEW\)/,
    },
    {
      name: 'a machine that knows nothing but NTLM',
      misbehaviour: { kind: 'ntlm-only' },
      message: /^localhost:\d+ does not offer the way to sign in that was chosen\..*Kerberos/,
      fix: /@\{Kerberos="true"\}/,
      technical: '401',
      evidence: /Mechanism: Kerberos.*offers: Negotiate/,
    },
    {
      name: 'a wrong password',
      changes: { password: async () => 'not this one' },
      message: /^The KDC refused the password of Administrator\.$/,
      fix: /sent once and is not sent again/,
      technical: 'KDC_ERR_PREAUTH_FAILED',
      evidence: /24 \(KDC_ERR_PREAUTH_FAILED\)/,
    },
    {
      name: 'an unknown user',
      changes: { userName: 'nobody@CORP.EXAMPLE' },
      message: /^The directory has no account nobody@CORP\.EXAMPLE\.$/,
      fix: /net user nobody \/domain/,
      technical: 'KDC_ERR_C_PRINCIPAL_UNKNOWN',
      evidence: /6 \(KDC_ERR_C_PRINCIPAL_UNKNOWN\)/,
    },
    {
      name: 'no realm',
      before: () => useConfig('no-realm.conf', (text) => text.replace(/default_realm = .*/, '')),
      message: /realm/,
      fix: /user@REALM/,
      technical: 'KRB5_CONFIG_NODEFREALM',
      evidence: /Mechanism: Kerberos/,
    },
    {
      name: 'nobody signed in',
      before: () =>
        useConfig('no-ticket.conf', (text) =>
          text.replace(/default_ccache_name = .*/, `default_ccache_name = FILE:${folder}/none`),
        ),
      changes: { signedInUser: true },
      message: /^Nobody is signed in to a domain at this computer/,
      fix: /kinit/,
      technical: 'KRB5_CC_NOTFOUND',
      evidence: /Said: .*credential/i,
    },
    {
      name: 'an IP address',
      changes: { host: '127.0.0.1' },
      message: /IP address/,
      fix: /fully qualified name/,
      technical: 'IP_ADDRESS',
      evidence: /Mechanism: Kerberos/,
    },
    {
      name: 'a local account',
      changes: { userName: '.\\admin' },
      message: /accounts of the machine itself/,
      fix: /user@REALM/,
      technical: 'KRB5_CONFIG_NODEFREALM',
      evidence: /Mechanism: Kerberos/,
    },
  ];
  const met = new Map<string, Problem>();
  /** Each is met once, whichever tests ask. */
  async function meet({ name, misbehaviour, before, changes }: Case): Promise<Problem> {
    const known = met.get(name);
    if (known) return known;
    process.env['KRB5_CONFIG'] = lab.krb5Config;
    forgetTickets();
    await lab.misbehave(machine.name, misbehaviour ?? null);
    await before?.();
    const problem = await problemOf(kerberosTarget(changes));
    met.set(name, problem);
    return problem;
  }

  test.each(cases)('$name', async (one) => {
    const problem = await meet(one);
    expect(problem.code).toBe('authentication-failed');
    expect(problem.message).toMatch(one.message);
    expect(problem.advice.join('\n')).toMatch(one.fix);
    expect(problem.technical).toBe(one.technical);
    expect(problem.evidence?.join(' ')).toMatch(one.evidence);
  });

  test('each of them has a sentence of its own', async () => {
    const messages: string[] = [];
    for (const one of cases) messages.push((await meet(one)).message);
    expect(new Set(messages).size).toBe(cases.length);
  });

  test('and in no Authorization value of all of them is there a byte of NTLM', async () => {
    for (const one of cases) await meet(one);
    const values = relay.values();
    // Refused by the machine: an SPN on another account, the clock, and NTLM alone. The others end before anything is sent.
    expect(values.length).toBeGreaterThanOrEqual(3);
    for (const { scheme, bytes } of values) {
      expect(['Negotiate', 'Kerberos']).toContain(scheme);
      expect(bytes.length).toBeGreaterThan(100);
      for (const mark of ntlmMarks) expect(bytes.includes(mark)).toBe(false);
    }
  });

  test('the recorder does see NTLM where it is allowed', async () => {
    const other = await recordAuthorization(machine.port);
    const client = createClient(kerberosTarget({ authentication: 'ntlm', port: other.port }), { maxConnections: 1 });
    try {
      await client.get({ resourceUri: wmi('Win32_OperatingSystem') });
    } finally {
      client.close();
      await other.close();
    }
    expect(other.values().some(({ bytes }) => bytes.includes(ntlmMarks[0]!))).toBe(true);
  });
});

describe('with the other policies', () => {
  /** Past the recorder, which is to hear nothing but Kerberos. */
  const direct = (changes: Partial<Target>) => kerberosTarget({ port: machine.port, ...changes });

  test('negotiate to an address that is not trusted: why neither Kerberos nor NTLM, each told once, and nothing is sent', async () => {
    // An address of the documentation's network (RFC 5737): were anything sent there, no answer would come.
    const target = kerberosTarget({ host: '192.0.2.1', authentication: 'negotiate', trusted: false });
    const { message, advice, technical } = await problemOf(target);
    expect(message).toMatch(/IP address.*NTLM was not used instead: NTLM over plain HTTP does not prove who answers/);
    expect(message.match(/NTLM was not used/g)).toHaveLength(1);
    expect(advice.join(' ')).toMatch(/fully qualified name.*mark the machine as trusted/);
    expect(technical).toBe('IP_ADDRESS');
  });

  test('NTLM names the set that it cannot tell apart', async () => {
    const { message, advice, evidence } = await problemOf(
      direct({ authentication: 'ntlm', password: async () => 'not this one' }),
    );
    expect(message).toMatch(/^localhost:\d+ refused the sign-in\. NTLM gives the same bare answer/);
    expect(advice.join(' ')).toMatch(/net user Administrator \/domain/);
    expect(evidence?.join(' ')).toMatch(/Mechanism: NTLM.*leg 2.*offers: Negotiate/);
  });

  test('a local administrator whose token UAC filters gets the exact command', async () => {
    const problem = await problemOf(
      direct({ authentication: 'ntlm', userName: '.\\helpdesk', password: async () => 'Windeck-Lab-3!' }),
    );
    expect(['access-denied', 'authentication-failed']).toContain(problem.code);
    expect(problem.advice.join(' ')).toContain(
      'reg add HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System /v LocalAccountTokenFilterPolicy /t REG_DWORD /d 1 /f',
    );
  });

  test('Basic that is not offered, and clear text that is not allowed', async () => {
    const clear = await problemOf(direct({ authentication: 'basic' }));
    expect(clear).toMatchObject({ technical: 'CLEAR_TEXT' });
    const basic = await problemOf(direct({ authentication: 'basic', allowClearText: true }));
    expect(basic.message).toMatch(/does not offer Basic/);
    expect(basic.advice.join(' ')).toContain('winrm set winrm/config/service/auth @{Basic="true"}');
  });

  test('a certificate that nobody maps', async () => {
    const { certificatePem, keyPem } = secure.unmappedClientCertificate!;
    const problem = await problemOf(
      secureTarget({
        authentication: 'certificate',
        userName: null,
        password: async () => 'not used',
        clientCertificate: async () => ({
          format: 'pem',
          certificates: certificatePem,
          key: keyPem,
          passphrase: null,
        }),
      }),
      resourceUris.config,
    );
    expect(problem.message).toMatch(/maps the certificate to no account/);
    expect(problem.advice.join(' ')).toMatch(/winrm create winrm\/config\/service\/certmapping\?/);
    expect(problem.evidence?.join(' ')).toMatch(/Mechanism: Certificate/);
  });
});
