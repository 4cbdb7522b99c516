/** The switches that every operation has: where to, as whom, and how the wire is used. Pure, as parse.ts. */
import { parseAuthentication } from './authentication.ts';
import { CommandLineError, type Connection, type PasswordSource } from './command.ts';
import { parseRemote } from './remote.ts';
import type { Switches, Verb } from './switches.ts';

/** Where to, and as whom: the switches that every operation has. Throws CommandLineError. */
export function parseConnection(verb: Verb, switches: Switches): Connection {
  const remote = switches.has('remote');
  for (const name of ['unencrypted', 'usessl', 'encoding'] as const) {
    if (switches.has(name) && !remote) throw new CommandLineError(`-${name} needs -remote.`);
  }
  checkProxy(switches, remote);
  const endpoint = parseRemote(switches.get('remote') ?? '', switches.has('usessl'));
  const unencrypted = switches.has('unencrypted');
  if (unencrypted && endpoint.transport === 'https')
    throw new CommandLineError('-unencrypted goes with HTTP; TLS always encrypts.');

  const userName = switches.get('username') ?? null;
  const authentication = parseAuthentication(verb, switches, endpoint);
  if (verb === 'identify' && authentication.scheme === 'none' && !remote) {
    throw new CommandLineError(
      'An Identify without authentication needs -remote: name the machine, even if it is -r:localhost.',
    );
  }
  return {
    endpoint,
    remote,
    authentication,
    userName,
    password: userName === null ? null : parsePassword(switches.get('password')),
    unencrypted,
    trusted: switches.has('trusted'),
    skipNameCheck: switches.has('skipCNcheck'),
    skipAuthorityCheck: switches.has('skipCAcheck'),
    timeoutMs: parseTimeout(switches.get('timeout')),
    encoding: parseEncoding(switches.get('encoding')),
  };
}

function parsePassword(value: string | null | undefined): PasswordSource {
  if (value === undefined || value === null) return { kind: 'ask' };
  return value === '-' ? { kind: 'standard-input' } : { kind: 'given', value };
}

function parseTimeout(value: string | null | undefined): number | null {
  if (value === undefined || value === null) return null;
  const milliseconds = /^\d{1,10}$/.test(value) ? Number(value) : 0;
  if (milliseconds < 1 || milliseconds > 0x7fffffff) {
    throw new CommandLineError('-timeout takes milliseconds, a whole number greater than 0: -timeout:60000.');
  }
  return milliseconds;
}

function parseEncoding(value: string | null | undefined): Connection['encoding'] {
  const encoding = (value ?? 'utf-8').toLowerCase();
  if (encoding === 'utf-8' || encoding === 'utf8') return 'UTF-8';
  if (encoding === 'utf-16' || encoding === 'utf16') return 'UTF-16';
  throw new CommandLineError('The encoding is utf-8 or utf-16.');
}

const proxyAccess: ReadonlySet<string> = new Set(['ie_settings', 'winhttp_settings', 'auto_detect', 'no_proxy']);
const proxyAuth: ReadonlySet<string> = new Set(['basic', 'digest', 'negotiate']);

/** Checked as winrm checks them, so that a line is wrong here for the same reason; then refused, since no proxy is ever used. */
function checkProxy(switches: Switches, remote: boolean): void {
  const access = switches.get('proxyaccess')?.toLowerCase();
  const auth = switches.get('proxyauth')?.toLowerCase();
  if (access !== undefined && !proxyAccess.has(access)) {
    throw new CommandLineError('-proxyaccess takes ie_settings, winhttp_settings, auto_detect or no_proxy.');
  }
  if (auth !== undefined && !proxyAuth.has(auth)) {
    throw new CommandLineError('-proxyauth takes basic, digest or negotiate.');
  }
  if (auth !== undefined && access === undefined) throw new CommandLineError('-proxyauth needs -proxyaccess.');
  if (switches.has('proxyusername') && auth === undefined)
    throw new CommandLineError('-proxyusername needs -proxyauth.');
  if (switches.has('proxypassword') && !switches.has('proxyusername')) {
    throw new CommandLineError('-proxypassword needs -proxyusername.');
  }
  if (access === undefined) return;
  if (!remote) throw new CommandLineError('-proxyaccess needs -remote.');
  if (access !== 'no_proxy') {
    throw new CommandLineError(
      'Windeck connects to machines directly and uses no proxy; of the values of -proxyaccess it takes no_proxy.',
    );
  }
  if (auth !== undefined) throw new CommandLineError('-proxyauth has nothing to do with -proxyaccess:no_proxy.');
}
