/**
 * A Kerberos KDC for the lab and for tests: Debian's krb5-kdc as a child process on 127.0.0.1, on a free unprivileged port, with a realm,
 * database, keytab and configuration of its own in one folder. Pre-authentication is required. Whoever shall use it is given `krb5Config`
 * as KRB5_CONFIG; assigning it to process.env is enough, libkrb5 reads it then.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { answers, endProcess, findFreePort } from './kdc-process.ts';

export interface KdcOptions {
  readonly realm?: string;
  readonly principals: readonly { readonly name: string; readonly password: string }[];
  /** Names without realm: `HTTP/localhost`. Their keys go into the keytab. */
  readonly services: readonly string[];
  /** Of libdefaults: which encryption types this side may use, `aes256-cts-hmac-sha1-96`. Default: all AES types and RC4. */
  readonly permittedEnctypes?: string;
  /** How far clocks may differ, in seconds; Kerberos' own default is 300. */
  readonly clockSkewSeconds?: number;
  /** Where everything is written; default: a folder of its own under the system's, removed at the end. */
  readonly folder?: string;
}

export interface Kdc {
  readonly realm: string;
  /** Path of a krb5.conf. DNS is switched off in it, and the default ticket cache is a file beside it. */
  readonly krb5Config: string;
  /** Path of the services' keytab. */
  readonly keytab: string;
  readonly folder: string;
  readonly port: number;
  addPrincipal(name: string, password: string): Promise<void>;
  addService(name: string): Promise<void>;
  /** Runs lines of kadmin's language (`modprinc -allow_tix alice`); what it printed. Throws with its words where one fails. */
  administer(...lines: string[]): Promise<string>;
  /** Signs somebody in as `kinit` does, into the default ticket cache or the file given. */
  kinit(o: { name: string; password: string; cache?: string; options?: readonly string[] }): Promise<void>;
  /** What the KDC has logged so far: one line per AS_REQ and TGS_REQ. */
  readLog(): Promise<string>;
  close(): Promise<void>;
}

const DEFAULT_REALM = 'LAB.WINDECK.TEST';
const KDC = '/usr/sbin/krb5kdc';
const KDB5_UTIL = '/usr/sbin/kdb5_util';
const KADMIN = '/usr/sbin/kadmin.local';
const KINIT = '/usr/bin/kinit';
const ENCTYPES =
  'aes256-cts-hmac-sha1-96 aes128-cts-hmac-sha1-96 aes256-cts-hmac-sha384-192 aes128-cts-hmac-sha256-128 arcfour-hmac';
const toolLimitMs = 30_000;
const startLimitMs = 10_000;
/** Somebody else may take the port between our look and the KDC's. */
const MAX_STARTS = 5;

/** Runs the KDC and ends it when our end of its standard input closes, however this process comes to its end. */
const GUARD =
  'exec 3<&0; "$@" 3<&- & kdc=$!; { cat <&3 >/dev/null; kill $kdc 2>/dev/null; } & guard=$!; exec 3<&-; wait $kdc; code=$?; kill $guard 2>/dev/null; exit $code';

/** Starts a KDC and waits until it answers. Throws where the Debian packages are missing, or with the tool's own words. */
export async function startKdc(options: KdcOptions): Promise<Kdc> {
  for (const tool of [KDC, KDB5_UTIL, KADMIN]) {
    if (!existsSync(tool)) {
      throw new Error(`${tool} is missing: install the Debian packages krb5-kdc, krb5-admin-server and krb5-user.`);
    }
  }
  const realm = options.realm ?? DEFAULT_REALM;
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'windeck-kdc-')));
  const file = (name: string) => join(folder, name);
  const krb5Config = file('krb5.conf');
  const keytab = file('services.keytab');
  const logFile = file('kdc.log');
  const environment = {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    LC_ALL: 'C.UTF-8',
    KRB5_CONFIG: krb5Config,
    KRB5_KDC_PROFILE: file('kdc.conf'),
  };
  const removeFolder = () => (options.folder ? Promise.resolve() : rm(folder, { recursive: true, force: true }));

  const writeConfig = async (port: number) => {
    await writeFile(krb5Config, clientConfig(realm, port, file, options));
    await writeFile(file('kdc.conf'), serverConfig(realm, port, file));
  };
  const administer = async (...lines: string[]): Promise<string> => {
    // Through standard input, since everybody on the machine may read arguments.
    const { output, errors } = await runTool(KADMIN, ['-r', realm], `${lines.join('\n')}\n`, environment);
    const complaints = errors.split('\n').filter((line) => line !== '' && !/^(WARNING|No policy specified)/.test(line));
    if (complaints.length > 0) throw new Error(`kadmin.local: ${complaints.join(' ')}`);
    return output;
  };
  const service = (name: string) => [
    `addprinc -randkey ${quote(name)}`,
    `ktadd -k ${quote(keytab)} -norandkey ${quote(name)}`,
  ];
  const principal = (name: string, password: string) =>
    `addprinc +requires_preauth -pw ${quote(password)} ${quote(name)}`;

  let child: ChildProcess | null = null;
  try {
    let port = await findFreePort();
    await writeConfig(port);
    // The master password only guards the database file, which lives as long as this lab.
    const masterPassword = randomUUID();
    await runTool(KDB5_UTIL, ['-r', realm, 'create', '-s'], `${masterPassword}\n${masterPassword}\n`, environment);
    await administer(
      ...options.principals.map((entry) => principal(entry.name, entry.password)),
      ...options.services.flatMap(service),
    );
    for (let start = 1; child === null; start++) {
      child = await launch(realm, port, environment, logFile);
      if (child !== null) break;
      if (start === MAX_STARTS) throw new Error(`krb5kdc does not start: ${await readFile(logFile, 'utf8')}`);
      port = await findFreePort();
      await writeConfig(port);
    }
    const running = child;
    return {
      realm,
      krb5Config,
      keytab,
      folder,
      port,
      administer,
      addPrincipal: async (name, password) => void (await administer(principal(name, password))),
      addService: async (name) => void (await administer(...service(name))),
      async kinit({ name, password, cache, options: extra = [] }) {
        const where = cache === undefined ? [] : ['-c', cache];
        await runTool(KINIT, [...where, ...extra, `${name}@${realm}`], `${password}\n`, environment);
      },
      readLog: () => readFile(logFile, 'utf8'),
      async close() {
        await endProcess(running);
        await removeFolder();
      },
    };
  } catch (cause) {
    if (child) await endProcess(child);
    await removeFolder();
    throw cause;
  }
}

function clientConfig(realm: string, port: number, file: (name: string) => string, options: KdcOptions): string {
  return `[libdefaults]
  default_realm = ${realm}
  dns_lookup_realm = false
  dns_lookup_kdc = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
  forwardable = true
  clockskew = ${options.clockSkewSeconds ?? 300}
  permitted_enctypes = ${options.permittedEnctypes ?? ENCTYPES}
  default_ccache_name = FILE:${file('tickets')}
  default_rcache_name = file2:${file('replays')}
[realms]
  ${realm} = {
    kdc = 127.0.0.1:${port}
  }
[domain_realm]
  localhost = ${realm}
`;
}

function serverConfig(realm: string, port: number, file: (name: string) => string): string {
  return `[kdcdefaults]
  kdc_listen = 127.0.0.1:${port}
  kdc_tcp_listen = 127.0.0.1:${port}
[realms]
  ${realm} = {
    database_name = ${file('principal')}
    key_stash_file = ${file('stash')}
    acl_file = ${file('kadm5.acl')}
    master_key_type = aes256-cts-hmac-sha1-96
    supported_enctypes = ${ENCTYPES.split(' ')
      .map((name) => `${name}:normal`)
      .join(' ')}
    max_life = 10h
    max_renewable_life = 7d
    default_principal_flags = +preauth
  }
[logging]
  kdc = FILE:${file('kdc.log')}
  admin_server = FILE:${file('kadmin.log')}
  default = FILE:${file('krb5.log')}
`;
}

/** A word of kadmin's language (libss): quoted, quotes doubled. */
function quote(word: string): string {
  if (/[\r\n\0]/.test(word)) throw new Error('kadmin.local takes no line breaks in names and passwords.');
  return `"${word.replaceAll('"', '""')}"`;
}

/** The running KDC, or null where it ended at once (the port was taken). */
async function launch(
  realm: string,
  port: number,
  environment: Record<string, string>,
  logFile: string,
): Promise<ChildProcess | null> {
  await appendFile(logFile, '');
  const child = spawn('/bin/sh', ['-c', GUARD, 'kdc-guard', KDC, '-n', '-r', realm], {
    env: environment,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.stdin?.on('error', () => {});
  const until = Date.now() + startLimitMs;
  while (Date.now() < until) {
    if (child.exitCode !== null) return null;
    if (/commencing operation/.test(await readFile(logFile, 'utf8')) && (await answers(port))) return child;
    await delay(20);
  }
  await endProcess(child);
  throw new Error('krb5kdc does not answer in time.');
}

/** Throws with what the tool has said on its standard error. */
async function runTool(
  tool: string,
  args: readonly string[],
  input: string,
  environment: Record<string, string>,
): Promise<{ output: string; errors: string }> {
  // kadmin.local has some words for each key of a large fleet.
  const options = { env: environment, timeout: toolLimitMs, maxBuffer: Number.POSITIVE_INFINITY };
  const running = promisify(execFile)(tool, args, options);
  running.child.stdin?.on('error', () => {});
  running.child.stdin?.end(input);
  const { stdout, stderr } = await running;
  return { output: stdout, errors: stderr };
}
