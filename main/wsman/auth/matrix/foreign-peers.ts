/** Test support: runs foreign-acceptor.py, foreign-client.py and curl. Missing software is an error with its package in it. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startLinePeer } from '../line-peer.ts';

const PYTHON = '/usr/bin/python3';
const CURL = '/usr/bin/curl';
const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));
/** gss_sealing.py: WinRM's frame over MIT's own wrap_iov. */
const SHARED = pathOf('../../../lab/peers');
const limitMs = 20_000;

export interface ForeignAcceptorJob {
  readonly mode: 'kerberos-scheme' | 'kerberos' | 'ntlm' | 'basic' | 'digest' | 'certificate';
  /** Files. */
  readonly tls: { readonly certificate: string; readonly key: string; readonly clientAuthority?: string } | null;
  /** Application data; a client without it is refused. */
  readonly binding: Uint8Array | null;
  readonly account: { readonly user: string; readonly password: string; readonly domain: string };
}

/** Where its accounts are. */
export interface ForeignEnvironment {
  readonly KRB5_CONFIG: string;
  readonly KRB5_KTNAME?: string;
  readonly KRB5CCNAME?: string;
  readonly NTLM_USER_FILE?: string;
}

const environmentOf = (more: ForeignEnvironment): NodeJS.ProcessEnv => ({
  PATH: '/usr/bin:/bin',
  LC_ALL: 'C.UTF-8',
  PYTHONPATH: SHARED,
  PYTHONDONTWRITEBYTECODE: '1',
  NO_PROXY: '*',
  ...more,
});

export async function startForeignAcceptor(
  job: ForeignAcceptorJob,
  environment: ForeignEnvironment,
): Promise<{ readonly port: number; end(): Promise<void> }> {
  const { child, ask } = startLinePeer(pathOf('foreign-acceptor.py'), [], {
    ...environmentOf(environment),
    PYTHONWARNINGS: 'ignore',
  });
  const end = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGKILL');
    await gone;
  };
  try {
    const port = await ask(
      JSON.stringify({ ...job, binding: job.binding && Buffer.from(job.binding).toString('hex') }),
    );
    return { port: Number(port), end };
  } catch (cause) {
    await end();
    throw new Error('The foreign acceptor does not start. Is python3-gssapi installed?', { cause });
  }
}

export interface ForeignClientJob {
  readonly port: number;
  readonly tls: boolean;
  readonly scheme: 'Negotiate' | 'Kerberos';
  readonly mechanism: 'kerberos' | 'ntlm';
  readonly spnego: boolean;
  /** Null: the ticket of the signed-in user. */
  readonly user: string | null;
  readonly domain: string;
  readonly password: string;
  readonly binding: Uint8Array | null;
  readonly message: string;
}
export interface ForeignClientResult {
  readonly status: number;
  readonly soap: string;
  readonly error: string | null;
}

export async function runForeignClient(
  job: ForeignClientJob,
  environment: ForeignEnvironment,
): Promise<ForeignClientResult> {
  const input = JSON.stringify({ ...job, binding: job.binding && Buffer.from(job.binding).toString('hex') });
  return JSON.parse(await run(PYTHON, ['-W', 'ignore', pathOf('foreign-client.py')], input, environment));
}

/** curl with these options; secrets go in through standard input, since everybody on the machine may read arguments. */
export async function runCurl(
  url: string,
  message: string,
  options: Readonly<Record<string, string | true>>,
): Promise<{ readonly status: number; readonly soap: string }> {
  const quoted = (text: string) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  const lines = Object.entries({ silent: true, insecure: true, 'max-time': '15', data: message, ...options } as const);
  const config = lines.map(([name, value]) => (value === true ? name : `${name} = ${quoted(value)}`)).join('\n');
  const args = ['-q', '-K', '-', '-H', 'Content-Type: application/soap+xml;charset=UTF-8', '-w', '\n%{http_code}', url];
  const output = await run(CURL, args, config, { KRB5_CONFIG: '/dev/null' });
  const end = output.lastIndexOf('\n');
  return { status: Number(output.slice(end + 1)), soap: output.slice(0, end) };
}

async function run(
  command: string,
  args: readonly string[],
  input: string,
  environment: ForeignEnvironment,
): Promise<string> {
  const running = promisify(execFile)(command, args, { env: environmentOf(environment), timeout: limitMs });
  running.child.stdin?.on('error', () => {});
  running.child.stdin?.end(input);
  try {
    return (await running).stdout;
  } catch (cause) {
    throw new Error(`${command} has failed; are its packages installed?`, { cause });
  }
}
