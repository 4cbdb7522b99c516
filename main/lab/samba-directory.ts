/**
 * A real directory for tests: Debian's Samba as an Active Directory domain controller, provisioned anew into a folder of its own. Only its
 * KDC runs, on a free unprivileged port of 127.0.0.1; neither root nor a network namespace nor DNS is needed. It has what an MIT KDC has not:
 * a lock-out policy, disabled and expired accounts, services found by account and by HTTP → HOST, RC4; and Samba's own acceptors
 * (SPNEGO, NTLMSSP, Kerberos) that judge by the same accounts. Provisioning and starting take about 7 s. Missing software is a failure.
 *
 * What it does not give: locked, disabled and expired accounts are told apart nowhere on the wire, for the KDC answers all three with
 * KDC_ERR_CLIENT_REVOKED, as Windows does (the NTSTATUS beside it is lost in every GSS-API library). Principal names with another suffix than
 * the realm are not tried. Samba finds HTTP/name:port by the HOST mapping too, where Windows wants it registered, so that nothing is
 * concluded from it. Its acceptors look at no channel binding.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startLinePeer } from '../wsman/auth/line-peer.ts';
import { answers, endProcess, findFreePort } from './kdc-process.ts';

export interface DirectoryUser {
  readonly name: string;
  readonly password: string;
  /** User principal name; default `name@corp.example`. */
  readonly principalName?: string;
  /** SPNs registered on this account. */
  readonly services?: readonly string[];
  /** msDS-SupportedEncryptionTypes: 4 is RC4 alone. */
  readonly encryptionTypes?: number;
  readonly state?: 'enabled' | 'disabled' | 'expired' | 'password-expired';
}

export interface DirectoryComputer {
  /** NetBIOS name without the dollar sign. */
  readonly name: string;
  readonly password: string;
  readonly services: readonly string[];
}

/** A context of Samba's in the accepting role. `account` is known once complete: `CORP\alice`. */
export interface SambaAcceptor {
  step(token: Uint8Array): Promise<{ token: Uint8Array; complete: boolean; account: string | null }>;
  /** What Samba seals and opens is one token: signature and data in a row. */
  wrap(plain: Uint8Array): Promise<Uint8Array>;
  unwrap(sealed: Uint8Array): Promise<Uint8Array>;
}

export interface SambaDirectory {
  readonly realm: string;
  /** NetBIOS name of the domain. */
  readonly domain: string;
  /** Path of a krb5.conf for clients of this realm. */
  readonly krb5Config: string;
  addUser(user: DirectoryUser): Promise<void>;
  addComputer(computer: DirectoryComputer): Promise<void>;
  describe(name: string): Promise<{ badPasswordCount: number; isLockedOut: boolean }>;
  unlock(name: string): Promise<void>;
  /** Writes the account's keys as a keytab, each under every one of the service names too, and returns its path. */
  exportKeytab(account: string, services?: readonly string[]): Promise<string>;
  /** Starts an acceptor as the domain controller itself, `dc1.corp.example`; the one before it is over. */
  accept(mechanism: 'spnego' | 'ntlmssp' | 'gssapi_krb5'): Promise<SambaAcceptor>;
  close(): Promise<void>;
}

const PYTHON = '/usr/bin/python3';
const SAMBA = '/usr/sbin/samba';
const SCRIPT = fileURLToPath(new URL('./samba-directory.py', import.meta.url));
const REALM = 'CORP.EXAMPLE';
const DOMAIN = 'CORP';
const LOCKOUT_THRESHOLD = 3;
const provisionLimitMs = 60_000;
const startLimitMs = 15_000;
/** Somebody else may take the port between our look and Samba's. */
const MAX_STARTS = 5;

/** Provisions and starts a directory with a lock-out after three wrong passwords. Throws with the words of the tools. */
export async function startSambaDirectory(): Promise<SambaDirectory> {
  for (const tool of [PYTHON, SAMBA]) {
    if (!existsSync(tool)) {
      throw new Error(`${tool} is missing. Install samba-ad-dc, samba-ad-provision and python3-samba (npm run setup).`);
    }
  }
  const folder = await mkdtemp(join(tmpdir(), 'windeck-samba-'));
  const script = startScript();
  let daemon: ChildProcess | null = null;
  const close = async () => {
    await Promise.all([script.end(), daemon === null ? undefined : endProcess(daemon)]);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    let port = await findFreePort();
    const provisioned = await script.ask(
      {
        op: 'provision',
        folder,
        hostName: 'DC1',
        realm: REALM,
        domain: DOMAIN,
        address: '127.0.0.1',
        port,
        kpasswdPort: await findFreePort(),
        lockoutThreshold: LOCKOUT_THRESHOLD,
      },
      provisionLimitMs,
    );
    const configuration = textOf(provisioned, 'configuration');
    for (let start = 1; daemon === null; start++) {
      daemon = await launch(configuration, port, join(folder, 'samba.log'));
      if (daemon !== null) break;
      if (start === MAX_STARTS) {
        throw new Error(`samba does not start: ${await readFile(join(folder, 'samba.log'), 'utf8')}`);
      }
      port = await findFreePort();
    }
    const krb5Config = join(folder, 'krb5.conf');
    await writeFile(krb5Config, clientConfig(port, join(folder, 'tickets')));
    let keytabs = 0;
    return {
      realm: REALM,
      domain: DOMAIN,
      krb5Config,
      addUser: async (user) => void (await script.ask({ op: 'user', ...user })),
      addComputer: async (computer) => void (await script.ask({ op: 'computer', ...computer })),
      async describe(name) {
        const answer = await script.ask({ op: 'describe', name });
        return {
          badPasswordCount: Number(answer['badPasswordCount']),
          isLockedOut: answer['isLockedOut'] === true,
        };
      },
      unlock: async (name) => void (await script.ask({ op: 'unlock', name })),
      async exportKeytab(account, services = []) {
        const file = join(folder, `keytab-${++keytabs}`);
        await script.ask({ op: 'keytab', account, file, services: services.map((name) => `${name}@${REALM}`) });
        return file;
      },
      async accept(mechanism) {
        await script.ask({ op: 'accept', mechanism });
        return {
          async step(token) {
            const answer = await script.ask({ op: 'step', token: base64(token) });
            const account = answer['account'];
            return {
              token: bytesOf(answer, 'token'),
              complete: answer['complete'] === true,
              account: typeof account === 'string' ? account : null,
            };
          },
          wrap: async (plain) => bytesOf(await script.ask({ op: 'wrap', data: base64(plain) }), 'data'),
          unwrap: async (sealed) => bytesOf(await script.ask({ op: 'unwrap', data: base64(sealed) }), 'data'),
        };
      },
      close,
    };
  } catch (cause) {
    await close();
    throw cause;
  }
}

type Answer = Readonly<Record<string, unknown>>;

/** The Python side: one request at a time, one line of JSON each way. It ends with its standard input. */
function startScript(): {
  ask(request: object, limitMs?: number): Promise<Answer>;
  end(): Promise<void>;
} {
  const { child, ask } = startLinePeer(SCRIPT, [], process.env);
  return {
    async ask(request, limitMs) {
      const answer: unknown = JSON.parse(await ask(JSON.stringify(request), limitMs));
      if (typeof answer !== 'object' || answer === null) throw new Error('Samba answered with something odd.');
      if ('error' in answer) throw new Error(`Samba: ${String(answer.error)}`);
      return { ...answer };
    },
    end: () => endProcess(child),
  };
}

/** The running daemon, or null where it ended at once (the port was taken). Like the script it ends with its standard input. */
async function launch(configuration: string, port: number, log: string): Promise<ChildProcess | null> {
  await appendFile(log, '');
  const child = spawn(
    SAMBA,
    ['-F', '-M', 'single', '--no-process-group', '-s', configuration, '--debug-stdout', `--option=krb5 port=${port}`],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  const write = (text: Buffer) => void appendFile(log, text).catch(() => {});
  child.stdout.on('data', write);
  child.stderr.on('data', write);
  child.stdin.on('error', () => {});
  let failure: Error | null = null;
  child.once('error', (cause) => {
    failure = cause;
  });
  const until = Date.now() + startLimitMs;
  while (Date.now() < until) {
    if (failure !== null) throw failure;
    if (child.exitCode !== null) return null;
    if (await answers(port)) return child;
    await delay(50);
  }
  await endProcess(child);
  throw new Error(`Samba's KDC does not answer in time: ${await readFile(log, 'utf8')}`);
}

function clientConfig(port: number, tickets: string): string {
  return `[libdefaults]
  default_realm = ${REALM}
  dns_lookup_realm = false
  dns_lookup_kdc = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
  allow_rc4 = true
  default_ccache_name = FILE:${tickets}
[realms]
  ${REALM} = {
    kdc = 127.0.0.1:${port}
  }
[domain_realm]
  .corp.example = ${REALM}
`;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

function textOf(answer: Answer, name: string): string {
  const value = answer[name];
  if (typeof value !== 'string') throw new Error(`Samba answered without ${name}.`);
  return value;
}

const bytesOf = (answer: Answer, name: string): Uint8Array =>
  new Uint8Array(Buffer.from(textOf(answer, name), 'base64'));
