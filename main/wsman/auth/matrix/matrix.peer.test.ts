/**
 * Every way in × every transport × every role, as one table that the run prints: each cell passed, was refused for the documented reason, or
 * does not apply. Our client against the lab; foreign clients (MIT krb5, gss-ntlmssp, curl) against the lab; our client against acceptors in
 * which foreign software judges (MIT krb5, gss-ntlmssp, OpenSSL, urllib). Over plain HTTP what passes by Kerberos and NTLM is sealed.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createClientAuthority, createFleetCertificate } from '../../../lab/certificates.ts';
import { type Kdc, startKdc } from '../../../lab/kdc.ts';
import { pemToDer } from '../../../lab/lab-test-client.ts';
import { configUri, requestMessage, transfer, wmiUri } from '../../../lab/lab-test-messages.ts';
import { type Lab, type LabMachine, startLab } from '../../../lab/start-lab.ts';
import { AuthenticationError } from '../../errors.ts';
import type { ClientCertificate, Target } from '../../target.ts';
import { forgetTickets } from '../kerberos/provider.ts';
import {
  type ForeignAcceptorJob,
  type ForeignClientJob,
  type ForeignEnvironment,
  runCurl,
  runForeignClient,
  startForeignAcceptor,
} from './foreign-peers.ts';
import { type Answer, type AskOptions, ask } from './our-client.ts';
import { cellOf, expected, type Role, roles, type Transport, tableOf, transports, type Way, ways } from './table.ts';

const getWinrm = requestMessage({
  action: `${transfer}/Get`,
  resourceUri: wmiUri('Win32_Service'),
  selectors: { Name: 'WinRM' },
});
const ACCOUNT = { user: 'alice', password: 'Rhabarber-4711', domain: 'CORP' };
const environmentBefore = { KRB5_CONFIG: process.env['KRB5_CONFIG'], KRB5CCNAME: process.env['KRB5CCNAME'] };

let folder = '';
let plainLab: Lab;
let secureLab: Lab;
let kdc: Kdc;
const certificate = createFleetCertificate(['localhost']);
const authority = createClientAuthority();
const ownCertificate = authority.issue('alice@corp.example');
const file = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'windeck-matrix-'));
  plainLab = await startLab({ machines: 2, auth: 'kerberos,basic', controllers: 1 });
  secureLab = await startLab({ machines: 3, auth: 'kerberos,basic,certificate', controllers: 1, https: true });
  kdc = await startKdc({
    principals: [{ name: ACCOUNT.user, password: ACCOUNT.password }],
    services: ['HTTP/localhost'],
  });
  for (const [name, text] of [
    ['server.pem', certificate.certificatePem],
    ['server.key', certificate.keyPem],
    ['authority.pem', authority.certificatePem],
    ['lab-client.pem', secureLab.clientCertificate!.certificatePem + secureLab.clientCertificate!.keyPem],
    ['ntlm-users', `${ACCOUNT.domain}:${ACCOUNT.user}:${ACCOUNT.password}\n`],
  ] as const) {
    writeFileSync(file(name), text, { mode: 0o600 });
  }
  await kdc.kinit({ name: ACCOUNT.user, password: ACCOUNT.password });
  const body = `<cfg:Auth xmlns:cfg="${configUri}/service/auth"><cfg:CbtHardeningLevel>Strict</cfg:CbtHardeningLevel></cfg:Auth>`;
  const put = requestMessage({ action: `${transfer}/Put`, resourceUri: `${configUri}/service/auth`, body });
  const strict = await ask(targetOf(machineFor('https, Strict'), { authentication: 'ntlm' }), put);
  expect(strict.soap).toContain('>Strict<');
  for (const lab of [plainLab, secureLab]) signInAtThisComputer(lab);
}, 120_000);
beforeEach(() => forgetTickets());
afterAll(async () => {
  forgetTickets();
  for (const [name, value] of Object.entries(environmentBefore)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  for (const one of [plainLab, secureLab, kdc] as ({ close(): Promise<void> } | undefined)[]) await one?.close();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const labFor = (transport: Transport) => (transport === 'http' ? plainLab : secureLab);

/** The controllers stand last in their labs; in the lab with HTTPS the second machine is the strict one. */
function machineFor(transport: Transport, way?: Way): LabMachine {
  const { machines } = labFor(transport);
  if (transport === 'https, Strict') return machines[1]!;
  return way === 'Digest' ? machines.at(-1)! : machines[0]!;
}

/** The lab keeps its KDC to itself: from the outside one signs in with kinit. */
function signInAtThisComputer(lab: Lab): void {
  const { user, password } = lab.machines[0]!;
  const { status, stderr } = spawnSync('/usr/bin/kinit', ['-c', cacheOf(lab), user], {
    input: `${password}\n`,
    env: { PATH: '/usr/bin:/bin', KRB5_CONFIG: lab.krb5Config! },
    encoding: 'utf8',
    timeout: 20_000,
  });
  if (status !== 0) throw new Error(`kinit ended with code ${status}. Is krb5-user installed? ${stderr}`);
}
const cacheOf = (lab: Lab) => `FILE:${file(lab === plainLab ? 'plain-tickets' : 'secure-tickets')}`;

const targetOf = (machine: LabMachine, changes: Partial<Target>): Target => ({
  host: 'localhost',
  port: machine.port,
  transport: machine.transport,
  path: '/wsman',
  authentication: 'kerberos',
  userName: machine.user,
  password: async () => machine.password,
  trusted: true,
  allowClearText: false,
  tls: { pin: machine.certificateSha256 ?? null, skipNameCheck: false, skipAuthorityCheck: false },
  ...changes,
});

const labCertificate = async (): Promise<ClientCertificate> => {
  const { certificatePem, keyPem } = secureLab.clientCertificate!;
  return { format: 'pem', certificates: certificatePem, key: keyPem, passphrase: null };
};

/** Policy and form of each way, and what the connection must say of itself afterwards. */
const ours: Readonly<Record<Way, { changes: Partial<Target>; options?: AskOptions; security: object }>> = {
  Kerberos: {
    changes: {},
    options: { bareKerberos: true },
    security: { mechanism: 'Kerberos', cipher: 'AES256-SHA1', inside: null, spn: 'HTTP/localhost' },
  },
  'Kerberos in SPNEGO': {
    changes: {},
    security: { mechanism: 'Kerberos', cipher: 'AES256-SHA1', inside: 'SPNEGO', spn: 'HTTP/localhost' },
  },
  NTLM: { changes: { authentication: 'ntlm' }, security: { mechanism: 'NTLM', cipher: 'RC4-128', inside: null } },
  'NTLM in SPNEGO': {
    changes: { authentication: 'ntlm' },
    options: { form: 'spnego' },
    security: { mechanism: 'NTLM', cipher: 'RC4-128', inside: 'SPNEGO' },
  },
  Basic: { changes: { authentication: 'basic' }, security: { mechanism: 'Basic' } },
  Digest: { changes: { authentication: 'digest' }, security: { mechanism: 'Digest' } },
  Certificate: {
    changes: { authentication: 'certificate', userName: null, clientCertificate: labCertificate },
    security: { mechanism: 'Certificate', protection: 'TLS 1.2' },
  },
  'signed-in user': {
    changes: { signedInUser: true, userName: null, password: async () => null },
    security: { mechanism: 'Kerberos', inside: 'SPNEGO' },
  },
};

const isSealing = (way: Way) => !['Basic', 'Digest', 'Certificate'].includes(way);

/** `passed`, or why not. Anything but a refusal is a failure of the test itself. */
async function outcomeOf(
  way: Way,
  transport: Transport,
  target: Target,
  isRight: (soap: string) => void,
  options = ours[way].options,
) {
  let answer: Answer;
  try {
    answer = await ask(target, getWinrm, options);
  } catch (error) {
    if (error instanceof AuthenticationError) return `refused: ${error.reason}`;
    throw error;
  }
  isRight(answer.soap);
  expect(answer.security).toMatchObject(ours[way].security);
  expect(answer.response.sealed).toBe(transport === 'http' && isSealing(way));
  return 'passed';
}

function againstLab(way: Way, transport: Transport): Promise<string> {
  const lab = labFor(transport);
  process.env['KRB5_CONFIG'] = lab.krb5Config;
  process.env['KRB5CCNAME'] = cacheOf(lab);
  const target = targetOf(machineFor(transport, way), ours[way].changes);
  return outcomeOf(way, transport, target, (soap) => expect(soap).toContain('<p:Name>WinRM</p:Name>'));
}

/** RFC 5929 4.1, not by our own code. */
const bindingOf = (pem: string) =>
  Buffer.concat([Buffer.from('tls-server-end-point:'), createHash('sha256').update(pemToDer(pem)).digest()]);

async function foreignClient(way: Way, transport: Transport): Promise<string> {
  const machine = machineFor(transport, way);
  const lab = labFor(transport);
  const { user, password } = machine;
  if (!isSealing(way)) {
    const url = `${machine.transport}://localhost:${machine.port}/wsman`;
    const mutual = 'Authorization: http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual';
    const options: Record<string, string | true> =
      way === 'Certificate'
        ? { cert: file('lab-client.pem'), header: mutual }
        : { [way.toLowerCase()]: true, user: `${user}:${password}` };
    return read(await runCurl(url, getWinrm, options));
  }
  const isNtlm = way.startsWith('NTLM');
  const job: ForeignClientJob = {
    port: machine.port,
    tls: transport !== 'http',
    scheme: way === 'Kerberos' ? 'Kerberos' : 'Negotiate',
    mechanism: isNtlm ? 'ntlm' : 'kerberos',
    spnego: way !== 'Kerberos' && way !== 'NTLM',
    user: way === 'signed-in user' ? null : user,
    domain: 'CORP',
    password,
    binding: null,
    message: getWinrm,
  };
  const environment: ForeignEnvironment = { KRB5_CONFIG: lab.krb5Config!, KRB5CCNAME: cacheOf(lab) };
  const sign = async (binding: Uint8Array | null) => {
    const result = await runForeignClient({ ...job, binding }, environment);
    if (result.status !== 401) expect(result.error).toBeNull();
    return read(result);
  };
  if (transport !== 'https, Strict') return sign(null);
  const unbound = await sign(null);
  return `${await sign(bindingOf(machine.certificatePem!))}; ${unbound.replace('refused: ', 'unbound ')}`;
}

function read({ status, soap }: { status: number; soap: string }): string {
  if (status !== 200) return `refused: ${status}`;
  expect(soap).toContain('<p:Name>WinRM</p:Name>');
  return 'passed';
}

async function againstForeignAcceptor(way: Way, transport: Transport): Promise<string> {
  const modes: Readonly<Record<Way, ForeignAcceptorJob['mode']>> = {
    Kerberos: 'kerberos-scheme',
    'Kerberos in SPNEGO': 'kerberos',
    NTLM: 'ntlm',
    'NTLM in SPNEGO': 'ntlm',
    Basic: 'basic',
    Digest: 'digest',
    Certificate: 'certificate',
    'signed-in user': 'kerberos',
  };
  const isTls = transport !== 'http';
  const environment: ForeignEnvironment = {
    KRB5_CONFIG: kdc.krb5Config,
    KRB5_KTNAME: `FILE:${kdc.keytab}`,
    NTLM_USER_FILE: file('ntlm-users'),
  };
  const clientAuthority = way === 'Certificate' ? { clientAuthority: file('authority.pem') } : {};
  const peer = await startForeignAcceptor(
    {
      mode: modes[way],
      tls: isTls ? { certificate: file('server.pem'), key: file('server.key'), ...clientAuthority } : null,
      binding: transport === 'https, Strict' ? bindingOf(certificate.certificatePem) : null,
      account: ACCOUNT,
    },
    environment,
  );
  process.env['KRB5_CONFIG'] = kdc.krb5Config;
  delete process.env['KRB5CCNAME'];
  const { certificatePem, keyPem } = ownCertificate;
  const target: Target = {
    host: 'localhost',
    port: peer.port,
    transport: isTls ? 'https' : 'http',
    path: '/wsman',
    authentication: 'kerberos',
    userName: way.startsWith('NTLM') ? `${ACCOUNT.domain}\\${ACCOUNT.user}` : ACCOUNT.user,
    password: async () => ACCOUNT.password,
    trusted: true,
    allowClearText: true,
    tls: { pin: certificate.sha256, skipNameCheck: false, skipAuthorityCheck: false },
    ...ours[way].changes,
    ...(way === 'Certificate' && {
      clientCertificate: async () =>
        ({ format: 'pem', certificates: certificatePem, key: keyPem, passphrase: null }) as const,
    }),
  };
  try {
    // A machine that offers nothing but `Kerberos` is found out, not told.
    const options: AskOptions = way === 'Kerberos' ? {} : (ours[way].options ?? {});
    return await outcomeOf(
      way,
      transport,
      target,
      (soap) => {
        expect(soap.toLowerCase()).toMatch(/<who>[^<]*alice/);
        expect(soap).toContain(`<By>${modes[way]}</By><Length>${Buffer.byteLength(getWinrm)}</Length>`);
      },
      options,
    );
  } finally {
    await peer.end();
  }
}

const play: Readonly<Record<Role, (way: Way, transport: Transport) => Promise<string>>> = {
  'our client, the lab': againstLab,
  'foreign client, the lab': foreignClient,
  'our client, foreign acceptor': againstForeignAcceptor,
};

const seen = new Map<string, string>();

describe.each(roles)('%s', (role) => {
  for (const way of ways) {
    for (const [i, transport] of transports.entries()) {
      const promise = expected[role][way][i]!;
      test(`${way}, ${transport}: ${promise}`, async () => {
        const outcome = promise === 'not applicable' ? promise : await play[role](way, transport);
        seen.set(cellOf(role, way, transport), outcome === promise ? outcome : `FAILED: ${outcome}`);
        expect(outcome).toBe(promise);
      });
    }
  }
});

test.each(['kerberos', 'ntlm'] as const)(
  'the strict foreign acceptor does refuse who sends no binding: %s',
  async (mechanism) => {
    const environment = {
      KRB5_CONFIG: kdc.krb5Config,
      KRB5_KTNAME: `FILE:${kdc.keytab}`,
      NTLM_USER_FILE: file('ntlm-users'),
    };
    const binding = bindingOf(certificate.certificatePem);
    const tls = { certificate: file('server.pem'), key: file('server.key') };
    const peer = await startForeignAcceptor({ mode: mechanism, tls, binding, account: ACCOUNT }, environment);
    const job = {
      ...ACCOUNT,
      mechanism,
      port: peer.port,
      tls: true,
      scheme: 'Negotiate',
      spnego: true,
      message: '<x/>',
    } as const;
    try {
      const statuses = [];
      for (const sent of [binding, null, Buffer.from('tls-server-end-point:another')]) {
        statuses.push((await runForeignClient({ ...job, binding: sent }, environment)).status);
      }
      expect(statuses).toEqual([200, 401, 401]);
    } finally {
      await peer.end();
    }
  },
);

/** Once, however the cells came out. */
afterAll(() => console.log(tableOf(seen)));
